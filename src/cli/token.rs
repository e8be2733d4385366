//! `idconsole token …`: the token lab by command. Tokens come from a file, from standard input or from the session.

mod input;
mod judge;
mod show;
mod watch;

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::auth::discovery;
use crate::auth::exchange::Exchange;
use crate::auth::http::Http;
use crate::auth::keys::{Hosts, Keyring};
use crate::config::{BaseUrl, is_loopback};
use crate::identity::text::shown;
use crate::identity::{MembershipId, Secret};
use crate::ports::{SystemClock, local_zone};
use crate::token::extract::Extracted;
use crate::workflows::token_lab::{self, Lab, report};

use self::input::{one, one_beside, several};
use super::args::Shared;
use super::args::token::{CompareTokens, ExchangeToken, OfToken, Token};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::Format;
use super::session::{self, Signed};

/// What works from files alone. Nothing is opened or written, and settings that cannot be read are no hindrance: they
/// would only say whose tokens are the platform's own.
pub fn offline(command: &Token, shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let base = Context::read(shared).ok().and_then(|context| Some(context.connection().ok()?.0.base_url));
    match command {
        Token::Inspect(of) => inspect(&several(of, io)?, base.as_ref(), shared, io),
        Token::Verify(command) => judge::offline(command, base, shared, io),
        Token::Compare(command) => compare(command, None, base.as_ref(), shared, io),
        Token::Introspect(_) | Token::Why(_) | Token::Exchange(_) | Token::Mint { .. } | Token::Watch(_) => {
            Ok(Exit::Done)
        }
    }
}

/// What needs a connection, a session or a server.
pub async fn run(command: &Token, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let base = || context.connection().ok().map(|(connection, _)| connection.base_url);
    match command {
        Token::Inspect(of) => {
            let given = given(of, context, io).await?;
            inspect(&[given], base().as_ref(), &context.shared, io)
        }
        Token::Compare(command) => {
            let own = own(command.own.map(token_lab::Own::from), &session::open(context).await?)?;
            compare(command, Some(own), base().as_ref(), &context.shared, io)
        }
        Token::Verify(command) => judge::verify(command, context, io).await,
        Token::Introspect(command) => judge::introspect(command, context, io).await,
        Token::Why(command) => judge::why(command, context, io).await,
        Token::Exchange(command) => exchange(command, context, io).await,
        Token::Mint { show } => mint(&session::open(context).await?, *show, context, io).await,
        Token::Watch(command) => watch::run(command, context, io).await,
    }
}

/// The token that is meant.
async fn given(of: &OfToken, context: &Context, io: &mut Io<'_>) -> Result<Extracted, Failure> {
    match of.own {
        Some(which) => own(Some(which.into()), &session::open(context).await?),
        None => one(of, io),
    }
}

