use super::*;
use crate::console::effect::Effect;
use crate::console::model::tests::ctx;
use crate::console::session::tests::pat;
use crate::identity::{Change, FieldChange, Means, OnFailure, Reference, Seen, Text, Undo};

fn plan(confirm: Confirm) -> Plan {
    let change = Change {
        target: Reference::parse("User/u").unwrap(),
        label: "change the login email".into(),
        who: None,
        fields: vec![FieldChange {
            field: "email".into(),
            before: Seen::Known(Some(Text::from("a@x.example"))),
            after: Some(Text::from("b@x.example")),
        }],
        expected_version: None,
        means: Means::UpdateEmail {
            email: Text::from("b@x.example"),
            update_profile_telecom: false,
            skip_verification: true,
        },
        undo: Undo::Not { why: "a test".into() },
    };
    Plan {
        title: "Change email".into(),
        subject: Text::from("Jane"),
        membership: Some("m".into()),
        user: Some("u".into()),
        about: String::new(),
        changes: vec![change],
        sign_in: Vec::new(),
        also: Vec::new(),
        warnings: Vec::new(),
        undo: String::new(),
        confirm,
        undoes: None,
        resumes: None,
        on_failure: OnFailure::Stop,
    }
}

fn writes(ctx: &mut Ctx) -> usize {
    std::mem::take(&mut ctx.effects).iter().filter(|effect| matches!(effect, Effect::Write { .. })).count()
}

#[test]
fn a_plan_that_nobody_has_seen_is_never_written() {
    let mut ctx = ctx(Some(pat()));
    let mut dialog = PlanDialog::new(plan(Confirm::Enter), Origin::Form, "");
    for _ in 0..5 {
        dialog.act(Action::Apply, &mut ctx);
    }
    assert_eq!(writes(&mut ctx), 0);
}

#[test]
fn while_it_is_applied_it_can_neither_be_closed_nor_applied_again() {
    let mut ctx = ctx(Some(pat()));
    let mut dialog = PlanDialog::new(plan(Confirm::Enter), Origin::Form, "why");
    dialog.apply(&mut ctx);
    assert_eq!(writes(&mut ctx), 1);
    for action in [Action::Apply, Action::Close] {
        assert!(matches!(dialog.availability(action, None), Availability::Disabled(_)), "{action:?}");
    }
    dialog.act(Action::Apply, &mut ctx);
    assert_eq!(writes(&mut ctx), 0);
}

#[test]
fn a_write_that_ended_without_an_answer_is_read_back_and_not_called_done() {
    let mut ctx = ctx(Some(pat()));
    let mut dialog = PlanDialog::new(plan(Confirm::Enter), Origin::Form, "why");
    dialog.apply(&mut ctx);
    dialog.answered(Slot::Apply, Answer::Failed(Failure::new("lost")), &mut ctx);
    assert!(matches!(dialog.stage, Stage::Stopped { .. }));
    let told =
        ctx.wishes.iter().any(|wish| format!("{wish:?}").contains("Written(Some(ProjectMembership/m))"));
    assert!(told, "{:?}", ctx.wishes);
}

#[test]
fn the_fields_are_walked_in_a_circle() {
    let mut dialog =
        PlanDialog::new(plan(Confirm::Typed { text: Text::from("b@x.example") }), Origin::Form, "");
    let mut walked = vec![dialog.focus];
    for _ in 0..3 {
        dialog.next_field(1);
        walked.push(dialog.focus);
    }
    assert_eq!(walked, [Focus::Reason, Focus::Typed, Focus::Text, Focus::Reason]);
}
