//! Puts scenarios into an embedded platform. Many share one: each has its own projects, domains and addresses.
//!
//! The records are written straight into the store. A super admin's API would refuse or tidy up the very states that are
//! in question here (capitals in stored addresses, references into nothing, clients without project), and one
//! transaction per scenario keeps the run short.

use std::sync::atomic::{AtomicUsize, Ordering};

use idconsole::demo::{Options, Platform, Running, Settings};
use serde_json::{Value, json};
use uuid::Uuid;

use super::idp::Provider;
use super::scenario::{
    At, Client, ClientRef, Idp, Membership, MembershipRef, Policy, ProjectRef, Scenario, Scope, Target, User,
};
use crate::workflows::scene::token;

/// The password of everybody who has one.
pub const PASSWORD: &str = "ward-seven-lantern";

/// A platform for scenarios, and the provider that all of them use.
pub struct World {
    pub running: Running,
    pub provider: Provider,
    pub http: reqwest::Client,
    /// A super admin's access token.
    pub operator: String,
    hash: String,
    next: AtomicUsize,
}

/// A scenario in place: the names that the platform gave.
#[derive(Debug, Clone)]
pub struct Placed {
    number: usize,
    pub home: String,
    pub other: String,
    /// User ids, in the order of the scenario.
    pub users: Vec<String>,
    /// Membership ids by user.
    pub memberships: Vec<Vec<String>>,
    pub clients: Vec<String>,
    /// Default policies of the home project, as references: staff, administrators.
    defaults: Vec<Value>,
    /// Address of the administrator of the home project.
    pub admin: String,
    unknown: String,
}

impl Placed {
    /// A text of the scenario as it stands on the platform.
    pub fn text(&self, template: &str) -> String {
        let n = self.number;
        template
            .replace("{d}", &format!("s{n}.example"))
            .replace("{D}", &format!("S{n}.Example"))
            .replace("{o}", &format!("o{n}.example"))
    }

    pub fn project(&self, project: ProjectRef) -> &str {
        match project {
            ProjectRef::Is(At::Home) => &self.home,
            ProjectRef::Is(At::Other) => &self.other,
            ProjectRef::Unknown => &self.unknown,
        }
    }

    pub fn client(&self, client: ClientRef) -> &str {
        match client {
            ClientRef::Own(i) => &self.clients[i],
            ClientRef::Unknown => &self.unknown,
            ClientRef::NoUuid => "no-such-client",
            ClientRef::BuiltIn => "medplum-cli",
        }
    }

    pub fn membership(&self, membership: MembershipRef) -> &str {
        match membership {
            // Where an earlier change took it away, nobody knows it.
            MembershipRef::Of(user, i) => self.memberships[user].get(i).unwrap_or(&self.unknown),
            MembershipRef::Unknown => &self.unknown,
        }
    }
}

impl World {
    pub async fn new() -> Self {
        let settings = Settings::parse(["allowUnsafeOutbound=true"]).unwrap();
        let options = Options { settings, ..Options::default() };
        let (email, password) = options.super_admin.clone();
        let running = Platform::start(options).unwrap();
        let operator = token(&running, &email, &password, None).await;
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(20))
            .build()
            .unwrap();
        let hash = bcrypt::hash(PASSWORD, 4).unwrap();
        Self { running, provider: Provider::start().await, http, operator, hash, next: AtomicUsize::new(1) }
    }

    /// Writes a scenario down.
    pub fn place(&self, scenario: &Scenario) -> Placed {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Placing { world: self, number }.place(scenario)
    }

    /// What is only set once the administrators have their sessions: running sessions do not ask for it (§17).
    pub fn tighten(&self, scenario: &Scenario, placed: &Placed) {
        let both = [(&placed.home, &scenario.home), (&placed.other, &scenario.other)];
        for (id, rules) in both {
            let mut project = self.running.state.read().get("Project", id).unwrap();
            if rules.google_only {
                project["features"] = json!(["google-auth-required"]);
            }
            let switches =
                [("mfaRequired", rules.mfa_required), ("allow-dangerous-redirect", rules.loose_redirects)];
            let on = switches.iter().filter(|(_, on)| *on);
            let on: Vec<Value> = on.map(|(name, _)| json!({"name": name, "valueBoolean": true})).collect();
            if !on.is_empty() {
                project["setting"] = json!(on);
            }
            self.running.state.write().system_update(project).unwrap();
            if rules.deleted {
                self.running.state.write().delete("Project", id);
            }
        }
    }

    /// An access token of the administrator of the scenario's home project. To be asked before [`World::tighten`].
    pub async fn administrator(&self, placed: &Placed) -> String {
        let who = json!({"email": placed.admin, "password": PASSWORD, "projectId": placed.home});
        signed_in(&self.running.base_url, &self.http, who).await
    }
}

