//! The walk itself.

use super::world::{Account, Claim, Found, Place, Way, World};
use crate::identity::change::SignInOutcome;
use crate::identity::id::{MembershipId, UserId};
use crate::identity::provider::Identifier;
use crate::identity::seen::{Seen, Unseen};
use crate::identity::text::Text;
use crate::identity::user::UserScope;

/// Which step of the procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StepKind {
    /// By which key the user is looked for.
    Identifier,
    /// What the person shows.
    Claim,
    /// Who is found.
    User,
    /// Where the user may go.
    Membership,
    /// Policies that must be readable.
    Gates,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepState {
    /// Fine.
    Passed,
    /// The sign-in ends here.
    Failed,
    /// Cannot be said from what is seen.
    Unknown,
    /// Not reached.
    NotReached,
}

/// One step with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// How it went.
    pub state: StepState,
    /// What was looked at and found, in words.
    pub evidence: String,
}

/// How it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// In, as this membership.
    SignsIn {
        /// The user.
        user: UserId,
        /// The memberships that can be chosen from.
        memberships: Vec<MembershipId>,
        /// The person's name in the first of them.
        name: Text,
    },
    /// Out, with the platform's text.
    Refused {
        /// e.g. `User not found`.
        text: &'static str,
        /// The cause.
        why: String,
    },
    /// Cannot be said.
    Unknown {
        /// What is missing.
        why: String,
    },
}

/// Something that could still overturn the verdict and cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Caveat {
    /// Whether a password is set is never readable.
    PasswordUnseen,
    /// Another server-scoped account may carry the same address.
    TwinUnseen,
    /// The route's mode is not visible; routes by subject fail for everybody.
    ModeUnseen,
    /// A project-scoped user signs in only where the app names the project.
    ProjectMustBeNamed,
}

impl Caveat {
    /// In words, for a plan.
    pub fn words(self) -> &'static str {
        match self {
            Self::PasswordUnseen => "whether a password is set cannot be seen",
            Self::TwinUnseen => {
                "another server-scoped user with the same address would be visible to super admins only"
            }
            Self::ModeUnseen => {
                "the domain route's settings are visible to super admins only; taken as going by email"
            }
            Self::ProjectMustBeNamed => {
                "a project-scoped user gets in only where the app names the project or its client"
            }
        }
    }
}

/// Steps and verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// In order; the first failed or unknown one decides.
    pub steps: Vec<Step>,
    /// How it ends.
    pub verdict: Verdict,
    /// What it rests on unseen.
    pub caveats: Vec<Caveat>,
}

impl Decision {
    /// In the form that plans hold.
    pub fn outcome(&self) -> SignInOutcome {
        match &self.verdict {
            Verdict::SignsIn { name, .. } => SignInOutcome::SignsIn { name: name.clone() },
            Verdict::Refused { text, why } => {
                SignInOutcome::Refused { text: (*text).to_owned(), why: why.clone() }
            }
            Verdict::Unknown { why } => SignInOutcome::Unknown { why: why.clone() },
        }
    }
}

const NOT_FOUND: &str = "User not found";

struct Walk {
    steps: Vec<Step>,
    caveats: Vec<Caveat>,
}

impl Walk {
    fn passed(&mut self, kind: StepKind, evidence: impl Into<String>) {
        self.steps.push(Step { kind, state: StepState::Passed, evidence: evidence.into() });
    }

    fn refused(mut self, kind: StepKind, text: &'static str, why: String) -> Decision {
        self.steps.push(Step { kind, state: StepState::Failed, evidence: why.clone() });
        self.end(Verdict::Refused { text, why })
    }

    fn unknown(mut self, kind: StepKind, why: String) -> Decision {
        self.steps.push(Step { kind, state: StepState::Unknown, evidence: why.clone() });
        self.end(Verdict::Unknown { why })
    }

