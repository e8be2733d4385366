//! What really happens: drives the attempt over HTTP, as the sign-in page or the app would, and reads from the platform
//! who has come in. Nothing here is shared with what predicts it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::idp::ticket;
use super::scenario::{Flow, InState, Password, Redirect, Scenario};
use super::world::{PASSWORD, Placed, REDIRECT, World};

const CHALLENGE: &str = "f7RrRCQx7BkueUW5IYs38HRaWQS2LJeoWcuyTZmjQeQ";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Success,
    Failure,
}

/// What the platform asks for after it has recognised the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Next {
    None,
    ChooseProfile,
    Mfa,
}

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    pub verdict: Verdict,
    /// The platform's own text of a failure, letter for letter.
    pub message: Option<String>,
    /// The status of the answer that decided.
    pub status: u16,
    /// `User/…`, after success.
    pub user: Option<String>,
    /// `ProjectMembership/…`, when the platform has settled on one.
    pub membership: Option<String>,
    pub next: Next,
}

impl Outcome {
    fn refused(status: u16, body: &Value) -> Self {
        // The shapes of §1.4.
        let texts = [&body["issue"][0]["details"]["text"], &body["error_description"], &body["msg"]];
        let text = texts.into_iter().find_map(Value::as_str);
        let text = text.unwrap_or_else(|| panic!("no text in {status} {body}"));
        Self {
            verdict: Verdict::Failure,
            message: Some(text.to_owned()),
            status,
            user: None,
            membership: None,
            next: Next::None,
        }
    }
}

/// Makes the attempt of a scenario that is in place.
pub async fn drive(world: &World, scenario: &Scenario, placed: &Placed) -> Outcome {
    let oracle = Oracle { world, scenario, placed };
    match scenario.attempt.flow {
        Flow::Browser => oracle.browser().await,
        Flow::Exchange => oracle.exchange().await,
        Flow::LegacyExchange => oracle.legacy_exchange().await,
        Flow::Password => oracle.password().await,
    }
}

struct Oracle<'a> {
    world: &'a World,
    scenario: &'a Scenario,
    placed: &'a Placed,
}

/// What the IdP says about the person.
pub fn claims(scenario: &Scenario, placed: &Placed) -> Value {
    let attempt = &scenario.attempt;
    let mut claims = json!({});
    if let Some(email) = &attempt.email {
        claims["email"] = json!(placed.text(email));
    }
    if let Some(sub) = &attempt.sub {
        claims["sub"] = json!(sub);
    }
    for (name, json) in &attempt.odd_claims {
        claims[*name] = serde_json::from_str(json).unwrap();
    }
    claims
}

async fn read(request: reqwest::RequestBuilder) -> (u16, Option<String>, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let location = answer.headers().get("location").and_then(|v| v.to_str().ok()).map(str::to_owned);
    let body = answer.text().await.unwrap();
    (status, location, serde_json::from_str(&body).unwrap_or(Value::Null))
}

