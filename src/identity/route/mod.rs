//! Domain routes as they stand: what works, what never matches, what is broken, and what would mend it
//! (platform-api §10.2, §11). Nothing is asked of the IdP here; that is for its test.

pub mod typed;

use serde::{Deserialize, Serialize};

use super::domain::Domain;
use super::id::DomainRouteId;
use super::provider::{DomainRoute, Identifier, IdentityProvider};
use super::route_test::{CheckId, Group, Outcome, RouteReport};
use super::sign_in::browser_identifier;
use super::text::Text;

/// How a route stands, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteState {
    /// Nothing is seen to be wrong with what is stored.
    Works,
    /// The platform never looks for the domain in this form.
    NeverMatches,
    /// The IdP was tested and could not be reached.
    Unreachable,
    /// The platform finds it, and nobody of the domain gets in by it.
    Broken,
}

impl RouteState {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::NeverMatches => "never matches",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken",
        }
    }
}

/// What mends a flaw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteMend {
    /// Write the domain so.
    Rename(Text),
    /// Another route does its work already: remove this one.
    Remove,
    /// Recognise people by email in every flow.
    Align,
    /// Correct the fields of the IdP, or give it one.
    Edit,
}

impl RouteMend {
    /// As an infinitive.
    pub fn words(&self) -> String {
        match self {
            Self::Rename(domain) => format!("write the domain as {domain}"),
            Self::Remove => "remove this route".to_owned(),
            Self::Align => "recognise people by email in every flow".to_owned(),
            Self::Edit => "correct the identity provider".to_owned(),
        }
    }

    /// The word in JSON.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Rename(_) => "rename",
            Self::Remove => "remove",
            Self::Align => "align",
            Self::Edit => "edit",
        }
    }
}

/// One thing that is wrong with a stored route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// How bad.
    pub state: RouteState,
    /// What is wrong and what comes of it, as a sentence.
    pub said: String,
    /// What mends it.
    pub mend: RouteMend,
}

/// Everything that is wrong with a stored route, the worst first. `all` are the routes that there are, itself too.
pub fn flaws(route: &DomainRoute, all: &[DomainRoute]) -> Vec<Flaw> {
    let mut found: Vec<Flaw> = of_domain(route, all).into_iter().collect();
    match &route.provider {
        None => found.push(Flaw {
            state: RouteState::Broken,
            said: "It names no identity provider: the sign-in page asks for a password, as without a route."
                .to_owned(),
            mend: RouteMend::Edit,
        }),
        Some(provider) => of_provider(provider, &mut found),
    }
    found.sort_by_key(|flaw| std::cmp::Reverse(flaw.state));
    found
}

/// What is wrong with the identity provider of a client application, the worst first.
pub fn flaws_of_client(provider: &IdentityProvider) -> Vec<Flaw> {
    let mut found = Vec::new();
    of_addresses(provider, &mut found);
    if browser_identifier(provider) == Identifier::Unsupported {
        found.push(Flaw {
            state: RouteState::Broken,
            said: "Its identity source and mapping mode are a pair that the platform does not implement: the browser's way refuses everybody."
                .to_owned(),
            mend: RouteMend::Align,
        });
    }
    found
}

/// What a test at the live IdP adds to it, the worst first: what is not seen in what is stored.
pub fn flaws_of_test(report: &RouteReport) -> Vec<Flaw> {
    let stored = [Group::Domain, Group::Route];
    let found = report
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Failed && !stored.contains(&check.id.group()));
    let mut flaws: Vec<Flaw> = found
        .filter_map(|check| {
            let state = match check.id {
                CheckId::Reachable | CheckId::Certificate => RouteState::Unreachable,
                id if id.is_essential() || id == CheckId::ClientSecret => RouteState::Broken,
                // People get in all the same.
                _ => return None,
            };
            Some(Flaw { state, said: format!("Tested: {}", check.said), mend: RouteMend::Edit })
        })
        .collect();
    flaws.sort_by_key(|flaw| std::cmp::Reverse(flaw.state));
    flaws
}

