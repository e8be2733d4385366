//! Two tokens side by side: what it means, then claim by claim.

use serde_json::Value;

use super::held::Held;
use super::lines::Listing;
use crate::console::action::Action;
use crate::console::theme::Role;
use crate::identity::Text;
use crate::identity::words::capital;
use crate::token::brief::cut;
use crate::token::compare::{Difference, Row};
use crate::token::meaning::is_time;
use crate::token::redact::{HARMLESS, HIDDEN};
use crate::token::time::When;
use crate::workflows::token_lab::Compared;

/// More characters of a value are counted and not shown.
const LONGEST: usize = 1_000;

/// What stands on a side.
fn text(row: &Row, value: Option<&Value>, hide: bool, none: &str) -> String {
    let name = row.name.raw().strip_prefix("header.").unwrap_or(row.name.raw());
    match value {
        None => none.to_owned(),
        Some(_) if hide && !HARMLESS.contains(&name) => HIDDEN.to_owned(),
        Some(Value::Number(number)) if is_time(name) => {
            let at = number.as_f64().and_then(|seconds| When { seconds }.at());
            at.map_or_else(|| number.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
        }
        Some(Value::String(text)) => cut(&Text::from(text.as_str()).shown(), LONGEST),
        Some(other) => cut(&Text::from(other.to_string()).shown(), LONGEST),
    }
}

fn word(difference: Difference) -> &'static str {
    match difference {
        Difference::Same => "same",
        Difference::Changed => "differs",
        Difference::Gone => "here only",
        Difference::New => "there only",
    }
}

pub(super) fn lines(
    held: &Held,
    other: Option<&Held>,
    compared: Option<&Compared>,
    out: &mut Listing<'_, '_>,
) {
    let view = out.view;
    let (Some(other), Some(compared)) = (other, compared) else {
        let key = view.key(Action::TokenCompare);
        out.say(
            &format!("{key} compares it with your own session's access token. Paste another one to compare with that."),
            Role::Muted,
        );
        return;
    };
    if let Some(problem) = compared.unreadable() {
        out.point("?", Role::Warn, &problem, Role::Text);
        return;
    }
    if compared.same {
        out.point(view.glyphs.ok, Role::Muted, "They are the very same token.", Role::Text);
    } else if compared.different().next().is_none() {
        out.point(view.glyphs.dot, Role::Muted, "They say the same, and are signed apart.", Role::Text);
    }
    for meaning in &compared.meanings {
        let words = capital(&out.veil.words(&meaning.words)).replace('→', view.glyphs.arrow);
        out.point(view.glyphs.dot, Role::Accent, &words, Role::Text);
    }
    let none = if view.glyphs.ascii { "-" } else { "–" };
    let side = |value: Option<&Value>, row: &Row| text(row, value, out.veil.on, none);
    let words = out.width >= 70;
    let name = compared.rows.iter().map(|row| row.name.shown().chars().count()).max().unwrap_or(0);
    let name = name.clamp(5, (out.width / 4).min(20));
    let rest = out.width.saturating_sub(name + 2 + if words { 12 } else { 0 } + 2);
    let room = rest.saturating_sub(2) / 2;
    let widths = [name, room, room, 10];
    let cells = |cells: [(String, Role); 4]| if words { cells.to_vec() } else { cells[..3].to_vec() };
    let head = |which: &str, held: &Held| format!("{which}: {} from {}", held.kind(), held.from());
    let made: Vec<(bool, Vec<(String, Role)>)> = compared
        .rows
        .iter()
        .map(|row| {
            let same = row.difference == Difference::Same;
            let role = if same { Role::Muted } else { Role::Text };
            let row = cells([
                (row.name.to_string(), Role::Muted),
                (side(row.first.as_ref(), row), role),
                (side(row.second.as_ref(), row), role),
                (word(row.difference).to_owned(), if same { Role::Muted } else { Role::Warn }),
            ]);
            (same, row)
        })
        .collect();
    out.gap();
    let dim = |words: String| (words, Role::Muted);
    let titles = [
        dim(String::new()),
        (head("first", held), Role::Title),
        (head("second", other), Role::Title),
        dim(String::new()),
    ];
    out.row(&cells(titles), &widths);
    made.iter().filter(|(same, _)| !same).for_each(|(_, row)| out.row(row, &widths));
    if made.iter().any(|(same, _)| *same) {
        out.heading("The same in both");
        made.iter().filter(|(same, _)| *same).for_each(|(_, row)| out.row(row, &widths));
    }
}
