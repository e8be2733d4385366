//! What `y` takes: a claim, a report in words, JSON. Never the token, never a secret.

use super::Tokens;
use super::asking;
use super::claims;
use super::held::Held;
use super::page::{Page, Reading};
use crate::console::model::Ctx;
use crate::identity::text::shown;
use crate::token::compare::Difference;
use crate::workflows::token_lab::{Compared, Why, report};

/// Whether there is something to take.
pub(super) fn can(held: &Held, reading: &Reading) -> bool {
    match reading.page {
        Page::Claims => {
            held.seen.as_ref().is_some_and(|seen| claims::entries(seen).get(reading.at()).is_some())
        }
        Page::Times | Page::Raw | Page::Compare => held.seen.is_some(),
        Page::Why | Page::Checks => held.why().is_some(),
    }
}

impl Tokens {
    pub(super) fn copy(&self, ctx: &mut Ctx) {
        let Some(held) = self.current() else { return };
        match self.reading.page {
            Page::Claims => {
                let Some(seen) = &held.seen else { return };
                let entries = claims::entries(seen);
                let Some(item) = entries.get(self.reading.at()).map(|entry| entry.item) else { return };
                match item.copied() {
                    Some(text) => ctx.copy(&format!("`{}`", item.name), text),
                    None => ctx.warn(format!("`{}` is a secret: it is neither shown nor copied", item.name)),
                }
            }
            Page::Raw => {
                if let Some(seen) = &held.seen {
                    ctx.copy("the token as JSON, without its secrets", seen.raw());
                }
            }
            Page::Why | Page::Checks => {
                if let Some(why) = held.why() {
                    ctx.copy("the report", why_text(held, why));
                }
            }
            Page::Times => {
                if let Some(seen) = &held.seen {
                    let line = |moment: &crate::workflows::token_lab::Moment| {
                        format!("{}  {}  {}\n", moment.claim, moment.utc(), moment.relative(ctx.now))
                    };
                    ctx.copy("the times", seen.moments.iter().map(line).collect::<String>());
                }
            }
            Page::Compare => {
                if let Some((_, _, compared)) = &self.compared {
                    ctx.copy("the comparison", comparison(compared));
                }
            }
        }
    }

    pub(super) fn copy_json(&self, ctx: &mut Ctx) {
        let Some(held) = self.current() else { return };
        let json = match (self.reading.page, &self.compared, held.why(), &held.seen) {
            (Page::Compare, Some((_, _, compared)), ..) => report::comparison(compared),
            (_, _, Some(why), _) => report::why(why, ctx.now),
            (_, _, None, Some(seen)) => report::inspection(seen, ctx.now),
            (_, _, None, None) => return,
        };
        ctx.copy("the report as JSON", format!("{json:#}"));
    }
}

/// For a ticket: what is the matter, what says so, what to do.
fn why_text(held: &Held, why: &Why) -> String {
    let mut lines = vec![format!("{} from {}", held.kind(), held.from())];
    lines.extend(asking::words(&held.tried).map(|words| format!("tried {words}")));
    lines.push(why.sentence());
    for cause in &why.causes {
        lines.push(String::new());
        lines.push(format!("{} ({})", shown(&cause.said), cause.sure.word()));
        lines.extend(cause.evidence.iter().map(|evidence| format!("- {}", shown(evidence))));
        lines.push(format!("-> {}", shown(&cause.next)));
    }
    if let Some(answered) = &why.answered {
        lines.push(String::new());
        lines.push(format!("{} -> {}. {}", answered.request, answered.reply.status, answered.means));
        lines.extend(answered.reply.request_id.as_ref().map(|id| format!("request {id}")));
    }
    if let Some(verified) = &why.verified {
        lines.push(String::new());
        lines.push(verified.sentence());
        let step = |step: &crate::workflows::token_lab::Step| {
            format!("{}: {}, {}", step.id.word(), report::holds_word(step.holds), shown(&step.said))
        };
        lines.extend(verified.steps.iter().map(step));
    }
    if !why.unknown.is_empty() {
        lines.push(String::new());
        lines.extend(why.unknown.iter().map(|unknown| format!("not known: {}", shown(unknown))));
    }
    lines.join("\n")
}

fn comparison(compared: &Compared) -> String {
    let mut lines: Vec<String> =
        compared.meanings.iter().map(|meaning| format!("- {}", meaning.words)).collect();
    let text = |value: &Option<serde_json::Value>| {
        value.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
    };
    let differing = compared.rows.iter().filter(|row| row.difference != Difference::Same);
    lines.extend(differing.map(|row| format!("{}: {} | {}", row.name, text(&row.first), text(&row.second))));
    lines.join("\n")
}
