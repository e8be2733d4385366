//! One person's Chromium, driven through `tests/real/browser/driver.mjs`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::support::{BOUND, browser_client};

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Chromium {
    http: reqwest::Client,
    address: String,
}

/// What is on the page.
#[derive(Debug, Deserialize)]
pub struct Page {
    pub url: String,
    pub title: String,
    /// As a person reads it.
    pub text: String,
    /// As it was made.
    pub html: String,
    /// Of the last answer that became a page.
    pub headers: BTreeMap<String, String>,
    /// What the page was forbidden by its own rules, and scripts that failed.
    pub complaints: Vec<String>,
}

impl Chromium {
    /// A new person at the driver.
    pub fn of(driver: &str) -> Self {
        Self { http: browser_client(), address: format!("{driver}/{}", uuid::Uuid::new_v4()) }
    }

    async fn act(&self, verb: &str, with: Value) -> Value {
        let asked = self.http.post(format!("{}/{verb}", self.address)).json(&with).timeout(BOUND);
        let answer = asked.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{verb} {with}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn page(&self, verb: &str, with: Value) -> Page {
        serde_json::from_value(self.act(verb, with).await).unwrap()
    }

    /// Opens an address and waits for its page.
    pub async fn goto(&self, url: &str) -> Page {
        self.page("goto", json!({"url": url})).await
    }

    pub async fn fill(&self, at: &str, value: &str) {
        self.act("fill", json!({"at": at, "value": value})).await;
    }

    pub async fn click(&self, at: &str) {
        self.act("click", json!({"at": at})).await;
    }

    pub async fn press(&self, key: &str) {
        self.act("press", json!({"key": key})).await;
    }

    pub async fn value(&self, at: &str) -> String {
        self.act("value", json!({"at": at})).await["value"].as_str().unwrap().to_owned()
    }

    /// Waits until this can be read.
    pub async fn read(&self, text: &str) -> Page {
        self.page("read", json!({"text": text})).await
    }

    /// What is there now.
    pub async fn look(&self) -> Page {
        self.page("look", json!({})).await
    }

    /// From now on the next request to an address that begins so does not get there.
    pub async fn hold(&self, url: &str) {
        self.act("hold", json!({"url": url})).await;
    }

    /// The request that was held.
    pub async fn caught(&self) -> url::Url {
        self.act("caught", json!({})).await["caught"].as_str().unwrap().parse().unwrap()
    }

    /// Keeps a picture of the page, light and dark, for people to look at.
    pub async fn picture(&self, name: &str) {
        self.act("picture", json!({"name": name})).await;
        self.act("picture", json!({"name": format!("{name}-dark"), "dark": true})).await;
        self.act("picture", json!({"name": format!("{name}-narrow"), "width": 360})).await;
    }
}
