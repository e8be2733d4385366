//! The forms behind a person's actions.

use crate::console::overlays::ask::{Ask, Subject};
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::{MembershipId, Text};
use crate::workflows::intent::{AccessEdit, Intent};

/// The one member that a form is about.
fn one(subject: &Subject) -> Result<MembershipId, String> {
    subject.members.first().cloned().ok_or_else(|| "Nobody is selected.".to_owned())
}

fn policies() -> Field {
    Field::choice("policy", "policy", Vec::new(), None)
        .hint("Space goes through them")
        .required("Choose one of the project's policies.")
}

/// Another access policy.
pub(super) fn policy(subject: Subject) -> Ask {
    let form = Form::new(vec![
        Field::choice(
            "what",
            "do",
            vec![
                Choice { value: "set".into(), words: "give a policy".into(), help: String::new() },
                Choice {
                    value: "clear".into(),
                    words: "take it away".into(),
                    help: "then every ordinary record is open".into(),
                },
            ],
            Some("set"),
        ),
        policies().when("what", &["set"]),
    ]);
    Ask::new("Access policy", subject, form, |subject, form| {
        let policy = form.given("policy").map(Text::from);
        Ok(Intent::Policy { members: subject.members.clone(), policy })
    })
    .about("What a member may read and write. It holds at once, in running sessions too.")
    .offering_policies("policy")
}

/// A parameterised policy more or less.
pub(super) fn access(subject: Subject) -> Ask {
    let form = Form::new(vec![
        Field::choice(
            "what",
            "do",
            vec![
                Choice { value: "add".into(), words: "add a policy".into(), help: String::new() },
                Choice { value: "remove".into(), words: "take one away".into(), help: String::new() },
            ],
            Some("add"),
        ),
        policies(),
        Field::text("parameters", "parameters", "")
            .hint("name=value, name=Type/id; empty for none")
            .check(|typed| AccessEdit::parameters(typed).err())
            .when("what", &["add"]),
    ]);
    Ask::new("More access", subject, form, |subject, form| {
        let policy = Text::from(form.given("policy").unwrap_or_default());
        let edit = if form.value("what") == "add" {
            AccessEdit::Add { policy, parameters: AccessEdit::parameters(form.value("parameters"))? }
        } else {
            AccessEdit::Remove { policy }
        };
        Ok(Intent::Access { member: one(subject)?, edit })
    })
    .about("Policies besides the plain one, with the values of their parameters.")
    .offering_policies("policy")
}

/// The SCIM user name.
pub(super) fn user_name(subject: Subject) -> Ask {
    let form = Form::new(vec![Field::text("name", "user name", "").hint("empty clears it")]);
    Ask::new("User name", subject, form, |subject, form| {
        Ok(Intent::UserName { member: one(subject)?, user_name: form.given("name").map(Text::from) })
    })
    .about("The name that SCIM clients know the member by; one member's in a project.")
}
