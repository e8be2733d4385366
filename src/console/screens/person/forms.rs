//! The forms behind a person's actions.

use crate::console::overlays::ask::{Ask, Subject};
use crate::console::widgets::form::{Choice, Field, Form};
use crate::identity::{Email, MembershipId, ProjectId, Text};
use crate::workflows::intent::account::password_problem;
use crate::workflows::intent::{AccessEdit, Intent, Invite, ProfileKind};

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
    .offering_policies("policy", None)
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
        Ok(Intent::each(subject.members.clone(), |member| Intent::Access { member, edit: edit.clone() }))
    })
    .about("Policies besides the plain one, with the values of their parameters.")
    .offering_policies("policy", None)
}

/// The SCIM user name.
pub(super) fn user_name(subject: Subject) -> Ask {
    let form = Form::new(vec![Field::text("name", "user name", "").hint("empty clears it")]);
    Ask::new("User name", subject, form, |subject, form| {
        Ok(Intent::UserName { member: one(subject)?, user_name: form.given("name").map(Text::from) })
    })
    .about("The name that SCIM clients know the member by; one member's in a project.")
    .opening_with("name", |membership| membership.user_name.as_ref())
}

/// A password, twice.
pub(super) fn password(subject: Subject) -> Ask {
    let form = Form::new(vec![
        Field::secret("password", "password").required("Type a password.").check(password_problem),
        Field::secret("again", "once more").required("Type it once more."),
    ]);
    Ask::new("Set password", subject, form, |subject, form| {
        if form.value("password") != form.value("again") {
            return Err("The two are not the same.".to_owned());
        }
        Ok(Intent::SetPassword { member: one(subject)? })
    })
    .about("It is sent once and kept nowhere, not in the journal either.")
    .with_secret("password")
}

/// Where the account exists.
pub(super) fn rescope(subject: Subject) -> Ask {
    let choice = |value: &str, words: &str, help: &str| Choice {
        value: value.to_owned(),
        words: words.to_owned(),
        help: help.to_owned(),
    };
    let scopes = vec![
        choice("server", "server-scoped", "one account for many projects"),
        choice("project", "project-scoped", "super admins only"),
    ];
    let form = Form::new(vec![Field::choice("scope", "make it", scopes, Some("server"))]);
    Ask::new("Scope of the account", subject, form, |subject, form| {
        Ok(Intent::Rescope { member: one(subject)?, to_server: form.value("scope") == "server" })
    })
    .about("A server-scoped account is hidden from project admins; only a super admin brings it back.")
}

/// Somebody new. `own`: a membership of the project, by which its policies are found. `projects`: for a super admin,
/// those that there are, the likely one first.
pub fn invite(own: MembershipId, projects: Vec<ProjectId>) -> Ask {
    let choice = |value: &str, words: &str, help: &str| Choice {
        value: value.to_owned(),
        words: words.to_owned(),
        help: help.to_owned(),
    };
    let kinds = vec![
        choice("Practitioner", "Practitioner", "staff"),
        choice("Patient", "Patient", ""),
        choice("RelatedPerson", "RelatedPerson", "somebody close to a patient"),
    ];
    let scopes = vec![
        choice("", "as usual", "patients here, others everywhere"),
        choice("server", "server-scoped", "one account for many projects"),
        choice("project", "project-scoped", "an account of this project alone"),
    ];
    let factor = vec![
        choice("no", "not required", ""),
        choice("yes", "required", "of a new user; one that exists stays as it is"),
    ];
    let upsert = vec![
        choice("no", "refuse", "nothing is changed"),
        choice("yes", "update", "the membership that is there"),
    ];
    let address = |typed: &str| Email::parse(typed.trim()).err().map(|error| error.to_string());
    let policy = if projects.is_empty() {
        Field::choice("policy", "policy", vec![choice("", "the project's default", "")], Some(""))
    } else {
        // The project is chosen in the form, so its policies are not known beforehand.
        Field::text("policy", "policy", "").hint("its name or id; empty for the project's default")
    };
    let mut fields = vec![
        Field::text("first", "first name", "").required("A first name is needed."),
        Field::text("last", "last name", "").required("A last name is needed."),
        Field::text("email", "email", "").hint("to sign in with; or an external id").check(address),
        Field::text("id", "external id", "").hint("the subject at the identity provider"),
        Field::choice("kind", "is a", kinds, Some("Practitioner")),
        Field::text("patient", "of", "").hint("Patient/…").when("kind", &["RelatedPerson"]),
        Field::choice("scope", "account", scopes, Some("")),
        policy,
        Field::text("access", "more access", "")
            .hint("policy:name=value,…; several by ;")
            .check(|typed| AccessEdit::policies(typed).err()),
        Field::yes_no("admin", "project admin", false, ""),
        Field::choice("mfa", "second factor", factor, Some("no")),
        Field::text("profile", "profile", "").hint("an existing one, Practitioner/…"),
        Field::yes_no("mail", "send mail", true, ""),
        Field::choice("upsert", "if a member", upsert, Some("no")),
    ];
    if let Some(likely) = projects.first() {
        let choices = projects.iter().map(|id| choice(id.as_str(), id.as_str(), "")).collect();
        fields.insert(4, Field::choice("project", "into", choices, Some(likely.as_str())));
    }
    let form = Form::new(fields);
    let subject = Subject { name: "somebody new".into(), members: vec![own] };
    let ask = Ask::new("Invite", subject, form, |_, form| {
        let given = |id: &str| form.given(id).map(Text::from);
        let kind = match form.value("kind") {
            "Patient" => ProfileKind::Patient,
            "RelatedPerson" => ProfileKind::RelatedPerson,
            _ => ProfileKind::Practitioner,
        };
        if form.given("email").is_none() && form.given("id").is_none() {
            return Err("An email or an external id is needed, by which the person signs in.".to_owned());
        }
        Ok(Intent::Invite(Box::new(Invite {
            project: form.given("project").map(ProjectId::from),
            kind,
            first_name: given("first").unwrap_or_default(),
            last_name: given("last").unwrap_or_default(),
            email: given("email"),
            external_id: given("id"),
            server: match form.value("scope") {
                "server" => Some(true),
                "project" => Some(false),
                _ => None,
            },
            policy: given("policy"),
            access: AccessEdit::policies(form.value("access"))?,
            admin: form.says_yes("admin"),
            mfa_required: form.says_yes("mfa"),
            patient: given("patient"),
            profile: given("profile"),
            send_email: form.says_yes("mail"),
            upsert: form.says_yes("upsert"),
        })))
    });
    if projects.is_empty() {
        ask.offering_policies("policy", Some("the project's default"))
    } else {
        ask.offering_projects("project", projects)
    }
}
