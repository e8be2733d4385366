//! What the discovery document says, and how it agrees with the route (standards M1–M6).

use url::Url;

use super::super::provider::{Identifier, RouteDraft};
use super::super::sign_in::browser_identifier;
use super::super::text::Text;
use super::document::Document;
use super::observed::{Asked, Found, Setting};
use super::verdict::{failed, listed, passed, quoted, unknown, warned};
use super::{Check, CheckId};

/// Why a check on the document is not told when there is none.
pub(super) fn no_document(found: &Found) -> String {
    match &found.issuer {
        None => "Not told: the provider's description was not found.".to_owned(),
        Some(_) => "Not told: there is no description to hold it against.".to_owned(),
    }
}

pub(super) fn checks(draft: &RouteDraft, setting: &Setting, found: &Found) -> Vec<Check> {
    let exchange = found.answer.as_ref().and_then(Asked::exchange);
    let mut checks = vec![there(found).with(&found.asked), json(found).with(exchange)];
    let Some(document) = &found.document else {
        let rest = [
            CheckId::Issuer,
            CheckId::MetadataHttps,
            CheckId::MetadataHost,
            CheckId::AuthorizeAddress,
            CheckId::TokenAddress,
            CheckId::UserInfoAddress,
            CheckId::ResponseMode,
            CheckId::GrantType,
            CheckId::Claims,
            CheckId::SigningAlgorithms,
        ];
        checks.extend(rest.map(|id| unknown(id, no_document(found))));
        return checks;
    };
    let provider = &draft.provider;
    let rest = [
        issuer(found, document),
        https(draft, document, setting),
        host(found, document),
        address(
            CheckId::AuthorizeAddress,
            "authorize",
            &provider.authorize_url,
            document.authorize.as_deref(),
        ),
        address(CheckId::TokenAddress, "token", &provider.token_url, document.token.as_deref()),
        user_info(draft, document),
        response_mode(document),
        grant_type(document),
        claims(draft, document),
        algorithms(document),
    ];
    checks.extend(rest.map(|check| check.with(exchange)));
    checks
}

fn there(found: &Found) -> Check {
    let id = CheckId::Discovery;
    if let Some(answer @ Asked::NotSent(_)) = &found.answer {
        return unknown(id, answer.told().err().unwrap_or_default());
    }
    let Some(issuer) = &found.issuer else {
        return unknown(id, "No issuer is given, and none could be found from the authorize address.")
            .then("Give the issuer, as the provider's administration shows it.");
    };
    let issuer = quoted(issuer);
    let how = found.guessed.as_deref().map(|how| format!(" {how}")).unwrap_or_default();
    match &found.answer {
        None => unknown(id, "Not asked."),
        Some(Asked::Answered(reply)) if (200..300).contains(&reply.status) => {
            passed(id, format!("{issuer} describes itself.{how}"))
        }
        Some(Asked::Answered(reply)) => failed(
            id,
            format!("{issuer} has no description at either place: it answers with status {}.", reply.status),
            "Check the issuer: no path too many or too few.",
        ),
        Some(other) => unknown(id, other.told().err().unwrap_or_default()),
    }
}

fn json(found: &Found) -> Check {
    let id = CheckId::DiscoveryJson;
    match found.answer.as_ref().and_then(Asked::reply) {
        Some(reply) if found.document.is_some() && reply.is_json() => passed(id, "It is a JSON object."),
        Some(reply) if found.document.is_some() => warned(
            id,
            format!("It is JSON, and says that it is {}.", reply.kind_words()),
            "The provider's administration may be told; nothing depends on it here.",
        ),
        Some(reply) if (200..300).contains(&reply.status) => failed(
            id,
            format!("{} answers with {} where its description should be.", reply.host, reply.kind_words()),
            "Check the issuer: this is mostly the address of a sign-in page.",
        ),
        _ => unknown(id, no_document(found)),
    }
}

fn issuer(found: &Found, document: &Document) -> Check {
    let id = CheckId::Issuer;
    let asked = found.issuer.as_deref().unwrap_or_default();
    match &document.issuer {
        None => failed(id, "The description names no issuer.", "Check the issuer with the provider."),
        // Code point by code point, no normal form.
        Some(said) if said == asked => passed(id, format!("It calls itself {}.", quoted(said))),
        Some(said) if said.contains("{tenant") => failed(
            id,
            format!("{} is the address for every tenant: anybody's people could come.", quoted(asked)),
            "Use the address of the partner's own tenant.",
        ),
        Some(said) => failed(
            id,
            format!("Asked as {}, it calls itself {}.", quoted(asked), quoted(said)),
            "Use the issuer to the letter, with the slash at the end or without it.",
        ),
    }
}

fn https(draft: &RouteDraft, document: &Document, setting: &Setting) -> Check {
    let id = CheckId::MetadataHttps;
    // Those that the route uses are looked at as typed.
    let typed = super::typed::addresses(&draft.provider).map(|(_, address)| address.raw());
    let plain: Vec<String> = document
        .endpoints()
        .into_iter()
        .filter(|(_, address)| !typed.contains(address))
        .filter(|(_, address)| !Url::parse(address).is_ok_and(|url| setting.trusts(&url)))
        .map(|(name, _)| name)
        .collect();
    if plain.is_empty() {
        return passed(id, "Nothing of it goes without encryption.");
    }
    failed(
        id,
        format!("Without encryption, or no address at all: {}.", listed(&plain)),
        "The provider has to offer them by https.",
    )
}

