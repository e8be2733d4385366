//! Changes of single settings of a client application, each taken back by the opposite one.

use serde_json::{Value, json};

use super::{ClientEdit, Known, LifetimeEdit, ListEdit, NoPlan, Why, named, namesake};
use crate::identity::lifetime::{Lifetime, Token, together};
use crate::identity::linkage::ClientIdp;
use crate::identity::redirect::{self, Redirect};
use crate::identity::{Change, ClientId, Confirm, FieldChange, Means, Plan, Seen, Text, Undo};
use crate::workflows::clients::{self, ClientKind, kind};
use crate::workflows::engine::Engine;
use crate::workflows::setup;

pub(super) async fn plan(engine: &Engine, id: &ClientId, edit: &ClientEdit) -> Result<Plan, NoPlan> {
    let known = Known::read(engine, id).await?;
    let title = edit.title();
    match edit {
        ClientEdit::Name(name) => rename(engine, &known, title, name).await,
        ClientEdit::Description(text) => describe(&known, title, text.as_ref()),
        ClientEdit::Redirects(edit) => redirects(&known, title, edit),
        ClientEdit::Origins(edit) => origins(&known, title, edit),
        ClientEdit::NoProvider => no_provider(&known, title),
        ClientEdit::PkceOptional(optional) => pkce(&known, title, *optional),
        ClientEdit::Active(active) => status(&known, title, *active),
        ClientEdit::Lifetimes { access, refresh } => lifetimes(&known, title, access, refresh),
    }
}

/// It is so already.
fn nothing(what: String) -> NoPlan {
    NoPlan::because(Why::Nothing, what)
}

async fn rename(engine: &Engine, known: &Known, title: &str, name: &Text) -> Result<Plan, NoPlan> {
    let name = named(name)?;
    let old = known.name();
    let Some(change) = known.change("rename", vec![("/name", Some(json!(name.raw())))]) else {
        return Err(nothing(format!("It is called {name} already.")));
    };
    let mut plan = known.plan(title);
    plan.changes.push(change);
    plan.also.push("people see the name on the sign-in page; its id and everything else stay".to_owned());
    let client = known.client();
    plan.warnings.extend(namesake(engine, &name, client.project.as_ref(), Some(&client.id)).await);
    plan.undo = format!("calls it {old} again");
    Ok(plan)
}

fn describe(known: &Known, title: &str, text: Option<&Text>) -> Result<Plan, NoPlan> {
    let text = text.map(|text| text.raw().trim()).filter(|text| !text.is_empty());
    let Some(change) = known.change("describe", vec![("/description", text.map(|text| json!(text)))]) else {
        return Err(nothing(format!("{} is described so already.", known.name())));
    };
    let mut plan = known.plan(title);
    plan.changes.push(change);
    plan.also.push("only administrators read it".to_owned());
    plan.undo = "puts the old description back".to_owned();
    Ok(plan)
}

/// The list as it becomes, without doublets; refuses to add what is there and to remove what is not.
fn edited(known: &Known, what: &str, now: &[Text], edit: &ListEdit) -> Result<Vec<Text>, NoPlan> {
    let mut after: Vec<Text> = Vec::new();
    match edit {
        ListEdit::Add(more) => {
            if let Some(there) = more.iter().find(|text| now.contains(text)) {
                return Err(nothing(format!("{} has the {what} {there} already.", known.name())));
            }
            after.extend(now.iter().chain(more).cloned());
        }
        ListEdit::Remove(gone) => {
            if let Some(missing) = gone.iter().find(|text| !now.contains(text)) {
                let near = redirect::near(missing.raw(), now);
                let next = near.map_or_else(
                    || format!("It has: {}.", words(now)),
                    |near| format!("It has {near}, which is another one for the platform."),
                );
                let what = format!("{} has no {what} {missing}.", known.name());
                return Err(NoPlan::because(Why::NotFound, what).then(next));
            }
            after.extend(now.iter().filter(|text| !gone.contains(text)).cloned());
        }
        ListEdit::Set(all) => after.extend(all.iter().cloned()),
    }
    let mut seen = std::collections::BTreeSet::new();
    after.retain(|text| seen.insert(text.clone()));
    Ok(after)
}

