//! The browser at an external IdP (platform-api §10.2): the page routes by domain or client, the IdP answers, the
//! platform looks for the user.

use super::attempt::Claim;
use super::diagnosis::{Next, StepId};
use super::facts::{Client, RouteFact};
use super::shared::Asked;
use super::walk::{End, Go, Walk};
use crate::identity::provider::{Identifier, IdentityProvider};
use crate::identity::seen::Seen;
use crate::identity::sign_in::world::browser_identifier;
use crate::identity::text::Text;

const BROKEN_IDP: &str = "Failed to verify code - check your identity provider configuration";

/// An IdP whose settings may be hidden.
enum Idp<'a> {
    Seen(&'a IdentityProvider),
    /// Settings of a domain route, below a super admin.
    Hidden(String),
}

pub(super) fn walk(walk: &mut Walk<'_>) -> Go<End> {
    let domain = walk.attempt.routed_by();
    let asks_page = walk.attempt.client.is_none() && walk.attempt.domain.is_none();
    if asks_page && walk.attempt.typed.is_some() && !walk.attempt.typed_is_address() {
        let detail = "what is typed is not an email address";
        return Err(walk.refuse(StepId::Route, detail, "Valid email address is required", 400));
    }
    let route = route(walk, domain.as_ref())?;
    let client = client(walk)?;
    let idp = provider(walk, client, route, domain.as_ref())?;
    let identifier = token(walk, &idp)?;
    let (email, subject) = identity(walk, identifier)?;
    belongs(walk, domain.as_ref(), email.as_deref())?;
    let project = project(walk, client)?;
    if subject.is_some() && project.is_none() {
        let detail =
            "external ids are looked for within a project, and neither a client nor the page names one";
        return Err(walk.refuse(StepId::Project, detail, "Project ID is required for external ID", 400));
    }
    let named = match &project {
        Some(project) => walk.project_name(project),
        None => "none: only server-scoped users are looked for".to_owned(),
    };
    walk.pass(StepId::Project, named);
    walk.pkce(client)?;
    let user = match (&email, &subject, &project) {
        (Some(email), ..) => walk.by_email(email, project.as_ref())?,
        (None, Some(subject), Some(project)) => walk.by_subject(subject, project)?,
        // Cannot be: identity gives one of them, and a subject needs a project.
        (None, ..) => {
            return Err(walk.lost(StepId::User, "what the user is looked for by", "nothing to look by"));
        }
    };
    let memberships = walk.memberships(user, project.as_ref())?;
    match (&*memberships, &walk.attempt.membership) {
        ([only], _) => {
            walk.gates(only)?;
            redirect(walk, client)?;
            Ok(walk.enter(user, Some(only), Next::None))
        }
        (several, Some(chosen)) if several.iter().any(|m| m.id == *chosen) => {
            let chosen = several.iter().find(|m| m.id == *chosen).copied();
            match chosen {
                Some(membership) => walk.through(user, membership),
                None => Ok(walk.enter(user, None, Next::ChooseProfile)),
            }
        }
        _ => Ok(walk.enter(user, None, Next::ChooseProfile)),
    }
}

/// Where the page sends the address. Without an IdP it goes on to the password; whoever comes back from an IdP all the
/// same is told that there is none.
fn route<'a>(walk: &mut Walk<'a>, domain: Option<&Text>) -> Go<Option<&'a RouteFact>> {
    let Some(domain) = domain else {
        walk.skip(StepId::Route, "not routed by an address: the client application says where to");
        return Ok(None);
    };
    let key = domain.raw().to_lowercase();
    let fact = match walk.facts.routes.get(&key) {
        Some(Seen::Known(fact)) => fact,
        Some(Seen::Unknown(why)) => {
            return Err(walk.lost(StepId::Route, format!("where {domain} is sent"), why.to_string()));
        }
        None => return Err(walk.lost(StepId::Route, format!("where {domain} is sent"), "not asked")),
    };
    match fact {
        RouteFact::None { misspelt, bare, source } => {
            let record = misspelt
                .as_ref()
                .map(|misspelt| &misspelt.route)
                .or(bare.as_ref())
                .map(crate::identity::id::DomainRouteId::reference);
            let detail = match (misspelt, bare) {
                (Some(misspelt), _) => format!(
                    "no route: the stored domain {} has capitals, and the platform looks for {} only",
                    misspelt.stored,
                    Text::from(key.as_str())
                ),
                (None, Some(_)) => format!("the domain {domain} is set up without an identity provider"),
                (None, None) => format!("{domain} has no route of its own; the page asks for a password"),
            };
            walk.look(detail.clone(), record, Some(*source));
            walk.pass(StepId::Route, detail);
        }
        RouteFact::Idp { route, host, broken, source, .. } => {
            walk.look(
                format!("{domain} → {host}"),
                route.as_ref().map(crate::identity::id::DomainRouteId::reference),
                Some(*source),
            );
            if *broken && walk.attempt.client.is_none() {
                let detail = format!("the address of the identity provider of {domain} is not a web address");
                let text = "Failed to construct URL for the domain";
                return Err(walk.refuse(StepId::Route, detail, text, 400));
            }
            walk.pass(StepId::Route, format!("to {host}"));
        }
    }
    Ok(Some(fact))
}

