//! Clients that come and go.

use idconsole::identity::{ClientId, Text};
use idconsole::workflows::clients::{list, one, reveal, wrong};
use idconsole::workflows::intent::clients::{ClientIntent, NewClient, NewKind};
use idconsole::workflows::undo::plan_undo;
use serde_json::{Value, json};

use super::super::scene::Scene;
use super::{ROTA, done, id, keeps_no, made, planned, stored, text, undone};

fn new(name: &str, kind: NewKind) -> ClientIntent {
    ClientIntent::Create(NewClient {
        name: name.into(),
        description: Some("for the night shift".into()),
        redirects: vec!["https://night.clinic.example/callback".into()],
        kind,
        project: None,
    })
}

fn confidential(policy: Option<&str>) -> NewKind {
    NewKind::Confidential { policy: policy.map(Text::from) }
}

fn memberships(scene: &Scene, client: &ClientId) -> Vec<Value> {
    scene.running.state.read().find_by("ProjectMembership", "profile", &client.reference().to_string())
}

// platform-api §3.2, §9.5
#[tokio::test]
async fn a_public_client_is_made_without_secret_and_membership_and_taken_back() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let applied = done(&scene, admin, new("Night shift", NewKind::Public)).await;
        let client = ClientId::new(made(&applied).id);
        let now = stored(&scene, &client);
        assert_eq!(now["redirectUris"], json!(["https://night.clinic.example/callback"]));
        assert!(now.get("secret").is_none() && memberships(&scene, &client).is_empty());
        assert!(reveal(admin, &client).await.unwrap_err().to_string().contains("no secret"));
        undone(&scene, admin, &applied).await;
        assert_eq!(stored(&scene, &client), Value::Null);
    }
}

// platform-api §6
#[tokio::test]
async fn a_confidential_client_comes_with_secret_and_membership_and_goes_with_both() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let policies =
            idconsole::workflows::intent::policies::of_project(admin, &admin.caller.project).await.unwrap();
        let policy = policies.first().and_then(|policy| policy.display.clone());
        let kind = NewKind::Confidential { policy: policy.clone() };
        let mut plan = planned(admin, new("Night shift", kind)).await.unwrap();
        plan.confirm = idconsole::identity::Confirm::Enter;
        let shown = format!("{plan:?}");
        let applied = scene.apply(admin, plan).await.unwrap_or_else(|error| panic!("{error}"));
        let client = ClientId::new(made(&applied).id);
        let secret = text(&stored(&scene, &client), "secret");
        assert_eq!(secret.len(), 64);
        let found = memberships(&scene, &client);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["accessPolicy"].is_object(), policy.is_some());
        assert_eq!(reveal(admin, &client).await.unwrap().secret.expose(), secret, "shown on demand");
        keeps_no(&scene, &[secret], &format!("{shown} {applied:?}"));
        undone(&scene, admin, &applied).await;
        assert_eq!(stored(&scene, &client), Value::Null);
        assert!(memberships(&scene, &client).is_empty(), "no membership is left without its client");
    }
}

// platform-api §6: the project in the path counts for super admins only
#[tokio::test]
async fn a_super_admin_makes_clients_in_any_project() {
    let scene = Scene::new(&[]).await;
    let clinic = scene.project_admin.caller.project.clone();
    for kind in [NewKind::Public, confidential(None)] {
        let ClientIntent::Create(mut wanted) = new("Night shift", kind) else { unreachable!() };
        wanted.project = Some(clinic.clone());
        let applied = done(&scene, &scene.super_admin, ClientIntent::Create(wanted)).await;
        let client = made(&applied);
        let record = scene.running.state.read().read("ClientApplication", &client.id).unwrap();
        assert_eq!(record["meta"]["project"], json!(clinic.as_str()));
        // Its own admin sees it too, and the platform's operator sees whose it is.
        let seen = list(&scene.super_admin).await.unwrap();
        let seen = seen.iter().find(|facts| *facts.client.id.as_str() == *client.id).unwrap();
        assert_eq!(seen.project, Some(scene.project_admin.caller.project_name.clone()));
        undone(&scene, &scene.super_admin, &applied).await;
    }
}

// §14.9: nothing keeps a membership from pointing to what is gone, so both go
#[tokio::test]
async fn deleting_takes_the_membership_along_and_a_super_admin_brings_both_back() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.super_admin;
    let rota = id(admin, ROTA).await;
    let (before, members) = (stored(&scene, &rota), memberships(&scene, &rota));
    let plan = planned(admin, ClientIntent::Delete { client: rota.clone() }).await.unwrap();
    assert_eq!(plan.changes.len(), 2);
    let shown = format!("{plan:?}");
    let applied = scene.apply(admin, plan).await.unwrap();
    assert_eq!(stored(&scene, &rota), Value::Null);
    assert!(memberships(&scene, &rota).is_empty());
    undone(&scene, admin, &applied).await;
    assert_eq!(stored(&scene, &rota), before, "the secret is the same");
    assert_eq!(memberships(&scene, &rota)[0]["id"], members[0]["id"]);
    keeps_no(&scene, &[text(&before, "secret")], &shown);
}

// platform-api §12: project and user of a membership are read-only for project admins
#[tokio::test]
async fn a_project_admin_brings_the_client_back_and_is_told_what_does_not_come() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let before = stored(&scene, &rota);
    let plan = planned(admin, ClientIntent::Delete { client: rota.clone() }).await.unwrap();
    assert!(plan.warnings.iter().any(|warning| warning.contains("who is signed in through it is unknown")));
    assert!(plan.undo.contains("without its membership"), "{}", plan.undo);
    let applied = scene.apply(admin, plan).await.unwrap();
    let back = plan_undo(admin, applied.entry).await.unwrap();
    assert!(
        back.warnings.iter().any(|warning| warning.contains("cannot bring a membership back")),
        "{back:?}"
    );
    scene.apply(admin, back).await.unwrap();
    assert_eq!(stored(&scene, &rota), before);
    assert!(memberships(&scene, &rota).is_empty());
    let facts = one(admin, &rota).await.unwrap();
    let wrong = wrong(&facts, admin.clock.now());
    assert!(wrong.iter().any(|wrong| wrong.words.contains("a secret and no membership")), "{wrong:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_client_is_said_in_words() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let all = list(admin).await.unwrap();
    let of = |name: &str| {
        let facts = all.iter().find(|facts| facts.client.name.raw() == name).unwrap();
        wrong(facts, admin.clock.now()).into_iter().map(|wrong| wrong.words).collect::<Vec<_>>().join("\n")
    };
    assert!(of("Old Portal").contains("Unsupported identity provider configuration"), "{}", of("Old Portal"));
    assert!(of(ROTA).contains("no access policy"), "{}", of(ROTA));
    assert!(all.iter().any(|facts| facts.own), "the client that the admin signed in through is marked");
}
