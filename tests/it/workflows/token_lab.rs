//! The token lab against the embedded platform, in both roles, and against scripted issuers.

use std::sync::Arc;

use idconsole::auth::http::Http;
use idconsole::auth::keys::{Hosts, Keyring};
use idconsole::config::BaseUrl;
use idconsole::demo::Running;
use idconsole::identity::Secret;
use idconsole::ports::SystemClock;
use idconsole::token::extract::Extracted;
use idconsole::token::ladder::{Holds, Rung};
use idconsole::workflows::Engine;
use idconsole::workflows::token_lab::{Lab, StepId, Verified, Wanted, introspect, verify};
use serde_json::{Value, json};

use super::scene::Scene;
use crate::auth::scripted::{METADATA_PATH, Reply, Server, metadata};
use crate::auth::signature::{key, signed};

/// All three tokens of a sign-in by password.
#[derive(Clone)]
pub struct Tokens {
    pub access: String,
    pub id: String,
    pub refresh: String,
}

/// Signs in and takes everything that is given.
pub async fn tokens(running: &Running, email: &str, password: &str, scope: &str) -> Tokens {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let verifier = "a-verifier-that-is-long-enough-for-the-rules-0123456789";
    let client = running.facts.as_ref().unwrap().client_id.clone();
    let body = json!({
        "email": email, "password": password, "scope": scope, "clientId": client, "nonce": "n-1",
        "codeChallenge": verifier, "codeChallengeMethod": "plain",
    });
    let login: Value = http
        .post(format!("{}auth/login", running.base_url))
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let code = login["code"].as_str().unwrap_or_else(|| panic!("{login}"));
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("code_verifier", verifier),
        ("client_id", client.as_str()),
    ];
    let got: Value = http
        .post(format!("{}oauth2/token", running.base_url))
        .form(&form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let text = |name: &str| got[name].as_str().unwrap_or_default().to_owned();
    Tokens { access: text("access_token"), id: text("id_token"), refresh: text("refresh_token") }
}

pub fn given(token: &str) -> Extracted {
    Extracted { token: Secret::from(token), from: "the paste".into() }
}

pub fn lab(base: &str, engine: Option<&Engine>) -> Lab {
    let base = BaseUrl::parse(base).unwrap();
    Lab {
        keyring: Keyring::new(Http::new(None, base.is_loopback_http()).unwrap(), Arc::new(SystemClock)),
        clock: Arc::new(SystemClock),
        platform: Some(base),
        engine: engine.cloned(),
        agreed: Hosts::none(),
    }
}

pub fn asking() -> Wanted {
    Wanted { ask: true, ..Wanted::default() }
}

fn holds(verified: &Verified, id: StepId) -> Option<Holds> {
    verified.step(id).map(|step| step.holds)
}

const SCOPE: &str = "openid profile email offline_access";
const DANA: &str = "dana.cruz@post.example";

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_platform_are_verified_in_both_roles() {
    let scene = Scene::new(&[]).await;
    let facts = scene.running.facts.clone().unwrap();
    let admin = &facts.project_admin;
    let tokens = tokens(&scene.running, &admin.email, &admin.password, SCOPE).await;
    for engine in [&scene.super_admin, &scene.project_admin] {
        let lab = lab(&scene.running.base_url, Some(engine));
        let access = verify(&lab, &given(&tokens.access), &asking()).await;
        assert_eq!(access.verdict, Holds::Yes, "{access:?}");
        for rung in [Rung::Algorithm, Rung::Key, Rung::Signature, Rung::Issuer, Rung::Audience, Rung::Time] {
            assert_eq!(holds(&access, StepId::Rung(rung)), Some(Holds::Yes), "{access:?}");
        }
        for id in [StepId::Introspection, StepId::UserInfo, StepId::Me, StepId::Session, StepId::Membership] {
            assert_eq!(holds(&access, id), Some(Holds::Yes), "{id:?} {access:?}");
        }
        // I3
        assert!(access.notes.iter().any(|note| note.contains("answers anybody")), "{:?}", access.notes);
        for other in [&tokens.id, &tokens.refresh] {
            let other = verify(&lab, &given(other), &asking()).await;
            assert_eq!(other.verdict, Holds::Yes, "{other:?}");
            let introspected = other.step(StepId::Introspection).unwrap();
            assert_eq!(introspected.holds, Holds::Yes);
            assert!(
                introspected.limit.unwrap().contains("ID and refresh tokens"),
                "the limit is spelled out"
            );
            assert_eq!(other.step(StepId::Me), None, "it is no bearer, so it is not tried as one");
        }
        // S2
        let all = format!("{access:?}");
        let signature = tokens.access.rsplit('.').next().unwrap();
        assert!(!all.contains(&tokens.access) && !all.contains(signature), "{all}");
    }
}

