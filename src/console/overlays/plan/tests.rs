use super::*;
use crate::console::effect::Effect;
use crate::console::model::tests::ctx;
use crate::console::session::tests::pat;
use crate::identity::sign_in::doctor::{Attempt, Flow, Mend};
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
        undoes_also: Vec::new(),
        resumes: None,
        undoes_part: false,
        batch: None,
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

// A role that may not gets a text for somebody who may.
#[test]
fn a_plan_that_is_for_others_offers_their_request_and_writes_nothing() {
    let mut ctx = ctx(Some(pat()));
    let mending = Mending {
        attempt: Attempt::new(Flow::Password),
        meant: vec!["m".into()],
        mend: Mend::Activate { membership: "m".into() },
        then: None,
        request: "Please activate Jane.".into(),
    };
    let mut dialog = PlanDialog::mending(mending.clone(), "Activate", Text::from("Jane"), ctx.now);
    dialog.entered(&mut ctx);
    let asks = |effect: &Effect| matches!(effect, Effect::Ask { question, .. } if *question == Question::Doctor(DoctorQuestion::Plan(Box::new(mending.clone()))));
    assert!(matches!(&*ctx.effects, [effect] if asks(effect)));
    assert_eq!(dialog.availability(Action::DialogCopy, None), Availability::Hidden);
    let why = "A super admin can do it.".to_owned();
    dialog.answered(Slot::Proposal, Answer::ForOthers { why, request: mending.request.clone() }, &mut ctx);
    ctx.effects.clear();
    dialog.act(Action::DialogCopy, &mut ctx);
    assert!(matches!(&*ctx.effects, [Effect::Copy { text, .. }] if text == "Please activate Jane."));
    dialog.act(Action::Apply, &mut ctx);
    assert_eq!(writes(&mut ctx), 0);
}

#[test]
fn a_run_of_rows_is_paused_gone_on_with_and_stopped_by_keys_and_steps_of_one_job_are_not() {
    let mut ctx = ctx(Some(pat()));
    let one = plan(Confirm::Enter);
    let rows = Plan {
        changes: vec![one.changes[0].clone(), one.changes[0].clone()],
        on_failure: OnFailure::GoOn,
        ..one.clone()
    };
    let mut job = PlanDialog::new(one, Origin::Form, "why");
    job.apply(&mut ctx);
    assert_eq!(job.availability(Action::RunPause, None), Availability::Hidden);
    let mut run = PlanDialog::new(rows, Origin::Form, "why").of_sheet("/home/pat/staff.csv".into());
    assert_eq!(run.availability(Action::RunStop, None), Availability::Hidden);
    run.apply(&mut ctx);
    ctx.effects.clear();
    for action in [Action::RunPause, Action::RunPause, Action::RunStop] {
        assert_eq!(run.availability(action, None), Availability::Ready);
        run.act(action, &mut ctx);
    }
    let wishes = [Wish::Pause, Wish::Run, Wish::Stop].map(Effect::Hold);
    assert_eq!(ctx.effects, wishes);
    // There is no way back from a stop.
    assert!(matches!(run.availability(Action::RunPause, None), Availability::Disabled(_)));
    assert_eq!(run.verdicts_path(EntryId(7)), PathBuf::from("/home/pat/staff-verdicts-7.csv"));
}

// "0 of 20 written, at a third of the rate" after a night's pause would be no answer.
#[test]
fn what_a_run_was_paused_for_is_not_in_its_rate() {
    let mut ctx = ctx(Some(pat()));
    let one = plan(Confirm::Enter);
    let rows = Plan { changes: vec![one.changes[0].clone(); 4], on_failure: OnFailure::GoOn, ..one };
    let mut run = PlanDialog::new(rows, Origin::Form, "why");
    let begun = ctx.now;
    let at = |seconds: i64| begun + SignedDuration::from_secs(seconds);
    run.apply(&mut ctx);
    ctx.now = at(10);
    run.act(Action::RunPause, &mut ctx);
    assert_eq!(run.at_work(begun, at(50)), Duration::from_secs(10), "paused");
    ctx.now = at(110);
    run.act(Action::RunPause, &mut ctx);
    assert_eq!(run.at_work(begun, at(115)), Duration::from_secs(15));
}

#[test]
fn a_file_that_was_not_written_is_no_success_and_does_not_swallow_the_next_answer() {
    let mut ctx = ctx(Some(pat()));
    let one = plan(Confirm::Enter);
    let rows = Plan { changes: vec![one.changes[0].clone(); 2], on_failure: OnFailure::GoOn, ..one };
    let mut run = PlanDialog::new(rows, Origin::Undo(EntryId(3)), "why");
    run.apply(&mut ctx);
    let failure = Failure::new("2 of 2 were not written.");
    let outcome = NotApplied { entry: Some(EntryId(7)), failure, steps: Vec::new(), stale: None };
    run.answered(Slot::Apply, Answer::NotApplied(Box::new(outcome)), &mut ctx);
    for answer in [Answer::FileExists("a.csv".into()), Answer::Failed(Failure::new("The disk is full."))] {
        ctx.wishes.clear();
        run.act(Action::PlanVerdicts, &mut ctx);
        run.answered(Slot::Proposal, answer, &mut ctx);
        let told = format!("{:?}", ctx.wishes);
        assert!(told.contains("Warn") && !told.contains("Ok"), "{told}");
        assert!(!run.waits_for(Slot::Proposal));
    }
    // Its verdicts are being written when it is planned anew: what comes is about the plan.
    run.act(Action::PlanVerdicts, &mut ctx);
    run.act(Action::PlanAgain, &mut ctx);
    run.answered(Slot::Proposal, Answer::Failed(Failure::new("No answer.")), &mut ctx);
    assert!(matches!(run.stage, Stage::Stopped { .. }), "{:?}", run.stage);
}
