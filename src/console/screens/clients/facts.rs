//! What is seen of one client application, most important first.

use jiff::Timestamp;

use crate::console::model::View;
use crate::console::screens::members::detail::{moment, reference};
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::identity::directory::Severity;
use crate::identity::lifetime::Token;
use crate::identity::linkage::ClientIdp;
use crate::identity::provider::Identifier;
use crate::identity::{SecretHistory, Seen};
use crate::workflows::clients::{ClientFacts, is_active, kind, lifetime, status, wrong};

pub(super) fn of(facts: &ClientFacts, view: &View<'_>) -> Fields {
    let client = &facts.client;
    let settings = &client.settings;
    let dot = view.glyphs.dot;
    let mut fields = Fields::new();
    let role = if is_active(client) { Role::Text } else { Role::Warn };
    let project = facts.project.as_ref().map(|project| format!(" {dot} {project}")).unwrap_or_default();
    fields.say("what", vec![(format!("{} client", kind(client).word()), Role::Text), (project, Role::Muted)]);
    fields.say("status", vec![(status(client), role)]);
    let wrong = wrong(facts, view.now);
    for wrong in &wrong {
        let (glyph, role) = match wrong.severity {
            Severity::Error => (view.glyphs.error, Role::Danger),
            Severity::Warning => (view.glyphs.warning, Role::Warn),
        };
        fields.point(glyph, role, wrong.words.clone());
    }
    if facts.own {
        fields.words("You are signed in through this client.", Role::Info);
    }
    if client.redirect_uris.is_empty() {
        fields.dim("redirects", "none");
    }
    for (at, uri) in client.redirect_uris.iter().enumerate() {
        fields.add(if at == 0 { "redirects" } else { "" }, uri.to_string());
    }
    match ClientIdp::of(client) {
        None => fields.dim("idp", "none: passwords, or the route of the domain"),
        Some(idp) => {
            fields.add("idp", idp.host.to_string());
            fields.dim("", format!("browser by {} {dot} exchange by {}", by(idp.browser), by(idp.exchange)))
        }
    };
    let pkce = if client.pkce_optional { ("optional", Role::Warn) } else { ("required", Role::Text) };
    fields.say("PKCE", vec![(pkce.0.to_owned(), pkce.1)]);
    let (access, refresh) = (lifetime(client, Token::Access), lifetime(client, Token::Refresh));
    fields.add("tokens", format!("access {access} {dot} refresh {refresh}"));
    age(&mut fields, "secret", settings.secret_set, &facts.secrets, SecretHistory::secret_since, view);
    age(
        &mut fields,
        "retiring",
        settings.retiring_secret_set,
        &facts.secrets,
        SecretHistory::retiring_since,
        view,
    );
    fields.add("membership", facts.membership_words());
    let mut optional = |label: &str, text: Option<String>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            fields.dim(label, text);
        }
    };
    let joined =
        |texts: &[crate::identity::Text]| texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    optional("about", settings.description.as_ref().map(ToString::to_string));
    optional("page says", settings.welcome.as_ref().map(ToString::to_string));
    optional("origins", Some(joined(&settings.origins)));
    optional("grants", Some(joined(&settings.grants)));
    optional("scope", Some(joined(&settings.default_scope)));
    optional("launch", settings.launch_uri.as_ref().map(ToString::to_string));
    optional("keys", settings.jwks_uri.as_ref().map(ToString::to_string));
    fields.dim("client id", client.id.to_string());
    fields.dim("changed", moment(client.version.at, view));
    if let Some(author) = &client.version.author {
        fields
            .dim("by", author.display.as_ref().map_or_else(|| reference(author, view), ToString::to_string));
    }
    fields
}

fn by(identifier: Identifier) -> &'static str {
    match identifier {
        Identifier::Email => "email",
        Identifier::Subject => "external id",
        Identifier::Unsupported => "an unknown pair",
    }
}

fn age(
    fields: &mut Fields,
    label: &str,
    set: bool,
    secrets: &Seen<SecretHistory>,
    since: impl Fn(&SecretHistory) -> Option<Timestamp>,
    view: &View<'_>,
) {
    if !set {
        fields.dim(label, "none");
        return;
    }
    match secrets {
        Seen::Known(history) => match since(history) {
            Some(at) => fields.add(label, format!("set {}", moment(at, view))),
            None => fields.add(label, "set"),
        },
        Seen::Unknown(crate::identity::Unseen::NotLoaded) => fields.add(label, "set"),
        Seen::Unknown(why) => fields.add(label, format!("set; since when is unknown ({why})")),
    };
}
