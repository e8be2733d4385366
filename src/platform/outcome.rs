//! Reading refusals: the four shapes of platform-api §1.4, SCIM's own (§7), and what a proxy says.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;

use super::error::{Error, Kind};
use super::redact::redact;
use crate::identity::Text;
use crate::identity::text::shown;

/// Longest plain text that is kept of a refusal; a proxy's page tells nothing more.
const LONGEST: usize = 300;

/// An `OperationOutcome`, and everything else a refusal may be: one struct, so that the shape need not be guessed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Refusal {
    #[serde(rename = "resourceType")]
    kind: Option<String>,
    id: Option<String>,
    issue: Vec<Issue>,
    extension: Vec<Tracing>,
    /// OAuth.
    error: Option<String>,
    error_description: Option<String>,
    /// Unhandled faults.
    msg: Option<String>,
    /// SCIM.
    detail: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Issue {
    severity: Option<String>,
    code: Option<String>,
    details: Details,
    diagnostics: Option<String>,
    expression: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    text: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tracing {
    extension: Vec<Traced>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Traced {
    url: String,
    #[serde(rename = "valueId")]
    value: Option<String>,
}

impl Refusal {
    fn is_outcome(&self) -> bool {
        self.kind.as_deref() == Some("OperationOutcome")
    }

    /// Any of the platform's shapes.
    fn is_known(&self) -> bool {
        self.is_outcome()
            || !self.issue.is_empty()
            || self.error.is_some()
            || self.msg.is_some()
            || self.detail.is_some()
    }

    /// The first issue that is an error, else the first.
    fn worst(&self) -> Option<&Issue> {
        self.issue.iter().find(|issue| issue.is_error()).or(self.issue.first())
    }

    fn text(&self) -> Option<Cow<'_, str>> {
        let texts: Vec<&str> = self
            .issue
            .iter()
            .filter(|issue| issue.is_error() || self.issue.len() == 1)
            .filter_map(|issue| issue.details.text.as_deref().filter(|text| !text.is_empty()))
            .collect();
        match texts[..] {
            [] => {}
            [one] => return Some(one.into()),
            _ => return Some(texts.join("; ").into()),
        }
        let diagnostics = self.worst().and_then(|issue| issue.diagnostics.as_deref());
        let other = [&self.error_description, &self.error, &self.msg, &self.detail];
        diagnostics.or_else(|| other.into_iter().find_map(|text| text.as_deref())).map(Cow::Borrowed)
    }

    /// As an error of this kind, without secrets.
    fn error(&self, kind: Kind) -> Error {
        let text = self.text().or_else(|| self.id.as_deref().map(Cow::Borrowed)).unwrap_or_default();
        let mut error = Error::new(kind, redact(&text));
        let issue = self.worst();
        error.diagnostics =
            issue.and_then(|issue| issue.diagnostics.as_deref()).map(|d| Text::new(redact(d)));
        error.expression =
            issue.and_then(|issue| issue.expression.first()).map(|field| Text::from(field.as_str()));
        error.request_id = self.request_id();
        error.sent = true;
        error
    }

    fn request_id(&self) -> Option<Text> {
        let traced = self.extension.iter().flat_map(|outer| &outer.extension);
        traced.filter(|one| one.url == "requestId").find_map(|one| one.value.as_deref().map(Text::from))
    }

    /// Milliseconds that a limiter wrote into its diagnostics (platform-api §1.9).
    fn reset(&self) -> Option<Duration> {
        #[derive(Deserialize)]
        struct Limiter {
            #[serde(rename = "_msBeforeNext")]
            ms: u64,
        }
        let diagnostics = self.worst()?.diagnostics.as_deref()?;
        serde_json::from_str::<Limiter>(diagnostics).ok().map(|limiter| Duration::from_millis(limiter.ms))
    }
}

impl Issue {
    fn is_error(&self) -> bool {
        matches!(self.severity.as_deref(), Some("error" | "fatal"))
    }
}

/// What is known of an answer besides its body.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) content_type: String,
    pub(super) location: Option<String>,
    /// From `Retry-After`, else from an exhausted limit.
    pub(super) reset: Option<Duration>,
}