fn client<'a>(walk: &mut Walk<'a>) -> Go<Option<&'a Client>> {
    let Some(id) = &walk.attempt.client else {
        walk.skip(StepId::Client, "none is named");
        return Ok(None);
    };
    match walk.client(id)? {
        Asked::Found(client) => {
            walk.pass(StepId::Client, client.name.to_string());
            Ok(Some(client))
        }
        Asked::Missing => {
            Err(walk.refuse(StepId::Client, "there is no client application with this id", "Not found", 404))
        }
        Asked::Gone => Err(walk.refuse(StepId::Client, "the client application was deleted", "Gone", 410)),
    }
}

/// The client's own IdP first, then the domain's.
fn provider<'a>(
    walk: &mut Walk<'a>,
    client: Option<&'a Client>,
    route: Option<&'a RouteFact>,
    domain: Option<&Text>,
) -> Go<Idp<'a>> {
    if let Some((client, provider)) = client.and_then(|client| Some((client, client.provider.as_ref()?))) {
        walk.pass(StepId::Provider, format!("the one bound to the client {}", client.name));
        return Ok(Idp::Seen(provider));
    }
    match route {
        Some(RouteFact::Idp { provider: Seen::Known(provider), host, .. }) => {
            walk.pass(StepId::Provider, format!("{host}, by the domain"));
            Ok(Idp::Seen(provider))
        }
        Some(RouteFact::Idp { provider: Seen::Unknown(why), host, .. }) => {
            let why = why.to_string();
            walk.pass(StepId::Provider, format!("{host}, by the domain"));
            Ok(Idp::Hidden(why))
        }
        Some(RouteFact::None { .. }) | None => {
            let detail = match (client, domain) {
                (Some(client), None) => format!("the client {} has no identity provider", client.name),
                (Some(client), Some(domain)) => {
                    format!(
                        "neither the client {} nor the domain {domain} has an identity provider",
                        client.name
                    )
                }
                (None, Some(domain)) => format!("the domain {domain} has no identity provider"),
                (None, None) => "neither a client nor a domain is named".to_owned(),
            };
            Err(walk.refuse(StepId::Provider, detail, "Identity provider not found", 400))
        }
    }
}

/// Whether the IdP can be spoken to is for a live test; here only what can never work is told. Gives the mode.
fn token(walk: &mut Walk<'_>, idp: &Idp<'_>) -> Go<Identifier> {
    let mode = match idp {
        Idp::Seen(provider) => {
            if !is_web(provider.token_url.raw()) {
                let detail = format!("the token address {} is not a web address", provider.token_url);
                return Err(walk.refuse(StepId::Token, detail, BROKEN_IDP, 400));
            }
            if provider.use_pkce == Some(true) {
                walk.notes.push(
                    "the identity provider is asked with PKCE, which works with the plain method only"
                        .to_owned(),
                );
            }
            walk.pass(StepId::Token, said(walk));
            browser_identifier(provider)
        }
        Idp::Hidden(why) => {
            walk.pass(StepId::Token, said(walk));
            let what = "by what the domain's route recognises people";
            match walk.fork(StepId::Identity, 3, what, why.clone()) {
                0 => Identifier::Email,
                1 => Identifier::Subject,
                _ => Identifier::Unsupported,
            }
        }
    };
    Ok(mode)
}

/// The claims, in words; that the IdP gives them is taken as given.
pub(super) fn said(walk: &Walk<'_>) -> String {
    let say = |name: &str, claim: &Claim| match claim {
        Claim::Absent => format!("no {name}"),
        Claim::Text(text) if text.is_empty() => format!("an empty {name}"),
        Claim::Text(text) => format!("{name} {text}"),
        Claim::NotText => format!("an {name} that is no text"),
    };
    format!("{}, {} (as given)", say("email", &walk.attempt.email), say("sub", &walk.attempt.subject))
}

