//! Scripted faults reach the client as the network's and the platform's own would.

use std::time::{Duration, Instant};

use idconsole::demo::faults::{Effect, Rule};
use reqwest::Method;
use serde_json::{Map, json};

use super::api::{Api, As};

const PROJECTS: &str = "fhir/R4/Project";

fn script(api: &Api, effect: Effect) {
    api.running.faults().add(Rule::on("/fhir/R4/*", effect).once());
}

#[tokio::test]
async fn a_reset_connection_gives_no_answer_and_the_next_request_is_served() {
    let api = Api::start(&[]);
    script(&api, Effect::Reset);
    let broken = api.ask(As::Admin, Method::GET, PROJECTS).send().await;
    assert!(broken.unwrap_err().status().is_none());
    assert_eq!(api.get(As::Admin, PROJECTS).await.0, 200);
}

#[tokio::test]
async fn a_reset_after_the_work_leaves_it_done_and_the_client_unsure() {
    let api = Api::start(&[]);
    script(&api, Effect::ResetAfter);
    let patient = json!({"resourceType": "Patient", "name": [{"family": "Unsure"}]});
    assert!(api.ask(As::Admin, Method::POST, "fhir/R4/Patient").json(&patient).send().await.is_err());
    let (_, found) = api.get(As::Admin, "fhir/R4/Patient?name=Unsure&_summary=count").await;
    assert_eq!(found["total"], 1);
}

#[tokio::test]
async fn a_truncated_body_announces_more_than_it_brings() {
    let api = Api::start(&[]);
    script(&api, Effect::Truncated);
    let answer = api.ask(As::Admin, Method::GET, PROJECTS).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn a_request_that_hangs_ends_by_the_clients_own_patience() {
    let api = Api::start(&[]);
    script(&api, Effect::Hang);
    let hung = api.ask(As::Admin, Method::GET, PROJECTS).timeout(Duration::from_millis(100)).send().await;
    assert!(hung.unwrap_err().is_timeout());
}

#[tokio::test]
async fn latency_delays_the_true_answer() {
    let api = Api::start(&[]);
    script(&api, Effect::Latency(Duration::from_millis(60)));
    let asked = Instant::now();
    assert_eq!(api.get(As::Admin, PROJECTS).await.0, 200);
    assert!(asked.elapsed() >= Duration::from_millis(60));
}

#[tokio::test]
async fn a_scripted_429_says_when_to_come_back_and_nothing_is_done() {
    let api = Api::start(&[]);
    script(&api, Effect::TooManyRequests { reset: 7 });
    let patient = json!({"resourceType": "Patient"});
    let answer = api.ask(As::Admin, Method::POST, "fhir/R4/Patient").json(&patient).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["ratelimit"], "\"requests\";r=0;t=7");
    assert!(answer.headers().get("retry-after").is_none());
    let (_, found) = api.get(As::Admin, "fhir/R4/Patient?_summary=count").await;
    assert_eq!(found["total"], 0);
}

#[tokio::test]
async fn a_500_and_a_proxys_text_have_their_own_shapes() {
    let api = Api::start(&[]);
    script(&api, Effect::Broken);
    script(&api, Effect::Text { status: 502, body: "Bad Gateway".into() });
    assert_eq!(api.get(As::Admin, PROJECTS).await.1, json!({"msg": "Internal Server Error"}));
    let (status, text) = api.get(As::Admin, PROJECTS).await;
    assert_eq!((status.as_u16(), text), (502, json!("Bad Gateway")));
}

#[tokio::test]
async fn somebody_who_writes_first_makes_a_known_version_stale() {
    let api = Api::start(&[]);
    let member = api.invite("Ann", json!({})).await;
    let path = format!("fhir/R4/ProjectMembership/{}", member["id"].as_str().unwrap());
    let members: Map<String, serde_json::Value> =
        [("userName".to_owned(), json!("changed"))].into_iter().collect();
    script(&api, Effect::SomebodyWrites(members));
    let version = member["meta"]["versionId"].as_str().unwrap();
    let answer = api
        .ask(As::Admin, Method::PATCH, &path)
        .header("If-Match", format!("W/\"{version}\""))
        .json(&json!([{"op": "add", "path": "/externalId", "value": "x"}]))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 412);
    let (_, now) = api.get(As::Admin, &path).await;
    assert_eq!(now["userName"], "changed");
    assert!(now.get("externalId").is_none());
}
