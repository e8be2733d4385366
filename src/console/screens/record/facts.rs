//! What is known of a person, under headings.

use std::fmt::Write as _;

use ratatui::text::{Line, Span};

use super::Record;
use crate::console::failure::Failure;
use crate::console::model::View;
use crate::console::screens::members::columns;
use crate::console::screens::members::detail::{moment, reference, unseen};
use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::identity::directory::Severity;
use crate::identity::sign_in::Route;
use crate::identity::text::shown;
use crate::identity::{Seen, SignInOutcome, Text};
use crate::workflows::PersonFacts;
use crate::workflows::ways_in::{self, Road};
use crate::workflows::wrong::{self, Wrong};

impl Record {
    pub(super) fn fact_lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Some(failure) = self.person.error() {
            lines.extend(failed(failure, width, view));
        }
        let Some(person) = self.person.value() else { return lines };
        let mut fields = Fields::new();
        email(&mut fields, person, view);
        if let Some(session) = view.session {
            let roads = ways_in::ways(&session.caller, person);
            wrong(&mut fields, &wrong::wrong(session.caller.role, person, &roads), &roads, view);
            signs_in(&mut fields, session, person, &roads, view);
        }
        user(&mut fields, person, view);
        membership(&mut fields, person, view);
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(fields.lines(width, view));
        lines
    }
}

/// What is wrong comes first: it is what the record is opened for.
fn wrong(fields: &mut Fields, found: &[Wrong], roads: &[Road], view: &View<'_>) {
    // Where a sign-in hangs on what an identity provider sends, seeing nothing wrong is no promise.
    let hangs = roads.iter().any(|road| road.condition.is_some());
    if found.is_empty() && !hangs {
        return;
    }
    fields.heading("What is wrong");
    for wrong in found {
        let (glyph, role) = match wrong.severity {
            Severity::Error => (view.glyphs.error, Role::Danger),
            Severity::Warning => (view.glyphs.warning, Role::Warn),
        };
        fields.point(glyph, role, wrong.words.clone());
    }
    if found.is_empty() {
        let words = "nothing seen from here; what an identity provider sends is not visible";
        fields.point(view.glyphs.dot, Role::Muted, words);
    }
}

/// Every way this person can come by, with what the platform would say today.
fn signs_in(fields: &mut Fields, session: &Session, person: &PersonFacts, roads: &[Road], view: &View<'_>) {
    fields.heading(format!("How {} signs in", first_name(&person.name)));
    let address = person.email.known().cloned().flatten();
    let domain = address.as_ref().and_then(|address| address.raw().rsplit_once('@'));
    let domain = domain.map_or_else(|| "the domain".to_owned(), |(_, domain)| shown(domain).into_owned());
    match &person.route {
        Seen::Known(Route::Idp { host }) => {
            fields.point(view.glyphs.dot, Role::Muted, format!("{domain} is sent to {host}"));
        }
        Seen::Known(Route::Password) => {
            fields.point(view.glyphs.dot, Role::Muted, format!("{domain} has no route: password page"));
        }
        Seen::Known(Route::Broken) => {
            fields.point(view.glyphs.error, Role::Danger, format!("the route of {domain} is broken"));
        }
        Seen::Unknown(why) => {
            fields.point("?", Role::Muted, format!("where {domain} is sent is unknown: {}", unseen(*why)));
        }
    }
    // A way that is closed breaks nothing while another one is open.
    let gets_in = roads.iter().any(|road| matches!(road.outcome, SignInOutcome::SignsIn { .. }));
    let refused = if gets_in { Role::Muted } else { Role::Danger };
    for way in roads {
        match &way.outcome {
            SignInOutcome::SignsIn { name } => {
                fields.point(view.glyphs.ok, Role::Muted, way.label.clone());
                let condition =
                    way.condition.as_ref().map(|condition| format!(" {condition}")).unwrap_or_default();
                fields.under(format!("as {name}{condition}"));
            }
            SignInOutcome::Refused { text, why } => {
                fields.point(view.glyphs.failed, refused, way.label.clone());
                fields.under(format!("{text}: {why}"));
            }
            SignInOutcome::Unknown { why } => {
                fields.point("?", Role::Muted, way.label.clone());
                fields.under(why.clone());
            }
        }
    }
    for caveat in ways_in::caveats(&session.caller, person) {
        fields.point(view.glyphs.dot, Role::Muted, caveat.words());
    }
}

fn first_name(name: &Text) -> String {
    let shown = name.to_string();
    match shown.split_whitespace().next() {
        Some(first) => first.to_owned(),
        None => "this person".to_owned(),
    }
}