/// The same, with the access token that an ID token came with, where that is at hand.
async fn given_beside(
    of: &OfToken,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<(Extracted, Option<Secret>), Failure> {
    match of.own {
        // A renewal may bring an access token alone, and the ID token of an earlier answer stays beside it: of one's own
        // it is not known any more what came together.
        Some(which) => Ok((own(Some(which.into()), &session::open(context).await?)?, None)),
        None => one_beside(of, io),
    }
}

/// One of the session's own tokens.
fn own(which: Option<token_lab::Own>, signed: &Signed) -> Result<Extracted, Failure> {
    let which = which.unwrap_or(token_lab::Own::Access);
    let found = token_lab::own(&signed.session).into_iter().find(|(own, _)| *own == which);
    found.map(|(_, token)| token).ok_or_else(|| {
        Failure::new(Exit::NotFound, format!("There is no such token: {} was not given.", which.words()))
    })
}

/// The lab of a connection, signed in where that can be had. `issuer` is named by the person, so that it may be on this
/// machine without TLS.
async fn lab(
    issuer: Option<&str>,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<(Lab, Option<Signed>), Failure> {
    let connection = context.connection().ok().map(|(connection, _)| connection);
    let mut signed = None;
    if connection.is_some() {
        match session::open(context).await {
            Ok(found) => signed = Some(found),
            Err(failure) => {
                io.note(&format!(
                    "Nobody is signed in, so sessions and memberships are not looked up: {failure}"
                ))?;
            }
        }
    }
    let base = connection.as_ref().map(|connection| connection.base_url.clone());
    let extra_ca = connection.as_ref().and_then(|connection| context.in_this_run(connection).extra_ca);
    let extra_ca = extra_ca.or_else(|| context.shared.extra_ca.clone());
    let lab = plain_lab(base, issuer, extra_ca.as_deref())?;
    let engine = signed.as_ref().map(|signed| signed.engine.clone());
    Ok((Lab { engine, ..lab }, signed))
}

/// A lab without anybody.
fn plain_lab(
    base: Option<BaseUrl>,
    issuer: Option<&str>,
    extra_ca: Option<&std::path::Path>,
) -> Result<Lab, Failure> {
    let named = issuer.and_then(|issuer| url::Url::parse(issuer).ok());
    let loopback = base.as_ref().is_some_and(BaseUrl::is_loopback_http)
        || named.is_some_and(|url| url.scheme() == "http" && is_loopback(&url));
    let clock = Arc::new(SystemClock);
    Ok(Lab {
        keyring: Keyring::new(Http::new(extra_ca, loopback)?, clock.clone()),
        clock,
        platform: base,
        engine: None,
        agreed: Hosts::none(),
    })
}

fn inspect(
    given: &[Extracted],
    base: Option<&BaseUrl>,
    shared: &Shared,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let now = crate::ports::Clock::now(&SystemClock);
    let seen: Vec<_> = given.iter().map(|one| token_lab::inspect(one, base.map(BaseUrl::as_str))).collect();
    let shape = match &seen[..] {
        [one] => report::inspection(one, now),
        all => json!({"tokens": all.iter().map(|one| report::inspection(one, now)).collect::<Vec<_>>()}),
    };
    match shared.format {
        Format::Table if io.tells() => {
            for (at, one) in seen.iter().enumerate() {
                if at > 0 {
                    writeln!(io.out)?;
                }
                show::inspection(io.out, one, now, &local_zone())?;
            }
        }
        format => io.write_rows(format, &show::claims_table(&seen), &shape)?,
    }
    let readable = seen.iter().all(|one| one.token.is_ok());
    Ok(if readable { Exit::Done } else { Exit::Findings })
}

fn compare(
    command: &CompareTokens,
    own: Option<Extracted>,
    base: Option<&BaseUrl>,
    shared: &Shared,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (first, second) = input::two(command, own, io)?;
    let compared = token_lab::compare(&first, &second, base.map(BaseUrl::as_str));
    let table = show::comparison(&compared, command.all);
    io.write_rows(shared.format, &table, &report::comparison(&compared))?;
    if let Some(problem) = compared.unreadable() {
        io.tell(&problem)?;
        return Ok(Exit::CannotTell);
    }
    if shared.format == Format::Table {
        for meaning in &compared.meanings {
            writeln!(io.out, "- {}", meaning.words)?;
        }
    }
    Ok(Exit::Done)
}

async fn exchange(command: &ExchangeToken, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let subject = given(&command.of, context, io).await?;
    let connection = context.in_this_run(&context.connection()?.0);
    let client_id = command.client_id.clone().or_else(|| connection.client_id.clone());
    let client_id = client_id.ok_or_else(|| {
        Failure::usage("The connection names no client.")
            .next("Give --client-id ID, the client that has the identity provider.")
    })?;
    let http = Http::for_connection(&connection)?;
    let platform = discovery::platform(&http, &connection.base_url).await?;
    let membership = command
        .membership_id
        .as_deref()
        .map(|id| MembershipId::new(id.strip_prefix("ProjectMembership/").unwrap_or(id)));
    let exchange = Exchange {
        client_id: &client_id,
        subject_token: &SecretString::from(subject.token.expose()),
        membership: membership.as_ref(),
        scope: &command.scope,
        nonce: &SecretString::from(uuid::Uuid::new_v4().to_string()),
    };
    let tokens = match exchange.send(&http, &SystemClock, &platform).await {
        Ok(tokens) => tokens,
        Err(crate::auth::AuthError::Refused { host, refusal }) if !refusal.passes() => {
            io.note(&format!(
                "{host} does not exchange the token ({}): “{}”.",
                refusal.status, refusal.text
            ))?;
            io.note("`idconsole doctor login --flow exchange` says why, step by step.")?;
            return Ok(Exit::Findings);
        }
        Err(error) => return Err(error.into()),
    };
    let issued = Extracted { token: Secret::from(tokens.access), from: "the exchange".to_owned() };
    let seen = token_lab::inspect(&issued, Some(connection.base_url.as_str()));
    let now = crate::ports::Clock::now(&SystemClock);
    if context.shared.format == Format::Json {
        let mut shape = report::inspection(&seen, now);
        shape["scope"] = json!(tokens.scope);
        if command.show {
            warn(io, "the member")?;
            shape["access_token"] = json!(issued.token.expose());
        }
        io.write_value(&shape)?;
    } else if command.show {
        warn(io, "the member")?;
        writeln!(io.out, "{}", issued.token.expose())?;
    } else if context.shared.format == Format::Table && io.tells() {
        show::inspection(io.out, &seen, now, &local_zone())?;
    } else {
        io.write_rows(context.shared.format, &show::claims_table(&[seen]), &json!(null))?;
    }
    Ok(Exit::Done)
}

/// What goes to a screen can be read over a shoulder and scrolled back to.
fn warn(io: &mut Io<'_>, whom: &str) -> Result<(), Failure> {
    if io.out_is_terminal {
        io.tell(&format!("Whoever reads this can act as {whom} until it ends. It is on your screen and in its scroll-back now."))?;
    }
    Ok(())
}

async fn mint(signed: &Signed, show: bool, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    // Renewed first when it is about to end.
    let access = signed.session.bearer().await?;
    let tokens = signed.session.tokens();
    let ends = tokens.expires_at.map(|at| format!("{at:.0}"));
    let scope = tokens.scope.as_deref().map(|scope| shown(scope).into_owned());
    match (context.shared.format, show) {
        (Format::Json, _) => {
            let mut shape =
                json!({"expires_at": ends, "scope": tokens.scope, "platform": signed.session.issuer()});
            if show {
                warn(io, "you")?;
                shape["access_token"] = json!(access.expose_secret());
            }
            io.write_value(&shape)?;
        }
        (Format::Table | Format::Csv, true) => {
            warn(io, "you")?;
            writeln!(io.out, "{}", access.expose_secret())?;
        }
        (format @ (Format::Table | Format::Csv), false) => {
            let fields = [
                ("token", token_lab::Own::Access.words().to_owned()),
                ("ends", ends.unwrap_or_else(|| "not told".to_owned())),
                ("scope", scope.unwrap_or_else(|| "not told".to_owned())),
                ("printed", "with --show only".to_owned()),
            ];
            io.write_record(format, &fields, &json!(null))?;
        }
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::io::Streams;

    // S2
    #[test]
    fn a_token_on_a_screen_comes_with_a_warning_beside_it() {
        for terminal in [true, false] {
            let mut streams = Streams::default();
            let mut io = Io { out_is_terminal: terminal, ..streams.io() };
            warn(&mut io, "you").unwrap();
            assert!(streams.out.is_empty());
            assert_eq!(String::from_utf8(streams.err).unwrap().contains("can act as you"), terminal);
        }
    }
}
