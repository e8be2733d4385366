//! The steps and the files of the assistant, without a platform.

use jiff::Timestamp;
use rstest::rstest;

use super::*;
use crate::config::Paths;
use crate::identity::domain::Domain;
use crate::identity::route_test::Outcome;
use crate::identity::sign_in::impact::Counts;

const PLATFORM: &str = "https://api.clinic.example/";

fn now() -> Timestamp {
    "2026-03-01T09:00:00Z".parse().unwrap()
}

fn begun() -> State {
    State::new(PLATFORM, &Domain::parse("Partner.Example").unwrap(), now())
}

fn discovered(state: &mut State) {
    let found = Discovered {
        authorize_url: "https://id.partner.example/authorize".into(),
        token_url: "https://id.partner.example/token".into(),
        user_info_url: "https://id.partner.example/userinfo".into(),
        token_auth_method: None,
        notes: Vec::new(),
    };
    state.discovered = Some(state.mark(StepId::Provider, now(), found));
}

fn set(state: &mut State, field: Field, value: &str) {
    assert!(state.set(field, value, now()).unwrap(), "{field:?} {value}");
}

/// Everything answered and done.
fn finished() -> State {
    let mut state = begun();
    set(&mut state, Field::Idp, "other");
    set(&mut state, Field::Place, "https://id.partner.example");
    discovered(&mut state);
    set(&mut state, Field::OurContact, "it@clinic.example");
    state.handed_over = Some(state.mark(StepId::HandOver, now(), HandedOver { to: "clipboard".into() }));
    set(&mut state, Field::ClientId, "clinic");
    let tested = Tested { outcome: Outcome::Passed, passed: 20, failed: vec![], warned: vec![] };
    state.tested = Some(state.mark(StepId::Tests, now(), tested));
    let signed_in = SignedIn { worked: true, said: "wendy.wu@partner.example would sign in".to_owned() };
    state.signed_in = Some(state.mark(StepId::SignIn, now(), signed_in));
    let counts = Counts { members: 3, ..Counts::default() };
    state.impact = Some(state.mark(StepId::Impact, now(), counts));
    state.people = Some(state.mark(StepId::People, now(), PeopleLeft { members: 3, left: 0 }));
    state.saved = Some(state.mark(StepId::Save, now(), Saved::Route { entry: 7 }));
    state.watched = Some(state.mark(StepId::Watch, now(), Watched { people: 2, last: Some(now()) }));
    state
}

fn states(state: &State) -> Vec<&'static str> {
    steps(state).iter().map(|step| step.state.id()).collect()
}

#[test]
fn at_the_beginning_everything_but_the_domain_is_to_be_done_and_says_what_is_missing() {
    let state = begun();
    assert_eq!(
        states(&state),
        ["done", "open", "waits", "open", "waits", "waits", "waits", "waits", "waits", "waits"]
    );
    let first = next(&state).unwrap();
    assert_eq!(first.id, StepId::Provider);
    assert!(first.state.words().contains("Okta") && first.state.words().contains("Google Workspace"));
    assert_eq!(state.step(StepId::Tests).words(), "Identity provider comes first.");
    assert_eq!(state.draft(), None);
}

#[test]
fn at_the_end_every_step_is_done_and_the_route_is_the_one_that_was_tested() {
    let state = finished();
    assert!(states(&state).iter().all(|word| *word == "done"), "{:?}", steps(&state));
    assert_eq!(next(&state), None);
    let draft = state.draft().unwrap();
    assert_eq!(draft.issuer.unwrap().raw(), "https://id.partner.example");
    assert_eq!(draft.provider.token_url.raw(), "https://id.partner.example/token");
}

#[test]
fn another_answer_makes_the_later_steps_stale_and_the_same_one_makes_them_fresh_again() {
    let mut state = finished();
    set(&mut state, Field::ClientId, "another");
    assert_eq!(
        states(&state),
        ["done", "done", "done", "done", "stale", "stale", "stale", "waits", "waits", "waits"]
    );
    set(&mut state, Field::ClientId, "clinic");
    assert_eq!(next(&state), None);
    set(&mut state, Field::Place, "https://login.partner.example");
    assert_eq!(states(&state)[1], "stale", "another provider has to be asked");
    assert_eq!(state.draft(), None, "addresses of the old one are not the new one's");
    set(&mut state, Field::Place, "https://id.partner.example");
    set(&mut state, Field::OurContact, "help@clinic.example");
    assert_eq!(states(&state)[2], "stale", "the text says something else");
    assert_eq!(states(&state)[4], "done", "a contact is none of the route's");
}

