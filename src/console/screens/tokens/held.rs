//! One token that is held: where it came from, what it says, what it came to.

use jiff::Timestamp;

use super::message::{Asked, Number};
use super::veil;
use crate::console::remote::Remote;
use crate::identity::Text;
use crate::token::extract::Extracted;
use crate::token::ladder::{Holds, Rung};
use crate::token::time::When;
use crate::token::{Kind, Token};
use crate::workflows::token_lab::why::Outcome;
use crate::workflows::token_lab::{Event, Inspection, Needs, StepId, Tried, Why, inspect};

/// A token, or a request without one.
#[derive(Debug)]
pub(super) struct Held {
    pub number: Number,
    /// None of a request that signs in by `Basic`.
    pub given: Option<Extracted>,
    pub tried: Tried,
    /// What it says; read again with the platform's eyes once it is judged.
    pub seen: Option<Inspection>,
    /// What of it is not shown while values are hidden; see [`Held::see`].
    pub hides: Vec<String>,
    pub found: Remote<Box<Why>>,
    /// The judging whose answer is waited for.
    pub round: Number,
    pub watch: Option<Watched>,
    /// It is one's own session's.
    pub own: bool,
}

/// An eye on it.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// What happened last.
    pub last: Option<Event>,
}

/// How its signature stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    Yes,
    No,
    Untold,
}

impl Held {
    pub fn new(number: Number, given: Option<Extracted>, tried: Tried) -> Self {
        let seen = given.as_ref().map(|given| inspect(given, None));
        let mut held = Self {
            number,
            given,
            tried,
            seen: None,
            hides: Vec::new(),
            found: Remote::Idle,
            round: Number::default(),
            watch: None,
            own: false,
        };
        if let Some(seen) = seen {
            held.see(seen);
        }
        held
    }

    /// What it says.
    pub fn see(&mut self, seen: Inspection) {
        self.hides = veil::hides(&seen);
        self.seen = Some(seen);
    }

    pub fn asked(&self) -> Box<Asked> {
        let (number, round) = (self.number, self.round);
        Box::new(Asked { number, round, given: self.given.clone(), tried: self.tried.clone() })
    }

    /// What it is, without an article.
    pub fn kind(&self) -> String {
        let Some(seen) = &self.seen else { return "client sign-in".to_owned() };
        match (&seen.token, seen.kind()) {
            (Err(_), _) => "no token".to_owned(),
            (Ok(Token::Encrypted(_)), _) => "encrypted token".to_owned(),
            (Ok(Token::Opaque { .. }), _) => "opaque token".to_owned(),
            (Ok(Token::Signed(_)), Some(Kind::Unclear) | None) => "signed token".to_owned(),
            (Ok(Token::Signed(_)), Some(kind)) => {
                let words = kind.words();
                words.strip_prefix("an ").or(words.strip_prefix("a ")).unwrap_or(words).to_owned()
            }
        }
    }

    /// Where it came from.
    pub fn from(&self) -> String {
        self.given.as_ref().map_or_else(|| "a request with `Basic`".to_owned(), |given| given.from.clone())
    }

    /// Whom it is about, as it says.
    pub fn whom(&self) -> Option<&Text> {
        let jws = self.seen.as_ref()?.jws()?;
        ["email", "preferred_username", "profile", "fhirUser", "sub"]
            .iter()
            .find_map(|name| jws.claim_text(name))
    }

    pub fn is_signed(&self) -> bool {
        self.seen.as_ref().is_some_and(|seen| seen.jws().is_some())
    }

    /// Its end, where it names one.
    pub fn ends(&self) -> Option<When> {
        let moments = &self.seen.as_ref()?.moments;
        moments.iter().find(|moment| moment.claim == "exp").map(|moment| moment.when)
    }

    /// What it came to, when that is known.
    pub fn why(&self) -> Option<&Why> {
        self.found.value().map(|why| &**why)
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.why().map(Why::outcome)
    }

    pub fn signed(&self) -> Signed {
        let step = self.why().and_then(|why| why.verified.as_ref()?.step(StepId::Rung(Rung::Signature)));
        match step.map(|step| step.holds) {
            Some(Holds::Yes | Holds::Warning) => Signed::Yes,
            Some(Holds::No) => Signed::No,
            Some(Holds::Untold) | None => Signed::Untold,
        }
    }

    /// Who has to be agreed to before more can be said.
    pub fn needs(&self) -> Option<&Needs> {
        self.why()?.verified.as_ref()?.needs.as_ref()
    }

    /// It has ended since it was looked at.
    pub fn ended_since(&self, now: Timestamp) -> bool {
        let Some(ends) = self.ends().and_then(When::at) else { return false };
        let at = self.why().and_then(|why| why.verified.as_ref()).map(|verified| verified.at);
        at.is_some_and(|at| at < ends && ends <= now)
    }

    /// Something happened to it while it was watched; false where it is as it was at the last look.
    pub fn happened(&mut self, event: &Event) -> bool {
        let Some(watch) = &mut self.watch else { return false };
        let was_bad = watch.last.as_ref().is_some_and(Event::is_bad);
        let news = watch.last.as_ref() != Some(event);
        // That nobody could be asked just now takes nothing back.
        if !(was_bad && matches!(event, Event::Untold { .. })) {
            watch.last = Some(event.clone());
        }
        news
    }
}
