//! `idconsole clients …`: client applications.

mod list;
mod provider;
mod secret;

use crate::identity::{ProjectId, Reference, Text};
use crate::workflows::Applied;
use crate::workflows::clients;
use crate::workflows::intent::clients::{
    ClientEdit, ClientIntent, LifetimeEdit, ListEdit, NewClient, NewKind,
};
use crate::workflows::intent::{self, Intent};

use super::args::{Addresses, Clients, CreateClient, OfAddresses, OfClient, Pkce, Status, Write};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::session::Signed;
use super::write;

/// Lists, shows, makes, changes, deletes.
pub async fn run(
    signed: &Signed,
    command: &Clients,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Clients::List { filter } => list::list(signed, filter.as_deref(), context, io).await,
        Clients::Show { client, check } => list::show(signed, client, *check, context, io).await,
        Clients::Secret { client, show } => secret::show(signed, client, *show, context, io).await,
        Clients::Provider(command) => provider::run(signed, command, context, io).await,
        Clients::Create(command) => create(signed, command, context, io).await,
        Clients::Rotate(OfClient { client, write }) => {
            let client = clients::find(&signed.engine, client).await?;
            let intent = ClientIntent::Rotate { client: client.id.clone() };
            if apply(signed, intent, write, context, io).await?.is_some() {
                secret::offer(signed, &client.id, write, context, io).await?;
            }
            Ok(Exit::Done)
        }
        Clients::Retire(OfClient { client, write }) => {
            let client = clients::find(&signed.engine, client).await?.id;
            apply(signed, ClientIntent::Retire { client }, write, context, io).await?;
            Ok(Exit::Done)
        }
        Clients::Delete(OfClient { client, write }) => {
            let client = clients::find(&signed.engine, client).await?.id;
            apply(signed, ClientIntent::Delete { client }, write, context, io).await?;
            Ok(Exit::Done)
        }
        other => {
            let Some((client, edit, write)) = edit(other) else { return Ok(Exit::Done) };
            let client = clients::find(&signed.engine, client).await?.id;
            apply(signed, ClientIntent::Edit { client, edit }, write, context, io).await?;
            Ok(Exit::Done)
        }
    }
}

async fn apply(
    signed: &Signed,
    intent: ClientIntent,
    write: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Option<Applied>, Failure> {
    let plan = intent::plan(&signed.engine, &Intent::from(intent)).await?;
    write::apply(&signed.engine, plan, write, signed.production, context, io).await
}

async fn create(
    signed: &Signed,
    command: &CreateClient,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let text = |text: &String| Text::from(text.as_str());
    let kind = if command.confidential {
        NewKind::Confidential { policy: command.policy.as_ref().map(text) }
    } else {
        NewKind::Public
    };
    let new = NewClient {
        name: text(&command.name),
        description: command.description.as_ref().map(text),
        redirects: command.redirects.iter().map(text).collect(),
        kind,
        project: command.project.as_deref().map(|id| ProjectId::new(id.trim_start_matches("Project/"))),
    };
    let applied = apply(signed, ClientIntent::Create(new), &command.write, context, io).await?;
    let made = applied.into_iter().flat_map(|applied| applied.steps).find_map(|step| step.made);
    if let Some(Reference { id, .. }) = made {
        io.note(&format!("Its client id is {}.", crate::identity::text::shown(&id)))?;
        if command.confidential {
            secret::offer(signed, &(&*id).into(), &command.write, context, io).await?;
        }
    }
    Ok(Exit::Done)
}

fn texts(all: &[String]) -> Vec<Text> {
    all.iter().map(|text| Text::from(text.as_str())).collect()
}

/// The client as named, what becomes of it, and how it is done; `None` for what is no edit.
fn edit(command: &Clients) -> Option<(&str, ClientEdit, &Write)> {
    Some(match command {
        Clients::Rename { client, name, write } => (client, ClientEdit::Name(name.as_str().into()), write),
        Clients::Describe { client, text, write } => {
            (client, ClientEdit::Description(text.as_deref().map(Text::from)), write)
        }
        Clients::Redirects(of) => {
            let (client, edit, write) = addresses(of);
            (client, ClientEdit::Redirects(edit), write)
        }
        Clients::Origins(of) => {
            let (client, edit, write) = addresses(of);
            (client, ClientEdit::Origins(edit), write)
        }
        Clients::Pkce { client, value, write } => {
            (client, ClientEdit::PkceOptional(*value == Pkce::Optional), write)
        }
        Clients::Status { client, value, write } => {
            (client, ClientEdit::Active(*value == Status::Active), write)
        }
        Clients::Lifetimes { client, access, refresh, write } => {
            let edit = ClientEdit::Lifetimes {
                access: lifetime(access.as_deref()),
                refresh: lifetime(refresh.as_deref()),
            };
            (client, edit, write)
        }
        Clients::List { .. }
        | Clients::Show { .. }
        | Clients::Secret { .. }
        | Clients::Create(_)
        | Clients::Provider(_)
        | Clients::Rotate(_)
        | Clients::Retire(_)
        | Clients::Delete(_) => return None,
    })
}

fn addresses(of: &Addresses) -> (&String, ListEdit, &Write) {
    match of {
        Addresses::Add(OfAddresses { client, addresses, write }) => {
            (client, ListEdit::Add(texts(addresses)), write)
        }
        Addresses::Remove(OfAddresses { client, addresses, write }) => {
            (client, ListEdit::Remove(texts(addresses)), write)
        }
        Addresses::Set { client, addresses, write } => (client, ListEdit::Set(texts(addresses)), write),
    }
}

fn lifetime(text: Option<&str>) -> LifetimeEdit {
    match text {
        None => LifetimeEdit::Keep,
        Some("default") => LifetimeEdit::Default,
        Some(text) => LifetimeEdit::Set(Text::from(text)),
    }
}
