//! Loading every member, against a bare HTTP client that fetches the same pages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use idconsole::identity::Role;
use idconsole::identity::directory::{Directory, Page};
use idconsole::platform::{Client, FixedToken, LARGEST_PAGE, Options};
use serde_json::Value;

use super::MEMBERS;
use super::platform::{Serving, runtime};
use super::report::{line, ms, quantile};

const RUNS: usize = 5;

/// Prints the figure.
pub fn measure(platform: &Serving, token: &str) {
    runtime().block_on(async {
        let http = reqwest::Client::new();
        let pages = pages(&http, platform, token).await;
        let mut runs: Vec<(Duration, Duration)> = Vec::new();
        for run in 0..=RUNS {
            let pair = (console(platform, token).await, bare(&http, &pages, token).await);
            if run > 0 {
                runs.push(pair);
            }
        }
        let ratios: Vec<u64> = runs
            .iter()
            .map(|(ours, bare)| (ours.as_secs_f64() / bare.as_secs_f64() * 1000.0) as u64)
            .collect();
        let of = |pick: fn(&(Duration, Duration)) -> Duration| {
            quantile(&runs.iter().map(pick).collect::<Vec<_>>(), 0.5)
        };
        line(
            "load 100 000 members, median of 5 pairs",
            &format!("{:.2} x", quantile(&ratios, 0.5) as f64 / 1000.0),
            "1.5 x",
            &format!("{} against {} for the bare fetch", ms(of(|run| run.0)), ms(of(|run| run.1))),
        );
    });
}

/// As the console does it: fetched, read, checked, and put into the directory.
async fn console(platform: &Serving, token: &str) -> Duration {
    let credentials = Arc::new(FixedToken(token.to_owned().into()));
    let client = Client::new(platform.base_url().parse().unwrap(), credentials, Options::default()).unwrap();
    let began = Instant::now();
    let mut directory = Directory::new(Role::ProjectAdmin);
    let mut pages = client.members(None, LARGEST_PAGE);
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        directory.absorb(Page { memberships: &page.memberships, users: &page.users, names: &[] });
    }
    let took = began.elapsed();
    assert!(directory.len() >= MEMBERS, "{} members", directory.len());
    took
}

/// The same pages, thrown away.
async fn bare(http: &reqwest::Client, pages: &[String], token: &str) -> Duration {
    let began = Instant::now();
    for page in pages {
        let answer = ask(http, page, token).await;
        assert!(!answer.is_empty());
    }
    began.elapsed()
}

async fn ask(http: &reqwest::Client, page: &str, token: &str) -> Vec<u8> {
    let answer = http.get(page).bearer_auth(token).header("X-Medplum", "extended").send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.bytes().await.unwrap().to_vec()
}

/// The addresses of all pages, found by walking them once.
async fn pages(http: &reqwest::Client, platform: &Serving, token: &str) -> Vec<String> {
    let mut next = Some(format!(
        "{}fhir/R4/ProjectMembership?profile-type=Practitioner,Patient,RelatedPerson\
         &_include=ProjectMembership:user&_sort=_lastUpdated&_count={LARGEST_PAGE}&_total=accurate",
        platform.base_url()
    ));
    let mut pages = Vec::new();
    while let Some(page) = next.take() {
        let bundle: Value = serde_json::from_slice(&ask(http, &page, token).await).unwrap();
        next = bundle["link"]
            .as_array()
            .and_then(|links| links.iter().find(|link| link["relation"] == "next"))
            .and_then(|link| link["url"].as_str().map(str::to_owned));
        pages.push(page);
    }
    pages
}
