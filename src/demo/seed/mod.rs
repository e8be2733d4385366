//! The demonstration's tenant: a believable clinic group with every kind of broken linkage in it (platform-api §10).
//!
//! | Who | How they sign in |
//! |---|---|
//! | staff (`clinic.example`) | external ids at the client "Clinic Portal"; by e-mail at the client "Ward Rota" |
//! | partners (`partner.example`, `lab.example`) | by e-mail through their domains' routes |
//! | patients | e-mail and password, accounts of the project |
//!
//! `clinic.example` itself has no route: a routed domain takes the platform's own password reset from its people
//! (platform-api §11), and the recordings reset passwords there.
//!
//! The same [`Seed`] always writes the same people, ids and times; only the super admin's sessions are of today.

mod book;
mod cases;
mod clinic;
mod names;
mod population;
mod sessions;

use serde_json::{Value, json};

use super::caller::reference_to as reference;
use super::idp::{Person, Provider};
use super::outcome::Outcome;
use super::state::State;
use super::store::Store;
use book::{Book, SYSTEM};
use clinic::{DAY, FIRST_DAY, Project, Spec, person, provider, provider_of};

/// How much to write, and from which dice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// Members of the clinic project in all; the hand-made ones are always there.
    pub members: usize,
    /// The dice's seed.
    pub seed: u64,
}

impl Default for Seed {
    fn default() -> Self {
        Self { members: 240, seed: 1 }
    }
}

/// An address and its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// What somebody needs to know to use the demonstration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The clinic's project.
    pub project_id: String,
    /// The console's own public client in it, with the three loopback redirects.
    pub client_id: String,
    /// The client with the staff's IdP, for token exchange.
    pub portal_client_id: String,
    /// The service client with an admin membership, and its secret.
    pub service: Account,
    /// The super admin.
    pub super_admin: Account,
    /// The project admin.
    pub project_admin: Account,
}

/// The password of everybody in the demonstration who has one, but the super admin.
pub const PASSWORD: &str = "clinic-demo-1";

fn hash(password: &str) -> Result<String, Outcome> {
    bcrypt::hash(password, 4).map_err(|e| Outcome::bad_request(e.to_string()))
}

/// The parts of the clinic that the hand-made cases and the population refer to.
#[derive(Debug)]
struct Clinic {
    main: Project,
    harbour: Project,
    google_only: Project,
    staff_policy: Value,
    ward_policy: Value,
    invited_by: Value,
    /// Reference of the admin's profile, the author of what is done by FHIR.
    admin: String,
    /// Reference of the super admin's profile.
    operator: String,
    issuer: String,
    hash: String,
    people: Vec<Person>,
}

/// Writes the whole tenant into a fresh platform and introduces its people to the identity provider. An error names
/// what could not be made.
pub fn fill(
    state: &State,
    seed: Seed,
    (email, password): &(String, String),
    provider: &Provider,
) -> Result<Facts, String> {
    let super_admin = Account { email: email.clone(), password: password.clone() };
    let now = state.clock.now_ms();
    let written = write(&mut state.write(), seed, provider.issuer(), super_admin, now);
    let (facts, people) = written.map_err(|outcome| outcome.text().to_owned())?;
    provider.set_people(people);
    Ok(facts)
}

/// Writes the whole tenant; `issuer` is where the demonstration's identity provider lives (no slash at the end), `now`
/// is in milliseconds. Gives back what to know about it and the people of the identity provider.
fn write(
    store: &mut Store,
    seed: Seed,
    issuer: &str,
    super_admin: Account,
    now: i64,
) -> Result<(Facts, Vec<Person>), Outcome> {
    let mut book = Book::new(store, seed.seed);
    let operator = book
        .membership_of(&super_admin.email)
        .and_then(|m| m["profile"]["reference"].as_str().map(ToOwned::to_owned))
        .unwrap_or_else(|| SYSTEM.to_owned());
    let hash = hash(PASSWORD)?;

    let admin_email = "pat.admin@ops.clinic.example";
    let admin_user = book.add(
        None,
        SYSTEM,
        FIRST_DAY,
        json!({
            "resourceType": "User",
            "firstName": "Pat",
            "lastName": "Admin",
            "email": admin_email,
            "emailVerified": true,
            "passwordHash": hash,
        }),
    );
    let main = book.project(
        "Clinic Demo",
        Some("A group of clinics, for demonstration"),
        &admin_user,
        FIRST_DAY + 100,
    );
    let pat = Spec { admin: true, ..Spec::staff("Pat", "Admin", admin_email, FIRST_DAY + 200) };
    let admin_profile = book.profile(&main, &pat);
    let membership = json!({
        "resourceType": "ProjectMembership",
        "project": reference(&main.resource),
        "user": reference(&admin_user),
        "profile": reference(&admin_profile),
        "admin": true,
    });
    book.add(Some(&main.id), SYSTEM, FIRST_DAY + 300, membership);

    let mut clinic = Clinic {
        harbour: book.project("Harbour Research", None, &admin_user, FIRST_DAY + DAY),
        google_only: book.project("Google Only Practice", None, &admin_user, FIRST_DAY + 2 * DAY),
        staff_policy: Value::Null,
        ward_policy: Value::Null,
        invited_by: reference(&admin_user),
        admin: super::lookup::reference_text(&admin_profile),
        operator,
        issuer: issuer.to_owned(),
        hash,
        people: Vec::new(),
        main,
    };
    policies_of(&mut book, &mut clinic);
    let admin = Account { email: admin_email.into(), password: PASSWORD.into() };
    let facts = clients_of(&mut book, &clinic, super_admin, admin);
    routes_of(&mut book, &clinic);
    clinic.people.push(person("okta|00uPATADMIN0000001", admin_email, "Pat", "Admin"));
    let made = cases::write(&mut book, &mut clinic);
    population::write(&mut book, &mut clinic, seed.members.saturating_sub(made + 1));
    sessions::write(&mut book, &facts.super_admin.email, now);
    book.finish()?;
    Ok((facts, clinic.people))
}

