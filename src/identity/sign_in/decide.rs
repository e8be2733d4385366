//! What a way comes to before and after a change of the people in it: the doctor's own procedure ([`super::doctor`]), asked
//! with as much as is known here.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::doctor::{
    Attempt, Claim as Said, Client, ClientFact, Diagnosis, Facts, Flow, Liveness, MembershipFact, PolicyFact,
    ProjectFact, Reach, RouteFact, Source, Status, StepId, UserFact, Verdict as Found, Window, align,
    diagnose, key,
};
use super::world::{Claim, Gate, Place, Way, World};
use crate::identity::change::SignInOutcome;
use crate::identity::id::{MembershipId, PolicyId, ProjectId, Reference, UserId};
use crate::identity::provider::{Identifier, IdentityProvider};
use crate::identity::seen::Seen;
use crate::identity::text::Text;
use crate::identity::user::{Mfa, UserScope};

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

impl StepKind {
    const ALL: [Self; 5] = [Self::Identifier, Self::Claim, Self::User, Self::Membership, Self::Gates];

    /// The coarse step that a step of the procedure belongs to.
    fn of(id: StepId) -> Self {
        match id {
            StepId::Route | StepId::Client | StepId::Provider | StepId::Identity => Self::Identifier,
            StepId::Address | StepId::Token | StepId::Domain | StepId::Project | StepId::Pkce => Self::Claim,
            StepId::User | StepId::Password => Self::User,
            StepId::Membership => Self::Membership,
            StepId::Google
            | StepId::Configuration
            | StepId::Policy
            | StepId::Ip
            | StepId::Factor
            | StepId::Redirect => Self::Gates,
        }
    }
}

/// Follows one way with one claim, as the platform does.
pub fn decide(way: &Way, claim: &Claim, world: &World) -> Decision {
    let by_email = identifier(way) == Identifier::Email;
    if !by_email && claim.subject.is_none() && !matches!(way, Way::DomainRoute { .. }) {
        let why = "which external id the identity provider sends".to_owned();
        return unknown(StepKind::Claim, why, Vec::new());
    }
    let mut caveats = Vec::new();
    match way {
        Way::Password { .. } => caveats.push(Caveat::PasswordUnseen),
        Way::DomainRoute { identifier: Seen::Unknown(_), .. } => caveats.push(Caveat::ModeUnseen),
        Way::DomainRoute { .. } | Way::Client { .. } | Way::Exchange { .. } => {}
    }
    if by_email && let Some(why) = address_in_doubt(way, claim, world) {
        return unknown(StepKind::User, why, caveats);
    }
    let (attempt, facts) = translated(way, claim, world);
    let diagnosis = diagnose(&attempt, &facts);
    let mut steps = steps(&diagnosis);
    let expected = diagnosis.expected();
    let doubts_elsewhere = diagnosis.doubts.iter().any(|doubt| doubt.step == StepId::Membership);
    let verdict = match (expected.verdict, expected.message, &expected.user) {
        (Found::Success, _, Some(user)) => {
            let places = active(world, user, way.project());
            let scope = world.account(user).map(|account| &account.scope);
            if matches!((scope, way), (Some(Seen::Known(UserScope::Project(_))), Way::Password { .. })) {
                caveats.push(Caveat::ProjectMustBeNamed);
            }
            if diagnosis.doubts.iter().any(|doubt| doubt.step == StepId::User) {
                caveats.push(Caveat::TwinUnseen);
            }
            // Whether a policy is there is not always known here; a sign-in is told all the same.
            if let Some(Seen::Unknown(why)) = places.first().map(|place| &place.gate) {
                for step in steps.iter_mut().filter(|step| step.kind == StepKind::Gates) {
                    step.state = StepState::Unknown;
                    step.evidence = why.to_string();
                }
            }
            Verdict::SignsIn {
                user: user.clone(),
                memberships: places.iter().map(|place| place.id.clone()).collect(),
                name: places.first().map(|place| place.name.clone()).unwrap_or_default(),
            }
        }
        // Nobody active here, and elsewhere nothing is seen.
        (Found::Failure, ..) if doubts_elsewhere => {
            let why = "memberships in other projects: only a super admin sees them".to_owned();
            Verdict::Unknown { why }
        }
        (Found::Failure, Some(text), _) => {
            if diagnosis.doubts.iter().any(|doubt| doubt.step == StepId::User) {
                caveats.push(Caveat::TwinUnseen);
            }
            let failed = steps.iter_mut().rfind(|step| step.state != StepState::NotReached);
            // Which policy or configuration it is, is not known here; whose, is.
            if let Some(step) = failed
                && step.kind == StepKind::Gates
                && let Some((place, what)) = shut(world, way.project())
            {
                step.evidence = format!("{what} of {} is not there any more", place.name);
            }
            let failed = steps.iter().rfind(|step| step.state != StepState::NotReached);
            Verdict::Refused { text, why: failed.map_or_else(String::new, |step| step.evidence.clone()) }
        }
        (Found::Success | Found::Failure | Found::Unknown, ..) => {
            let why: Vec<&str> = diagnosis.doubts.iter().map(|doubt| doubt.what.as_str()).collect();
            Verdict::Unknown { why: why.join("; ") }
        }
    };
    Decision { steps, verdict, caveats }
}

