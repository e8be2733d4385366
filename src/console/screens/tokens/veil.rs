//! Values hidden while others look on: in the claims, and wherever a sentence repeats one of them.

use url::Url;

use super::held::Held;
use crate::token::brief::brief;
use crate::token::ladder::{Holds, Rung};
use crate::token::redact::{HARMLESS, HIDDEN};
use crate::workflows::token_lab::why::CauseId;
use crate::workflows::token_lab::{Event, Inspection, Item, Shown, Step, StepId, Verified};

/// Shorter values are hidden only where they stand by themselves: they are parts of ordinary words too.
const SHORT: usize = 4;

/// Stands for a sentence in which names and values of others may stand.
pub(super) const WITH_VALUES: &str = "Hidden with the values.";

/// Words of a scope that everybody asks for.
const COMMON: [&str; 7] = ["openid", "profile", "email", "address", "phone", "offline", "offline_access"];

/// What must not be seen, if anything.
#[derive(Debug, Default)]
pub(super) struct Veil<'a> {
    pub on: bool,
    /// In visible form, the longest first.
    values: Vec<&'a str>,
}

impl<'a> Veil<'a> {
    /// Over the values of these tokens, when `on`.
    pub fn over(on: bool, held: impl IntoIterator<Item = &'a Held>) -> Self {
        let mut values = Vec::new();
        if on {
            // Each comes sorted already, so that putting them together is quick.
            values.extend(held.into_iter().flat_map(|held| &held.hides).map(String::as_str));
            values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        }
        Self { on, values }
    }

    /// A sentence without them.
    pub fn words(&self, words: &str) -> String {
        let mut words = words.to_owned();
        for value in &self.values {
            if !words.contains(value) {
                continue;
            }
            words = if value.chars().count() < SHORT {
                without_word(&words, value)
            } else {
                words.replace(value, HIDDEN)
            };
        }
        words
    }

    /// A request: what it asks for may name somebody.
    pub fn request(&self, words: &str) -> String {
        match words.split_once(' ') {
            Some((method, _)) if self.on => format!("{method} {HIDDEN}"),
            _ => self.words(words),
        }
    }

    /// What is the matter. The names of people and records come from the platform, not from the token: hidden, only the
    /// kind of the cause is told.
    pub fn cause(&self, id: CauseId, said: &str) -> String {
        if !self.on {
            return said.to_owned();
        }
        match id {
            CauseId::Malformed
            | CauseId::WrongKind
            | CauseId::Expired
            | CauseId::Clock
            | CauseId::Revoked
            | CauseId::Platform => {
                return self.words(said);
            }
            CauseId::Foreign => "It is not a token of the platform.",
            CauseId::WrongIssuer => "Its issuer is not exactly the platform's.",
            CauseId::Forged => "It is not signed by a key of the platform.",
            CauseId::MemberInactive => "The membership is switched off or deleted.",
            CauseId::AccountBroken => "The token is good; the account behind it is broken.",
            CauseId::UserDeleted => "The user was deleted, the membership was not.",
            CauseId::Client => "The client application is refused.",
            CauseId::OnBehalfOf => "Acting for that member does not work.",
            CauseId::AdminsOnly => "Only admins may do this.",
            CauseId::Scope => "The token's scope takes it away.",
            CauseId::Policy => "The access policy does not give it.",
            CauseId::NotThere => "The record is not there, or not visible to the token.",
        }
        .to_owned()
    }

    /// A step of the ladder.
    pub fn step(&self, step: &Step) -> String {
        match step.id {
            // They say little else than a value or a name.
            StepId::Membership
            | StepId::UserInfo
            | StepId::Rung(Rung::Issuer | Rung::Audience | Rung::Key)
                if self.on =>
            {
                WITH_VALUES.to_owned()
            }
            // Whoever does not say yes says something of its own, which may name anybody.
            StepId::Me if self.on && step.holds != Holds::Yes => WITH_VALUES.to_owned(),
            StepId::Introspection | StepId::Session if self.on && step.holds == Holds::Untold => {
                WITH_VALUES.to_owned()
            }
            _ => self.words(&step.said),
        }
    }

    /// What the ladder comes to: hidden, the step that decides is named and not quoted.
    pub fn verdict(&self, verified: &Verified) -> String {
        let what = match verified.verdict {
            Holds::No => "The token is not valid",
            Holds::Untold => "It cannot be told whether the token is valid",
            Holds::Yes | Holds::Warning => return self.words(&verified.sentence()),
        };
        match verified.decided {
            Some(step) if self.on => format!("{what} ({}).", step.word()),
            _ => self.words(&verified.sentence()),
        }
    }

    /// What to do about a cause.
    pub fn next(&self, id: CauseId, next: &str) -> String {
        match id {
            CauseId::WrongIssuer if self.on => "Check the address, and who issued the token.".to_owned(),
            _ => self.words(next),
        }
    }

