//! Testing a domain route at its live identity provider, saved or not. It reads only: nothing is written to the platform,
//! and the provider is asked what it would be asked at a sign-in, with a code that nobody gave out.
//!
//! ```text
//! what was typed ─→ discovery ─┬─→ keys
//!                              ├─→ authorize (three times) ─→ verdicts, one by one as they come
//!                              ├─→ token, userinfo
//!                              └─→ names ─→ how everything was reached
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use url::Url;

use super::engine::Engine;
use super::refusals::Cause;
use crate::auth::AuthError;
use crate::auth::discovery::places;
use crate::auth::http::Http;
use crate::auth::probe::{Credentials, Probe};
use crate::identity::route_test::{
    self as table, Asked, Authorized, Check, CheckId, Document, Found, Known, OTHER_CALLBACK, OTHER_CLIENT,
    Outcome, Resolved, RouteReport, Setting, Swapped, guess, may_go, misplaced, secret_method, web_address,
};
use crate::identity::trace::{REDACTED, redact_url};
use crate::identity::{DomainRouteId, IdentityProvider, RouteDraft, Secret, Seen, Text, Unseen};
use crate::ports::Clock;

const JSON: &str = "application/json";
const PAGE: &str = "text/html,application/xhtml+xml";

/// Where a route is tested from.
#[derive(Debug, Clone)]
pub struct Tester {
    /// The connection's rules and certificate authorities.
    pub http: Http,
    /// The platform's base address, with a slash at the end.
    pub base: Url,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What is told of each check as soon as it is known.
pub type Told<'a> = &'a (dyn Fn(&Check) + Send + Sync);

/// What is known of the platform's other routes; `own` is the route that is tested, when it is a saved one.
pub async fn known(engine: &Engine, domain: &str, own: Option<&DomainRouteId>) -> Known {
    let routes = match engine.remote.domain_routes().await {
        Ok(routes) => Seen::Known(routes),
        Err(trouble) if trouble.cause == Cause::Forbidden => Seen::Unknown(Unseen::SuperAdminOnly),
        Err(_) => Seen::Unknown(Unseen::Failed),
    };
    let observed = if routes.known().is_none() && !domain.is_empty() {
        engine.remote.route(&format!("somebody@{domain}")).await
    } else {
        Seen::Unknown(Unseen::NotLoaded)
    };
    Known { routes, observed, own: own.cloned() }
}

/// Every check, each told as soon as it is known.
pub async fn test(
    tester: &Tester,
    draft: &RouteDraft,
    secret: Option<&Secret>,
    known: Known,
    told: Told<'_>,
) -> Result<RouteReport, AuthError> {
    let secret = secret.filter(|one| !one.expose().is_empty());
    let misplaced = misplaced(draft, secret.map(Secret::expose));
    // What stands in a wrong field goes into no report and to no server.
    let draft = if misplaced.is_some() { without_secret(draft, secret) } else { draft.clone() };
    let setting = Setting {
        callback: tester.base.join("auth/external").unwrap_or_else(|_| tester.base.clone()),
        on_this_machine: tester.http.is_on_this_machine(),
        now: tester.clock.now(),
        with_secret: secret.is_some(),
        misplaced,
        known,
    };
    let probe =
        Probe::new(&tester.http, secret, Arc::clone(&tester.clock))?.knowing(draft.provider.client_id.raw());
    let run = Run { draft: &draft, setting: &setting, probe: &probe, secret, told, checks: Mutex::default() };
    run.all().await;
    let mut checks = run.checks.into_inner().unwrap_or_else(PoisonError::into_inner);
    checks.sort_by_key(|check| check.id);
    Ok(RouteReport { at: setting.now, draft, checks })
}

/// What a provider's own description says about a route to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// What it calls itself.
    pub issuer: Text,
    /// Its addresses, and the way it takes the secret where that is not the usual one. The client id is still missing.
    pub provider: IdentityProvider,
    /// What was found on the way, as lines of the table.
    pub checks: Vec<Check>,
}

