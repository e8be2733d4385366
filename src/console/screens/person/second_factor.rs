//! The forms about a person's second factor and about their leaving.

use crate::console::overlays::ask::{Ask, Subject};
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::{Factor, Text};
use crate::workflows::intent::Intent;

fn choice(value: &str, words: &str, help: &str) -> Choice {
    Choice { value: value.to_owned(), words: words.to_owned(), help: help.to_owned() }
}

/// Which factor, and how it was checked who asks. `sessions`: this role can end the person's sessions too.
pub(super) fn reset(subject: Subject, sessions: bool) -> Ask {
    let mut fields = vec![
        Field::text("checked", "identity check", "")
            .hint("called back on the number on file, seen in person …")
            .required("Say how it was checked who asks; it goes to the journal."),
        Field::choice(
            "factor",
            "factor",
            vec![choice("totp", Factor::Totp.words(), ""), choice("email", Factor::Email.words(), "")],
            Some("totp"),
        ),
    ];
    if sessions {
        fields.push(Field::choice(
            "sessions",
            "sessions",
            vec![
                choice("keep", "stay alive", "right for a lost phone"),
                choice("end", "are ended", "right when somebody else may be signed in"),
            ],
            Some("keep"),
        ));
    }
    Ask::new("Reset a factor", subject, Form::new(fields), |subject, form| {
        let factor = if form.value("factor") == "email" { Factor::Email } else { Factor::Totp };
        let checked = Text::from(form.given("checked").unwrap_or_default());
        let end_sessions = form.value("sessions") == "end";
        Ok(Intent::each(subject.members.clone(), |member| {
            let checked = checked.clone();
            Intent::ResetFactor { member, factor, checked, end_sessions }
        }))
    })
    .about("Make sure first that it is the person who asks: a factor is what keeps others out.")
}

/// Whether the external id goes too.
pub(super) fn offboard(subject: Subject) -> Ask {
    let choices = vec![
        choice("keep", "keep", "works again after letting them in"),
        choice("clear", "clear", "free for somebody else"),
    ];
    let fields = vec![Field::choice("id", "external id", choices, Some("keep"))];
    Ask::new("Offboard", subject, Form::new(fields), |subject, form| {
        let clear_external_id = form.value("id") == "clear";
        Ok(Intent::each(subject.members.clone(), |member| Intent::Offboard { member, clear_external_id }))
    })
    .about("Keeps the person out of every project that you reach, and says what is left to do by others.")
}
