//! The text of the plan dialog, stage by stage, as lines that scroll.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use super::PlanDialog;
use crate::console::effect::{Applied, NotApplied};
use crate::console::model::View;
use crate::console::screens::members::detail::reference;
use crate::console::theme::Role;
use crate::console::widgets::diff;
use crate::console::widgets::fields::pad;
use crate::console::widgets::shorten::wrap;
use crate::console::words::ago;
use crate::identity::{Change, Means, MemberAct, SecretAct, SignInEffect, SignInOutcome};
use crate::journal::{StepRecord, StepState};

/// Width of the labels `Sign-in`, `Also`, `Undo`.
pub(super) const LABEL: usize = 9;

impl PlanDialog {
    /// What is to be decided.
    pub(super) fn plan_lines(&self, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let plan = &self.plan;
        let muted = view.style(Role::Muted);
        let mut lines = Vec::new();
        let target = plan.user.as_ref().map(crate::identity::UserId::reference);
        let target =
            target.or_else(|| plan.membership.as_ref().map(crate::identity::MembershipId::reference));
        let target = target.map_or(String::new(), |target| format!("{}   ", reference(&target, view)));
        for part in wrap(&format!("{target}{}", view.parts(&plan.about)), width) {
            lines.push(Line::styled(part, muted));
        }
        for (n, change) in plan.changes.iter().enumerate() {
            lines.push(Line::default());
            if plan.changes.len() > 1 {
                lines.push(Line::from(vec![
                    Span::styled(format!("{} ", n + 1), view.style(Role::Accent)),
                    Span::styled(change.label.clone(), view.style(Role::Text)),
                ]));
            }
            lines.extend(diff::lines(&change.fields, width, view));
        }
        if !plan.warnings.is_empty() {
            lines.push(Line::default());
            for warning in &plan.warnings {
                let glyph = format!("{} ", view.glyphs.warning);
                hang(&mut lines, (&glyph, Role::Warn), 2, warning, Role::Text, width, view);
            }
        }
        if !plan.sign_in.is_empty() {
            lines.push(Line::default());
            sign_in(&mut lines, &plan.sign_in, width, view);
        }
        lines.push(Line::default());
        for (i, also) in plan.also.iter().enumerate() {
            let label = if i == 0 { "Also" } else { "" };
            hang(&mut lines, (label, Role::Muted), LABEL, also, Role::Text, width, view);
        }
        if !plan.undo.is_empty() {
            hang(&mut lines, ("Undo", Role::Muted), LABEL, &plan.undo, Role::Text, width, view);
        }
        if self.details {
            self.details_lines(&mut lines, width, view);
        }
        while lines.last().is_some_and(|line| line.width() == 0) {
            lines.pop();
        }
        lines
    }

    fn details_lines(&self, lines: &mut Vec<Line<'static>>, width: usize, view: &View<'_>) {
        lines.push(Line::default());
        lines.push(Line::styled("Details", view.style(Role::Title)));
        for (n, change) in self.plan.changes.iter().enumerate() {
            let n = format!("{} ", n + 1);
            hang(lines, (&n, Role::Accent), 2, &request(change), Role::Text, width, view);
            if let Some(version) = &change.expected_version {
                let words = format!("only while it is version {version}");
                hang(lines, ("", Role::Muted), 2, &words, Role::Muted, width, view);
            }
        }
        for effect in &self.plan.sign_in {
            for (when, outcome) in [("now", &effect.before), ("then", &effect.after)] {
                let why = match outcome {
                    SignInOutcome::SignsIn { .. } => continue,
                    SignInOutcome::Refused { text, why } => format!("{text}: {why}"),
                    SignInOutcome::Unknown { why } => why.clone(),
                };
                let words = format!("{}, {when}: {why}", effect.way);
                hang(lines, (view.glyphs.dot, Role::Muted), 2, &words, Role::Muted, width, view);
            }
        }
    }

