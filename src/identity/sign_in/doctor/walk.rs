//! Following the procedure once, and as often as unseen facts make it branch.
//!
//! A fact that cannot be seen is a fork: the procedure is followed down every branch, the ordinary one first. What
//! comes out the same everywhere is certain although something was unseen; what does not is unknown, and the forks
//! that make the difference are the doubts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::attempt::{Attempt, Flow};
use super::diagnosis::{Diagnosis, Doubt, Evidence, Next, Outcome, Status, Step, StepId, Verdict};
use super::facts::{Facts, MembershipFact, UserFact};
use super::{bearer, browser, exchange, google, password};
use crate::identity::id::Reference;
use crate::identity::text::Text;

/// More branches than this are not followed; the answer is unknown then.
const MOST_BRANCHES: usize = 4096;

/// Where a walk ends.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    /// Somebody is recognised, or nobody.
    At(Outcome, Option<Text>),
    /// On from here nothing can be said.
    Lost,
}

/// A step that may end the walk.
pub(super) type Go<T> = Result<T, End>;

#[derive(Debug, Clone)]
struct Fork {
    taken: usize,
    branches: usize,
    step: StepId,
    what: String,
    why: String,
}

/// One walk.
pub(super) struct Walk<'a> {
    pub(super) attempt: &'a Attempt,
    pub(super) facts: &'a Facts,
    script: Vec<usize>,
    forks: Vec<Fork>,
    steps: Vec<Step>,
    pub(super) notes: Vec<String>,
    evidence: Vec<Evidence>,
}