/// Fills a route in by the provider's description; else what is wrong with it, as lines of the table.
pub async fn fill(tester: &Tester, issuer: &str) -> Result<Result<Filled, Vec<Check>>, AuthError> {
    let none = Text::default();
    let mut provider = IdentityProvider {
        authorize_url: none.clone(),
        token_url: none.clone(),
        user_info_url: none.clone(),
        client_id: none.clone(),
        use_subject: None,
        identity_source: None,
        identity_mapping_mode: None,
        token_auth_method: None,
        use_pkce: None,
        user_info_mode: None,
        user_info_key_set: false,
    };
    let draft = RouteDraft {
        domain: none,
        provider: provider.clone(),
        issuer: Some(issuer.into()),
        post_login: Vec::new(),
    };
    let setting = Setting {
        callback: tester.base.clone(),
        on_this_machine: tester.http.is_on_this_machine(),
        now: tester.clock.now(),
        with_secret: false,
        misplaced: None,
        known: Known::default(),
    };
    let probe = Probe::new(&tester.http, None, Arc::clone(&tester.clock))?;
    let (found, asked) = discover(&probe, &draft).await;
    let counts = [
        CheckId::Discovery,
        CheckId::DiscoveryJson,
        CheckId::Issuer,
        CheckId::Reachable,
        CheckId::Certificate,
    ];
    let mut checks = table::of_discovery(&draft, &setting, &found);
    checks.extend(table::of_connection(&draft, &setting, &asked.iter().collect::<Vec<_>>(), &[]));
    checks.retain(|check| counts.contains(&check.id));
    let trusted = found.issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok());
    let good = trusted.is_some_and(|url| setting.trusts(&url));
    let Some(document) =
        found.document.filter(|_| good && !checks.iter().any(|check| check.outcome == Outcome::Failed))
    else {
        return Ok(Err(checks));
    };
    let text = |address: Option<String>| address.map(Text::from).unwrap_or_default();
    let takes =
        |way: &str| document.auth_methods.as_ref().is_none_or(|ways| ways.iter().any(|one| one == way));
    let post = !takes("client_secret_basic") && takes("client_secret_post");
    provider.token_auth_method = post.then(|| Text::from("client_secret_post"));
    provider.authorize_url = text(document.authorize);
    provider.token_url = text(document.token);
    provider.user_info_url = text(document.user_info);
    let issuer = text(document.issuer);
    Ok(Ok(Filled { issuer, provider, checks }))
}

/// The draft without what stands in a wrong field.
fn without_secret(draft: &RouteDraft, secret: Option<&Secret>) -> RouteDraft {
    let clean = |text: &Text| {
        let raw = match secret.map(|secret| secret.expose().trim()).filter(|secret| secret.len() >= 6) {
            Some(secret) => text.raw().replace(secret, REDACTED),
            None => text.raw().to_owned(),
        };
        match Url::parse(&raw) {
            Ok(url) => {
                let redacted = redact_url(&url);
                if redacted.raw() == url.as_str() { Text::from(raw) } else { redacted }
            }
            Err(_) => Text::from(raw),
        }
    };
    let mut draft = draft.clone();
    let provider = &mut draft.provider;
    provider.authorize_url = clean(&provider.authorize_url);
    provider.token_url = clean(&provider.token_url);
    provider.user_info_url = clean(&provider.user_info_url);
    // What looks like a secret here need not be the one that was given.
    let alone = RouteDraft {
        domain: Text::default(),
        provider: IdentityProvider { client_id: provider.client_id.clone(), ..blank(provider) },
        issuer: None,
        post_login: Vec::new(),
    };
    if table::misplaced(&alone, secret.map(Secret::expose))
        .is_some_and(|one| matches!(one, table::Misplaced::In(_)))
    {
        provider.client_id = Text::from(REDACTED);
    }
    draft.domain = clean(&draft.domain);
    draft.issuer = draft.issuer.as_ref().map(clean);
    draft.post_login = draft.post_login.iter().map(clean).collect();
    draft
}

/// A provider without addresses.
fn blank(provider: &IdentityProvider) -> IdentityProvider {
    let none = Text::default();
    IdentityProvider {
        authorize_url: none.clone(),
        token_url: none.clone(),
        user_info_url: none,
        ..provider.clone()
    }
}

struct Run<'a> {
    draft: &'a RouteDraft,
    setting: &'a Setting,
    probe: &'a Probe,
    secret: Option<&'a Secret>,
    told: Told<'a>,
    checks: Mutex<Vec<Check>>,
}

