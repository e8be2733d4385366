//! What the lab finds as JSON for programs. Nothing secret is in it (J12).
//!
//! **An inspection**
//!
//! ```text
//! {"from": "the Authorization header", "readable": true, "form": "signed" | "encrypted" | "opaque" | "none",
//!  "verified": false, "kind": "access" | "id" | "refresh" | "client-assertion" | "subject" | "logout" | "unclear",
//!  "evidence": [..], "header": {..}, "claims": {..},
//!  "times": [{"claim": "exp", "seconds": 1767607200, "utc": "…", "relative": "in 54 min"}],
//!  "meanings": {"iss": "issuer: who made it"}, "notes": [..], "problem": null | "why it is no token",
//!  "inner": null | an inspection}
//! ```
//!
//! **A verification**
//!
//! ```text
//! {"verdict": "valid" | "not-valid" | "unknown", "sentence": "…", "keys": null | "where they come from",
//!  "steps": [{"step": "signature", "holds": "yes" | "warning" | "unknown" | "no", "said": "…", "limit": null | "…"}],
//!  "notes": [..], "needs": null | {"host": "…", "issuer": "…"}, "asked": [requests and answers without secrets],
//!  "at": "2026-01-05T10:00:00Z"}
//! ```
//!
//! **A comparison**
//!
//! ```text
//! {"same": false, "rows": [{"claim": "exp", "first": .., "second": .., "difference": "same" | "changed" | "gone" | "new"}],
//!  "meanings": [{"claims": ["client_id"], "words": "…"}], "problem": null | "why they cannot be compared"}
//! ```
//!
//! **Why it is refused**
//!
//! ```text
//! {"outcome": "refused" | "accepted" | "unknown", "sentence": "…",
//!  "causes": [{"cause": "expired", "sure": "certain" | "likely" | "possible", "said": "…", "evidence": [..],
//!              "next": "…", "opens": null | "ProjectMembership/…"}],
//!  "answered": null | {"request": "GET https://…", "status": 401, "text": "…", "diagnostics": null | "…",
//!                      "request_id": null | "…", "means": "…"},
//!  "unknown": ["what could not be looked at"], "asked": [..],
//!  "inspection": null | an inspection, "verification": null | a verification}
//! ```

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::compare::Compared;
use super::inspect::{Inspection, Item, Shown};
use super::verify::{Step, Verified};
use super::why::{Outcome, Why};
use crate::token::compare::Difference;
use crate::token::ladder::Holds;
use crate::token::{Kind, Token, redact};

/// The word of a kind in JSON and on the command line.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Access => "access",
        Kind::Id => "id",
        Kind::Refresh => "refresh",
        Kind::ClientAssertion => "client-assertion",
        Kind::Subject => "subject",
        Kind::Logout => "logout",
        Kind::Unclear => "unclear",
    }
}

/// The word of a verdict.
pub fn verdict_word(verdict: Holds) -> &'static str {
    match verdict {
        Holds::Yes | Holds::Warning => "valid",
        Holds::No => "not-valid",
        Holds::Untold => "unknown",
    }
}

/// The word of a step's standing.
pub fn holds_word(holds: Holds) -> &'static str {
    match holds {
        Holds::Yes => "yes",
        Holds::Warning => "warning",
        Holds::Untold => "unknown",
        Holds::No => "no",
    }
}

/// An inspection.
pub fn inspection(seen: &Inspection, now: Timestamp) -> Value {
    let (form, header, claims) = match &seen.token {
        Ok(Token::Signed(jws)) => {
            let claims = jws.claims.as_ref().map_or(Value::Null, redact::redacted);
            ("signed", redact::redacted(&jws.header), claims)
        }
        Ok(Token::Encrypted(header)) => ("encrypted", redact::redacted(header), Value::Null),
        Ok(Token::Opaque { .. }) => ("opaque", Value::Null, Value::Null),
        Err(_) => ("none", Value::Null, Value::Null),
    };
    let times: Vec<Value> = seen
        .moments
        .iter()
        .map(|moment| {
            json!({
                "claim": moment.claim,
                "seconds": moment.when.seconds,
                "utc": moment.when.at().map(|at| at.to_string()),
                "relative": moment.relative(now),
            })
        })
        .collect();
    let meanings: Map<String, Value> = seen
        .claims
        .iter()
        .filter_map(|item| Some((item.name.raw().to_owned(), Value::from(item.meaning?))))
        .collect();
    json!({
        "from": seen.from,
        "readable": seen.token.is_ok(),
        "form": form,
        "verified": false,
        "kind": seen.kind().map(kind_word),
        "evidence": seen.told.as_ref().map(|told| told.evidence.clone()).unwrap_or_default(),
        "header": header,
        "claims": claims,
        "times": times,
        "meanings": meanings,
        "notes": seen.notes,
        "problem": seen.token.as_ref().err().map(ToString::to_string),
        "inner": seen.inner.as_ref().map(|inner| inspection(inner, now)),
    })
}

