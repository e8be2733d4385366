//! A provider describes itself: by its issuer the addresses are filled in that nobody has typed (standards M1–M6).

use jiff::Timestamp;

use super::Ask;
use crate::console::effect::{Answer, Question};
use crate::console::model::Ctx;
use crate::console::slot::Slot;
use crate::identity::route::typed;
use crate::identity::{IdentityProvider, Text};

/// The field with the issuer.
const ISSUER: &str = "issuer";

/// Where an address of the provider goes.
type Filled = (&'static str, fn(&IdentityProvider) -> &Text);

const FILLED: [Filled; 3] = [
    ("authorize", |provider| &provider.authorize_url),
    ("token", |provider| &provider.token_url),
    ("user-info", |provider| &provider.user_info_url),
];

/// What is asked of an issuer.
#[derive(Debug, Default)]
pub(super) struct Describe {
    /// Whom it was asked of last: once is enough.
    asked: Option<String>,
    /// Since when it is waited for.
    pub since: Option<Timestamp>,
}

impl Ask {
    /// With a field for an issuer whose description fills in the addresses that are empty.
    #[must_use]
    pub fn described_by_issuer(self) -> Self {
        Self { describe: Some(Describe::default()), ..self }
    }

    /// Asks the issuer while addresses are missing; false where there is nothing to ask.
    pub(super) fn ask_issuer(&mut self, ctx: &mut Ctx) -> bool {
        let (Some(describe), Some(issuer)) = (&mut self.describe, self.form.given(ISSUER)) else {
            return false;
        };
        let complete = FILLED.iter().all(|(field, _)| self.form.given(field).is_some());
        if complete || describe.asked.as_deref() == Some(issuer) || typed::address(issuer).is_some() {
            return false;
        }
        let issuer = issuer.to_owned();
        describe.asked = Some(issuer.clone());
        describe.since = Some(ctx.now);
        self.wrong = None;
        ctx.ask(Slot::Choices, Question::Describe(issuer));
        true
    }

    /// True when what the issuer says is waited for.
    pub(super) fn is_described(&self) -> bool {
        self.describe.as_ref().is_some_and(|describe| describe.since.is_some())
    }

    /// The issuer has answered.
    pub(super) fn described(&mut self, answer: Answer) {
        let Some(describe) = &mut self.describe else { return };
        describe.since = None;
        match answer {
            Answer::Described(filled) => {
                for (field, pick) in FILLED {
                    self.form.fill_empty(field, pick(&filled.provider).raw());
                }
                if let Some(method) = &filled.provider.token_auth_method {
                    self.form.choose("method", method.raw());
                }
                self.form.focus_on("client");
            }
            Answer::Failed(failure) => {
                // It may be asked again once it was looked at.
                describe.asked = None;
                let words = [failure.what, failure.next].join(" ");
                self.wrong = Some(words.trim_end().to_owned());
                self.form.focus_on(ISSUER);
            }
            _ => {}
        }
    }
}