    fn end(mut self, verdict: Verdict) -> Decision {
        let all =
            [StepKind::Identifier, StepKind::Claim, StepKind::User, StepKind::Membership, StepKind::Gates];
        for kind in all {
            if !self.steps.iter().any(|step| step.kind == kind) {
                self.steps.push(Step { kind, state: StepState::NotReached, evidence: String::new() });
            }
        }
        Decision { steps: self.steps, verdict, caveats: self.caveats }
    }
}

/// Walks one way with one claim, as the platform does.
pub fn decide(way: &Way, claim: &Claim, world: &World) -> Decision {
    let mut walk = Walk { steps: Vec::new(), caveats: Vec::new() };
    let identifier = match way {
        Way::Password { .. } => {
            walk.caveats.push(Caveat::PasswordUnseen);
            Identifier::Email
        }
        Way::DomainRoute { identifier: Seen::Unknown(_), .. } => {
            walk.caveats.push(Caveat::ModeUnseen);
            Identifier::Email
        }
        Way::DomainRoute { identifier: Seen::Known(identifier), .. }
        | Way::Client { identifier, .. }
        | Way::Exchange { identifier, .. } => *identifier,
    };
    match identifier {
        Identifier::Email => by_email(walk, way, claim, world),
        Identifier::Subject => by_subject(walk, way, claim, world),
        Identifier::Unsupported => walk.refused(
            StepKind::Identifier,
            "Unsupported identity provider configuration",
            "the provider's identity fields are a pair that the platform does not implement".to_owned(),
        ),
    }
}

fn by_email(mut walk: Walk, way: &Way, claim: &Claim, world: &World) -> Decision {
    walk.passed(StepKind::Identifier, "by email");
    let Some(email) = claim.email.as_ref().filter(|email| !email.is_empty()) else {
        let text = match way {
            Way::Password { .. } => "Valid email address is required",
            Way::DomainRoute { .. } | Way::Client { .. } => "External token does not contain email address",
            Way::Exchange { .. } => "Missing email or externalId",
        };
        return walk.refused(StepKind::Claim, text, "no email is sent".to_owned());
    };
    if let Way::DomainRoute { domain, .. } = way {
        // Platform-api §10.2 step 6.
        if !email.raw().to_lowercase().ends_with(&format!("@{}", domain.raw())) {
            let why = format!("{email} is not of the domain {domain}");
            return walk.refused(StepKind::Claim, "Email address does not match domain", why);
        }
    }
    walk.passed(StepKind::Claim, email.to_string());
    let project = way.project();
    match world.by_email(email.raw(), project) {
        Found::Accounts(users) => memberships(walk, way, &users, world),
        Found::Unknown(why) => walk.unknown(StepKind::User, format!("whether a user has {email}: {why}")),
        Found::Nobody => {
            let hidden = world.accounts.iter().find(|account| {
                matches!(&account.email, Seen::Known(Some(e)) if e.raw() == email.raw().to_lowercase())
            });
            let unseen = world.accounts.iter().find(|account| matches!(account.email, Seen::Unknown(_)));
            let why = match (hidden.map(|account| &account.scope), unseen) {
                (Some(Seen::Known(UserScope::Project(_))), _) => format!(
                    "the user with {email} is project-scoped, and this way does not look in its project"
                ),
                (Some(Seen::Unknown(why)), _) => {
                    return walk
                        .unknown(StepKind::User, format!("the scope of the user with {email}: {why}"));
                }
                (None, Some(Account { email: Seen::Unknown(why), .. })) => {
                    return walk.unknown(StepKind::User, format!("the present login email: {why}"));
                }
                _ => format!("no user has {email}"),
            };
            walk.refused(StepKind::User, NOT_FOUND, why)
        }
    }
}

