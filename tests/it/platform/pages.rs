//! Walking pages (platform-api §1.11, pitfall 14.16), and stopping.

use std::sync::Arc;
use std::time::Duration;

use idconsole::platform::{Client, FixedToken, Kind, LARGEST_PAGE};
use serde_json::{Value, json};

use super::network::raw;
use super::quick;
use super::scripted::{Reply, Seen, Server, membership};

fn page(ids: std::ops::Range<usize>, next: Option<String>) -> Value {
    let entries: Vec<Value> = ids.map(|n| json!({"resource": membership(&format!("m{n}"))})).collect();
    let mut link = vec![json!({"relation": "self", "url": "x"})];
    link.extend(next.map(|url| json!({"relation": "next", "url": url})));
    json!({"resourceType": "Bundle", "type": "searchset", "entry": entries, "link": link})
}

/// Pages of ten on another host than ours, as a platform behind a proxy writes them.
fn tens(seen: &Seen, last: usize) -> Reply {
    let at: usize = seen.parameter("_cursor").map_or(0, |cursor| cursor.parse().unwrap());
    let next = (at < last).then(|| {
        let count = seen.parameter("_count").unwrap();
        format!("https://internal.example:8103/fhir/R4/ProjectMembership?_count={count}&_cursor={}", at + 1)
    });
    Reply::json(200, &page(at * 10..at * 10 + 10, next))
}

#[tokio::test]
async fn the_next_page_is_asked_of_our_own_host_until_there_is_none() {
    let server = Server::start(|seen, _| tens(seen, 4)).await;
    let mut members = server.client(quick()).members(Some(&"p1".into()), LARGEST_PAGE);
    let mut ids = Vec::new();
    while let Some(page) = members.next().await {
        ids.extend(page.unwrap().memberships.into_iter().map(|m| m.id.to_string()));
    }
    assert_eq!(ids, (0..50).map(|n| format!("m{n}")).collect::<Vec<_>>());
    let first = &server.seen()[0];
    assert_eq!(first.parameter("_sort").unwrap(), "_lastUpdated", "cursors come with this order only");
    assert_eq!(first.parameter("profile-type").unwrap(), "Practitioner,Patient,RelatedPerson");
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_not_followed() {
    let server =
        Server::start(|_, _| Reply::json(200, &page(0..1, Some("https://evil.example/steal".into())))).await;
    let mut members = server.client(quick()).members(Some(&"p1".into()), 100);
    let mut told = None;
    while let Some(page) = members.next().await {
        told = page.err().or(told);
    }
    assert_eq!(told.unwrap().kind, Kind::Unreadable);
    assert_eq!(server.seen().len(), 1);
}

// Members and their users count against one limit of the platform, which its operator may lower.
#[tokio::test]
async fn pages_that_the_platform_finds_too_large_become_smaller() {
    let server = Server::start(|seen, _| {
        let count: usize = seen.parameter("_count").unwrap().parse().unwrap();
        if count > 300 {
            let text = "Search with _(rev)include reached query scope limit: depth=1, results=2000";
            return Reply::outcome(400, "x", text);
        }
        tens(seen, 1)
    })
    .await;
    let mut members = server.client(quick()).members(Some(&"p1".into()), 1000);
    let mut found = 0;
    while let Some(page) = members.next().await {
        found += page.unwrap().memberships.len();
    }
    assert_eq!(found, 20);
    let counts: Vec<_> = server.seen().iter().filter_map(|seen| seen.parameter("_count")).collect();
    assert_eq!(counts, ["500", "250", "250"]);
}

#[tokio::test]
async fn a_failing_page_ends_the_walk_with_its_error() {
    let server = Server::start(|seen, _| match seen.parameter("_cursor") {
        Some(_) => Reply::outcome(403, "forbidden", "Forbidden"),
        None => tens(seen, 1),
    })
    .await;
    let mut members = server.client(quick()).members(Some(&"p1".into()), 100);
    assert_eq!(members.next().await.unwrap().unwrap().memberships.len(), 10);
    assert_eq!(members.next().await.unwrap().unwrap_err().kind, Kind::Forbidden);
    assert!(members.next().await.is_none());
}

#[tokio::test]
async fn dropping_the_walk_ends_it_at_once() {
    let base = format!("http://{}/", raw(None).await);
    let token = Arc::new(FixedToken("t".into()));
    let held = Arc::downgrade(&token);
    let options = idconsole::platform::Options { timeout: Duration::from_secs(600), ..quick() };
    let client = Client::new(base.parse().unwrap(), token, options).unwrap();
    let members = client.members(Some(&"p1".into()), 100);
    drop(client);
    assert!(held.upgrade().is_some(), "the walk still asks");
    drop(members);
    let ended = async {
        while held.upgrade().is_some() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .expect("the walk goes on though nobody listens");
}
