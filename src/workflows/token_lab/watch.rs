//! Keeping an eye on a token: when it ends, when it is revoked or refused, when its issuer's keys change.
//!
//! [`Watch::next`] waits for the next thing that happens. Time and waiting are ports. It polls gently: one look a minute
//! at most, two questions a look, and slower while nobody answers (compare RFC 8628 §3.5).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::verify::{StepId, Whose, whose};
use super::{Lab, platform};
use crate::auth::Pause;
use crate::identity::Text;
use crate::token::brief::{brief, brief_list};
use crate::token::extract::Extracted;
use crate::token::kind::tell;
use crate::token::ladder::Holds;
use crate::token::time::When;
use crate::token::verify::verify;
use crate::token::{Jws, Kind, Signature, Token};

/// Not oftener than this.
pub const QUICKEST: Duration = Duration::from_secs(10);

/// Not seldomer than this, while nobody answers.
const SLOWEST: Duration = Duration::from_mins(10);

/// It is told this long before the end.
pub const SOON: SignedDuration = SignedDuration::from_mins(5);

/// Keys are looked at this often.
const KEYS_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is looked at from now on.
    Begins {
        /// What is watched, as a sentence.
        said: String,
        /// Its end.
        ends: Option<Timestamp>,
    },
    /// It was looked at, and is as it was.
    Alive,
    /// It works again after it was refused.
    Again,
    /// It ends before long.
    EndsSoon {
        /// Seconds that are left.
        left: i64,
    },
    /// Its time is over. The last event.
    Ended,
    /// Its session was ended. The last event.
    Revoked {
        /// What says so.
        said: String,
    },
    /// The platform refuses it, and may take it again: the member is switched off, the account is broken.
    Refused {
        /// What says so.
        said: String,
    },
    /// The issuer's keys are others than before.
    KeysChanged {
        /// Newly published.
        added: Vec<Text>,
        /// No longer published.
        gone: Vec<Text>,
        /// The key that signed this token is among those that are gone.
        own: bool,
    },
    /// Nobody could be asked; it goes on.
    Untold {
        /// Why.
        why: String,
    },
}

impl Event {
    /// Nothing comes after it.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Ended | Self::Revoked { .. })
    }

    /// The token does not work any more.
    pub fn is_bad(&self) -> bool {
        matches!(self, Self::Ended | Self::Revoked { .. } | Self::Refused { .. })
    }

    /// Its word, for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Begins { .. } => "begins",
            Self::Alive => "alive",
            Self::Again => "works-again",
            Self::EndsSoon { .. } => "ends-soon",
            Self::Ended => "ended",
            Self::Revoked { .. } => "revoked",
            Self::Refused { .. } => "refused",
            Self::KeysChanged { .. } => "keys-changed",
            Self::Untold { .. } => "unknown",
        }
    }

    /// As a sentence.
    pub fn sentence(&self) -> String {
        let list = |names: &[Text]| brief_list(names);
        match self {
            Self::Begins { said, .. } => said.clone(),
            Self::Alive => "It is as it was.".to_owned(),
            Self::Again => "It works again.".to_owned(),
            Self::EndsSoon { left } => format!("It ends in {}.", crate::token::ladder::span(*left as f64)),
            Self::Ended => "It has ended.".to_owned(),
            Self::Revoked { said } => format!("It was revoked. {said}"),
            Self::Refused { said } => format!("It is refused. {said}"),
            Self::KeysChanged { added, gone, own } => {
                let mut said = "Its issuer's keys have changed.".to_owned();
                if !added.is_empty() {
                    said = format!("{said} New: {}.", list(added));
                }
                if !gone.is_empty() {
                    said = format!("{said} Gone: {}.", list(gone));
                }
                if *own {
                    said = format!(
                        "{said} The key that signed this token is gone: whoever checks it will refuse it."
                    );
                }
                said
            }
            Self::Untold { why } => format!("It could not be looked at. {why}"),
        }
    }
}

/// What was last known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Works,
    Refused,
    Over,
}

/// An eye on one token.
#[derive(Debug)]
pub struct Watch {
    lab: Lab,
    given: Extracted,
    jws: Jws,
    pause: Arc<dyn Pause>,
    every: Duration,
    wait: Duration,
    ends: Option<Timestamp>,
    state: State,
    warned: bool,
    /// Others may be asked: it is the platform's token, or its issuer was agreed to.
    asks: bool,
    keys: Option<BTreeSet<Text>>,
    /// Its issuer's keys say that its issuer made it.
    signed: bool,
    keys_at: Option<Timestamp>,
    looked_at: Option<Timestamp>,
}

impl Watch {
    /// Watches a signed token; says what is wrong with anything else.
    pub fn new(lab: Lab, given: Extracted, pause: Arc<dyn Pause>, every: Duration) -> Result<Self, String> {
        let jws = match Token::parse(given.token.expose()) {
            Ok(Token::Signed(jws)) => *jws,
            Ok(_) => {
                return Err(
                    "Only signed tokens can be watched: this one does not say when it ends.".to_owned()
                );
            }
            Err(why) => return Err(format!("This is no token: {why}.")),
        };
        let issuer = jws.claim_text("iss").and_then(|iss| Url::parse(iss.raw()).ok());
        let asks =
            whose(&lab, &jws) == Whose::Platform || issuer.is_some_and(|issuer| lab.agreed.has(&issuer));
        let every = every.max(QUICKEST);
        Ok(Self {
            ends: jws.claim("exp").and_then(When::of).and_then(When::at),
            lab,
            given,
            jws,
            pause,
            every,
            wait: every,
            state: State::New,
            warned: false,
            asks,
            keys: None,
            signed: false,
            keys_at: None,
            looked_at: None,
        })
    }

