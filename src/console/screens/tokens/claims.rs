//! What a token says: its claims and its header as a tree, each with what it means; and the same as JSON.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::held::Held;
use super::lines::{BAR, Listing};
use super::times::relative;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::words::{shorten_end, shorten_middle, wrap};
use crate::identity::Text;
use crate::token::Token;
use crate::token::brief::cut;
use crate::token::json::Object;
use crate::token::redact::{self, HIDDEN};
use crate::token::time::When;
use crate::workflows::token_lab::inspect::{MOST_ITEMS, UNVERIFIED};
use crate::workflows::token_lab::{Inspection, Item, Shown};

/// More characters of a value, and of a line as JSON, are counted and not shown; all of them are copied.
const LONGEST: usize = 4_000;

/// From this width on, the meaning stands beside the value.
const BESIDE: usize = 96;

/// An entry of the tree, with how deep it lies.
pub(super) struct Entry<'a> {
    pub item: &'a Item,
    depth: usize,
}

/// Claims, then header, then what lies within: in the order in which they are drawn.
pub(super) fn entries(seen: &Inspection) -> Vec<Entry<'_>> {
    let mut found = Vec::new();
    for items in parts(seen).into_iter().map(|(_, items)| items) {
        for item in items {
            flatten(item, 0, &mut found);
        }
    }
    found
}

fn parts(seen: &Inspection) -> Vec<(String, &[Item])> {
    let mut parts: Vec<(String, &[Item])> = Vec::new();
    let mut one = Some(seen);
    let mut front = String::new();
    while let Some(seen) = one {
        for (name, items) in [("Claims", &seen.claims), ("Header", &seen.header)] {
            if !items.is_empty() {
                parts.push((format!("{front}{name}"), items));
            }
        }
        one = seen.inner.as_deref();
        front.push_str("Within it: ");
    }
    parts
}

fn flatten<'a>(item: &'a Item, depth: usize, out: &mut Vec<Entry<'a>>) {
    if out.len() >= MOST_ITEMS {
        return;
    }
    out.push(Entry { item, depth });
    if !is_short_list(item) {
        item.within.iter().for_each(|inner| flatten(inner, depth + 1, out));
    }
}

/// Short lists of plain values read best on one line.
fn is_short_list(item: &Item) -> bool {
    let plain = |item: &Item| matches!(item.value, Shown::Text(_) | Shown::Plain(_));
    matches!(item.value, Shown::List(1..=6)) && item.within.iter().all(plain)
}

/// Its value as it is shown, and whether that is the value itself.
fn value(item: &Item, hide: bool) -> String {
    match item.when.and_then(When::at) {
        Some(at) => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        None if is_short_list(item) => {
            let values: Vec<String> = item
                .within
                .iter()
                .map(|inner| if hide { HIDDEN.to_owned() } else { inner.text(false) })
                .collect();
            cut(&values.join(", "), LONGEST)
        }
        None => cut(&item.text(hide), LONGEST),
    }
}

pub(super) fn lines(held: &Held, out: &mut Listing<'_, '_>) {
    let Some(seen) = &held.seen else {
        out.say(
            "The request carries no token: it signs in by `Basic`. Its secret was never read.",
            Role::Muted,
        );
        return;
    };
    if seen.claims.is_empty() && seen.header.is_empty() {
        out.say(&seen.sentence(), Role::Text);
        return;
    }
    let sentence = out.veil.words(&seen.sentence());
    out.say(&sentence, Role::Muted);
    let mut first = true;
    let all = entries(seen);
    let name_of = |row: &Entry<'_>| row.depth.min(12) * 2 + row.item.name.shown().width();
    let name = all.iter().map(name_of).max().unwrap_or(0).min(out.width / 3).min(24);
    let widest = all.iter().map(|row| value(row.item, out.veil.on).width()).max().unwrap_or(0);
    let room = out.width.saturating_sub(BAR + name + 2);
    let beside = out.width >= BESIDE;
    let width = if beside { (widest + 2).min(room * 55 / 100).max(12) } else { room };
    for (title, items) in parts(seen) {
        if !first || title != "Claims" {
            out.heading(&title);
        } else {
            out.gap();
        }
        first = false;
        let mut rows = Vec::new();
        for item in items {
            flatten(item, 0, &mut rows);
        }
        for row in &rows {
            entry(row, name, width, room, beside, out);
        }
    }
    if seen.more > 0 {
        let dots = out.view.glyphs.ellipsis;
        out.say(&format!("  {dots} and {} more", seen.more), Role::Muted);
    }
    if !seen.notes.is_empty() {
        out.heading("Worth knowing");
        for note in &seen.notes {
            out.point(out.view.glyphs.warning, Role::Warn, &out.veil.words(note), Role::Text);
        }
    }
}

