//! The writing half of `domains`: from arguments to intents, the secret beside them.

use super::list::one;
use super::{Signed, secret};
use crate::cli::args::Write;
use crate::cli::args::domains::{AddRoute, AuthMethod, By, EditRoute, ProviderFields, UserInfoMode};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::io::Io;
use crate::cli::write;
use crate::identity::route::{meant, typed};
use crate::identity::route_test::Outcome;
use crate::identity::{IdentityProvider, Reference, RouteDraft, Secret, Text};
use crate::workflows::domains::{Line, What};
use crate::workflows::intent::{self, Intent, ProviderEdit, ProviderField, SecretField};
use crate::workflows::route_test;

fn text(given: Option<&String>) -> Option<Text> {
    given.map(|given| Text::from(given.trim()))
}

/// The platform's default is not written.
fn method(by: AuthMethod) -> Option<Text> {
    (by != AuthMethod::Basic).then(|| by.word().into())
}

fn texts(given: &[String]) -> Vec<Text> {
    given.iter().map(|one| Text::from(one.trim())).collect()
}

/// `domains add`.
pub(super) async fn add(
    signed: &Signed,
    command: &AddRoute,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    // What is wrong with the domain is said before anything is asked of the platform.
    if let Some(wrong) = typed::domain(&command.domain) {
        return Err(Failure::usage(format!("{wrong} Nothing was written.")));
    }
    let like = match &command.like {
        Some(like) => one(signed, like).await?.provider().cloned(),
        None => None,
    };
    let mut draft = draft(command, like.as_ref());
    if let Some(issuer) = &command.issuer {
        described(signed, issuer, &mut draft).await?;
    }
    let draft = draft;
    let secret = |io: &mut Io<'_>| {
        let provider = &draft.provider;
        let file = command.provider.secret_file.as_deref();
        secret::given(file, provider.client_id.raw(), provider.authorize_url.raw(), context, io)
    };
    let intent = Intent::AddRoute(Box::new(draft.clone()));
    with_secret(signed, &intent, &command.write, Some(secret), context, io).await
}

/// Fills in what the issuer says of itself where nothing was given.
async fn described(signed: &Signed, issuer: &str, draft: &mut RouteDraft) -> Result<(), Failure> {
    if let Some(wrong) = typed::address(issuer) {
        return Err(Failure::usage(format!("The issuer: {wrong} Nothing was written.")));
    }
    let filled = match route_test::fill(&super::test::tester(signed)?, issuer).await? {
        Ok(filled) => filled.provider,
        Err(checks) => {
            let wrong = checks.into_iter().find(|check| check.outcome == Outcome::Failed);
            let (said, next) = wrong.map_or_else(
                || ("The issuer does not describe itself.".to_owned(), "Give the addresses.".to_owned()),
                |check| (check.said, check.next),
            );
            return Err(Failure::new(Exit::Findings, format!("{said} Nothing was written.")).next(next));
        }
    };
    draft.issuer = Some(issuer.into());
    let provider = &mut draft.provider;
    for (given, told) in [
        (&mut provider.authorize_url, filled.authorize_url),
        (&mut provider.token_url, filled.token_url),
        (&mut provider.user_info_url, filled.user_info_url),
    ] {
        if given.is_empty() {
            *given = told;
        }
    }
    provider.token_auth_method = provider.token_auth_method.take().or(filled.token_auth_method);
    Ok(())
}

fn draft(command: &AddRoute, like: Option<&IdentityProvider>) -> RouteDraft {
    let ProviderFields {
        authorize_url, token_url, user_info_url, client_id, auth_method, pkce, after, ..
    } = &command.provider;
    let or = |given: &Option<String>, pick: fn(&IdentityProvider) -> &Text| {
        text(given.as_ref()).or_else(|| like.map(pick).cloned()).unwrap_or_default()
    };
    RouteDraft {
        domain: Text::from(command.domain.trim()),
        issuer: None,
        post_login: texts(after),
        provider: IdentityProvider {
            authorize_url: or(authorize_url, |like| &like.authorize_url),
            token_url: or(token_url, |like| &like.token_url),
            user_info_url: or(user_info_url, |like| &like.user_info_url),
            client_id: or(client_id, |like| &like.client_id),
            use_subject: None,
            identity_source: None,
            identity_mapping_mode: None,
            token_auth_method: match auth_method {
                Some(by) => method(*by),
                None => like.and_then(|like| like.token_auth_method.clone()),
            },
            use_pkce: pkce.or_else(|| like.and_then(|like| like.use_pkce)).filter(|on| *on),
            user_info_mode: None,
            user_info_key_set: false,
        },
    }
}

/// `domains edit`.
pub(super) async fn edit(
    signed: &Signed,
    command: &EditRoute,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let line = one(signed, &command.domain).await?;
    let Some(of) = line.record() else { return Err(not_readable(&line)) };
    provider(signed, of, line.provider(), command, context, io).await
}

