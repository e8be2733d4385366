//! What is typed: a token, a file, what was tried. A pasted text is taken whole and never stands on the screen.

use std::path::PathBuf;

use crate::console::widgets::form::{Choice, Field, Form};
use crate::console::words::home;
use crate::identity::Text;
use crate::identity::access::Interaction;
use crate::identity::trace::redact_url;
use crate::workflows::access::Wish;
use crate::workflows::token_lab::Tried;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Token,
    File,
    Tried,
}

/// A form at the top.
#[derive(Debug)]
pub(super) struct Asking {
    pub what: What,
    pub form: Form,
    /// What is wrong with what was given.
    pub wrong: Option<String>,
}

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

impl Asking {
    pub fn token() -> Self {
        let hint = "paste it here: alone, in a header, a curl command, JSON, an address";
        Self::new(What::Token, vec![Field::secret("token", "token").hint(hint)])
    }

    pub fn file() -> Self {
        let hint = "a file that holds tokens, alone or in whatever was copied with them";
        Self::new(What::File, vec![Field::text("path", "file", "").hint(hint)])
    }

    pub fn tried(tried: &Tried) -> Self {
        let what = match (&tried.wish, &tried.url) {
            (Some(wish), _) => wish.words(),
            (None, Some(url)) => url.raw().to_owned(),
            (None, None) => String::new(),
        };
        let method = if tried.method.is_empty() { "GET" } else { tried.method.raw() };
        let mut methods: Vec<Choice> = METHODS.iter().map(|method| Choice::new(method, "")).collect();
        if !METHODS.contains(&method) {
            methods.push(Choice::new(method, ""));
        }
        let behalf = tried.acting_for.as_ref().map_or("", Text::raw);
        Self::new(
            What::Tried,
            vec![
                Field::text("what", "tried", &what)
                    .hint("the address that refused it, or like: search Patient, update Patient/123"),
                Field::choice("method", "method", methods, Some(method)),
                Field::text("behalf", "on behalf of", behalf)
                    .hint("nobody; else ProjectMembership/… or a profile"),
            ],
        )
    }

    fn new(what: What, fields: Vec<Field>) -> Self {
        Self { what, form: Form::new(fields), wrong: None }
    }

    pub fn title(&self) -> &'static str {
        match self.what {
            What::Token => "Paste a token",
            What::File => "Take tokens from a file",
            What::Tried => "What was tried with it?",
        }
    }

    /// The word at Enter.
    pub fn submit(&self) -> &'static str {
        match self.what {
            What::Token | What::File => "take it",
            What::Tried => "find out why",
        }
    }

    pub fn path(&self) -> Option<PathBuf> {
        self.form.given("path").map(home)
    }

    /// What was tried, or what is wrong with it. `basic` is the client of a request that has no token.
    pub fn as_tried(&self, basic: Option<Text>) -> Result<Tried, String> {
        let method = Text::from(self.form.value("method"));
        let acting_for = self.form.given("behalf").map(Text::from);
        let mut tried = Tried { acting_for, basic, ..Tried::default() };
        let Some(what) = self.form.given("what") else { return Ok(tried) };
        let word = what.split_once(' ').map(|(word, target)| (word.to_lowercase(), target));
        let interaction = |word: &str| Interaction::ALL.into_iter().find(|one| one.word() == word);
        match word.and_then(|(word, target)| Some((interaction(&word)?, target))) {
            Some((interaction, target)) => tried.wish = Some(Wish::parse(interaction, target)?),
            None if what.contains(char::is_whitespace) => {
                return Err("Give one address, or what was done to which record: search Patient.".to_owned());
            }
            None => {
                // A token in an address is one too.
                tried.url =
                    Some(url::Url::parse(what).map_or_else(|_| Text::from(what), |url| redact_url(&url)));
                tried.method = method;
            }
        }
        Ok(tried)
    }
}

/// What was tried, in words.
pub(super) fn words(tried: &Tried) -> Option<String> {
    let what = match (&tried.wish, &tried.url) {
        (Some(wish), _) => wish.words(),
        (None, Some(url)) if tried.method.is_empty() => format!("GET {url}"),
        (None, Some(url)) => format!("{} {url}", tried.method),
        (None, None) => return None,
    };
    let behalf = tried.acting_for.as_ref().map_or_else(String::new, |who| format!(" on behalf of {who}"));
    Some(format!("{what}{behalf}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn filled(what: &str) -> Asking {
        let mut asking = Asking::tried(&Tried::default());
        asking.form.fill("what", what);
        asking
    }

    #[rstest]
    #[case("fhir/R4/Patient", Some("GET fhir/R4/Patient"))]
    #[case("search Patient", Some("search Patient"))]
    #[case("Update Patient/1", Some("update Patient/1"))]
    #[case("", None)]
    fn what_was_tried_is_an_address_or_what_was_done_to_a_record(
        #[case] typed: &str,
        #[case] said: Option<&str>,
    ) {
        assert_eq!(words(&filled(typed).as_tried(None).unwrap()).as_deref(), said);
    }

    #[test]
    fn what_is_neither_is_told() {
        assert!(filled("look at it").as_tried(None).is_err());
        assert!(filled("search patients!").as_tried(None).unwrap_err().contains("no type"));
    }

    #[test]
    fn the_form_begins_with_what_is_known() {
        let tried =
            Tried { method: "PUT".into(), url: Some("https://a.example/x".into()), ..Tried::default() };
        assert_eq!(Asking::tried(&tried).as_tried(None), Ok(tried));
    }
}
