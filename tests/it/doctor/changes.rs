//! What may be otherwise than healthy: one row is one fact, and rows of different subjects may be combined.

use super::scenario::{
    At, Behaviour, ClientRef, Domain, EMAIL, Factors, Flow, Idp, InState, Membership, MembershipRef,
    Password, Policy, ProjectRef, Redirect, SUB, Scenario, Scope, Target, User,
};

/// Which roads a fact can matter on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Every,
    /// The IdP speaks.
    External,
    Browser,
    Exchange,
    Password,
    /// A page asks: everything but exchange.
    Page,
    /// The person types an address that the platform sees.
    Typed,
    /// A client is named.
    Client,
    /// The state names a domain.
    Domain,
}

impl On {
    pub fn fits(self, s: &Scenario) -> bool {
        let flow = s.attempt.flow;
        match self {
            Self::Every => true,
            Self::External => flow != Flow::Password,
            Self::Browser => flow == Flow::Browser,
            Self::Exchange => matches!(flow, Flow::Exchange | Flow::LegacyExchange),
            Self::Password => flow == Flow::Password,
            Self::Page => matches!(flow, Flow::Browser | Flow::Password),
            Self::Typed => flow == Flow::Password || s.attempt.domain != InState::No,
            Self::Client => s.attempt.client.is_some(),
            Self::Domain => s.attempt.domain != InState::No,
        }
    }
}

/// The change of a name.
pub fn change(name: &str) -> fn(&mut Scenario) {
    CHANGES.iter().find(|c| c.1 == name).unwrap_or_else(|| panic!("no change {name}")).3
}

/// Subject, name, where it matters, what it does.
pub type Change = (&'static str, &'static str, On, fn(&mut Scenario));

const BLOCK: Policy = Policy::Rules(&[("*", false)]);
const ALLOW: Policy = Policy::Rules(&[("*", true)]);

