//! Walking a large tenant page by page, and the searches that must find one person in it.

use std::collections::BTreeSet;

use idconsole::demo::{Options, Platform, Running, Seed, Settings};
use serde_json::Value;

const MEMBERS: usize = 2_500;

fn tenant(settings: &[&str]) -> (Running, String) {
    let settings = Settings::parse(settings.iter().copied()).unwrap();
    let seed = Some(Seed { members: MEMBERS, seed: 3 });
    let running = Platform::start(Options { settings, seed, ..Options::default() }).unwrap();
    let project = running.facts.as_ref().unwrap().project_id.clone();
    let mut store = running.state.write();
    let client = serde_json::json!({"resourceType": "ClientApplication", "meta": {"project": project},
        "id": "00000000-0000-4000-8000-000000000001", "name": "Walker", "secret": "s"});
    store.system_create(client).unwrap();
    let reference =
        serde_json::json!({"reference": "ClientApplication/00000000-0000-4000-8000-000000000001"});
    let member = serde_json::json!({"resourceType": "ProjectMembership", "admin": true, "user": reference,
        "profile": reference, "project": {"reference": format!("Project/{project}")}});
    store.system_create(member).unwrap();
    drop(store);
    (running, project)
}

async fn get(url: &str) -> Value {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.get(url).basic_auth("00000000-0000-4000-8000-000000000001", Some("s"));
    request.header("X-Medplum", "extended").send().await.unwrap().json().await.unwrap()
}

fn next(bundle: &Value) -> Option<String> {
    let links = bundle["link"].as_array().unwrap().iter();
    links.clone().find(|l| l["relation"] == "next").map(|l| l["url"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn cursors_lead_through_every_member_once_with_users_and_profiles_beside_them() {
    let (running, _) = tenant(&[]);
    let mut url = Some(format!(
        "{}fhir/R4/ProjectMembership?_sort=_lastUpdated&_count=300&profile-type=Practitioner,Patient,RelatedPerson\
         &_include=ProjectMembership:user&_include=ProjectMembership:profile",
        running.base_url
    ));
    let (mut seen, mut profiles, mut pages) = (BTreeSet::new(), 0, 0);
    while let Some(address) = url {
        let page = get(&address).await;
        for entry in page["entry"].as_array().unwrap() {
            match entry["search"]["mode"].as_str() {
                Some("match") => {
                    let id = entry["resource"]["id"].as_str().unwrap().to_owned();
                    assert!(seen.insert(id), "nobody comes twice");
                }
                _ => profiles += usize::from(entry["resource"]["resourceType"] != "User"),
            }
        }
        pages += 1;
        url = next(&page);
    }
    assert_eq!((seen.len(), pages), (MEMBERS, MEMBERS.div_ceil(300)));
    assert!(profiles > MEMBERS - 20, "all but the deleted profiles are included: {profiles}");
}

#[tokio::test]
async fn one_of_many_is_found_by_address_and_external_id_in_every_way_to_ask() {
    let (running, project) = tenant(&[]);
    let known = {
        let store = running.state.read();
        let members = store.find_by("ProjectMembership", "project", &format!("Project/{project}"));
        members.into_iter().rev().find(|m| m["externalId"].is_string() && m["active"] != false).unwrap()
    };
    let external = known["externalId"].as_str().unwrap().replace('\\', "\\\\").replace(',', "\\,");
    let user = known["user"]["reference"].as_str().unwrap();
    let query = |pairs: &[(&str, &str)]| {
        let mut url = url::Url::parse(&format!("{}fhir/R4/ProjectMembership", running.base_url)).unwrap();
        url.query_pairs_mut().extend_pairs(pairs);
        url.to_string()
    };
    for pairs in [
        vec![("external-id:exact", external.as_str())],
        vec![("user", user), ("_total", "accurate")],
        vec![("_filter", &*format!("user eq \"{user}\" and active ne false"))],
        vec![("_id", known["id"].as_str().unwrap()), ("active:not", "false")],
    ] {
        let found = get(&query(&pairs)).await;
        let ids: Vec<&Value> =
            found["entry"].as_array().into_iter().flatten().map(|e| &e["resource"]["id"]).collect();
        assert!(ids.contains(&&known["id"]), "{pairs:?}: {found}");
    }
}

#[tokio::test]
async fn a_search_brings_at_most_a_thousand_records_with_what_it_includes() {
    let (running, _) = tenant(&[]);
    let ask = |count: u32| {
        format!(
            "{}fhir/R4/ProjectMembership?_sort=_lastUpdated&_count={count}&_include=ProjectMembership:profile",
            running.base_url
        )
    };
    assert_eq!(get(&ask(500)).await["resourceType"], "Bundle");
    let refused = get(&ask(1000)).await;
    let text = refused["issue"][0]["details"]["text"].as_str().unwrap();
    assert!(text.starts_with("Search with _(rev)include reached query scope limit: depth=1, results="));
}