    /// How far each change is.
    pub(super) fn step_lines(
        &self,
        steps: &[StepState],
        since: jiff::Timestamp,
        view: &View<'_>,
    ) -> Vec<Line<'static>> {
        let mut lines = vec![
            Line::styled(
                "Applying; a write is finished whatever happens to this screen.",
                view.style(Role::Muted),
            ),
            Line::default(),
        ];
        let current = steps.iter().position(|step| !matches!(step, StepState::Verified | StepState::Failed));
        for (i, (change, step)) in self.plan.changes.iter().zip(steps).enumerate() {
            let (glyph, role) = match step {
                StepState::Verified => (view.glyphs.ok, Role::Ok),
                StepState::Failed => (view.glyphs.failed, Role::Danger),
                _ if current == Some(i) => (view.spinner(since), Role::Pending),
                _ => (view.glyphs.dot, Role::Muted),
            };
            let words = match step {
                StepState::Planned => "",
                StepState::Sent => "sent",
                StepState::Answered => "answered, being read back",
                other => other.words(),
            };
            lines.push(Line::from(vec![
                Span::styled(format!("{} ", pad(glyph, 1)), view.style(role)),
                Span::styled(change.label.clone(), view.style(Role::Text)),
                Span::styled(format!("   {words}"), view.style(Role::Muted)),
            ]));
        }
        lines
    }

    /// What stands on the platform now.
    pub(super) fn done_lines(&self, applied: &Applied, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for (change, step) in self.plan.changes.iter().zip(&applied.steps) {
            step_result(&mut lines, change, step, width, view);
        }
        lines.push(Line::default());
        let words = format!("Written down in the journal as entry {}.", applied.entry);
        hang(&mut lines, ("", Role::Muted), 0, &words, Role::Muted, width, view);
        if !self.plan.undo.is_empty() {
            hang(&mut lines, ("Undo", Role::Muted), LABEL, &self.plan.undo, Role::Muted, width, view);
        }
        lines
    }

    /// What happened instead.
    pub(super) fn stopped_lines(
        &self,
        outcome: &NotApplied,
        both: bool,
        width: usize,
        view: &View<'_>,
    ) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let glyph = format!("{} ", view.glyphs.failed);
        hang(&mut lines, (&glyph, Role::Danger), 2, &outcome.failure.what, Role::Title, width, view);
        for words in [&outcome.failure.why, &outcome.failure.next] {
            if !words.is_empty() {
                hang(&mut lines, ("", Role::Text), 2, words, Role::Text, width, view);
            }
        }
        if let Some(id) = &outcome.failure.request_id {
            hang(&mut lines, ("", Role::Text), 2, &format!("request {id}"), Role::Muted, width, view);
        }
        if both {
            lines.push(Line::default());
            self.three_ways(&mut lines, outcome, width, view);
        }
        // A stale record is told above; its steps only say so again, unless some were written before.
        let told = outcome.stale.is_some() && !outcome.steps.iter().any(|step| step.state.is_written());
        if !told && outcome.steps.iter().any(|step| step.state != StepState::Planned) {
            lines.push(Line::default());
            for (change, step) in self.plan.changes.iter().zip(&outcome.steps) {
                step_result(&mut lines, change, step, width, view);
            }
        }
        lines
    }

    /// Shown to you, as it is now, what you want: field by field.
    fn three_ways(
        &self,
        lines: &mut Vec<Line<'static>>,
        outcome: &NotApplied,
        width: usize,
        view: &View<'_>,
    ) {
        let Some(now) = &outcome.stale else { return };
        let muted = view.style(Role::Muted);
        let who = now.author.as_ref().map(|author| {
            author.display.as_ref().map_or_else(|| reference(author, view), ToString::to_string)
        });
        let when = now.at.map(|at| format!(" {}", ago(at, view.now)));
        let head = format!(
            "{} was written{}{}",
            reference(&now.record, view),
            when.unwrap_or_default(),
            who.map(|who| format!(" by {who}")).unwrap_or_default(),
        );
        hang(lines, ("", Role::Muted), 0, &head, Role::Muted, width, view);
        let label = self.plan.changes.iter().flat_map(|change| &change.fields).map(|f| f.field.width()).max();
        let label = label.unwrap_or(0).clamp(8, 16) + 2;
        let mut known: Vec<&str> = Vec::new();
        for change in self
            .plan
            .changes
            .iter()
            .filter(|change| change.target == now.record || self.plan.changes.len() == 1)
        {
            for field in &change.fields {
                known.push(&field.field);
                lines.push(Line::default());
                let present = now.field(&field.field).map(|value| diff::words(value.as_ref()));
                let shown = diff::before(field);
                let moved = present.as_ref().is_some_and(|present| *present != shown);
                let rows = [
                    (field.field.clone(), "you saw", shown, Role::Muted),
                    (
                        String::new(),
                        "now",
                        present.unwrap_or_else(|| "not read".to_owned()),
                        if moved { Role::Warn } else { Role::Text },
                    ),
                    (String::new(), "you want", diff::after(field), Role::Title),
                ];
                for (name, which, value, role) in rows {
                    let front = format!("{}{}", pad(&name, label), pad(which, 10));
                    let room = width.saturating_sub(front.width()).max(8);
                    let mut front = Span::styled(front, muted);
                    for part in wrap(&value, room) {
                        lines.push(Line::from(vec![front, Span::styled(part, view.style(role))]));
                        front = Span::raw(" ".repeat(label + 10));
                    }
                }
            }
        }
        let others = now.fields.iter().filter(|(field, _)| !known.contains(&field.as_str()));
        let others: Vec<String> =
            others.map(|(field, value)| format!("{field} {}", diff::words(value.as_ref()))).collect();
        if !others.is_empty() {
            lines.push(Line::default());
            let words = others.join(&format!(" {} ", view.glyphs.dot));
            hang(lines, ("Else", Role::Muted), label, &words, Role::Muted, width, view);
        }
    }
}

