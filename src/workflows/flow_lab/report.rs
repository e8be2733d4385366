//! A run to be handed on: as JSON for programs, as text for people. Neither holds a secret.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Report;
use crate::identity::flow_lab::{Claims, Run, Side, Sort, Step, readable, side_by_side};
use crate::identity::trace::Exchange;
use crate::workflows::checkup;

/// For programs: what the `flow` commands write with `--format json`.
pub fn json(report: &Report) -> Value {
    let run = &report.run;
    json!({
        "kind": run.kind,
        "title": run.title,
        "ending": run.ending,
        "sentence": run.sentence(),
        "steps": run.steps.iter().enumerate().map(|(at, step)| json!({
            "number": at + 1,
            "id": step.id,
            "title": step.id.title(),
            "status": step.status,
            "said": step.said,
            "next": step.next,
            "exchanges": step.exchanges,
            "exchanges_left_out": step.left_out,
        })).collect::<Vec<_>>(),
        "tokens": run.tokens.iter().map(|claims| json!({
            "sort": claims.sort,
            "opaque": claims.opaque,
            "signature": claims.signature,
            "header": pairs(&claims.header),
            "claims": pairs(&claims.claims),
        })).collect::<Vec<_>>(),
        "side_by_side": pair(run).map(|(left, right)| json!({
            "left": left.sort,
            "right": right.sort,
            "claims": side_by_side(left, right),
        })),
        "differences": run.differences,
        "cause": run.cause,
        "notes": run.notes,
        "doctor": report.examined.as_ref().map(|examined| checkup::report::json(examined)),
    })
}

fn pairs(rows: &[(String, crate::identity::Text)]) -> Value {
    rows.iter().map(|(name, value)| (name.clone(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

/// The two that are worth standing side by side: the identity provider's best against the platform's access token, else
/// ID token against userinfo.
pub fn pair(run: &Run) -> Option<(&Claims, &Claims)> {
    let of = |sort: Sort| run.tokens.iter().find(|claims| claims.sort == sort && !claims.opaque);
    let idp = of(Sort::IdpAccess).or_else(|| of(Sort::IdpId)).or_else(|| of(Sort::IdpUserinfo));
    match (idp, of(Sort::PlatformAccess)) {
        (Some(idp), Some(platform)) => Some((idp, platform)),
        (None, Some(access)) => Some((access, of(Sort::PlatformId)?)),
        (_, None) => Some((of(Sort::IdpId)?, of(Sort::IdpUserinfo)?)),
    }
}

/// One exchange as lines: request, its body, answer, its body.
pub fn exchange_lines(exchange: &Exchange) -> Vec<String> {
    let sent = &exchange.sent;
    let mut lines = vec![format!("→ {} {}", sent.method, sent.url)];
    lines.extend(sent.headers.iter().map(|(name, value)| format!("    {name}: {value}")));
    lines.extend(sent.body.as_ref().map(|body| format!("    {body}")));
    match &exchange.got {
        Ok(got) => {
            lines.push(format!("← {}", got.status));
            lines.extend(got.headers.iter().map(|(name, value)| format!("    {name}: {value}")));
            lines.extend(got.body.as_ref().map(|body| format!("    {body}")));
        }
        Err(why) => lines.push(format!("← {why}")),
    }
    lines
}

fn step_lines(at: usize, step: &Step, wire: bool, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:<14} {} {}", step.status.words(), at + 1, step.id.title());
    if !step.said.is_empty() {
        let _ = writeln!(text, "                 {}", step.said);
    }
    if !step.next.is_empty() {
        let _ = writeln!(text, "                 next: {}", step.next);
    }
    if !wire {
        return;
    }
    for exchange in &step.exchanges {
        for line in exchange_lines(exchange) {
            let _ = writeln!(text, "                 {line}");
        }
    }
    if step.left_out > 0 {
        let _ = writeln!(text, "                 ({} more were not kept)", step.left_out);
    }
}

/// For people: ladder, claims, verdict. With `wire`, everything that was sent and received.
pub fn text(report: &Report, wire: bool) -> String {
    let run = &report.run;
    let mut text = format!("{}: {}\n\n", run.kind.title(), run.title);
    for (at, step) in run.steps.iter().enumerate() {
        step_lines(at, step, wire, &mut text);
    }
    if let Some((left, right)) = pair(run) {
        sides(left, right, &mut text);
    }
    for claims in run.tokens.iter().filter(|claims| claims.opaque) {
        let _ = writeln!(text, "\nThe {} is opaque: nothing can be read in it.", claims.sort.words());
    }
    for claims in run.tokens.iter().filter(|claims| !claims.signature.is_empty()) {
        let _ = writeln!(text, "\nThe {} is {}.", claims.sort.words(), claims.signature);
    }
    for one in &run.differences {
        let show = |value: &Option<crate::identity::Text>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string)
        };
        let _ = writeln!(
            text,
            "differs: {} is {} in the ID token and {} in userinfo",
            one.claim,
            show(&one.id_token),
            show(&one.userinfo)
        );
    }
    for note in &run.notes {
        let _ = writeln!(text, "note: {note}");
    }
    let _ = writeln!(text, "\n{}", run.sentence());
    if let Some(examined) = &report.examined {
        let _ = writeln!(text, "\nThe doctor, with what is known now:\n");
        text.push_str(&checkup::report::ladder(&examined.diagnosis));
    }
    text
}

fn sides(left: &Claims, right: &Claims, text: &mut String) {
    let sides = side_by_side(left, right);
    let show = |side: &Side, value: &Option<crate::identity::Text>| {
        value.as_ref().map_or_else(|| "–".to_owned(), |value| readable(&side.claim, value))
    };
    let name = sides.iter().map(|side| side.claim.chars().count()).max().unwrap_or_default();
    let longest = sides.iter().map(|side| show(side, &side.left).chars().count()).max().unwrap_or_default();
    let column = longest.max(left.sort.short().chars().count());
    let _ = writeln!(text, "\n  {:name$}  {:column$}  {}", "", left.sort.short(), right.sort.short());
    for side in &sides {
        let mark = if side.agree() { "=" } else { " " };
        let (left, right) = (show(side, &side.left), show(side, &side.right));
        let _ = writeln!(text, "{mark} {:name$}  {left:column$}  {right}", side.claim);
    }
}
