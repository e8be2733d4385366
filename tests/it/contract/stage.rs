//! A platform as a recording wants it.

use std::time::Duration;

use idconsole::demo::{Options, Platform, Running, Seed, Settings};
use serde_json::Value;

/// What is on the platform before a recording begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenant {
    /// Nothing but the super admin.
    Fresh,
    /// The demonstration's clinic group: nothing in it may stand in a recording's way.
    Clinic,
}

/// A running platform of its own.
#[derive(Debug)]
pub struct Stage {
    running: Running,
    super_admin: (String, String),
}

impl Stage {
    /// Starts with the recording's `config`, and with the sessions that the recorded server's super admin already had.
    pub async fn start(recording: &Value, tenant: Tenant) -> Self {
        let mut settings = Settings::default();
        for (name, value) in recording["config"].as_object().into_iter().flatten() {
            // The recorded mail server listens nowhere.
            let assignment = if name == "smtp" { "mail=fail".to_owned() } else { format!("{name}={value}") };
            settings.set(&assignment).unwrap();
        }
        let seed = (tenant == Tenant::Clinic).then_some(Seed { members: 60, ..Seed::default() });
        let options = Options { settings, seed, ..Options::default() };
        let super_admin = options.super_admin.clone();
        let stage = Self { running: Platform::start(options).unwrap(), super_admin };
        // The clinic brings sessions of its own.
        if tenant == Tenant::Fresh {
            stage.open_earlier_sessions(recording).await;
        }
        stage
    }

    /// The recorded server had been used before: one answer lists more sessions of the super admin than its setup
    /// opens. They are opened here, by the same calls.
    async fn open_earlier_sessions(&self, recording: &Value) {
        let listed = recording["exchanges"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|e| e["response"]["json"]["project"]["superAdmin"] == true)
            .find_map(|e| e["response"]["json"]["security"]["sessions"].as_array());
        let own = recording["setup"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|e| e["request"]["json"]["email"] == "{{super.email}}")
            .count();
        let Some(listed) = listed else { return };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for session in &listed[..listed.len().saturating_sub(own)] {
            let mut request = http.post(format!("{}/auth/login", self.address())).json(&serde_json::json!({
                "email": self.super_email(),
                "password": self.super_password(),
            }));
            if session.get("browser").is_some() {
                request = request.header("user-agent", "something");
            }
            assert_eq!(request.send().await.unwrap().status(), 200);
        }
    }

    /// Where to send requests to.
    pub fn address(&self) -> String {
        format!("http://{}", self.running.addr)
    }

    /// The base URL that the platform writes, without the slash at the end.
    pub fn public_base(&self) -> String {
        self.running.base_url.trim_end_matches('/').to_owned()
    }

    /// The sign-in app's base, without the slash at the end.
    pub fn app_base(&self) -> String {
        self.running.app_url.trim_end_matches('/').to_owned()
    }

    pub fn super_email(&self) -> String {
        self.super_admin.0.clone()
    }

    pub fn super_password(&self) -> String {
        self.super_admin.1.clone()
    }

    /// What a recording's `wait` asks for, without waiting.
    pub fn let_time_pass(&self, time: Duration) {
        self.running.state.clock.advance(time);
    }
}
