//! The four shapes in which the platform says no (platform-api §1.4), and the `OperationOutcome` that says yes.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

/// One issue of an `OperationOutcome`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// `error` or `information`.
    pub severity: &'static str,
    /// FHIR issue code.
    pub code: &'static str,
    /// `details.text`, what the person reads.
    pub text: String,
    /// The one element it is about.
    pub expression: Option<String>,
    /// What the server adds for the operator.
    pub diagnostics: Option<String>,
}

impl Issue {
    /// An error without place or diagnostics.
    pub fn error(code: &'static str, text: impl Into<String>) -> Self {
        Self { severity: "error", code, text: text.into(), expression: None, diagnostics: None }
    }

    /// The same, about one element.
    #[must_use]
    pub fn at(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    /// The same, with diagnostics.
    #[must_use]
    pub fn because(mut self, diagnostics: impl Into<String>) -> Self {
        self.diagnostics = Some(diagnostics.into());
        self
    }

    fn json(&self) -> Value {
        let mut out = json!({"severity": self.severity, "code": self.code, "details": {"text": self.text}});
        if let Some(expression) = &self.expression {
            out["expression"] = json!([expression]);
        }
        if let Some(diagnostics) = &self.diagnostics {
            out["diagnostics"] = json!(diagnostics);
        }
        out
    }
}

/// An `OperationOutcome`; its id decides the HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The id, one of the table in platform-api §1.4, random, or none.
    pub id: Option<String>,
    /// At least one issue.
    pub issues: Vec<Issue>,
    /// Answered with `application/json` and without the tracing extension, as rate limits do.
    pub bare: bool,
}

impl Outcome {
    fn known(id: &str, code: &'static str, text: impl Into<String>) -> Self {
        Self { id: Some(id.into()), issues: vec![Issue::error(code, text)], bare: false }
    }

    /// "All OK".
    pub fn ok() -> Self {
        Self {
            id: Some("ok".into()),
            issues: vec![Issue { severity: "information", ..Issue::error("informational", "All OK") }],
            bare: false,
        }
    }

    /// "Created".
    pub fn created() -> Self {
        Self {
            id: Some("created".into()),
            issues: vec![Issue { severity: "information", ..Issue::error("informational", "Created") }],
            bare: false,
        }
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::known("unauthorized", "login", "Unauthorized")
    }

    /// 403.
    pub fn forbidden() -> Self {
        Self::known("forbidden", "forbidden", "Forbidden")
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::known("not-found", "not-found", "Not found")
    }

    /// 410.
    pub fn gone() -> Self {
        Self::known("gone", "deleted", "Gone")
    }

    /// 409 with its text.
    pub fn conflict(text: impl Into<String>) -> Self {
        Self::known("conflict", "conflict", text)
    }

    /// 412 of a stale version.
    pub fn precondition_failed() -> Self {
        Self::known("precondition-failed", "processing", "Precondition Failed")
    }

    /// 412 of a condition that fits several resources.
    pub fn multiple_matches() -> Self {
        Self::known("multiple-matches", "multiple-matches", "Multiple resources found matching condition")
    }

    /// 413.
    pub fn too_large() -> Self {
        Self::known("content-too-large", "too-long", "Request body too large")
    }

    /// 429 with the limiter's state as a JSON text.
    pub fn throttled(diagnostics: String) -> Self {
        Self {
            id: Some("too-many-requests".into()),
            issues: vec![Issue::error("throttled", "Too Many Requests").because(diagnostics)],
            bare: false,
        }
    }