fn step(step: &Step) -> Value {
    json!({"step": step.id.word(), "holds": holds_word(step.holds), "said": step.said, "limit": step.limit})
}

/// A verification.
pub fn verification(verified: &Verified) -> Value {
    json!({
        "verdict": verdict_word(verified.verdict),
        "sentence": verified.sentence(),
        "keys": verified.keys,
        "steps": verified.steps.iter().map(step).collect::<Vec<_>>(),
        "notes": verified.notes,
        "needs": verified.needs.as_ref().map(|needs| json!({"host": needs.host, "issuer": needs.issuer})),
        "asked": verified.asked,
        "at": format!("{:.0}", verified.at),
    })
}

/// A comparison.
pub fn comparison(compared: &Compared) -> Value {
    let word = |difference: Difference| match difference {
        Difference::Same => "same",
        Difference::Changed => "changed",
        Difference::Gone => "gone",
        Difference::New => "new",
    };
    let rows: Vec<Value> = compared
        .rows
        .iter()
        .map(|row| json!({"claim": row.name, "first": row.first, "second": row.second, "difference": word(row.difference)}))
        .collect();
    let meanings: Vec<Value> = compared
        .meanings
        .iter()
        .map(|meaning| json!({"claims": meaning.claims, "words": meaning.words}))
        .collect();
    json!({"same": compared.same, "rows": rows, "meanings": meanings, "problem": compared.unreadable()})
}

/// Why it is refused.
pub fn why(why: &Why, now: Timestamp) -> Value {
    let causes: Vec<Value> = why
        .causes
        .iter()
        .map(|cause| {
            json!({
                "cause": cause.id.word(), "sure": cause.sure.word(), "said": cause.said,
                "evidence": cause.evidence, "next": cause.next,
                "opens": cause.opens.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    let answered = why.answered.as_ref().map(|answered| {
        json!({
            "request": answered.request, "status": answered.reply.status, "text": answered.reply.text,
            "diagnostics": answered.reply.diagnostics, "request_id": answered.reply.request_id,
            "means": answered.means,
        })
    });
    json!({
        "outcome": match why.outcome() {
            Outcome::Refused => "refused",
            Outcome::Accepted => "accepted",
            Outcome::Untold => "unknown",
        },
        "sentence": why.sentence(),
        "causes": causes,
        "answered": answered,
        "unknown": why.unknown,
        "asked": why.asked,
        "inspection": why.inspection.as_ref().map(|seen| inspection(seen, now)),
        "verification": why.verified.as_ref().map(verification),
    })
}

/// A tree of claims as lines, two blanks deeper with each level: name and value.
pub fn lines(items: &[Item], hide: bool) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for item in items {
        collect(item, 0, hide, &mut out);
    }
    out
}

fn collect(item: &Item, depth: usize, hide: bool, out: &mut Vec<(String, String)>) {
    let name = format!("{}{}", "  ".repeat(depth.min(20)), item.name);
    // Short lists of plain values read best on one line.
    let plain = |item: &Item| matches!(item.value, Shown::Text(_) | Shown::Plain(_) | Shown::Secret);
    if matches!(item.value, Shown::List(1..=6)) && item.within.iter().all(plain) {
        let values: Vec<String> = item.within.iter().map(|item| item.text(hide)).collect();
        out.push((name, values.join(", ")));
        return;
    }
    out.push((name, item.text(hide)));
    for inner in &item.within {
        collect(inner, depth + 1, hide, out);
    }
}