/// The same of a record that is known, with the provider that it has now.
pub(in crate::cli) async fn provider(
    signed: &Signed,
    of: Reference,
    now: Option<&IdentityProvider>,
    command: &EditRoute,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let given = &command.provider;
    let mut fields = Vec::new();
    fields.extend(text(given.authorize_url.as_ref()).map(ProviderField::AuthorizeUrl));
    fields.extend(text(given.token_url.as_ref()).map(ProviderField::TokenUrl));
    fields.extend(text(given.user_info_url.as_ref()).map(ProviderField::UserInfoUrl));
    fields.extend(text(given.client_id.as_ref()).map(ProviderField::ClientId));
    fields.extend(given.auth_method.map(|by| ProviderField::AuthMethod(method(by))));
    fields.extend(given.pkce.map(ProviderField::UsePkce));
    fields.extend(command.by.map(|by| ProviderField::BySubject(by == By::Subject)));
    fields.extend(
        command
            .user_info_mode
            .map(|mode| ProviderField::UserInfoMode((mode == UserInfoMode::Gcip).then(|| "gcip".into()))),
    );
    if command.no_after || !given.after.is_empty() {
        fields.push(ProviderField::PostLogin(texts(&given.after)));
    }
    let wants_secret = command.new_secret || given.secret_file.is_some();
    let then = |pick: fn(&IdentityProvider) -> &Text, new: &Option<String>| {
        new.clone().unwrap_or_else(|| now.map_or("", |provider| pick(provider).raw()).to_owned())
    };
    let client_id = then(|provider| &provider.client_id, &given.client_id);
    let authorize = then(|provider| &provider.authorize_url, &given.authorize_url);
    let secret = wants_secret.then_some(|io: &mut Io<'_>| {
        secret::given(given.secret_file.as_deref(), &client_id, &authorize, context, io)
    });
    let secret_field = wants_secret.then_some(SecretField::Client);
    let intent = Intent::EditProvider(Box::new(ProviderEdit { of, fields, secret: secret_field }));
    with_secret(signed, &intent, &command.write, secret, context, io).await
}

/// Plans it, then asks for the secret where one is needed, shows, asks, applies.
async fn with_secret(
    signed: &Signed,
    intent: &Intent,
    write: &Write,
    secret: Option<impl FnOnce(&mut Io<'_>) -> Result<Secret, Failure>>,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let plan = intent::plan(&signed.engine, intent).await?;
    let secret = match secret.filter(|_| !write.dry_run) {
        Some(secret) => Some(secret(io)?),
        None => None,
    };
    write::apply_with(&signed.engine, plan, secret.as_ref(), write, signed.production, context, io).await?;
    Ok(Exit::Done)
}

fn not_readable(line: &Line) -> Failure {
    Failure::new(Exit::NotAllowed, format!("The route of {} is seen by super admins only.", line.name))
        .next("A super admin can change it.")
}

/// `domains remove`.
pub(super) async fn removal(signed: &Signed, wanted: &str) -> Result<Intent, Failure> {
    let line = one(signed, wanted).await?;
    match &line.what {
        What::Route(route) => Ok(Intent::RemoveRoute { route: route.id.clone() }),
        What::Observed(_) => Err(not_readable(&line)),
        What::Client(_) => {
            Err(Failure::usage(format!("{} is a client application, not a domain.", line.name)))
        }
    }
}

/// `domains fix`: what mends the first thing that is wrong, as the console's `f` does.
pub(super) async fn mending(signed: &Signed, wanted: &str) -> Result<Intent, Failure> {
    let line = one(signed, wanted).await?;
    let Some(flaw) = line.flaws.first() else {
        return Err(match &line.what {
            What::Observed(_) => not_readable(&line),
            _ => Failure::new(Exit::Conflict, format!("Nothing is seen to be wrong with {}.", line.name))
                .next("`idconsole domains test` asks its identity provider."),
        });
    };
    line.mending().ok_or_else(|| {
        Failure::usage(format!("{} What it should be has to be said.", flaw.said))
            .next(format!("`idconsole domains edit {}` changes its provider.", line.name))
    })
}

/// `domains rename`.
pub(super) async fn renaming(signed: &Signed, wanted: &str, new: Option<&str>) -> Result<Intent, Failure> {
    if let Some(wrong) = new.and_then(typed::domain) {
        return Err(Failure::usage(format!("{wrong} Nothing was written.")));
    }
    let line = one(signed, wanted).await?;
    let What::Route(route) = &line.what else {
        return Err(match line.what {
            What::Client(_) => {
                Failure::usage(format!("{} is a client application, not a domain.", line.name))
            }
            _ => not_readable(&line),
        });
    };
    let domain = match new {
        Some(new) => Text::from(new.trim()),
        None => match meant(route.domain.raw()) {
            Some(domain) => Text::from(domain.ascii()),
            None => {
                return Err(Failure::usage(format!(
                    "Which domain {} is meant to be cannot be told.",
                    line.name
                ))
                .next("Give the new domain."));
            }
        },
    };
    Ok(Intent::RenameRoute { route: route.id.clone(), domain })
}
