//! Operations beyond those that the recordings show (platform-api §8), and the project prefix (§1.1).

use reqwest::Method;
use serde_json::json;

use super::api::{Api, As, id_of, text_of};

#[tokio::test]
async fn a_launch_keeps_its_context_and_sends_the_browser_to_the_app() {
    let api = Api::start(&[]);
    let client = json!({"resourceType": "ClientApplication", "name": "Chart"});
    let (_, client) = api.send(As::Admin, Method::POST, "fhir/R4/ClientApplication", &client).await;
    let path = format!("fhir/R4/ClientApplication/{}", client["id"].as_str().unwrap());
    let launch = format!("{path}/$smart-launch");
    let (status, refused) = api.get(As::Admin, &launch).await;
    assert_eq!((status.as_u16(), text_of(&refused)), (400, "ClientApplication not configured for launch"));
    let with_address =
        json!([{"op": "add", "path": "/launchUri", "value": "https://app.example/launch?x=1"}]);
    assert_eq!(api.send(As::Admin, Method::PATCH, &path, &with_address).await.0, 200);
    let (status, refused) = api.get(As::Admin, &format!("{launch}?patient=p&encounter=e")).await;
    assert_eq!((status.as_u16(), text_of(&refused)), (400, "Only one launch context can be specified"));

    let browser =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = api.ask(As::Admin, Method::GET, &format!("{launch}?patient=p1")).build().unwrap();
    let answer = browser.execute(request).await.unwrap();
    assert_eq!(answer.status(), 302);
    let away = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(away.as_str().starts_with("https://app.example/launch?x=1&"), "{away}");
    let launch = away.query_pairs().find(|(name, _)| name == "launch").unwrap().1.into_owned();
    let kept = api.running.state.read().read("SmartAppLaunch", &launch).unwrap();
    assert_eq!(kept["patient"]["reference"], "Patient/p1");
}

#[tokio::test]
async fn a_cloned_project_has_new_ids_that_point_to_each_other() {
    let api = Api::start(&[]);
    let ann = api.invite("Ann", json!({"scope": "project"})).await;
    let path = format!("fhir/R4/Project/{}/$clone", api.project);
    let wanted = json!({"name": "Copy", "excludeIds": ["00000000-0000-4000-8000-000000000002"]});
    assert_eq!(api.send(As::Admin, Method::POST, &path, &wanted).await.0, 403);
    let (status, copy) = api.send(As::Super, Method::POST, &path, &wanted).await;
    assert_eq!((status.as_u16(), &copy["name"]), (201, &json!("Copy")), "{copy}");
    let id = copy["id"].as_str().unwrap();
    assert_ne!(id, api.project);

    let store = api.running.state.read();
    let members = store.find_by("ProjectMembership", "project", &format!("Project/{id}"));
    let cloned = members.iter().find(|m| m["user"]["display"] == ann["user"]["display"]).unwrap();
    assert_ne!(cloned["user"]["reference"], ann["user"]["reference"]);
    let user = store.read("User", &id_of(cloned, "user")).unwrap();
    assert_eq!(user["project"]["reference"], format!("Project/{id}").as_str());
    let left_out = "Client 2";
    assert!(
        store.find_by("ClientApplication", "name", left_out).iter().all(|c| c["meta"]["project"] != id),
        "{left_out} was not wanted"
    );
}

#[tokio::test]
async fn under_a_projects_prefix_the_platform_is_another_issuer() {
    let api = Api::start(&[]);
    let base = &api.running.base_url;
    let place = ".well-known/openid-configuration";
    let prefix = format!("projects/{}/", api.project);
    assert_eq!(api.get(As::Nobody, place).await.1["issuer"], base.as_str());
    for before in ["", "api/"] {
        let (_, document) = api.get(As::Nobody, &format!("{before}{prefix}{place}")).await;
        assert_eq!(document["issuer"], format!("{base}{prefix}").as_str());
        assert_eq!(document["token_endpoint"], format!("{base}oauth2/token").as_str());
    }
}