#[test]
fn what_went_wrong_stands_in_the_way_until_it_is_mended() {
    let mut state = finished();
    let failed = Tested {
        outcome: Outcome::Failed,
        passed: 3,
        failed: vec!["the issuer is another one".to_owned()],
        warned: vec![],
    };
    state.tested = Some(state.mark(StepId::Tests, now(), failed));
    state.saved = None;
    state.watched = None;
    assert_eq!(state.step(StepId::Tests).id(), "wrong");
    assert!(state.step(StepId::Tests).words().contains("the issuer is another one"));
    assert_eq!(state.step(StepId::Save), StepState::Waits(StepId::Tests));
}

#[test]
fn a_step_can_be_left_out_for_a_reason_until_the_answers_change() {
    let mut state = finished();
    state.signed_in = None;
    state.skip(StepId::SignIn, "nobody there has time before Monday", now()).unwrap();
    assert!(state.step(StepId::SignIn).is_settled());
    set(&mut state, Field::ClientId, "another");
    assert_eq!(state.step(StepId::SignIn).id(), "open", "it was about another route");
    assert!(state.skip(StepId::Tests, "in a hurry", now()).is_err(), "nothing is written untested");
    assert!(state.skip(StepId::People, " ", now()).is_err());
}

#[rstest]
#[case(Field::Idp, "ldap", "none of okta")]
#[case(Field::Place, "id.partner.example", "begins with https://")]
#[case(Field::ClientId, "GOCSPX-abcdefghijkl", "client secret")]
#[case(Field::AuthMethod, "none", "client_secret_basic")]
#[case(Field::TokenUrl, "http://id.partner.example/token", "https://")]
#[case(Field::OurContact, "it\u{202e}", "hidden character")]
fn a_bad_answer_is_refused_and_changes_nothing(#[case] field: Field, #[case] value: &str, #[case] why: &str) {
    let mut state = finished();
    let before = state.clone();
    let refused = state.set(field, value, now()).unwrap_err();
    assert!(refused.why.contains(why), "{}", refused.why);
    assert_eq!(state, before);
}

#[test]
fn another_kind_of_provider_does_not_keep_an_address_that_says_nothing_there() {
    let mut state = begun();
    set(&mut state, Field::Idp, "okta");
    set(&mut state, Field::Place, "partner.okta.com");
    set(&mut state, Field::Idp, "entra");
    assert_eq!(state.answers.place, None);
    assert!(state.step(StepId::Provider).words().contains("tenant"));
    assert!(state.step(StepId::Provider).words().contains("The text for the partner asks for it"));
    set(&mut state, Field::Idp, "google");
    assert_eq!(state.issuer().as_deref(), Some("https://accounts.google.com"));
}

#[test]
fn addresses_typed_by_hand_count_where_a_provider_has_no_discovery() {
    let mut state = begun();
    set(&mut state, Field::Idp, "other");
    for (field, end) in
        [(Field::AuthorizeUrl, "authorize"), (Field::TokenUrl, "token"), (Field::UserInfoUrl, "userinfo")]
    {
        set(&mut state, field, &format!("https://old.partner.example/{end}"));
    }
    assert!(state.step(StepId::Provider).is_settled());
    set(&mut state, Field::ClientId, "clinic");
    assert_eq!(state.draft().unwrap().provider.user_info_url.raw(), "https://old.partner.example/userinfo");
}