fn by_subject(mut walk: Walk, way: &Way, claim: &Claim, world: &World) -> Decision {
    walk.passed(StepKind::Identifier, "by external id");
    if matches!(way, Way::DomainRoute { .. }) {
        // Platform-api §10.2 steps 6 and 8: nobody gets in by subject on a domain route.
        return walk.refused(
            StepKind::Identifier,
            "Email address does not match domain",
            "the route goes by external id, which never works on a domain route".to_owned(),
        );
    }
    let Some(subject) = &claim.subject else {
        return walk.unknown(StepKind::Claim, "which external id the identity provider sends".to_owned());
    };
    walk.passed(StepKind::Claim, subject.to_string());
    if subject.raw().contains([',', '\\']) {
        // Platform-api §10.1, §17.
        let why = format!("{subject} has a comma or a backslash, which the platform never matches");
        return walk.refused(StepKind::User, NOT_FOUND, why);
    }
    let Some(project) = way.project() else {
        return walk.refused(
            StepKind::User,
            "Project ID is required for external ID",
            "external ids are looked for within a project, and none is known".to_owned(),
        );
    };
    match world.by_external_id(subject.raw(), project) {
        Found::Accounts(users) => memberships(walk, way, &users, world),
        Found::Nobody => {
            walk.refused(StepKind::User, NOT_FOUND, format!("no member has the external id {subject}"))
        }
        Found::Unknown(why) => walk.unknown(StepKind::User, format!("members of that project: {why}")),
    }
}

fn memberships(mut walk: Walk, way: &Way, users: &[UserId], world: &World) -> Decision {
    let [user] = users else {
        let why = format!("{} users have the same address; the platform takes any of them", users.len());
        return walk.unknown(StepKind::User, why);
    };
    walk.passed(StepKind::User, format!("{user:?}"));
    let scope = world.account(user).map(|account| &account.scope);
    if matches!(scope, Some(Seen::Known(UserScope::Project(_)))) && matches!(way, Way::Password { .. }) {
        walk.caveats.push(Caveat::ProjectMustBeNamed);
    }
    if matches!(scope, Some(Seen::Known(UserScope::Server)))
        && matches!(world.server_accounts, Seen::Unknown(_))
    {
        walk.caveats.push(Caveat::TwinUnseen);
    }
    let project = way.project();
    let places: Vec<&Place> = world
        .places
        .iter()
        .filter(|place| place.user == *user && project.is_none_or(|project| place.project == *project))
        .collect();
    let active: Vec<&Place> = places.iter().copied().filter(|place| place.active).collect();
    let Some(first) = active.first() else {
        if !project.map_or(world.visible_projects.is_none(), |project| world.sees(project)) {
            let why = format!("memberships in other projects: {}", Unseen::Policy);
            return walk.unknown(StepKind::Membership, why);
        }
        let why = match places.first() {
            Some(place) => format!("the membership of {} is not active", place.name),
            None => "the user has no membership there".to_owned(),
        };
        return walk.refused(StepKind::Membership, NOT_FOUND, why);
    };
    walk.passed(StepKind::Membership, format!("{} ({} to choose from)", first.name, active.len()));
    let dead = active.iter().all(|place| place.policy_alive == Seen::Known(false));
    if dead {
        let why = format!("an access policy of {} no longer exists", first.name);
        return walk.refused(
            StepKind::Gates,
            "Cannot authenticate: Invalid access policy configuration.",
            why,
        );
    }
    let gates = match &first.policy_alive {
        Seen::Known(_) => Step {
            kind: StepKind::Gates,
            state: StepState::Passed,
            evidence: "access policies can be read".to_owned(),
        },
        Seen::Unknown(why) => {
            Step { kind: StepKind::Gates, state: StepState::Unknown, evidence: why.to_string() }
        }
    };
    walk.steps.push(gates);
    let verdict = Verdict::SignsIn {
        user: user.clone(),
        memberships: active.iter().map(|place| place.id.clone()).collect(),
        name: first.name.clone(),
    };
    walk.end(verdict)
}
