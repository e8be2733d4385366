//! What the token endpoint said to an invented code (RFC 6749 §5.2, platform-api §9.4, §10.2 step 4).
//!
//! It is asked without the secret first: a provider that complains about the code even then has not looked at the
//! client, and says nothing about the secret by complaining about the code.

use super::super::provider::RouteDraft;
use super::observed::{Asked, Found, Reply, Swapped};
use super::verdict::{failed, listed, passed, quoted, unknown};
use super::{Check, CheckId};

const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";

/// What an answer says about the client.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Said {
    /// The client is right and the code is not.
    CodeWrong,
    /// The client is not who it says.
    ClientWrong(String),
    /// The client may not do this.
    NotAllowed(String),
    /// Something else.
    Else(String),
}

/// How the secret goes along; the platform's own default where nothing is set.
pub fn method(draft: &RouteDraft) -> &str {
    draft.provider.token_auth_method.as_ref().map_or(BASIC, |method| method.raw())
}

/// The client, not the code, is what it complains about.
pub fn refuses_client(reply: &Reply) -> bool {
    matches!(said(reply), Said::ClientWrong(_))
}

pub(super) fn checks(draft: &RouteDraft, found: &Found, seen: &Swapped) -> Vec<Check> {
    let ours = seen.ours.reply().map(said);
    let other = seen.other_way.reply().map(said);
    let only_other = matches!(ours, Some(Said::ClientWrong(_))) && other == Some(Said::CodeWrong);
    let all = || [&seen.bare, &seen.ours, &seen.other_way].into_iter().filter_map(Asked::exchange);
    let method = auth_method(draft, found, only_other);
    let secret = secret(seen, ours.as_ref(), only_other, method.outcome == super::Outcome::Failed);
    vec![
        method.with(all().filter(|_| only_other)),
        endpoint(seen).with(seen.bare.exchange()),
        secret.with(all()),
    ]
}

fn said(reply: &Reply) -> Said {
    let text = |name: &str| reply.json.as_ref().and_then(|json| json[name].as_str()).unwrap_or_default();
    let words = || {
        let described = text("error_description");
        if described.is_empty() { quoted(text("error")) } else { quoted(described) }
    };
    match text("error") {
        "invalid_grant" => Said::CodeWrong,
        "invalid_client" => Said::ClientWrong(words()),
        "unauthorized_client" | "unsupported_grant_type" => Said::NotAllowed(words()),
        _ if reply.status == 401 => Said::ClientWrong("status 401".to_owned()),
        "" => Said::Else(format!("status {}", reply.status)),
        _ => Said::Else(words()),
    }
}

fn endpoint(seen: &Swapped) -> Check {
    let id = CheckId::Token;
    let reply = match seen.bare.told() {
        Ok(reply) => reply,
        Err(why) => return unknown(id, why),
    };
    let next = "Check the token address.";
    match reply.status {
        400..=403 if reply.json.is_some() => {
            passed(id, "It refuses an invented code, as a token endpoint does.")
        }
        429 => unknown(id, "Not told: it asks to come more slowly."),
        200..300 if reply.json.as_ref().is_some_and(|json| json.get("access_token").is_some()) => failed(
            id,
            "It hands out tokens for a code that nobody gave out.",
            "Do not use this provider before its administration has looked at that.",
        ),
        300..400 => failed(id, "It sends elsewhere instead of answering.", next),
        status => {
            let what = if reply.json.is_some() { "JSON".to_owned() } else { reply.kind_words() };
            failed(id, format!("It does not answer as a token endpoint: status {status} with {what}."), next)
        }
    }
}

fn auth_method(draft: &RouteDraft, found: &Found, only_other: bool) -> Check {
    let id = CheckId::AuthMethod;
    let method = method(draft);
    let other = match method {
        BASIC => POST,
        POST => BASIC,
        _ => {
            return failed(
                id,
                format!("The platform does not know the way {}.", quoted(method)),
                "Choose client_secret_basic or client_secret_post.",
            );
        }
    };
    let next = format!("Set tokenAuthMethod to {other}.");
    if only_other {
        return failed(
            id,
            format!("The provider takes the secret as {other}, and refuses it as {method}."),
            &next,
        );
    }
    let Some(document) = &found.document else { return unknown(id, super::described::no_document(found)) };
    match &document.auth_methods {
        None => passed(id, format!("It does not list its ways; {method} is what the platform uses.")),
        Some(ways) if ways.iter().any(|way| way == method) => passed(id, format!("It takes {method}.")),
        Some(ways) if ways.iter().any(|way| way == other) => {
            failed(id, format!("It takes {}, and not {method}.", listed(ways)), &next)
        }
        Some(ways) => failed(
            id,
            format!("It takes {} only; the platform knows {BASIC} and {POST}.", listed(ways)),
            "The provider has to allow one of the two for this client.",
        ),
    }
}

fn secret(seen: &Swapped, ours: Option<&Said>, only_other: bool, method_is_wrong: bool) -> Check {
    let id = CheckId::ClientSecret;
    let Some(ours) = ours else { return unknown(id, seen.ours.told().err().unwrap_or_default()) };
    let next = "Have the provider make a new secret and type it once more; look that it is the value and not its id.";
    let bare = seen.bare.reply().map(said);
    match ours {
        Said::CodeWrong if bare == Some(Said::CodeWrong) => unknown(
            id,
            "It looks at the code before it looks at the client: the same answer comes without the secret.",
        )
        .then("The test sign-in tells."),
        Said::CodeWrong => passed(id, "It takes the client's secret: only the invented code was wrong."),
        Said::ClientWrong(_) if only_other => {
            passed(id, "The secret is right; only the way it is sent is not.")
        }
        Said::ClientWrong(words) if method_is_wrong => {
            unknown(id, format!("Not told: it is sent in a way that the provider does not take ({words})."))
        }
        Said::ClientWrong(words) => {
            failed(id, format!("It refuses the client with its secret: {words}."), next)
        }
        Said::NotAllowed(words) => failed(
            id,
            format!("It knows the client and does not let it swap codes: {words}."),
            "The provider has to allow the authorization code grant for this client.",
        ),
        Said::Else(words) => {
            unknown(id, format!("It says neither yes nor no: {words}.")).then("The test sign-in tells.")
        }
    }
}
