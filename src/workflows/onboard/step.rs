//! The steps, and how each stands.

use serde::{Deserialize, Serialize};

use super::kinds::Idp;
use super::state::{Mark, Saved, State};
use crate::identity::route_test::Outcome;

/// A step, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepId {
    /// Whose people.
    Domain,
    /// What they sign in with, and where it is.
    Provider,
    /// What the partner's IT has to do, in a text for them.
    HandOver,
    /// The client id; the secret is only asked for.
    Credentials,
    /// Everything that can be looked at without a person.
    Tests,
    /// Somebody signs in at the provider.
    SignIn,
    /// Whom it meets.
    Impact,
    /// Those without a working way.
    People,
    /// The route is written, or asked for.
    Save,
    /// The first sign-ins.
    Watch,
}

impl StepId {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Domain,
        Self::Provider,
        Self::HandOver,
        Self::Credentials,
        Self::Tests,
        Self::SignIn,
        Self::Impact,
        Self::People,
        Self::Save,
        Self::Watch,
    ];

    /// The word used on the command line and in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Provider => "provider",
            Self::HandOver => "hand-over",
            Self::Credentials => "credentials",
            Self::Tests => "tests",
            Self::SignIn => "sign-in",
            Self::Impact => "impact",
            Self::People => "people",
            Self::Save => "save",
            Self::Watch => "watch",
        }
    }

    /// The title on the list.
    pub fn title(self) -> &'static str {
        match self {
            Self::Domain => "Domain",
            Self::Provider => "Identity provider",
            Self::HandOver => "Text for the partner",
            Self::Credentials => "Client id and secret",
            Self::Tests => "Tests",
            Self::SignIn => "Test sign-in",
            Self::Impact => "Whom it meets",
            Self::People => "First people",
            Self::Save => "Save the route",
            Self::Watch => "First sign-ins",
        }
    }

    /// The step of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.id() == word.trim().to_lowercase())
    }

    /// The one after it.
    pub fn next(self) -> Option<Self> {
        let at = Self::ALL.iter().position(|step| *step == self)?;
        Self::ALL.get(at + 1).copied()
    }

    /// True for steps that somebody may decide to go on without.
    pub fn can_be_skipped(self) -> bool {
        matches!(self, Self::HandOver | Self::SignIn | Self::People | Self::Watch)
    }
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Done; what it came to.
    Done(String),
    /// To be done now; what is missing, and why it is needed.
    Open(String),
    /// Done once, and an answer has changed since.
    Stale(String),
    /// Done, and it did not go well; what is wrong.
    Wrong(String),
    /// Another step comes first.
    Waits(StepId),
    /// Somebody decided to go on without it; why.
    Skipped(String),
}

impl StepState {
    /// The word used in JSON.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Open(_) => "open",
            Self::Stale(_) => "stale",
            Self::Wrong(_) => "wrong",
            Self::Waits(_) => "waits",
            Self::Skipped(_) => "skipped",
        }
    }

    /// What there is to say.
    pub fn words(&self) -> String {
        match self {
            Self::Done(words)
            | Self::Open(words)
            | Self::Stale(words)
            | Self::Wrong(words)
            | Self::Skipped(words) => words.clone(),
            Self::Waits(step) => format!("{} comes first.", step.title()),
        }
    }

    /// True when the way on is free.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Skipped(_))
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// How it stands.
    pub state: StepState,
}

/// Every step.
pub fn steps(state: &State) -> Vec<Step> {
    StepId::ALL.into_iter().map(|id| Step { id, state: state.step(id) }).collect()
}

/// The first step that is not settled; `None` when all are.
pub fn next(state: &State) -> Option<Step> {
    steps(state).into_iter().find(|step| !step.state.is_settled())
}

/// What has changed when a mark is not of the answers as they are.
fn stale(of: &str) -> StepState {
    StepState::Stale(format!("{of} has changed since; do it once more."))
}

