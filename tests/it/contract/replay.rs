//! Replays one recording: setup, then exchanges; gathers every difference.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::BoxFuture;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::provider_stub::ProviderStub;
use super::stage::{Stage, Tenant};
use super::template::Bindings;

/// One place where the answer is not what was recorded.
#[derive(Debug)]
pub struct Difference {
    place: String,
    want: String,
    got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = |s: &str| s.chars().take(400).collect::<String>();
        write!(f, "  {}\n    want {}\n    got  {}", self.place, cut(&self.want), cut(&self.got))
    }
}

/// A request that is about to be sent, with every name filled in.
#[derive(Debug)]
pub struct Asked {
    pub path: String,
    /// The query, the form or the JSON, whichever there is.
    pub fields: Value,
    /// What the identity provider is going to answer.
    pub answers: Vec<Value>,
}

/// Somebody who looks on while a recording is replayed.
pub trait Watch {
    /// Before a recorded exchange; its number, and what is asked.
    fn before<'a>(&'a mut self, stage: &'a Stage, n: &'a Value, asked: &'a Asked) -> BoxFuture<'a, ()>;
    /// What was answered.
    fn after(&mut self, status: u16, body: &str);
}

/// Starts a platform as the recording's `config` asks, replays and returns the differences.
pub async fn run(recording: &Path, tenant: Tenant) -> Vec<Difference> {
    watched(recording, tenant, None).await
}

/// [`run`] with somebody who looks on.
pub async fn watched(recording: &Path, tenant: Tenant, watch: Option<&mut dyn Watch>) -> Vec<Difference> {
    let text = std::fs::read_to_string(recording).unwrap();
    let recording: Value = serde_json::from_str(&text).unwrap();
    let stage = Stage::start(&recording, tenant).await;
    let provider = ProviderStub::start().await;
    let mut replay = Replay::new(&stage, provider);
    replay.watch = watch;
    let exchanges =
        ["setup", "exchanges"].into_iter().flat_map(|part| recording[part].as_array().into_iter().flatten());
    replay.unordered = recording["unordered_entries"] == true;
    for exchange in exchanges {
        if let Err(why) = replay.exchange(exchange).await {
            replay.differ(&format!("stopped at #{}", exchange["n"]), "", &why);
            break;
        }
    }
    replay.differences
}

struct Replay<'a, 'w> {
    stage: &'a Stage,
    http: reqwest::Client,
    bindings: Bindings,
    provider: ProviderStub,
    unordered: bool,
    differences: Vec<Difference>,
    watch: Option<&'w mut dyn Watch>,
}

