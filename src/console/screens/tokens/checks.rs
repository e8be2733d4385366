//! Whether a token is true, step by step, and why it is refused.

use super::held::Held;
use super::lines::Listing;
use super::veil::WITH_VALUES;
use crate::console::action::Action;
use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::words::wrap;
use crate::identity::Text;
use crate::identity::trace::Exchange;
use crate::token::ladder::Holds;
use crate::workflows::token_lab::why::{Cause, Outcome, Sure};
use crate::workflows::token_lab::{StepId, Why};

/// From this width on, a step's name stands beside its sentence.
const BESIDE: usize = 64;

/// Sign, word and role of a standing.
pub(super) fn sign(holds: Holds, view: &View<'_>) -> (&'static str, Role) {
    match holds {
        Holds::Yes => (view.glyphs.ok, Role::Muted),
        Holds::Warning => (view.glyphs.warning, Role::Warn),
        Holds::Untold => ("?", Role::Warn),
        Holds::No => (view.glyphs.failed, Role::Danger),
    }
}

fn title(id: StepId) -> &'static str {
    match id {
        StepId::Me => "/auth/me",
        other => other.word(),
    }
}

/// The ladder, each step with what it cannot tell.
pub(super) fn lines(held: &Held, out: &mut Listing<'_, '_>) {
    let view = out.view;
    let Some(why) = held.why() else { return waiting(held, out) };
    let Some(verified) = &why.verified else {
        out.say("There is no token whose checks could be shown.", Role::Muted);
        return;
    };
    let (glyph, role) = sign(verified.verdict, view);
    out.point(glyph, role, &out.veil.verdict(verified), Role::Title);
    if let Some(keys) = verified.keys.as_ref().filter(|_| !out.veil.on) {
        out.indented(&format!("Checked with {keys}."), 2, Role::Muted);
    }
    out.gap();
    let beside = out.width >= BESIDE;
    let signs = if view.glyphs.ascii { 3 } else { 2 };
    for step in &verified.steps {
        let (glyph, role) = sign(step.holds, view);
        let said = out.veil.step(step);
        let words = if step.holds == Holds::Untold { Role::Muted } else { Role::Text };
        let front = if beside { signs + 15 } else { signs };
        let mut first = vec![out.words(pad(glyph, signs), role)];
        if beside {
            first.push(out.words(pad(title(step.id), 15), Role::Muted));
        }
        let said = if beside { said } else { format!("{}: {said}", title(step.id)) };
        for part in wrap(&said, out.width.saturating_sub(front)) {
            let mut line = std::mem::take(&mut first);
            if line.is_empty() {
                line.push(out.words(" ".repeat(front), Role::Muted));
            }
            line.push(out.words(part, words));
            out.lines.push(line.into());
        }
        if let Some(limit) = step.limit {
            out.indented(limit, front, Role::Muted);
        }
    }
    if !verified.notes.is_empty() {
        out.heading("Worth knowing");
        if out.veil.on {
            out.point("?", Role::Warn, WITH_VALUES, Role::Muted);
        } else {
            verified.notes.iter().for_each(|note| {
                out.point(view.glyphs.warning, Role::Warn, note, Role::Text);
            });
        }
    }
    asked(&why.asked, out);
}

/// What went over the wire, a line each.
fn asked(asked: &[Exchange], out: &mut Listing<'_, '_>) {
    if asked.is_empty() {
        return;
    }
    out.heading("Who was asked");
    for exchange in asked {
        let answer = match &exchange.got {
            Ok(got) => got.status.to_string(),
            Err(_) if out.veil.on => "no answer".to_owned(),
            Err(why) => why.to_string(),
        };
        let request = out.veil.request(&format!("{} {}", exchange.sent.method, exchange.sent.url));
        let words = format!("{request} {} {answer}", out.view.glyphs.arrow);
        out.point(out.view.glyphs.dot, Role::Muted, &words, Role::Muted);
    }
}

/// Before anything is known.
fn waiting(held: &Held, out: &mut Listing<'_, '_>) {
    match held.found.error() {
        Some(failure) => {
            out.point(out.view.glyphs.failed, Role::Danger, &failure.what, Role::Text);
            let key = out.view.key(Action::Reload);
            out.say(format!("{} {key} tries again.", failure.why).trim_start(), Role::Muted);
        }
        None => out.say("It is being checked.", Role::Muted),
    }
}

