//! Short ways to say no in `/auth/*` and `/oauth2/*`.

use axum::response::Response;
use serde_json::Value;

pub use super::super::outcome::Refusal;
use super::super::outcome::{Outcome, json_response};

impl Refusal {
    /// `400` with one text and the place it is about.
    pub fn at(text: &str, expression: &str) -> Self {
        Outcome::bad_request_at(text, expression).into()
    }

    /// `400` of body validation: one issue per field, with a random id.
    pub fn fields(problems: &[(&str, &str)]) -> Self {
        Outcome::fields(problems.iter().map(|(f, t)| ((*f).to_owned(), (*t).to_owned())).collect()).into()
    }

    /// `404`.
    pub fn not_found() -> Self {
        Outcome::not_found().into()
    }

    /// `401`.
    pub fn unauthorized() -> Self {
        Outcome::unauthorized().into()
    }

    /// `400 {"error": "invalid_request"}`.
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::oauth("invalid_request", description)
    }
}

/// `200` with a JSON body.
pub fn ok_json(body: &Value) -> Response {
    json_response(body)
}