// platform-api §3.6
#[tokio::test(flavor = "multi_thread")]
async fn introspection_calls_a_deactivated_members_token_active_and_the_verdict_is_no() {
    let scene = Scene::new(&[]).await;
    let tokens = tokens(&scene.running, DANA, idconsole::demo::PASSWORD, SCOPE).await;
    let member = scene.member(&scene.super_admin, DANA).await;
    let path = format!("ProjectMembership/{}", member.as_str());
    change(&scene, &path, |record| record["active"] = json!(false));
    for engine in [&scene.super_admin, &scene.project_admin] {
        let verified =
            verify(&lab(&scene.running.base_url, Some(engine)), &given(&tokens.access), &asking()).await;
        assert_eq!(holds(&verified, StepId::Introspection), Some(Holds::Yes));
        assert_eq!(holds(&verified, StepId::Me), Some(Holds::No));
        assert_eq!(holds(&verified, StepId::Membership), Some(Holds::No), "{verified:?}");
        assert_eq!(verified.verdict, Holds::No);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_is_seen_by_whoever_may_see_it() {
    let scene = Scene::new(&[]).await;
    let tokens = tokens(&scene.running, DANA, idconsole::demo::PASSWORD, SCOPE).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let out = format!("{}oauth2/logout", scene.running.base_url);
    http.post(out).bearer_auth(&tokens.access).send().await.unwrap();
    let seen = |engine: &Engine| {
        let lab = lab(&scene.running.base_url, Some(engine));
        let token = given(&tokens.access);
        async move { verify(&lab, &token, &asking()).await }
    };
    let by_super = seen(&scene.super_admin).await;
    assert_eq!(holds(&by_super, StepId::Session), Some(Holds::No), "{by_super:?}");
    let by_admin = seen(&scene.project_admin).await;
    assert_eq!(holds(&by_admin, StepId::Session), Some(Holds::Untold), "unknown is not no");
    for verified in [&by_super, &by_admin] {
        assert_eq!(holds(verified, StepId::Introspection), Some(Holds::No));
        assert_eq!(verified.verdict, Holds::No);
    }
}

/// A stored record changed past every rule.
pub fn change(scene: &Scene, path: &str, with: impl FnOnce(&mut Value)) {
    let mut store = scene.running.state.write();
    let mut record = store.resolve(path).unwrap();
    with(&mut record);
    store.system_update(record).unwrap();
}

/// An issuer elsewhere that would take anything that it is sent.
async fn elsewhere(public: Value) -> Server {
    Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["jwks_uri"] = json!(format!("{base}keys"));
            document["introspection_endpoint"] = json!(format!("{base}introspect"));
            Reply::json(200, &document)
        }
        "/keys" => Reply::json(200, &json!({"keys": [public.clone()]})),
        "/introspect" => Reply::json(200, &json!({"active": true})),
        _ => Reply::not_found(),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_somebody_else_is_sent_to_nobody_before_they_are_agreed_to() {
    let scene = Scene::new(&[]).await;
    let own = key("k1");
    let issuer = elsewhere(own.public.clone()).await;
    let soon = idconsole::ports::Clock::now(&SystemClock).as_second() + 600;
    let token = given(&signed(
        &own,
        "k1",
        &json!({"iss": issuer.base, "sub": "s", "aud": "a", "scope": "x", "exp": soon}),
    ));
    let lab = lab(&scene.running.base_url, Some(&scene.project_admin));
    let unasked = verify(&lab, &token, &asking()).await;
    let needs = unasked.needs.clone().unwrap();
    assert_eq!(unasked.verdict, Holds::Untold, "{unasked:?}");
    assert!(issuer.asked(METADATA_PATH).is_empty() && issuer.asked("/keys").is_empty());
    assert!(unasked.asked.is_empty(), "neither the platform nor the issuer saw it");
    let agreed = verify(&lab.agreeing(&needs.host), &token, &asking()).await;
    assert_eq!(agreed.verdict, Holds::Yes, "{agreed:?}");
    assert_eq!(issuer.asked("/introspect").len(), 1);
    assert!(agreed.asked.iter().all(|one| !one.sent.url.raw().contains(&scene.running.base_url)));
}

// M6: an endpoint elsewhere is a host like any other.
#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_cannot_pass_the_token_on_to_another_host() {
    let own = key("k1");
    let taker = elsewhere(own.public.clone()).await;
    let (public, place) = (own.public.clone(), taker.base.clone());
    let issuer = Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["jwks_uri"] = json!(format!("{base}keys"));
            for endpoint in ["introspection_endpoint", "userinfo_endpoint"] {
                document[endpoint] = json!(format!("{place}introspect"));
            }
            Reply::json(200, &document)
        }
        "/keys" => Reply::json(200, &json!({"keys": [public.clone()]})),
        _ => Reply::not_found(),
    })
    .await;
    let soon = idconsole::ports::Clock::now(&SystemClock).as_second() + 600;
    let claims = json!({"iss": issuer.base, "sub": "s", "aud": "a", "scope": "x", "exp": soon});
    let token = given(&signed(&own, "k1", &claims));
    let lab = lab("http://127.0.0.1:9/", None).agreeing(&issuer.base);
    let verified = verify(&lab, &token, &asking()).await;
    assert_eq!(verified.verdict, Holds::Yes, "{verified:?}");
    assert_eq!(holds(&verified, StepId::Introspection), Some(Holds::Untold));
    let asked = introspect(&lab, &token, None).await;
    assert!(taker.base.contains(&asked.needs.clone().unwrap().host), "{asked:?}");
    assert!(taker.asked("/introspect").is_empty(), "it was passed on");
    let other = introspect(&lab, &token, Some(&taker.base)).await;
    assert!(other.exchange.is_none() && other.needs.is_none(), "it is not theirs: {other:?}");
    let agreed = introspect(&lab.agreeing(&taker.base), &token, None).await;
    assert_eq!(agreed.step.holds, Holds::Yes, "{agreed:?}");
}
