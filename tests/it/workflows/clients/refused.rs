//! What is not done to clients, and what is said instead. Nothing is written.

use idconsole::identity::{ClientId, Role};
use idconsole::workflows::clients::find;
use idconsole::workflows::intent::clients::{
    ClientEdit, ClientIntent, LifetimeEdit, ListEdit, NewClient, NewKind,
};
use idconsole::workflows::intent::{NoPlan, Why};
use rstest::rstest;

use super::super::scene::Scene;
use super::{ROTA, edit, id, planned, why_not};

fn add(address: &str) -> ClientEdit {
    ClientEdit::Redirects(ListEdit::Add(vec![address.into()]))
}

fn access(lifetime: &str) -> ClientEdit {
    ClientEdit::Lifetimes { access: LifetimeEdit::Set(lifetime.into()), refresh: LifetimeEdit::Keep }
}

#[tokio::test]
async fn malformed_input_gets_a_message_that_says_what_to_write() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let cases = [
        (add("portal.clinic.example"), "not a whole address"),
        (add("https://*.clinic.example/cb"), "no wildcard"),
        (add("https://a.example/#/cb"), "leave it out from # on"),
        (add("javascript:alert(1)"), "cannot take a sign-in"),
        (add("https://a.example/\u{200b}cb"), "hidden character"),
        (ClientEdit::Origins(ListEdit::Add(vec!["https://a.example/x".into()])), "write https://a.example"),
        (ClientEdit::Name("  ".into()), "name is missing"),
        (ClientEdit::Name("Ward\u{202e}Rota".into()), "hidden character"),
        (access("1 hour"), "digits and one of"),
        (access("0s"), "lets nobody in"),
        (access("999y"), "hundred years"),
    ];
    let before = super::stored(&scene, &rota);
    for (change, said) in cases {
        let shown = format!("{change:?}");
        let what = why_not(edit(admin, &rota, change).await, Why::Malformed);
        assert!(what.contains(said), "{shown}: {what}");
    }
    assert_eq!(super::stored(&scene, &rota), before);
}

#[tokio::test]
async fn what_is_so_already_is_not_done_again() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    for change in [
        ClientEdit::Name(ROTA.into()),
        add("https://rota.clinic.example/callback"),
        ClientEdit::PkceOptional(false),
        ClientEdit::Active(true),
        ClientEdit::Lifetimes { access: LifetimeEdit::Default, refresh: LifetimeEdit::Keep },
    ] {
        why_not(edit(admin, &rota, change).await, Why::Nothing);
    }
}

// platform-api §3.2
#[tokio::test]
async fn an_address_that_is_only_nearly_there_is_named_when_it_is_to_be_removed() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let gone = ClientEdit::Redirects(ListEdit::Remove(vec!["https://rota.clinic.example/callback/".into()]));
    let what = why_not(edit(admin, &rota, gone).await, Why::NotFound);
    assert!(what.contains("It has https://rota.clinic.example/callback, which is another one"), "{what}");
}

#[tokio::test]
async fn the_client_of_ones_own_session_is_not_deleted() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let own = ClientId::from(scene.running.facts.as_ref().unwrap().client_id.as_str());
    let what = why_not(planned(admin, ClientIntent::Delete { client: own.clone() }).await, Why::NotAllowed);
    assert!(what.contains("You are signed in through"), "{what}");
    let off = edit(admin, &own, ClientEdit::Active(false)).await.unwrap();
    assert!(off.warnings.iter().any(|warning| warning.contains("yourself")), "{off:?}");
    // Somebody who came another way may.
    planned(&scene.super_admin, ClientIntent::Delete { client: own }).await.unwrap();
}

// platform-api §12
#[tokio::test]
async fn a_member_is_told_who_may() {
    let mut scene = Scene::new(&[]).await;
    let rota = id(&scene.project_admin, ROTA).await;
    scene.project_admin.caller.role = Role::Member;
    let what =
        why_not(planned(&scene.project_admin, ClientIntent::Rotate { client: rota }).await, Why::NotAllowed);
    assert!(what.contains("nly a project admin may create and change client applications"), "{what}");
}

#[tokio::test]
async fn clients_of_other_projects_are_not_seen_by_a_project_admin() {
    let scene = Scene::new(&[]).await;
    let all = idconsole::workflows::clients::list(&scene.super_admin).await.unwrap();
    let own = &scene.project_admin.caller.project;
    let foreign =
        all.iter().find(|facts| facts.client.project.as_ref().is_some_and(|project| project != own)).unwrap();
    let client = foreign.client.id.clone();
    why_not(
        planned(&scene.project_admin, ClientIntent::Rotate { client: client.clone() }).await,
        Why::NotFound,
    );
    let mut elsewhere = NewClient {
        name: "x".into(),
        description: None,
        redirects: Vec::new(),
        kind: NewKind::Public,
        project: foreign.client.project.clone(),
    };
    why_not(planned(&scene.project_admin, ClientIntent::Create(elsewhere.clone())).await, Why::NotAllowed);
    elsewhere.project = None;
    planned(&scene.project_admin, ClientIntent::Create(elsewhere)).await.unwrap();
}

#[rstest]
#[case("ward rota", None)]
#[case("No such client", Some(Why::NotFound))]
#[case("Practitioner/1", Some(Why::Malformed))]
#[case("00000000-0000-4000-8000-000000000000", Some(Why::NotFound))]
#[case("", Some(Why::NotFound))]
#[tokio::test]
async fn a_client_is_found_by_its_whole_name_or_id_and_never_guessed(
    #[case] wanted: &str,
    #[case] expected: Option<Why>,
) {
    let scene = Scene::new(&[]).await;
    match (find(&scene.project_admin, wanted).await, expected) {
        (Ok(found), None) => assert_eq!(found.name.raw(), ROTA),
        (Err(NoPlan::Refused { why, .. }), Some(expected)) => assert_eq!(why, expected),
        (other, _) => panic!("{other:?}"),
    }
}