fn host(found: &Found, document: &Document) -> Check {
    let id = CheckId::MetadataHost;
    let home = found.issuer.as_deref().and_then(|issuer| Url::parse(issuer).ok());
    let Some(home) = home.as_ref().and_then(Url::host_str) else {
        return unknown(id, "Not told: the issuer is no web address.");
    };
    let elsewhere: Vec<String> = document
        .endpoints()
        .into_iter()
        .filter_map(|(name, address)| {
            let url = Url::parse(address).ok()?;
            let host = url.host_str()?;
            (host != home).then(|| format!("{name} on {}", quoted(host)))
        })
        .collect();
    if elsewhere.is_empty() {
        return passed(id, format!("All of them are on {}.", quoted(home)));
    }
    warned(
        id,
        format!("Not on {}: {}.", quoted(home), listed(&elsewhere)),
        "Some providers do that; make sure that the other hosts are theirs.",
    )
}

fn address(id: CheckId, name: &str, typed: &Text, told: Option<&str>) -> Check {
    let raw = typed.raw();
    let Some(told) = told else {
        return unknown(id, format!("The provider's description names no {name} address."));
    };
    if raw == told {
        return passed(id, format!("{} is what the provider names.", quoted(raw)));
    }
    let both = format!("The route has {}, the provider names {}.", quoted(raw), quoted(told));
    let next = "Take the provider's address over, unless its administration says otherwise.";
    match (Url::parse(raw), Url::parse(told)) {
        (Ok(ours), Ok(theirs)) => {
            let bare = |url: &Url| {
                let mut url = url.clone();
                url.set_query(None);
                url
            };
            if ours == theirs {
                return passed(id, format!("{} is what the provider names, written otherwise.", quoted(raw)));
            }
            if name == "authorize" && bare(&ours) == theirs {
                return passed(id, "It is what the provider names, with parameters of its own.");
            }
            let same_host = ours.host() == theirs.host()
                && ours.port_or_known_default() == theirs.port_or_known_default();
            if same_host && ours.scheme() == theirs.scheme() {
                warned(id, both, next)
            } else {
                failed(id, both, next)
            }
        }
        (Err(_), _) => unknown(id, "Not compared: the route's own address cannot be read."),
        (_, Err(_)) => failed(id, both, "Ask the provider's administration which of the two is right."),
    }
}

fn user_info(draft: &RouteDraft, document: &Document) -> Check {
    let id = CheckId::UserInfoAddress;
    if draft.provider.user_info_mode.as_ref().is_some_and(|mode| mode.raw() == "gcip") {
        return passed(id, "Not compared: with gcip the address is Google's own.");
    }
    address(id, "userinfo", &draft.provider.user_info_url, document.user_info.as_deref())
}

fn response_mode(document: &Document) -> Check {
    let id = CheckId::ResponseMode;
    match &document.response_modes {
        None => {
            passed(id, "Nothing else is said; codes come in the address unless something else is asked for.")
        }
        Some(modes) if modes.iter().any(|mode| mode == "query") => {
            passed(id, "Codes can come in the address.")
        }
        Some(modes) => failed(
            id,
            format!("It offers {} only; the platform reads the code from the address.", listed(modes)),
            "The provider has to allow the response mode query.",
        ),
    }
}

fn grant_type(document: &Document) -> Check {
    let id = CheckId::GrantType;
    match &document.grant_types {
        None => passed(id, "Nothing else is said, which means codes."),
        Some(types) if types.iter().any(|one| one == "authorization_code") => {
            passed(id, "Codes can be swapped for tokens.")
        }
        Some(types) => failed(
            id,
            format!("It offers {} only; the platform swaps a code.", listed(types)),
            "The provider has to allow the grant authorization_code.",
        ),
    }
}

fn claims(draft: &RouteDraft, document: &Document) -> Check {
    let id = CheckId::Claims;
    let wanted = match browser_identifier(&draft.provider) {
        Identifier::Email => "email",
        Identifier::Subject | Identifier::Unsupported => "sub",
    };
    match &document.claims {
        None => passed(id, "It does not list its claims; the test sign-in shows them."),
        Some(claims) if claims.iter().any(|one| one == wanted) => {
            passed(id, format!("It can tell the {wanted}."))
        }
        // OpenID Connect Discovery §3: the list need not be whole.
        Some(claims) => warned(
            id,
            format!("It lists {}, and no {wanted}, by which people are found.", listed(claims)),
            "Have the provider put it into the ID token; the test sign-in shows whether it comes.",
        ),
    }
}

/// Algorithms that anybody can check with a public key (RFC 7518 §3.1, RFC 8037).
const PUBLIC: [&str; 11] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

fn algorithms(document: &Document) -> Check {
    let id = CheckId::SigningAlgorithms;
    // What the platform does with it (packages/server/src/auth/external.ts): it reads the ID token without checking it.
    let platform = "The platform itself reads the ID token without checking its signature.";
    match &document.algorithms {
        None => warned(
            id,
            format!("It does not say how tokens are signed. {platform}"),
            "The test sign-in shows it.",
        ),
        Some(all) if all.iter().any(|one| PUBLIC.contains(&one.as_str())) => {
            passed(id, format!("{}. {platform}", listed(all)))
        }
        Some(all) => failed(
            id,
            format!("It signs with {} only, which nobody else can check. {platform}", listed(all)),
            "The provider has to sign with RS256 or another public key.",
        ),
    }
}
