//! A scenario: the state of a tenant and one attempt to sign in, as plain data.
//!
//! Texts are templates: `{d}` is the scenario's own mail domain, `{D}` the same with capitals, `{o}` another domain of
//! its own. So that many scenarios fit into one platform without meeting.

/// One of the two projects of every scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    Home,
    Other,
}

/// Where an account exists (platform-api, words; §9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Server,
    Project(At),
    /// Made through FHIR by a project admin: visible to the project, found as if server-scoped (§12, quirk).
    Adopted(At),
}

/// What a reference points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    None,
    Alive,
    /// The id never existed.
    Dangling,
    /// The resource was deleted.
    Gone,
}

/// An access policy of a membership (§9.9). Rules are address and "may".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    Alive,
    Dangling,
    Gone,
    Rules(&'static [(&'static str, bool)]),
    /// The project's default for its staff, and that for its administrators.
    StaffDefault,
    AdminDefault,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Membership {
    pub at: At,
    pub active: Option<bool>,
    pub admin: bool,
    pub external_id: Option<String>,
    pub policy: Option<Policy>,
    /// Policies in `access[]`.
    pub listed: Vec<Policy>,
    pub configuration: Target,
    pub profile: &'static str,
    pub profile_is: Target,
}

impl Membership {
    pub fn at(at: At) -> Self {
        Self {
            at,
            active: None,
            admin: false,
            external_id: None,
            policy: Some(Policy::Alive),
            listed: Vec::new(),
            configuration: Target::None,
            profile: "Practitioner",
            profile_is: Target::Alive,
        }
    }

    pub fn named(at: At, external_id: &str) -> Self {
        Self { external_id: Some(external_id.into()), ..Self::at(at) }
    }

    pub fn inactive(at: At) -> Self {
        Self { active: Some(false), ..Self::at(at) }
    }
}

/// The second factors of a user (§5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Factors {
    pub required: bool,
    pub enrolled: bool,
    pub methods: Vec<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct User {
    pub scope: Scope,
    pub email: Option<String>,
    pub legacy_external_id: Option<String>,
    pub password: bool,
    pub factors: Factors,
    pub deleted: bool,
    pub memberships: Vec<Membership>,
}

impl User {
    pub fn new(scope: Scope, email: &str, memberships: Vec<Membership>) -> Self {
        Self {
            scope,
            email: Some(email.into()),
            legacy_external_id: None,
            password: true,
            factors: Factors::default(),
            deleted: false,
            memberships,
        }
    }
}

