//! What is said of a domain beforehand, beside single examinations of its people and beside what really happens when the
//! route is there.

use idconsole::identity::route_file;
use idconsole::identity::sign_in::doctor::{Flow, RouteFact, StepId, diagnose};
use idconsole::identity::sign_in::impact::{
    Effect, Ending, Impact, Kind, Page, Person, RouteChange, Trial, attempt,
};
use idconsole::identity::{RouteDraft, Seen};
use idconsole::workflows::Engine;
use idconsole::workflows::diagnose::gather;
use idconsole::workflows::impact::{People, people};
use serde_json::{Value, json};

use super::scene::Scene;
use crate::doctor::idp::{Provider, ticket};
use crate::doctor::scenario::Behaviour;

const PASSWORD: &str = "clinic-demo-1";
const CHALLENGE: &str = "f7RrRCQx7BkueUW5IYs38HRaWQS2LJeoWcuyTZmjQeQ";

/// Every domain of the seeded tenant that says something: routed, misspelt, bare, broken, and with passwords.
const DOMAINS: [&str; 10] = [
    "clinic.example",
    "partner.example",
    "lab.example",
    "capital.example",
    "bare.example",
    "broken.example",
    "post.example",
    "ops.clinic.example",
    "mail.example",
    "practice.example",
];

fn resource(domain: &str, base: &str) -> Value {
    json!({
        "resourceType": "DomainConfiguration",
        "domain": domain,
        "identityProvider": {
            "authorizeUrl": format!("{base}/authorize"),
            "tokenUrl": format!("{base}/token"),
            "userInfoUrl": format!("{base}/userinfo"),
            "clientId": "clinic",
        },
    })
}

fn draft(domain: &str, base: &str) -> RouteDraft {
    route_file::draft(&resource(domain, base)).unwrap()
}

/// The changes worth looking at: the route as wanted, by external id, gone.
fn changes(people: &People, base: &str) -> Vec<RouteChange> {
    let route = match people.facts.routes.get(&people.domain) {
        Some(Seen::Known(RouteFact::Idp { route, .. })) => route.clone(),
        Some(Seen::Known(RouteFact::None { bare, .. })) => bare.clone(),
        _ => None,
    };
    let mut by_subject = draft(&people.domain, base);
    by_subject.provider.use_subject = Some(true);
    vec![
        RouteChange::to(draft(&people.domain, base), route.clone()),
        RouteChange::to(by_subject, route.clone()),
        RouteChange::removal(&people.domain, route),
    ]
}

/// The same try, asked of the doctor for this one person alone, with the route laid over what it read.
async fn alone(
    engine: &Engine,
    people: &People,
    change: &RouteChange,
    trial: &Trial,
    person: &Person,
    after: bool,
) {
    let Some(flow) = trial.flow else { panic!("{person:?}") };
    let membership = people.facts.membership(&person.membership).unwrap();
    let address = person.address().raw().to_lowercase();
    let try_it = attempt(flow, trial.page, &address, membership);
    let mut facts = gather(engine, &try_it, std::slice::from_ref(&person.membership)).await.unwrap();
    if after {
        let before = &people.facts.routes[&people.domain];
        facts.routes.insert(people.domain.clone(), change.after(before, people.source));
    }
    // Where somebody sits is looked up for one person, not for a domain.
    facts.address = None;
    let said = diagnose(&try_it, &facts);
    let whom = format!("{} {} {:?} {:?}: {}", person.name, address, flow, trial.page, said.sentence());
    // A rule about internet addresses stands in neither way: from where somebody comes is their affair.
    if !said.doubts.iter().any(|doubt| doubt.step == StepId::Ip) {
        assert_eq!(trial.message, said.expected().message, "{whom}\n{trial:?}");
    }
    assert_eq!(trial.certain, said.likely.is_none() && said.outcome == *said.expected(), "{whom}\n{trial:?}");
    if trial.ending == Ending::In && trial.certain {
        assert!(said.outcome.is_success(), "{whom}");
    }
}