    /// What happened to a token that is watched.
    pub fn event(&self, event: &Event) -> String {
        match event {
            Event::Refused { .. } if self.on => "It is refused.".to_owned(),
            Event::KeysChanged { .. } if self.on => "Its issuer's keys have changed.".to_owned(),
            Event::Untold { .. } if self.on => "It could not be looked at.".to_owned(),
            _ => self.words(&event.sentence()),
        }
    }
}

/// Without a word, where it is one.
fn without_word(text: &str, word: &str) -> String {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let alone = !is_part(before.chars().last().or(out.chars().last())) && !is_part(after.chars().next());
        out.push_str(before);
        out.push_str(if alone { HIDDEN } else { word });
        rest = after;
    }
    out + rest
}

/// What of a token must not be seen, wherever it stands: in visible form, the longest first. Made once for a token: a
/// stranger decides how much there is of it.
pub(super) fn hides(seen: &Inspection) -> Vec<String> {
    let mut values = Vec::new();
    seen.header.iter().chain(&seen.claims).for_each(|item| collect(item, &mut values));
    values.sort_by(|a: &String, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    values.dedup();
    values
}

fn collect(item: &Item, values: &mut Vec<String>) {
    if let Shown::Text(text) = &item.value
        && !HARMLESS.contains(&item.name.raw())
    {
        let shown = text.to_string();
        // In sentences a long one stands by its ends.
        let brief = brief(text);
        if brief != shown {
            values.push(brief);
        }
        // Sentences name hosts too.
        if let Ok(url) = Url::parse(text.raw())
            && let Some(host) = url.host_str()
        {
            let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            values.push(host);
        }
        // Sentences name single words of it.
        if matches!(item.name.raw(), "scope" | "scp") {
            let words = shown.split(' ').filter(|word| word.len() >= SHORT && !COMMON.contains(word));
            values.extend(words.map(str::to_owned));
        }
        if !shown.is_empty() {
            values.push(shown);
        }
    }
    item.within.iter().for_each(|item| collect(item, values));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::http::Http;
    use crate::auth::keys::{Hosts, Keyring};
    use crate::console::screens::tokens::message::Number;
    use crate::identity::Secret;
    use crate::ports::SystemClock;
    use crate::token::extract::Extracted;
    use crate::workflows::token_lab::{Lab, Tried, Wanted, verify};
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use std::sync::Arc;

    #[test]
    fn what_a_token_says_is_hidden_in_sentences_too() {
        let claims = r#"{"iss":"https://idp.example:8443/t","sub":"u1","email":"jane@clinic.example","groups":["ward three"]}"#;
        let token = format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(claims));
        let given = Extracted { token: Secret::from(token.as_str()), from: "the paste".into() };
        let held = Held::new(Number(1), Some(given), Tried::default());
        let said = "It is by https://idp.example:8443/t at idp.example:8443, for u1 (jane@clinic.example) in ward three, not menu1.";
        let hidden = Veil::over(true, [&held]).words(said);
        assert_eq!(
            hidden,
            "It is by \u{2022}\u{2022}\u{2022} at \u{2022}\u{2022}\u{2022}, for \u{2022}\u{2022}\u{2022} (\u{2022}\u{2022}\u{2022}) in \u{2022}\u{2022}\u{2022}, not menu1."
        );
        assert_eq!(Veil::over(false, [&held]).words(said), said);
        assert_eq!(
            Veil::over(true, [&held]).request("GET https://a.example/Patient?name=x"),
            format!("GET {HIDDEN}")
        );
    }

    #[tokio::test]
    async fn hidden_or_not_the_same_step_decides() {
        let token = format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(r#"{"exp":4000000000}"#));
        let given = Extracted { token: Secret::from(token.as_str()), from: "the paste".into() };
        let clock = Arc::new(SystemClock);
        let lab = Lab {
            keyring: Keyring::new(Http::new(None, false).unwrap(), clock.clone()),
            clock,
            platform: None,
            engine: None,
            agreed: Hosts::none(),
        };
        let mut verified = verify(&lab, &given, &Wanted::default()).await;
        // As it is where the signature is good, and a kind was expected that it does not tell.
        verified.steps.retain(|step| matches!(step.id, StepId::Rung(Rung::Issuer | Rung::Type)));
        (verified.verdict, verified.decided) = (Holds::Untold, Some(StepId::Rung(Rung::Type)));
        for on in [false, true] {
            assert!(Veil::over(on, []).verdict(&verified).contains("(type)"));
        }
    }

    // In a sentence a long value stands by its ends.
    #[test]
    fn the_ends_of_a_long_value_are_hidden_too() {
        let issuer = format!("https://idp.example/{}", "jane".repeat(200));
        let token = format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"{issuer}"}}"#)));
        let given = Extracted { token: Secret::from(token.as_str()), from: "the paste".into() };
        let held = Held::new(Number(1), Some(given), Tried::default());
        let said = format!("It is by {}, which is long.", brief(&issuer.as_str().into()));
        assert_eq!(Veil::over(true, [&held]).words(&said), format!("It is by {HIDDEN}, which is long."));
    }
}