// platform-api §11, §9.4
#[rstest]
#[case(Idp::Okta)]
#[case(Idp::Entra)]
#[case(Idp::Auth0)]
#[case(Idp::Google)]
#[case(Idp::Keycloak)]
#[case(Idp::Other)]
fn the_text_for_the_partner_has_all_they_need_and_no_secret(#[case] idp: Idp) {
    let mut state = begun();
    state.answers.idp = Some(idp);
    set(&mut state, Field::OurContact, "it@clinic.example");
    let text = hand_over(&state);
    for part in [
        "https://api.clinic.example/auth/external",
        "openid profile email",
        "partner.example",
        "never by mail",
        "it@clinic.example",
        "to be named",
        idp.name(),
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    if let Some((what, _)) = idp.place() {
        assert!(text.contains(what), "it asks for what is missing:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 170), "{text}");
    assert!(!idp.hints().is_empty());
}

// S1
#[test]
fn the_text_for_the_partner_drives_no_terminal() {
    let mut state = begun();
    // Nothing of the kind can be typed, but a file can be edited.
    state.answers.their_contact = Some("Eve\u{1b}[2J".into());
    assert!(hand_over(&state).contains("Eve\\x1b[2J"));
}

struct Disk {
    folder: tempfile::TempDir,
    store: Store,
}

fn disk() -> Disk {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(&Paths::under(folder.path()), &PLATFORM.parse().unwrap());
    Disk { folder, store }
}

#[test]
fn a_state_is_kept_whole_private_and_comes_back_as_it_was() {
    let disk = disk();
    assert!(disk.store.list().unwrap().is_empty());
    let mut state = finished();
    disk.store.keep(&mut state).unwrap();
    assert_eq!(disk.store.load("partner.example").unwrap().unwrap(), state);
    let path = disk.store.path("partner.example");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
    }
    assert!(path.starts_with(disk.folder.path().join("data/onboarding/api.clinic.example")));
    let listed = disk.store.list().unwrap();
    assert_eq!((listed.len(), listed[0].domain.as_str()), (1, "partner.example"));
    // Another platform has states of its own.
    let other = Store::new(&Paths::under(disk.folder.path()), &"http://127.0.0.1:8103/".parse().unwrap());
    assert!(other.load("partner.example").unwrap().is_none());
}

#[test]
fn what_another_window_has_kept_is_not_overwritten() {
    let disk = disk();
    let mut mine = begun();
    disk.store.keep(&mut mine).unwrap();
    let mut theirs = disk.store.load("partner.example").unwrap().unwrap();
    set(&mut theirs, Field::Idp, "okta");
    disk.store.keep(&mut theirs).unwrap();
    set(&mut mine, Field::Idp, "google");
    assert!(matches!(disk.store.keep(&mut mine), Err(NotKept::Changed { .. })));
    assert_eq!(disk.store.load("partner.example").unwrap().unwrap(), theirs);
    // Who begins anew where something is does not overwrite it either.
    assert!(matches!(disk.store.keep(&mut begun()), Err(NotKept::Changed { .. })));
}

#[rstest]
#[case("", "it is empty")]
#[case("{\"version\": 1, \"doma", "EOF")]
#[case("{\"version\": \"one\"}", "has no number")]
#[case("{\"domain\": \"partner.example\", \"idp\": \"okta\"}", "older idconsole (form 0")]
#[case("{\"version\": 2}", "newer idconsole (form 2")]
#[case("{\"version\": 1}", "missing field")]
#[case("[]", "missing field")]
#[case("\u{0}", "cannot be read")]
fn a_file_that_cannot_be_taken_up_is_named_kept_and_set_aside(#[case] text: &str, #[case] why: &str) {
    let disk = disk();
    let mut state = begun();
    disk.store.keep(&mut state).unwrap();
    let path = disk.store.path("partner.example");
    std::fs::write(&path, text).unwrap();
    let broken = disk.store.load("partner.example").unwrap_err().to_string();
    let expected = if text == "[]" { "older" } else { why };
    assert!(broken.contains(expected), "{broken}");
    assert!(broken.contains(path.to_str().unwrap()), "{broken}");
    assert!(matches!(disk.store.keep(&mut state), Err(NotKept::Broken(_))), "it is not overwritten");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(disk.store.list().unwrap().len(), 1, "it is listed");
    let aside = disk.store.set_aside("partner.example", now()).unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(&aside).unwrap(), text, "nothing is lost");
    disk.store.keep(&mut begun()).unwrap();
    std::fs::write(&path, text).unwrap();
    let second = disk.store.set_aside("partner.example", now()).unwrap().unwrap();
    assert_ne!(aside, second, "nor the first one when it happens twice");
}

// S2
#[test]
fn a_secret_that_was_edited_into_a_file_is_not_read() {
    let disk = disk();
    let mut state = finished();
    disk.store.keep(&mut state).unwrap();
    let path = disk.store.path("partner.example");
    let text = std::fs::read_to_string(&path).unwrap();
    let edited = text.replace("\"answers\": {", "\"answers\": { \"client_secret\": \"hunter2-hunter2\",");
    std::fs::write(&path, edited).unwrap();
    let broken = disk.store.load("partner.example").unwrap_err();
    assert!(matches!(&broken, Broken::Secret { field, .. } if field == "answers.client_secret"), "{broken}");
    assert!(!broken.to_string().contains("hunter2"));
}

#[test]
fn a_file_of_another_domain_or_with_unknown_fields_is_damaged() {
    let disk = disk();
    let mut state = finished();
    disk.store.keep(&mut state).unwrap();
    let path = disk.store.path("partner.example");
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to, why) in [
        ("\"domain\": \"partner.example\"", "\"domain\": \"other.example\"", "about other.example"),
        ("\"answers\": {", "\"colour\": \"red\", \"answers\": {", "unknown field"),
        ("https://api.clinic.example/", "https://evil.example/", "about the platform"),
    ] {
        assert!(text.contains(from), "{text}");
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let broken = disk.store.load("partner.example").unwrap_err().to_string();
        assert!(broken.contains(why), "{broken}");
    }
}
