//! What else is done with a member by command: rights, policies, user name, mail, leaving.

use serde_json::json;

use crate::identity::{MembershipId, Text};
use crate::workflows::intent::policies::of_project;
use crate::workflows::intent::{AccessEdit, Intent};

use super::args::{Members, OfPerson, OfPolicy, Write};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::{Column, Table};
use super::session::Signed;
use super::{intent, users};

/// Whom a command is about, how it is done, and what is wanted once the member is found.
type Wanted<'a> = (&'a str, &'a Write, Box<dyn FnOnce(MembershipId) -> Intent + Send + 'a>);

/// The commands that lead to a plan about one member.
pub async fn members(
    signed: &Signed,
    command: &Members,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (person, write, make) = wanted(command)?;
    let candidate = users::one(&signed.engine, person, io).await?;
    intent::run(signed, &make(candidate.membership.id), write, context, io).await
}

fn wanted(command: &Members) -> Result<Wanted<'_>, Failure> {
    let of = |of: &OfPolicy| Text::from(of.policy.as_str());
    Ok(match command {
        Members::Promote(OfPerson { person, write }) => {
            (person, write, Box::new(|member| Intent::Admin { member, admin: true }))
        }
        Members::Demote(OfPerson { person, write }) => {
            (person, write, Box::new(|member| Intent::Admin { member, admin: false }))
        }
        Members::SetPolicy(command) => {
            let policy = Some(of(command));
            let make = move |member| Intent::Policy { members: vec![member], policy };
            (&command.person, &command.write, Box::new(make))
        }
        Members::ClearPolicy(OfPerson { person, write }) => {
            (person, write, Box::new(|member| Intent::Policy { members: vec![member], policy: None }))
        }
        Members::AddAccess(command) => {
            let parameters = AccessEdit::parameters(&command.parameters.join(",")).map_err(Failure::usage)?;
            let edit = AccessEdit::Add { policy: of(&command.of), parameters };
            (&command.of.person, &command.of.write, Box::new(move |member| Intent::Access { member, edit }))
        }
        Members::RemoveAccess(command) => {
            let edit = AccessEdit::Remove { policy: of(command) };
            (&command.person, &command.write, Box::new(move |member| Intent::Access { member, edit }))
        }
        Members::SetUserName(command) => {
            let user_name = Some(Text::from(command.user_name.as_str()));
            let make = move |member| Intent::UserName { member, user_name };
            (&command.person, &command.write, Box::new(make))
        }
        Members::ClearUserName(OfPerson { person, write }) => {
            (person, write, Box::new(|member| Intent::UserName { member, user_name: None }))
        }
        Members::ResendInvite(OfPerson { person, write }) => {
            (person, write, Box::new(|member| Intent::MailPassword { member, invitation: true }))
        }
        Members::Remove(OfPerson { person, write }) => {
            (person, write, Box::new(|member| Intent::Remove { member }))
        }
        // These are run in a file of their own.
        Members::List(_)
        | Members::Show { .. }
        | Members::Activate(_)
        | Members::Deactivate(_)
        | Members::Policies => return Err(Failure::usage("This command makes no plan.")),
    })
}

/// `users mail-password`.
pub async fn mail_password(
    signed: &Signed,
    command: &OfPerson,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let candidate = users::one(&signed.engine, &command.person, io).await?;
    let intent = Intent::MailPassword { member: candidate.membership.id, invitation: false };
    intent::run(signed, &intent, &command.write, context, io).await
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
