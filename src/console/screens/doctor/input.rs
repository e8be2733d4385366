//! What the doctor is asked: the person, what their identity provider sends, the way.
//!
//! Of a pasted token the claims stay; the token itself only until its signature was looked at. It is never shown or logged.

use crate::auth::signature::Checked;
use crate::console::remote::Remote;
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::sign_in::doctor::{Attempt, Claim, Flow};
use crate::identity::{ClientId, MembershipId, ProjectId, Text};
use crate::workflows::checkup::{Asked, Choices, Said, Through};
use crate::workflows::diagnose::IdToken;

/// Stands in a claim's field for a claim that the identity provider does not send.
const NOTHING: &str = "-";
/// How every JWT begins: `{"` in base64url (RFC 7519 §3.1).
const TOKEN: &str = "eyJ";

/// What is kept of a token beside its claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    /// Who issued it, as it says.
    issuer: Option<Text>,
    /// The token itself, until its signature was looked at; its `Debug` shows nothing.
    token: Option<IdToken>,
    checked: Option<Checked>,
}

impl Given {
    /// In words: whose token, and whether it is.
    pub fn words(&self) -> String {
        let of = self.issuer.as_ref().map_or_else(String::new, |issuer| format!(" of {issuer}"));
        match &self.checked {
            None => format!("a token{of}, unverified"),
            Some(checked) => format!("a token{of}, {}", checked.words()),
        }
    }

    /// True while nothing speaks for it.
    pub fn is_doubtful(&self) -> bool {
        !matches!(self.checked, Some(Checked::Verified { .. }))
    }
}

/// The form and what stands behind it.
#[derive(Debug)]
pub(super) struct Input {
    pub form: Form,
    /// The form has the keys.
    pub open: bool,
    /// What is wrong with what was pasted.
    pub wrong: Option<String>,
    /// The claims come from a token.
    pub token: Option<Given>,
    pub choices: Remote<Choices>,
    fhir_user: Option<Text>,
    /// Who is meant, for as long as this stands in the field.
    meant: Option<(MembershipId, String)>,
}

impl Default for Input {
    fn default() -> Self {
        let likely = |words: &str| Choice { value: String::new(), words: words.into(), help: String::new() };
        let flows = Flow::ALL.into_iter().map(|flow| Choice {
            value: flow.id().to_owned(),
            words: flow.words().to_owned(),
            help: String::new(),
        });
        let form = Form::new(vec![
            Field::text("person", "person", "")
                .hint("email, external id, name, reference, or an IdP's token pasted"),
            Field::text("email", "IdP's email", "").hint("as typed above; - for none"),
            Field::text("subject", "IdP's subject", "").hint("as stored here; - for none"),
            Field::choice(
                "flow",
                "flow",
                std::iter::once(likely("the likely ones")).chain(flows).collect(),
                Some(""),
            ),
            Field::choice("client", "client", Vec::new(), Some("")),
            Field::choice("project", "project", Vec::new(), Some("")),
        ]);
        let mut input = Self {
            form,
            open: false,
            wrong: None,
            token: None,
            choices: Remote::default(),
            fhir_user: None,
            meant: None,
        };
        input.offer(&Choices::default());
        input
    }
}

/// A token as it was copied: perhaps with its scheme in front, broken into lines by a terminal or a mail.
fn unwrapped(pasted: &str) -> String {
    let text = pasted.trim();
    let text = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("bearer ") => &text[7..],
        _ => text,
    };
    text.split_whitespace().collect()
}

impl Input {
    /// What can be chosen.
    pub fn offer(&mut self, choices: &Choices) {
        let choice = |value: &str, words: String, help: &str| Choice {
            value: value.to_owned(),
            words,
            help: help.to_owned(),
        };
        let mut clients = vec![
            choice("", "the likely ones".into(), ""),
            choice(NOTHING, "none".into(), "the domain decides, or the platform's own page"),
        ];
        clients.extend(choices.clients.iter().map(|client| {
            let help = if client.has_idp { "with an identity provider" } else { "" };
            choice(client.id.as_str(), client.name.to_string(), help)
        }));
        self.form.offer("client", clients);
        let mut projects = vec![choice("", "as the way has it".into(), "")];
        projects.extend(choices.projects.iter().map(|(id, name)| choice(id.as_str(), name.to_string(), "")));
        self.form.offer("project", projects);
    }

    /// Opens the form at a field.
    pub fn open_at(&mut self, field: &str) {
        self.open = true;
        self.form.focus_on(field);
    }

    /// Somebody else is meant: nothing of what was asked before stays.
    pub fn begin_with(&mut self, meant: Option<MembershipId>, typed: &str) {
        let choices = std::mem::take(&mut self.choices);
        *self = Self::default();
        if let Some(known) = choices.value() {
            self.offer(known);
        }
        self.choices = choices;
        self.form.fill("person", typed);
        self.meant = meant.map(|meant| (meant, typed.to_owned()));
    }

    /// Who is meant by what stands there was found out.
    pub fn settle(&mut self, meant: &MembershipId, address: Option<&Text>) {
        if self.form.given("person").is_none()
            && let Some(address) = address
        {
            self.form.fill("person", address.raw());
        }
        self.meant = Some((meant.clone(), self.form.value("person").to_owned()));
    }