/// A hanging label, then words that wrap beside it.
pub(super) fn hang(
    lines: &mut Vec<Line<'static>>,
    (label, label_role): (&str, Role),
    indent: usize,
    words: &str,
    role: Role,
    width: usize,
    view: &View<'_>,
) {
    let mut front = Span::styled(pad(label, indent), view.style(label_role));
    for part in wrap(words, width.saturating_sub(indent).max(8)) {
        lines.push(Line::from(vec![front, Span::styled(part, view.style(role))]));
        front = Span::raw(" ".repeat(indent));
    }
}

fn outcome(outcome: &SignInOutcome, view: &View<'_>) -> (String, Role) {
    match outcome {
        SignInOutcome::SignsIn { name } => (format!("{} as {name}", view.glyphs.ok), Role::Text),
        SignInOutcome::Refused { text, .. } => (format!("{} {text}", view.glyphs.failed), Role::Danger),
        SignInOutcome::Unknown { .. } => ("? unknown".to_owned(), Role::Muted),
    }
}

/// `Sign-in  browser, Clinic Okta    ✗ User not found  →  ✓ as Jane Smith`, broken when there is no room. What the
/// plan leaves as it is comes last, as signs in one sentence; `d` tells why.
fn sign_in(lines: &mut Vec<Line<'static>>, effects: &[SignInEffect], width: usize, view: &View<'_>) {
    let (changed, same): (Vec<_>, Vec<_>) = effects.iter().partition(|effect| effect.before != effect.after);
    let turns: Vec<_> =
        changed.iter().map(|effect| (outcome(&effect.before, view), outcome(&effect.after, view))).collect();
    let arrow = format!("  {}  ", view.glyphs.arrow);
    let way_width = changed.iter().map(|effect| effect.way.width()).max().unwrap_or(0);
    let before_width = turns.iter().map(|(before, _)| before.0.width()).max().unwrap_or(0);
    let after_width = turns.iter().map(|(_, after)| after.0.width()).max().unwrap_or(0);
    let both = before_width + arrow.width() + after_width;
    let one_line = LABEL + way_width + 2 + both <= width;
    let two_lines = LABEL + 2 + both <= width;
    let mut label = "Sign-in";
    for (effect, (before, after)) in changed.into_iter().zip(turns) {
        let label = std::mem::take(&mut label);
        let gets_in = matches!(effect.after, SignInOutcome::SignsIn { .. });
        let gained = gets_in && !matches!(effect.before, SignInOutcome::SignsIn { .. });
        let before_role = if before.1 == Role::Danger && !gets_in { Role::Danger } else { Role::Muted };
        let before = Span::styled(pad(&before.0, before_width), view.style(before_role));
        let after = Span::styled(after.0, view.style(if gained { Role::Ok } else { after.1 }));
        let muted = view.style(Role::Muted);
        if one_line {
            let label = Span::styled(pad(label, LABEL), muted);
            let way = Span::styled(pad(&effect.way, way_width + 2), view.style(Role::Text));
            lines.push(Line::from(vec![label, way, before, Span::styled(arrow.clone(), muted), after]));
            continue;
        }
        hang(lines, (label, Role::Muted), LABEL, &effect.way, Role::Text, width, view);
        let indent = Span::raw(" ".repeat(LABEL + 2));
        if two_lines {
            lines.push(Line::from(vec![indent, before, Span::styled(arrow.clone(), muted), after]));
        } else {
            lines.push(Line::from(vec![indent.clone(), before]));
            lines.push(Line::from(vec![
                indent,
                Span::styled(format!("{} ", view.glyphs.arrow), muted),
                after,
            ]));
        }
    }
    if !same.is_empty() {
        let verdicts = same.iter().map(|effect| format!("{} {}", sign(&effect.after, view), effect.way));
        let joint = format!(" {} ", view.glyphs.dot);
        let words = format!("as today: {}", verdicts.collect::<Vec<_>>().join(&joint));
        hang(lines, (label, Role::Muted), LABEL, &words, Role::Muted, width, view);
    }
}

