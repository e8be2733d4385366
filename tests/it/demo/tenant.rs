//! The seeded tenant as others meet it.

use std::collections::BTreeSet;

use idconsole::demo::{Options, Platform, Seed};
use serde_json::{Value, json};

use super::demonstration;

/// What `/auth/method` says for an address of each domain of the tenant.
#[tokio::test]
async fn each_domain_is_routed_as_it_is_stored() {
    let running = demonstration(&[]);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let method = async |email: &str| -> (u16, Value) {
        let answer = http
            .post(format!("{}auth/method", running.base_url))
            .json(&json!({"email": email}))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    };
    for routed in ["a@partner.example", "a@lab.example", "a@Lab.example"] {
        assert!(method(routed).await.1["authorizeUrl"].is_string(), "{routed}");
    }
    for by_password in ["a@capital.example", "a@Capital.example", "a@bare.example", "a@clinic.example"] {
        assert_eq!(method(by_password).await, (200, json!({})), "{by_password}");
    }
    let (status, refused) = method("a@broken.example").await;
    assert_eq!(status, 400);
    assert_eq!(refused["issue"][0]["details"]["text"], "Failed to construct URL for the domain");
}

#[test]
fn hostile_names_are_stored_as_they_are() {
    let running = demonstration(&[]);
    let mallory = running.state.read().find_by("User", "email", "mallory@mail.example").remove(0);
    assert!(mallory["firstName"].as_str().unwrap().contains('\u{1b}'));
    assert!(mallory["lastName"].as_str().unwrap().contains('\u{202e}'));
}

#[test]
fn a_large_tenant_has_as_many_members_as_asked_for_and_no_address_twice_but_the_twins() {
    let seed = Some(Seed { members: 3_000, seed: 9 });
    let running = Platform::start(Options { seed, ..Options::default() }).unwrap();
    let project = format!("Project/{}", running.facts.as_ref().unwrap().project_id);
    let store = running.state.read();
    let human: Vec<Value> = store
        .find_by("ProjectMembership", "project", &project)
        .into_iter()
        .filter(|m| m["user"]["reference"].as_str().is_some_and(|u| u.starts_with("User/")))
        .collect();
    assert_eq!(human.len(), 3_000);
    let addresses: Vec<&str> = human.iter().filter_map(|m| m["user"]["display"].as_str()).collect();
    assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), addresses.len());
}
