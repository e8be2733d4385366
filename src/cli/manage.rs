//! What else is done with a member by command: rights, policies, user name, mail, leaving.

use std::slice::from_ref;

use serde_json::json;

use crate::identity::{MembershipId, ProjectId, Secret, Text};
use crate::workflows::intent::account::password_problem;
use crate::workflows::intent::policies::of_project;
use crate::workflows::intent::{AccessEdit, Intent, ProfileKind, plan};

use super::args::{Invite, Kind, Members, OfPeople, OfPerson, OfPolicy, Rescope, SetPassword, To, Write};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::{intent, people, users, write};

/// Whom a command is about, how it is done, and what is wanted once the members are found.
type Wanted<'a> = (&'a [String], &'a Write, Box<dyn FnOnce(Vec<MembershipId>) -> Intent + Send + 'a>);

/// The commands that lead to a plan about members.
pub async fn members(
    signed: &Signed,
    command: &Members,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (references, write, make) = wanted(command)?;
    let members = people::members(&signed.engine, references, io).await?;
    intent::run(signed, &make(members), write, context, io).await
}

/// The same for each.
fn each<'a>(
    people: &'a [String],
    write: &'a Write,
    make: impl Fn(MembershipId) -> Intent + Send + 'a,
) -> Wanted<'a> {
    (people, write, Box::new(move |members| Intent::each(members, make)))
}

fn wanted(command: &Members) -> Result<Wanted<'_>, Failure> {
    let of = |of: &OfPolicy| Text::from(of.policy.as_str());
    Ok(match command {
        Members::Promote(OfPeople { people, write }) => {
            each(people, write, |member| Intent::Admin { member, admin: true })
        }
        Members::Demote(OfPeople { people, write }) => {
            each(people, write, |member| Intent::Admin { member, admin: false })
        }
        Members::SetPolicy(command) => {
            let policy = Some(of(command));
            (&command.people, &command.write, Box::new(|members| Intent::Policy { members, policy }))
        }
        Members::ClearPolicy(OfPeople { people, write }) => {
            (people, write, Box::new(|members| Intent::Policy { members, policy: None }))
        }
        Members::AddAccess(command) => {
            let parameters = AccessEdit::parameters(&command.parameters.join(",")).map_err(Failure::usage)?;
            let edit = AccessEdit::Add { policy: of(&command.of), parameters };
            each(&command.of.people, &command.of.write, move |member| Intent::Access {
                member,
                edit: edit.clone(),
            })
        }
        Members::RemoveAccess(command) => {
            let edit = AccessEdit::Remove { policy: of(command) };
            each(&command.people, &command.write, move |member| Intent::Access { member, edit: edit.clone() })
        }
        Members::SetUserName(command) => {
            let user_name = Some(Text::from(command.user_name.as_str()));
            each(from_ref(&command.person), &command.write, move |member| Intent::UserName {
                member,
                user_name: user_name.clone(),
            })
        }
        Members::ClearUserName(OfPerson { person, write }) => {
            each(from_ref(person), write, |member| Intent::UserName { member, user_name: None })
        }
        Members::ResendInvite(OfPeople { people, write }) => {
            each(people, write, |member| Intent::MailPassword { member, invitation: true })
        }
        Members::RefreshNames(OfPeople { people, write }) => {
            each(people, write, |member| Intent::RefreshDisplay { member })
        }
        Members::Remove(OfPerson { person, write }) => {
            each(from_ref(person), write, |member| Intent::Remove { member })
        }
        Members::Invite(_) => return Err(Failure::usage("Nobody is there yet to be found.")),
        // These are run in a file of their own.
        Members::List(_)
        | Members::Show { .. }
        | Members::History { .. }
        | Members::Activate(_)
        | Members::Deactivate(_)
        | Members::Policies => return Err(Failure::usage("This command makes no plan.")),
    })
}

/// `users mail-password`.
pub async fn mail_password(
    signed: &Signed,
    command: &OfPeople,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let members = people::members(&signed.engine, &command.people, io).await?;
    let intent = Intent::each(members, |member| Intent::MailPassword { member, invitation: false });
    intent::run(signed, &intent, &command.write, context, io).await
}

/// `members invite`.
pub async fn invite(
    signed: &Signed,
    command: &Invite,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let text = |text: &Option<String>| text.as_deref().map(Text::from);
    let access = command.access.iter().map(|given| AccessEdit::policy(given));
    let access = access.collect::<Result<_, _>>().map_err(Failure::usage)?;
    let wanted = crate::workflows::intent::Invite {
        project: command.project.as_deref().map(ProjectId::from),
        kind: match command.kind {
            Kind::Practitioner => ProfileKind::Practitioner,
            Kind::Patient => ProfileKind::Patient,
            Kind::RelatedPerson => ProfileKind::RelatedPerson,
        },
        first_name: Text::from(command.first_name.as_str()),
        last_name: Text::from(command.last_name.as_str()),
        email: text(&command.email),
        external_id: text(&command.external_id),
        server: command.scope.map(|scope| scope == To::Server),
        policy: text(&command.policy),
        access,
        admin: command.admin,
        mfa_required: command.mfa_required,
        patient: text(&command.patient),
        profile: text(&command.with_profile),
        send_email: !command.no_mail,
        upsert: command.update,
    };
    intent::run(signed, &Intent::Invite(Box::new(wanted)), &command.write, context, io).await
}

/// `users rescope`.
pub async fn rescope(
    signed: &Signed,
    command: &Rescope,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let candidate = users::one(&signed.engine, &command.person, io).await?;
    let to_server = command.to == To::Server;
    let intent = Intent::Rescope { member: candidate.membership.id, to_server };
    intent::run(signed, &intent, &command.write, context, io).await
}

/// `users set-password`. The password is read first, so that what follows on standard input are answers.
pub async fn set_password(
    signed: &Signed,
    command: &SetPassword,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let typed = if command.password_stdin { Some(io.secret_line()?) } else { None };
    let candidate = users::one(&signed.engine, &command.person, io).await?;
    let plan = plan(&signed.engine, &Intent::SetPassword { member: candidate.membership.id }).await?;
    let secret = match typed {
        Some(typed) => Some(typed),
        None if command.write.dry_run => None,
        None => Some(io.ask_secret("New password", "Give --password-stdin.")?),
    };
    let secret = secret.map(Secret::from);
    if let Some(problem) = secret.as_ref().and_then(|secret| password_problem(secret.expose())) {
        return Err(Failure::usage(format!("{problem} Nothing was written.")));
    }
    let (write, production) = (&command.write, signed.production);
    write::apply_with(&signed.engine, plan, secret.as_ref(), write, production, context, io).await?;
    Ok(Exit::Done)
}

/// `members policies`.
pub async fn policies(signed: &Signed, context: &Context, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let policies = of_project(&signed.engine, &signed.engine.caller.project).await?;
    let name = |display: &Option<Text>| display.as_ref().map(|name| name.raw().to_owned());
    let table = Table {
        columns: vec![Column::name("name"), Column::text("policy")],
        rows: policies
            .iter()
            .map(|policy| vec![name(&policy.display).unwrap_or_default(), policy.to_string()])
            .collect(),
        empty: "The project has no access policies that you can see.".to_owned(),
    };
    let shapes: Vec<_> = policies
        .iter()
        .map(|policy| json!({ "policy": policy.to_string(), "name": name(&policy.display) }))
        .collect();
    io.write_rows(context.shared.format, &table, &shapes)?;
    Ok(Exit::Done)
}