    /// What is asked; `None` while nobody is named.
    pub fn asked(&self) -> Option<Asked> {
        let form = &self.form;
        let person = form.value("person");
        let meant = self.meant.as_ref().filter(|(_, of)| of == person).map(|(meant, _)| meant.clone());
        let typed = Text::from(person.trim());
        let said = |field: &str| match form.given(field) {
            // A token that says nothing says nothing.
            None if self.token.is_some() => Said::Nothing,
            None => Said::Likely,
            Some(NOTHING) => Said::Nothing,
            Some(text) => Said::Text(Text::from(text)),
        };
        if typed.is_empty() && meant.is_none() {
            return None;
        }
        Some(Asked {
            typed,
            meant,
            email: said("email"),
            subject: said("subject"),
            fhir_user: self.fhir_user.clone(),
            flow: form.given("flow").and_then(|id| Flow::ALL.into_iter().find(|flow| flow.id() == id)),
            client: match form.given("client") {
                None => Through::Likely,
                Some(NOTHING) => Through::Nothing,
                Some(id) => Through::Client(ClientId::new(id)),
            },
            project: form.given("project").map(ProjectId::new),
            token: self.token.as_ref().and_then(|given| given.token.clone()),
        })
    }

    /// The signature was looked at: the token is dropped.
    pub fn checked(&mut self, checked: &Checked) {
        if let Some(given) = &mut self.token {
            given.token = None;
            given.checked = Some(checked.clone());
        }
    }

    /// The claims are no longer those of a token.
    pub fn edited(&mut self) {
        self.wrong = None;
        self.token = None;
        self.fhir_user = None;
    }

    /// Takes what was pasted if it is a token; true when it was one, readable or not.
    pub fn take_token(&mut self, pasted: &str) -> bool {
        let text = unwrapped(pasted);
        if !text.starts_with(TOKEN) {
            return false;
        }
        match IdToken::read(&text) {
            Ok(token) => self.take_claims(&token),
            Err(wrong) => self.wrong = Some(wrong),
        }
        true
    }

    /// A token that is being typed does not stand on the screen.
    pub fn veil(&mut self) {
        let token = is_token(self.form.value("person"));
        self.form.veil("person", token);
    }

    /// A token that came letter by letter, from a terminal that does not tell pasting from typing.
    pub fn take_typed_token(&mut self) -> bool {
        let typed = self.form.value("person").to_owned();
        if !is_token(&typed) {
            return false;
        }
        self.form.fill("person", "");
        self.form.veil("person", false);
        self.take_token(&typed)
    }

    fn take_claims(&mut self, token: &IdToken) {
        let mut claims = Attempt::new(Flow::Browser);
        token.claims_into(&mut claims);
        let text = |claim: &Claim| claim.text().map_or_else(String::new, |text| text.raw().to_owned());
        let (email, subject) = (text(&claims.email), text(&claims.subject));
        self.form.fill("email", &email);
        self.form.fill("subject", &subject);
        if self.form.given("person").is_none() {
            self.form.fill("person", if email.is_empty() { &subject } else { &email });
        }
        self.wrong = None;
        self.fhir_user = claims.fhir_user;
        self.token = Some(Given { issuer: token.issuer(), token: Some(token.clone()), checked: None });
    }
}

/// Whether a typed text is, or becomes, a token.
fn is_token(typed: &str) -> bool {
    unwrapped(typed).starts_with(TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `{"iss":"https://idp.example","sub":"s-1","email":"a@b.example"}`
    const PAYLOAD: &str =
        "eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoicy0xIiwiZW1haWwiOiJhQGIuZXhhbXBsZSJ9";

    fn token() -> String {
        format!("eyJhbGciOiJFUzM4NCJ9.{PAYLOAD}.c2lnbmF0dXJl")
    }

    #[test]
    fn a_pasted_token_leaves_its_claims_and_nothing_else() {
        for pasted in [token(), format!("Bearer {}\n", token()), token().replace('.', ".\n  ")] {
            let mut input = Input::default();
            assert!(input.take_token(&pasted), "{pasted}");
            let asked = input.asked().unwrap();
            assert_eq!(asked.typed.raw(), "a@b.example");
            assert_eq!(asked.email, Said::Text("a@b.example".into()));
            assert_eq!(asked.subject, Said::Text("s-1".into()));
            assert_eq!(input.token.as_ref().unwrap().words(), "a token of https://idp.example, unverified");
            let kept = format!("{input:?} {asked:?}");
            assert!(!kept.contains("c2lnbmF0dXJl") && !kept.contains(PAYLOAD), "{kept}");
        }
    }

    #[test]
    fn a_token_that_was_typed_is_taken_out_of_the_field() {
        let mut input = Input::default();
        input.form.fill("person", &token());
        assert!(is_token(input.form.value("person")));
        assert!(input.take_typed_token());
        assert_eq!(input.form.value("person"), "a@b.example");
    }

    #[test]
    fn what_only_looks_like_a_token_is_refused_and_an_address_is_none() {
        let mut input = Input::default();
        assert!(input.take_token("eyJhIjoxfQ.!!.AA"));
        assert!(input.wrong.as_deref().unwrap().contains("base64url"));
        assert!(!input.take_token("jane@clinic.example"));
    }

    #[test]
    fn claims_are_likely_until_something_is_said() {
        let mut input = Input::default();
        assert_eq!(input.asked(), None);
        input.form.fill("person", "a@b.example");
        assert_eq!(input.asked().unwrap().email, Said::Likely);
        input.form.fill("email", "-");
        assert_eq!(input.asked().unwrap().email, Said::Nothing);
    }

    #[test]
    fn who_is_meant_is_forgotten_when_another_is_typed() {
        let mut input = Input::default();
        input.begin_with(Some("m1".into()), "");
        assert_eq!(input.asked().unwrap().meant, Some("m1".into()));
        input.settle(&"m1".into(), Some(&"a@b.example".into()));
        assert_eq!(input.asked().unwrap().meant, Some("m1".into()));
        assert_eq!(input.asked().unwrap().typed.raw(), "a@b.example");
        input.form.fill("person", "c@d.example");
        assert_eq!(input.asked().unwrap().meant, None);
    }
}