impl Head {
    /// `application/json` and `application/*+json` (platform-api §1.2).
    pub(super) fn is_json(&self) -> bool {
        let kind = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    }

    fn is_html(&self) -> bool {
        self.content_type.to_ascii_lowercase().contains("html")
    }

    /// The content type in words.
    pub(super) fn content(&self) -> String {
        match self.content_type.split(';').next().map(str::trim) {
            None | Some("") => "content of no type".to_owned(),
            Some(kind) => format!("content of type {}", shown(kind)),
        }
    }
}

/// The error that an unsuccessful answer is.
pub(super) fn refusal(head: &Head, body: &[u8]) -> Error {
    let read = if head.is_json() { serde_json::from_slice::<Refusal>(body).ok() } else { None };
    let mut error = match read.filter(Refusal::is_known) {
        Some(refusal) => of_shape(head, &refusal),
        None => unknown(head, body),
    };
    error.sent = true;
    error
}

/// The error inside of a success, if there is one (platform-api §1.4, trap).
pub(super) fn hidden_in_success(body: &[u8]) -> Option<Error> {
    let refusal = serde_json::from_slice::<Refusal>(body).ok().filter(Refusal::is_outcome)?;
    refusal.issue.iter().any(Issue::is_error).then(|| refusal.error(Kind::DoneButFailed))
}

fn of_shape(head: &Head, refusal: &Refusal) -> Error {
    let text = refusal.text().unwrap_or_default();
    let exception = refusal.worst().is_some_and(|issue| issue.code.as_deref() == Some("exception"));
    refusal.error(match head.status {
        401 => Kind::Unauthorized,
        403 => Kind::Forbidden,
        404 => Kind::NotFound,
        409 => Kind::Conflict,
        410 => Kind::Gone,
        // Several records fit a condition: nobody has changed anything.
        412 if refusal.id.as_deref() == Some("multiple-matches")
            || text.starts_with("Multiple resources") =>
        {
            Kind::Invalid
        }
        412 => Kind::Stale,
        413 => Kind::TooLarge,
        429 => Kind::Limited { reset: head.reset.or_else(|| refusal.reset()) },
        400 if text == "Authentication error" => Kind::AccountBroken,
        500.. => Kind::Server,
        // A fault that the platform did not give a status of its own.
        _ if exception => Kind::Server,
        _ => Kind::Invalid,
    })
}

/// An answer in none of the platform's shapes: a proxy's, another program's, or one of its plain texts.
fn unknown(head: &Head, body: &[u8]) -> Error {
    let said = plain(head, body).unwrap_or_else(|| format!("status {} with {}", head.status, head.content()));
    let kind = match head.status {
        401 => Kind::Unauthorized,
        403 if !head.is_html() => Kind::Forbidden,
        413 => Kind::TooLarge,
        429 => Kind::Limited { reset: head.reset },
        500.. => Kind::Server,
        404 if head.is_html() && String::from_utf8_lossy(body).contains("<pre>Cannot ") => Kind::NoSuchRoute,
        400 if !head.is_html() && !head.is_json() => Kind::Invalid,
        300..=399 => {
            let to = head.location.as_deref().map_or_else(|| "elsewhere".into(), shown);
            return Error::new(Kind::NotAPlatform, format!("it redirects to {to}"));
        }
        _ => Kind::NotAPlatform,
    };
    Error::new(kind, said)
}

