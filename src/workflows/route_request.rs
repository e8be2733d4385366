//! A domain route that somebody who may not write it asks a super admin for: one file with the exact record, what was
//! tested, whom it meets, who asks and why.
//!
//! # The file
//!
//! JSON, form 1:
//!
//! | Member | Holds |
//! |---|---|
//! | `kind` | `idconsole-route-request` |
//! | `version` | 1 |
//! | `platform` | the platform's address, with a slash at the end |
//! | `at` | when it was written (RFC 3339) |
//! | `by` | `name`, `email`, `project`, `role` of whoever asks |
//! | `why` | the reason, in their words |
//! | `resource` | the DomainConfiguration as the platform takes it (platform-api §9.3), without its secret |
//! | `issuer` | what the provider calls itself, where it is known; the platform does not store it |
//! | `replaces` | present and `true` where a route of the domain is in place |
//! | `report` | the route tester's table, with what was sent and received, redacted |
//! | `impact` | `domain`, `change`, `counts`, `notes`: whom it meets, as far as the asker sees |
//! | `digest` | SHA-256 over everything else, to notice a change by accident or by hand. It proves nothing about who made it |
//!
//! No secret has a place in it, and a file with one is refused. What the file says is never taken for true: whoever opens
//! it tests again and looks at the people again, and sees what is different.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::engine::Engine;
use super::impact;
use super::intent::Intent;
use super::onboard::{NotDone, desk};
use super::refusals::Cause;
use super::route_test::{self, Tester};
use crate::identity::domain::Domain;
use crate::identity::route_file::{self, NotARoute, secret_in};
use crate::identity::route_test::{Check, Outcome, RouteReport};
use crate::identity::sign_in::impact::{Counts, Impact, Kind, RouteChange};
use crate::identity::text::shown;
use crate::identity::{RouteDraft, Secret, Text};

/// What the file calls itself.
const KIND: &str = "idconsole-route-request";
/// The form that is written and read.
const VERSION: u64 = 1;
/// More than this is not read.
pub const LARGEST: u64 = 4 << 20;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asker {
    /// The name.
    pub name: Text,
    /// The login address, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Text>,
    /// The project's name.
    pub project: Text,
    /// The role, in words.
    pub role: Text,
}

/// Whom it meets, as far as the asker sees; no names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Met {
    /// The domain.
    pub domain: Text,
    /// What happens to its route.
    pub change: Kind,
    /// Numbers.
    pub counts: Counts,
    /// What was not seen, and the rest, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl From<&Impact> for Met {
    fn from(impact: &Impact) -> Self {
        Self {
            domain: impact.domain.clone(),
            change: impact.kind,
            counts: impact.counts(),
            notes: impact.notes(),
        }
    }
}

/// The whole request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteRequest {
    kind: String,
    version: u64,
    /// The platform that it is for.
    pub platform: Text,
    /// When it was written.
    pub at: Timestamp,
    /// Who asks.
    pub by: Asker,
    /// Why.
    pub why: Text,
    resource: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issuer: Option<Text>,
    #[serde(default, skip_serializing_if = "is_false")]
    replaces: bool,
    /// What was tested.
    pub report: RouteReport,
    /// Whom it meets.
    pub impact: Met,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it on so")]
fn is_false(is: &bool) -> bool {
    !is
}

/// Why a file is no request that can be acted on. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotARequest {
    /// No JSON, or another file.
    #[error("it is no request for a domain route: {0}")]
    OtherFile(String),
    /// Written by an older or a newer program.
    #[error(
        "it was written in form {found}, and this idconsole reads form {VERSION}; write it anew with the same version on both sides"
    )]
    OtherVersion {
        /// Its form.
        found: u64,
    },
    /// For another platform.
    #[error("it is for the platform {wanted}, and you are signed in to {here}")]
    OtherPlatform {
        /// For which.
        wanted: Text,
        /// Where one is.
        here: String,
    },
    /// A secret stands in it.
    #[error(
        "`{0}` holds a secret; it must be changed at the provider now, and the request written anew without it"
    )]
    Secret(String),
    /// Members that are not known, or of the wrong kind.
    #[error("{0}")]
    Shape(String),
    /// Not as it was written.
    #[error("it was changed after it was written ({0}); ask for a fresh one")]
    Changed(String),
    /// The record in it cannot be used.
    #[error("the route in it cannot be used: {0}")]
    Route(String),
}

impl RouteRequest {
    /// Writes down a request. What the caller could not test or see stands in it as unknown.
    pub fn new(
        engine: &Engine,
        platform: &str,
        draft: &RouteDraft,
        why: &str,
        report: RouteReport,
        impact: &Impact,
    ) -> Self {
        let caller = &engine.caller;
        Self {
            kind: KIND.to_owned(),
            version: VERSION,
            platform: Text::from(platform),
            at: engine.clock.now(),
            by: Asker {
                name: caller.name.clone(),
                email: caller.email.clone(),
                project: caller.project_name.clone(),
                role: Text::from(caller.role.words()),
            },
            why: Text::from(why),
            resource: route_file::resource(draft),
            issuer: draft.issuer.clone(),
            replaces: matches!(impact.kind, Kind::Changed | Kind::Removed),
            report,
            impact: Met::from(impact),
        }
    }

