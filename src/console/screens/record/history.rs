//! What became of a person over time: versions as readable differences, the newest first.

use std::collections::HashMap;

use jiff::Timestamp;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::Record;
use super::facts::failed;
use crate::console::effect::History;
use crate::console::model::View;
use crate::console::screens::members::columns;
use crate::console::screens::members::detail::{reference, unseen};
use crate::console::theme::Role;
use crate::console::widgets::diff::words;
use crate::console::widgets::fields::pad;
use crate::console::widgets::shorten::wrap;
use crate::console::words::ago;
use crate::identity::{Membership, Reference, Seen, Text, User, Version};
use crate::workflows::fields::{POLICY, PROFILE, of_membership, of_user};

/// One version.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moment {
    /// When.
    pub at: Timestamp,
    /// `user` or `membership`.
    pub record: &'static str,
    /// By whom.
    pub by: Option<Reference>,
    /// The oldest version.
    pub first: bool,
    /// Field, before, after.
    pub changes: Vec<(String, Option<Text>, Option<Text>)>,
}

/// All versions of both records, the newest first.
pub(super) fn moments(history: &History) -> Vec<Moment> {
    let memberships =
        series("membership", &history.memberships, |m: &Membership| (&m.version, membership_fields(m)));
    let users = match &history.users {
        Seen::Known(users) => series("user", users, |user: &User| (&user.version, user_fields(user))),
        Seen::Unknown(_) => Vec::new(),
    };
    let mut all: Vec<Moment> = memberships.into_iter().chain(users).collect();
    name_references(&mut all, &history.memberships);
    all.sort_by_key(|moment| std::cmp::Reverse(moment.at));
    all
}

/// People know policies and profiles by their names; two of the same name stay told apart by their ids.
fn name_references(moments: &mut [Moment], memberships: &[Membership]) {
    let references = memberships.iter().flat_map(|m| m.policy.iter().chain([&m.profile]));
    let names: HashMap<String, Text> = references
        .filter_map(|reference| {
            Some((reference.to_string(), reference.display.clone().filter(|n| !n.is_empty())?))
        })
        .collect();
    let named =
        |value: &Option<Text>| value.as_ref().map(|value| names.get(value.raw()).unwrap_or(value).clone());
    for (field, before, after) in moments.iter_mut().flat_map(|moment| &mut moment.changes) {
        if field == POLICY || field == PROFILE {
            let (old, new) = (named(before), named(after));
            if old != new {
                (*before, *after) = (old, new);
            }
        }
    }
}

type Values = Vec<(String, Option<Text>)>;

fn membership_fields(membership: &Membership) -> Values {
    let mut values = of_membership(membership);
    if !membership.access.is_empty() {
        values.push(("parameters".to_owned(), Some(Text::from(membership.access.len().to_string()))));
    }
    values
}

fn user_fields(user: &User) -> Values {
    let mut values = of_user(user);
    let name = format!("{} {}", user.first_name.raw(), user.last_name.raw());
    values.push(("name".to_owned(), Some(Text::from(name.trim()))));
    values.push(("factor".to_owned(), Some(Text::from(columns::mfa(&Seen::Known(user.mfa.clone())).0))));
    values.push(("legacy id".to_owned(), user.legacy_external_id.clone()));
    values
}

fn series<T>(record: &'static str, versions: &[T], read: impl Fn(&T) -> (&Version, Values)) -> Vec<Moment> {
    let mut moments = Vec::with_capacity(versions.len());
    for (i, version) in versions.iter().enumerate() {
        let (meta, now) = read(version);
        let before = versions.get(i + 1).map(|older| read(older).1);
        let first = before.is_none();
        let before = before.unwrap_or_default();
        let value = |values: &Values, field: &str| {
            values.iter().find(|(name, _)| name == field).and_then(|(_, value)| value.clone())
        };
        let mut changes: Vec<_> = now
            .iter()
            .map(|(field, after)| (field.clone(), value(&before, field), after.clone()))
            .filter(|(_, before, after)| before != after)
            .collect();
        // What is gone from the newer version altogether.
        for (field, old) in &before {
            if !now.iter().any(|(name, _)| name == field) && old.is_some() {
                changes.push((field.clone(), old.clone(), None));
            }
        }
        moments.push(Moment { at: meta.at, record, by: meta.author.clone(), first, changes });
    }
    moments
}

impl Record {
    pub(super) fn past_lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Some(failure) = self.history.error() {
            lines.extend(failed(failure, width, view));
            lines.push(Line::default());
        }
        let Some(history) = self.history.value() else { return lines };
        if let Seen::Unknown(why) = &history.users {
            let words = format!("Versions of the user are unknown: {}.", unseen(*why));
            lines.extend(
                wrap(&words, width).into_iter().map(|line| Line::styled(line, view.style(Role::Muted))),
            );
            lines.push(Line::default());
        }
        let moments = moments(history);
        for (i, moment) in moments.iter().enumerate() {
            if i > 0 {
                lines.push(Line::default());
            }
            moment_lines(&mut lines, moment, width, view);
        }
        lines
    }
}

fn author(by: Option<&Reference>, view: &View<'_>) -> String {
    match by {
        None => "somebody unknown".to_owned(),
        Some(by) if &*by.kind == "system" => "the platform".to_owned(),
        Some(by) => by.display.as_ref().map_or_else(|| reference(by, view), ToString::to_string),
    }
}

fn moment_lines(lines: &mut Vec<Line<'static>>, moment: &Moment, width: usize, view: &View<'_>) {
    let muted = view.style(Role::Muted);
    let verb = if moment.first { "made" } else { "changed" };
    let when = ago(moment.at, view.now);
    let exact = moment.at.strftime("%Y-%m-%d %H:%M").to_string();
    lines.push(Line::from(vec![
        Span::styled(format!("{} {verb}", moment.record), view.style(Role::Title)),
        Span::styled(if exact.starts_with(&when) { String::new() } else { format!("   {when}") }, muted),
    ]));
    let by = author(moment.by.as_ref(), view);
    lines.push(Line::styled(format!("  {exact} by {by}"), muted));
    if moment.changes.is_empty() {
        lines.push(Line::styled("  nothing that is shown here", muted));
    }
    let label = moment.changes.iter().map(|(field, ..)| field.width()).max().unwrap_or(0) + 2;
    for (field, before, after) in &moment.changes {
        let room = width.saturating_sub(label + 2).max(8);
        let (old, new) = (words(before.as_ref()), words(after.as_ref()));
        let mut front = Span::styled(format!("  {}", pad(field, label)), muted);
        let next = || Span::raw(" ".repeat(label + 2));
        let arrow = format!("{} ", view.glyphs.arrow);
        if moment.first {
            for part in wrap(&new, room) {
                lines.push(Line::from(vec![front, Span::styled(part, view.style(Role::Text))]));
                front = next();
            }
        } else if old.width() + new.width() + arrow.width() < room {
            lines.push(Line::from(vec![
                front,
                Span::styled(format!("{old} "), muted),
                Span::styled(arrow, muted),
                Span::styled(new, view.style(Role::Text)),
            ]));
        } else {
            for part in wrap(&old, room) {
                lines.push(Line::from(vec![front, Span::styled(part, muted)]));
                front = next();
            }
            let mut lead = arrow;
            for part in wrap(&new, room.saturating_sub(2)) {
                lines.push(Line::from(vec![
                    next(),
                    Span::styled(lead, muted),
                    Span::styled(part, view.style(Role::Text)),
                ]));
                lead = "  ".to_owned();
            }
        }
    }
}
