//! A token under test, put to a server: introspection (RFC 7662), userinfo (OpenID Connect Core §5.3), and a read with
//! it as the bearer.
//!
//! Whoever calls these has decided that the server may see the token: it is the platform whose issuer the token names, or
//! somebody agreed to it. Nothing but GET and the question of RFC 7662 is ever sent.

use tokio::time::Instant;
use url::Url;

use super::error::{AuthError, Refusal};
use super::http::{Answered, Http, host_of};
use crate::identity::trace::{Exchange, Got, Sent};
use crate::identity::{Secret, Text};
use crate::token::json::{Node, Object};

/// A question, as it may be shown, and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    /// What went over the wire, without secrets.
    pub exchange: Exchange,
    /// The answer.
    pub answer: Result<T, AuthError>,
}

/// What introspection says (I1, I2). Members that are not there say nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Introspected {
    /// `active`; false has no further meaning (I1).
    pub active: bool,
    /// All members.
    pub members: Object,
}

/// What a server says to a read with the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its words, unless it is a success.
    pub text: Text,
    /// The real cause, where it tells one (platform-api §1.3).
    pub diagnostics: Option<Text>,
    /// The platform's request id.
    pub request_id: Option<Text>,
}

impl Reply {
    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The token is good, and the session behind it cannot be set up (platform-api §1.3).
    pub fn is_authentication_error(&self) -> bool {
        self.status == 400 && self.text.raw() == "Authentication error"
    }
}

/// Asks whether a token is active. The token goes into the form, never into the address (I2).
pub async fn introspect(http: &Http, endpoint: &Url, token: &Secret) -> Asked<Introspected> {
    let form = [("token", token.expose())];
    let begun = Instant::now();
    let answer = http.post_form(endpoint, &form).await;
    let exchange = exchange(Sent::new("POST", endpoint).form(&form), &answer, begun);
    let answer = answer.and_then(|answer| {
        let members = object(&answer, endpoint)?;
        match members.get("active") {
            Some(Node::Bool(active)) => Ok(Introspected { active: *active, members }),
            _ => Err(AuthError::Unreadable {
                host: host_of(endpoint),
                what: "expected `active` to be true or false".to_owned(),
            }),
        }
    });
    Asked { exchange, answer }
}

/// Asks who a token speaks for.
pub async fn userinfo(http: &Http, endpoint: &Url, token: &Secret) -> Asked<Object> {
    let begun = Instant::now();
    let answer = http.read_as(endpoint, token).await;
    let sent = Sent::new("GET", endpoint).header("authorization", "Bearer -");
    let exchange = exchange(sent, &answer, begun);
    Asked { exchange, answer: answer.and_then(|answer| object(&answer, endpoint)) }
}

/// Reads something with the token as the bearer. Of a success nothing is kept but that it is one: what it holds is a
/// person's data and not the question.
pub async fn read(http: &Http, url: &Url, token: &Secret, on_behalf_of: Option<&Text>) -> Asked<Reply> {
    let begun = Instant::now();
    let answer = http.try_as(url, token, on_behalf_of).await;
    let mut sent = Sent::new("GET", url).header("authorization", "Bearer -");
    if let Some(member) = on_behalf_of {
        sent = sent.header("x-medplum-on-behalf-of", member.raw());
    }
    let exchange = exchange(sent, &answer, begun);
    let answer = answer.map(|answer| {
        let refusal = Refusal::read(answer.status, &answer.body, None);
        let success = answer.is_success();
        let diagnostics =
            Object::read(&answer.body).ok().filter(|_| !success).and_then(|body| diagnostics(&body));
        Reply {
            status: answer.status,
            text: if success { Text::default() } else { refusal.text },
            diagnostics,
            request_id: refusal.request_id,
        }
    });
    Asked { exchange, answer }
}

/// Why a question was not answered, without a full stop: most of what goes wrong with servers is said in the words of
/// signing in, and nobody signs in here.
pub fn told(error: &AuthError) -> String {
    match error {
        AuthError::Refused { host, refusal } => {
            format!("{host} answers {}, “{}”", refusal.status, refusal.text)
        }
        AuthError::OtherIssuer { asked, said } => {
            format!(
                "the server at {} calls itself {said}, so it is not that issuer",
                Text::from(asked.as_str())
            )
        }
        AuthError::NotAPlatform { url, what } => format!("{url} gives no metadata: {what}"),
        AuthError::Metadata { issuer, what } => format!("{issuer} cannot be trusted: {what}"),
        AuthError::Unreadable { host, what } => format!("the answer of {host} cannot be read: {what}"),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}

fn diagnostics(outcome: &Object) -> Option<Text> {
    let Some(Node::List(issues)) = outcome.get("issue") else { return None };
    match issues.first()? {
        Node::Object(issue) => issue.text("diagnostics").cloned(),
        _ => None,
    }
}

fn object(answer: &Answered, endpoint: &Url) -> Result<Object, AuthError> {
    let host = host_of(endpoint);
    if !answer.is_success() {
        return Err(answer.refused(host));
    }
    let unreadable = |what: &str| AuthError::Unreadable { host: host_of(endpoint), what: what.to_owned() };
    if !answer.is_json() {
        return Err(unreadable("expected a JSON object"));
    }
    Object::read(&answer.body).map_err(|_| unreadable("expected a JSON object"))
}

fn exchange(sent: Sent, answer: &Result<Answered, AuthError>, begun: Instant) -> Exchange {
    let got = match answer {
        Ok(answer) => Ok(Got::new(answer.status, &[("content-type", &answer.content_type)], &answer.body)),
        Err(error) => Err(Text::from(error.to_string())),
    };
    Exchange { sent, got, took_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX) }
}