    /// The route that is asked for.
    pub fn draft(&self) -> Result<RouteDraft, NotARequest> {
        let draft = route_file::draft(&self.resource).map_err(|why| match why {
            NotARoute::Secret(field) => NotARequest::Secret(field),
            other => NotARequest::Route(other.to_string()),
        })?;
        Ok(RouteDraft { issuer: self.issuer.clone(), ..draft })
    }

    /// The content of the file. Everything hidden in it is written as an escape (standards S1).
    pub fn text(&self) -> String {
        // A struct of texts and numbers always has a value.
        let mut value = serde_json::to_value(self).unwrap_or_default();
        value["digest"] = digest(&value).into();
        format!("{}\n", super::sheet::json(&value))
    }

    /// Reads a file; `platform` is where one is signed in.
    pub fn read(text: &str, platform: &str) -> Result<Self, NotARequest> {
        let other = |why: &str| NotARequest::OtherFile(why.to_owned());
        let mut value: Value = serde_json::from_str(text)
            .map_err(|error| NotARequest::OtherFile(format!("it is not JSON: {error}")))?;
        if value.get("kind").and_then(Value::as_str) != Some(KIND) {
            return Err(match value.get("resourceType").and_then(Value::as_str) {
                Some(kind) => NotARequest::OtherFile(format!("it is a bare {}", shown(kind))),
                None => other("it does not say that it is one"),
            });
        }
        let found = value.get("version").and_then(Value::as_u64).unwrap_or_default();
        if found != VERSION {
            return Err(NotARequest::OtherVersion { found });
        }
        if let Some(field) = secret_in(&value) {
            return Err(NotARequest::Secret(field));
        }
        let told = value.as_object_mut().and_then(|members| members.remove("digest"));
        let whole = digest(&value);
        let request: Self = serde_json::from_value(value.clone())
            .map_err(|error| NotARequest::Shape(shown(&error.to_string()).into_owned()))?;
        // Whatever is in the file and not understood would be lost on the way.
        if let Some(unknown) = serde_json::to_value(&request).ok().and_then(|again| differs(&value, &again)) {
            return Err(NotARequest::Shape(format!("`{unknown}` is not known")));
        }
        if request.platform.raw() != platform {
            let (wanted, here) = (request.platform.clone(), platform.to_owned());
            return Err(NotARequest::OtherPlatform { wanted, here });
        }
        let draft = request.draft()?;
        let domain = Domain::parse(draft.domain.raw()).map_err(|why| NotARequest::Route(why.to_string()))?;
        if domain.ascii() != draft.domain.raw() && domain.unicode() != draft.domain.raw() {
            return Err(NotARequest::Route(format!("the domain would have to be written {domain}")));
        }
        let changed = |what: &str| Err(NotARequest::Changed(what.to_owned()));
        if request.impact.domain.raw() != draft.domain.raw() {
            return changed("the people that were looked at are of another domain");
        }
        if request.report.draft != draft {
            return changed("another route was tested than the one that is asked for");
        }
        if told.as_ref().and_then(Value::as_str) != Some(whole.as_str()) {
            return changed("its digest does not fit");
        }
        Ok(request)
    }
}

/// Over the whole value, whatever order its members are in.
fn digest(value: &Value) -> String {
    fn feed(hash: &mut Sha256, value: &Value) {
        match value {
            Value::Object(members) => {
                let mut members: Vec<(&String, &Value)> = members.iter().collect();
                members.sort_by_key(|(name, _)| *name);
                hash.update(b"{");
                for (name, value) in members {
                    hash.update(name.len().to_le_bytes());
                    hash.update(name.as_bytes());
                    feed(hash, value);
                }
                hash.update(b"}");
            }
            Value::Array(items) => {
                hash.update(b"[");
                for item in items {
                    feed(hash, item);
                }
                hash.update(b"]");
            }
            Value::String(text) => {
                hash.update(b"s");
                hash.update(text.len().to_le_bytes());
                hash.update(text.as_bytes());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => hash.update(value.to_string().as_bytes()),
        }
    }
    use base64::Engine as _;
    let mut hash = Sha256::new();
    feed(&mut hash, value);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// The path of the first member of `told` that is not in `kept`, or is another value there.
fn differs(told: &Value, kept: &Value) -> Option<String> {
    match (told, kept) {
        (Value::Object(a), Value::Object(b)) => a.iter().find_map(|(name, value)| {
            let here = shown(name).into_owned();
            match b.get(name) {
                // What is empty may be left out.
                None if value.is_null() || value.as_array().is_some_and(Vec::is_empty) => None,
                None => Some(here),
                Some(other) => {
                    Some(format!("{here}.{}", differs(value, other)?).trim_end_matches('.').to_owned())
                }
            }
        }),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).find_map(|(a, b)| differs(a, b))
        }
        _ => (told != kept).then(String::new),
    }
}