impl Oracle<'_> {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.world.running.base_url)
    }

    fn claims(&self) -> Value {
        claims(self.scenario, self.placed)
    }

    fn ticket(&self) -> String {
        ticket(self.scenario.attempt.idp, &self.claims())
    }

    fn client(&self) -> Option<&str> {
        self.scenario.attempt.client.map(|c| self.placed.client(c))
    }

    /// The address that the page asks about, and the domain it keeps.
    fn asked(&self) -> Option<String> {
        let typed = self.placed.text(&self.scenario.attempt.typed);
        match &self.scenario.attempt.domain {
            InState::No => None,
            InState::AsTyped => Some(typed),
            InState::Given(domain) => Some(format!("jane@{}", self.placed.text(domain))),
        }
    }

    async fn browser(&self) -> Outcome {
        let attempt = &self.scenario.attempt;
        let mut state = json!({"scope": "openid", "codeChallenge": CHALLENGE});
        if !attempt.half_challenge {
            state["codeChallengeMethod"] = json!("S256");
        }
        if let Some(address) = self.asked() {
            let mut domain = address.rsplit_once('@').map(|(_, domain)| domain.to_owned());
            if attempt.client.is_none() {
                // Who is routed by domain comes over the sign-in page, which asks this first (§11); the page of a client
                // knows where to go.
                let ask = self.world.http.post(self.url("auth/method")).json(&json!({"email": address}));
                let (status, _, body) = read(ask).await;
                if status != 200 {
                    return Outcome::refused(status, &body);
                }
                domain = body["domain"].as_str().map(str::to_owned).or(domain);
            }
            if let Some(domain) = domain {
                state["domain"] = json!(domain);
            }
        }
        if let Some(client) = self.client() {
            state["clientId"] = json!(client);
        }
        if let Some(project) = attempt.project {
            state["projectId"] = json!(self.placed.project(project));
        }
        match attempt.redirect {
            Redirect::None => {}
            Redirect::Registered => state["redirectUri"] = json!(REDIRECT),
            Redirect::Below => state["redirectUri"] = json!(format!("{REDIRECT}/deeper")),
            Redirect::Foreign => state["redirectUri"] = json!("http://evil.example/callback"),
        }
        let query = [("code", self.ticket()), ("state", state.to_string())];
        let call = self.world.http.get(self.url("auth/external")).query(&query);
        let (status, location, body) = read(call).await;
        if status != 302 {
            return Outcome::refused(status, &body);
        }
        let landing = url::Url::parse(&location.unwrap_or_default()).unwrap();
        let login = landing.query_pairs().find(|(name, _)| name == "login").unwrap().1.into_owned();
        let (_, _, result) = read(self.world.http.get(self.url(&format!("auth/login/{login}")))).await;
        self.arrived(status, &login, &result).await
    }

    async fn exchange(&self) -> Outcome {
        let attempt = &self.scenario.attempt;
        let ticket = self.ticket();
        let mut form = vec![
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("subject_token", ticket.as_str()),
        ];
        form.extend(self.client().map(|id| ("client_id", id)));
        form.extend(attempt.membership.map(|m| ("membership_id", self.placed.membership(m))));
        self.tokens(self.world.http.post(self.url("oauth2/token")).form(&form)).await
    }

    async fn legacy_exchange(&self) -> Outcome {
        let mut body = json!({"externalAccessToken": self.ticket()});
        if let Some(client) = self.client() {
            body["clientId"] = json!(client);
        }
        if let Some(membership) = self.scenario.attempt.membership {
            body["membershipId"] = json!(self.placed.membership(membership));
        }
        self.tokens(self.world.http.post(self.url("auth/exchange")).json(&body)).await
    }

    async fn tokens(&self, call: reqwest::RequestBuilder) -> Outcome {
        let (status, _, body) = read(call).await;
        if status != 200 {
            return Outcome::refused(status, &body);
        }
        let access = body["access_token"].as_str().unwrap();
        let claims = URL_SAFE_NO_PAD.decode(access.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let login = claims["login_id"].as_str().unwrap();
        let outcome = self.arrived(status, login, &json!({"code": "spent"})).await;
        let named = claims["sub"].as_str().map(|id| format!("User/{id}"));
        assert_eq!(outcome.user, named, "the token names the user of its login");
        outcome
    }

    async fn password(&self) -> Outcome {
        let attempt = &self.scenario.attempt;
        let password = match attempt.password {
            Password::Right => PASSWORD,
            Password::Wrong => "another-lantern",
            Password::Short => "short",
        };
        let mut body = json!({"email": self.placed.text(&attempt.typed), "password": password,
            "scope": "openid", "codeChallenge": CHALLENGE});
        if !attempt.half_challenge {
            body["codeChallengeMethod"] = json!("S256");
        }
        if let Some(client) = self.client() {
            body["clientId"] = json!(client);
        }
        if let Some(project) = attempt.project {
            body["projectId"] = json!(self.placed.project(project));
        }
        let mut call = self.world.http.post(self.url("auth/login")).json(&body);
        if let Some(origin) = attempt.origin {
            call = call.header("origin", origin);
        }
        let (status, _, body) = read(call).await;
        if status != 200 {
            return Outcome::refused(status, &body);
        }
        let login = body["login"].as_str().unwrap().to_owned();
        self.arrived(status, &login, &body).await
    }

    /// Who has come in, from the Login as a super admin reads it, and what is asked next, from the login result.
    async fn arrived(&self, status: u16, login: &str, result: &Value) -> Outcome {
        let call = self.world.http.get(self.url(&format!("fhir/R4/Login/{login}")));
        let (found, _, login) = read(call.bearer_auth(&self.world.operator)).await;
        assert_eq!(found, 200, "{login}");
        let reference = |name: &str| login[name]["reference"].as_str().map(str::to_owned);
        let next = if result["mfaRequired"] == true || result["mfaEnrollRequired"] == true {
            Next::Mfa
        } else if result["memberships"].is_array() {
            Next::ChooseProfile
        } else {
            assert!(result["code"].is_string(), "neither code nor question: {result}");
            Next::None
        };
        Outcome {
            verdict: Verdict::Success,
            message: None,
            status,
            user: reference("user"),
            membership: reference("membership"),
            next,
        }
    }
}
