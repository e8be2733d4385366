//! Rate limits: what each kind of work costs, and when the points come back.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Api, As, text_of};

fn left(answer: &reqwest::Response) -> u64 {
    let header = answer.headers()["ratelimit"].to_str().unwrap();
    let (_, fhir) = header.split_once("\"fhirInteractions\";r=").unwrap();
    fhir.split(';').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn reading_searching_and_writing_have_their_price() {
    let api = Api::start(&["rateLimitsEnabled=true", "defaultFhirQuota=1000"]);
    let get = async |path: &str| api.ask(As::Admin, Method::GET, path).send().await.unwrap();
    let project = format!("fhir/R4/Project/{}", api.project);
    assert_eq!(left(&get(&project).await), 999);
    assert_eq!(left(&get(&format!("{project}/_history")).await), 989);
    assert_eq!(left(&get("fhir/R4/Patient").await), 969);
    let patient = json!({"resourceType": "Patient"});
    let made = api.ask(As::Admin, Method::POST, "fhir/R4/Patient").json(&patient).send().await.unwrap();
    assert_eq!(left(&made), 869);
    // Every reference that an include follows is a read of its own: both clients' profiles.
    let included =
        get("fhir/R4/ProjectMembership?_include=ProjectMembership:profile&profile-type=ClientApplication")
            .await;
    assert_eq!(left(&included), 869 - 20 - 2);
}

#[tokio::test]
async fn over_the_quota_everything_is_refused_until_the_window_ends() {
    let api = Api::start(&["rateLimitsEnabled=true", "defaultFhirQuota=30"]);
    assert_eq!(api.get(As::Admin, "fhir/R4/Patient").await.0, 200);
    let (status, refused) = api.get(As::Admin, "fhir/R4/Patient").await;
    assert_eq!((status.as_u16(), text_of(&refused)), (429, "Too Many Requests"));
    let state: Value = serde_json::from_str(refused["issue"][0]["diagnostics"].as_str().unwrap()).unwrap();
    assert_eq!(state["limit"], 30);
    assert_eq!(
        api.get(As::Member, "fhir/R4/Patient").await.0,
        200,
        "another member has a quota of their own"
    );
    assert_eq!(api.get(As::Super, "fhir/R4/Patient").await.0, 200, "a super admin pays nothing");
    api.running.state.clock.advance(Duration::from_secs(61));
    assert_eq!(api.get(As::Admin, "fhir/R4/Patient").await.0, 200);
}

#[tokio::test]
async fn sign_ins_are_counted_apart_from_other_requests() {
    let api = Api::start(&["rateLimitsEnabled=true", "defaultLoginRateLimit=2"]);
    let login = json!({"email": "nobody@clinic.example", "password": "no such password"});
    for expected in [400, 400, 429] {
        let (status, _) = api.send(As::Nobody, Method::POST, "auth/login", &login).await;
        assert_eq!(status, expected);
    }
    assert_eq!(api.get(As::Admin, "fhir/R4/Patient").await.0, 200);
}
