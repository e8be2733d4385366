//! The embedded platform with somebody signed in.

use std::sync::Arc;
use std::time::Duration;

use idconsole::demo::Running;
use idconsole::demo::faults::{Effect, Rule};
use idconsole::identity::{MembershipId, Plan};
use idconsole::journal::Journal;
use idconsole::platform::{Client, FixedToken, Options};
use idconsole::ports::SystemClock;
use idconsole::workflows::email_change::{Choices, Prepared, WayKind, prepare};
use idconsole::workflows::person::{Found, find};
use idconsole::workflows::{Applied, ApplyError, Engine, apply};
use serde_json::{Value, json};

use crate::demo::demonstration;

/// A platform, a journal, and both admins.
pub struct Scene {
    pub running: Running,
    pub super_admin: Engine,
    pub project_admin: Engine,
    folder: tempfile::TempDir,
}

pub const QUIET: Choices = Choices { update_profile_telecom: false, skip_verification: true };

impl Scene {
    pub async fn new(settings: &[&str]) -> Self {
        Self::on(demonstration(settings)).await
    }

    /// On a platform of one's own.
    pub async fn on(running: Running) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let facts = running.facts.clone().unwrap();
        let operator = token(&running, &facts.super_admin.email, &facts.super_admin.password, None).await;
        let admin = &facts.project_admin;
        let admin = token(&running, &admin.email, &admin.password, Some(&facts.client_id)).await;
        let super_admin = engine(&running, &folder, operator).await;
        let project_admin = engine(&running, &folder, admin).await;
        Self { running, super_admin, project_admin, folder }
    }

    pub async fn member(&self, engine: &Engine, query: &str) -> MembershipId {
        let _ = &self.folder;
        match find(engine, query).await.unwrap() {
            Found::One(found) => found.membership.id,
            other => panic!("{query}: {other:?}"),
        }
    }

    pub async fn prepare(&self, engine: &Engine, query: &str, new: &str, choices: Choices) -> Prepared {
        let member = self.member(engine, query).await;
        prepare(engine, &member, new, None, choices).await.unwrap()
    }

    /// The plan by one way, without mail.
    pub async fn plan(&self, engine: &Engine, query: &str, new: &str, way: WayKind) -> Plan {
        let prepared = self.prepare(engine, query, new, QUIET).await;
        prepared.proposal.way(way).unwrap().plan().unwrap().clone()
    }

    pub async fn apply(&self, engine: &Engine, plan: Plan) -> Result<Applied, ApplyError> {
        apply(engine, plan, "ticket 4711", |_| {}).await
    }

    /// The stored user, past every rule of visibility.
    pub fn stored(&self, email: &str) -> Vec<Value> {
        self.running.state.read().find_by("User", "email", email)
    }

    /// Everything that the journal has written to disk.
    pub fn on_disk(&self) -> Vec<u8> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }

    /// What happens to the next request of this method and path.
    pub fn next(&self, method: &str, path: &str, effect: Effect) {
        self.running.faults().add(Rule::on(path, effect).method(method).once());
    }
}

/// The same admin with a client that waits for the limits, as the real one does.
pub async fn patient(running: &Running, admin: &Engine) -> Engine {
    let account = running.facts.clone().unwrap().project_admin;
    let client = running.facts.clone().unwrap().client_id;
    let token = token(running, &account.email, &account.password, Some(&client)).await;
    let token = Arc::new(FixedToken(token.into()));
    let client = Client::new(running.base_url.parse().unwrap(), token, Options::default()).unwrap();
    Engine { remote: Arc::new(client), ..admin.clone() }
}

async fn engine(running: &Running, folder: &tempfile::TempDir, token: String) -> Engine {
    let options = Options {
        timeout: Duration::from_secs(5),
        retries: 1,
        first_wait: Duration::from_millis(1),
        longest_pause: Duration::ZERO,
        ..Options::default()
    };
    let client =
        Client::new(running.base_url.parse().unwrap(), Arc::new(FixedToken(token.into())), options).unwrap();
    let caller = client.me().await.unwrap().caller;
    Engine {
        remote: Arc::new(client),
        journal: Journal::open(folder.path().join("journal.db"), Arc::new(SystemClock)).unwrap(),
        caller,
        connection: "demo".to_owned(),
        clock: Arc::new(SystemClock),
        read_only: None,
    }
}

/// Signs in by password, the way the platform's own page does.
pub async fn token(running: &Running, email: &str, password: &str, client: Option<&str>) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let verifier = "a-verifier-that-is-long-enough-for-the-rules-0123456789";
    let mut body = json!({
        "email": email, "password": password, "scope": "openid",
        "codeChallenge": verifier, "codeChallengeMethod": "plain",
    });
    if let Some(client) = client {
        body["clientId"] = json!(client);
    }
    let post = http.post(format!("{}auth/login", running.base_url)).json(&body);
    let login: Value = post.send().await.unwrap().json().await.unwrap();
    let code = login["code"].as_str().unwrap_or_else(|| panic!("{login}"));
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier)];
    if let Some(client) = client {
        form.push(("client_id", client));
    }
    let post = http.post(format!("{}oauth2/token", running.base_url)).form(&form);
    let token: Value = post.send().await.unwrap().json().await.unwrap();
    token["access_token"].as_str().unwrap_or_else(|| panic!("{token}")).to_owned()
}
