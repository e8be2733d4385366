//! The forms behind what is done to a client application.

use crate::console::overlays::ask::{Ask, Subject};
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::lifetime::Lifetime;
use crate::identity::redirect::{self, Redirect};
use crate::identity::{Caller, ProjectId, Role, Text};
use crate::workflows::clients::ClientFacts;
use crate::workflows::intent::Intent;
use crate::workflows::intent::clients::{
    ClientEdit, ClientIntent, LifetimeEdit, ListEdit, NewClient, NewKind,
};

fn choice(value: &str, words: &str, help: &str) -> Choice {
    Choice { value: value.to_owned(), words: words.to_owned(), help: help.to_owned() }
}

/// Nobody's membership: the subject is a client.
fn about(facts: &ClientFacts) -> Subject {
    Subject { name: facts.client.name.clone(), members: Vec::new() }
}

fn addresses(typed: &str) -> Option<String> {
    typed.split_whitespace().find_map(|uri| Redirect::parse(uri).err().map(|why| why.to_string()))
}

fn origins(typed: &str) -> Option<String> {
    typed.split_whitespace().find_map(|uri| redirect::origin(uri).err())
}

fn lifetime(typed: &str) -> Option<String> {
    match typed.trim() {
        "default" => None,
        text => Lifetime::parse(text).err().map(|why| format!("{why}, or default")),
    }
}

fn texts(typed: &str) -> Vec<Text> {
    typed.split_whitespace().map(Text::from).collect()
}

/// A new client. `projects`: for a super admin, those that there are, by id and name.
pub(super) fn create(caller: &Caller, projects: &[(String, String)]) -> Ask {
    let kinds = vec![
        choice("public", "public", "PKCE, no secret, signs people in"),
        choice("confidential", "confidential", "a secret; signs in by itself too"),
    ];
    let mut fields = vec![
        Field::text("name", "name", "").hint("people see it").required("Type a name."),
        Field::choice("kind", "kind", kinds, Some("public")),
        Field::text("redirects", "redirects", "").hint("https://…/callback, blanks between").check(addresses),
        Field::text("description", "description", "").hint("for administrators"),
    ];
    let operator = caller.role == Role::SuperAdmin;
    if operator {
        let offered = projects.iter().map(|(id, name)| choice(id, name, id)).collect();
        fields.push(Field::choice("project", "project", offered, Some(caller.project.as_str())));
        fields.push(
            Field::text("policy", "access policy", "")
                .hint("name or id; empty for none")
                .when("kind", &["confidential"]),
        );
    } else {
        fields.push(
            Field::choice("policy", "access policy", Vec::new(), None)
                .hint("Space goes through them")
                .when("kind", &["confidential"]),
        );
    }
    // By their own membership the project's policies are found.
    let subject = Subject { name: caller.project_name.clone(), members: vec![caller.membership.clone()] };
    let ask = Ask::new("New client", subject, Form::new(fields), |_, form| {
        let kind = match form.value("kind") {
            "confidential" => NewKind::Confidential { policy: form.given("policy").map(Text::from) },
            _ => NewKind::Public,
        };
        Ok(Intent::from(ClientIntent::Create(NewClient {
            name: Text::from(form.given("name").unwrap_or_default()),
            description: form.given("description").map(Text::from),
            redirects: texts(form.value("redirects")),
            kind,
            project: form.given("project").map(ProjectId::from),
        })))
    })
    .about("The platform compares redirect addresses letter by letter.");
    if operator { ask } else { ask.offering_policies("policy", Some("none: every ordinary record")) }
}

/// Its identity provider; binding one where there is none.
pub(super) fn provider(facts: &ClientFacts) -> Ask {
    let client = &facts.client;
    super::super::domains::forms::provider(
        client.id.reference(),
        &client.name,
        client.provider.as_ref(),
        None,
    )
}