/// The verdict as a sign alone.
fn sign(outcome: &SignInOutcome, view: &View<'_>) -> &'static str {
    match outcome {
        SignInOutcome::SignsIn { .. } => view.glyphs.ok,
        SignInOutcome::Refused { .. } => view.glyphs.failed,
        SignInOutcome::Unknown { .. } => "?",
    }
}

fn step_result(
    lines: &mut Vec<Line<'static>>,
    change: &Change,
    step: &StepRecord,
    width: usize,
    view: &View<'_>,
) {
    let (glyph, role) = match step.state {
        StepState::Verified => (view.glyphs.ok, Role::Ok),
        StepState::Failed => (view.glyphs.failed, Role::Danger),
        StepState::Planned => (view.glyphs.dot, Role::Muted),
        StepState::Sent | StepState::Answered | StepState::Unsure | StepState::Settled(_) => {
            (view.glyphs.warning, Role::Warn)
        }
    };
    let words = format!("{}: {}", change.label, step.state.words());
    hang(lines, (&format!("{glyph} "), role), 2, &words, Role::Text, width, view);
    if let Some(found) = &step.found {
        let fields: Vec<_> = change
            .fields
            .iter()
            .filter_map(|field| found.field(&field.field).map(|value| (field, diff::words(value.as_ref()))))
            .collect();
        let label = fields.iter().map(|(field, _)| field.field.width()).max().unwrap_or(0) + 2;
        for (field, value) in fields {
            let front = format!("  {}", pad(&field.field, label));
            let indent = front.width();
            let role = if value == diff::after(field) { Role::Title } else { Role::Warn };
            hang(lines, (&front, Role::Muted), indent, &value, role, width, view);
        }
    }
    if let Some(why) = &step.why {
        hang(lines, ("", Role::Text), 2, &why.to_string(), Role::Warn, width, view);
    }
}

/// The request in the platform's words.
fn request(change: &Change) -> String {
    match &change.means {
        Means::Patch { fields, secret_at } => {
            let names = fields.iter().map(|(pointer, _)| pointer).chain(secret_at);
            let names: Vec<&str> = names.map(String::as_str).collect();
            format!("PATCH {} {}", change.target, names.join(", "))
        }
        Means::Restore { version, fields: Some(fields) } => {
            format!("PATCH {} {} as in version {version}", change.target, fields.join(", "))
        }
        Means::Restore { version, fields: None } => format!("PUT {} as in version {version}", change.target),
        Means::UpdateEmail { update_profile_telecom, skip_verification, .. } => {
            let mut words = format!("POST {}/$update-email", change.target);
            if *update_profile_telecom {
                words.push_str(" updateProfileTelecom");
            }
            if *skip_verification {
                words.push_str(" skipEmailVerification");
            }
            words
        }
        Means::ScimEmail { membership, .. } => format!("PATCH scim/v2/Users/{membership} emails"),
        Means::Invite { project, .. } => format!("POST admin/projects/{project}/invite"),
        Means::Create { .. } => format!("POST {}", change.target.kind),
        Means::MakeClient { project, .. } => format!("POST admin/projects/{project}/client"),
        Means::ClientSecret { act: SecretAct::Rotate } => format!("POST {}/$rotate-secret", change.target),
        Means::ClientSecret { act: SecretAct::Retire } => {
            format!("POST {}/$rotate-secret retiringSecret", change.target)
        }
        Means::Delete => format!("DELETE {}", change.target),
        Means::EnrolOwn { factor } => format!("POST auth/mfa/enroll {}", factor.name()),
        Means::DisableOwn { factor: Some(factor) } => format!("POST auth/mfa/disable {}", factor.name()),
        Means::DisableOwn { factor: None } => "POST auth/mfa/disable".to_owned(),
        Means::EndOwnSession => "POST auth/revoke".to_owned(),
        Means::SetPassword { super_admin: true, .. } => "POST admin/super/setpassword".to_owned(),
        Means::SetPassword { super_admin: false, .. } => "POST admin/projects/setpassword".to_owned(),
        Means::Rescope { .. } => format!("POST {}/$rescope", change.target),
        Means::RefreshDisplay => format!("POST {}/$refresh-reference-display", change.target),
        Means::Member { project, membership, act } => {
            let path = format!("admin/projects/{project}/members/{membership}");
            match act {
                MemberAct::ResetMfa { factor } => format!("POST {path}/mfa/reset {}", factor.name()),
                MemberAct::MailPasswordReset => format!("POST {path}/resetpassword"),
                MemberAct::Remove => format!("DELETE {path}"),
            }
        }
    }
}