impl<'a> Walk<'a> {
    fn new(attempt: &'a Attempt, facts: &'a Facts, script: Vec<usize>) -> Self {
        Self {
            attempt,
            facts,
            script,
            forks: Vec::new(),
            steps: Vec::new(),
            notes: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// Something unseen: which of so many possibilities this walk takes; 0 is the ordinary one.
    pub(super) fn fork(
        &mut self,
        step: StepId,
        branches: usize,
        what: impl Into<String>,
        why: impl Into<String>,
    ) -> usize {
        let taken = self.script.get(self.forks.len()).copied().unwrap_or(0);
        self.forks.push(Fork { taken, branches, step, what: what.into(), why: why.into() });
        taken
    }

    /// Looks at a record, for the step that is told next.
    pub(super) fn look(
        &mut self,
        what: impl Into<String>,
        record: Option<Reference>,
        source: Option<super::facts::Source>,
    ) {
        self.evidence.push(Evidence { what: what.into(), record, source });
    }

    /// Looks at a user.
    pub(super) fn look_at_user(&mut self, user: &UserFact) {
        use crate::identity::seen::Seen;
        use crate::identity::user::UserScope;
        let email = match &user.email {
            Seen::Known(Some(email)) => email.to_string(),
            Seen::Known(None) => "no address".to_owned(),
            Seen::Unknown(why) => format!("address unknown: {why}"),
        };
        let scope = match &user.scope {
            Seen::Known(UserScope::Server) => "server-scoped",
            Seen::Known(UserScope::Project(_)) => "project-scoped",
            Seen::Unknown(_) => "scope unknown",
        };
        self.look(format!("{scope} user · {email}"), Some(user.id.reference()), Some(user.source));
    }

    /// Looks at a membership.
    pub(super) fn look_at_membership(&mut self, membership: &MembershipFact) {
        let active = if membership.active { "active" } else { "not active" };
        let id =
            membership.external_id.as_ref().map_or_else(String::new, |id| format!(" · external id {id}"));
        self.look(
            format!("membership of {} · {active}{id}", membership.name),
            Some(membership.id.reference()),
            Some(membership.source),
        );
    }

    /// The step is fine.
    pub(super) fn pass(&mut self, id: StepId, detail: impl Into<String>) {
        let evidence = std::mem::take(&mut self.evidence);
        self.steps.push(Step { id, status: Status::Passed, detail: detail.into(), evidence });
    }

    /// The step is not asked in this sign-in.
    pub(super) fn skip(&mut self, id: StepId, detail: impl Into<String>) {
        let evidence = std::mem::take(&mut self.evidence);
        self.steps.push(Step { id, status: Status::Skipped, detail: detail.into(), evidence });
    }

    /// The sign-in ends here, with the platform's own text.
    pub(super) fn refuse(
        &mut self,
        id: StepId,
        detail: impl Into<String>,
        message: &'static str,
        status: u16,
    ) -> End {
        let evidence = std::mem::take(&mut self.evidence);
        self.steps.push(Step { id, status: Status::Failed, detail: detail.into(), evidence });
        End::At(Outcome::refused(message, status), None)
    }

    /// Nothing can be said from here on: what would have to be known, and why it is not.
    pub(super) fn lost(&mut self, id: StepId, what: impl Into<String>, why: impl Into<String>) -> End {
        let what = what.into();
        let evidence = std::mem::take(&mut self.evidence);
        self.steps.push(Step { id, status: Status::Unknown, detail: String::new(), evidence });
        self.fork(id, 1, what, why);
        End::Lost
    }

    /// The person is recognised.
    pub(super) fn enter(&self, user: &UserFact, membership: Option<&MembershipFact>, next: Next) -> End {
        let name = membership
            .map(|membership| membership.name.clone())
            .or_else(|| self.facts.memberships_of(&user.id).next().map(|membership| membership.name.clone()));
        End::At(
            Outcome {
                verdict: Verdict::Success,
                message: None,
                http_status: Some(if self.attempt.flow == Flow::Browser { 302 } else { 200 }),
                user: Some(user.id.clone()),
                membership: membership.map(|membership| membership.id.clone()),
                next,
            },
            name,
        )
    }

    fn run(&mut self) -> End {
        let done = match self.attempt.flow {
            Flow::Browser => browser::walk(self),
            Flow::Exchange | Flow::LegacyExchange => exchange::walk(self),
            Flow::Password => password::walk(self),
            Flow::Google => google::walk(self),
            Flow::Bearer => bearer::walk(self),
        };
        match done {
            Ok(end) | Err(end) => end,
        }
    }
}

struct Branch {
    end: End,
    forks: Vec<Fork>,
}

/// Follows one try to its end (platform-api §3, §10, §11).
pub fn diagnose(attempt: &Attempt, facts: &Facts) -> Diagnosis {
    let mut first = Walk::new(attempt, facts, Vec::new());
    let ordinary = first.run();
    let mut others: Vec<Branch> = Vec::new();
    let mut script = next_script(&first.forks);
    while let Some(taken) = script {
        let mut walk = Walk::new(attempt, facts, taken);
        let end = walk.run();
        script = next_script(&walk.forks);
        others.push(Branch { end, forks: walk.forks });
        if others.len() >= MOST_BRANCHES {
            others.push(Branch { end: End::Lost, forks: Vec::new() });
            break;
        }
    }
    let certain = ordinary != End::Lost && others.iter().all(|branch| branch.end == ordinary);
    let doubts = if certain { Vec::new() } else { doubts(&first.forks, &ordinary, &others) };
    let (outcome, likely, name) = match (&ordinary, certain) {
        (End::At(outcome, name), true) => (outcome.clone(), None, name.clone()),
        (End::At(outcome, name), false) => (Outcome::unknown(), Some(outcome.clone()), name.clone()),
        (End::Lost, _) => (Outcome::unknown(), None, None),
    };
    let unsure: BTreeSet<StepId> = first.forks.iter().map(|fork| fork.step).collect();
    let mut steps = first.steps;
    for step in &mut steps {
        if unsure.contains(&step.id) && !(certain && step.status == Status::Failed) {
            step.status = Status::Unknown;
            for fork in first.forks.iter().filter(|fork| fork.step == step.id) {
                if !step.detail.is_empty() {
                    step.detail.push_str("; ");
                }
                // Writing to a String cannot fail.
                let _ = write!(step.detail, "not seen: {} ({})", fork.what, fork.why);
            }
        }
    }
    for id in StepId::of(attempt.flow) {
        if !steps.iter().any(|step| step.id == *id) {
            let detail = "not reached".to_owned();
            steps.push(Step { id: *id, status: Status::Skipped, detail, evidence: Vec::new() });
        }
    }
    let mut notes = first.notes;
    notes.dedup();
    let advice = super::advice::advice(attempt, facts, &steps);
    Diagnosis { outcome, likely, steps, doubts, notes, advice, name }
}

/// The next combination of branches, the last fork first.
fn next_script(forks: &[Fork]) -> Option<Vec<usize>> {
    let last = forks.iter().rposition(|fork| fork.taken + 1 < fork.branches)?;
    let mut script: Vec<usize> = forks[..=last].iter().map(|fork| fork.taken).collect();
    script[last] += 1;
    Some(script)
}

/// The forks at which another branch ends elsewhere.
fn doubts(forks: &[Fork], ordinary: &End, others: &[Branch]) -> Vec<Doubt> {
    let mut found: Vec<Doubt> = Vec::new();
    for (at, fork) in forks.iter().enumerate() {
        // Branches that leave the ordinary way at this fork and at none before it.
        let matters = others.iter().any(|branch| {
            branch.end != *ordinary
                && branch.forks.len() > at
                && branch.forks[..at].iter().all(|before| before.taken == 0)
                && branch.forks[at].taken != 0
        });
        let doubt = Doubt { step: fork.step, what: fork.what.clone(), why: fork.why.clone() };
        let dead_end = *ordinary == End::Lost && at + 1 == forks.len();
        if (matters || dead_end) && !found.contains(&doubt) {
            found.push(doubt);
        }
    }
    found
}