    /// The next thing that happens; none after the last.
    pub async fn next(&mut self) -> Option<Event> {
        match self.state {
            State::Over => return None,
            State::New => {
                self.state = State::Works;
                return Some(self.begins());
            }
            State::Works | State::Refused => {}
        }
        loop {
            let now = self.lab.clock.now();
            if let Some(event) = self.by_the_clock(now) {
                return Some(event);
            }
            if self.asks {
                let due = |at: Option<Timestamp>, after: SignedDuration| {
                    at.is_none_or(|at| at.duration_until(now) >= after)
                };
                if due(self.keys_at, KEYS_EVERY) {
                    self.keys_at = Some(now);
                    if let Some(event) = self.look_at_keys().await {
                        return Some(event);
                    }
                }
                let wait = SignedDuration::try_from(self.wait).unwrap_or(KEYS_EVERY);
                if due(self.looked_at, wait) {
                    self.looked_at = Some(now);
                    return Some(self.look().await);
                }
            }
            self.pause.pause(self.until_next(now)).await;
        }
    }

    fn begins(&self) -> Event {
        let issuer = self.jws.claim_text("iss").map_or_else(|| "nobody".to_owned(), brief);
        let said = if self.asks {
            format!("Watching a token of {issuer}: its time, its session and its issuer's keys.")
        } else {
            format!(
                "Watching the time of a token of {issuer}, and no more: it was not agreed that {issuer} is asked."
            )
        };
        Event::Begins { said, ends: self.ends }
    }

    fn by_the_clock(&mut self, now: Timestamp) -> Option<Event> {
        let left = now.duration_until(self.ends?);
        if left <= SignedDuration::ZERO {
            self.state = State::Over;
            return Some(Event::Ended);
        }
        if left <= SOON && !self.warned {
            self.warned = true;
            return Some(Event::EndsSoon { left: left.as_secs() });
        }
        None
    }

    /// Until the next look, the warning or the end, whichever comes first.
    fn until_next(&self, now: Timestamp) -> Duration {
        let look = match (self.asks, self.looked_at) {
            (false, _) => SLOWEST,
            (true, None) => Duration::ZERO,
            (true, Some(at)) => {
                let gone = Duration::try_from(at.duration_until(now)).unwrap_or_default();
                self.wait.saturating_sub(gone)
            }
        };
        let Some(ends) = self.ends else { return look.max(Duration::from_secs(1)) };
        let left = now.duration_until(ends);
        let clock = if self.warned { left } else { (left - SOON).max(SignedDuration::ZERO) };
        // A clock that stands still must not make a busy loop.
        look.min(Duration::try_from(clock).unwrap_or_default()).max(Duration::from_millis(200))
    }

    async fn look(&mut self) -> Event {
        let kind = tell(&self.jws, self.lab.issuer()).kind;
        let steps = platform::alive(&self.lab, &self.given, &self.jws, kind == Kind::Access).await;
        let bad = steps.iter().find(|step| step.holds == Holds::No);
        let told = steps.iter().any(|step| matches!(step.holds, Holds::Yes | Holds::Warning));
        match bad {
            // Of the platform's own tokens, whose signature and time are good, only the session is left (platform-api §3.6).
            Some(step) if step.id == StepId::Introspection && self.signed && self.of_platform() => {
                self.state = State::Over;
                Event::Revoked { said: step.said.clone() }
            }
            // I1: of others it means no more than it says.
            Some(step) => {
                self.wait = self.every;
                self.state = State::Refused;
                let limit = step.limit.map_or_else(String::new, |limit| format!(" {limit}"));
                Event::Refused { said: format!("{}{limit}", step.said) }
            }
            None if told => {
                self.wait = self.every;
                let before = std::mem::replace(&mut self.state, State::Works);
                if before == State::Refused { Event::Again } else { Event::Alive }
            }
            None => {
                self.wait = (self.wait * 2).min(SLOWEST);
                let why = steps
                    .first()
                    .map_or_else(|| "Its issuer offers nothing to ask.".to_owned(), |step| step.said.clone());
                Event::Untold { why }
            }
        }
    }

    fn of_platform(&self) -> bool {
        whose(&self.lab, &self.jws) == Whose::Platform
    }

    async fn look_at_keys(&mut self) -> Option<Event> {
        let issuer = self.jws.claim_text("iss")?.raw().to_owned();
        let found = self.lab.keyring.fresh(&issuer, &self.lab.hosts()).await.ok()?;
        // A key that is withdrawn later takes nothing back.
        self.signed |= matches!(verify(&self.jws, &found.set), Signature::Good { .. });
        let now: BTreeSet<Text> = found.set.keys.iter().filter_map(|key| key.id.clone()).collect();
        let before = self.keys.replace(now.clone())?;
        let (added, gone): (Vec<Text>, Vec<Text>) =
            (now.difference(&before).cloned().collect(), before.difference(&now).cloned().collect());
        let own = self.jws.kid().is_some_and(|kid| gone.contains(kid));
        (!added.is_empty() || !gone.is_empty()).then_some(Event::KeysChanged { added, gone, own })
    }
}
