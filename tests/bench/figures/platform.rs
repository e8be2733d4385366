//! The embedded platform in a process of its own, so that its memory and time are not the console's.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::terminal::binary;

/// A platform that serves until this is dropped.
pub struct Serving {
    child: Child,
    told: Value,
}

impl Serving {
    /// Starts it with so many members; the limits do not get in the way of repeated loads.
    pub fn start(members: usize) -> Self {
        let mut child = Command::new(binary())
            .args(["demo", "--serve", "127.0.0.1:0", "--format", "json"])
            .args(["--members", &members.to_string(), "--set", "rateLimitsEnabled=false"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = serde_json::from_str(&line).expect("one line of JSON when it is ready");
        Self { child, told }
    }

    /// What it said when it was ready.
    pub fn said(&self, pointer: &str) -> &str {
        self.told.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}"))
    }

    /// The platform's address, with its slash at the end.
    pub fn base_url(&self) -> &str {
        self.said("/base_url")
    }

    /// An access token of the project admin.
    pub fn sign_in(&self) -> String {
        let said = |pointer| self.said(pointer);
        sign_in(
            self.base_url(),
            said("/project_admin/email"),
            said("/project_admin/password"),
            said("/project_id"),
        )
    }
}

/// An access token, got as any HTTP client would (platform-api §3.5).
pub fn sign_in(base_url: &str, email: &str, password: &str, project: &str) -> String {
    let verifier = "0123456789-0123456789-0123456789-0123456789";
    let login = json!({
        "email": email, "password": password, "projectId": project, "scope": "openid",
        "codeChallenge": verifier, "codeChallengeMethod": "plain",
    });
    let answer: Value = runtime().block_on(async {
        let http = reqwest::Client::new();
        let post = |path: &str| http.post(format!("{base_url}{path}"));
        let login: Value = post("auth/login").json(&login).send().await.unwrap().json().await.unwrap();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", login["code"].as_str().expect("a code")),
            ("code_verifier", verifier),
        ];
        post("oauth2/token").form(&form).send().await.unwrap().json().await.unwrap()
    });
    answer["access_token"].as_str().expect("an access token").to_owned()
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A runtime as the console has one.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}