/// By what people are recognised; an unseen route is taken as going by email, which others never work by.
fn identifier(way: &Way) -> Identifier {
    match way {
        Way::Password { .. } | Way::DomainRoute { identifier: Seen::Unknown(_), .. } => Identifier::Email,
        Way::DomainRoute { identifier: Seen::Known(identifier), .. }
        | Way::Client { identifier, .. }
        | Way::Exchange { identifier, .. } => *identifier,
    }
}

/// Why it cannot be said who has the address: two have it, or an address or a scope is out of sight.
fn address_in_doubt(way: &Way, claim: &Claim, world: &World) -> Option<String> {
    let email = claim.email.as_ref()?.raw().to_lowercase();
    let with: Vec<_> = world
        .accounts
        .iter()
        .filter(|account| matches!(&account.email, Seen::Known(Some(own)) if own.raw() == email))
        .collect();
    let here = |scope: &UserScope| match scope {
        UserScope::Server => true,
        UserScope::Project(project) => way.project() == Some(project),
    };
    let reachable = |scope: &Seen<UserScope>| matches!(scope, Seen::Known(scope) if here(scope));
    let project = with.iter().filter(
        |account| matches!(&account.scope, Seen::Known(UserScope::Project(p)) if way.project() == Some(p)),
    );
    let server = with.iter().filter(|account| account.scope == Seen::Known(UserScope::Server));
    let (project, server) = (project.count(), server.count());
    let same = if project > 0 { project } else { server };
    if same > 1 {
        return Some(format!("{same} users have the same address; the platform takes any of them"));
    }
    if with.iter().any(|account| reachable(&account.scope)) {
        return None;
    }
    if let Some(Seen::Unknown(why)) =
        with.iter().map(|account| &account.scope).find(|scope| scope.known().is_none())
    {
        return Some(format!("the scope of the user with {}: {why}", Text::from(email)));
    }
    world.accounts.iter().find_map(|account| match &account.email {
        Seen::Unknown(why) if with.is_empty() => Some(format!("the present login address: {why}")),
        _ => None,
    })
}

fn unknown(kind: StepKind, why: String, caveats: Vec<Caveat>) -> Decision {
    let state = |step: StepKind| match step.cmp(&kind) {
        std::cmp::Ordering::Less => StepState::Passed,
        std::cmp::Ordering::Equal => StepState::Unknown,
        std::cmp::Ordering::Greater => StepState::NotReached,
    };
    let steps = StepKind::ALL.map(|step| Step {
        kind: step,
        state: state(step),
        evidence: if step == kind { why.clone() } else { String::new() },
    });
    Decision { steps: steps.to_vec(), verdict: Verdict::Unknown { why }, caveats }
}

