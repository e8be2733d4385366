//! What was typed, before anything is sent (platform-api §9.4, §10.2, §11).

use url::Url;

use super::super::provider::{Identifier, IdentityProvider, RouteDraft};
use super::super::route;
use super::super::sign_in::browser_identifier;
use super::super::text::Text;
use super::observed::{Misplaced, Setting, is_this_machine};
use super::verdict::{failed, listed, passed, quoted, unknown, warned};
use super::{Check, CheckId};

/// The three addresses of a provider, with a name for people.
pub(super) fn addresses(provider: &IdentityProvider) -> [(&'static str, &Text); 3] {
    [
        ("authorize", &provider.authorize_url),
        ("token", &provider.token_url),
        ("userinfo", &provider.user_info_url),
    ]
}

/// An address that can be asked.
pub fn web_address(address: &Text) -> Option<Url> {
    let url = Url::parse(address.raw()).ok()?;
    (matches!(url.scheme(), "https" | "http") && url.host_str().is_some() && url.fragment().is_none())
        .then_some(url)
}

pub(super) fn checks(draft: &RouteDraft, setting: &Setting) -> Vec<Check> {
    let provider = &draft.provider;
    vec![
        readable(draft),
        encrypted(draft, setting),
        identifier(provider),
        exchange(provider),
        client_id(provider),
        secret(setting),
        post_login(draft),
    ]
}

/// The addresses, and the issuer where one is given.
fn typed(draft: &RouteDraft) -> Vec<(&'static str, &Text)> {
    let mut all = addresses(&draft.provider).to_vec();
    all.extend(draft.issuer.iter().map(|issuer| ("issuer", issuer)));
    all
}

fn readable(draft: &RouteDraft) -> Check {
    let id = CheckId::Addresses;
    let wrong: Vec<String> = typed(draft)
        .into_iter()
        .filter(|(_, address)| web_address(address).is_none())
        .map(|(name, address)| {
            if address.is_empty() {
                format!("{name} is missing")
            } else {
                format!("{name} is {}", quoted(address.raw()))
            }
        })
        .collect();
    if wrong.is_empty() {
        return passed(id, "All of them are web addresses.");
    }
    failed(
        id,
        format!("Not a whole web address: {}. Everybody of the domain would get an error.", wrong.join("; ")),
        "Write it with https:// in front and nothing after a #.",
    )
}

fn encrypted(draft: &RouteDraft, setting: &Setting) -> Check {
    let id = CheckId::AddressesHttps;
    let urls: Vec<(&str, Url)> =
        typed(draft).into_iter().filter_map(|(name, at)| Some((name, web_address(at)?))).collect();
    let plain: Vec<&str> =
        urls.iter().filter(|(_, url)| !setting.trusts(url)).map(|(name, _)| *name).collect();
    if !plain.is_empty() {
        return failed(
            id,
            format!(
                "Without encryption: {}. The platform refuses to go there, and codes could be read on the way.",
                listed(&plain)
            ),
            "Use the provider's https addresses.",
        );
    }
    if urls.is_empty() {
        return unknown(id, "Not looked at: no address can be read.");
    }
    if urls.iter().any(|(_, url)| url.scheme() == "http") {
        return passed(id, "Without encryption, on this machine only, as the platform itself.");
    }
    passed(id, "All of them are https.")
}

/// Whether the platform goes to this host at all, as far as its name tells (platform-api §10.2 step 4).
pub fn may_go(url: &Url, setting: &Setting) -> bool {
    if is_this_machine(url) {
        return setting.on_this_machine;
    }
    match url.host() {
        Some(url::Host::Ipv4(ip)) => super::connection::is_public(ip.into()),
        Some(url::Host::Ipv6(ip)) => super::connection::is_public(ip.into()),
        Some(url::Host::Domain(name)) => name != "localhost.localdomain",
        None => false,
    }
}

fn identifier(provider: &IdentityProvider) -> Check {
    let id = CheckId::Identifier;
    match browser_identifier(provider) {
        Identifier::Email => passed(id, "People are found by the email that the provider tells."),
        Identifier::Subject => failed(
            id,
            "People would be found by the provider's subject. A sign-in by domain is refused then: \"Email address does \
             not match domain\".",
            "Choose email here; for external ids put the provider on a client application.",
        ),
        Identifier::Unsupported => {
            let told = |value: &Option<Text>| {
                value.as_ref().map_or_else(|| "not set".to_owned(), |one| quoted(one.raw()))
            };
            failed(
                id,
                format!(
                    "The platform does not know the pair {} and {}.",
                    told(&provider.identity_source),
                    told(&provider.identity_mapping_mode)
                ),
                "Choose email with user-email.",
            )
        }
    }
}

fn exchange(provider: &IdentityProvider) -> Check {
    let id = CheckId::ExchangeIdentifier;
    let by_subject = provider.use_subject == Some(true);
    match (browser_identifier(provider), by_subject) {
        (Identifier::Email, false) | (Identifier::Subject, true) => {
            passed(id, "Token exchange and the browser look for the same.")
        }
        (Identifier::Unsupported, _) => {
            unknown(id, "Not looked at: the browser's way is not one that exists.")
        }
        (Identifier::Email, true) | (Identifier::Subject, false) => warned(
            id,
            format!(
                "Token exchange looks at useSubject alone and takes the {}; the browser takes the other.",
                if by_subject { "subject" } else { "email" }
            ),
            "Set useSubject and the identity fields to the same.",
        ),
    }
}

fn client_id(provider: &IdentityProvider) -> Check {
    let id = CheckId::ClientIdForm;
    let raw = provider.client_id.raw();
    let wrong = if raw.is_empty() {
        Some("The client id is missing.")
    } else if raw.chars().any(|c| c.is_whitespace() || super::super::text::is_hidden(c)) {
        Some("There is a blank or a hidden character in the client id.")
    } else if raw.contains("://") {
        Some("The client id is a web address.")
    } else {
        None
    };
    match wrong {
        Some(words) => failed(id, words, "Copy the client id from the provider once more."),
        None => passed(id, "The client id looks like one."),
    }
}

fn secret(setting: &Setting) -> Check {
    let id = CheckId::SecretPlace;
    match setting.misplaced {
        Some(Misplaced::NotOne(what)) => failed(
            id,
            format!("In the secret's field stands {what}. Nothing was sent."),
            "Copy the secret's own value; providers show it once, when it is made.",
        ),
        Some(Misplaced::In(field)) => failed(
            id,
            format!("A secret stands in the {field}, where everybody can read it. Nothing was sent."),
            "Put it into the secret's field only, and have the provider make a new one if the route was saved so.",
        ),
        None => passed(id, "No secret stands where it can be read."),
    }
}

fn post_login(draft: &RouteDraft) -> Check {
    let id = CheckId::PostLogin;
    let wrong: Vec<&str> =
        draft.post_login.iter().filter(|address| web_address(address).is_none()).map(Text::raw).collect();
    if wrong.is_empty() {
        let words = match draft.post_login.len() {
            0 => "None is set: people end on the platform's own sign-in page.",
            _ => "All of them can match.",
        };
        return passed(id, words);
    }
    failed(
        id,
        format!("These can never match: {}.", listed(&wrong)),
        "Write each with https:// in front; it matches by scheme, host, port and beginning of the path.",
    )
}

/// Where else the secret stands, or what is a secret by its name or look; asked before anything is sent.
pub fn misplaced(draft: &RouteDraft, secret: Option<&str>) -> Option<Misplaced> {
    let provider = &draft.provider;
    let secret = secret.map(str::trim);
    if let Some(secret) = secret {
        if Url::parse(secret).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
            return Some(Misplaced::NotOne("a web address"));
        }
        // Entra ID shows the id of a secret beside its value.
        let entra = provider.authorize_url.raw().contains("login.microsoftonline.");
        if entra && route::typed::is_uuid(secret) {
            return Some(Misplaced::NotOne("the id of a secret"));
        }
    }
    let secret = secret.filter(|one| one.len() >= 6);
    let holds = |text: &Text| secret.is_some_and(|one| text.raw().contains(one));
    if holds(&provider.client_id) || route::typed::looks_secret(provider.client_id.raw()) {
        return Some(Misplaced::In("client id"));
    }
    let mut fields: Vec<(&'static str, &Text)> = vec![
        ("authorize address", &provider.authorize_url),
        ("token address", &provider.token_url),
        ("userinfo address", &provider.user_info_url),
        ("domain", &draft.domain),
    ];
    fields.extend(draft.issuer.iter().map(|issuer| ("issuer", issuer)));
    fields.extend(draft.post_login.iter().map(|one| ("addresses after sign-in", one)));
    fields.into_iter().find_map(|(name, text)| {
        let named = Url::parse(text.raw()).is_ok_and(|url| {
            url.password().is_some()
                || url.query_pairs().any(|(key, _)| matches!(&*key, "client_secret" | "secret" | "password"))
        });
        (named || holds(text)).then_some(Misplaced::In(name))
    })
}
