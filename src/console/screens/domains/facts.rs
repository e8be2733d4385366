//! Everything that is known of one line: how it stands and what mends it, the provider, the people.

use super::draw::{role, sign};
use super::rows::or;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::screens::members::detail::{moment, reference};
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::words::{ago, count, number};
use crate::identity::provider::Identifier;
use crate::identity::sign_in::{Route, browser_identifier, exchange_identifier};
use crate::identity::{IdentityProvider, Seen, Unseen};
use crate::workflows::domains::{ASKED, Hidden, Line, State, What, mode_words};

pub(super) fn facts(line: &Line, view: &View<'_>) -> Fields {
    let mut fields = Fields::new();
    let (glyph, of_glyph) = sign(line.state, view).unwrap_or(("", Role::Text));
    let glyph = if glyph.is_empty() { String::new() } else { format!("{glyph} ") };
    fields.say("state", vec![(glyph, of_glyph), (said(line), role(line.state))]);
    for flaw in &line.flaws {
        fields.point(view.glyphs.dot, Role::Muted, flaw.said.clone());
        fields.under(format!("fix: {}", flaw.mend.words()));
    }
    if !line.flaws.is_empty() {
        let key = view.key(Action::RouteFix);
        fields.say("fix", vec![(key, Role::Key), (" shows the plan of it".to_owned(), Role::Text)]);
    }
    if let Some((at, summary)) = &line.tested {
        fields.dim("tested", format!("{}: {}", ago(*at, view.now), view.parts(summary)));
    } else if line.route().is_some_and(|route| route.provider.is_some()) {
        let key = view.key(Action::RouteTry);
        fields.say(
            "tested",
            vec![
                ("not yet; ".to_owned(), Role::Muted),
                (key, Role::Key),
                (" asks the provider".to_owned(), Role::Muted),
            ],
        );
    }
    people(line, &mut fields, view);
    match line.provider() {
        Some(found) => provider(found, matches!(line.what, What::Client(_)), &mut fields, view),
        None => hidden(line, &mut fields),
    }
    match &line.what {
        What::Route(found) => {
            fields.dim(
                "after sign-in",
                match &*found.post_login {
                    [] => "the platform's own sign-in page".to_owned(),
                    all => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                },
            );
            fields.dim("record", reference(&found.id.reference(), view));
            fields.dim("changed", moment(found.version.at, view));
        }
        What::Client(found) => {
            fields.dim("record", reference(&found.id.reference(), view));
            fields.dim("changed", moment(found.version.at, view));
        }
        What::Observed(_) => {}
    }
    fields
}

/// The state in words.
fn said(line: &Line) -> String {
    match (&line.what, line.state) {
        (_, State::Stored(state)) if matches!(line.what, What::Observed(_)) => {
            format!("{}: everybody of it gets an error on the sign-in page", state.words())
        }
        (What::Observed(Some(Seen::Known(Route::Idp { host }))), _) => {
            format!("the sign-in page sends people to {host}")
        }
        (_, State::Password) => "the sign-in page asks for a password".to_owned(),
        (_, State::Unknown(Hidden::NotAsked)) => {
            format!("not asked: only the {ASKED} domains with the most members are")
        }
        (_, State::Unknown(Hidden::Failed)) => Unseen::Failed.to_string(),
        (_, state) => state.words().to_owned(),
    }
}

fn people(line: &Line, fields: &mut Fields, view: &View<'_>) {
    let Some(people) = &line.people else {
        fields.dim("members", "anybody may come through it");
        return;
    };
    match people.members {
        0 => fields.dim("members", "none has an address of it"),
        n => {
            let let_in = if people.active == n {
                String::new()
            } else {
                format!(", {} let in", number(people.active))
            };
            let words = format!(" {}{let_in}", count(n, "member", "members"));
            fields.say("members", vec![(view.key(Action::DomainMembers), Role::Key), (words, Role::Text)])
        }
    };
    for (name, email) in &people.named {
        fields.dim("", format!("{name}  {email}"));
    }
}

fn provider(found: &IdentityProvider, of_client: bool, fields: &mut Fields, view: &View<'_>) {
    fields.heading("Identity provider");
    fields.add("authorize", or(Some(&found.authorize_url), "none"));
    fields.add("token", or(Some(&found.token_url), "none"));
    fields.add("user info", or(Some(&found.user_info_url), "none"));
    fields.add("client id", or(Some(&found.client_id), "none"));
    fields.dim("secret", "set, not shown");
    let mode = browser_identifier(found);
    let by = mode_words(mode);
    if of_client && exchange_identifier(found) != mode {
        let words = format!("{by} in the browser, {} in exchange", mode_words(exchange_identifier(found)));
        fields.say("people by", vec![(format!("{} ", view.glyphs.warning), Role::Warn), (words, Role::Text)]);
    } else if mode == Identifier::Unsupported {
        let set = |text: &Option<crate::identity::Text>| or(text.as_ref(), "not set");
        let words =
            format!("{by}: {} with {}", set(&found.identity_source), set(&found.identity_mapping_mode));
        fields.add("people by", words);
    } else {
        fields.add("people by", by);
    }
    fields.dim("secret by", or(found.token_auth_method.as_ref(), "client_secret_basic"));
    fields.dim("PKCE", if found.use_pkce == Some(true) { "yes, plain only" } else { "no" });
    if let Some(mode) = &found.user_info_mode {
        fields.dim("user info by", mode.to_string());
    }
    if found.user_info_key_set {
        fields.dim("key", "set, not shown");
    }
}

/// What this role does not see, and who does.
fn hidden(line: &Line, fields: &mut Fields) {
    match &line.what {
        What::Route(_) | What::Client(_) => {
            fields.dim("provider", "none");
        }
        What::Observed(Some(Seen::Known(Route::Password))) => {
            fields.dim("provider", "none that people are sent to");
        }
        What::Observed(_) => {
            fields.dim("client id", format!("unknown: {}", Unseen::SuperAdminOnly));
            fields.dim("mode", format!("unknown: {}", Unseen::SuperAdminOnly));
        }
    }
}