/// The procedure's steps in the coarse ones of plans.
fn steps(diagnosis: &Diagnosis) -> Vec<Step> {
    let one = |kind: StepKind| {
        let of_kind: Vec<_> = diagnosis.steps.iter().filter(|step| StepKind::of(step.id) == kind).collect();
        let at = |status| of_kind.iter().rfind(|step| step.status == status);
        let (state, told) = if let Some(step) = at(Status::Failed) {
            (StepState::Failed, Some(step))
        } else if let Some(step) = at(Status::Unknown) {
            (StepState::Unknown, Some(step))
        } else if let Some(step) = at(Status::Passed) {
            (StepState::Passed, Some(step))
        } else {
            (StepState::NotReached, None)
        };
        Step { kind, state, evidence: told.map_or_else(String::new, |step| step.detail.clone()) }
    };
    StepKind::ALL.into_iter().map(one).collect()
}

fn active<'a>(world: &'a World, user: &UserId, project: Option<&ProjectId>) -> Vec<&'a Place> {
    let here = |place: &&Place| {
        place.user == *user && place.active && project.is_none_or(|project| place.project == *project)
    };
    world.places.iter().filter(here).collect()
}

/// The membership whose gate is shut by a record that is not there.
fn shut<'a>(world: &'a World, project: Option<&ProjectId>) -> Option<(&'a Place, &'static str)> {
    let here = |place: &&Place| place.active && project.is_none_or(|project| place.project == *project);
    world.places.iter().filter(here).find_map(|place| match place.gate {
        Seen::Known(Gate::DeadPolicy) => Some((place, "an access policy")),
        Seen::Known(Gate::DeadConfiguration) => Some((place, "the user configuration")),
        Seen::Known(Gate::Open | Gate::GoogleOnly) | Seen::Unknown(_) => None,
    })
}

