//! A small caller of the embedded platform's API: clients of a project sign in with Basic, as services do.

use idconsole::demo::{Options, Platform, Running, Settings};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

/// A platform with one project, and clients that administer it, belong to it, or are super admins.
pub(crate) struct Api {
    pub(crate) running: Running,
    http: reqwest::Client,
    pub(crate) project: String,
}

/// Who asks.
#[derive(Clone, Copy)]
pub(crate) enum As {
    Admin,
    Member,
    Super,
    Nobody,
}

const SECRET: &str = "secret-of-the-tests";

impl Api {
    pub(crate) fn start(settings: &[&str]) -> Self {
        let settings = Settings::parse(settings.iter().copied()).unwrap();
        let running = Platform::start(Options { settings, ..Options::default() }).unwrap();
        let project = {
            let mut store = running.state.write();
            let made = store.system_create(json!({"resourceType": "Project", "name": "Clinic"})).unwrap();
            let own = made["id"].as_str().unwrap().to_owned();
            let above = store.find_by("Project", "name", "Super Admin").remove(0);
            let above = above["id"].as_str().unwrap().to_owned();
            for (id, project, admin) in [(1, &own, true), (2, &own, false), (3, &above, true)] {
                let client = store
                    .system_create(json!({"resourceType": "ClientApplication", "id": client_id(id),
                        "meta": {"project": project}, "name": format!("Client {id}"), "secret": SECRET}))
                    .unwrap();
                let reference =
                    json!({"reference": format!("ClientApplication/{}", client["id"].as_str().unwrap())});
                store
                    .system_create(json!({"resourceType": "ProjectMembership", "admin": admin,
                        "project": {"reference": format!("Project/{project}")},
                        "user": reference, "profile": reference}))
                    .unwrap();
            }
            own
        };
        Self { running, http: reqwest::Client::builder().no_proxy().build().unwrap(), project }
    }

    pub(crate) fn ask(&self, who: As, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.running.base_url));
        match who {
            As::Nobody => request,
            As::Admin => request.basic_auth(client_id(1), Some(SECRET)),
            As::Member => request.basic_auth(client_id(2), Some(SECRET)),
            As::Super => request.basic_auth(client_id(3), Some(SECRET)),
        }
    }

    pub(crate) async fn get(&self, who: As, path: &str) -> (StatusCode, Value) {
        body(self.ask(who, Method::GET, path).header("X-Medplum", "extended").send().await.unwrap()).await
    }

    pub(crate) async fn send(
        &self,
        who: As,
        method: Method,
        path: &str,
        content: &Value,
    ) -> (StatusCode, Value) {
        body(self.ask(who, method, path).json(content).send().await.unwrap()).await
    }

    /// Invites a Practitioner and returns their membership.
    pub(crate) async fn invite(&self, name: &str, more: Value) -> Value {
        let mut content = json!({"resourceType": "Practitioner", "firstName": name, "lastName": "Lee",
            "email": format!("{}@clinic.example", name.to_lowercase()), "sendEmail": false});
        for (field, value) in more.as_object().unwrap() {
            content[field] = value.clone();
        }
        let path = format!("admin/projects/{}/invite", self.project);
        let (status, membership) = self.send(As::Admin, Method::POST, &path, &content).await;
        assert_eq!(status, 200, "{membership}");
        membership
    }
}

fn client_id(n: u8) -> String {
    format!("00000000-0000-4000-8000-00000000000{n}")
}

async fn body(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The id at the end of a reference member.
pub(crate) fn id_of(resource: &Value, member: &str) -> String {
    resource[member]["reference"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

pub(crate) fn text_of(outcome: &Value) -> &str {
    outcome["issue"][0]["details"]["text"].as_str().unwrap_or_default()
}
