//! A run as it stands.

use serde::{Deserialize, Serialize};

use super::claims::{Claims, Difference};
use super::errors::Cause;
use super::steps::{Kind, Status, StepId};
use crate::identity::text::Text;
use crate::identity::trace::Exchange;
use crate::identity::words::small;

/// Exchanges that one step keeps; a device that is asked for ten minutes makes more.
const MOST: usize = 40;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// How it stands.
    pub status: Status,
    /// What it came to, or what it waits for, as sentences.
    pub said: String,
    /// What to do about it; empty where nothing is wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next: String,
    /// What was sent and received.
    pub exchanges: Vec<Exchange>,
    /// Exchanges in the middle that were not kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Every step holds.
    Worked,
    /// One failed.
    Failed,
    /// What decides cannot be seen from here.
    Unknown,
    /// The person stopped it.
    Stopped,
}

impl Ending {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Worked => "works",
            Self::Failed => "fails",
            Self::Unknown => "could not tell",
            Self::Stopped => "stopped",
        }
    }
}

/// A run: what is tried and how far it is. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// What is tried.
    pub kind: Kind,
    /// With what, in words: `partner.example at login.partner.example`.
    pub title: Text,
    /// In order.
    pub steps: Vec<Step>,
    /// What the tokens say, in the order in which they came.
    pub tokens: Vec<Claims>,
    /// Where userinfo and the ID token do not say the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Worth knowing; stops nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why the platform refused, where its own words were seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// How it ended; `None` while it goes on.
    pub ending: Option<Ending>,
}

impl Run {
    /// One that has not begun.
    pub fn new(kind: Kind, title: impl Into<Text>, steps: &[StepId]) -> Self {
        let step = |id: &StepId| Step {
            id: *id,
            status: Status::Waiting,
            said: String::new(),
            next: String::new(),
            exchanges: Vec::new(),
            left_out: 0,
        };
        Self {
            kind,
            title: title.into(),
            steps: steps.iter().map(step).collect(),
            tokens: Vec::new(),
            differences: Vec::new(),
            notes: Vec::new(),
            cause: None,
            ending: None,
        }
    }

    /// The step of this id.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// How a step stands; what is not on this ladder was skipped.
    pub fn status(&self, id: StepId) -> Status {
        self.step(id).map_or(Status::Skipped, |step| step.status)
    }

    /// Brings a step to a status, with its words.
    pub fn set(&mut self, id: StepId, status: Status, said: impl Into<String>, next: impl Into<String>) {
        if let Some(step) = self.steps.iter_mut().find(|step| step.id == id) {
            step.status = status;
            step.said = said.into();
            step.next = next.into();
        }
    }

    /// Keeps what was sent and received for a step: of very many the first and the last.
    pub fn keep(&mut self, id: StepId, exchange: Exchange) {
        let Some(step) = self.steps.iter_mut().find(|step| step.id == id) else { return };
        if step.exchanges.len() >= MOST {
            step.exchanges.remove(MOST / 2);
            step.left_out += 1;
        }
        step.exchanges.push(exchange);
    }

    /// The step that failed.
    pub fn failed(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.status == Status::Failed)
    }

    /// The step that is being worked on.
    pub fn running(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.status == Status::Running)
    }

    /// Ends it: by the worst of its steps, or as stopped. What has not begun never will.
    pub fn end(&mut self, stopped: bool) {
        let any = |status: Status| self.steps.iter().any(|step| step.status == status);
        let ending = match () {
            () if stopped => Ending::Stopped,
            () if any(Status::Failed) => Ending::Failed,
            () if any(Status::Unknown) || any(Status::Running) => Ending::Unknown,
            () => Ending::Worked,
        };
        for step in &mut self.steps {
            match step.status {
                Status::Running if stopped => {
                    step.status = Status::Skipped;
                    step.said = "stopped here".to_owned();
                }
                Status::Running => step.status = Status::Unknown,
                Status::Waiting => {
                    step.status = Status::Skipped;
                    if step.said.is_empty() {
                        step.said = "not reached".to_owned();
                    }
                }
                Status::Done | Status::Failed | Status::Skipped | Status::Unknown => {}
            }
        }
        self.ending = Some(ending);
    }

    /// One sentence: how it stands.
    pub fn sentence(&self) -> String {
        let at = |step: &Step| {
            let number = self.steps.iter().position(|one| one.id == step.id).unwrap_or_default() + 1;
            format!("step {number}, {}", small(step.id.title()))
        };
        match (self.ending, self.failed(), self.running()) {
            (Some(Ending::Worked), ..) => "It works: every step holds.".to_owned(),
            (Some(Ending::Stopped), ..) => "Stopped. Nothing was kept.".to_owned(),
            (Some(Ending::Failed), Some(step), _) => format!("It fails at {}: {}", at(step), step.said),
            (Some(_), ..) => {
                let unknown = self.steps.iter().find(|step| step.status == Status::Unknown);
                unknown.map_or_else(
                    || "It cannot be told.".to_owned(),
                    |step| format!("It cannot be told at {}: {}", at(step), step.said),
                )
            }
            (None, _, Some(step)) => format!("At {}.", at(step)),
            (None, ..) => "About to begin.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::trace::Sent;

    fn exchange(number: usize) -> Exchange {
        let url = url::Url::parse(&format!("https://idp.example/token?poll={number}")).unwrap();
        Exchange { sent: Sent::new("POST", &url), got: Err("no answer".into()), took_ms: 0 }
    }

    #[test]
    fn a_run_ends_by_the_worst_of_its_steps_and_what_was_not_reached_says_so() {
        let mut run = Run::new(Kind::ThreeLegged, "portal", &StepId::THREE_LEGGED);
        run.set(StepId::Authorize, Status::Done, "accepted", "");
        run.set(StepId::Route, Status::Failed, "no such client", "check the id");
        run.end(false);
        assert_eq!(run.ending, Some(Ending::Failed));
        assert_eq!(run.status(StepId::Tokens), Status::Skipped);
        assert_eq!(run.step(StepId::Tokens).unwrap().said, "not reached");
        assert_eq!(run.sentence(), "It fails at step 2, where the address goes: no such client");
    }

    #[test]
    fn a_step_that_nobody_finished_is_unknown_and_one_that_was_stopped_is_skipped() {
        let mut run = Run::new(Kind::Device, "portal", &StepId::DEVICE);
        run.set(StepId::Discovery, Status::Running, "", "");
        let mut stopped = run.clone();
        run.end(false);
        assert_eq!((run.ending, run.status(StepId::Discovery)), (Some(Ending::Unknown), Status::Unknown));
        stopped.end(true);
        assert_eq!(stopped.ending, Some(Ending::Stopped));
        assert_eq!(stopped.status(StepId::Discovery), Status::Skipped);
    }

    #[test]
    fn of_very_many_exchanges_the_first_and_the_last_are_kept() {
        let mut run = Run::new(Kind::Device, "portal", &StepId::DEVICE);
        for number in 0..100 {
            run.keep(StepId::Poll, exchange(number));
        }
        let step = run.step(StepId::Poll).unwrap();
        assert_eq!((step.exchanges.len(), step.left_out), (MOST, 60));
        assert!(step.exchanges[0].sent.url.raw().ends_with("=0"));
        assert!(step.exchanges[MOST - 1].sent.url.raw().ends_with("=99"));
    }
}
