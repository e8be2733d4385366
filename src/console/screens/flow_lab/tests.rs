//! Update → effects, without anything behind it.

use super::*;
use crate::console::model::tests::ctx;
use crate::console::session::tests::pat;
use crate::identity::flow_lab::StepId;
use crate::workflows::flow_lab::Choices;

fn lab() -> (FlowLab, Ctx) {
    let mut lab = FlowLab::default();
    let mut ctx = ctx(Some(pat()));
    lab.entered(&mut ctx);
    let choices = Choices { own: Some("c1".to_owned()), ..Choices::default() };
    lab.answered(Slot::LabChoices, Answer::LabChoices(Box::new(choices)), &mut ctx);
    (lab, ctx)
}

fn started(ctx: &mut Ctx) -> LabEffect {
    let found = std::mem::take(&mut ctx.effects).into_iter().find_map(|effect| match effect {
        Effect::Lab(effect) => Some(effect),
        _ => None,
    });
    found.expect("an effect")
}

#[test]
fn enter_starts_what_the_form_holds_and_news_of_an_older_run_is_dropped() {
    let (mut lab, mut ctx) = lab();
    assert!(lab.open);
    lab.act(Action::Submit, &mut ctx);
    let LabEffect::Start { attempt, want, .. } = started(&mut ctx) else { panic!() };
    assert!(matches!(*want, Want::ThreeLegged { .. }));
    let old = LabMsg::Run { attempt: Attempt(attempt.0 - 1), run: Box::new(want.run()) };
    let mut run = want.run();
    run.set(StepId::Authorize, Status::Done, "accepted", "");
    run.set(StepId::Route, Status::Running, "asking", "");
    lab.heard(LabMsg::Run { attempt, run: Box::new(run) }, &mut ctx);
    assert_eq!(lab.step, 1, "the step at work is the one that is shown");
    lab.heard(old, &mut ctx);
    assert_eq!(lab.step, 1);
}

#[test]
fn what_is_pasted_while_the_browser_is_waited_for_goes_to_the_run_and_is_never_in_debug() {
    let (mut lab, mut ctx) = lab();
    lab.act(Action::Submit, &mut ctx);
    let LabEffect::Start { attempt, .. } = started(&mut ctx) else { panic!() };
    let url = crate::identity::Text::from("https://idp.example/authorize");
    let step = Step::Browser { url, until: None, opened: true };
    lab.heard(LabMsg::Asks { attempt, step: step.clone() }, &mut ctx);
    assert!(!lab.takes_text());
    lab.act(Action::LabPaste, &mut ctx);
    lab.pasted("https://app.example/cb?code=hush-code", &mut ctx);
    // The countdown is told anew: what was typed stays.
    lab.heard(LabMsg::Asks { attempt, step }, &mut ctx);
    assert!(!format!("{lab:?}").contains("hush-code"));
    lab.act(Action::Submit, &mut ctx);
    let reply = started(&mut ctx);
    assert!(matches!(&reply, LabEffect::Reply { reply: Reply::Pasted(_), .. }), "{reply:?}");
    assert!(!format!("{reply:?}").contains("hush-code"));
}

#[test]
fn a_configuration_from_another_screen_opens_the_form_with_it() {
    let (mut lab, mut ctx) = lab();
    let config = crate::workflows::flow_lab::Config::Route("partner.example".into());
    lab.told(&Note::TestSignIn(Box::new(config)), &mut ctx);
    assert!(lab.open && lab.came);
    lab.act(Action::Submit, &mut ctx);
    let LabEffect::Start { want, .. } = started(&mut ctx) else { panic!() };
    assert!(matches!(*want, Want::Idp { .. }), "{want:?}");
}

#[test]
fn the_token_of_the_run_before_is_there_only_when_one_is_held() {
    let (mut lab, mut ctx) = lab();
    lab.trial.form.choose("kind", "exchange");
    lab.trial.form.choose("from", "held");
    lab.act(Action::Submit, &mut ctx);
    assert!(ctx.effects.iter().all(|effect| !matches!(effect, Effect::Lab(_))));
    lab.left.token = true;
    lab.act(Action::Submit, &mut ctx);
    assert!(matches!(started(&mut ctx), LabEffect::Start { with_held: true, .. }));
}
