//! What it comes to, in a few lines: the sentence, the next step, what was tried.

use ratatui::text::{Line, Span};

use super::asking;
use super::held::{Held, Signed};
use super::lines::point;
use super::veil::Veil;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::words::{shorten_middle, wrap};
use crate::workflows::token_lab::Why;
use crate::workflows::token_lab::inspect::UNVERIFIED;
use crate::workflows::token_lab::why::{CauseId, Outcome, Sure};

/// Sign and role of what a token came to; blank before that is known.
pub(super) fn sign(held: &Held, view: &View<'_>) -> (&'static str, Role) {
    if held.ended_since(view.now) {
        return (view.glyphs.failed, Role::Danger);
    }
    match held.outcome() {
        Some(Outcome::Accepted) => (view.glyphs.ok, Role::Ok),
        Some(Outcome::Refused) => (view.glyphs.failed, Role::Danger),
        Some(Outcome::Untold) => ("?", Role::Warn),
        None if held.found.error().is_some() => (view.glyphs.failed, Role::Danger),
        None => (view.glyphs.dot, Role::Muted),
    }
}

/// Whether what is read was verified: sign, role, words. Never left out.
pub(super) fn verified(held: &Held, tight: bool, view: &View<'_>) -> (&'static str, Role, &'static str) {
    match held.signed() {
        Signed::Yes => (view.glyphs.ok, Role::Muted, if tight { "verified" } else { "signature verified" }),
        Signed::No => (view.glyphs.failed, Role::Danger, "signature is wrong"),
        Signed::Untold => (view.glyphs.warning, Role::Warn, "not verified"),
    }
}

pub(super) fn lines(held: &Held, veil: &Veil<'_>, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut add = |sign: &str, role: Role, words: &str, said: Role| {
        lines.extend(point(sign, role, words, said, width, view));
    };
    let (glyph, role) = sign(held, view);
    let Some(why) = held.why() else {
        match (held.found.error(), held.found.loading_since()) {
            (Some(failure), _) => {
                add(glyph, role, &failure.what, Role::Title);
                let next = format!("{} tries again.", view.key(Action::Reload));
                add(view.glyphs.arrow, Role::Accent, &next, Role::Text);
            }
            (None, since) => {
                let spinner = pad(since.map_or(" ", |since| view.spinner(since)), 1);
                let words = "Checking it: its issuer's keys, its session, what the platform says.";
                add(&spinner, Role::Accent, words, Role::Text);
                if let Some(seen) = &held.seen {
                    let said = format!("{} This was only read, {UNVERIFIED}.", veil.words(&seen.sentence()));
                    add(view.glyphs.warning, Role::Warn, &said, Role::Muted);
                }
            }
        }
        return lines;
    };
    if held.ended_since(view.now) {
        add(glyph, role, "It has ended since it was checked.", Role::Title);
        let next = format!("{} checks again.", view.key(Action::Reload));
        add(view.glyphs.arrow, Role::Accent, &next, Role::Text);
        return lines;
    }
    let cause = why.causes.first();
    let sentence = match (why.outcome(), cause) {
        (Outcome::Refused, Some(cause)) => veil.cause(cause.id, &cause.said),
        (Outcome::Untold, Some(cause)) => {
            format!("It cannot be told for sure. It may be this: {}", veil.cause(cause.id, &cause.said))
        }
        (Outcome::Accepted | Outcome::Refused | Outcome::Untold, _) => veil.words(&why.sentence()),
    };
    let sure = cause.filter(|cause| cause.sure == Sure::Likely).map_or("", |_| " (likely)");
    add(glyph, role, &format!("{sentence}{sure}"), Role::Title);
    if let Some(needs) = held.needs() {
        let next = format!(
            "{} asks {} for its keys, which nobody has agreed to yet.",
            view.key(Action::TokenAgree),
            veil.words(&needs.host)
        );
        add(view.glyphs.arrow, Role::Accent, &next, Role::Text);
    }
    if let Some(cause) = cause.filter(|_| why.outcome() != Outcome::Accepted) {
        add(view.glyphs.arrow, Role::Accent, &veil.next(cause.id, &cause.next), Role::Text);
    }
    if held.needs().is_some() {
        // Without its keys there is nothing more to say.
    } else if let (Some(CauseId::Foreign), Some(verified)) = (cause.map(|cause| cause.id), &why.verified)
        && held.is_signed()
    {
        let said = format!("For its own issuer: {}", veil.verdict(verified));
        add(view.glyphs.dot, Role::Muted, &said, Role::Muted);
    }
    if let Some(line) = tried(held, why, veil, width, view) {
        lines.push(line);
    }
    lines
}

/// `tried GET https://… → 401`
fn tried(held: &Held, why: &Why, veil: &Veil<'_>, width: usize, view: &View<'_>) -> Option<Line<'static>> {
    let words = veil.request(&asking::words(&held.tried)?);
    let answer = why
        .answered
        .as_ref()
        .map_or_else(String::new, |answered| format!(" {} {} now", view.glyphs.arrow, answered.reply.status));
    let room = width.saturating_sub(9 + answer.chars().count());
    Some(Line::from(vec![
        Span::styled(format!("{} tried ", view.glyphs.dot), view.style(Role::Muted)),
        Span::styled(shorten_middle(&words, room, view.glyphs.ellipsis), view.style(Role::Muted)),
        Span::styled(answer, view.style(Role::Text)),
    ]))
}

/// How high [`lines`] may be, shortened to `most`.
pub(super) fn fitting(mut lines: Vec<Line<'static>>, most: usize) -> Vec<Line<'static>> {
    lines.truncate(most);
    lines
}

/// Words for what is not shown anywhere else, one below the other.
pub(super) fn said(words: &str, role: Role, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    wrap(words, width).into_iter().map(|line| Line::styled(line, view.style(role))).collect()
}
