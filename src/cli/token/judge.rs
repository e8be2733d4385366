//! `token verify`, `token introspect`, `token why`.

use std::sync::Arc;

use crate::config::BaseUrl;
use crate::identity::{Secret, Text};
use crate::ports::FixedClock;
use crate::token::extract::{Extracted, Paste};
use crate::token::ladder::Holds;
use crate::workflows::access::Wish;
use crate::workflows::token_lab::why::Outcome;
use crate::workflows::token_lab::{self, KeySource, Lab, Needs, Tried, Verified, Wanted, report};
use serde_json::{Value, json};

use super::super::args::Shared;
use super::super::args::token::{IntrospectToken, VerifyToken, WhyToken};
use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::io::Io;
use super::super::output::Format;
use super::{given, given_beside, input, lab, own, plain_lab, show};

fn exit(verdict: Holds) -> Exit {
    match verdict {
        Holds::Yes | Holds::Warning => Exit::Done,
        Holds::No => Exit::Findings,
        Holds::Untold => Exit::CannotTell,
    }
}

fn wanted(command: &VerifyToken, keys: KeySource, access: Option<Secret>) -> Wanted {
    Wanted {
        keys,
        issuer: command.issuer.clone(),
        audience: command.audience.clone(),
        kind: command.kind.map(Into::into),
        access,
        ask: !command.no_ask && command.at.is_none(),
        signature_only: command.signature_only,
    }
}

fn at_the_time(lab: Lab, command: &VerifyToken) -> Lab {
    match command.at {
        Some(at) => Lab { clock: Arc::new(FixedClock::at(at)), ..lab },
        None => lab,
    }
}

/// With keys from a file.
pub(super) fn offline(
    command: &VerifyToken,
    base: Option<BaseUrl>,
    shared: &Shared,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let Some(file) = &command.keys else { return Ok(Exit::Done) };
    if file == "-" && matches!(command.of.file.as_deref(), None | Some("-")) {
        return Err(Failure::usage("Standard input can be read once only."));
    }
    let keys = input::keys(file, io)?;
    let (token, access) = input::one_beside(&command.of, io)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let lab = at_the_time(plain_lab(base, None, None)?, command);
    let keys = KeySource::Given { keys, from: "the keys that were given".to_owned() };
    let verified = runtime.block_on(token_lab::verify(&lab, &token, &wanted(command, keys, access)));
    write_verified(&verified, shared, io)
}

fn write_verified(verified: &Verified, shared: &Shared, io: &mut Io<'_>) -> Result<Exit, Failure> {
    match shared.format {
        Format::Table if io.tells() => show::verified(io.out, verified)?,
        Format::Json => io.write_value(&report::verification(verified))?,
        format => io.write_rows(format, &show::steps_table(&verified.steps), &Value::Null)?,
    }
    Ok(exit(verified.verdict))
}

/// What a strange host would be contacted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Its issuer's keys.
    Keys,
    /// Its issuer's keys, and what it says about the token.
    Both,
    /// What it says about the token.
    Token,
}

impl For {
    fn of(ask: bool) -> Self {
        if ask { Self::Both } else { Self::Keys }
    }
}

/// An issuer's keys, or what it is asked about a token, may be on a host of its own, which is asked about too.
const ROUNDS: usize = 3;

/// Whether a strange host may be contacted; says how to agree where nobody can be asked.
fn agree(needs: &Needs, yes: bool, what_for: For, io: &mut Io<'_>) -> Result<bool, Failure> {
    if yes {
        return Ok(true);
    }
    let what = if what_for == For::Keys { "" } else { ", and show it the token" };
    if !io.can_ask {
        io.note(&format!(
            "{} was not contacted: it is neither the platform nor a known identity provider. --yes agrees to contact it{what}.",
            needs.host
        ))?;
        return Ok(false);
    }
    let question = match what_for {
        For::Token => format!("Contact {} about a token of {}{what}?", needs.host, needs.issuer),
        For::Keys | For::Both => format!("Contact {} for the keys of {}{what}?", needs.host, needs.issuer),
    };
    io.confirm(&question, "Give --yes.")
}

/// With the issuer's keys.
pub(super) async fn verify(
    command: &VerifyToken,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (token, access) = given_beside(&command.of, context, io).await?;
    let keys = match &command.keys {
        Some(file) => {
            KeySource::Given { keys: input::keys(file, io)?, from: "the keys that were given".to_owned() }
        }
        None => KeySource::Issuer,
    };
    let (lab, _) = lab(command.issuer.as_deref(), context, io).await?;
    let lab = at_the_time(lab, command);
    let wanted = wanted(command, keys, access);
    let mut verified = token_lab::verify(&lab, &token, &wanted).await;
    let mut lab = lab;
    for _ in 0..ROUNDS {
        let Some(needs) = verified.needs.clone() else { break };
        if !agree(&needs, command.yes, For::of(wanted.ask), io)? {
            break;
        }
        lab = lab.agreeing(&needs.host);
        verified = token_lab::verify(&lab, &token, &wanted).await;
    }
    write_verified(&verified, &context.shared, io)
}

