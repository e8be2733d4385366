use super::*;
use crate::console::effect::Effect;
use crate::console::model::tests::{asked, ctx};
use crate::identity::{IdentityProvider, Text};

fn draft() -> RouteDraft {
    RouteDraft {
        domain: "partner.example".into(),
        provider: IdentityProvider {
            authorize_url: "https://idp.example/authorize".into(),
            token_url: "https://idp.example/token".into(),
            user_info_url: "https://idp.example/userinfo".into(),
            client_id: "c".into(),
            use_subject: None,
            identity_source: None,
            identity_mapping_mode: None,
            token_auth_method: None,
            use_pkce: None,
            user_info_mode: None,
            user_info_key_set: false,
        },
        issuer: None,
        post_login: Vec::new(),
    }
}

fn check(id: CheckId, outcome: Outcome) -> Check {
    Check { id, outcome, said: "So it is.".to_owned(), next: String::new(), exchanges: Vec::new() }
}

fn report(wrong: CheckId) -> Box<RouteReport> {
    let outcome = |id| if id == wrong { Outcome::Failed } else { Outcome::Passed };
    let checks = CheckId::ALL.iter().map(|id| check(*id, outcome(*id))).collect();
    Box::new(RouteReport { draft: draft(), at: Timestamp::UNIX_EPOCH, checks })
}

fn opened() -> (RouteTest, Ctx) {
    let mut ctx = ctx(None);
    let mut test = RouteTest::new(draft(), Some(Secret::from("hunter2-hunter2")), None);
    test.entered(&mut ctx);
    (test, ctx)
}

#[test]
fn it_asks_once_and_again_only_when_told() {
    let (mut test, mut ctx) = opened();
    assert!(matches!(asked(&mut ctx)[..], [Question::RouteTest(_)]));
    test.entered(&mut ctx);
    assert_eq!(asked(&mut ctx), []);
    assert!(matches!(test.availability(Action::TestAgain, None), Availability::Disabled(_)));
    test.answered(Slot::RouteTest, Answer::RouteTested(report(CheckId::Redirect)), &mut ctx);
    test.act(Action::TestAgain, &mut ctx);
    assert!(matches!(asked(&mut ctx)[..], [Question::RouteTest(_)]));
}

// S2
#[test]
fn the_secret_shows_nowhere() {
    let (test, mut ctx) = opened();
    assert!(!format!("{test:?}{:?}", asked(&mut ctx)).contains("hunter2"));
}

#[test]
fn checks_come_one_by_one_and_stand_in_their_order() {
    let (mut test, mut ctx) = opened();
    for id in [CheckId::Keys, CheckId::DomainForm, CheckId::Keys] {
        let check = Box::new(check(id, Outcome::Passed));
        test.answered(Slot::RouteTest, Answer::RouteChecked(check), &mut ctx);
    }
    let ids: Vec<CheckId> = test.checks.iter().map(|check| check.id).collect();
    assert_eq!(ids, [CheckId::DomainForm, CheckId::Keys]);
}

#[test]
fn what_failed_is_looked_at_first_unless_somebody_looks_elsewhere() {
    let (mut test, mut ctx) = opened();
    test.answered(Slot::RouteTest, Answer::RouteTested(report(CheckId::Redirect)), &mut ctx);
    assert_eq!(test.selected(), CheckId::Redirect);
    let (mut test, mut ctx) = opened();
    test.act(Action::CheckDown, &mut ctx);
    test.answered(Slot::RouteTest, Answer::RouteTested(report(CheckId::Redirect)), &mut ctx);
    assert_eq!(test.selected(), CheckId::ALL[1]);
    test.act(Action::CheckFailed, &mut ctx);
    assert_eq!(test.selected(), CheckId::Redirect);
    test.act(Action::CheckFailed, &mut ctx);
    assert_eq!(test.selected(), CheckId::Redirect, "there is no other");
}

#[test]
fn esc_stops_a_running_test_and_keeps_what_was_found() {
    let (mut test, mut ctx) = opened();
    let found = Box::new(check(CheckId::DomainForm, Outcome::Failed));
    test.answered(Slot::RouteTest, Answer::RouteChecked(found), &mut ctx);
    assert_eq!(test.label(Action::Close), Some("stop"));
    test.act(Action::Close, &mut ctx);
    assert!(ctx.effects.iter().any(|effect| matches!(effect, Effect::Cancel { slot: Slot::RouteTest })));
    assert!(test.running.is_none() && test.checks.len() == 1);
    assert!(test.failure.as_ref().unwrap().to_string().contains("stopped"));
}

#[test]
fn the_report_is_copied_as_text_when_it_is_whole() {
    let (mut test, mut ctx) = opened();
    assert!(matches!(test.availability(Action::DialogCopy, None), Availability::Disabled(_)));
    test.answered(Slot::RouteTest, Answer::RouteTested(report(CheckId::Redirect)), &mut ctx);
    test.act(Action::DialogCopy, &mut ctx);
    let copied = ctx.effects.iter().find_map(|effect| match effect {
        Effect::Copy { text, .. } => Some(text.clone()),
        _ => None,
    });
    let copied = copied.unwrap();
    assert!(copied.contains("44 passed · 1 failed"), "{copied}");
    assert!(!copied.contains(Text::from("hunter2").raw()));
}
