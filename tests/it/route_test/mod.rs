//! The route tester against a provider that can be broken in every way.

mod broken;
mod cli;
mod idp;
mod saved;
mod secrets;

use std::sync::Arc;

use idconsole::auth::http::Http;
use idconsole::config::{BaseUrl, Connection, Method, StoreKind};
use idconsole::identity::route_test::{CheckId, Known, Outcome, RouteReport};
use idconsole::identity::{
    DomainRoute, DomainRouteId, IdentityProvider, RouteDraft, Secret, Seen, Text, Unseen, Version, VersionId,
};
use idconsole::ports::SystemClock;
use idconsole::workflows::route_test::{Tester, test};

use idp::{CLIENT, Fault, Idp, SECRET, Shows};

/// A tester whose platform is on this machine, and which trusts the provider's authority.
pub fn tester(idp: &Idp) -> Tester {
    tester_of("http://127.0.0.1:8103/", idp)
}

pub fn tester_of(base: &str, idp: &Idp) -> Tester {
    let base = BaseUrl::parse(base).unwrap();
    let url = base.url().clone();
    let mut connection = Connection::new("clinic", base, Method::Browser, StoreKind::Memory);
    connection.extra_ca = Some(idp.authority.clone());
    Tester { http: Http::for_connection(&connection).unwrap(), base: url, clock: Arc::new(SystemClock) }
}

/// A route to the provider in which nothing is wrong.
pub fn draft(base: &str) -> RouteDraft {
    let at = |path: &str| Text::from(format!("{base}{path}"));
    RouteDraft {
        domain: "partner.example".into(),
        provider: IdentityProvider {
            authorize_url: at("/authorize"),
            token_url: at("/token"),
            user_info_url: at("/userinfo"),
            client_id: CLIENT.into(),
            use_subject: None,
            identity_source: None,
            identity_mapping_mode: None,
            token_auth_method: None,
            use_pkce: None,
            user_info_mode: None,
            user_info_key_set: false,
        },
        issuer: Some(base.into()),
        post_login: vec!["https://app.clinic.example/home".into()],
    }
}

/// A saved route of another domain.
pub fn route(domain: &str) -> DomainRoute {
    DomainRoute {
        id: DomainRouteId::new(format!("route-{domain}")),
        version: Version { id: VersionId::new("1"), at: jiff::Timestamp::UNIX_EPOCH, author: None },
        domain: domain.into(),
        provider: Some(draft("https://idp.other.example").provider),
        post_login: Vec::new(),
    }
}

pub fn known(domains: &[&str]) -> Known {
    Known {
        routes: Seen::Known(domains.iter().map(|domain| route(domain)).collect()),
        observed: Seen::Unknown(Unseen::NotLoaded),
        own: None,
    }
}

/// The report of a good route at a provider with one fault.
pub async fn report(shows: Shows, fault: Fault, change: idp::Change) -> RouteReport {
    let idp = Idp::start(shows, fault, change).await;
    let secret = Secret::from(SECRET);
    test(&tester(&idp), &draft(&idp.base), Some(&secret), known(&["other.example"]), &|_| ()).await.unwrap()
}

pub fn outcome(report: &RouteReport, id: CheckId) -> Outcome {
    report.check(id).unwrap_or_else(|| panic!("no {id:?}")).outcome
}

/// Everything that did not pass, for messages.
pub fn ladder(report: &RouteReport) -> String {
    report.text()
}
