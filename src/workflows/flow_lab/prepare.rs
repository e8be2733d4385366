//! What a run needs of the platform before it begins: the configuration with its secret, the client's addresses.

use crate::auth::Redirects;
use crate::auth::lab::at_idp::AtIdp;
use crate::auth::lab::three_legged::ThreeLegged;
use crate::auth::lab::{Bench, Over};
use crate::config::{Connection, Method};
use crate::identity::flow_lab::StepId;
use crate::identity::provider::IdentityProvider;
use crate::identity::{ClientApplication, ClientId, Secret, Text};
use crate::workflows::engine::Engine;
use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

use super::{Config, SCOPE, Want};

/// What was read, in kind.
pub(super) enum Prepared {
    Idp(Box<AtIdp>),
    ThreeLegged(Box<ThreeLegged>),
    Exchange(Option<IdentityProvider>),
    Device,
}

/// The connection as the run uses it: the client and the scopes are the wanted ones.
pub(super) fn connection(mut connection: Connection, want: &Want) -> Connection {
    let (client, scope) = match want {
        Want::Idp { .. } => return connection,
        Want::ThreeLegged { client, scope, .. }
        | Want::Exchange { client, scope, .. }
        | Want::Device { client, scope, .. } => (client, scope),
    };
    connection.client_id = Some(client.clone());
    connection.scope = Some(scope.clone().unwrap_or_else(|| SCOPE.to_owned()));
    connection.method = match want {
        Want::Device { .. } => Method::Device,
        Want::Exchange { .. } => Method::DeviceExchange,
        Want::Idp { .. } | Want::ThreeLegged { .. } => Method::Browser,
    };
    connection
}

/// Reads it. What cannot be had ends the run at its first step.
pub(super) async fn prepare(engine: &Engine, bench: &Bench, want: &Want) -> Result<Prepared, Over> {
    match want {
        Want::Idp { config, issuer, way, email } => {
            let first = StepId::Discovery;
            bench.begin(first, "Reading the configuration.");
            let (provider, secret, title) =
                configuration(engine, config).await.map_err(|(said, next)| bench.fail(first, said, next))?;
            let host = url::Url::parse(provider.authorize_url.raw())
                .ok()
                .and_then(|url| url.host_str().map(Text::from))
                .unwrap_or_default();
            let issuer = issuer.clone().or_else(|| match config {
                Config::Draft { draft, .. } => draft.issuer.as_ref().map(|issuer| issuer.raw().to_owned()),
                Config::Route(_) | Config::Client(_) => None,
            });
            bench.change(|run| run.title = Text::from(format!("{} at {}", title.raw(), host.raw())));
            let (way, hint) = (way.clone(), email.clone());
            Ok(Prepared::Idp(Box::new(AtIdp { provider, secret, issuer, way, hint })))
        }
        Want::ThreeLegged { client, redirect, email, project, by_page, paste, .. } => {
            bench.begin(StepId::Authorize, "Reading the client application.");
            let known = client_of(engine, client).await;
            let known = known.map_err(|trouble| bench.fail(StepId::Authorize, trouble.to_string(), ""))?;
            name(bench, known.as_ref());
            let redirects = match (redirect, &known) {
                (Some(redirect), _) => vec![redirect.clone()],
                (None, Some(known)) => known.redirect_uris.iter().map(|uri| uri.raw().to_owned()).collect(),
                (None, None) => {
                    let own = Redirects::of(client);
                    own.ports.iter().map(|port| own.address(*port)).collect()
                }
            };
            Ok(Prepared::ThreeLegged(Box::new(ThreeLegged {
                redirects,
                email: email.clone(),
                project: project.clone(),
                provider: known.and_then(|known| known.provider),
                by_page: *by_page,
                paste: *paste,
            })))
        }
        Want::Exchange { client, .. } => {
            // Without it the platform is asked all the same; it says what it thinks of the client.
            let known = client_of(engine, client).await.ok().flatten();
            name(bench, known.as_ref());
            Ok(Prepared::Exchange(known.and_then(|known| known.provider)))
        }
        Want::Device { client, .. } => {
            let known = client_of(engine, client).await.ok().flatten();
            name(bench, known.as_ref());
            Ok(Prepared::Device)
        }
    }
}

fn name(bench: &Bench, client: Option<&ClientApplication>) {
    if let Some(client) = client {
        let name = client.name.clone();
        bench.change(|run| run.title = name);
    }
}

/// The client application; `None` for one that is built in, or that this role cannot see.
async fn client_of(engine: &Engine, id: &str) -> Result<Option<ClientApplication>, Trouble> {
    if uuid::Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    match engine.remote.client(&ClientId::new(id)).await {
        Ok(client) => Ok(Some(client)),
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Forbidden | Cause::Gone) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// What is wrong and what to do.
type Wrong = (String, &'static str);

/// The identity provider, its secret, and what it is called.
async fn configuration(
    engine: &Engine,
    config: &Config,
) -> Result<(IdentityProvider, Option<Secret>, Text), Wrong> {
    let trouble = |trouble: Trouble| (trouble.to_string(), "");
    match config {
        Config::Draft { draft, secret } => Ok((draft.provider.clone(), secret.clone(), draft.domain.clone())),
        Config::Route(domain) => {
            let routes = engine.remote.domain_routes().await.map_err(trouble)?;
            // As it is written first; a stored one with capitals is never found by the platform, and still tested here.
            let exact = routes.iter().find(|route| route.domain == *domain);
            let like = || routes.iter().find(|route| route.domain.raw().eq_ignore_ascii_case(domain.raw()));
            let Some(route) = exact.or_else(like) else {
                let said = format!("There is no domain route {domain}.");
                return Err((said, "`idconsole domains list` shows those there are."));
            };
            let Some(provider) = route.provider.clone() else {
                let said = format!("The domain route {domain} has no identity provider.");
                return Err((said, "Its people sign in by password; add an identity provider to it."));
            };
            let secret = engine.remote.idp_secret(&route.id.reference()).await.map_err(trouble)?;
            Ok((provider, secret, route.domain.clone()))
        }
        Config::Client(id) => {
            let client = engine.remote.client(id).await.map_err(trouble)?;
            let Some(provider) = client.provider.clone() else {
                let said = format!("The client application {} has no identity provider.", client.name);
                return Err((said, "Its people are routed by their domain; test that route."));
            };
            let secret = engine.remote.idp_secret(&id.reference()).await.map_err(trouble)?;
            Ok((provider, secret, client.name))
        }
    }
}