/// The login address stands above everything: it is what most records are opened for.
fn email(fields: &mut Fields, person: &PersonFacts, view: &View<'_>) {
    match &person.email {
        Seen::Known(Some(email)) => {
            let mut value = vec![(email.to_string(), Role::Title)];
            if person.user.known().is_none() {
                value.push((format!(" {} told by SCIM", view.glyphs.dot), Role::Muted));
            }
            fields.say("email", value);
            if let Some(stored) = &person.membership.user.display
                && stored != email
                && stored.raw().contains('@')
            {
                fields.dim("", format!("was {stored} when the membership was written"));
            }
        }
        Seen::Known(None) => {
            fields.dim("email", "none");
        }
        Seen::Unknown(why) => {
            fields.dim("email", format!("unknown: {}", unseen(*why)));
            if let Some(stored) = &person.membership.user.display {
                fields.dim("", format!("{stored} when the membership was written, may be out of date"));
            }
        }
    }
}

fn user(fields: &mut Fields, person: &PersonFacts, view: &View<'_>) {
    fields.heading("User");
    match &person.user_id {
        Some(id) => fields.add(
            "user",
            format!(
                "{} {} {}",
                reference(&id.reference(), view),
                view.glyphs.dot,
                view.parts(&person.about())
            ),
        ),
        None => fields.dim("user", "none: not a person"),
    };
    match &person.user {
        Seen::Known(user) => {
            match user.email_verified {
                Some(true) => fields.add("verified", "yes"),
                Some(false) => fields.add("verified", "no; never blocks a sign-in"),
                None => fields.dim("verified", "never asked"),
            };
            let (mfa, role) = columns::mfa(&Seen::Known(user.mfa.clone()));
            fields.say("factor", vec![(mfa.to_owned(), role)]);
            fields.add("named", format!("{} {}", user.first_name, user.last_name));
            if let Some(legacy) = &user.legacy_external_id {
                fields.say(
                    "legacy id",
                    vec![
                        (legacy.to_string(), Role::Text),
                        (" external id on the user, used when no membership has it".to_owned(), Role::Muted),
                    ],
                );
            }
        }
        Seen::Unknown(why) => {
            fields.dim("verified", format!("unknown: {}", unseen(*why)));
            fields.dim("factor", "unknown");
            if let Seen::Known((first, last)) = &person.names {
                fields.add("named", format!("{first} {last}"));
            }
        }
    }
    let elsewhere = person.projects().len().saturating_sub(1);
    if elsewhere > 0 {
        fields.add("elsewhere", format!("member of {elsewhere} more projects that you can see"));
    }
}

fn membership(fields: &mut Fields, person: &PersonFacts, view: &View<'_>) {
    let m = &person.membership;
    fields.heading("Membership");
    let active =
        if m.active { ("active", Role::Text) } else { ("not active: no sign-in, no token", Role::Warn) };
    fields.say("state", vec![(active.0.to_owned(), active.1)]);
    fields.add("role", if m.admin { "project admin" } else { "member" });
    match &m.external_id {
        Some(id) => fields.add("external id", id.to_string()),
        None => fields.dim("external id", "none"),
    };
    match (&m.policy, m.access.len()) {
        (None, 0) => fields.dim("policy", "none: full access to ordinary records"),
        (policy, n) => {
            let mut words = policy.as_ref().map_or(String::new(), |policy| {
                policy.display.as_ref().map_or_else(|| reference(policy, view), ToString::to_string)
            });
            if n > 0 {
                if !words.is_empty() {
                    let _ = write!(words, " {} ", view.glyphs.dot);
                }
                // Writing to a String cannot fail.
                let _ = write!(words, "{n} with parameters");
            }
            fields.add("policy", words)
        }
    };
    if let Some(name) = &m.user_name {
        fields.add("user name", name.to_string());
    }
    let profile = reference(&m.profile, view);
    fields.add("profile", profile);
    if let Some(by) = &m.invited_by {
        let by = by.display.as_ref().map_or_else(|| reference(by, view), ToString::to_string);
        fields.add("invited by", by);
    }
    fields.dim("changed", moment(m.version.at, view));
    fields.dim("id", m.id.to_string());
}

/// A failure in place of what could not be read.
pub(super) fn failed(failure: &Failure, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    use crate::console::widgets::shorten::wrap;
    let mut lines = Vec::new();
    let mut front = Span::styled(format!("{} ", view.glyphs.failed), view.style(Role::Danger));
    for (words, role) in
        [(&failure.what, Role::Title), (&failure.why, Role::Text), (&failure.next, Role::Text)]
    {
        if words.is_empty() {
            continue;
        }
        for part in wrap(words, width.saturating_sub(2)) {
            lines.push(Line::from(vec![front, Span::styled(part, view.style(role))]));
            front = Span::raw("  ");
        }
    }
    lines
}