    /// 400 with a text.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::issues(vec![Issue::error("invalid", text)])
    }

    /// 400 with a text, about one element.
    pub fn bad_request_at(text: impl Into<String>, expression: impl Into<String>) -> Self {
        Self::issues(vec![Issue::error("invalid", text).at(expression)])
    }

    /// 400 "Authentication error" with the real cause (platform-api §1.3).
    pub fn authentication_error(cause: &str) -> Self {
        Self::issues(vec![
            Issue::error("invalid", "Authentication error")
                .because(format!("OperationOutcomeError: {cause}")),
        ])
    }

    /// 400 with several issues and no id.
    pub fn issues(issues: Vec<Issue>) -> Self {
        Self { id: None, issues, bare: false }
    }

    /// 400 of the body checks of `/auth/*` and `/admin/*`: random id, one issue per field.
    pub fn fields(fields: Vec<(String, String)>) -> Self {
        Self {
            id: Some(Uuid::new_v4().to_string()),
            issues: fields
                .into_iter()
                .map(|(field, text)| {
                    let issue = Issue::error("invalid", text);
                    if field.is_empty() { issue } else { issue.at(field) }
                })
                .collect(),
            bare: false,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self.id.as_deref() {
            Some("ok") => StatusCode::OK,
            Some("created") => StatusCode::CREATED,
            Some("accepted") => StatusCode::ACCEPTED,
            Some("not-modified") => StatusCode::NOT_MODIFIED,
            Some("unauthorized") => StatusCode::UNAUTHORIZED,
            Some("forbidden") => StatusCode::FORBIDDEN,
            Some("not-found") => StatusCode::NOT_FOUND,
            Some("conflict") => StatusCode::CONFLICT,
            Some("gone") => StatusCode::GONE,
            Some("precondition-failed" | "multiple-matches") => StatusCode::PRECONDITION_FAILED,
            Some("content-too-large") => StatusCode::PAYLOAD_TOO_LARGE,
            Some("unsupported-media-type") => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Some("business-rule") => StatusCode::UNPROCESSABLE_ENTITY,
            Some("too-many-requests") => StatusCode::TOO_MANY_REQUESTS,
            Some("server-timeout") => StatusCode::GATEWAY_TIMEOUT,
            _ if self.issues.first().is_some_and(|i| i.code == "exception") => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The text of the first issue.
    pub fn text(&self) -> &str {
        self.issues.first().map_or("", |i| i.text.as_str())
    }

    /// Is it this id?
    pub fn is(&self, id: &str) -> bool {
        self.id.as_deref() == Some(id)
    }

    /// The resource, without the tracing extension (as inside batch answers).
    pub fn json(&self) -> Value {
        let mut out = json!({"resourceType": "OperationOutcome"});
        if let Some(id) = &self.id {
            out["id"] = json!(id);
        }
        out["issue"] = self.issues.iter().map(Issue::json).collect();
        out
    }

    /// The resource with the request's tracing extension.
    pub fn traced(&self, request_id: &str, trace_id: &str) -> Value {
        let mut out = self.json();
        out["extension"] = json!([{
            "url": "https://medplum.com/fhir/StructureDefinition/tracing",
            "extension": [{"url": "requestId", "valueId": request_id}, {"url": "traceId", "valueId": trace_id}],
        }]);
        out
    }
}

impl IntoResponse for Outcome {
    /// The pipeline in [`super::server`] writes the body, as only it knows the request's ids.
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}

/// Any of the shapes in which the platform refuses.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// An `OperationOutcome`.
    Outcome(Box<Outcome>),
    /// `{"error", "error_description"}` of the token endpoint.
    OAuth {
        /// HTTP status, nearly always 400.
        status: StatusCode,
        /// RFC 6749 §5.2 code.
        error: &'static str,
        /// The text.
        description: String,
    },
    /// Plain text.
    Text(StatusCode, String),
    /// The unhandled fault: 500 `{"msg"}`.
    Broken,
    /// HTML 404 of an unknown path: method and path.
    NoRoute(String, String),
}

impl Refusal {
    /// 400 `OperationOutcome` with a text.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Outcome::bad_request(text).into()
    }

    /// 400 OAuth error.
    pub fn oauth(error: &'static str, description: impl Into<String>) -> Self {
        Self::OAuth { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }
}

impl From<Outcome> for Refusal {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(Box::new(outcome))
    }
}

/// A response with a content type.
pub fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// `application/json`, as `/auth/*`, `/admin/*` and `/oauth2/*` answer.
pub const JSON: &str = "application/json; charset=utf-8";
/// `application/fhir+json`, as FHIR routes and every `OperationOutcome` answer.
pub const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// 200 `application/json`.
pub fn json_response(value: &Value) -> Response {
    respond(StatusCode::OK, JSON, value.to_string())
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Outcome(outcome) => outcome.into_response(),
            Self::OAuth { status, error, description } => {
                respond(status, JSON, json!({"error": error, "error_description": description}).to_string())
            }
            Self::Text(status, text) => respond(status, "text/html; charset=utf-8", text),
            Self::Broken => respond(
                StatusCode::INTERNAL_SERVER_ERROR,
                JSON,
                json!({"msg": "Internal Server Error"}).to_string(),
            ),
            Self::NoRoute(method, path) => respond(
                StatusCode::NOT_FOUND,
                "text/html; charset=utf-8",
                format!(
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n\
                     </head>\n<body>\n<pre>Cannot {method} {}</pre>\n</body>\n</html>\n",
                    escape_html(&path)
                ),
            ),
        }
    }
}

fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Outcome::ok(), 200)]
    #[case(Outcome::unauthorized(), 401)]
    #[case(Outcome::gone(), 410)]
    #[case(Outcome::multiple_matches(), 412)]
    #[case(Outcome::bad_request("x"), 400)]
    #[case(Outcome::issues(vec![Issue::error("exception", "x")]), 500)]
    fn the_id_decides_the_status(#[case] outcome: Outcome, #[case] status: u16) {
        assert_eq!(outcome.status().as_u16(), status);
    }

    #[test]
    fn a_traced_outcome_carries_both_ids_and_leaves_out_what_is_absent() {
        let json = Outcome::bad_request("no").traced("r", "t");
        assert_eq!(json["extension"][0]["extension"][0], json!({"url": "requestId", "valueId": "r"}));
        assert!(json.get("id").is_none());
        assert!(json["issue"][0].get("expression").is_none());
    }
}