/// One line; of the selected one everything.
fn entry(row: &Entry<'_>, name: usize, width: usize, room: usize, beside: bool, out: &mut Listing<'_, '_>) {
    let (item, dots) = (row.item, out.view.glyphs.ellipsis);
    let chosen = out.is_next() && out.keys;
    let shown = value(item, out.veil.on);
    let indent = " ".repeat(row.depth.min(12) * 2);
    let label = shorten_end(&format!("{indent}{}", item.name), name, dots);
    let role = match item.value {
        Shown::Secret | Shown::List(_) | Shown::Object(_) => Role::Muted,
        Shown::Text(_) | Shown::Plain(_) => Role::Text,
    };
    let opens = item.opens.is_some();
    let arrow = format!(" {}", out.view.glyphs.arrow);
    let space = width.saturating_sub(if opens { arrow.width() } else { 0 });
    let cut = shorten_middle(&shown, space, dots);
    let was_cut = cut != shown;
    let when = item.when.map(|when| relative(when, out.view.now));
    let meaning = match (item.meaning, &when) {
        (Some(meaning), Some(when)) => format!("{meaning}, {when}"),
        (Some(meaning), None) => meaning.to_owned(),
        (None, Some(when)) => when.clone(),
        (None, None) => String::new(),
    };
    let mut line = vec![out.words(pad(&label, name + 2), Role::Muted), out.words(cut.clone(), role)];
    let mut used = cut.width();
    if opens {
        line.push(out.words(arrow.clone(), Role::Accent));
        used += arrow.width();
    }
    let aside = out.width.saturating_sub(BAR + name + 2 + width + 2);
    let meant = if beside {
        line.push(out.words(" ".repeat(width.saturating_sub(used) + 2), Role::Muted));
        shorten_end(&meaning, aside, dots)
    } else if let Some(when) = &when {
        let when = shorten_end(when, room.saturating_sub(used + 2), dots);
        line.push(out.words("  ", Role::Muted));
        when
    } else {
        String::new()
    };
    let told = meant == meaning;
    line.push(out.words(meant, Role::Muted));
    let mut made = vec![line];
    if chosen {
        let below = " ".repeat(name + 2);
        let mut more = |words: &str, role: Role| {
            for part in wrap(words, room) {
                made.push(vec![out.words(below.clone(), role), out.words(part, role)]);
            }
        };
        if was_cut {
            more(&shown, Role::Text);
        }
        if let Some(when) = item.when {
            more(&format!("{} seconds", when.seconds), Role::Muted);
        }
        let written = item.written.map(|written| format!("({written})")).unwrap_or_default();
        let full = if told && beside { written } else { format!("{meaning} {written}") };
        if !full.trim().is_empty() {
            more(full.trim(), Role::Muted);
        }
    }
    out.item(made);
}

/// As JSON, without secrets; hidden, with names only.
pub(super) fn raw(held: &Held, out: &mut Listing<'_, '_>) {
    let Some(seen) = &held.seen else {
        out.say("There is no token.", Role::Muted);
        return;
    };
    let hidden = |object: &Object| serde_json::to_string_pretty(&redact::hidden(object)).unwrap_or_default();
    let text = match &seen.token {
        Ok(Token::Signed(jws)) if out.veil.on => {
            let claims = jws.claims.as_ref().map(hidden).unwrap_or_default();
            format!("{}\n{claims}", hidden(&jws.header))
        }
        Ok(Token::Encrypted(header)) if out.veil.on => hidden(header),
        _ => seen.raw(),
    };
    if text.is_empty() {
        out.say(&seen.sentence(), Role::Text);
    }
    for line in text.lines() {
        // Strings in it come from outside.
        let line = cut(&Text::from(line).shown(), LONGEST);
        let indent = line.width() - line.trim_start().width();
        let room = out.width.saturating_sub(indent).max(8);
        let chars: Vec<char> = line.trim_start().chars().collect();
        for part in chars.chunks(room) {
            let part: String = part.iter().collect();
            let spans = vec![Span::raw(" ".repeat(indent)), out.words(part, Role::Text)];
            out.lines.push(Line::from(spans));
        }
    }
    out.gap();
    out.say(&format!("Read only, {UNVERIFIED}. Secrets among the claims are never shown."), Role::Muted);
}