/// Another redirect address, or one less.
pub(super) fn redirects(facts: &ClientFacts) -> Ask {
    let client = &facts.client;
    let mut what = vec![choice("add", "add an address", "")];
    if !client.redirect_uris.is_empty() {
        what.push(choice("replace", "replace one", "the old one goes"));
        what.push(choice("remove", "remove one", "sign-ins to it fail"));
    }
    let there: Vec<Choice> =
        client.redirect_uris.iter().map(|uri| choice(uri.raw(), &uri.to_string(), "")).collect();
    let taken = client.redirect_uris.iter().map(|uri| uri.raw().to_owned()).collect();
    let first = client.redirect_uris.first().map(|uri| uri.raw().to_owned());
    let form = Form::new(vec![
        Field::choice("what", "do", what, Some("add")),
        Field::choice("gone", "which", there, first.as_deref()).when("what", &["replace", "remove"]),
        Field::text("new", "address", "")
            .hint("https://…/callback")
            .required("Type the address.")
            .check(addresses)
            .not_among(taken, |_| "It has this address already.".to_owned())
            .when("what", &["add", "replace"]),
    ]);
    let (id, now) = (client.id.clone(), client.redirect_uris.clone());
    Ask::new("Redirect addresses", about(facts), form, move |_, form| {
        let (gone, new) = (Text::from(form.value("gone")), texts(form.value("new")));
        let edit = match form.value("what") {
            "remove" => ListEdit::Remove(vec![gone]),
            "replace" => {
                // In its place.
                let at = |uri: &Text| if *uri == gone { new.clone() } else { vec![uri.clone()] };
                ListEdit::Set(now.iter().flat_map(at).collect())
            }
            _ => ListEdit::Add(new),
        };
        Ok(Intent::from(ClientIntent::Edit { client: id.clone(), edit: ClientEdit::Redirects(edit) }))
    })
    .about("Where sign-ins may end. Each letter counts: no other port, no other slash is let through.")
}

/// One of the other settings.
pub(super) fn settings(facts: &ClientFacts) -> Ask {
    let client = &facts.client;
    let settings = &client.settings;
    let text = |text: Option<&Text>| text.map(|text| text.raw().to_owned()).unwrap_or_default();
    let what = vec![
        choice("name", "the name", "people see it"),
        choice("description", "the description", ""),
        choice("lifetimes", "token lifetimes", ""),
        choice("pkce", "PKCE", ""),
        choice("origins", "allowed origins", "web pages that may call"),
    ];
    let pkce = vec![
        choice("required", "required", "every sign-in needs it"),
        choice("optional", "optional", "weaker: a code alone is enough"),
    ];
    let origins_now: Vec<&str> = settings.origins.iter().map(Text::raw).collect();
    let form = Form::new(vec![
        Field::choice("what", "change", what, Some("name")),
        Field::text("name", "name", client.name.raw()).required("Type a name.").when("what", &["name"]),
        Field::text("description", "description", &text(settings.description.as_ref()))
            .hint("empty for none")
            .when("what", &["description"]),
        Field::text("access", "access tokens", &text(settings.access_lifetime.as_ref()))
            .hint("15m, 1h; default is 1h")
            .check(lifetime)
            .when("what", &["lifetimes"]),
        Field::text("refresh", "refresh tokens", &text(settings.refresh_lifetime.as_ref()))
            .hint("8h, 2w; default is 2w")
            .check(lifetime)
            .when("what", &["lifetimes"]),
        Field::choice("pkce", "PKCE", pkce, Some(if client.pkce_optional { "optional" } else { "required" }))
            .when("what", &["pkce"]),
        Field::text("origins", "origins", &origins_now.join(" "))
            .hint("https://host, blanks between")
            .check(origins)
            .when("what", &["origins"]),
    ]);
    let id = client.id.clone();
    Ask::new("Settings", about(facts), form, move |_, form| {
        // What is left empty holds by default.
        let lifetime = |field: &str| match form.given(field) {
            None | Some("default") => LifetimeEdit::Default,
            Some(text) => LifetimeEdit::Set(Text::from(text)),
        };
        let edit = match form.value("what") {
            "description" => ClientEdit::Description(form.given("description").map(Text::from)),
            "lifetimes" => ClientEdit::Lifetimes { access: lifetime("access"), refresh: lifetime("refresh") },
            "pkce" => ClientEdit::PkceOptional(form.value("pkce") == "optional"),
            "origins" => ClientEdit::Origins(ListEdit::Set(texts(form.value("origins")))),
            _ => ClientEdit::Name(Text::from(form.given("name").unwrap_or_default())),
        };
        Ok(Intent::from(ClientIntent::Edit { client: id.clone(), edit }))
    })
}