/// The evidence; the first cause's sentence and next step stand above already.
pub(super) fn why_lines(held: &Held, out: &mut Listing<'_, '_>) {
    let Some(why) = held.why() else { return waiting(held, out) };
    match (why.causes.first(), why.outcome()) {
        (None, Outcome::Accepted) => out.say("Nothing speaks against it.", Role::Muted),
        (None, _) => out.say("Nothing wrong was found with what could be looked at.", Role::Muted),
        (Some(_), _) => {}
    }
    for (at, cause) in why.causes.iter().enumerate() {
        // Of what is refused the first stands above already.
        let above = at == 0 && why.outcome() != Outcome::Accepted;
        if at == 1 {
            out.heading("Also");
        }
        let made = of_cause(above, cause, out);
        out.item(made);
    }
    answered(why, out);
    if !why.unknown.is_empty() && why.outcome() != Outcome::Accepted {
        out.heading("Not known");
        if out.veil.on {
            out.point("?", Role::Warn, "Hidden with the values, because names stand in it.", Role::Muted);
            return;
        }
        why.unknown.iter().for_each(|unknown| {
            out.point("?", Role::Warn, &crate::identity::text::shown(unknown), Role::Text);
        });
    }
}

fn of_cause(above: bool, cause: &Cause, out: &Listing<'_, '_>) -> Vec<Vec<ratatui::text::Span<'static>>> {
    let (view, room) = (out.view, out.width.saturating_sub(super::lines::BAR));
    let mut made = Vec::new();
    let mut point = |sign: &str, role: Role, words: &str, said: Role| {
        let lines = super::lines::point(sign, role, words, said, room, view);
        made.extend(lines.into_iter().map(|line| line.spans));
    };
    let sure = match cause.sure {
        Sure::Certain => (view.glyphs.failed, Role::Danger, "This is certain:"),
        Sure::Likely => (view.glyphs.error, Role::Danger, "This is likely, as far as could be seen:"),
        Sure::Possible => (view.glyphs.warning, Role::Warn, "This is possible:"),
    };
    if above {
        point(sure.0, sure.1, sure.2, Role::Text);
    } else {
        let said = format!("{} ({})", out.veil.cause(cause.id, &cause.said), cause.sure.word());
        point(sure.0, sure.1, &said, Role::Text);
    }
    if out.veil.on && !cause.evidence.is_empty() {
        point(view.glyphs.dot, Role::Muted, "What says so is hidden with the values.", Role::Muted);
    } else {
        for evidence in &cause.evidence {
            point(view.glyphs.dot, Role::Muted, &crate::identity::text::shown(evidence), Role::Muted);
        }
    }
    if !above {
        point(view.glyphs.arrow, Role::Accent, &out.veil.next(cause.id, &cause.next), Role::Text);
    }
    if let Some(record) = &cause.opens {
        let key = view.key(Action::TokenOpen);
        let what = if out.veil.on { record.kind.to_string() } else { record.to_string() };
        point(view.glyphs.arrow, Role::Accent, &format!("{key} opens {what}"), Role::Muted);
    }
    made
}

/// What the platform says to it now.
fn answered(why: &Why, out: &mut Listing<'_, '_>) {
    let Some(answered) = &why.answered else { return };
    let reply = &answered.reply;
    // Its words may name anybody.
    let told = |words: &Text| !out.veil.on && !words.is_empty();
    let text = if told(&reply.text) { format!(" “{}”", reply.text) } else { String::new() };
    let cause = reply.diagnostics.as_ref().filter(|cause| told(cause));
    let cause = cause.map_or_else(String::new, |cause| format!(" ({cause})"));
    out.heading("What the platform says now");
    let request = out.veil.request(&answered.request.to_string());
    let words = format!("{request} {} {}{text}{cause}", out.view.glyphs.arrow, reply.status);
    out.say(&words, Role::Text);
    out.say(&answered.means, Role::Muted);
    if let Some(id) = &reply.request_id {
        out.say(&format!("request {id}"), Role::Muted);
    }
}