/// What the issuer says.
pub(super) async fn introspect(
    command: &IntrospectToken,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let token = given(&command.of, context, io).await?;
    let base = context.connection().ok().map(|(connection, _)| connection);
    let extra_ca = base.as_ref().and_then(|connection| context.in_this_run(connection).extra_ca);
    let extra_ca = extra_ca.or_else(|| context.shared.extra_ca.clone());
    let base = base.map(|connection| connection.base_url);
    let mut lab = plain_lab(base, command.issuer.as_deref(), extra_ca.as_deref())?;
    let mut asked = token_lab::introspect(&lab, &token, command.issuer.as_deref()).await;
    for _ in 0..ROUNDS {
        let Some(needs) = asked.needs.clone() else { break };
        if !agree(&needs, command.yes, For::Token, io)? {
            break;
        }
        lab = lab.agreeing(&needs.host);
        asked = token_lab::introspect(&lab, &token, command.issuer.as_deref()).await;
    }
    let members = asked.members.as_ref().map(crate::token::redact::redacted);
    match context.shared.format {
        Format::Json => {
            let shape = json!({
                "active": match asked.step.holds {
                    Holds::Yes | Holds::Warning => json!(true),
                    Holds::No => json!(false),
                    Holds::Untold => Value::Null,
                },
                "said": asked.step.said, "limit": asked.step.limit, "members": members,
                "notes": asked.notes, "asked": asked.exchange,
            });
            io.write_value(&shape)?;
        }
        Format::Table if io.tells() => {
            writeln!(io.out, "{}", asked.step.said)?;
            if let Some(limit) = asked.step.limit {
                writeln!(io.out, "{limit}")?;
            }
            for (name, value) in members.as_ref().and_then(Value::as_object).into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                writeln!(io.out, "  {:<12}  {}", Text::from(name.as_str()), Text::from(value))?;
            }
            for note in &asked.notes {
                io.note(note)?;
            }
        }
        format => io.write_rows(format, &show::steps_table(&[asked.step.clone()]), &Value::Null)?,
    }
    Ok(exit(asked.step.holds))
}

/// What was tried: from the command line, else from what was pasted.
fn tried(command: &WhyToken, request: Option<&crate::token::extract::Request>) -> Result<Tried, Failure> {
    let mut tried = request.map(Tried::from).unwrap_or_default();
    if let Some(url) = &command.url {
        tried.url = Some(Text::from(url.as_str()));
        tried.method = Text::default();
    }
    if let Some(method) = &command.method {
        tried.method = Text::from(method.to_uppercase());
    }
    if let Some(target) = &command.resource {
        let read = if target.contains('/') {
            super::super::args::Interaction::Read
        } else {
            super::super::args::Interaction::Search
        };
        let action = command.action.unwrap_or(read);
        tried.wish = Some(Wish::parse(action.into(), target).map_err(Failure::usage)?);
    }
    if let Some(member) = &command.acting_for {
        tried.acting_for = Some(Text::from(member.as_str()));
    }
    Ok(tried)
}

/// Why it is refused.
pub(super) async fn why(command: &WhyToken, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let (token, request): (Option<Extracted>, _) = if command.of.own.is_some() {
        (None, None)
    } else {
        let Paste { tokens: found, request, .. } = input::pasted(command.of.file.as_deref(), io)?;
        let basic = request.as_ref().is_some_and(|request| request.basic.is_some());
        // A request that signs in by `Basic` has no token.
        let token = if found.is_empty() && basic { None } else { Some(input::chosen(found, &command.of)?) };
        (token, request)
    };
    let tried = tried(command, request.as_ref())?;
    let (lab, signed) = lab(None, context, io).await?;
    let token = match (token, command.of.own, &signed) {
        (None, Some(which), Some(signed)) => Some(own(Some(which.into()), signed)?),
        (None, Some(_), None) => {
            return Err(Failure::new(
                Exit::NotSignedIn,
                "You are not signed in, so there is no token of your own.",
            ));
        }
        (token, _, _) => token,
    };
    let mut said = token_lab::why(&lab, token.as_ref(), &tried, !command.no_ask).await;
    let mut lab = lab;
    for _ in 0..ROUNDS {
        let Some(needs) = said.verified.as_ref().and_then(|verified| verified.needs.clone()) else { break };
        if !agree(&needs, command.yes, For::of(!command.no_ask), io)? {
            break;
        }
        lab = lab.agreeing(&needs.host);
        said = token_lab::why(&lab, token.as_ref(), &tried, !command.no_ask).await;
    }
    match context.shared.format {
        Format::Table if io.tells() => show::why(io.out, &said)?,
        Format::Json => io.write_value(&report::why(&said, lab.clock.now()))?,
        format => io.write_rows(format, &show::causes_table(&said), &Value::Null)?,
    }
    Ok(match said.outcome() {
        Outcome::Accepted => Exit::Done,
        Outcome::Refused => Exit::Findings,
        Outcome::Untold => Exit::CannotTell,
    })
}
