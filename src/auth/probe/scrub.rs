//! Keeps the client's secret out of what is told, in every form in which it may come back (S2).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::identity::trace::{REDACTED, Sent};
use crate::identity::{Secret, Text};

/// A shorter one is replaced only where it was sent: replacing it everywhere would spoil every answer.
const SHORTEST: usize = 4;

/// The forms of a secret. `Debug` shows none.
#[derive(Clone, Default)]
pub(super) struct Scrub {
    forms: Vec<String>,
    secret: Option<Secret>,
}

impl fmt::Debug for Scrub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrub").finish_non_exhaustive()
    }
}

impl Scrub {
    pub(super) fn new(secret: Option<&Secret>) -> Self {
        let mut scrub = Self { forms: Vec::new(), secret: secret.cloned() };
        if let Some(secret) = secret {
            scrub.add(secret.expose());
        }
        scrub
    }

    /// The secret as it goes along with a client id in the header.
    pub(super) fn add_basic(&mut self, client: &str) {
        if let Some(secret) = self.secret.clone() {
            self.add(&format!("{client}:{}", secret.expose()));
        }
    }

    fn add(&mut self, text: &str) {
        if text.chars().count() < SHORTEST {
            return;
        }
        let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let json = serde_json::Value::from(text).to_string();
        let forms = [
            text.to_owned(),
            form.replace('+', "%20"),
            form,
            json.trim_matches('"').to_owned(),
            STANDARD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
        ];
        self.forms.extend(forms);
        // The longest first: what holds another goes before it.
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.forms.dedup();
    }

    pub(super) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), REDACTED);
            }
        }
        text
    }

    /// A request, whose address or form may hold the secret in a field that is not its own.
    pub(super) fn sent(&self, mut sent: Sent) -> Sent {
        let clean = |text: &Text| Text::from(self.text(text.raw()));
        sent.url = clean(&sent.url);
        sent.body = sent.body.as_ref().map(clean);
        for (_, value) in &mut sent.headers {
            *value = clean(value);
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2
    #[test]
    fn the_secret_is_found_in_every_form() {
        let mut scrub = Scrub::new(Some(&Secret::from("Ab c\"1+/=ü")));
        scrub.add_basic("app");
        for form in [
            "x Ab c\"1+/=ü y",
            "?s=Ab+c%221%2B%2F%3D%C3%BC&",
            "?s=Ab%20c%221%2B%2F%3D%C3%BC&",
            r#"{"e":"Ab c\"1+/=ü"}"#,
            &STANDARD.encode("app:Ab c\"1+/=ü"),
        ] {
            let clean = scrub.text(form);
            assert!(clean.contains(REDACTED), "{form} became {clean}");
            assert!(!clean.contains("Ab"), "{clean}");
        }
        assert!(!format!("{scrub:?}").contains("Ab"));
    }
}
