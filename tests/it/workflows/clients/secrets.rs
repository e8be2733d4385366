//! Secrets of clients: rotated, ended, shown on demand and kept nowhere (platform-api §8, §17; standards S2).

use idconsole::demo::faults::Effect;
use idconsole::identity::{Confirm, Plan, Text};
use idconsole::workflows::clients::{one, reveal};
use idconsole::workflows::intent::Why;
use idconsole::workflows::intent::clients::{ClientEdit, ClientIntent};
use idconsole::workflows::undo::plan_undo;
use idconsole::workflows::{ApplyError, Engine};
use serde_json::{Value, json};

use super::super::scene::Scene;
use super::{ROTA, done, id, keeps_no, planned, stored, text, why_not};

async fn rotation(engine: &Engine) -> Plan {
    let client = id(engine, ROTA).await;
    planned(engine, ClientIntent::Rotate { client }).await.unwrap()
}

/// What the token endpoint says to client id and secret.
async fn machine(scene: &Scene, client: &str, secret: &str) -> String {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [("grant_type", "client_credentials"), ("client_id", client), ("client_secret", secret)];
    let answer =
        http.post(format!("{}oauth2/token", scene.running.base_url)).form(&form).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let told = answer["error_description"].as_str().or_else(|| answer["token_type"].as_str());
    told.unwrap_or_default().to_owned()
}

// platform-api §17: the old one works at the token endpoint until it is ended
#[tokio::test]
async fn a_secret_is_rotated_and_the_former_one_ended_in_both_roles() {
    let scene = Scene::new(&[]).await;
    for admin in [&scene.project_admin, &scene.super_admin] {
        let rota = id(admin, ROTA).await;
        let old = text(&stored(&scene, &rota), "secret");
        let plan = rotation(admin).await;
        assert_eq!(plan.confirm, Confirm::Typed { text: ROTA.into() });
        let shown = format!("{plan:?}");
        let applied = scene.apply(admin, plan).await.unwrap_or_else(|error| panic!("{error}"));
        assert!(applied.steps[0].read_back);
        let now = stored(&scene, &rota);
        let new = text(&now, "secret");
        assert_ne!(new, old);
        assert_eq!(text(&now, "retiringSecret"), old);
        assert_eq!(machine(&scene, rota.as_str(), &old).await, "Bearer");
        assert_eq!(machine(&scene, rota.as_str(), &new).await, "Bearer");
        let why = plan_undo(admin, applied.entry).await.unwrap_err().to_string();
        assert!(why.contains("takes none back"), "{why}");

        let facts = one(admin, &rota).await.unwrap();
        let history = facts.secrets.known().unwrap();
        assert_eq!(history.secret_since(), history.retiring_since());
        let ended = done(&scene, admin, ClientIntent::Retire { client: rota.clone() }).await;
        assert_eq!(machine(&scene, rota.as_str(), &old).await, "Invalid secret");
        assert_eq!(machine(&scene, rota.as_str(), &new).await, "Bearer");
        assert_eq!(reveal(admin, &rota).await.unwrap().secret.expose(), new);
        keeps_no(&scene, &[old, new], &format!("{shown} {applied:?} {ended:?} {facts:?} {history:?}"));
    }
}

#[tokio::test]
async fn a_second_rotation_says_that_the_first_former_secret_stops() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let first = text(&stored(&scene, &rota), "secret");
    done(&scene, admin, ClientIntent::Rotate { client: rota.clone() }).await;
    let plan = rotation(admin).await;
    assert!(plan.warnings.iter().any(|warning| warning.contains("stops at once")), "{:?}", plan.warnings);
    let fields: Vec<_> =
        plan.changes[0].fields.iter().map(|field| (field.before.known(), &field.after)).collect();
    let no = |number: usize| Some(Text::from(format!("no. {number}")));
    assert_eq!(fields, [(Some(&no(2)), &no(3)), (Some(&no(1)), &no(2))]);
    scene.apply(admin, plan).await.unwrap();
    assert_eq!(machine(&scene, rota.as_str(), &first).await, "Invalid secret");
}

// H3
#[tokio::test]
async fn somebody_elses_rotation_in_between_is_noticed_and_nothing_is_rotated_twice() {
    let scene = Scene::new(&[]).await;
    let mine = rotation(&scene.project_admin).await;
    let rota = id(&scene.project_admin, ROTA).await;
    done(&scene, &scene.super_admin, ClientIntent::Rotate { client: rota.clone() }).await;
    let theirs = text(&stored(&scene, &rota), "secret");
    let error = scene.apply(&scene.project_admin, mine).await.unwrap_err();
    assert!(matches!(error, ApplyError::Stale(_)), "{error}");
    assert_eq!(text(&stored(&scene, &rota), "secret"), theirs);
}

// H2: a lost answer is settled by reading, never by sending again
#[tokio::test]
async fn a_lost_answer_is_settled_by_the_history() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let plan = rotation(admin).await;
    let rota = id(admin, ROTA).await;
    let old = text(&stored(&scene, &rota), "secret");
    scene.next("POST", "*rotate-secret", Effect::ResetAfter);
    let applied = scene.apply(admin, plan).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(applied.steps[0].remark.is_some());
    assert_eq!(text(&stored(&scene, &rota), "retiringSecret"), old, "rotated once");
}

#[tokio::test]
async fn an_unreadable_history_is_said_and_the_platforms_word_is_taken() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let refused = || Effect::Refused { id: "forbidden".to_owned(), text: "Forbidden".to_owned() };
    let path = format!("*ClientApplication/{rota}/_history");
    for _ in 0..4 {
        scene.next("GET", &path, refused());
    }
    let facts = one(admin, &rota).await.unwrap();
    assert!(facts.secrets.known().is_none());
    let plan = rotation(admin).await;
    assert!(plan.warnings.iter().any(|warning| warning.contains("history of this client cannot be read")));
    let applied = scene.apply(admin, plan).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(!applied.steps[0].read_back, "it was not seen");
}

#[tokio::test]
async fn what_has_no_secret_is_neither_rotated_nor_ended_nor_shown() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let own = idconsole::identity::ClientId::from(scene.running.facts.as_ref().unwrap().client_id.as_str());
    why_not(planned(admin, ClientIntent::Rotate { client: own.clone() }).await, Why::Nothing);
    why_not(planned(admin, ClientIntent::Retire { client: own.clone() }).await, Why::Nothing);
    let rota = id(admin, ROTA).await;
    why_not(planned(admin, ClientIntent::Retire { client: rota }).await, Why::Nothing);
    assert!(reveal(admin, &own).await.unwrap_err().to_string().contains("public client"));
}

// platform-api §17: any text is taken as status; `off` stops only the client itself
#[tokio::test]
async fn a_client_that_is_off_cannot_sign_in_by_itself_and_its_secret_stays() {
    let scene = Scene::new(&[]).await;
    let admin = &scene.project_admin;
    let rota = id(admin, ROTA).await;
    let secret = text(&stored(&scene, &rota), "secret");
    done(&scene, admin, ClientIntent::Edit { client: rota.clone(), edit: ClientEdit::Active(false) }).await;
    assert_eq!(machine(&scene, rota.as_str(), &secret).await, "Invalid client");
    done(&scene, admin, ClientIntent::Edit { client: rota.clone(), edit: ClientEdit::Active(true) }).await;
    assert_eq!(machine(&scene, rota.as_str(), &secret).await, "Bearer");
    assert_eq!(stored(&scene, &rota)["status"], json!("active"));
}
