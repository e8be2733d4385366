//! Slots: one question of a kind at a time, the newest wins.

use std::collections::HashMap;

/// A kind of question. A new question in a slot cancels the one before; an answer to an older one is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// The members of the project, page by page.
    Members,
    /// Present addresses of members that only SCIM tells.
    Emails,
    /// One member, read back after a write.
    Member,
    /// One person's facts.
    Person,
    /// One record's versions.
    History,
    /// What decides about second factors.
    FactorRules,
    /// Sessions.
    Sessions,
    /// The client applications.
    Clients,
    /// One of them.
    Client,
    /// The secret of one.
    Secret,
    /// The three decisions.
    Posture,
    /// The identity providers.
    Idps,
    /// Domain routes, or what can be observed of them.
    Domains,
    /// External ids of before, from histories.
    Histories,
    /// The same of the selected member.
    OneHistory,
    /// Every way of somebody, examined.
    Doctor,
    /// What the doctor offers to choose from.
    DoctorChoices,
    /// What the flow lab offers to choose from.
    LabChoices,
    /// The sweep over all members.
    Sweep,
    /// The journal's entries.
    Journal,
    /// One journal entry's steps.
    Entry,
    /// The partners that are being brought on.
    Onboarding,
    /// Something done about one of them.
    OnboardAct,
    /// An export that is written, or what is different between two.
    Snapshot,
    /// Whom a route meets.
    Impact,
    /// What a member may do.
    Access,
    /// Whether a member may do one thing.
    May,
    /// How the caller stands to their own second factor.
    OwnFactor,
    /// The key of the caller's authenticator app.
    OwnEnrolment,
    /// Mailing the caller a code.
    OwnCode,
    /// The test of a domain route.
    RouteTest,
    /// Something that a dialog wants to know before it can go on: uniqueness of an address, a plan.
    Proposal,
    /// What a form offers to choose from.
    Choices,
    /// What is to be known of the platform itself.
    Platform,
    /// A plan being applied. Never cancelled.
    Apply,
}

/// Who is told the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// A screen, whether it is shown or not.
    Screen(super::screens::Place),
    /// The app itself.
    App,
    /// The topmost overlay that says it waits for this slot; with none open, the answer is dropped.
    Overlay,
}

impl Slot {
    /// Who is told.
    pub fn home(self) -> Home {
        use super::screens::Place;
        match self {
            Self::Members | Self::Emails | Self::Member | Self::Person | Self::History => {
                Home::Screen(Place::Members)
            }
            Self::Domains => Home::Screen(Place::Domains),
            Self::FactorRules => Home::Screen(Place::Mfa),
            Self::Sessions => Home::Screen(Place::Sessions),
            Self::Clients | Self::Client => Home::Screen(Place::Clients),
            Self::Posture => Home::Screen(Place::Overview),
            Self::Idps | Self::Histories | Self::OneHistory => Home::Screen(Place::Linkage),
            Self::Doctor | Self::DoctorChoices => Home::Screen(Place::Doctor),
            Self::Snapshot => Home::Screen(Place::Snapshots),
            Self::LabChoices => Home::Screen(Place::FlowLab),
            Self::Sweep => Home::Screen(Place::Findings),
            Self::Journal | Self::Entry => Home::Screen(Place::Journal),
            Self::Platform => Home::App,
            Self::Onboarding | Self::OnboardAct => Home::Screen(Place::Onboarding),
            Self::Impact
            | Self::Access
            | Self::May
            | Self::Secret
            | Self::OwnFactor
            | Self::OwnEnrolment
            | Self::OwnCode
            | Self::RouteTest
            | Self::Proposal
            | Self::Choices
            | Self::Apply => Home::Overlay,
        }
    }
}

/// The number of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub u64);

/// Which question is the newest in each slot.
#[derive(Debug, Clone, Default)]
pub struct Slots {
    last: u64,
    current: HashMap<Slot, RequestId>,
}

impl Slots {
    /// Begins a question.
    pub fn begin(&mut self, slot: Slot) -> RequestId {
        self.last += 1;
        self.current.insert(slot, RequestId(self.last));
        RequestId(self.last)
    }

    /// Whether this is the question whose answer is waited for.
    pub fn is_current(&self, slot: Slot, id: RequestId) -> bool {
        self.current.get(&slot) == Some(&id)
    }

    /// The question is answered or no longer of interest.
    pub fn end(&mut self, slot: Slot) {
        self.current.remove(&slot);
    }

    /// Whether an answer is waited for.
    pub fn is_open(&self, slot: Slot) -> bool {
        self.current.contains_key(&slot)
    }

    /// Forgets every question: a new session begins.
    pub fn clear(&mut self) -> Vec<Slot> {
        self.current.drain().map(|(slot, _)| slot).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_question_in_a_slot_is_waited_for() {
        let mut slots = Slots::default();
        let old = slots.begin(Slot::Person);
        let new = slots.begin(Slot::Person);
        assert!(!slots.is_current(Slot::Person, old));
        assert!(slots.is_current(Slot::Person, new));
        slots.end(Slot::Person);
        assert!(!slots.is_current(Slot::Person, new));
    }
}