/// An `identityProvider` (§9.4), as far as it decides.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Idp {
    pub use_subject: Option<bool>,
    pub source: Option<&'static str>,
    pub mapping: Option<&'static str>,
    /// `authorizeUrl` is no URL.
    pub broken: bool,
    /// `tokenUrl` and `userInfoUrl` lead nowhere.
    pub unreachable: bool,
    /// They are no URLs.
    pub no_urls: bool,
    /// `userInfoMode` `gcip`, with or without its key.
    pub gcip: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Client {
    /// A client without project can be made by a super admin.
    pub at: Option<At>,
    pub idp: Option<Idp>,
    pub status: Option<&'static str>,
    pub deleted: bool,
    pub allowed_origin: Option<&'static str>,
    pub pkce_optional: bool,
    pub has_membership: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Domain {
    pub domain: String,
    pub idp: Option<Idp>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is one fact of the project")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Project {
    pub google_only: bool,
    pub mfa_required: bool,
    /// `allow-dangerous-redirect` (§9.7).
    pub loose_redirects: bool,
    /// The default policies of staff and of administrators.
    pub defaults: Option<(Policy, Policy)>,
    /// Deleted after everything in it was made. Not for the home project, whose administrator asks.
    pub deleted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flow {
    Browser,
    Exchange,
    LegacyExchange,
    Password,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientRef {
    Own(usize),
    Unknown,
    NoUuid,
    BuiltIn,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProjectRef {
    Is(At),
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MembershipRef {
    /// User and membership by place in the scenario.
    Of(usize, usize),
    Unknown,
}

/// `domain` in the state of a browser sign-in (§10.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum InState {
    No,
    AsTyped,
    Given(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Password {
    Right,
    Wrong,
    Short,
}

/// How the IdP behaves, whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Behaviour {
    Answers,
    Refuses,
    Html,
    Throttles,
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Redirect {
    None,
    Registered,
    /// Below the registered one.
    Below,
    Foreign,
}

/// One attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub flow: Flow,
    /// The address that the person types.
    pub typed: String,
    pub domain: InState,
    pub client: Option<ClientRef>,
    pub project: Option<ProjectRef>,
    pub membership: Option<MembershipRef>,
    pub password: Password,
    /// The IdP's claims.
    pub email: Option<String>,
    pub sub: Option<String>,
    /// Claims of other kinds than text: name and JSON.
    pub odd_claims: Vec<(&'static str, &'static str)>,
    pub idp: Behaviour,
    pub redirect: Redirect,
    /// A challenge without its method.
    pub half_challenge: bool,
    pub origin: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: String,
    pub home: Project,
    pub other: Project,
    pub users: Vec<User>,
    pub clients: Vec<Client>,
    pub domains: Vec<Domain>,
    pub attempt: Attempt,
}

impl PartialEq for Scenario {
    fn eq(&self, other: &Self) -> bool {
        self.facts() == other.facts()
    }
}

impl Eq for Scenario {}

impl std::hash::Hash for Scenario {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.facts().hash(state);
    }
}

type Facts<'a> = (&'a Project, &'a Project, &'a [User], &'a [Client], &'a [Domain], &'a Attempt);

/// The subject of the person whom every scenario is about.
pub const SUB: &str = "idp|JANE01";
/// Her address.
pub const EMAIL: &str = "jane@{d}";
/// Her place among the users.
pub const JANE: usize = 0;
/// The colleague's place among the users: a healthy member of the same project.
pub const BOB: usize = 1;

impl Scenario {
    /// Everything but the name: two scenarios with the same facts are one.
    fn facts(&self) -> Facts<'_> {
        (&self.home, &self.other, &self.users, &self.clients, &self.domains, &self.attempt)
    }

    pub fn jane(&mut self) -> &mut User {
        &mut self.users[JANE]
    }

    /// Her first membership; one is made when an earlier change took it away.
    pub fn member(&mut self) -> &mut Membership {
        let jane = self.jane();
        if jane.memberships.is_empty() {
            jane.memberships.push(Membership::named(At::Home, SUB));
        }
        &mut jane.memberships[0]
    }

    pub fn client(&mut self) -> &mut Client {
        &mut self.clients[0]
    }

    /// Changes the first route, when there is one.
    pub fn routes(&mut self, change: impl FnOnce(&mut Domain)) {
        if let Some(domain) = self.domains.first_mut() {
            change(domain);
        }
    }

    /// Changes the IdP of the client and that of the domain alike.
    pub fn idps(&mut self, mut change: impl FnMut(&mut Idp)) {
        self.clients.iter_mut().filter_map(|c| c.idp.as_mut()).for_each(&mut change);
        self.domains.iter_mut().filter_map(|d| d.idp.as_mut()).for_each(change);
    }

    /// The platform takes any of several, and says nowhere which: server-scoped accounts that share an address (§9.1),
    /// and claims whose comma names several people (§17).
    pub fn is_undefined(&self) -> bool {
        let server: Vec<&String> = self
            .users
            .iter()
            .filter(|u| !u.deleted && !matches!(u.scope, Scope::Project(_)))
            .filter_map(|u| u.email.as_ref())
            .collect();
        let twins = server.iter().enumerate().any(|(i, email)| server[..i].contains(email));
        let emails = self.users.iter().filter_map(|u| u.email.as_ref());
        let memberships = self.users.iter().flat_map(|u| &u.memberships);
        let ids = memberships.filter_map(|m| m.external_id.as_ref());
        twins || named(self.attempt.email.as_ref(), emails) > 1 || named(self.attempt.sub.as_ref(), ids) > 1
    }

    /// Can the platform store this? Its unique keys (§9.1–9.3) forbid some combinations.
    pub fn is_possible(&self) -> bool {
        let memberships = self.users.iter().flat_map(|u| &u.memberships);
        let ids = memberships.filter_map(|m| Some(format!("m {:?} {}", m.at, m.external_id.as_ref()?)));
        let scoped = |u: &User| match u.scope {
            Scope::Project(at) => Some(at),
            _ => None,
        };
        let mails =
            self.users.iter().filter_map(|u| Some(format!("e {:?} {}", scoped(u)?, u.email.as_ref()?)));
        let legacy = self
            .users
            .iter()
            .filter_map(|u| Some(format!("l {:?} {}", scoped(u)?, u.legacy_external_id.as_ref()?)));
        let domains = self.domains.iter().map(|d| format!("d {}", d.domain));
        let mut keys: Vec<String> = ids.chain(mails).chain(legacy).chain(domains).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        keys.len() == all
    }
}

/// How many of these texts a claim with commas names.
fn named<'a>(claim: Option<&String>, stored: impl Iterator<Item = &'a String>) -> usize {
    let halves: Vec<&str> = claim.into_iter().flat_map(|c| c.split(',')).collect();
    if halves.len() < 2 {
        return 0;
    }
    stored.filter(|text| halves.iter().any(|half| half.eq_ignore_ascii_case(text))).count()
}