/// The worst of its flaws.
pub fn state(flaws: &[Flaw]) -> RouteState {
    flaws.iter().map(|flaw| flaw.state).max().unwrap_or(RouteState::Works)
}

/// Another route whose domain is the same but for capitals. At most one of them is ever looked for.
pub fn twin<'a>(
    domain: &Text,
    own: Option<&DomainRouteId>,
    all: &'a [DomainRoute],
) -> Option<&'a DomainRoute> {
    let folded = domain.raw().to_lowercase();
    all.iter().find(|other| {
        Some(&other.id) != own && other.domain != *domain && other.domain.raw().to_lowercase() == folded
    })
}

/// The form of a stored domain (platform-api §11: all of it saves, and none of it matches).
fn of_domain(route: &DomainRoute, all: &[DomainRoute]) -> Option<Flaw> {
    let raw = route.domain.raw();
    let lower = Text::from(raw.to_lowercase());
    let never = |said: String, mend| Some(Flaw { state: RouteState::NeverMatches, said, mend });
    let exists = |domain: &Text| all.iter().any(|other| other.id != route.id && other.domain == *domain);
    match Domain::parse(raw) {
        Ok(_) if lower != route.domain && exists(&lower) => never(
            format!("The domain has capitals, which never match; {lower} has a route of its own."),
            RouteMend::Remove,
        ),
        Ok(_) if lower != route.domain => never(
            format!("The domain has capitals: the platform looks for {lower} only."),
            RouteMend::Rename(lower),
        ),
        Ok(_) => None,
        Err(error) => {
            let meant = meant(raw).map(|domain| Text::from(domain.ascii()));
            let mend = match meant {
                Some(domain) if exists(&domain) => RouteMend::Remove,
                Some(domain) => RouteMend::Rename(domain),
                None => RouteMend::Remove,
            };
            never(format!("The platform never matches this domain: {error}."), mend)
        }
    }
}

/// The domain that is likely meant by what was stored: that of a web address or an email address, without a dot at
/// the end.
pub fn meant(raw: &str) -> Option<Domain> {
    let rest = raw.trim().split_once("://").map_or(raw.trim(), |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, domain)| domain);
    let rest = rest.split(':').next().unwrap_or_default().trim_end_matches('.');
    Domain::parse(rest).ok()
}

/// What is wrong with the addresses and the client id, whoever uses them.
fn of_addresses(provider: &IdentityProvider, found: &mut Vec<Flaw>) {
    let mut broken = |said: String, mend| found.push(Flaw { state: RouteState::Broken, said, mend });
    if !provider.authorize_url.raw().contains("://") {
        broken(
            "The authorize address is no web address: everybody who is sent there gets an error on the sign-in page."
                .to_owned(),
            RouteMend::Edit,
        );
    } else if let Some(wrong) = typed::address(provider.authorize_url.raw()) {
        broken(format!("Authorize address: {wrong}"), RouteMend::Edit);
    }
    if let Some(wrong) = typed::address(provider.token_url.raw()) {
        broken(
            format!("Token address: {wrong} Whoever comes back from the provider is refused."),
            RouteMend::Edit,
        );
    }
    if provider.client_id.is_empty() {
        broken("The client id is empty: the provider does not know who asks.".to_owned(), RouteMend::Edit);
    }
}

fn of_provider(provider: &IdentityProvider, found: &mut Vec<Flaw>) {
    of_addresses(provider, found);
    let mut broken = |said: String, mend| found.push(Flaw { state: RouteState::Broken, said, mend });
    match browser_identifier(provider) {
        Identifier::Email => {}
        Identifier::Subject => broken(
            "It goes by the provider's subject: the platform then refuses everybody, because a subject is no address of the domain."
                .to_owned(),
            RouteMend::Align,
        ),
        Identifier::Unsupported => broken(
            "Its identity source and mapping mode are a pair that the platform does not implement: everybody is refused."
                .to_owned(),
            RouteMend::Align,
        ),
    }
}

/// The host of an IdP, for people; nothing where the address has none.
pub fn host(address: &Text) -> Option<Text> {
    let (_, rest) = address.raw().split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    (!host.is_empty()).then(|| Text::from(host))
}

#[cfg(test)]
mod tests;