async fn agrees_with_the_doctor(engine: &Engine) {
    for domain in DOMAINS {
        let people = people(engine, domain).await.unwrap();
        for change in changes(&people, "https://idp.example") {
            let found = people.impact(&change);
            for person in found.people.iter().take(12) {
                for (today, after) in &person.pages {
                    if today.flow != Some(Flow::Google) {
                        alone(engine, &people, &change, today, person, false).await;
                    }
                    if after.flow != Some(Flow::Google) {
                        alone(engine, &people, &change, after, person, true).await;
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_whole_domain_gets_the_answers_that_each_of_its_people_gets_alone_as_super_admin() {
    let scene = Scene::new(&[]).await;
    agrees_with_the_doctor(&scene.super_admin).await;
}

#[tokio::test]
async fn a_whole_domain_gets_the_answers_that_each_of_its_people_gets_alone_as_project_admin() {
    let scene = Scene::new(&[]).await;
    agrees_with_the_doctor(&scene.project_admin).await;
}

/// What the sign-in page does with an address, and what comes of it; nothing here is shared with what predicts it.
struct Judge<'a> {
    scene: &'a Scene,
    http: reqwest::Client,
}

/// In, at this membership; else the platform's text.
type Happens = Result<String, String>;

impl Judge<'_> {
    fn new(scene: &Scene) -> Judge<'_> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Judge { scene, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.scene.running.base_url)
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.http.post(self.url(path)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    /// Types the address on a page.
    async fn try_it(&self, person: &Person, page: Page) -> Happens {
        let email = person.address().raw().to_lowercase();
        let project = (page == Page::NamesProject).then(|| person.project.as_str().to_owned());
        let (status, asked) = self.post("auth/method", json!({"email": email})).await;
        if status != 200 {
            return Err(text(&asked));
        }
        let result = if asked["authorizeUrl"].is_string() {
            let mut state = json!({"scope": "openid", "codeChallenge": CHALLENGE,
                "codeChallengeMethod": "S256", "domain": asked["domain"]});
            if let Some(project) = project {
                state["projectId"] = json!(project);
            }
            let claims = json!({"sub": "whatever", "email": email});
            let code = ticket(Behaviour::Answers, &claims);
            let query = [("code", code), ("state", state.to_string())];
            let answer = self.http.get(self.url("auth/external")).query(&query).send().await.unwrap();
            if answer.status().as_u16() != 302 {
                return Err(text(&answer.json().await.unwrap()));
            }
            let landing = answer.headers()["location"].to_str().unwrap().to_owned();
            let landing = url::Url::parse(&landing).unwrap();
            let login = landing.query_pairs().find(|(name, _)| name == "login").unwrap().1.into_owned();
            let answer = self.http.get(self.url(&format!("auth/login/{login}"))).send().await.unwrap();
            let mut result: Value = answer.json().await.unwrap();
            result["login"] = json!(login);
            result
        } else {
            let mut body = json!({"email": email, "password": PASSWORD, "scope": "openid",
                "codeChallenge": CHALLENGE, "codeChallengeMethod": "S256"});
            if let Some(project) = project {
                body["projectId"] = json!(project);
            }
            let (status, result) = self.post("auth/login", body).await;
            if status != 200 {
                return Err(text(&result));
            }
            result
        };
        self.arrived(&result, person).await
    }

    async fn arrived(&self, result: &Value, person: &Person) -> Happens {
        let login = result["login"].as_str().unwrap();
        if result["memberships"].is_array() {
            let chosen = json!({"login": login, "profile": person.membership.as_str()});
            let (status, result) = self.post("auth/profile", chosen).await;
            if status != 200 {
                return Err(text(&result));
            }
        }
        let record = self.scene.running.state.read().get("Login", login).unwrap();
        let at = record["membership"]["reference"].as_str();
        // Asked for a factor before the place is chosen: recognised all the same.
        Ok(at.map_or_else(|| person.membership.reference().to_string(), str::to_owned))
    }
}

fn text(body: &Value) -> String {
    body["issue"][0]["details"]["text"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

/// Holds a prediction of the decisive and the other page against what happens now.
async fn holds(judge: &Judge<'_>, found: &Impact, after: bool) -> usize {
    let mut looked = 0;
    for person in &found.people {
        for (page, pair) in [Page::Own, Page::NamesProject].into_iter().zip(&person.pages) {
            let trial = if after { &pair.1 } else { &pair.0 };
            // Google's button cannot be pressed here, and what is unknown was not said.
            if trial.flow == Some(Flow::Google) || !trial.certain {
                continue;
            }
            looked += 1;
            let happens = judge.try_it(person, page).await;
            let here = person.membership.reference().to_string();
            let whom = format!("{} {page:?} after={after}: {trial:?} happens {happens:?}", person.name);
            match (trial.ending, &happens) {
                (Ending::In, Ok(place)) => assert_eq!(*place, here, "{whom}"),
                (Ending::Out, Ok(place)) => assert_ne!(*place, here, "{whom}"),
                (Ending::Out, Err(text)) => assert_eq!(trial.message, Some(text.as_str()), "{whom}"),
                _ => panic!("{whom}"),
            }
        }
    }
    looked
}

// platform-api §11, §10.2, §3.1
#[tokio::test]
async fn what_is_said_beforehand_is_what_happens_when_a_route_is_added_changed_and_removed() {
    let scene = Scene::new(&[]).await;
    let idp = Provider::start().await;
    let judge = Judge::new(&scene);
    let engine = &scene.super_admin;
    let mut looked = 0;
    for domain in DOMAINS {
        let wanted = resource(domain, &idp.base());
        let stored = scene.running.state.read().find_by("DomainConfiguration", "domain", domain);
        let before = people(engine, domain).await.unwrap();
        let route = stored.first().map(|route| route["id"].as_str().unwrap().into());
        // As it is, where the address of its provider can be reached from here.
        let today = before.impact(&RouteChange::none(domain));
        if stored.is_empty() {
            looked += holds(&judge, &today, false).await;
        }
        let mut with_secret = wanted.clone();
        with_secret["identityProvider"]["clientSecret"] = json!("s");
        let added = before.impact(&RouteChange::to(route_file::draft(&wanted).unwrap(), route));
        if let Some(route) = stored.first() {
            with_secret["id"] = route["id"].clone();
            scene.running.state.write().system_update(with_secret.clone()).unwrap();
        } else {
            with_secret = scene.running.state.write().system_create(with_secret.clone()).unwrap();
        }
        looked += holds(&judge, &added, true).await;
        // By external id.
        let with = people(engine, domain).await.unwrap();
        let id = with_secret["id"].as_str().unwrap().to_owned();
        let mut by_subject = with.present().unwrap();
        by_subject.provider.use_subject = Some(true);
        let changed = with.impact(&RouteChange::to(by_subject, Some(id.as_str().into())));
        assert_eq!(changed.kind, Kind::Changed, "{domain}");
        let mut record = scene.running.state.read().get("DomainConfiguration", &id).unwrap();
        record["identityProvider"]["useSubject"] = json!(true);
        scene.running.state.write().system_update(record).unwrap();
        looked += holds(&judge, &changed, true).await;
        // And gone.
        let removed = with.impact(&RouteChange::removal(domain, Some(id.as_str().into())));
        scene.running.state.write().delete("DomainConfiguration", &id);
        looked += holds(&judge, &removed, true).await;
    }
    assert!(looked > 200, "{looked} tries were held against what happens");
}

#[tokio::test]
async fn the_seeded_people_are_met_as_their_stories_say() {
    let scene = Scene::new(&[]).await;
    let engine = &scene.super_admin;
    let of = |found: &Impact, name: &str| {
        let person = found.people.iter().find(|person| person.name.raw().contains(name));
        person.unwrap_or_else(|| panic!("{name}")).clone()
    };
    let post = people(engine, "post.example").await.unwrap();
    let added = post.impact(&RouteChange::to(draft("post.example", "https://idp.example"), None));
    let carla = of(&added, "Carla");
    assert_eq!(
        (carla.effect, carla.unless_project_named),
        (Effect::Breaks, true),
        "an account of the project"
    );
    assert_eq!(carla.factor.word(), "loses");
    let partner = people(engine, "partner.example").await.unwrap();
    let removed = partner.impact(&RouteChange::removal("partner.example", None));
    assert_eq!(of(&removed, "Wendy").effect, Effect::Breaks, "no password to come back to");
    let clinic = people(engine, "clinic.example").await.unwrap();
    let as_it_is = clinic.impact(&RouteChange::none("clinic.example"));
    assert!(as_it_is.below.keys().any(|below| below.raw() == "ops.clinic.example"), "{:?}", as_it_is.below);
    assert_eq!(of(&as_it_is, "Boris").effect, Effect::StaysOut);
    assert!(as_it_is.own_idp.iter().any(|name| name.raw() == "Ward Rota"), "{:?}", as_it_is.own_idp);
    // A project admin is told what is not seen, in words that count nobody out.
    let harbour = people(&scene.project_admin, "ops.clinic.example").await.unwrap();
    let draft = draft("ops.clinic.example", "https://idp.example");
    let added = harbour.impact(&RouteChange::to(draft, None));
    let counts = added.counts();
    assert_eq!((counts.bypass, counts.bypass_unknown), (0, counts.members), "{counts:?}");
    assert!(added.unseen.iter().any(|(what, _)| what == "whether a password is set"));
}
