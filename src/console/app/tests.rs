//! L2: what a message changes and which effects it has.

use super::*;
use crate::config::ReadOnly;
use crate::console::action::Availability;
use crate::console::effect::Answer;
use crate::console::failure::Failure;
use crate::console::session::tests::pat;
use crate::console::slot::Slot;
use crate::identity::Role as Power;

fn app(session: Option<Session>) -> App {
    let mut app = App::new(Look::default(), Timestamp::UNIX_EPOCH);
    if let Some(session) = session {
        app.signed_in(session);
    }
    app.take_dirty();
    app
}

fn press(app: &mut App, keys: &str) -> Vec<Effect> {
    let keys = crate::console::key::parse_typed(keys).unwrap();
    keys.into_iter().flat_map(|key| app.update(Msg::Key(key), Timestamp::UNIX_EPOCH)).collect()
}

#[test]
fn leaving_waits_for_a_write_and_ends_with_its_answer() {
    let mut app = app(Some(pat()));
    let id = app.slots.begin(Slot::Apply);
    app.writing = 1;
    press(&mut app, "q");
    assert!(!app.is_finished());
    assert!(matches!(app.overlays.last(), Some(Overlay::Leaving(_))));
    // A second press does not cut it off either.
    press(&mut app, "<Ctrl-c>");
    assert!(!app.is_finished());
    let answer = Answer::Failed(Failure::new("Refused."));
    app.update(
        Msg::Answered { slot: Slot::Apply, id, answer, last: true, write: true },
        Timestamp::UNIX_EPOCH,
    );
    assert!(app.is_finished());
}

#[test]
fn whoever_decides_to_stay_stays() {
    let mut app = app(Some(pat()));
    app.writing = 1;
    press(&mut app, "q<Esc>");
    app.writing = 0;
    assert!(!app.is_finished());
}

#[test]
fn a_late_answer_changes_nothing_and_draws_nothing() {
    let mut app = app(Some(pat()));
    let old = app.slots.begin(Slot::Journal);
    let new = app.slots.begin(Slot::Journal);
    let answer = |id| Msg::Answered {
        slot: Slot::Journal,
        id,
        answer: Answer::Failed(Failure::new("Late.")),
        last: true,
        write: false,
    };
    app.update(answer(old), Timestamp::UNIX_EPOCH);
    assert!(!app.take_dirty());
    assert!(app.slots.is_open(Slot::Journal));
    app.update(answer(new), Timestamp::UNIX_EPOCH);
    assert!(app.take_dirty());
    assert!(!app.slots.is_open(Slot::Journal));
}

#[test]
fn a_write_that_fails_after_its_dialog_was_closed_is_still_told() {
    let mut app = app(Some(pat()));
    let id = app.slots.begin(Slot::Apply);
    app.writing = 1;
    let answer = Answer::Failed(Failure::new("Refused."));
    app.update(
        Msg::Answered { slot: Slot::Apply, id, answer, last: true, write: true },
        Timestamp::UNIX_EPOCH,
    );
    assert!(matches!(app.overlays.last(), Some(Overlay::Error(_))));
}

#[test]
fn read_only_connections_and_plain_members_are_told_why_they_may_not_write() {
    let read_only = app(Some(Session { read_only: Some(ReadOnly::Connection), ..pat() }));
    let member = {
        let mut session = pat();
        session.caller.role = Power::Member;
        app(Some(session))
    };
    for row in crate::console::action::TABLE {
        for (app, refused) in [(&read_only, row.flags.writes), (&member, row.flags.admin)] {
            let availability = app.availability(row.action);
            assert!(!(refused && availability == Availability::Ready), "{}: {availability:?}", row.id);
        }
    }
}

#[test]
fn signing_in_as_somebody_else_forgets_what_was_shown() {
    let mut app = app(Some(pat()));
    app.slots.begin(Slot::Journal);
    let mut other = pat();
    other.caller.membership = "m2".into();
    let effects = app.signed_in(other);
    assert!(effects.contains(&Effect::Cancel { slot: Slot::Journal }), "{effects:?}");
}

#[test]
fn focus_and_idle_clicks_draw_nothing() {
    let mut app = app(Some(pat()));
    app.update(Msg::Focused(true), Timestamp::UNIX_EPOCH);
    app.update(Msg::Clicked(ratatui::layout::Position::new(0, 0)), Timestamp::UNIX_EPOCH);
    assert!(!app.take_dirty());
}

#[test]
fn a_frame_that_is_owed_is_not_lost_to_an_answer_that_comes_too_late() {
    let mut app = app(Some(pat()));
    let id = app.slots.begin(Slot::Journal);
    app.slots.end(Slot::Journal);
    press(&mut app, "?");
    let answer = Answer::Emails(Vec::new());
    let late = Msg::Answered { slot: Slot::Journal, id, answer, last: true, write: false };
    app.update(late, Timestamp::UNIX_EPOCH);
    app.update(Msg::Focused(true), Timestamp::UNIX_EPOCH);
    assert!(app.take_dirty(), "the key has changed the screen");
}

#[test]
fn a_broken_chord_is_dropped_but_its_last_key_counts() {
    let mut app = app(Some(pat()));
    press(&mut app, "g");
    assert_eq!(app.pressed().len(), 1);
    press(&mut app, "?");
    assert!(matches!(app.overlays.last(), Some(Overlay::Help(_))));
    assert!(app.pressed().is_empty());
}

#[test]
fn letters_mean_nothing_global_while_a_dialog_is_open() {
    let mut app = app(Some(pat()));
    press(&mut app, "?q");
    assert!(!app.is_finished());
    press(&mut app, "<Ctrl-c>");
    assert!(app.is_finished());
}

#[test]
fn a_session_that_the_platform_ended_is_told_and_signing_in_again_is_offered() {
    let mut app = app(Some(crate::console::session::Session { renews: true, ..pat() }));
    let now = Timestamp::UNIX_EPOCH;
    assert!(!app.session().unwrap().is_over(now));
    let id = app.slots.begin(Slot::Members);
    let ended = Failure { signed_out: true, ended: true, ..Failure::new("You are not signed in.") };
    app.update(
        Msg::Answered { slot: Slot::Members, id, answer: Answer::Failed(ended), last: true, write: false },
        now,
    );
    assert_eq!(app.session().unwrap().words(now), "session over");
    assert!(
        app.newest_toast().is_none_or(|toast| !toast.words.starts_with("Your session is over. `")),
        "whoever asked tells it"
    );
    assert_eq!(app.availability(Action::GoSignIn), Availability::Ready);
}

// platform-api §5: client applications have no second factor.
#[test]
fn a_client_application_is_told_why_it_has_no_second_factor() {
    let mut session = pat();
    session.caller.user = None;
    let mut app = app(Some(session));
    press(&mut app, "F");
    assert!(app.overlays.is_empty());
    assert!(app.newest_toast().unwrap().words.contains("client application"));
    let mut app = self::app(Some(pat()));
    press(&mut app, "F");
    assert!(matches!(app.overlays.last(), Some(Overlay::OwnFactor(_))));
}