pub const CHANGES: &[Change] = &[
    // The account.
    ("scope", "account of the project", On::Every, |s| s.jane().scope = Scope::Project(At::Home)),
    ("scope", "account of another project", On::Every, |s| s.jane().scope = Scope::Project(At::Other)),
    ("scope", "account adopted by the project", On::Every, |s| s.jane().scope = Scope::Adopted(At::Home)),
    ("scope", "account deleted", On::Every, |s| s.jane().deleted = true),
    ("stored", "stored address has capitals", On::Every, |s| s.jane().email = Some("Jane@{d}".into())),
    ("stored", "stored domain has capitals", On::Every, |s| s.jane().email = Some("jane@{D}".into())),
    ("stored", "stored address is an older one", On::Every, |s| {
        s.jane().email = Some("j.smith@{d}".into());
    }),
    ("stored", "no address stored", On::Every, |s| s.jane().email = None),
    ("stored", "an address with an umlaut, given in capitals", On::Every, |s| {
        s.jane().email = Some("jäne@{d}".into());
        s.attempt.typed = "JÄNE@{d}".into();
        s.attempt.email = Some("JÄNE@{D}".into());
    }),
    ("shadow", "ghost in the project", On::Every, |s| {
        s.users.push(User::new(Scope::Project(At::Home), EMAIL, vec![]));
    }),
    ("shadow", "ghost with an inactive membership", On::Every, |s| {
        s.users.push(User::new(Scope::Project(At::Home), EMAIL, vec![Membership::inactive(At::Home)]));
    }),
    ("shadow", "ghost in another project", On::Every, |s| {
        s.users.push(User::new(Scope::Project(At::Other), EMAIL, vec![]));
    }),
    ("shadow", "the project has an account of the same address that may sign in", On::Every, |s| {
        s.users.push(User::new(Scope::Project(At::Home), EMAIL, vec![Membership::at(At::Home)]));
    }),
    ("shadow", "a twin without membership", On::Every, |s| {
        s.users.push(User::new(Scope::Server, EMAIL, vec![]));
    }),
    ("shadow", "a twin that is a member too", On::Every, |s| {
        s.users.push(User::new(Scope::Server, EMAIL, vec![Membership::at(At::Home)]));
    }),
    // Memberships.
    ("membership", "no membership", On::Every, |s| s.jane().memberships.clear()),
    ("membership", "membership in another project only", On::Every, |s| {
        s.jane().memberships = vec![Membership::named(At::Other, SUB)];
    }),
    ("membership", "membership in both projects", On::Every, |s| {
        s.jane().memberships.push(Membership::at(At::Other));
    }),
    ("membership", "two memberships in the project", On::Every, |s| {
        s.jane().memberships.push(Membership { profile: "Patient", ..Membership::at(At::Home) });
    }),
    ("membership", "two memberships, the first inactive", On::Every, |s| {
        s.member().active = Some(false);
        s.jane().memberships.push(Membership::at(At::Home));
    }),
    ("membership", "two memberships, the id on the second", On::Every, |s| {
        s.member().external_id = None;
        s.jane().memberships.push(Membership::named(At::Home, SUB));
    }),
    ("membership", "membership in a project that was deleted", On::Every, |s| {
        s.jane().memberships = vec![Membership::named(At::Other, SUB)];
        s.other.deleted = true;
    }),
    ("active", "inactive", On::Every, |s| s.member().active = Some(false)),
    ("active", "active written out", On::Every, |s| s.member().active = Some(true)),
    ("external id", "no external id", On::Every, |s| s.member().external_id = None),
    ("external id", "external id in other letters", On::External, |s| {
        s.member().external_id = Some(SUB.to_lowercase());
    }),
    ("external id", "external id with a blank at the end", On::External, |s| {
        s.member().external_id = Some(format!("{SUB} "));
    }),
    ("external id", "external id with a comma, as the IdP sends it", On::External, |s| {
        s.member().external_id = Some("idp|JANE,01".into());
        s.attempt.sub = s.member().external_id.clone();
    }),
    ("external id", "external id with a backslash, as the IdP sends it", On::External, |s| {
        s.member().external_id = Some(r"CORP\jane".into());
        s.attempt.sub = s.member().external_id.clone();
    }),
    ("external id", "the id is on the other project's membership", On::External, |s| {
        s.member().external_id = None;
        s.jane().memberships.push(Membership::named(At::Other, SUB));
    }),
    ("external id", "a colleague holds the id", On::External, |s| {
        s.member().external_id = None;
        s.users[1].memberships[0].external_id = Some(SUB.into());
    }),
    ("legacy", "id on the user only", On::External, |s| {
        s.member().external_id = None;
        s.jane().legacy_external_id = Some(SUB.into());
    }),
    ("legacy", "id on the project's user only", On::External, |s| {
        s.member().external_id = None;
        s.jane().scope = Scope::Project(At::Home);
        s.jane().legacy_external_id = Some(SUB.into());
    }),
    ("legacy", "an inactive membership hides the user's own id", On::External, |s| {
        s.member().external_id = None;
        s.jane().scope = Scope::Project(At::Home);
        s.jane().legacy_external_id = Some(SUB.into());
        let gone = Membership { external_id: Some(SUB.into()), ..Membership::inactive(At::Home) };
        s.users.push(User::new(Scope::Server, "old@{d}", vec![gone]));
    }),
    // Gates.
    ("policy", "no policy", On::Every, |s| s.member().policy = None),
    ("policy", "policy never existed", On::Every, |s| s.member().policy = Some(Policy::Dangling)),
    ("policy", "policy deleted", On::Every, |s| s.member().policy = Some(Policy::Gone)),
    ("policy", "listed policy", On::Every, |s| s.member().listed = vec![Policy::Alive]),
    ("policy", "listed policy deleted", On::Every, |s| s.member().listed = vec![Policy::Alive, Policy::Gone]),
    ("policy", "blocked everywhere", On::Every, |s| s.member().policy = Some(BLOCK)),
    ("policy", "blocked by a listed policy", On::Every, |s| s.member().listed = vec![BLOCK]),
    ("policy", "allowed before blocked", On::Every, |s| {
        s.member().policy = Some(ALLOW);
        s.member().listed = vec![BLOCK];
    }),
    ("policy", "allowed from elsewhere only", On::Every, |s| {
        s.member().policy = Some(Policy::Rules(&[("10.", true), ("*", false)]));
    }),
    ("policy", "allowed from here only", On::Every, |s| {
        s.member().policy = Some(Policy::Rules(&[("127.0.0.1", true), ("*", false)]));
    }),
    ("policy", "blocked from here only", On::Every, |s| {
        s.member().policy = Some(Policy::Rules(&[("127.", false)]));
    }),
    // §6: a default that does not fit the admin flag is swapped in effect.
    ("default policy", "administrator with the staff's default, their own is dead", On::Every, |s| {
        s.home.defaults = Some((Policy::Alive, Policy::Gone));
        (s.member().admin, s.member().policy) = (true, Some(Policy::StaffDefault));
    }),
    ("default policy", "administrator with the staff's dead default, their own is alive", On::Every, |s| {
        s.home.defaults = Some((Policy::Dangling, Policy::Alive));
        (s.member().admin, s.member().policy) = (true, Some(Policy::StaffDefault));
    }),
    (
        "default policy",
        "no administrator, with the administrators' default, the staff's blocks",
        On::Every,
        |s| {
            s.home.defaults = Some((BLOCK, Policy::Alive));
            s.member().policy = Some(Policy::AdminDefault);
        },
    ),
    ("default policy", "administrator with the administrators' default", On::Every, |s| {
        s.home.defaults = Some((BLOCK, Policy::Alive));
        (s.member().admin, s.member().policy) = (true, Some(Policy::AdminDefault));
    }),
    ("configuration", "own configuration", On::Every, |s| s.member().configuration = Target::Alive),
    ("configuration", "configuration never existed", On::Every, |s| {
        s.member().configuration = Target::Dangling;
    }),
    ("configuration", "configuration deleted", On::Every, |s| s.member().configuration = Target::Gone),
    ("profile", "profile never existed", On::Every, |s| s.member().profile_is = Target::Dangling),
    ("profile", "profile deleted", On::Every, |s| s.member().profile_is = Target::Gone),
    ("profile", "a patient", On::Every, |s| s.member().profile = "Patient"),
    ("google", "Google only", On::Every, |s| s.home.google_only = true),
    ("google", "the other project is Google only", On::Every, |s| s.other.google_only = true),
    // Password and factors.
    ("password", "no password set", On::Every, |s| s.jane().password = false),
    ("typed password", "wrong password", On::Password, |s| s.attempt.password = Password::Wrong),
    ("typed password", "short password", On::Password, |s| s.attempt.password = Password::Short),
    ("factor", "factor required of the user", On::Every, |s| s.jane().factors.required = true),
    ("factor", "enrolled by app", On::Every, |s| s.jane().factors = enrolled(&["totp"])),
    ("factor", "enrolled by mail", On::Password, |s| s.jane().factors = enrolled(&["email"])),
    ("factor", "enrolled by both", On::Password, |s| s.jane().factors = enrolled(&["totp", "email"])),
    ("factor", "enrolled before methods were listed", On::Password, |s| s.jane().factors = enrolled(&[])),
    ("factor", "methods listed but not enrolled", On::Password, |s| {
        s.jane().factors = Factors { methods: vec!["totp"], ..Factors::default() };
    }),
    ("factor rule", "factor required by the project", On::Every, |s| s.home.mfa_required = true),
    ("factor rule", "factor required by the other project", On::Password, |s| s.other.mfa_required = true),
    // The client.
    ("client", "client without IdP", On::Client, |s| s.client().idp = None),
    ("client", "client off", On::Client, |s| s.client().status = Some("off")),
    ("client", "client of another project", On::Client, |s| s.client().at = Some(At::Other)),
    ("client", "client of no project", On::Client, |s| s.client().at = None),
    ("client", "client deleted", On::Client, |s| s.client().deleted = true),
    ("client", "client without membership", On::Client, |s| s.client().has_membership = false),
    ("client", "client unknown", On::Client, |s| s.attempt.client = Some(ClientRef::Unknown)),
    ("client", "client id is no UUID", On::Client, |s| s.attempt.client = Some(ClientRef::NoUuid)),
    ("client", "the built-in client", On::Client, |s| s.attempt.client = Some(ClientRef::BuiltIn)),
    ("redirect", "registered address to return to", On::Browser, |s| {
        s.attempt.redirect = Redirect::Registered;
    }),
    ("redirect", "foreign address to return to", On::Browser, |s| s.attempt.redirect = Redirect::Foreign),
    ("redirect", "address below the registered one", On::Browser, |s| {
        s.attempt.redirect = Redirect::Below;
    }),
    ("redirect", "address below the registered one, which the project allows", On::Browser, |s| {
        s.attempt.redirect = Redirect::Below;
        s.home.loose_redirects = true;
    }),
    ("page", "page of a foreign origin", On::Password, |s| {
        s.client().allowed_origin = Some("https://app.example");
        s.attempt.origin = Some("https://evil.example");
    }),
    ("page", "page of an allowed origin", On::Password, |s| {
        s.client().allowed_origin = Some("https://app.example");
        s.attempt.origin = Some("https://app.example");
    }),
    ("challenge", "challenge without method", On::Page, |s| s.attempt.half_challenge = true),
    ("challenge", "challenge without method, PKCE optional", On::Client, |s| {
        s.attempt.half_challenge = true;
        s.client().pkce_optional = true;
    }),
    ("project", "project named", On::Page, |s| s.attempt.project = Some(ProjectRef::Is(At::Home))),
    ("project", "other project named", On::Page, |s| s.attempt.project = Some(ProjectRef::Is(At::Other))),
    ("project", "unknown project named", On::Page, |s| s.attempt.project = Some(ProjectRef::Unknown)),
    ("chosen", "her membership named", On::Exchange, |s| {
        s.attempt.membership = Some(MembershipRef::Of(0, 0));
    }),
    ("chosen", "her second membership named", On::Exchange, |s| {
        s.jane().memberships.push(Membership::at(At::Home));
        let last = s.jane().memberships.len() - 1;
        s.attempt.membership = Some(MembershipRef::Of(0, last));
    }),
    ("chosen", "a colleague's membership named", On::Exchange, |s| {
        s.attempt.membership = Some(MembershipRef::Of(1, 0));
    }),
    ("chosen", "unknown membership named", On::Exchange, |s| {
        s.attempt.membership = Some(MembershipRef::Unknown);
    }),
    // The IdP's configuration (§9.4, §17: half-set pairs).
    ("mode", "useSubject", On::External, |s| mode(s, Some(true), None, None)),
    ("mode", "useSubject false", On::External, |s| mode(s, Some(false), None, None)),
    ("mode", "source email alone", On::External, |s| mode(s, None, Some("email"), None)),
    ("mode", "source subject alone", On::External, |s| mode(s, None, Some("subject"), None)),
    ("mode", "mapping user-email alone", On::External, |s| mode(s, None, None, Some("user-email"))),
    ("mode", "mapping external id alone", On::External, |s| mode(s, None, None, Some(BY_ID))),
    ("mode", "email pair", On::External, |s| mode(s, None, Some("email"), Some("user-email"))),
    ("mode", "subject pair", On::External, |s| mode(s, None, Some("subject"), Some(BY_ID))),
    ("mode", "crossed pair", On::External, |s| mode(s, None, Some("email"), Some(BY_ID))),
    ("mode", "crossed pair the other way", On::External, |s| {
        mode(s, None, Some("subject"), Some("user-email"));
    }),
    ("mode", "pair that nobody implements", On::External, |s| {
        mode(s, None, Some("fhir-user"), Some("project-membership-profile"));
    }),
    ("mode", "useSubject with source email", On::External, |s| mode(s, Some(true), Some("email"), None)),
    ("mode", "useSubject with source subject", On::External, |s| mode(s, Some(true), Some("subject"), None)),
    ("mode", "useSubject with mapping external id", On::External, |s| mode(s, Some(true), None, Some(BY_ID))),
    ("mode", "useSubject with the email pair", On::External, |s| {
        mode(s, Some(true), Some("email"), Some("user-email"));
    }),
    ("mode", "useSubject with the subject pair", On::External, |s| {
        mode(s, Some(true), Some("subject"), Some(BY_ID));
    }),
    ("addresses", "the IdP's addresses are no URLs", On::External, |s| s.idps(|idp| idp.no_urls = true)),
    ("user info", "gcip", On::Exchange, |s| s.idps(|idp| idp.gcip = Some(true))),
    ("user info", "gcip without its key", On::Exchange, |s| s.idps(|idp| idp.gcip = Some(false))),
    // The domain's route (§11).
    ("route", "no route", On::Domain, |s| s.domains.clear()),
    ("route", "route stored with capitals", On::Domain, |s| s.routes(|d| d.domain = "{D}".into())),
    ("route", "route in both spellings", On::Domain, |s| {
        s.domains.push(Domain { domain: "{D}".into(), idp: None });
    }),
    ("route", "route without IdP", On::Domain, |s| s.routes(|d| d.idp = None)),
    ("route", "route with a broken address", On::Domain, |s| {
        s.routes(|d| d.idp = Some(Idp { broken: true, ..Idp::default() }));
    }),
    ("typed", "domain typed with capitals", On::Typed, |s| s.attempt.typed = "jane@{D}".into()),
    ("typed", "name typed with capitals", On::Typed, |s| s.attempt.typed = "Jane@{d}".into()),
    ("typed", "a subdomain typed", On::Typed, |s| s.attempt.typed = "jane@ward.{d}".into()),
    ("typed", "no address typed", On::Typed, |s| s.attempt.typed = "jane".into()),
    ("typed", "a comma typed", On::Typed, |s| s.attempt.typed = "zzz,jane@{d}".into()),
    ("typed", "a blank before the address", On::Typed, |s| s.attempt.typed = " jane@{d}".into()),
    ("typed", "a dot after the domain", On::Typed, |s| s.attempt.typed = "jane@{d}.".into()),
    ("typed", "a domain of one word", On::Typed, |s| s.attempt.typed = "jane@ward".into()),
    ("typed", "a tag in the address", On::Typed, |s| s.attempt.typed = "jane+ward@{d}".into()),
    ("state", "the state names another domain", On::Domain, |s| {
        s.attempt.domain = InState::Given("{o}".into());
        s.domains.push(Domain { domain: "{o}".into(), idp: Some(Idp::default()) });
    }),
    // The IdP's claims.
    ("email claim", "no address asserted", On::External, |s| s.attempt.email = None),
    ("email claim", "empty address asserted", On::External, |s| s.attempt.email = Some(String::new())),
    ("email claim", "address asserted in capitals", On::External, |s| {
        s.attempt.email = Some("JANE@{D}".into());
    }),
    ("email claim", "newer address asserted", On::External, |s| {
        s.attempt.email = Some("jane.smith@{d}".into());
    }),
    ("email claim", "address of another domain asserted", On::External, |s| {
        s.attempt.email = Some("jane@{o}".into());
    }),
    ("email claim", "a comma in the address asserted", On::External, |s| {
        s.attempt.email = Some("zzz@{d},jane@{d}".into());
    }),
    ("email claim", "a blank after the address asserted", On::External, |s| {
        s.attempt.email = Some("jane@{d} ".into());
    }),
    ("email claim", "a backslash in the address asserted", On::External, |s| {
        s.attempt.email = Some(r"jan\e@{d}".into());
    }),
    ("email claim", "a number asserted for the address", On::External, |s| {
        s.attempt.odd_claims.push(("email", "5"));
    }),
    ("email claim", "null asserted for the address", On::External, |s| {
        s.attempt.odd_claims.push(("email", "null"));
    }),
    ("subject claim", "a number for the subject", On::External, |s| {
        s.attempt.odd_claims.push(("sub", "17"));
    }),
    ("subject claim", "a list for the subject", On::External, |s| {
        s.attempt.odd_claims.push(("sub", r#"["idp|JANE01"]"#));
    }),
    ("subject claim", "empty subject", On::External, |s| s.attempt.sub = Some(String::new())),
    ("subject claim", "subject with a comma at the start", On::External, |s| {
        s.attempt.sub = Some(format!(",{SUB}"));
    }),
    ("subject claim", "subject with a backslash at the end", On::External, |s| {
        s.attempt.sub = Some(format!("{SUB}\\"));
    }),
    ("subject claim", "no subject", On::External, |s| s.attempt.sub = None),
    ("subject claim", "subject in other letters", On::External, |s| {
        s.attempt.sub = Some(SUB.to_lowercase());
    }),
    ("subject claim", "subject with a blank at the end", On::External, |s| {
        s.attempt.sub = Some(format!("{SUB} "));
    }),
    ("subject claim", "subject with a comma before hers", On::External, |s| {
        s.attempt.sub = Some(format!("zzz,{SUB}"));
    }),
    ("subject claim", "subject with a backslash", On::External, |s| {
        s.attempt.sub = Some(SUB.replace("JANE", r"\JANE"));
    }),
    ("subject claim", "a prefix of her subject", On::External, |s| s.attempt.sub = Some("idp|JANE".into())),
    // The IdP's health.
    ("idp", "IdP refuses", On::External, |s| s.attempt.idp = Behaviour::Refuses),
    ("idp", "IdP answers with a page", On::External, |s| s.attempt.idp = Behaviour::Html),
    ("idp", "IdP throttles", On::External, |s| s.attempt.idp = Behaviour::Throttles),
    ("idp", "IdP answers nothing", On::External, |s| s.attempt.idp = Behaviour::Empty),
    ("idp", "IdP unreachable", On::External, |s| s.idps(|idp| idp.unreachable = true)),
];

const BY_ID: &str = "project-membership-external-id";

fn enrolled(methods: &[&'static str]) -> Factors {
    Factors { enrolled: true, methods: methods.to_vec(), required: false }
}

fn mode(
    s: &mut Scenario,
    use_subject: Option<bool>,
    source: Option<&'static str>,
    mapping: Option<&'static str>,
) {
    s.idps(|idp| (idp.use_subject, idp.source, idp.mapping) = (use_subject, source, mapping));
}
