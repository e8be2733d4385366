//! What the list tells about the selected member beside or below itself.

use jiff::Timestamp;
use ratatui::text::Line;

use super::columns;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::widgets::shorten::{Cut, shorten};
use crate::console::words::ago;
use crate::identity::directory::{Email, Linkage, Member, Severity};
use crate::identity::{Reference, Seen, Unseen};

/// `Practitioner/ab12…9f`
pub fn reference(reference: &Reference, view: &View<'_>) -> String {
    let id = crate::identity::text::shown(&reference.id).into_owned();
    format!(
        "{}/{}",
        crate::identity::text::shown(&reference.kind),
        shorten(&id, 9, Cut::Middle, view.glyphs.ellipsis)
    )
}

/// `3 min ago · 2026-01-05 09:57 UTC`; long ago only the exact time.
pub fn moment(at: Timestamp, view: &View<'_>) -> String {
    let exact = at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let ago = ago(at, view.now);
    if exact.starts_with(&ago) { exact } else { format!("{ago} {} {exact}", view.glyphs.dot) }
}

/// The facts of a row, most important first: below the list only the first lines can be seen.
pub fn lines(member: &Member<'_>, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    let mut fields = Fields::new();
    let active = if member.active() { ("active", Role::Text) } else { ("not active", Role::Warn) };
    let dot = view.glyphs.dot;
    let admin = if member.admin() { format!(" {dot} project admin") } else { String::new() };
    fields.say(
        "who",
        vec![
            (reference(&member.profile(), view), Role::Text),
            (format!(" {dot} {}{admin}", active.0), active.1),
        ],
    );
    email(&mut fields, member, view);
    signs_in_by(&mut fields, member);
    findings(&mut fields, member, view);
    fields.say("user", user(member, view));
    let (mfa, role) = columns::mfa(&member.mfa());
    match member.mfa() {
        Seen::Known(_) => fields.say("factor", vec![(mfa.to_owned(), role)]),
        Seen::Unknown(why) => fields.dim("factor", format!("unknown: {}", unseen(why))),
    };
    match (member.policy(), member.access_count()) {
        (None, 0) => fields.dim("policy", "none: full access to ordinary records"),
        (None, n) => fields.add("policy", format!("{n} with parameters")),
        (Some(policy), n) => {
            let name = policy.display.as_ref().map_or_else(|| reference(policy, view), ToString::to_string);
            fields.add("policy", if n == 0 { name } else { format!("{name} {dot} {n} more with parameters") })
        }
    };
    // Only a super admin sees people of other projects.
    let elsewhere = view.session.filter(|session| session.caller.project != member.project());
    if elsewhere.is_some() {
        fields.add("project", reference(&member.project().reference(), view));
    }
    if let Some(at) = member.changed() {
        fields.dim("changed", moment(at, view));
    }
    fields.dim("membership", member.id().to_string());
    fields.lines(width, view)
}

fn email(fields: &mut Fields, member: &Member<'_>, view: &View<'_>) {
    match member.email() {
        Email::Current { address, fresh } => {
            let mut value = vec![(address.into_owned(), Role::Text)];
            if !fresh {
                value.push((format!(" {} being asked again", view.glyphs.dot), Role::Muted));
            }
            if let Seen::Known(Some(false)) = member.email_verified() {
                value.push((format!(" {} not verified", view.glyphs.dot), Role::Muted));
            }
            fields.say("email", value);
            if let Some(stored) = member.stored_email() {
                fields.dim("", format!("was {stored} when the membership was written"));
            }
        }
        Email::Stored(address) => {
            fields.say(
                "email",
                vec![
                    (address.into_owned(), Role::Muted),
                    (" ? stored copy, may be out of date".to_owned(), Role::Muted),
                ],
            );
        }
        Email::None => {
            fields.dim("email", "none");
        }
        Email::Unknown => {
            fields.dim("email", "unknown");
        }
    }
}

fn signs_in_by(fields: &mut Fields, member: &Member<'_>) {
    match (member.linkage(), member.external_id()) {
        (Linkage::ExternalId, Some(id)) => {
            fields.say(
                "signs in by",
                vec![("external id ".to_owned(), Role::Text), (id.into_owned(), Role::Muted)],
            );
        }
        (Linkage::Email, _) => {
            fields.add("signs in by", "email");
        }
        (Linkage::ExternalId | Linkage::None, _) => {
            fields.dim("signs in by", "nothing that is known");
        }
    }
}

fn user(member: &Member<'_>, view: &View<'_>) -> Vec<(String, Role)> {
    let user = reference(&member.user(), view);
    match member.server_scoped() {
        Seen::Known(true) => vec![(format!("{user} {} server-scoped", view.glyphs.dot), Role::Text)],
        Seen::Known(false) => vec![(format!("{user} {} project-scoped", view.glyphs.dot), Role::Text)],
        Seen::Unknown(why) => {
            vec![(user, Role::Text), (format!(" {} {}", view.glyphs.dot, unseen(why)), Role::Muted)]
        }
    }
}

/// Why a fact of a user is unknown, in few words.
pub fn unseen(why: Unseen) -> &'static str {
    match why {
        Unseen::ServerScopedUser => "server-scoped, not visible to you",
        Unseen::SuperAdminOnly => "visible to super admins",
        Unseen::Policy => "your policy hides it",
        Unseen::NotLoaded => "not loaded",
        Unseen::Failed => "could not be read",
    }
}

fn findings(fields: &mut Fields, member: &Member<'_>, view: &View<'_>) {
    for (i, finding) in member.findings().enumerate() {
        let (glyph, role) = match finding.severity() {
            Severity::Error => (view.glyphs.error, Role::Danger),
            Severity::Warning => (view.glyphs.warning, Role::Warn),
        };
        let label = if i == 0 { "findings" } else { "" };
        fields.say(label, vec![(format!("{glyph} "), role), (finding.words().to_owned(), Role::Text)]);
    }
}
