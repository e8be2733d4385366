//! `clients provider`: the identity provider bound to a client. Its secret comes by every way but an argument.

use crate::workflows::clients;
use crate::workflows::intent::Intent;
use crate::workflows::intent::clients::{ClientEdit, ClientIntent};

use super::super::args::domains::{By, EditRoute};
use super::super::args::{OfClient, Provider, SetProvider};
use super::super::context::Context;
use super::super::domains;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::io::Io;
use super::super::session::Signed;

pub(super) async fn run(
    signed: &Signed,
    command: &Provider,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Provider::Set(command) => set(signed, command, context, io).await,
        Provider::Align { client, by, write } => {
            let of = clients::find(&signed.engine, client).await?.id.reference();
            let intent = Intent::AlignProvider { of, by_subject: *by == By::Subject };
            super::super::intent::run(signed, &intent, write, context, io).await
        }
        Provider::Remove(OfClient { client, write }) => {
            let client = clients::find(&signed.engine, client).await?.id;
            let intent = ClientIntent::Edit { client, edit: ClientEdit::NoProvider };
            super::apply(signed, intent, write, context, io).await?;
            Ok(Exit::Done)
        }
    }
}

/// As `domains edit` does it; a provider is not whole without its secret, so a first one has to come.
async fn set(
    signed: &Signed,
    command: &SetProvider,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let client = clients::find(&signed.engine, &command.client).await?;
    let edit = EditRoute {
        domain: command.client.clone(),
        provider: command.provider.clone(),
        by: command.by,
        new_secret: command.new_secret || client.provider.is_none(),
        user_info_mode: None,
        no_after: false,
        write: command.write.clone(),
    };
    domains::write::provider(signed, client.id.reference(), client.provider.as_ref(), &edit, context, io)
        .await
}
