//! What each step says at the right.

use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::widgets::fields::Fields;
use crate::console::words::ago;
use crate::identity::route_test::Outcome;
use crate::identity::sign_in::impact::Weight;
use crate::identity::text::shown;
use crate::workflows::onboard::{Field, State, StepId, StepState, Told};

use super::Open;

/// What `Enter` does at a step that is not done.
pub(super) fn deed(state: &State, step: StepId) -> &'static str {
    match step {
        StepId::Domain => "next step",
        StepId::Provider if state.answers.idp.is_none() || state.issuer().is_none() => "answer",
        StepId::Provider => "ask the provider",
        StepId::HandOver if state.answers.our_contact.is_none() => "answer",
        StepId::HandOver => "copy the text",
        StepId::Credentials => "answer",
        StepId::Tests => "test",
        StepId::SignIn => "try a sign-in",
        StepId::People => "people",
        StepId::Save => "save",
        StepId::Impact | StepId::Watch => "look",
    }
}

/// What a step is for.
fn purpose(step: StepId) -> &'static str {
    match step {
        StepId::Domain => "The mail domain whose people are to sign in with their own identity provider.",
        StepId::Provider => "What the partner signs in with, and what the provider says about itself.",
        StepId::HandOver => {
            "What the partner's IT has to set up and to send back. Copy it or write it to a file, and send it."
        }
        StepId::Credentials => {
            "The client id that the partner's IT sends. The secret is typed where it is needed and kept nowhere."
        }
        StepId::Tests => {
            "Everything that can be looked at without a person, at the live provider. Nothing is written."
        }
        StepId::SignIn => {
            "Somebody of the partner signs in at the provider: which claims really come, and whom the platform would find."
        }
        StepId::Impact => "Every member of the domain, today and with the route, before anything is written.",
        StepId::People => {
            "Those who would have no working way. Make their accounts server-scoped, set or mail passwords, or invite them."
        }
        StepId::Save => {
            "Super admins write the route, with a plan first. Others write a request that a super admin opens, tests again and applies."
        }
        StepId::Watch => {
            "Whether addresses of the domain are sent to the provider, and who has come in by it."
        }
    }
}

/// Everything about the selected step.
pub(super) fn fields(open: &Open, view: &View<'_>) -> Fields {
    let mut fields = Fields::new();
    let (state, step) = (&open.state, open.step);
    let (glyph, role) = super::draw::sign(&state.step(step), view);
    fields.words(purpose(step), Role::Muted);
    fields.gap();
    let standing = state.step(step);
    fields.point(glyph, role, shown(&standing.words()).into_owned());
    if let Some(failure) = open.failure() {
        fields.gap();
        fields.point(view.glyphs.failed, Role::Danger, failure.what.clone());
        if !failure.why.is_empty() {
            fields.under(failure.why.clone());
        }
    }
    answers(&mut fields, state, step);
    match step {
        StepId::Domain => {
            fields.heading("Begun");
            fields.add("platform", state.platform.to_string());
            fields.dim("begun", ago(state.started, view.now));
            fields.dim("changed", ago(state.changed, view.now));
        }
        StepId::Provider => provider(&mut fields, state),
        StepId::Credentials | StepId::Tests | StepId::Save => secret(&mut fields, open),
        _ => {}
    }
    told(&mut fields, open, view);
    fields
}

fn answers(fields: &mut Fields, state: &State, step: StepId) {
    let mut any = false;
    for field in Field::ALL.into_iter().filter(|field| field.step() == step) {
        let value = state.answer(field);
        if value.is_empty() {
            continue;
        }
        if !any {
            fields.heading("Answers");
            any = true;
        }
        fields.add(field.id(), shown(&value).into_owned());
    }
}

fn provider(fields: &mut Fields, state: &State) {
    if let Some(issuer) = state.issuer() {
        fields.heading("What it says about itself");
        fields.add("issuer", shown(&issuer).into_owned());
    }
    if let Some(found) = state.discovery() {
        fields.dim("authorize", found.authorize_url.to_string());
        fields.dim("token", found.token_url.to_string());
        fields.dim("userinfo", found.user_info_url.to_string());
        for note in &found.notes {
            fields.words(shown(note).into_owned(), Role::Warn);
        }
    }
    if let Some(idp) = state.answers.idp {
        fields.heading(format!("In {}", idp.name()));
        for hint in idp.hints() {
            fields.dim(hint.what, hint.at);
        }
    }
}

fn secret(fields: &mut Fields, open: &Open) {
    fields.heading("Client secret");
    let words = match (&open.secret, open.step) {
        (Some(_), _) => "typed; held in memory until the console is left",
        (None, StepId::Credentials) => {
            "not typed; it is asked for by the tests and when the route is written"
        }
        (None, _) => "not typed in this console; it is asked for",
    };
    fields.dim("secret", words);
}

fn told(fields: &mut Fields, open: &Open, view: &View<'_>) {
    match open.told() {
        None | Some(Told::Nothing | Told::Written(_) | Told::Discovered(_)) => {}
        Some(Told::Tested(report)) => {
            fields.heading(view.parts(&report.summary()));
            let mut checks: Vec<_> = report.checks.iter().collect();
            // What failed first; within that in the order of the table.
            checks.sort_by_key(|check| std::cmp::Reverse(check.outcome));
            for check in checks {
                let (glyph, role) = match check.outcome {
                    Outcome::Passed => (view.glyphs.ok, Role::Text),
                    Outcome::Unknown => (view.glyphs.dot, Role::Muted),
                    Outcome::Warning => (view.glyphs.warning, Role::Warn),
                    Outcome::Failed => (view.glyphs.failed, Role::Danger),
                };
                let said = shown(&check.said).into_owned();
                fields.point(glyph, role, format!("{}: {said}", check.id.title()));
                if check.outcome != Outcome::Passed && !check.next.is_empty() {
                    fields.under(shown(&check.next).into_owned());
                }
            }
        }
        Some(Told::Met(found)) => {
            fields.gap();
            fields.words(shown(&found.headline()).into_owned(), Role::Title);
            for line in found.lines() {
                let (glyph, role) = match line.weight {
                    Weight::Bad => (view.glyphs.error, Role::Danger),
                    Weight::Think => (view.glyphs.warning, Role::Warn),
                    Weight::Plain => (view.glyphs.dot, Role::Text),
                };
                fields.point(glyph, role, shown(&line.text()).into_owned());
            }
            for note in found.notes() {
                fields.words(shown(&note).into_owned(), Role::Muted);
            }
        }
        Some(Told::Watched(seen)) => {
            fields.heading("Seen now");
            fields.add("route", format!("addresses are sent to {}", shown(&seen.route)));
            match &seen.came_in {
                Err(why) => {
                    fields.words(why.clone(), Role::Muted);
                }
                Ok(people) if people.is_empty() => {
                    fields.dim("sign-ins", "nobody has come in by the provider yet");
                }
                Ok(people) => {
                    for (email, at) in people {
                        let when = at.map_or_else(String::new, |at| ago(at, view.now));
                        fields.point(view.glyphs.ok, Role::Text, format!("{email} came in {when}"));
                    }
                }
            }
        }
    }
    if let (StepId::SignIn, Some(mark), StepState::Done(_)) =
        (open.step, &open.state.signed_in, open.state.step(StepId::SignIn))
    {
        fields.dim("tried", ago(mark.at, view.now));
    }
}