/// One check that ends otherwise than the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of what, in words.
    pub what: String,
    /// As the file says.
    pub was: String,
    /// As it is now.
    pub now: String,
    /// It is worse now.
    pub worse: bool,
}

/// What is different between the file and what was found now, the worse ones first.
pub fn differences(request: &RouteRequest, report: &RouteReport, impact: &Impact) -> Vec<Difference> {
    let mut found = Vec::new();
    let of = |checks: &[Check], id| checks.iter().find(|check| check.id == id).cloned();
    for check in &report.checks {
        let was = of(&request.report.checks, check.id);
        let (was_outcome, now) = (was.as_ref().map(|check| check.outcome), check.outcome);
        if was_outcome == Some(now) {
            continue;
        }
        found.push(Difference {
            what: check.id.title().to_owned(),
            was: was_outcome.map_or("not tested", Outcome::words).to_owned(),
            now: now.words().to_owned(),
            worse: now == Outcome::Failed || was_outcome.is_some_and(|was| now > was),
        });
    }
    let (was, now) = (&request.impact.counts, impact.counts());
    let plain = |was: usize, now: usize, worse: bool| (was.to_string(), now.to_string(), worse && now > was);
    // Who may not see a password counts those people as not known; they are no more people for being seen now.
    let told = |sure: usize, unsure: usize| match unsure {
        0 => sure.to_string(),
        unsure => format!("{sure}, and {unsure} of whom it cannot be told"),
    };
    let bypass = (
        told(was.bypass, was.bypass_unknown),
        told(now.bypass, now.bypass_unknown),
        now.bypass > was.bypass + was.bypass_unknown,
    );
    for (what, (was, now, worse)) in [
        ("members of the domain", plain(was.members, now.members, false)),
        ("will not get in", plain(was.breaks, now.breaks, true)),
        ("cannot be told", plain(was.unknown, now.unknown, false)),
        ("can go past it with a password", bypass),
    ] {
        if was != now {
            found.push(Difference { what: what.to_owned(), was, now, worse });
        }
    }
    found.sort_by_key(|difference| !difference.worse);
    found
}

/// A request that was looked into again, by somebody who may write it.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The route that is asked for.
    pub draft: RouteDraft,
    /// What was tested now.
    pub report: RouteReport,
    /// Whom it meets, as this role sees it.
    pub impact: Impact,
    /// What is different from what the file says.
    pub differences: Vec<Difference>,
    /// What writes the route; its secret goes beside the plan.
    pub intent: Intent,
}

/// Tests a wanted route, looks at whom it meets, and writes the request down.
pub async fn prepare(
    engine: &Engine,
    tester: &Tester,
    draft: &RouteDraft,
    secret: Option<&Secret>,
    why: &str,
) -> Result<RouteRequest, NotDone> {
    let report = tested(engine, tester, draft, secret).await?;
    let people = impact::people(engine, &draft.domain.raw().to_lowercase()).await?;
    let met = people.impact(&RouteChange::to(draft.clone(), people.route()));
    Ok(RouteRequest::new(engine, tester.base.as_str(), draft, why, report, &met))
}

/// Tests the route of a request again and looks at the people again; nothing that the file says is believed.
pub async fn open(
    engine: &Engine,
    tester: &Tester,
    request: &RouteRequest,
    secret: Option<&Secret>,
) -> Result<Opened, NotDone> {
    let draft = request.draft().map_err(|why| NotDone::First(why.to_string()))?;
    let report = tested(engine, tester, &draft, secret).await?;
    let people = impact::people(engine, &draft.domain.raw().to_lowercase()).await?;
    let met = people.impact(&RouteChange::to(draft.clone(), people.route()));
    let differences = differences(request, &report, &met);
    let intent = desk::intent(&draft, people.facts.routes.get(&people.domain));
    Ok(Opened { draft, report, impact: met, differences, intent })
}

/// The tester's table of a wanted route, beside the others that are known.
pub async fn tested(
    engine: &Engine,
    tester: &Tester,
    draft: &RouteDraft,
    secret: Option<&Secret>,
) -> Result<RouteReport, NotDone> {
    let people = engine.remote.domain_routes().await;
    let own = match people {
        Ok(routes) => routes.into_iter().find(|route| route.domain == draft.domain).map(|route| route.id),
        Err(trouble) if trouble.cause == Cause::Forbidden => None,
        Err(trouble) => return Err(trouble.into()),
    };
    let known = route_test::known(engine, draft.domain.raw(), own.as_ref()).await;
    let report = route_test::test(tester, draft, secret, known, &|_| {}).await;
    report.map_err(|error| NotDone::Provider(error.to_string()))
}
