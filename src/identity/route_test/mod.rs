//! What testing a domain route against its live IdP comes to: a table of checks, each with its verdict, in words, and
//! with what was sent and received.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::provider::RouteDraft;
use super::trace::Exchange;

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

/// What is looked at, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckId {
    /// The domain is in the form in which the platform looks for it (platform-api §11).
    DomainForm,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which.
    pub id: CheckId,
    /// How it ended.
    pub outcome: Outcome,
    /// What was found, as a sentence.
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
}