fn words(list: &[Text]) -> String {
    if list.is_empty() {
        return "none".to_owned();
    }
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn list(texts: &[Text]) -> Option<Value> {
    (!texts.is_empty()).then(|| texts.iter().map(Text::raw).collect::<Vec<_>>().into())
}

/// platform-api §3.2
fn redirects(known: &Known, title: &str, edit: &ListEdit) -> Result<Plan, NoPlan> {
    let client = known.client();
    let now = &client.redirect_uris;
    let after = edited(known, "redirect address", now, edit)?;
    let added: Vec<&Text> = after.iter().filter(|uri| !now.contains(uri)).collect();
    let removed: Vec<&Text> = now.iter().filter(|uri| !after.contains(uri)).collect();
    let mut doubts = Vec::new();
    for uri in &added {
        let redirect = Redirect::parse(uri.raw()).map_err(|why| {
            NoPlan::because(Why::Malformed, format!("{uri} cannot be a redirect address: {why}."))
        })?;
        doubts.extend(redirect.doubts());
        if let Some(near) = redirect::near(uri.raw(), now) {
            doubts.push(format!(
                "{uri} and {near} are two addresses for the platform; sign-ins use one of them"
            ));
        }
    }
    // The old single address counts as well, and stays where it is unless it goes.
    let old = client.settings.legacy_redirect.as_ref();
    let keeps_old = old.is_some_and(|old| after.contains(old));
    let stored: Vec<Text> = known.texts("/redirectUris");
    let rest: Vec<Text> = after
        .iter()
        .filter(|uri| !(keeps_old && Some(*uri) == old && !stored.contains(uri)))
        .cloned()
        .collect();
    let wanted = vec![
        ("/redirectUris", list(&rest)),
        ("/redirectUri", old.filter(|_| keeps_old).map(|old| json!(old.raw()))),
    ];
    let label = match (added.is_empty(), removed.is_empty()) {
        (false, true) => "add redirect addresses",
        (true, false) => "remove redirect addresses",
        _ => "change redirect addresses",
    };
    let Some(change) = known.change(label, wanted) else {
        return Err(nothing(format!("{} has exactly these redirect addresses already.", known.name())));
    };
    let mut plan = known.plan(title);
    plan.changes.push(change);
    plan.warnings = doubts;
    for uri in &removed {
        let own = setup::REDIRECTS.contains(&uri.raw());
        let whose = if own { ", as the browser sign-in of idconsole does," } else { "" };
        plan.warnings.push(format!(
            "sign-ins through {} that return to {uri}{whose} fail with \u{201c}Invalid redirect URI\u{201d}",
            known.name()
        ));
    }
    if after.is_empty() && !removed.is_empty() {
        plan.warnings.push(format!("no browser sign-in through {} works without any address", known.name()));
    }
    if known.facts.own && !removed.is_empty() {
        plan.warnings.push("you are signed in through this client yourself".to_owned());
    }
    plan.also.push(
        "the platform compares letter by letter: no other port, no other slash at the end is let through"
            .to_owned(),
    );
    plan.also.push("sessions stay alive and can be refreshed".to_owned());
    plan.undo = "puts the addresses back as they were".to_owned();
    Ok(plan)
}

fn origins(known: &Known, title: &str, edit: &ListEdit) -> Result<Plan, NoPlan> {
    let now = &known.client().settings.origins;
    let after = edited(known, "allowed origin", now, edit)?;
    for added in after.iter().filter(|origin| !now.contains(origin)) {
        redirect::origin(added.raw()).map_err(|why| {
            NoPlan::because(Why::Malformed, format!("{added} cannot be an allowed origin: {why}."))
        })?;
    }
    let Some(change) = known.change("change allowed origins", vec![("/allowedOrigin", list(&after))]) else {
        return Err(nothing(format!("{} has exactly these allowed origins already.", known.name())));
    };
    let mut plan = known.plan(title);
    plan.changes.push(change);
    for origin in now.iter().filter(|origin| !after.contains(origin)) {
        plan.warnings.push(format!("pages of {origin} may not be able to call the platform any more"));
    }
    plan.also.push("where sign-ins end is a matter of the redirect addresses, which stay".to_owned());
    plan.undo = "puts the origins back as they were".to_owned();
    Ok(plan)
}

/// Its secret goes with it and comes back out of the history alone (platform-api §9.4, §10).
fn no_provider(known: &Known, title: &str) -> Result<Plan, NoPlan> {
    const AT: &str = "/identityProvider";
    let Some(idp) = ClientIdp::of(known.client()) else {
        return Err(nothing(format!("{} has no identity provider.", known.name())));
    };
    let snapshot = known.kind.snapshot(&known.record);
    let gone = known.kind.fields.iter().filter(|field| field.pointer.starts_with(AT));
    let gone = gone.filter_map(|field| {
        let before = snapshot.field(field.word).cloned().flatten()?;
        Some(FieldChange { field: field.word.to_owned(), before: Seen::Known(Some(before)), after: None })
    });
    let version = known.record.version.id.clone();
    let mut plan = known.plan(title);
    plan.changes.push(Change {
        target: known.client().id.reference(),
        label: "take the identity provider away".to_owned(),
        who: None,
        fields: gone.collect(),
        expected_version: Some(version.clone()),
        means: Means::patch(vec![(AT.to_owned(), None)]),
        undo: Undo::By {
            means: Box::new(Means::Restore { version, fields: Some(vec![AT.to_owned()]) }),
            lost: String::new(),
        },
    });
    plan.warnings.push(format!(
        "people who come from {} through {} do not get in any more; token exchange with it fails",
        idp.host,
        known.name()
    ));
    plan.also.push("passwords and domain routes hold for browser sign-ins through it then".to_owned());
    plan.also.push("sessions stay alive".to_owned());
    plan.undo = "puts it back with the same secret, out of the platform's history".to_owned();
    plan.confirm = Confirm::Typed { text: known.name().clone() };
    Ok(plan)
}

/// platform-api §3.3
fn pkce(known: &Known, title: &str, optional: bool) -> Result<Plan, NoPlan> {
    let client = known.client();
    if client.pkce_optional == optional {
        let words = if optional { "PKCE is optional for" } else { "PKCE is required of" };
        return Err(nothing(format!("{words} {} already.", known.name())));
    }
    let wanted = vec![("/pkceOptional", Some(json!(optional)))];
    let label = if optional { "make PKCE optional" } else { "require PKCE" };
    let Some(change) = known.change(label, wanted) else {
        return Err(nothing("It is so already.".to_owned()));
    };
    let mut plan = known.plan(title);
    plan.changes.push(change);
    if optional {
        plan.warnings.push(
            "without PKCE whoever takes a code on its way can redeem it; a secret is checked only where one is sent"
                .to_owned(),
        );
        if kind(client) == ClientKind::Public {
            plan.warnings.push("this client has no secret either".to_owned());
        }
        plan.also.push("sign-ins that use PKCE go on using it".to_owned());
    } else {
        plan.warnings.push(
            "applications that send no code challenge fail with \u{201c}Missing verification context\u{201d}"
                .to_owned(),
        );
        plan.also.push("a client secret takes the place of PKCE for nobody".to_owned());
    }
    plan.also.push("sessions stay alive".to_owned());
    plan.undo = if optional { "requires PKCE again" } else { "makes it optional again" }.to_owned();
    Ok(plan)
}

/// platform-api §17: what `status` does, and mostly does not
fn status(known: &Known, title: &str, active: bool) -> Result<Plan, NoPlan> {
    let client = known.client();
    let is = clients::status(client);
    if clients::is_active(client) == active && (active || is == "off") {
        return Err(nothing(format!("The status of {} is {is} already.", known.name())));
    }
    let wanted = vec![("/status", Some(json!(if active { "active" } else { "off" })))];
    let label = if active { "let it sign in by itself" } else { "stop its own sign-ins" };
    let Some(change) = known.change(label, wanted) else {
        return Err(nothing("It is so already.".to_owned()));
    };
    let mut plan = known.plan(title);
    plan.changes.push(change);
    if active {
        plan.also
            .push("client_credentials, Basic and pre-authorised codes work again with its secret".to_owned());
        plan.undo = format!("puts {is} back");
    } else {
        plan.warnings.push(
            "only the client's own sign-ins stop: client_credentials, Basic and pre-authorised codes"
                .to_owned(),
        );
        plan.warnings.push(
            "browser, exchange and password sign-ins through it go on, and tokens that are out keep working"
                .to_owned(),
        );
        plan.also.push("to stop browser sign-ins, remove its redirect addresses".to_owned());
        plan.also.push("to stop tokens of its own that are out, deactivate its membership".to_owned());
        plan.undo = "lets it sign in by itself again".to_owned();
        if known.facts.own {
            plan.warnings.push("you are signed in through this client yourself".to_owned());
            plan.confirm = Confirm::Typed { text: known.name().clone() };
        }
    }
    Ok(plan)
}

/// platform-api §3.4, §9.5
fn lifetimes(
    known: &Known,
    title: &str,
    access: &LifetimeEdit,
    refresh: &LifetimeEdit,
) -> Result<Plan, NoPlan> {
    let settings = &known.client().settings;
    let mut wanted = Vec::new();
    let mut doubts = Vec::new();
    let mut resolve = |edit: &LifetimeEdit, now: Option<&Text>, token: Token, pointer: &'static str| {
        let parsed = match edit {
            LifetimeEdit::Keep => {
                return Ok::<_, NoPlan>(
                    now.map_or(Some(token.default()), |now| Lifetime::parse(now.raw()).ok()),
                );
            }
            LifetimeEdit::Default => {
                wanted.push((pointer, None));
                token.default()
            }
            LifetimeEdit::Set(text) => {
                let which = match token {
                    Token::Access => "access token",
                    Token::Refresh => "refresh token",
                };
                let parsed = Lifetime::parse(text.raw()).map_err(|why| {
                    NoPlan::because(
                        Why::Malformed,
                        format!("The {which} lifetime {text} cannot be used: {why}."),
                    )
                })?;
                wanted.push((pointer, Some(json!(text.raw()))));
                parsed
            }
        };
        doubts.extend(parsed.doubts(token));
        Ok(Some(parsed))
    };
    let now = settings.access_lifetime.as_ref();
    let access = resolve(access, now, Token::Access, "/accessTokenLifetime")?;
    let now = settings.refresh_lifetime.as_ref();
    let refresh = resolve(refresh, now, Token::Refresh, "/refreshTokenLifetime")?;
    let Some(change) = known.change("change token lifetimes", wanted) else {
        return Err(nothing(format!("The tokens of {} live so long already.", known.name())));
    };
    let mut plan = known.plan(title);
    plan.changes.push(change);
    plan.warnings = doubts;
    if let (Some(access), Some(refresh)) = (access, refresh) {
        plan.warnings.extend(together(access, refresh));
        plan.also.push(format!(
            "then access tokens live {} and refresh tokens {}",
            access.words(),
            refresh.words()
        ));
    }
    plan.also.push("tokens that are out keep the lifetime that they were given".to_owned());
    plan.also.push(
        "ID tokens live an hour, and super admins get no refresh token, whatever stands here".to_owned(),
    );
    plan.undo = "puts the lifetimes back as they were".to_owned();
    Ok(plan)
}