impl<'a> Replay<'a, '_> {
    fn new(stage: &'a Stage, provider: ProviderStub) -> Self {
        let fixed = BTreeMap::from([
            ("base".to_owned(), stage.public_base()),
            ("app".to_owned(), stage.app_base()),
            ("idp".to_owned(), provider.base()),
            ("idp_down".to_owned(), "http://127.0.0.1:9".to_owned()),
        ]);
        let values = BTreeMap::from([
            ("run".to_owned(), Uuid::new_v4().simple().to_string()[..8].to_owned()),
            ("super.email".to_owned(), stage.super_email()),
            ("super.password".to_owned(), stage.super_password()),
        ]);
        Self {
            stage,
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_gzip()
                .no_proxy()
                .timeout(Duration::from_secs(60))
                .build()
                .unwrap(),
            bindings: Bindings::new(fixed, values),
            provider,
            unordered: false,
            differences: Vec::new(),
            watch: None,
        }
    }

    fn differ(&mut self, place: &str, want: &(impl ToString + ?Sized), got: &(impl ToString + ?Sized)) {
        self.differences.push(Difference {
            place: place.to_owned(),
            want: want.to_string(),
            got: got.to_string(),
        });
    }

    async fn exchange(&mut self, exchange: &Value) -> Result<(), String> {
        let request = &exchange["request"];
        if let Some(seconds) = exchange["wait"].as_f64() {
            self.stage.let_time_pass(Duration::from_secs_f64(seconds));
        }
        let scripted = recorded_answers(exchange, &self.bindings)?;
        if let Some(watch) = &mut self.watch {
            let fields = ["query", "form", "json"].into_iter().find_map(|part| request.get(part));
            let asked = Asked {
                path: self.bindings.fill(text(&request["path"]))?,
                fields: fields.map_or(Ok(Value::Null), |fields| self.bindings.fill_value(fields))?,
                answers: scripted.clone(),
            };
            watch.before(self.stage, &exchange["n"], &asked).await;
        }
        self.provider.expect(scripted);

        let answer = self.request(request)?.send().await.map_err(|e| format!("{e:?}"))?;
        let status = answer.status().as_u16();
        let headers = joined(answer.headers());
        let body = answer.bytes().await.map_err(|e| format!("{e:?}"))?;
        let body = String::from_utf8_lossy(&body).into_owned();

        if let Some(watch) = &mut self.watch {
            watch.after(status, &body);
        }

        let at = format!("#{} {} {}", exchange["n"], text(&request["method"]), text(&request["path"]));
        let want = &exchange["response"];
        if Some(u64::from(status)) != want["status"].as_u64() {
            self.differ(&format!("{at} status"), &want["status"], &format!("{status} {body}"));
            return Ok(());
        }
        self.compare_headers(&at, &want["headers"], &headers);
        if let Some(wanted) = want.get("json") {
            let Ok(got) = serde_json::from_str::<Value>(&body) else {
                self.differ(&format!("{at} body"), wanted, &body);
                return Ok(());
            };
            self.compare(wanted, &got, &format!("{at} $"));
            self.compare_tokens(&at, want, &got)?;
        } else if let Some(wanted) = want.get("text").and_then(Value::as_str)
            && !self.bindings.matches(wanted, &body)
        {
            self.differ(&format!("{at} body"), wanted, &body);
        }
        if let (Some(wanted), Some(got)) = (want["headers"]["etag"].as_str(), headers.get("etag"))
            && !self.bindings.matches(wanted, got)
        {
            self.differ(&format!("{at} header etag"), wanted, got);
        }
        self.compare_provider_requests(&at, exchange);
        Ok(())
    }

    fn request(&self, request: &Value) -> Result<reqwest::RequestBuilder, String> {
        let mut url = format!("{}{}", self.stage.address(), self.bindings.fill(text(&request["path"]))?);
        if let Some(query) = request["query"].as_object() {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in query {
                for one in value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice) {
                    form.append_pair(name, &self.bindings.fill(text(one))?);
                }
            }
            url = format!("{url}?{}", form.finish());
        }
        let method = text(&request["method"]).parse().map_err(|e| format!("{e:?}"))?;
        let mut builder = self.http.request(method, url);
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            builder = builder.header(name, self.bindings.fill(text(value))?);
        }
        if let Some(json) = request.get("json") {
            builder = builder.body(self.bindings.fill_value(json)?.to_string());
        } else if let Some(form) = request["form"].as_object() {
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in form {
                body.append_pair(name, &self.bindings.fill(text(value))?);
            }
            builder = builder.body(body.finish());
        } else if let Some(plain) = request["text"].as_str() {
            builder = builder.body(self.bindings.fill(plain)?);
        } else if let Some(repeat) = request.get("text_repeat") {
            let count = repeat["count"].as_u64().unwrap_or_default() as usize;
            builder = builder.body(format!(
                "{}{}{}",
                text(&repeat["prefix"]),
                text(&repeat["repeat"]).repeat(count),
                text(&repeat["suffix"])
            ));
        }
        Ok(builder)
    }

    fn compare_headers(&mut self, at: &str, want: &Value, got: &BTreeMap<String, String>) {
        for (name, wanted) in want.as_object().into_iter().flatten() {
            let wanted = text(wanted);
            let place = format!("{at} header {name}");
            let Some(value) = got.get(name) else {
                self.differ(&place, wanted, "(absent)");
                continue;
            };
            let fits = match name.as_str() {
                "content-type" => {
                    let plain = |s: &str| s.replace(' ', "").to_lowercase();
                    plain(value) == plain(wanted)
                }
                // The ETag is compared after the body has bound its version; the others are times and secrets.
                "etag" | "last-modified" | "set-cookie" => true,
                _ => self.bindings.matches(wanted, value),
            };
            if !fits {
                self.differ(&place, wanted, value);
            }
        }
    }

    fn compare_tokens(&mut self, at: &str, want: &Value, got: &Value) -> Result<(), String> {
        for (name, expected) in want["jwt"].as_object().into_iter().flatten() {
            let token = text(&got[name]).to_owned();
            let mut parts = token.split('.').map(|part| {
                let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|e| format!("{name}: {e}"))?;
                serde_json::from_slice::<Value>(&bytes).map_err(|e| format!("{name}: {e}"))
            });
            let header = parts.next().ok_or_else(|| format!("{name} is no JWT"))??;
            let claims = parts.next().ok_or_else(|| format!("{name} is no JWT"))??;
            self.compare(&expected["header"], &header, &format!("{at} {name}.header"));
            self.compare(&expected["claims"], &claims, &format!("{at} {name}.claims"));
        }
        Ok(())
    }

    fn compare_provider_requests(&mut self, at: &str, exchange: &Value) {
        let seen = self.provider.seen();
        let wanted: Vec<(String, String)> = exchange["idp"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|x| (text(&x["request"]["method"]).to_owned(), text(&x["request"]["path"]).to_owned()))
            .collect();
        if wanted != seen {
            self.differ(&format!("{at} idp requests"), &format!("{wanted:?}"), &format!("{seen:?}"));
        }
    }

    fn compare(&mut self, want: &Value, got: &Value, place: &str) {
        match (want, got) {
            (Value::Object(want), Value::Object(got)) => self.compare_objects(want, got, place),
            (Value::Array(want), Value::Array(got)) if want.len() == got.len() => {
                let got = if self.unordered && want.len() > 1 { self.pair(want, got) } else { got.clone() };
                for (i, (want, got)) in want.iter().zip(&got).enumerate() {
                    self.compare(want, got, &format!("{place}[{i}]"));
                }
            }
            (Value::String(want_text), _) if want_text == "{{any}}" => {}
            (Value::String(wanted), Value::String(value)) => {
                if !self.bindings.matches(wanted, value) {
                    self.differ(place, want, got);
                }
            }
            (Value::String(wanted), Value::Number(value)) => {
                if !self.bindings.matches(wanted, &value.to_string()) {
                    self.differ(place, want, got);
                }
            }
            _ => {
                if want != got {
                    self.differ(place, want, got);
                }
            }
        }
    }

    fn compare_objects(&mut self, want: &Map<String, Value>, got: &Map<String, Value>, place: &str) {
        for (name, wanted) in want {
            match got.get(name) {
                None => self.differ(&format!("{place}.{name}"), wanted, "(absent)"),
                Some(value) => self.compare(wanted, value, &format!("{place}.{name}")),
            }
        }
        for (name, value) in got {
            if !want.contains_key(name) {
                self.differ(&format!("{place}.{name}"), "(absent)", value);
            }
        }
    }

    /// The answered entries in the order of the recorded ones they resemble most.
    fn pair(&mut self, want: &[Value], got: &[Value]) -> Vec<Value> {
        let mut rest = got.to_vec();
        let mut out = Vec::with_capacity(got.len());
        for wanted in want {
            let mut best: Option<(usize, usize)> = None;
            for (i, candidate) in rest.iter().enumerate() {
                let bindings = self.bindings.clone();
                let held = std::mem::take(&mut self.differences);
                self.compare(wanted, candidate, "");
                let count = std::mem::replace(&mut self.differences, held).len();
                self.bindings = bindings;
                if best.is_none_or(|(least, _)| count < least) {
                    best = Some((count, i));
                }
            }
            if let Some((_, i)) = best {
                out.push(rest.remove(i));
            }
        }
        out
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn joined(headers: &reqwest::header::HeaderMap) -> BTreeMap<String, String> {
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        out.entry(name.as_str().to_owned())
            .and_modify(|held| *held = format!("{held}, {value}"))
            .or_insert(value);
    }
    out
}

fn recorded_answers(exchange: &Value, bindings: &Bindings) -> Result<Vec<Value>, String> {
    exchange["idp"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|x| {
            let mut answer = bindings.fill_value(&x["response"])?;
            if let Some(claims) = answer.get("id_token_claims") {
                let token = format!(
                    "{}.{}.x",
                    URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
                    URL_SAFE_NO_PAD.encode(claims.to_string())
                );
                answer["json"]["id_token"] = Value::String(token);
            }
            Ok(answer)
        })
        .collect()
}
