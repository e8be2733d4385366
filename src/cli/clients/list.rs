//! `clients list` and `clients show`: what is seen of client applications, never their secrets.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::identity::lifetime::Token;
use crate::identity::linkage::ClientIdp;
use crate::identity::provider::Identifier;
use crate::identity::{Membership, Role, SecretHistory, Seen, Text};
use crate::workflows::clients::{self, ClientFacts, kind, lifetime, status, wrong};

use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::io::Io;
use super::super::output::{Column, Table};
use super::super::session::Signed;

pub(super) async fn list(
    signed: &Signed,
    filter: Option<&str>,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let mut found = clients::list(&signed.engine).await?;
    if let Some(filter) = filter {
        found.retain(|facts| facts.matches(filter));
    }
    let now = signed.engine.clock.now();
    let projects = signed.engine.caller.role == Role::SuperAdmin;
    let mut columns = vec![Column::name("name")];
    if projects {
        columns.push(Column::name("project"));
    }
    columns.extend([
        Column::text("kind"),
        Column::text("status"),
        Column::name("identity provider"),
        Column::text("PKCE"),
        Column::number("redirects"),
        Column::text("membership"),
        Column::number("findings"),
        Column::id("client id"),
    ]);
    let rows = found.iter().map(|facts| row(facts, projects, now)).collect();
    let table = Table {
        columns,
        rows,
        empty: match filter {
            Some(filter) => format!("No client application matches {}.", Text::from(filter)),
            None => "There is no client application that you see.".to_owned(),
        },
    };
    let shapes: Vec<Value> = found.iter().map(|facts| shape(facts, now)).collect();
    io.write_rows(context.shared.format, &table, &shapes)?;
    Ok(Exit::Done)
}

fn row(facts: &ClientFacts, projects: bool, now: Timestamp) -> Vec<String> {
    let client = &facts.client;
    let mut row = vec![client.name.raw().to_owned()];
    if projects {
        row.push(facts.project.as_ref().map_or_else(String::new, |project| project.raw().to_owned()));
    }
    let findings = wrong(facts, now).len();
    row.extend([
        kind(client).word().to_owned(),
        status(client),
        ClientIdp::of(client).map_or_else(String::new, |idp| idp.host.raw().to_owned()),
        if client.pkce_optional { "optional" } else { "required" }.to_owned(),
        client.redirect_uris.len().to_string(),
        membership(&facts.memberships).to_owned(),
        if findings == 0 { String::new() } else { findings.to_string() },
        client.id.as_str().to_owned(),
    ]);
    row
}

fn membership(seen: &Seen<Vec<Membership>>) -> &'static str {
    match seen {
        Seen::Unknown(_) => "unknown",
        Seen::Known(all) if all.iter().any(|membership| membership.admin) => "admin",
        Seen::Known(all) if all.is_empty() => "none",
        Seen::Known(_) => "yes",
    }
}

pub(super) async fn show(
    signed: &Signed,
    wanted: &str,
    check: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let id = clients::find(&signed.engine, wanted).await?.id;
    let facts = clients::one(&signed.engine, &id).await?;
    let now = signed.engine.clock.now();
    let mut lines = lines(&facts, now);
    let wrong = wrong(&facts, now);
    let signs = context.signs();
    lines.extend(wrong.iter().map(|wrong| ("finding", format!("{} {}", signs.warn, wrong.words))));
    io.write_record(context.shared.format, &lines, &shape(&facts, now))?;
    Ok(if check && !wrong.is_empty() { Exit::Findings } else { Exit::Done })
}

