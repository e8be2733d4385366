//! Settings of a client: each changed in both roles and put back.

use idconsole::workflows::intent::clients::{ClientEdit, ClientIntent, LifetimeEdit, ListEdit};
use serde_json::{Value, json};

use super::super::scene::Scene;
use super::{ROTA, done, edit, id, stored, undone};

const CALLBACK: &str = "https://rota.clinic.example/callback";

fn list(all: &[&str]) -> Vec<idconsole::identity::Text> {
    all.iter().map(|text| (*text).into()).collect()
}

/// The edit, the JSON pointer, and what stands there then.
fn edits() -> Vec<(ClientEdit, &'static str, Value)> {
    let redirects = |edit| ClientEdit::Redirects(edit);
    vec![
        (ClientEdit::Name("Ward Rota 2".into()), "/name", json!("Ward Rota 2")),
        (ClientEdit::Description(Some("who is on duty".into())), "/description", json!("who is on duty")),
        (ClientEdit::Description(None), "/description", Value::Null),
        (
            redirects(ListEdit::Add(list(&["http://127.0.0.1:9615/callback"]))),
            "/redirectUris",
            json!([CALLBACK, "http://127.0.0.1:9615/callback"]),
        ),
        (redirects(ListEdit::Remove(list(&[CALLBACK]))), "/redirectUris", Value::Null),
        (
            redirects(ListEdit::Set(list(&["org.clinic.rota:/cb", "https://rota2.clinic.example/cb"]))),
            "/redirectUris",
            json!(["org.clinic.rota:/cb", "https://rota2.clinic.example/cb"]),
        ),
        (
            ClientEdit::Origins(ListEdit::Set(list(&["https://rota.clinic.example"]))),
            "/allowedOrigin",
            json!(["https://rota.clinic.example"]),
        ),
        (ClientEdit::PkceOptional(true), "/pkceOptional", json!(true)),
        (ClientEdit::Active(false), "/status", json!("off")),
        (
            ClientEdit::Lifetimes { access: LifetimeEdit::Set("15m".into()), refresh: LifetimeEdit::Keep },
            "/accessTokenLifetime",
            json!("15m"),
        ),
        (
            ClientEdit::Lifetimes { access: LifetimeEdit::Keep, refresh: LifetimeEdit::Set("8h".into()) },
            "/refreshTokenLifetime",
            json!("8h"),
        ),
    ]
}

#[tokio::test]
async fn every_setting_is_changed_read_back_and_put_back_in_both_roles() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let rota = id(admin, ROTA).await;
        let before = stored(&scene, &rota);
        for (edit, pointer, after) in edits() {
            let intent = ClientIntent::Edit { client: rota.clone(), edit };
            let applied = done(&scene, admin, intent.clone()).await;
            let now = stored(&scene, &rota);
            assert_eq!(now.pointer(pointer).cloned().unwrap_or_default(), after, "{intent:?}");
            assert_eq!(now["secret"], before["secret"], "nothing else is touched");
            undone(&scene, admin, &applied).await;
            let mut back = stored(&scene, &rota);
            // Absent counts as no (platform-api §3.3).
            if before.get("pkceOptional").is_none() && back["pkceOptional"] == json!(false) {
                back.as_object_mut().unwrap().shift_remove("pkceOptional");
            }
            assert_eq!(back, before, "{intent:?}");
        }
    }
}

// platform-api §3.2: the old single address counts as well
#[tokio::test]
async fn the_old_single_address_is_removed_where_it_stands_and_kept_otherwise() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let old = id(admin, "Old Portal").await;
    let before = stored(&scene, &old);
    let address = before["redirectUri"].as_str().unwrap().to_owned();
    let add = ClientEdit::Redirects(ListEdit::Add(list(&["https://new.clinic.example/cb"])));
    let added = done(&scene, admin, ClientIntent::Edit { client: old.clone(), edit: add }).await;
    let now = stored(&scene, &old);
    assert_eq!(
        (now["redirectUri"].as_str(), &now["redirectUris"]),
        (Some(&*address), &json!(["https://new.clinic.example/cb"]))
    );
    let remove = ClientEdit::Redirects(ListEdit::Remove(list(&[&address])));
    let removed = done(&scene, admin, ClientIntent::Edit { client: old.clone(), edit: remove }).await;
    let now = stored(&scene, &old);
    assert_eq!(
        (&now["redirectUri"], &now["redirectUris"]),
        (&Value::Null, &json!(["https://new.clinic.example/cb"]))
    );
    undone(&scene, admin, &removed).await;
    undone(&scene, admin, &added).await;
    assert_eq!(stored(&scene, &old), before);
}