/// Signs in by password; the access token.
pub async fn signed_in(base: &str, http: &reqwest::Client, mut body: Value) -> String {
    let verifier = "a-verifier-that-is-long-enough-for-the-rules-0123456789";
    for (name, value) in [("scope", "openid"), ("codeChallenge", verifier), ("codeChallengeMethod", "plain")]
    {
        body[name] = json!(value);
    }
    let login = http.post(format!("{base}auth/login")).json(&body).send().await.unwrap();
    let login: Value = login.json().await.unwrap();
    let code = login["code"].as_str().unwrap_or_else(|| panic!("{login}"));
    let form = [("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier)];
    let answer = http.post(format!("{base}oauth2/token")).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

struct Placing<'a> {
    world: &'a World,
    number: usize,
}

fn reference(resource: &Value) -> Value {
    json!({"reference": format!("{}/{}", text(resource, "resourceType"), text(resource, "id"))})
}

fn text<'v>(resource: &'v Value, name: &str) -> &'v str {
    resource[name].as_str().unwrap_or_default()
}

impl Placing<'_> {
    fn create(&self, project: Option<&str>, mut resource: Value) -> Value {
        if let Some(project) = project {
            resource["meta"] = json!({"project": project});
        }
        let written = self.world.running.state.write().system_create(resource.clone());
        written.unwrap_or_else(|refused| panic!("{}: {resource}", refused.text()))
    }

    fn delete(&self, resource: &Value) {
        self.world.running.state.write().delete(text(resource, "resourceType"), text(resource, "id"));
    }

    /// A reference as the target has it; `alive` makes the resource.
    fn point(&self, kind: &str, target: Target, alive: impl FnOnce() -> Value) -> Value {
        match target {
            Target::None => Value::Null,
            Target::Dangling => json!({"reference": format!("{kind}/{}", Uuid::new_v4())}),
            Target::Alive => reference(&alive()),
            Target::Gone => {
                let resource = alive();
                self.delete(&resource);
                reference(&resource)
            }
        }
    }

    fn place(&self, scenario: &Scenario) -> Placed {
        let project = |name: &str| {
            let name = format!("{name} {}", self.number);
            let body = json!({"resourceType": "Project", "name": name, "strictMode": true});
            text(&self.create(None, body), "id").to_owned()
        };
        let mut placed = Placed {
            number: self.number,
            home: project("Home"),
            other: project("Other"),
            users: Vec::new(),
            memberships: Vec::new(),
            clients: Vec::new(),
            defaults: Vec::new(),
            admin: format!("admin@a{}.example", self.number),
            unknown: Uuid::new_v4().to_string(),
        };
        self.administrator(&placed);
        if let Some((staff, admin)) = scenario.home.defaults {
            placed.defaults =
                [staff, admin].into_iter().map(|policy| self.policy(&placed, &placed.home, policy)).collect();
            self.set_defaults(&placed);
        }
        for client in &scenario.clients {
            placed.clients.push(self.client(&placed, client));
        }
        for domain in &scenario.domains {
            let mut body =
                json!({"resourceType": "DomainConfiguration", "domain": placed.text(&domain.domain)});
            if let Some(idp) = &domain.idp {
                body["identityProvider"] = self.idp(idp);
            }
            self.create(None, body);
        }
        for user in &scenario.users {
            let (id, memberships) = self.user(&placed, user);
            placed.users.push(id);
            placed.memberships.push(memberships);
        }
        placed
    }

    fn set_defaults(&self, placed: &Placed) {
        let state = &self.world.running.state;
        let mut home = state.read().get("Project", &placed.home).unwrap();
        let kinds = ["Practitioner", "Admin"].into_iter().zip(&placed.defaults);
        home["defaultAccessPolicies"] =
            kinds.map(|(kind, policy)| json!({"profileType": kind, "accessPolicy": policy})).collect();
        state.write().system_update(home).unwrap();
    }

    fn administrator(&self, placed: &Placed) {
        let home = json!({"reference": format!("Project/{}", placed.home)});
        let user = self.create(
            Some(&placed.home),
            json!({"resourceType": "User", "firstName": "Pat", "lastName": "Admin", "email": placed.admin,
                "passwordHash": self.world.hash, "project": home}),
        );
        let profile = self.create(
            Some(&placed.home),
            json!({"resourceType": "Practitioner", "name": [{"given": ["Pat"], "family": "Admin"}]}),
        );
        self.create(
            None,
            json!({"resourceType": "ProjectMembership", "project": home, "user": reference(&user),
                "profile": reference(&profile), "admin": true}),
        );
    }

    fn idp(&self, idp: &Idp) -> Value {
        let base = if idp.unreachable { "http://127.0.0.1:9".to_owned() } else { self.world.provider.base() };
        let mut body = json!({
            "authorizeUrl": if idp.broken { "not a url".to_owned() } else { format!("{base}/authorize") },
            "tokenUrl": format!("{base}/token"),
            "userInfoUrl": format!("{base}/userinfo"),
            "clientId": "platform",
            "clientSecret": "secret",
        });
        if let Some(use_subject) = idp.use_subject {
            body["useSubject"] = json!(use_subject);
        }
        if let Some(key) = idp.gcip {
            body["userInfoMode"] = json!("gcip");
            if key {
                body["userInfoApiKey"] = json!("key");
            }
        }
        if let Some(source) = idp.source {
            body["identitySource"] = json!(source);
        }
        if let Some(mapping) = idp.mapping {
            body["identityMappingMode"] = json!(mapping);
        }
        body
    }

    fn client(&self, placed: &Placed, client: &Client) -> String {
        let project = client.at.map(|at| placed.project(ProjectRef::Is(at)));
        let mut body = json!({"resourceType": "ClientApplication", "name": format!("Ward app {}", self.number),
            "redirectUris": [REDIRECT]});
        if let Some(idp) = &client.idp {
            body["identityProvider"] = self.idp(idp);
        }
        if let Some(status) = client.status {
            body["status"] = json!(status);
        }
        if let Some(origin) = client.allowed_origin {
            body["allowedOrigin"] = json!([origin]);
        }
        if client.pkce_optional {
            body["pkceOptional"] = json!(true);
        }
        let made = self.create(project, body);
        if let (true, Some(project)) = (client.has_membership, project) {
            let project = json!({"reference": format!("Project/{project}")});
            let body = json!({"resourceType": "ProjectMembership", "project": project, "user": reference(&made),
                "profile": reference(&made)});
            self.create(None, body);
        }
        if client.deleted {
            self.delete(&made);
        }
        text(&made, "id").to_owned()
    }

    fn user(&self, placed: &Placed, user: &User) -> (String, Vec<String>) {
        let mut body = json!({"resourceType": "User", "firstName": "Jane", "lastName": "Smith"});
        if let Some(email) = &user.email {
            body["email"] = json!(placed.text(email));
        }
        if let Some(id) = &user.legacy_external_id {
            body["externalId"] = json!(id);
        }
        if user.password {
            body["passwordHash"] = json!(self.world.hash);
        }
        if user.factors.required {
            body["mfaRequired"] = json!(true);
        }
        if user.factors.enrolled {
            body["mfaEnrolled"] = json!(true);
            body["mfaSecret"] = json!("JBSWY3DPEHPK3PXP");
        }
        if !user.factors.methods.is_empty() {
            body["mfaMethod"] = json!(user.factors.methods);
        }
        let project = match user.scope {
            Scope::Server => None,
            Scope::Project(at) => {
                let id = placed.project(ProjectRef::Is(at));
                body["project"] = json!({"reference": format!("Project/{id}")});
                Some(id)
            }
            Scope::Adopted(at) => Some(placed.project(ProjectRef::Is(at))),
        };
        let made = self.create(project, body);
        let memberships = user.memberships.iter().map(|m| self.membership(placed, &made, m)).collect();
        if user.deleted {
            self.delete(&made);
        }
        (text(&made, "id").to_owned(), memberships)
    }

    fn membership(&self, placed: &Placed, user: &Value, membership: &Membership) -> String {
        let project = placed.project(ProjectRef::Is(membership.at));
        let profile = || {
            let name = json!([{"given": ["Jane"], "family": "Smith"}]);
            self.create(Some(project), json!({"resourceType": membership.profile, "name": name}))
        };
        let mut user_reference = reference(user);
        if user["email"].is_string() {
            user_reference["display"] = user["email"].clone();
        }
        let mut body = json!({
            "resourceType": "ProjectMembership",
            "project": {"reference": format!("Project/{project}")},
            "user": user_reference,
            "profile": self.point(membership.profile, membership.profile_is, profile),
        });
        if let Some(active) = membership.active {
            body["active"] = json!(active);
        }
        if membership.admin {
            body["admin"] = json!(true);
        }
        if let Some(id) = &membership.external_id {
            body["externalId"] = json!(id);
        }
        if let Some(policy) = membership.policy {
            body["accessPolicy"] = self.policy(placed, project, policy);
        }
        if !membership.listed.is_empty() {
            let listed =
                membership.listed.iter().map(|p| json!({"policy": self.policy(placed, project, *p)}));
            body["access"] = listed.collect();
        }
        let configuration =
            || self.create(Some(project), json!({"resourceType": "UserConfiguration", "name": "Ward"}));
        let configuration = self.point("UserConfiguration", membership.configuration, configuration);
        if configuration.is_object() {
            body["userConfiguration"] = configuration;
        }
        text(&self.create(None, body), "id").to_owned()
    }

    fn policy(&self, placed: &Placed, project: &str, policy: Policy) -> Value {
        let (target, rules) = match policy {
            Policy::Alive => (Target::Alive, &[][..]),
            Policy::Dangling => (Target::Dangling, &[][..]),
            Policy::Gone => (Target::Gone, &[][..]),
            Policy::Rules(rules) => (Target::Alive, rules),
            Policy::StaffDefault => return placed.defaults[0].clone(),
            Policy::AdminDefault => return placed.defaults[1].clone(),
        };
        self.point("AccessPolicy", target, || {
            let mut body =
                json!({"resourceType": "AccessPolicy", "name": "Ward", "resource": [{"resourceType": "*"}]});
            if !rules.is_empty() {
                let rule = |(value, may): &(&str, bool)| {
                    json!({"name": "rule", "value": value, "action": if *may { "allow" } else { "block" }})
                };
                body["ipAccessRule"] = rules.iter().map(rule).collect();
            }
            self.create(Some(project), body)
        })
    }
}

/// The address that every client of a scenario has registered.
pub const REDIRECT: &str = "http://127.0.0.1:9615/callback";
