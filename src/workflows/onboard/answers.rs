//! Answers on their way into a state: what can be answered, and what is refused with what is needed instead.

use jiff::Timestamp;
use thiserror::Error;
use url::Url;

use super::kinds::Idp;
use super::state::State;
use super::step::StepId;
use crate::identity::text::{Text, is_hidden, shown};

/// Longer answers are none.
const LONGEST: usize = 500;

/// Something that can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// What the partner signs in with.
    Idp,
    /// Where it is.
    Place,
    /// The authorize address, where discovery has none.
    AuthorizeUrl,
    /// The token address.
    TokenUrl,
    /// The userinfo address.
    UserInfoUrl,
    /// The platform's client id there.
    ClientId,
    /// How the platform shows its secret at the token address.
    AuthMethod,
    /// Whom the partner's people ask here.
    OurContact,
    /// Who looks after the provider there.
    TheirContact,
    /// Why it is done.
    Reason,
}

impl Field {
    /// All of them, in the order of the steps.
    pub const ALL: [Self; 10] = [
        Self::Idp,
        Self::Place,
        Self::AuthorizeUrl,
        Self::TokenUrl,
        Self::UserInfoUrl,
        Self::OurContact,
        Self::TheirContact,
        Self::ClientId,
        Self::AuthMethod,
        Self::Reason,
    ];

    /// The word of `--set`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Idp => "idp",
            Self::Place => "place",
            Self::AuthorizeUrl => "authorize-url",
            Self::TokenUrl => "token-url",
            Self::UserInfoUrl => "userinfo-url",
            Self::ClientId => "client-id",
            Self::AuthMethod => "auth-method",
            Self::OurContact => "our-contact",
            Self::TheirContact => "their-contact",
            Self::Reason => "reason",
        }
    }

    /// The field of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.id() == word.trim().to_lowercase())
    }

    /// The step that it belongs to.
    pub fn step(self) -> StepId {
        match self {
            Self::Idp | Self::Place | Self::AuthorizeUrl | Self::TokenUrl | Self::UserInfoUrl => {
                StepId::Provider
            }
            Self::OurContact | Self::TheirContact => StepId::HandOver,
            Self::ClientId | Self::AuthMethod => StepId::Credentials,
            Self::Reason => StepId::Save,
        }
    }
}

/// An answer that was not taken; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct NotSet {
    /// Which; `None` where there is no such field.
    pub field: Option<Field>,
    /// Why, and what is needed; a sentence without its full stop.
    pub why: String,
}

impl State {
    /// What was answered, as it would be typed.
    pub fn answer(&self, field: Field) -> String {
        let answers = &self.answers;
        let text = |text: &Option<Text>| text.as_ref().map_or_else(String::new, |text| text.raw().to_owned());
        match field {
            Field::Idp => answers.idp.map_or("", Idp::id).to_owned(),
            Field::Place => text(&answers.place),
            Field::AuthorizeUrl => text(&answers.authorize_url),
            Field::TokenUrl => text(&answers.token_url),
            Field::UserInfoUrl => text(&answers.user_info_url),
            Field::ClientId => text(&answers.client_id),
            Field::AuthMethod => text(&answers.token_auth_method),
            Field::OurContact => text(&answers.our_contact),
            Field::TheirContact => text(&answers.their_contact),
            Field::Reason => text(&answers.reason),
        }
    }

    /// Takes an answer; an empty one takes the field back. True when something has changed.
    pub fn set(&mut self, field: Field, value: &str, now: Timestamp) -> Result<bool, NotSet> {
        let refuse = |why: String| NotSet { field: Some(field), why };
        let value = value.trim();
        if let Some(hidden) = value.chars().find(|c| is_hidden(*c)) {
            let shown = shown(&hidden.to_string()).into_owned();
            return Err(refuse(format!(
                "there is a hidden character ({shown}) in it; type it again by hand"
            )));
        }
        if value.chars().count() > LONGEST {
            return Err(refuse(format!("it is longer than {LONGEST} characters")));
        }
        self.check(field, value).map_err(refuse)?;
        if self.answer(field) == value {
            return Ok(false);
        }
        let text = (!value.is_empty()).then(|| Text::from(value));
        let answers = &mut self.answers;
        match field {
            Field::Idp => {
                let idp = Idp::parse(value);
                if answers.idp == idp {
                    return Ok(false);
                }
                // What says where one kind is, says nothing of another.
                let fits = |idp: Idp, place: &Text| idp.issuer(place.raw()).is_ok();
                answers.place = answers.place.take().filter(|place| idp.is_some_and(|idp| fits(idp, place)));
                answers.idp = idp;
            }
            Field::Place => answers.place = text,
            Field::AuthorizeUrl => answers.authorize_url = text,
            Field::TokenUrl => answers.token_url = text,
            Field::UserInfoUrl => answers.user_info_url = text,
            Field::ClientId => answers.client_id = text,
            Field::AuthMethod => answers.token_auth_method = text,
            Field::OurContact => answers.our_contact = text,
            Field::TheirContact => answers.their_contact = text,
            Field::Reason => answers.reason = text,
        }
        self.changed = now;
        Ok(true)
    }

    fn check(&self, field: Field, value: &str) -> Result<(), String> {
        if value.is_empty() {
            return Ok(());
        }
        match field {
            Field::Idp if Idp::parse(value).is_none() => {
                let known: Vec<&str> = Idp::ALL.into_iter().map(Idp::id).collect();
                Err(format!("`{value}` is none of {}", known.join(", ")))
            }
            Field::Place => match self.answers.idp {
                None => Err("say first what the partner signs in with".to_owned()),
                Some(Idp::Google) => {
                    Err("Google needs none; its issuer is the same for everybody".to_owned())
                }
                Some(idp) => idp.issuer(value).map(|_| ()),
            },
            Field::AuthorizeUrl | Field::TokenUrl | Field::UserInfoUrl => {
                let url = Url::parse(value)
                    .map_err(|_| "an address is needed that begins with https://".to_owned())?;
                // M3
                if url.scheme() == "https" || crate::config::is_loopback(&url) {
                    Ok(())
                } else {
                    Err("the address must begin with https://".to_owned())
                }
            }
            Field::ClientId => match self.answers.idp.unwrap_or(Idp::Other).refuses_client_id(value) {
                Some(why) => Err(why),
                None => Ok(()),
            },
            Field::AuthMethod if !matches!(value, "client_secret_basic" | "client_secret_post") => {
                Err("the platform knows client_secret_basic and client_secret_post".to_owned())
            }
            Field::Idp | Field::AuthMethod | Field::OurContact | Field::TheirContact | Field::Reason => {
                Ok(())
            }
        }
    }

    /// Goes on without a step, for a reason; it counts until an answer that the step rests on changes.
    pub fn skip(&mut self, step: StepId, why: &str, now: Timestamp) -> Result<(), NotSet> {
        let refuse = |why: &str| Err(NotSet { field: None, why: why.to_owned() });
        if !step.can_be_skipped() {
            return refuse(&format!("{} cannot be left out", step.title()));
        }
        let why = why.trim();
        if why.is_empty() {
            return refuse("say why it is left out");
        }
        let mark = self.mark(step, now, Text::from(why));
        self.skipped.insert(step, mark);
        self.changed = now;
        Ok(())
    }
}