/// A short plain text, redacted.
fn plain(head: &Head, body: &[u8]) -> Option<String> {
    if head.is_html() || head.is_json() {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    let short: String = text.chars().take(LONGEST).collect();
    (!text.is_empty() && !text.starts_with('<')).then(|| redact(&short).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn head(status: u16, content_type: &str) -> Head {
        Head { status, content_type: content_type.into(), ..Head::default() }
    }

    fn outcome(status: u16, id: &str, text: &str) -> Error {
        let body = json!({"resourceType": "OperationOutcome", "id": id,
            "issue": [{"severity": "error", "code": "x", "details": {"text": text}, "expression": ["User.email"]}],
            "extension": [{"url": "https://medplum.com/fhir/StructureDefinition/tracing",
                "extension": [{"url": "traceId", "valueId": "b1d4"}, {"url": "requestId", "valueId": "6f0c"}]}]});
        refusal(&head(status, "application/fhir+json; charset=utf-8"), body.to_string().as_bytes())
    }

    // platform-api §1.4
    #[rstest]
    #[case(401, "unauthorized", "Unauthorized", Kind::Unauthorized)]
    #[case(403, "forbidden", "Forbidden", Kind::Forbidden)]
    #[case(404, "not-found", "Not found", Kind::NotFound)]
    #[case(409, "conflict", "Key (project, email)=(x) already exists.", Kind::Conflict)]
    #[case(410, "gone", "Gone", Kind::Gone)]
    #[case(412, "precondition-failed", "Precondition Failed", Kind::Stale)]
    #[case(412, "multiple-matches", "Multiple resources found matching condition", Kind::Invalid)]
    #[case(413, "content-too-large", "Request body too large", Kind::TooLarge)]
    #[case(422, "business-rule", "Resource cap exceeded", Kind::Invalid)]
    #[case(400, "random", "Valid email address is required", Kind::Invalid)]
    #[case(504, "server-timeout", "Timeout", Kind::Server)]
    fn an_operation_outcome_is_told_by_its_status(
        #[case] status: u16,
        #[case] id: &str,
        #[case] text: &str,
        #[case] kind: Kind,
    ) {
        let error = outcome(status, id, text);
        assert_eq!((&error.kind, error.text.raw()), (&kind, text));
        assert_eq!(error.request_id, Some("6f0c".into()));
        assert!(error.to_string().ends_with("(request 6f0c)"), "{error}");
        assert_eq!(error.expression, Some("User.email".into()));
        assert!(error.sent);
    }

    #[test]
    fn every_field_that_is_complained_about_is_named() {
        let body = json!({"resourceType": "OperationOutcome", "issue": [
            {"severity": "error", "code": "invalid", "details": {"text": "First name is required"}},
            {"severity": "error", "code": "invalid", "details": {"text": "Last name is required"}}]});
        let error = refusal(&head(400, "application/fhir+json"), body.to_string().as_bytes());
        assert_eq!(error.text.raw(), "First name is required; Last name is required");
    }

    #[test]
    fn a_broken_account_is_not_a_bad_request_and_tells_its_cause() {
        let body = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid",
            "details": {"text": "Authentication error"}, "diagnostics": "OperationOutcomeError: Gone"}]});
        let error = refusal(&head(400, "application/fhir+json"), body.to_string().as_bytes());
        assert_eq!(error.kind, Kind::AccountBroken);
        assert!(error.to_string().contains("OperationOutcomeError: Gone"));
    }

    // platform-api §1.9
    #[test]
    fn a_limit_tells_when_it_resets() {
        let body = json!({"resourceType": "OperationOutcome", "id": "too-many-requests",
            "issue": [{"severity": "error", "code": "throttled", "details": {"text": "Too Many Requests"},
                "diagnostics": "{\"_remainingPoints\":0,\"_msBeforeNext\":59977,\"limit\":5}"}]});
        let error = refusal(&head(429, "application/json"), body.to_string().as_bytes());
        assert_eq!(error.kind, Kind::Limited { reset: Some(Duration::from_millis(59_977)) });
        let told = Head { reset: Some(Duration::from_secs(3)), ..head(429, "application/json") };
        let error = refusal(&told, body.to_string().as_bytes());
        assert_eq!(
            error.kind,
            Kind::Limited { reset: Some(Duration::from_secs(3)) },
            "Retry-After goes first"
        );
    }

    #[rstest]
    #[case(
        400,
        "application/json",
        r#"{"error":"invalid_request","error_description":"Invalid client"}"#,
        Kind::Invalid,
        "Invalid client"
    )]
    #[case(
        500,
        "application/json",
        r#"{"msg":"Internal Server Error"}"#,
        Kind::Server,
        "Internal Server Error"
    )]
    #[case(
        404,
        "application/scim+json",
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"Not found"}"#,
        Kind::NotFound,
        "Not found"
    )]
    #[case(400, "text/plain", "Invalid redirect URI", Kind::Invalid, "Invalid redirect URI")]
    #[case(
        502,
        "text/html",
        "<html>Bad gateway</html>",
        Kind::Server,
        "status 502 with content of type text/html"
    )]
    #[case(503, "text/plain", "upstream connect error", Kind::Server, "upstream connect error")]
    fn the_other_shapes_are_read_too(
        #[case] status: u16,
        #[case] content_type: &str,
        #[case] body: &str,
        #[case] kind: Kind,
        #[case] text: &str,
    ) {
        let error = refusal(&head(status, content_type), body.as_bytes());
        assert_eq!((&error.kind, error.text.raw()), (&kind, text));
    }

    #[rstest]
    #[case(404, "text/html", "<html>nginx</html>")]
    #[case(404, "text/plain", "404 page not found")]
    #[case(404, "application/json", r#"{"message":"no Route matched"}"#)]
    #[case(403, "text/html", "<html>forbidden by the wall</html>")]
    #[case(405, "text/html", "")]
    #[case(302, "text/html", "")]
    fn another_program_at_the_address_is_not_a_platform(
        #[case] status: u16,
        #[case] content_type: &str,
        #[case] body: &str,
    ) {
        assert_eq!(refusal(&head(status, content_type), body.as_bytes()).kind, Kind::NotAPlatform);
    }

    #[test]
    fn a_platform_without_a_route_is_still_a_platform() {
        let page = b"<!DOCTYPE html><html><body><pre>Cannot GET /scim/v2/Users</pre></body></html>";
        assert_eq!(refusal(&head(404, "text/html; charset=utf-8"), page).kind, Kind::NoSuchRoute);
    }

    // platform-api §1.4, trap
    #[test]
    fn an_error_inside_a_success_is_found() {
        let body = json!({"resourceType": "OperationOutcome", "id": "ok", "issue": [{"severity": "error",
            "code": "exception", "details": {"text": "Could not send email."}, "diagnostics": "ECONNREFUSED"}]});
        let error = hidden_in_success(body.to_string().as_bytes()).unwrap();
        assert_eq!((error.kind, error.text.raw()), (Kind::DoneButFailed, "Could not send email."));
        assert_eq!(error.diagnostics, Some("ECONNREFUSED".into()));
        let fine = json!({"resourceType": "OperationOutcome", "id": "ok",
            "issue": [{"severity": "information", "code": "informational", "details": {"text": "All OK"}}]});
        assert_eq!(hidden_in_success(fine.to_string().as_bytes()), None);
        assert_eq!(hidden_in_success(br#"{"resourceType":"User"}"#), None);
    }

    // platform-api §1.8
    #[test]
    fn a_failed_test_does_not_tell_the_stored_value() {
        let body = json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error",
            "details": {"text": "Test failed: JBSWY3DPEHPK3PXP != abc"}, "diagnostics": "Test failed: JBSWY3DPEHPK3PXP"}]});
        let error = refusal(&head(400, "application/fhir+json"), body.to_string().as_bytes());
        assert!(error.text.raw().starts_with("Test failed"));
        assert!(!format!("{error} {error:?}").contains("JBSWY3DPEHPK3PXP"));
    }
}