fn policies_of(book: &mut Book<'_>, clinic: &mut Clinic) {
    let at = FIRST_DAY + 3 * DAY;
    let admin = clinic.admin.clone();
    let mut policy = |body: Value, at: i64| reference(&book.add(Some(&clinic.main.id), &admin, at, body));
    clinic.staff_policy = policy(
        json!({
            "resourceType": "AccessPolicy",
            "name": "Staff default",
            "resource": [{"resourceType": "*"}],
        }),
        at,
    );
    clinic.ward_policy = policy(
        json!({
            "resourceType": "AccessPolicy",
            "name": "Ward network only",
            "resource": [{"resourceType": "*"}],
            "ipAccessRule": [
                {"name": "ward", "value": "10.20.", "action": "allow"},
                {"name": "elsewhere", "value": "*", "action": "block"},
            ],
        }),
        at + 1_000,
    );
    policy(
        json!({
            "resourceType": "AccessPolicy",
            "name": "Read only",
            "resource": [{"resourceType": "*", "readonly": true, "interaction": ["search", "read", "history", "vread"]}],
        }),
        at + 2_000,
    );
}

fn clients_of(book: &mut Book<'_>, clinic: &Clinic, super_admin: Account, project_admin: Account) -> Facts {
    let at = FIRST_DAY + 4 * DAY;
    let console = json!({
        "resourceType": "ClientApplication",
        "name": "idconsole",
        "description": "Identity console for administrators",
        "redirectUris": [
            "http://127.0.0.1:9615/callback",
            "http://127.0.0.1:9625/callback",
            "http://127.0.0.1:9635/callback",
        ],
    });
    let console = book.add(Some(&clinic.main.id), &clinic.admin, at, console);
    let mut by_subject = provider(&clinic.issuer, super::idp::STAFF_CLIENT);
    by_subject["useSubject"] = json!(true);
    by_subject["identitySource"] = json!("subject");
    by_subject["identityMappingMode"] = json!("project-membership-external-id");
    let portal = json!({
        "resourceType": "ClientApplication",
        "name": "Clinic Portal",
        "description": "The staff portal; recognises people by their external id",
        "secret": book.dice.base32(),
        "redirectUris": ["https://portal.clinic.example/callback", "http://127.0.0.1:9615/callback"],
        "identityProvider": by_subject,
    });
    let portal = book.client(&clinic.main, portal, false, at + 1_000);
    // Subject in the browser, e-mail in token exchange: identitySource is set and useSubject is not.
    let mut half = provider(&clinic.issuer, super::idp::STAFF_CLIENT);
    half["identitySource"] = json!("subject");
    let old = json!({
        "resourceType": "ClientApplication",
        "name": "Old Portal",
        "secret": book.dice.base32(),
        "redirectUri": "https://old-portal.clinic.example/callback",
        "identityProvider": half,
    });
    book.client(&clinic.main, old, false, at + 2_000);
    let rota = json!({
        "resourceType": "ClientApplication",
        "name": "Ward Rota",
        "description": "Who is on duty; recognises people by their e-mail",
        "secret": book.dice.base32(),
        "redirectUris": ["https://rota.clinic.example/callback"],
        "identityProvider": provider(&clinic.issuer, super::idp::STAFF_CLIENT),
    });
    book.client(&clinic.main, rota, false, at + 2_500);
    let secret = book.dice.base32();
    let service = json!({
        "resourceType": "ClientApplication",
        "name": "Nightly report",
        "description": "Service client with an admin membership",
        "secret": secret,
    });
    let service = book.client(&clinic.main, service, true, at + 3_000);
    let id = |v: &Value| v["id"].as_str().unwrap_or_default().to_owned();
    Facts {
        project_id: clinic.main.id.clone(),
        client_id: id(&console),
        portal_client_id: id(&portal),
        service: Account { email: id(&service), password: secret },
        super_admin,
        project_admin,
    }
}

fn routes_of(book: &mut Book<'_>, clinic: &Clinic) {
    let at = FIRST_DAY + 5 * DAY;
    let (issuer, operator) = (clinic.issuer.clone(), clinic.operator.clone());
    for (seconds, domain) in [(0, "partner.example"), (1, "lab.example")] {
        book.domain(domain, &provider_of(&issuer, domain), &operator, at + seconds * 1_000);
    }
    // Stored with a capital: /auth/method never finds it.
    book.domain("Capital.example", &provider_of(&issuer, "capital"), &operator, at + 10_000);
    // Without an IdP: falls to the password page.
    book.domain("bare.example", &Value::Null, &operator, at + 11_000);
    // Not an absolute address: everybody of this domain is refused.
    let mut broken = provider_of(&issuer, "broken");
    broken["authorizeUrl"] = json!("login.broken.example/authorize");
    book.domain("broken.example", &broken, &operator, at + 12_000);
}

#[cfg(test)]
mod tests;