impl Run<'_> {
    fn add(&self, checks: Vec<Check>) {
        checks.iter().for_each(self.told);
        self.checks.lock().unwrap_or_else(PoisonError::into_inner).extend(checks);
    }

    async fn all(&self) {
        self.add(table::before(self.draft, self.setting));
        let (found, mut asked) = if self.setting.misplaced.is_some() {
            let why = Asked::NotSent("a secret is not where it belongs".to_owned());
            (Found { answer: Some(why), ..Found::default() }, Vec::new())
        } else {
            discover(self.probe, self.draft).await
        };
        let described = table::of_discovery(self.draft, self.setting, &found);
        let other_host = failed(&described, CheckId::TokenAddress);
        self.add(described);
        let found = &found;
        let (keys, (authorized, swapped), user_info, resolved) = futures::join!(
            async {
                let keys = self.keys(found).await;
                self.add(table::of_keys(&keys));
                keys
            },
            async {
                let authorized = self.authorize().await;
                let verdicts = table::of_authorize(self.draft, self.setting, found, &authorized);
                let unknown_client = failed(&verdicts, CheckId::ClientKnown);
                self.add(verdicts);
                // A secret goes to nobody who may be the wrong one.
                let kept = if other_host {
                    Some("the provider names another host for it, so that the secret was not sent")
                } else if unknown_client {
                    Some("the provider does not know the client id, so that the secret was not sent")
                } else {
                    None
                };
                let swapped = self.swap(kept).await;
                self.add(table::of_token(self.draft, found, &swapped));
                (authorized, swapped)
            },
            async {
                let seen = self.user_info().await;
                self.add(table::of_user_info(self.draft, &seen));
                seen
            },
            self.resolve(),
        );
        // The two that are asked as somebody else tell nothing of hosts that the first does not.
        asked.extend([keys, authorized.ours, swapped.bare, swapped.ours, user_info]);
        let everything: Vec<&Asked> = asked.iter().collect();
        self.add(table::of_connection(self.draft, self.setting, &everything, &resolved));
    }

    /// The address, or why nothing is sent there.
    fn open(&self, address: &Text, by_platform: bool) -> Result<Url, String> {
        let not = |why: &str| Err(why.to_owned());
        if self.setting.misplaced.is_some() {
            return not("a secret is not where it belongs");
        }
        let Some(url) = web_address(address) else { return not("its address cannot be read") };
        if !self.setting.trusts(&url) {
            return not("its address is not encrypted");
        }
        if by_platform && !may_go(&url, self.setting) {
            return not("its address is a private one, where the platform does not go");
        }
        Ok(url)
    }

    /// The client id, or why nothing is asked in its name.
    fn client(&self) -> Result<&str, String> {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        if failed(&checks, CheckId::ClientIdForm) {
            return Err("the client id is not one".to_owned());
        }
        Ok(self.draft.provider.client_id.raw())
    }

    async fn keys(&self, found: &Found) -> Asked {
        let Some(address) = found.document.as_ref().and_then(|document| document.keys.as_ref()) else {
            return Asked::NotSent("its description names no keys".to_owned());
        };
        // A stranger names this address; it leads nowhere the platform would not go either.
        match self.open(&Text::from(address.as_str()), true) {
            Ok(url) => self.probe.get(&url, JSON).await,
            Err(why) => Asked::NotSent(why),
        }
    }

    async fn authorize(&self) -> Authorized {
        let ready =
            self.open(&self.draft.provider.authorize_url, false).and_then(|url| Ok((url, self.client()?)));
        let (url, client) = match ready {
            Ok(ready) => ready,
            Err(why) => {
                return Authorized { ours: not(&why), other_redirect: not(&why), other_client: not(&why) };
            }
        };
        let callback = self.setting.callback.as_str();
        let ask = |client: &str, callback: &str| {
            let url = table::request(&url, client, callback);
            async move { self.probe.get(&url, PAGE).await }
        };
        let (ours, other_redirect, other_client) =
            futures::join!(ask(client, callback), ask(client, OTHER_CALLBACK), ask(OTHER_CLIENT, callback));
        Authorized { ours, other_redirect, other_client }
    }

    async fn swap(&self, kept: Option<&str>) -> Swapped {
        let ready = self.open(&self.draft.provider.token_url, true).and_then(|url| Ok((url, self.client()?)));
        let (url, client) = match ready {
            Ok(ready) => ready,
            Err(why) => return Swapped { bare: not(&why), ours: not(&why), other_way: not(&why) },
        };
        let callback = self.setting.callback.as_str();
        let bare = self.probe.swap(&url, client, callback, Credentials::Bare).await;
        let mut seen = Swapped { bare, ours: not("no secret was given"), other_way: not("there is no need") };
        let Some(secret) = self.secret else { return seen };
        if let Some(why) = kept {
            seen.ours = not(why);
            return seen;
        }
        if seen.bare.reply().is_none() {
            seen.ours = not("its host was not reached");
            return seen;
        }
        let (first, second) = match secret_method(self.draft) {
            "client_secret_post" => (Credentials::Post(secret), Credentials::Basic(secret)),
            _ => (Credentials::Basic(secret), Credentials::Post(secret)),
        };
        seen.ours = self.probe.swap(&url, client, callback, first).await;
        if seen.ours.reply().is_some_and(table::refuses_client) {
            seen.other_way = self.probe.swap(&url, client, callback, second).await;
        }
        seen
    }

    async fn user_info(&self) -> Asked {
        let provider = &self.draft.provider;
        if provider.user_info_mode.as_ref().is_some_and(|mode| mode.raw() == "gcip") {
            return Asked::NotSent("with gcip it wants a key that is not read".to_owned());
        }
        match self.open(&provider.user_info_url, true) {
            Ok(url) => self.probe.get(&url, JSON).await,
            Err(why) => Asked::NotSent(why),
        }
    }

    /// The addresses behind the hosts that the platform asks.
    async fn resolve(&self) -> Vec<Resolved> {
        let provider = &self.draft.provider;
        let mut resolved: Vec<Resolved> = Vec::new();
        for address in [&provider.token_url, &provider.user_info_url] {
            let Ok(url) = self.open(address, true) else { continue };
            let Some(host) = url.domain() else { continue };
            if !resolved.iter().any(|one| one.host == host) {
                let addresses = self.probe.resolve(host).await;
                resolved.push(Resolved { host: host.to_owned(), addresses });
            }
        }
        resolved
    }
}

