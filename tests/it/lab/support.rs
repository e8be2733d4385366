//! A bench: the embedded platform, somebody signed in to use the lab, and the person who signs in at the pages.

use std::sync::Arc;

use idconsole::auth::lab::Held;
use idconsole::auth::{Answer, Deps, FlowEvent};
use idconsole::config::{BaseUrl, Connection, Method, StoreKind};
use idconsole::demo::idp::PASSWORD;
use idconsole::identity::flow_lab::{Ending, Status, StepId};
use idconsole::identity::provider::IdentityProvider;
use idconsole::identity::{RouteDraft, Secret};
use idconsole::ports::SystemClock;
use idconsole::workflows::Engine;
use idconsole::workflows::flow_lab::{Config, Event, Lab, Report, Want, start};
use serde_json::{Value, json};

use crate::auth::support::{BOUND, Remembering, free_ports};
use crate::demo::browser::{Browser, Place};
use crate::workflows::scene::Scene;

pub struct Bench {
    pub scene: Scene,
    pub browser: Browser,
}

/// How a run ended, and everything that was ever told of it, as text.
pub struct Tried {
    pub report: Report,
    pub held: Held,
    pub told: String,
}

impl Tried {
    /// Step by step: id and status.
    pub fn ladder(&self) -> Vec<(StepId, Status)> {
        self.report.run.steps.iter().map(|step| (step.id, step.status)).collect()
    }

    /// Every step is done.
    pub fn works(&self) {
        assert_eq!(self.report.run.ending, Some(Ending::Worked), "{}", self.words());
    }

    /// It failed at this step, with these words, and everything before it holds.
    pub fn fails_at(&self, id: StepId, words: &str) {
        let run = &self.report.run;
        assert_eq!(run.ending, Some(Ending::Failed), "{}", self.words());
        let failed = run.failed().unwrap();
        assert_eq!(failed.id, id, "{}", self.words());
        assert!(failed.said.contains(words) || failed.next.contains(words), "{words}: {failed:?}");
        let before = run.steps.iter().take_while(|step| step.id != id);
        for step in before {
            assert!(matches!(step.status, Status::Done | Status::Skipped), "{step:?}");
        }
    }

    pub fn words(&self) -> String {
        idconsole::workflows::flow_lab::report::text(&self.report, true)
    }

    pub fn said(&self, id: StepId) -> &str {
        &self.report.run.step(id).unwrap().said
    }
}

impl Bench {
    pub async fn new(settings: &[&str]) -> Self {
        let scene = Scene::new(settings).await;
        let browser = Browser::new(&scene.running.base_url);
        Self { scene, browser }
    }

    pub fn connection(&self) -> Connection {
        let base = BaseUrl::parse(&self.scene.running.base_url).unwrap();
        Connection::new("demo", base, Method::Direct, StoreKind::Memory)
    }

    /// Starts a run by the real clock; its browser opens nothing.
    pub fn start(&self, engine: &Engine, want: Want) -> Lab {
        let deps = Deps::new(Arc::new(SystemClock), Arc::new(Remembering::default()));
        start(engine.clone(), self.connection(), want, deps)
    }

    /// Runs it to its end; `person` does what is asked for.
    pub async fn try_out(
        &self,
        engine: &Engine,
        want: Want,
        mut person: impl AsyncFnMut(&FlowEvent) -> Option<Answer>,
    ) -> Tried {
        let mut told = format!("{want:?}\n");
        let mut lab = self.start(engine, want);
        loop {
            let event = tokio::time::timeout(BOUND, lab.next()).await.expect("no event").expect("no end");
            told = format!("{told}{event:?}\n");
            match event {
                Event::Run(_) => {}
                Event::Flow(event) => {
                    if let Some(answer) = person(&event).await {
                        lab.answer(answer);
                    }
                }
                Event::Done(report, held) => return Tried { report: *report, held: *held, told },
            }
        }
    }

    /// Signs in at the identity provider's page as somebody; where the browser ends.
    pub async fn at_idp(&self, address: &str, email: &str) -> Place {
        let page = self.browser.open(address).await;
        self.browser.submit(&page, &[("email", email), ("password", PASSWORD), ("action", "allow")]).await
    }

    /// The same, and pastes the address on which it ends.
    pub async fn pastes(&self, event: &FlowEvent, email: &str) -> Option<Answer> {
        let FlowEvent::NeedPaste { url } = event else { return None };
        Some(pasted(&self.at_idp(url, email).await))
    }

    /// The IdP of a domain as the platform has it, with its secret.
    pub fn draft(&self, domain: &str, client: &str) -> RouteDraft {
        let issuer = self.scene.running.provider.issuer().to_owned();
        let at = |path: &str| format!("{issuer}/{path}").as_str().into();
        RouteDraft {
            domain: domain.into(),
            provider: IdentityProvider {
                authorize_url: at("authorize"),
                token_url: at("token"),
                user_info_url: at("userinfo"),
                client_id: client.into(),
                use_subject: None,
                identity_source: None,
                identity_mapping_mode: None,
                token_auth_method: None,
                use_pkce: None,
                user_info_mode: None,
                user_info_key_set: false,
            },
            issuer: Some(issuer.as_str().into()),
            post_login: Vec::new(),
        }
    }

    /// Changes a stored record, past every rule.
    pub fn change(&self, kind: &str, id: &str, change: impl FnOnce(&mut Value)) {
        let state = &self.scene.running.state;
        let mut record = state.read().read(kind, id).unwrap();
        change(&mut record);
        state.write().update(record, &idconsole::demo::store::Author::system()).unwrap();
    }

    /// A client application of the clinic by its name.
    pub fn client(&self, name: &str) -> String {
        let found = self.scene.running.state.read().find_by("ClientApplication", "name", name);
        found[0]["id"].as_str().unwrap().to_owned()
    }

    /// The same with an address on this machine to return to, on a port that is free.
    pub fn client_here(&self, name: &str) -> (String, String) {
        let id = self.client(name);
        let redirect = format!("http://127.0.0.1:{}/callback", free_ports(1)[0]);
        self.change("ClientApplication", &id, |client| client["redirectUris"] = json!([redirect]));
        (id, redirect)
    }

    /// Whether an access token still works.
    pub async fn lives(&self, token: &secrecy::SecretString) -> bool {
        use secrecy::ExposeSecret as _;
        let address = format!("{}auth/me", self.scene.running.base_url);
        let client = crate::auth::support::browser_client();
        let answer = client.get(address).bearer_auth(token.expose_secret()).send().await.unwrap();
        answer.status() == 200
    }
}

/// The address on which the browser ended, as a person pastes it.
pub fn pasted(place: &Place) -> Answer {
    let url = match place {
        Place::Page { url, .. } | Place::Away(url) => url,
    };
    Answer::Pasted(url.as_str().into())
}

/// Goes where the browser was sent: to this machine.
pub async fn returns(place: Place) {
    let Place::Away(url) = place else { panic!("still on a page: {place:?}") };
    let (status, ..) = crate::auth::support::visit(url.as_str()).await.unwrap();
    assert_eq!(status, 200, "{url}");
}

/// A route that is not saved, and its secret.
pub fn unsaved(draft: RouteDraft, secret: &str) -> Config {
    Config::Draft { draft: Box::new(draft), secret: Some(Secret::from(secret)), of: None }
}

/// A three-legged run with the client's own address to return to.
pub fn three_legged(client: &str, email: Option<&str>) -> Want {
    Want::ThreeLegged {
        client: client.to_owned(),
        redirect: None,
        scope: None,
        email: email.map(str::to_owned),
        project: None,
        by_page: false,
        paste: false,
    }
}