fn lines(facts: &ClientFacts, now: Timestamp) -> Vec<(&'static str, String)> {
    let client = &facts.client;
    let settings = &client.settings;
    let all = |texts: &[Text]| {
        if texts.is_empty() {
            return "none".to_owned();
        }
        texts.iter().map(Text::raw).collect::<Vec<_>>().join("\n")
    };
    let mut lines = vec![
        ("name", client.name.raw().to_owned()),
        ("client id", client.id.as_str().to_owned()),
        ("kind", facts.about()),
        ("status", status(client)),
        ("redirects", all(&client.redirect_uris)),
    ];
    let mut optional = |name: &'static str, text: Option<&Text>| {
        lines.extend(text.map(|text| (name, text.raw().to_owned())));
    };
    optional("description", settings.description.as_ref());
    optional("sign-in page", settings.welcome.as_ref());
    optional("launch", settings.launch_uri.as_ref());
    optional("keys", settings.jwks_uri.as_ref());
    if let Some(idp) = ClientIdp::of(client) {
        let words = format!(
            "{}, by {} in the browser and by {} in exchange",
            idp.host.raw(),
            by(idp.browser),
            by(idp.exchange)
        );
        lines.push(("identity provider", words));
    }
    lines.push(("PKCE", if client.pkce_optional { "optional" } else { "required" }.to_owned()));
    lines.push(("access tokens", lifetime(client, Token::Access)));
    lines.push(("refresh tokens", lifetime(client, Token::Refresh)));
    if !settings.origins.is_empty() {
        lines.push(("origins", all(&settings.origins)));
    }
    if !settings.grants.is_empty() {
        lines.push(("grants", all(&settings.grants).replace('\n', " ")));
    }
    if !settings.default_scope.is_empty() {
        lines.push(("default scope", all(&settings.default_scope).replace('\n', " ")));
    }
    lines.push(("secret", age(settings.secret_set, &facts.secrets, SecretHistory::secret_since, now)));
    let retiring = age(settings.retiring_secret_set, &facts.secrets, SecretHistory::retiring_since, now);
    lines.push(("retiring secret", retiring));
    lines.push(("membership", facts.membership_words()));
    lines
}

fn by(identifier: Identifier) -> &'static str {
    match identifier {
        Identifier::Email => "email",
        Identifier::Subject => "external id",
        Identifier::Unsupported => "a pair that the platform does not implement",
    }
}

/// `set, since 2026-03-04 (12 days)`
fn age(
    set: bool,
    secrets: &Seen<SecretHistory>,
    since: impl Fn(&SecretHistory) -> Option<Timestamp>,
    now: Timestamp,
) -> String {
    if !set {
        return "none".to_owned();
    }
    match secrets {
        Seen::Unknown(why) => format!("set, since when is unknown ({why})"),
        Seen::Known(history) => since(history).map_or_else(
            || "set".to_owned(),
            |at| {
                let days = (now.as_second() - at.as_second()).max(0) / 86_400;
                format!("set, since {} ({days} days)", at.strftime("%Y-%m-%d"))
            },
        ),
    }
}

/// The stable JSON shape of a client; secrets are not in it.
fn shape(facts: &ClientFacts, now: Timestamp) -> Value {
    let client = &facts.client;
    let settings = &client.settings;
    let idp = ClientIdp::of(client);
    let memberships = match &facts.memberships {
        Seen::Unknown(_) => Value::Null,
        Seen::Known(all) => all
            .iter()
            .map(|membership| {
                json!({
                    "membership": membership.id,
                    "admin": membership.admin,
                    "active": membership.active,
                    "policy": membership.policy.as_ref().map(ToString::to_string),
                })
            })
            .collect(),
    };
    let history = facts.secrets.known();
    let wrong: Vec<Value> = wrong(facts, now)
        .iter()
        .map(|wrong| json!({ "severity": wrong.severity.word(), "words": wrong.words }))
        .collect();
    json!({
        "client": client.id,
        "name": client.name,
        "project": client.project,
        "project_name": facts.project,
        "kind": kind(client).word(),
        "status": status(client),
        "description": settings.description,
        "redirects": client.redirect_uris,
        "origins": settings.origins,
        "identity_provider": idp.map(|idp| json!({
            "host": idp.host,
            "browser": by(idp.browser),
            "exchange": by(idp.exchange),
            "client_id": client.provider.as_ref().map(|provider| &provider.client_id),
        })),
        "pkce_optional": client.pkce_optional,
        "access_lifetime": settings.access_lifetime,
        "refresh_lifetime": settings.refresh_lifetime,
        "grants": settings.grants,
        "default_scope": settings.default_scope,
        "secret_set": settings.secret_set,
        "secret_since": history.and_then(SecretHistory::secret_since),
        "retiring_secret_set": settings.retiring_secret_set,
        "retiring_secret_since": history.and_then(SecretHistory::retiring_since),
        "memberships": memberships,
        "own": facts.own,
        "findings": wrong,
    })
}
