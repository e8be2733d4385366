use super::*;
use crate::console::model::tests::{asked, ctx};
use crate::console::session::tests::pat;
use crate::identity::ProjectId;
use crate::identity::sign_in::doctor::{Attempt, Facts, Flow, Reach, diagnose};
use crate::workflows::diagnose::Examined;

fn patient(id: &str) -> Patient {
    Patient {
        membership: id.into(),
        name: Text::from("Jane"),
        email: Seen::Known(Some(Text::from("jane@x.example"))),
        external_id: None,
        project: ProjectId::new("prj1"),
    }
}

/// What would mend a way.
#[derive(Clone, Copy)]
enum Mended {
    Not,
    Here,
    By(&'static str),
}

/// A try by password of somebody whom nobody knows.
fn way(label: &str, fix: Mended) -> Way {
    let mut attempt = Attempt::new(Flow::Password);
    attempt.typed = Some("jane@x.example".into());
    let mut facts = Facts::new(Reach::Everything);
    facts.emails.insert("jane@x.example".into());
    let diagnosis = diagnose(&attempt, &facts);
    assert!(diagnosis.failed().is_some());
    let others = match fix {
        Mended::By(others) => Some(others),
        Mended::Not | Mended::Here => None,
    };
    let remedies = (!matches!(fix, Mended::Not)).then(|| Remedy {
        title: "activate Jane".into(),
        mends: vec![(Mend::Activate { membership: "m1".into() }, "activate Jane".into())],
        after: "signs in as Jane".into(),
        certain: true,
        others,
        request: "Please activate Jane.".into(),
    });
    Way {
        label: label.into(),
        examined: Examined { attempt, facts, diagnosis, fixes: Vec::new() },
        assumed: false,
        meant: vec!["m1".into()],
        remedies: remedies.into_iter().collect(),
    }
}

fn answer(ways: Vec<Way>) -> Answer {
    let checkup = Checkup { patient: Some(patient("m1")), guessed: None, ways, token: None };
    Answer::Doctor(DoctorAnswer::Told(Box::new(Told::Ways(Box::new(checkup)))))
}

/// Every check that was asked for.
fn checks(ctx: &mut Ctx) -> Vec<Asked> {
    let of = |question| match question {
        Question::Doctor(DoctorQuestion::Check(asked)) => Some(*asked),
        _ => None,
    };
    asked(ctx).into_iter().filter_map(of).collect()
}

fn examined(ways: Vec<Way>) -> (Doctor, Ctx) {
    let mut ctx = ctx(Some(pat()));
    let mut doctor = Doctor::default();
    doctor.entered(&mut ctx);
    doctor.act(Action::DoctorWhom, &mut ctx);
    doctor.pasted("jane@x.example", &mut ctx);
    doctor.act(Action::Submit, &mut ctx);
    assert_eq!(checks(&mut ctx).len(), 1);
    doctor.answered(Slot::Doctor, answer(ways), &mut ctx);
    (doctor, ctx)
}

#[test]
fn entering_asks_once_what_can_be_chosen_and_examines_nobody() {
    let mut ctx = ctx(Some(pat()));
    let mut doctor = Doctor::default();
    doctor.entered(&mut ctx);
    doctor.entered(&mut ctx);
    assert_eq!(asked(&mut ctx), [Question::Doctor(DoctorQuestion::Choices)]);
    assert_eq!(doctor.availability(Action::Reload, None), Availability::Hidden);
}

#[test]
fn nobody_named_is_nobody_asked() {
    let mut ctx = ctx(Some(pat()));
    let mut doctor = Doctor::default();
    doctor.act(Action::DoctorWhom, &mut ctx);
    doctor.act(Action::Submit, &mut ctx);
    assert!(doctor.input.open && doctor.input.wrong.is_some());
    assert_eq!(checks(&mut ctx), []);
}

#[test]
fn the_fix_has_the_keys_once_something_can_be_mended() {
    let (doctor, _) = examined(vec![way("a", Mended::Not), way("b", Mended::Here)]);
    assert_eq!((doctor.on.way, doctor.on.part), (1, Part::Fixes));
    let (doctor, _) = examined(vec![way("a", Mended::Not), way("b", Mended::Not)]);
    assert_eq!((doctor.on.way, doctor.on.part), (0, Part::Ways));
}

#[test]
fn asking_again_is_about_the_same_member_and_keeps_the_way_and_what_is_shown() {
    let (mut doctor, mut ctx) = examined(vec![way("a", Mended::Not), way("b", Mended::Here)]);
    doctor.act(Action::Reload, &mut ctx);
    let again = checks(&mut ctx);
    assert_eq!(again[0].meant, Some("m1".into()));
    assert!(doctor.checkup().is_some());
    doctor.answered(
        Slot::Doctor,
        answer(vec![way("c", Mended::Not), way("a", Mended::Not), way("b", Mended::Not)]),
        &mut ctx,
    );
    assert_eq!(doctor.on.way, 2);
}

#[test]
fn a_failed_reload_keeps_what_was_there() {
    let (mut doctor, mut ctx) = examined(vec![way("a", Mended::Not)]);
    doctor.act(Action::Reload, &mut ctx);
    doctor.answered(Slot::Doctor, Answer::Failed(Failure::new("No answer.")), &mut ctx);
    assert!(doctor.checkup().is_some());
    assert!(matches!(doctor.load, Load::Failed(_)));
    assert_eq!(doctor.availability(Action::Reload, None), Availability::Ready);
}

#[test]
fn esc_stops_the_examining_and_then_there_is_nothing_to_go_back_to() {
    let (mut doctor, mut ctx) = examined(vec![way("a", Mended::Not)]);
    doctor.act(Action::Reload, &mut ctx);
    ctx.effects.clear();
    assert_eq!(doctor.availability(Action::Back, None), Availability::Ready);
    doctor.act(Action::Back, &mut ctx);
    assert_eq!(ctx.effects, [Effect::Cancel { slot: Slot::Doctor }]);
    assert_eq!(doctor.availability(Action::Back, None), Availability::Hidden);
}

#[test]
fn what_is_changed_from_here_is_examined_at_once_and_anything_else_when_one_comes_back() {
    let (mut doctor, mut ctx) = examined(vec![way("a", Mended::Here)]);
    doctor.told(&Note::Written(None), &mut ctx);
    assert_eq!(checks(&mut ctx).len(), 0);
    doctor.entered(&mut ctx);
    assert_eq!(checks(&mut ctx).len(), 1);
    doctor.entered(&mut ctx);
    assert_eq!(checks(&mut ctx).len(), 0);

    doctor.act(Action::DoctorFix, &mut ctx);
    doctor.told(&Note::Written(Some("m1".into())), &mut ctx);
    assert_eq!(checks(&mut ctx).len(), 1);
}

#[test]
fn a_fix_for_others_opens_no_plan_and_its_request_is_copied() {
    let (mut doctor, mut ctx) = examined(vec![way("a", Mended::By("a super admin can do it"))]);
    ctx.wishes.clear();
    doctor.act(Action::DoctorOpen, &mut ctx);
    assert!(!doctor.mending);
    assert!(matches!(&*ctx.wishes, [crate::console::model::Wish::Toast(_)]), "{:?}", ctx.wishes);
    assert_eq!(doctor.label(Action::Copy), Some("copy request"));
    ctx.effects.clear();
    doctor.act(Action::Copy, &mut ctx);
    assert!(matches!(&*ctx.effects, [Effect::Copy { text, .. }] if text == "Please activate Jane."));
    doctor.act(Action::DoctorLeft, &mut ctx);
    assert_eq!(doctor.label(Action::Copy), Some("copy report"));
}

#[test]
fn enter_goes_deeper_and_right_goes_on() {
    let (mut doctor, mut ctx) = examined(vec![way("a", Mended::Not), way("b", Mended::Not)]);
    doctor.act(Action::DoctorOpen, &mut ctx);
    assert_eq!(doctor.on.part, Part::Steps);
    for _ in 0..5 {
        doctor.act(Action::DoctorRight, &mut ctx);
    }
    assert_eq!(doctor.on.part, Part::Fixes);
    for _ in 0..5 {
        doctor.act(Action::DoctorLeft, &mut ctx);
    }
    doctor.act(Action::Down, &mut ctx);
    assert_eq!((doctor.on.part, doctor.on.way), (Part::Ways, 1));
}

#[test]
fn one_of_several_is_chosen_and_then_meant() {
    let mut ctx = ctx(Some(pat()));
    let mut doctor = Doctor::default();
    doctor.act(Action::DoctorWhom, &mut ctx);
    doctor.pasted("jane", &mut ctx);
    doctor.act(Action::Submit, &mut ctx);
    checks(&mut ctx);
    let several = Told::Several(vec![patient("m1"), patient("m2")]);
    doctor.answered(Slot::Doctor, Answer::Doctor(DoctorAnswer::Told(Box::new(several))), &mut ctx);
    doctor.act(Action::Down, &mut ctx);
    doctor.act(Action::DoctorOpen, &mut ctx);
    assert_eq!(checks(&mut ctx)[0].meant, Some("m2".into()));
}

#[test]
fn how_fresh_it_is_changes_at_moments_that_are_known() {
    let (doctor, _) = examined(vec![way("a", Mended::Not)]);
    let at = |seconds| Timestamp::from_second(seconds).unwrap();
    assert_eq!(doctor.next_change(at(3)), Some(at(10)));
    assert_eq!(lines::fresh(at(0), at(25)), "20 s ago");
    assert_eq!(doctor.next_change(at(61)), Some(at(120)));
    assert_eq!(doctor.next_change(at(4000)), None);
}