/// One of address (lower case) and subject.
fn identity(walk: &mut Walk<'_>, identifier: Identifier) -> Go<(Option<String>, Option<String>)> {
    let id = StepId::Identity;
    match identifier {
        Identifier::Email => {
            if let Some(email) = walk.attempt.email.text() {
                let lower = email.raw().to_lowercase();
                walk.pass(id, format!("by email: {}", Text::from(lower.as_str())));
                Ok((Some(lower), None))
            } else {
                let detail = "people are recognised by email, and the identity provider sends none";
                Err(walk.refuse(id, detail, "External token does not contain email address", 400))
            }
        }
        Identifier::Subject => {
            if let Some(subject) = walk.attempt.subject.text() {
                walk.pass(id, format!("by external id: {subject}"));
                Ok((None, Some(subject.raw().to_owned())))
            } else {
                let detail =
                    "people are recognised by external id, and the identity provider sends no subject";
                Err(walk.refuse(id, detail, "External token does not contain subject", 400))
            }
        }
        Identifier::Unsupported => {
            let detail =
                "identity source and mapping mode of the provider are a pair that the platform does not know";
            Err(walk.refuse(id, detail, "Unsupported identity provider configuration", 400))
        }
    }
}

/// The claim's address must end in the domain as it was typed; a subject never does.
fn belongs(walk: &mut Walk<'_>, domain: Option<&Text>, email: Option<&str>) -> Go<()> {
    let id = StepId::Domain;
    let Some(domain) = domain.filter(|domain| !domain.is_empty()) else {
        walk.skip(id, "not routed by a domain");
        return Ok(());
    };
    if email.is_some_and(|email| email.ends_with(&format!("@{}", domain.raw()))) {
        walk.pass(id, format!("the address is of {domain}"));
        return Ok(());
    }
    let detail = match email {
        None => "the route goes by external id, which never works where a domain is typed".to_owned(),
        Some(email) if email.ends_with(&format!("@{}", domain.raw().to_lowercase())) => {
            format!("the domain was typed with capitals ({domain}) and is compared letter by letter")
        }
        Some(email) => format!("{} is not of the domain {domain}", Text::from(email)),
    };
    Err(walk.refuse(id, detail, "Email address does not match domain", 400))
}

/// The client's project, else the one that the page names.
fn project(walk: &mut Walk<'_>, client: Option<&Client>) -> Go<Option<crate::identity::id::ProjectId>> {
    let named = walk.attempt.project.clone();
    let Some(client) = client else { return Ok(named) };
    if named.is_some() && named != client.project {
        let detail = format!("the page names another project than that of the client {}", client.name);
        return Err(walk.refuse(StepId::Project, detail, "Invalid project", 400));
    }
    Ok(client.project.clone())
}

/// Only with a client and a membership is the browser sent straight back to the app, to an address that is registered
/// letter by letter; a project may let an address below a registered one do.
fn redirect(walk: &mut Walk<'_>, client: Option<&Client>) -> Go<()> {
    let (Some(wanted), Some(client)) = (&walk.attempt.redirect, client) else { return Ok(()) };
    let id = StepId::Redirect;
    if client.redirect_uris.contains(wanted) {
        walk.pass(id, wanted.to_string());
        return Ok(());
    }
    let project = client.project.as_ref().and_then(|id| walk.facts.projects.get(id));
    let below = match project {
        Some(Seen::Known(project)) => project.as_ref().is_some_and(|project| project.redirect_below),
        Some(Seen::Unknown(why)) => {
            let why = why.to_string();
            walk.fork(id, 2, "whether the project takes an address below a registered one", why) == 1
        }
        None => false,
    };
    if below && client.redirect_uris.iter().any(|known| is_below(known.raw(), wanted.raw())) {
        walk.pass(id, format!("{wanted} is below a registered address, which the project allows"));
        return Ok(());
    }
    let detail = format!("{wanted} is not among the addresses of the client {}", client.name);
    Err(walk.refuse(id, detail, "Invalid redirect URI", 400))
}

/// The same origin, and a path that begins alike.
fn is_below(known: &str, wanted: &str) -> bool {
    let (Ok(known), Ok(wanted)) = (url::Url::parse(known), url::Url::parse(wanted)) else { return false };
    known.origin() == wanted.origin() && wanted.path().starts_with(known.path())
}

/// True for an address that a request can be sent to.
pub(super) fn is_web(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