fn not(why: &str) -> Asked {
    Asked::NotSent(why.to_owned())
}

fn failed(checks: &[Check], id: CheckId) -> bool {
    checks.iter().any(|check| check.id == id && check.outcome == Outcome::Failed)
}

/// The description of the provider: at the issuer that is given, else where the authorize address leads.
async fn discover(probe: &Probe, draft: &RouteDraft) -> (Found, Vec<Asked>) {
    if let Some(issuer) = draft.issuer.as_ref().filter(|issuer| !issuer.is_empty()) {
        let mut found = Found { issuer: Some(issuer.raw().to_owned()), ..Found::default() };
        let Some(places) = places(issuer.raw()) else {
            found.answer = Some(Asked::NotSent("the issuer is not a web address".to_owned()));
            return (found, Vec::new());
        };
        let (answer, document, asked) = look(probe, &places).await;
        found.asked = asked.iter().filter_map(Asked::exchange).cloned().collect();
        (found.answer, found.document) = (answer, document);
        return (found, asked);
    }
    let mut everything = Vec::new();
    let authorize = web_address(&draft.provider.authorize_url);
    for candidate in authorize.as_ref().map(guess::candidates).unwrap_or_default() {
        let Some(places) = places(&candidate.issuer) else { continue };
        let (answer, document, asked) = look(probe, &places[..1]).await;
        let unreachable = matches!(answer, Some(Asked::Nothing { .. } | Asked::NotSent(_)));
        let exchanges = asked.iter().filter_map(Asked::exchange).cloned().collect();
        everything.extend(asked);
        if let Some(issuer) =
            document.as_ref().and_then(|document| belongs(document, &candidate.issuer, draft))
        {
            let guessed = Some(format!("The issuer was found {}.", candidate.how));
            return (Found { issuer: Some(issuer), guessed, answer, asked: exchanges, document }, everything);
        }
        if unreachable {
            break;
        }
    }
    let asked = everything.iter().filter_map(Asked::exchange).cloned().collect();
    (Found { asked, ..Found::default() }, everything)
}

/// Whose description it is, when it is that of this route: it names the route's own authorize address, or what was
/// asked for.
fn belongs(document: &Document, candidate: &str, draft: &RouteDraft) -> Option<String> {
    let said = document.issuer.as_deref()?;
    if said.trim_end_matches('/') == candidate.trim_end_matches('/') {
        return Some(said.to_owned());
    }
    (document.authorize.as_deref() == Some(draft.provider.authorize_url.raw())).then(|| candidate.to_owned())
}

/// Asks place after place; the first JSON object counts, else the first page, else the first answer.
async fn look(probe: &Probe, places: &[Url]) -> (Option<Asked>, Option<Document>, Vec<Asked>) {
    let mut asked: Vec<Asked> = Vec::new();
    for place in places {
        let answer = probe.get(place, JSON).await;
        let document = answer
            .reply()
            .filter(|reply| reply.status == 200)
            .and_then(|reply| reply.json.as_ref())
            .and_then(Document::read);
        asked.push(answer.clone());
        if document.is_some() {
            return (Some(answer), document, asked);
        }
        if answer.reply().is_none() {
            break;
        }
    }
    let page = asked.iter().find(|one| one.reply().is_some_and(|reply| (200..300).contains(&reply.status)));
    (page.or(asked.first()).cloned(), None, asked)
}
