//! What testing a domain route against its live IdP comes to: a table of checks, each with its verdict, in words, and
//! with what was sent and received.
//!
//! Here is no IO: `auth::probe` asks, `workflows::route_test` decides what is asked in which order, and these rooms say
//! what the answers mean. A check that could not be asked because an earlier one failed is not told, never failed.
//!
//! | Room | What |
//! |---|---|
//! | [`table`] | every check with its title and the section that asks for it |
//! | [`observed`] | what is known and what was seen: the facts that are judged |
//! | `domain`, `typed` | verdicts about what was typed |
//! | `described` | verdicts about the discovery document |
//! | `connection`, `keys`, `authorize`, `token`, `user_info` | verdicts about what came over the wire |
//! | [`guess`] | which issuer an authorize address belongs to |

mod authorize;
mod connection;
mod described;
pub mod document;
mod domain;
mod file;
pub mod guess;
mod keys;
pub mod observed;
pub mod table;
mod token;
mod typed;
mod user_info;
mod verdict;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::provider::RouteDraft;
use super::trace::Exchange;

pub use authorize::{OTHER_CALLBACK, OTHER_CLIENT, request};
pub use document::Document;
pub use file::read_draft;
pub use observed::{Asked, Certificate, CertificateFault, Found, Known, NoReply, Reply, Setting};
pub use observed::{Authorized, Misplaced, Resolved, Swapped};
pub use table::{CheckId, Group};
pub use token::{method as secret_method, refuses_client};
pub use typed::{may_go, misplaced, web_address};

/// How a check ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It could not be told; unknown is not no.
    Unknown,
    /// It works, and something is to be thought about.
    Warning,
    /// It does not hold: people would not get in, or the wrong ones would.
    Failed,
}

impl Outcome {
    /// In a word or three.
    pub fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Unknown => "could not tell",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which.
    pub id: CheckId,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, as a sentence; safe to show.
    pub said: String,
    /// What to do about it; empty when it passed.
    #[serde(default)]
    pub next: String,
    /// What was sent and received for it, without secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
}

/// The whole table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteReport {
    /// What was tested.
    pub draft: RouteDraft,
    /// When.
    pub at: Timestamp,
    /// In order of [`CheckId`].
    pub checks: Vec<Check>,
}

impl RouteReport {
    /// The worst of all.
    pub fn outcome(&self) -> Outcome {
        self.checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::Unknown)
    }

    /// How many ended so.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.checks.iter().filter(|check| check.outcome == outcome).count()
    }

    /// One line of the table.
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// Something without which nobody can say that people get in was not told. The client's secret counts when it was
    /// given.
    pub fn cannot_tell(&self, with_secret: bool) -> bool {
        let counts = |id: CheckId| id.is_essential() || (with_secret && id == CheckId::ClientSecret);
        self.checks.iter().any(|check| check.outcome == Outcome::Unknown && counts(check.id))
    }

    /// `19 passed · 2 warnings · 1 failed · 3 could not tell`; what there is none of is left out.
    pub fn summary(&self) -> String {
        summary(&self.checks)
    }

    /// The table as plain text, to be handed on: no secrets, nothing hidden.
    pub fn text(&self) -> String {
        let at = self.at.strftime("%Y-%m-%d %H:%M UTC");
        let mut lines = vec![format!("Route {} tested {at}: {}", self.draft.domain, self.summary())];
        for group in Group::ALL {
            lines.extend([String::new(), group.title().to_owned()]);
            for check in self.checks.iter().filter(|check| check.id.group() == group) {
                lines.push(format!("  {:<14}  {}: {}", check.outcome.words(), check.id.title(), check.said));
                if !check.next.is_empty() {
                    lines.push(format!("  {:<14}  {}", "", check.next));
                }
            }
        }
        lines.join("\n") + "\n"
    }
}

/// How many ended how, in words.
pub fn summary(checks: &[Check]) -> String {
    let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
    let warnings = count(Outcome::Warning);
    let parts = [
        (count(Outcome::Passed), "passed"),
        (warnings, if warnings == 1 { "warning" } else { "warnings" }),
        (count(Outcome::Failed), "failed"),
        (count(Outcome::Unknown), "could not tell"),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
    if told.is_empty() { "nothing tested".to_owned() } else { told.join(" · ") }
}

/// What can be said before anything is sent.
pub fn before(draft: &RouteDraft, setting: &Setting) -> Vec<Check> {
    let mut checks = domain::checks(draft, setting);
    checks.extend(typed::checks(draft, setting));
    checks
}

/// What the description of the provider says.
pub fn of_discovery(draft: &RouteDraft, setting: &Setting, found: &Found) -> Vec<Check> {
    described::checks(draft, setting, found)
}

/// What its keys are worth.
pub fn of_keys(keys: &Asked) -> Vec<Check> {
    keys::checks(keys)
}

/// What the authorize endpoint made of the platform's request; and of the same with another client and another address
/// to return to, without which an answer says little.
pub fn of_authorize(draft: &RouteDraft, setting: &Setting, found: &Found, seen: &Authorized) -> Vec<Check> {
    authorize::checks(draft, setting, found, seen)
}

/// What the token endpoint said to an invented code.
pub fn of_token(draft: &RouteDraft, found: &Found, seen: &Swapped) -> Vec<Check> {
    token::checks(draft, found, seen)
}

/// What the userinfo endpoint said to nobody.
pub fn of_user_info(draft: &RouteDraft, seen: &Asked) -> Vec<Check> {
    user_info::checks(draft, seen)
}

/// How the hosts were reached.
pub fn of_connection(
    draft: &RouteDraft,
    setting: &Setting,
    everything: &[&Asked],
    addresses: &[Resolved],
) -> Vec<Check> {
    connection::checks(draft, setting, everything, addresses)
}