/// An IdP that goes by this.
fn provider(identifier: Identifier) -> IdentityProvider {
    let at = || Text::from("https://idp.invalid/");
    let mut provider = IdentityProvider {
        authorize_url: at(),
        token_url: at(),
        user_info_url: at(),
        client_id: Text::default(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    };
    match identifier {
        Identifier::Email => align(&mut provider, false),
        Identifier::Subject => align(&mut provider, true),
        Identifier::Unsupported => provider.identity_source = Some("fhir-user".into()),
    }
    provider
}

/// The same in the procedure's own terms.
fn translated(way: &Way, claim: &Claim, world: &World) -> (Attempt, Facts) {
    let source = Source::new(Window::Planned, Timestamp::UNIX_EPOCH);
    let mut attempt = Attempt::new(match way {
        Way::Password { .. } => Flow::Password,
        Way::DomainRoute { .. } | Way::Client { .. } => Flow::Browser,
        Way::Exchange { .. } => Flow::Exchange,
    });
    let said = |text: &Option<Text>| text.clone().map_or(Said::Absent, Said::Text);
    (attempt.email, attempt.subject) = (said(&claim.email), said(&claim.subject));
    let mut facts = Facts::new(match (&world.server_accounts, &world.visible_projects) {
        (Seen::Known(()), None) => Reach::Everything,
        (_, Some(projects)) => projects.first().map_or(Reach::Nothing, |own| Reach::Project(own.clone())),
        (Seen::Unknown(_), None) => Reach::Nothing,
    });
    match way {
        Way::Password { project } => {
            attempt.typed = claim.email.clone();
            attempt.project = project.clone();
        }
        Way::DomainRoute { domain, idp, identifier } => {
            attempt.domain = Some(domain.clone());
            // A route by subject ends at the domain, whatever the subject is.
            if claim.subject.is_none() {
                attempt.subject = Said::from("unseen");
            }
            let settings = identifier.clone();
            let provider = match settings {
                Seen::Known(identifier) => Seen::Known(provider(identifier)),
                // Other modes let nobody in; the caveat says so.
                Seen::Unknown(_) => Seen::Known(provider(Identifier::Email)),
            };
            let fact = RouteFact::Idp { route: None, provider, host: idp.clone(), broken: false, source };
            facts.routes.insert(domain.raw().to_lowercase(), Seen::Known(fact));
        }
        Way::Client { client, name, project, identifier }
        | Way::Exchange { client, name, project, identifier } => {
            // An exchange reads records alone, which have proper ids; what stands here may be a name.
            let id = uuid::Uuid::try_parse(client.as_str())
                .map_or_else(|_| uuid::Uuid::nil().to_string(), |id| id.to_string());
            attempt.client = Some(Text::from(id.as_str()));
            let found = Client {
                id: client.clone(),
                name: name.clone(),
                project: Some(project.clone()),
                provider: Some(provider(*identifier)),
                status: None,
                redirect_uris: Vec::new(),
                pkce_optional: true,
                source,
            };
            facts.clients.insert(id, Seen::Known(ClientFact::Found(Box::new(found))));
        }
    }
    people(&mut facts, world, source);
    for project in
        facts.memberships.iter().map(|m| m.project.clone()).chain(way.project().cloned()).collect::<Vec<_>>()
    {
        let neutral = ProjectFact {
            name: Text::from(project.as_str()),
            google_required: world
                .places
                .iter()
                .any(|place| place.project == project && place.gate == Seen::Known(Gate::GoogleOnly)),
            mfa_required: false,
            redirect_below: false,
            defaults: Vec::new(),
            source,
        };
        facts.projects.insert(project, Seen::Known(Some(neutral)));
    }
    let email = claim.email.iter().chain(&attempt.typed).map(|email| email.raw().to_lowercase());
    facts.emails = email.flat_map(|email| super::doctor::alternatives(&email)).collect();
    let subject = attempt.subject.text().map(|subject| super::doctor::alternatives(subject.raw()));
    facts.subjects = subject.into_iter().flatten().collect();
    (attempt, facts)
}

fn people(facts: &mut Facts, world: &World, source: Source) {
    for account in &world.accounts {
        facts.users.push(UserFact {
            id: account.id.clone(),
            email: account.email.clone(),
            scope: account.scope.clone(),
            legacy_external_id: account.legacy_external_id.clone(),
            // Whether one is set is a caveat of the whole way.
            password_set: Seen::Known(true),
            mfa: Seen::Known(Mfa::default()),
            gone: false,
            source,
        });
    }
    let mut policies = BTreeMap::new();
    for place in &world.places {
        let policy = PolicyId::new(format!("of-{}", place.id.as_str())).reference();
        let liveness =
            if place.gate == Seen::Known(Gate::DeadPolicy) { Liveness::Gone } else { Liveness::Alive };
        policies.insert(key(&policy), Seen::Known(PolicyFact { liveness, ip: Vec::new(), source }));
        facts.memberships.push(MembershipFact {
            id: place.id.clone(),
            user: place.user.clone(),
            project: place.project.clone(),
            name: place.name.clone(),
            profile: Reference { kind: "Practitioner".into(), id: "unseen".into(), display: None },
            active: place.active,
            admin: false,
            external_id: place.external_id.clone(),
            policy: Some(policy),
            access: Vec::new(),
            configuration: Seen::Known(
                (place.gate == Seen::Known(Gate::DeadConfiguration)).then(dead_configuration),
            ),
            source,
        });
    }
    facts.configurations.insert(key(&dead_configuration()), Seen::Known(Liveness::Missing));
    facts.policies = policies;
}

/// Stands for a user configuration that is not there.
fn dead_configuration() -> Reference {
    Reference { kind: "UserConfiguration".into(), id: "unseen".into(), display: None }
}