impl State {
    /// How a step stands.
    pub fn step(&self, id: StepId) -> StepState {
        if let Some(skipped) = self.skipped.get(&id).filter(|mark| mark.of == self.print(id)) {
            return StepState::Skipped(format!("left out: {}", skipped.what));
        }
        match id {
            StepId::Domain => StepState::Done(self.domain.to_string()),
            StepId::Provider => self.provider(),
            StepId::HandOver => self.hand_over(),
            StepId::Credentials => self.credentials(),
            StepId::Tests => self.tests(),
            StepId::SignIn => self.sign_in(),
            StepId::Impact => self.impact_step(),
            StepId::People => self.people_step(),
            StepId::Save => self.save(),
            StepId::Watch => self.watch(),
        }
    }

    /// True when what a mark says is about the answers as they are.
    fn is_fresh<T>(&self, id: StepId, mark: &Mark<T>) -> bool {
        mark.of == self.print(id)
    }

    fn provider(&self) -> StepState {
        let Some(idp) = self.answers.idp else {
            let known: Vec<&str> = Idp::ALL.into_iter().map(Idp::name).collect();
            return StepState::Open(format!("Say what the partner signs in with: {}.", known.join(", ")));
        };
        let typed = [&self.answers.authorize_url, &self.answers.token_url, &self.answers.user_info_url];
        if typed.iter().all(|address| address.is_some()) {
            return StepState::Done(format!("{}, with addresses typed by hand", idp.name()));
        }
        let place = self.answers.place.as_ref();
        if let (Some((what, example)), None) = (idp.place(), place) {
            return StepState::Open(format!(
                "{what} is missing, like {example}. The text for the partner asks for it."
            ));
        }
        let issuer = match idp.issuer(place.map_or("", crate::identity::Text::raw)) {
            Ok(issuer) => issuer,
            Err(why) => return StepState::Wrong(format!("{why}.")),
        };
        match &self.discovered {
            Some(mark) if self.is_fresh(StepId::Provider, mark) => {
                StepState::Done(format!("{}, {}", idp.name(), crate::identity::text::shown(&issuer)))
            }
            Some(_) => stale("The provider"),
            None => StepState::Open(format!(
                "{} has to be asked for its addresses.",
                crate::identity::text::shown(&issuer)
            )),
        }
    }

    fn hand_over(&self) -> StepState {
        if self.answers.idp.is_none() {
            return StepState::Waits(StepId::Provider);
        }
        match &self.handed_over {
            Some(mark) if self.is_fresh(StepId::HandOver, mark) => {
                StepState::Done(format!("taken along to {}", mark.what.to))
            }
            Some(_) => stale("What the text says"),
            None if self.answers.our_contact.is_none() => StepState::Open(
                "Say whom the partner's people can ask here; then copy the text or write it to a file."
                    .to_owned(),
            ),
            None => StepState::Open("Copy the text or write it to a file, and send it.".to_owned()),
        }
    }

    fn credentials(&self) -> StepState {
        let Some(id) = &self.answers.client_id else {
            return StepState::Open(
                "The client id is missing. The partner's IT sends it; the secret is asked for when it is needed and kept nowhere."
                    .to_owned(),
            );
        };
        match self.answers.idp.and_then(|idp| idp.refuses_client_id(id.raw())) {
            Some(why) => StepState::Wrong(format!("{why}.")),
            None => StepState::Done(format!("client id {id}")),
        }
    }

    /// The step to be done before a route can be written down at all.
    fn before_draft(&self) -> Option<StepId> {
        [StepId::Provider, StepId::Credentials].into_iter().find(|step| !self.step(*step).is_settled())
    }