#[tokio::test]
async fn a_plan_says_what_breaks_and_what_does_not() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let said = async |change: ClientEdit| {
        let plan = edit(admin, &rota, change).await.unwrap();
        [plan.warnings, plan.also].concat().join("\n")
    };
    let removed = said(ClientEdit::Redirects(ListEdit::Remove(list(&[CALLBACK])))).await;
    assert!(
        removed.contains(&format!("return to {CALLBACK} fail with \u{201c}Invalid redirect URI\u{201d}")),
        "{removed}"
    );
    assert!(removed.contains("no browser sign-in through Ward Rota works"), "{removed}");
    // platform-api §17
    let off = said(ClientEdit::Active(false)).await;
    assert!(off.contains("browser, exchange and password sign-ins through it go on"), "{off}");
    let near =
        said(ClientEdit::Redirects(ListEdit::Add(list(&["https://rota.clinic.example/callback/"])))).await;
    assert!(near.contains("two addresses for the platform"), "{near}");
    let optional = said(ClientEdit::PkceOptional(true)).await;
    assert!(optional.contains("can redeem it"), "{optional}");
    let long = ClientEdit::Lifetimes {
        access: LifetimeEdit::Set("2w".into()),
        refresh: LifetimeEdit::Set("1d".into()),
    };
    let long = said(long).await;
    assert!(long.contains("stolen access token") && long.contains("no session is ever refreshed"), "{long}");
}

// platform-api §3.2: what the plan promised is what the platform does
#[tokio::test]
async fn a_removed_address_is_refused_by_the_platform_and_a_near_one_always_was() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let authorize = async |address: &str| {
        let mut url: url::Url = format!("{}oauth2/authorize", scene.running.base_url).parse().unwrap();
        url.query_pairs_mut().extend_pairs([
            ("client_id", rota.as_str()),
            ("redirect_uri", address),
            ("response_type", "code"),
            ("scope", "openid"),
        ]);
        http.get(url).send().await.unwrap().status().as_u16()
    };
    assert_eq!(authorize(CALLBACK).await, 302);
    assert_eq!(authorize("https://rota.clinic.example/callback/").await, 400);
    let gone = ClientEdit::Redirects(ListEdit::Set(list(&["https://rota2.clinic.example/cb"])));
    done(&scene, admin, ClientIntent::Edit { client: rota.clone(), edit: gone }).await;
    assert_eq!(authorize(CALLBACK).await, 400);
}

// platform-api §9.4; the secret comes back out of the history
#[tokio::test]
async fn an_identity_provider_is_taken_away_and_put_back_with_its_secret() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let rota = id(admin, ROTA).await;
        let before = stored(&scene, &rota);
        let secret = before["identityProvider"]["clientSecret"].as_str().unwrap().to_owned();
        let plan = edit(admin, &rota, ClientEdit::NoProvider).await.unwrap();
        let shown = format!("{plan:?}");
        let applied = scene.apply(admin, plan).await.unwrap();
        assert_eq!(stored(&scene, &rota)["identityProvider"], Value::Null);
        super::why_not(
            edit(admin, &rota, ClientEdit::NoProvider).await,
            idconsole::workflows::intent::Why::Nothing,
        );
        undone(&scene, admin, &applied).await;
        assert_eq!(stored(&scene, &rota), before);
        super::keeps_no(&scene, &[secret], &shown);
    }
}
