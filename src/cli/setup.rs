//! `idconsole setup`: registers the project's own client and puts it into the connection.

use serde_json::json;

use crate::config::Config;
use crate::identity::Reference;
use crate::workflows::setup::{self, Setup as Found};

use super::args::Setup;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::output::Format;
use super::session::Signed;
use super::write;

/// Plans, shows, applies; afterwards the connection signs in with the new client.
pub async fn run(
    signed: &Signed,
    command: &Setup,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let client_id = match setup::plan(&signed.engine, &command.name).await? {
        Found::Not(why) => return Err(Failure::new(Exit::NotAllowed, super::journal::sentence(&why))),
        Found::Exists(client) => {
            io.note(&format!("The project has its own client already: {} ({}).", client.name, client.id))?;
            write::as_kept(None, &signed.engine, context, io)?;
            if command.write.dry_run {
                return Ok(Exit::Done);
            }
            client.id.as_str().to_owned()
        }
        Found::Plan(plan) => {
            let applied =
                write::apply(&signed.engine, *plan, &command.write, signed.production, context, io).await?;
            let Some(applied) = applied else { return Ok(Exit::Done) };
            let made = applied.steps.into_iter().find_map(|step| step.made);
            let Some(Reference { id, .. }) = made else {
                return Err(Failure::new(
                    Exit::Local,
                    "The client was registered, but the platform did not say its id.",
                )
                .next("`idconsole setup` again finds it."));
            };
            id.into()
        }
    };
    if !signed.saved {
        if context.shared.format == Format::Json {
            io.write_value(&json!({ "client_id": client_id }))?;
        } else {
            writeln!(io.out, "{client_id}")?;
        }
        return Ok(Exit::Done);
    }
    let name = &signed.connection;
    Config::edit(&context.paths, |config| {
        let mut connection = config.connection(name)?.clone();
        connection.client_id = Some(client_id.clone());
        config.put(connection)
    })?;
    io.note(&format!(
        "{name} signs in with client {client_id} from now on: `idconsole login --profile {name}`."
    ))?;
    Ok(Exit::Done)
}