    fn tests(&self) -> StepState {
        if let Some(first) = self.before_draft() {
            return StepState::Waits(first);
        }
        let Some(mark) = &self.tested else {
            return StepState::Open("Nothing has been tested against the live provider.".to_owned());
        };
        if !self.is_fresh(StepId::Tests, mark) {
            return stale("The route");
        }
        let tested = &mark.what;
        match tested.outcome {
            Outcome::Failed => StepState::Wrong(format!(
                "{} failed: {}",
                tested.failed.len(),
                tested.failed.first().map_or("", String::as_str)
            )),
            Outcome::Warning => {
                StepState::Done(format!("{} passed, {} to think about", tested.passed, tested.warned.len()))
            }
            Outcome::Passed | Outcome::Unknown => StepState::Done(format!("{} passed", tested.passed)),
        }
    }

    fn sign_in(&self) -> StepState {
        if let Some(first) = self.before_draft() {
            return StepState::Waits(first);
        }
        match &self.signed_in {
            None => StepState::Open(
                "Nobody has signed in there yet. A test sign-in shows which claims really come.".to_owned(),
            ),
            Some(mark) if !self.is_fresh(StepId::SignIn, mark) => stale("The route"),
            Some(mark) if mark.what.worked => StepState::Done(mark.what.said.clone()),
            Some(mark) => StepState::Wrong(mark.what.said.clone()),
        }
    }

    fn impact_step(&self) -> StepState {
        if let Some(first) = self.before_draft() {
            return StepState::Waits(first);
        }
        match &self.impact {
            None => StepState::Open("Look at whom it meets before anything is written.".to_owned()),
            Some(mark) if !self.is_fresh(StepId::Impact, mark) => stale("The route"),
            Some(mark) => {
                let counts = &mark.what;
                let mut words = format!("{} members", counts.members);
                for (count, what) in [
                    (counts.breaks, "will not get in"),
                    (counts.unknown, "cannot be told"),
                    (counts.bypass + counts.bypass_unknown, "may go past it with a password"),
                ] {
                    if count > 0 {
                        words = format!("{words}, {count} {what}");
                    }
                }
                StepState::Done(words)
            }
        }
    }

    fn people_step(&self) -> StepState {
        let before = self.step(StepId::Impact);
        if !before.is_settled() {
            return StepState::Waits(StepId::Impact);
        }
        match &self.people {
            None => {
                StepState::Open("Invite or relink those without a working way, or go on without.".to_owned())
            }
            Some(mark) if !self.is_fresh(StepId::People, mark) => stale("The route"),
            Some(mark) if mark.what.left == 0 => {
                StepState::Done(format!("all {} have a way", mark.what.members))
            }
            Some(mark) => StepState::Open(format!(
                "{} of {} members have no working way. Invite or relink them, or go on without.",
                mark.what.left, mark.what.members
            )),
        }
    }

    fn save(&self) -> StepState {
        let saved = self.saved.as_ref();
        if let Some(mark) = saved.filter(|mark| self.is_fresh(StepId::Save, mark)) {
            return StepState::Done(match &mark.what {
                Saved::Route { entry } => format!("written, journal entry {entry}"),
                Saved::Request { file } => format!("asked for with {file}"),
                Saved::Found => "the route is there".to_owned(),
            });
        }
        // A test sign-in and the first people can wait; nothing is written untested or unseen.
        for first in [StepId::Provider, StepId::Credentials, StepId::Tests, StepId::Impact] {
            if !self.step(first).is_settled() {
                return StepState::Waits(first);
            }
        }
        if saved.is_some() {
            return stale("The route");
        }
        let untried =
            if self.step(StepId::SignIn).is_settled() { "" } else { " Nobody has signed in there yet." };
        StepState::Open(format!("Tested and not written.{untried}"))
    }

    fn watch(&self) -> StepState {
        if !self.step(StepId::Save).is_settled() {
            return StepState::Waits(StepId::Save);
        }
        match &self.watched {
            Some(mark) if !self.is_fresh(StepId::Watch, mark) => stale("The route"),
            Some(mark) if mark.what.people > 0 => {
                StepState::Done(format!("{} came in by the provider", mark.what.people))
            }
            Some(_) => StepState::Open("Nobody has come in by the provider yet.".to_owned()),
            None => StepState::Open("See whether the first people come in.".to_owned()),
        }
    }
}
