//! L2: what the sign-in screen asks for, without a runtime.

use super::*;
use crate::config::{BaseUrl, StoreKind};
use crate::console::key::parse_typed;
use crate::console::slot::Slots;
use crate::identity::Text;

fn ctx() -> Ctx {
    Ctx {
        layouts: std::sync::Arc::default(),
        now: Timestamp::UNIX_EPOCH,
        session: None,
        slots: Slots::default(),
        effects: Vec::new(),
        wishes: Vec::new(),
        writes_begun: 0,
    }
}

fn connection(name: &str, method: Method) -> Connection {
    let url = BaseUrl::parse("https://api.clinic.example/").unwrap();
    Connection::new(name, url, method, StoreKind::Memory)
}

fn told(screen: &mut SignIn, msg: SignInMsg) -> Vec<Effect> {
    let mut ctx = ctx();
    screen.told(msg, &mut ctx);
    ctx.effects
}

fn act(screen: &mut SignIn, action: Action) -> Vec<Effect> {
    assert_eq!(screen.availability(action, None), Availability::Ready, "{action:?}");
    let mut ctx = ctx();
    screen.act(action, &mut ctx);
    ctx.effects
}

fn typed(screen: &mut SignIn, keys: &str) {
    for key in parse_typed(keys).unwrap() {
        screen.typed(key, &mut ctx());
    }
}

fn loaded(connections: Vec<Connection>, meant: Option<&str>) -> (SignIn, Vec<Effect>) {
    let mut screen = SignIn::default();
    let meant = meant.map(str::to_owned);
    let effects = told(&mut screen, SignInMsg::Connections { found: Ok(connections), meant, saved: None });
    (screen, effects)
}

fn only(effects: &[Effect]) -> &SignInEffect {
    match effects {
        [Effect::SignIn(effect)] => effect,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_connection_that_is_meant_continues_its_session_by_itself() {
    let clinic = connection("clinic", Method::Direct);
    let (_, effects) = loaded(vec![clinic.clone()], Some("clinic"));
    assert_eq!(only(&effects), &SignInEffect::Resume { attempt: Attempt(1), connection: Box::new(clinic) });
}

#[test]
fn a_reload_of_the_connections_starts_nothing() {
    let (mut screen, _) = loaded(vec![connection("clinic", Method::Direct)], None);
    let again = vec![connection("clinic", Method::Direct)];
    let meant = Some("clinic".to_owned());
    assert_eq!(told(&mut screen, SignInMsg::Connections { found: Ok(again), meant, saved: None }), []);
}

#[test]
fn a_connection_opens_on_its_own_way_in_and_starts_it() {
    let (mut screen, _) = loaded(vec![connection("clinic", Method::Paste)], Some("clinic"));
    told(&mut screen, SignInMsg::NothingStored { attempt: Attempt(1) });
    let effects = act(&mut screen, Action::SignInStart);
    let SignInEffect::Start { method, attempt, .. } = only(&effects) else { panic!("{effects:?}") };
    assert_eq!((*method, *attempt), (Method::Paste, Attempt(2)));
}

#[test]
fn email_and_password_go_out_together_and_only_once() {
    let (mut screen, _) = loaded(vec![connection("clinic", Method::Direct)], Some("clinic"));
    told(
        &mut screen,
        SignInMsg::Step { attempt: Attempt(1), step: Step::Password { email: None, wrong: None } },
    );
    typed(&mut screen, "pat@clinic.example");
    // The password is still missing: the cursor goes there instead.
    assert_eq!(act(&mut screen, Action::Submit), []);
    typed(&mut screen, " correct horse ");
    let effects = act(&mut screen, Action::Submit);
    let reply =
        Reply::Password { email: "pat@clinic.example".into(), password: Secret::new(" correct horse ") };
    assert_eq!(only(&effects), &SignInEffect::Reply { attempt: Attempt(1), reply });
    // S2
    assert!(!format!("{effects:?}").contains("horse"));
    assert_eq!(act(&mut screen, Action::Submit), []);
}

#[test]
fn a_connection_that_names_an_email_asks_for_the_password_first() {
    let clinic =
        Connection { email: Some("pat@clinic.example".into()), ..connection("clinic", Method::Direct) };
    let (mut screen, _) = loaded(vec![clinic], Some("clinic"));
    told(
        &mut screen,
        SignInMsg::Step { attempt: Attempt(1), step: Step::Password { email: None, wrong: None } },
    );
    typed(&mut screen, "secret-12");
    let effects = act(&mut screen, Action::Submit);
    let reply = Reply::Password { email: "pat@clinic.example".into(), password: Secret::new("secret-12") };
    assert_eq!(only(&effects), &SignInEffect::Reply { attempt: Attempt(1), reply });
}

// D8
#[test]
fn cancelling_stops_the_flow_and_its_late_news_is_dropped() {
    let (mut screen, _) = loaded(vec![connection("clinic", Method::Browser)], Some("clinic"));
    let effects = act(&mut screen, Action::SignInCancel);
    assert_eq!(only(&effects), &SignInEffect::Cancel { attempt: Attempt(1) });
    let step = Step::Browser { url: Text::from("https://x.example"), until: None, opened: true };
    told(&mut screen, SignInMsg::Step { attempt: Attempt(1), step });
    assert!(matches!(screen.stage, Stage::Methods));
    assert!(!screen.is_current(Attempt(1)));
}

#[test]
fn the_membership_that_is_selected_is_chosen() {
    let (mut screen, _) = loaded(vec![connection("clinic", Method::Direct)], Some("clinic"));
    let memberships = ["a", "b"]
        .map(|id| Candidate { id: id.into(), project: Text::from(id), profile: Text::default() })
        .to_vec();
    told(&mut screen, SignInMsg::Step { attempt: Attempt(1), step: Step::Choose { memberships } });
    act(&mut screen, Action::Down);
    let effects = act(&mut screen, Action::SignInStart);
    let reply = Reply::Membership("b".into());
    assert_eq!(only(&effects), &SignInEffect::Reply { attempt: Attempt(1), reply });
}

#[test]
fn the_device_way_at_an_idp_is_offered_only_where_one_is_set_up() {
    let (screen, _) = loaded(vec![connection("clinic", Method::Direct)], Some("clinic"));
    assert!(!screen.methods().contains(&Method::DeviceExchange));
    assert!(!screen.methods().contains(&Method::Environment));
}

#[test]
fn a_clock_on_the_screen_asks_to_be_woken_each_second_until_it_is_over() {
    let (mut screen, _) = loaded(vec![connection("clinic", Method::Browser)], Some("clinic"));
    let at = |second| Timestamp::from_second(second).unwrap();
    let step = Step::Browser { url: Text::from("https://x.example"), until: Some(at(10)), opened: true };
    told(&mut screen, SignInMsg::Step { attempt: Attempt(1), step });
    assert_eq!(screen.next_change(at(4)), Some(at(5)));
    assert_eq!(screen.next_change(at(10)), None);
}
