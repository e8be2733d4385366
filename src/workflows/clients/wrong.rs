//! What is wrong with a client application, in words that say what follows from it.

use super::{ClientFacts, ClientKind, is_active, kind};
use crate::identity::directory::Severity;
use crate::identity::lifetime::{Lifetime, Token, together};
use crate::identity::linkage::ClientIdp;
use crate::identity::provider::Identifier;
use crate::identity::redirect::Redirect;
use crate::identity::{ClientApplication, Seen};
use crate::workflows::wrong::Wrong;

/// After so long a retiring secret is likely forgotten.
const RETIRES_LONG: i64 = 30 * 86_400;

/// Everything that is seen to be wrong, the worst first.
pub fn wrong(facts: &ClientFacts, now: jiff::Timestamp) -> Vec<Wrong> {
    let client = &facts.client;
    let mut found = Vec::new();
    provider(client, &mut found);
    redirects(client, &mut found);
    machine(facts, &mut found);
    lifetimes(client, &mut found);
    if client.pkce_optional && kind(client) == ClientKind::Public {
        found.push(warning(
            "PKCE is optional and there is no secret: whoever takes a code on its way can redeem it"
                .to_owned(),
        ));
    }
    if client.settings.retiring_secret_set
        && let Seen::Known(secrets) = &facts.secrets
        && let Some(since) = secrets.retiring_since()
        && now.as_second() - since.as_second() > RETIRES_LONG
    {
        let days = (now.as_second() - since.as_second()) / 86_400;
        found.push(warning(format!(
            "the former secret has been retiring for {days} days and still works at the token endpoint"
        )));
    }
    found.sort_by_key(|wrong| std::cmp::Reverse(wrong.severity));
    found
}

fn warning(words: String) -> Wrong {
    Wrong { severity: Severity::Warning, words }
}

fn error(words: String) -> Wrong {
    Wrong { severity: Severity::Error, words }
}

/// platform-api §9.4, §17
fn provider(client: &ClientApplication, found: &mut Vec<Wrong>) {
    let Some(idp) = ClientIdp::of(client) else { return };
    if idp.browser == Identifier::Unsupported {
        found.push(error(
            "its identity provider has a pair of identity source and mapping mode that the platform does not \
             implement: browser sign-ins fail with \u{201c}Unsupported identity provider configuration\u{201d}"
                .to_owned(),
        ));
    } else if idp.browser != idp.exchange {
        let by = |identifier| match identifier {
            Identifier::Subject => "external id",
            Identifier::Email | Identifier::Unsupported => "email",
        };
        found.push(warning(format!(
            "people are recognised by {} in the browser and by {} in token exchange",
            by(idp.browser),
            by(idp.exchange)
        )));
    }
}

/// platform-api §3.2
fn redirects(client: &ClientApplication, found: &mut Vec<Wrong>) {
    for uri in &client.redirect_uris {
        match Redirect::parse(uri.raw()) {
            Err(why) => found.push(error(format!("the redirect address {uri} never works: {why}"))),
            Ok(redirect) => found.extend(redirect.doubts().into_iter().map(warning)),
        }
    }
    if client.redirect_uris.is_empty() && kind(client) == ClientKind::Public && client.provider.is_none() {
        found.push(warning(
            "it has no redirect address, no secret and no identity provider: only password sign-ins can name it"
                .to_owned(),
        ));
    }
}

/// What it can do by itself (platform-api §3.3, §9.5, §17).
fn machine(facts: &ClientFacts, found: &mut Vec<Wrong>) {
    let client = &facts.client;
    if !is_active(client) {
        found.push(warning(format!(
            "its status is {}, which stops only the client's own sign-ins: browser, exchange and password sign-ins \
             through it go on",
            super::status(client)
        )));
    }
    let Seen::Known(memberships) = &facts.memberships else { return };
    if memberships.is_empty() && kind(client) == ClientKind::Confidential {
        found.push(error(
            "it has a secret and no membership, so it cannot sign in by itself: client_credentials and Basic are \
             refused; browser sign-ins work"
                .to_owned(),
        ));
    }
    for membership in memberships {
        if !membership.active {
            found.push(error(
                "its membership is not active: it gets tokens, and every call with them is refused"
                    .to_owned(),
            ));
        }
        if membership.policy.is_none()
            && membership.access.is_empty()
            && kind(client) == ClientKind::Confidential
        {
            found.push(warning(
                "its membership has no access policy: by itself it may read and write every ordinary record"
                    .to_owned(),
            ));
        }
    }
}

fn lifetimes(client: &ClientApplication, found: &mut Vec<Wrong>) {
    let mut read = |text: Option<&crate::identity::Text>, token: Token| {
        let Some(text) = text else { return Some(token.default()) };
        match Lifetime::parse(text.raw()) {
            Ok(lifetime) => {
                found.extend(lifetime.doubts(token).into_iter().map(warning));
                Some(lifetime)
            }
            Err(why) => {
                found.push(error(format!("the token lifetime {text} cannot be read: {why}")));
                None
            }
        }
    };
    let access = read(client.settings.access_lifetime.as_ref(), Token::Access);
    let refresh = read(client.settings.refresh_lifetime.as_ref(), Token::Refresh);
    if let (Some(access), Some(refresh)) = (access, refresh) {
        found.extend(together(access, refresh).map(warning));
    }
}
