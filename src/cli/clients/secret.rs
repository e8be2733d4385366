//! `clients secret`: the one place of the commands where a client's secret is shown, once and on demand (standards S2).

use serde_json::json;

use crate::identity::ClientId;
use crate::identity::text::shown;
use crate::workflows::clients::{self, Revealed};

use super::super::args::Write;
use super::super::context::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::io::Io;
use super::super::output::Format;
use super::super::session::Signed;

const ASK: &str = "Show the secret now, once?";

pub(super) async fn show(
    signed: &Signed,
    wanted: &str,
    yes: bool,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let id = clients::find(&signed.engine, wanted).await?.id;
    if !yes && !io.can_ask {
        return Err(Failure::usage("A secret is shown only where it is asked for; nothing was read.")
            .next("Give --show."));
    }
    if !yes && !io.confirm(ASK, "Give --show.")? {
        io.note("The secret was not read.")?;
        return Ok(Exit::Done);
    }
    written(&clients::reveal(&signed.engine, &id).await?, context, io)?;
    Ok(Exit::Done)
}

/// After a secret came to be: shown now where somebody says so, else how to see it is told.
pub(super) async fn offer(
    signed: &Signed,
    id: &ClientId,
    write: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<(), Failure> {
    let table = context.shared.format == Format::Table;
    if table && io.can_ask && !write.yes && io.confirm(ASK, "")? {
        return written(&clients::reveal(&signed.engine, id).await?, context, io);
    }
    io.note(&format!("`idconsole clients secret {id} --show` shows the secret."))?;
    Ok(())
}

fn written(revealed: &Revealed, context: &Context, io: &mut Io<'_>) -> Result<(), Failure> {
    let Revealed { client, name, secret } = revealed;
    io.tell(&format!(
        "{} Whoever has this secret signs in as {name}. It is shown once, and kept nowhere here.",
        context.signs().warn
    ))?;
    match context.shared.format {
        Format::Json => io.write_value(&json!({ "client": client, "secret": secret.expose() }))?,
        Format::Table | Format::Csv if io.out_is_terminal => writeln!(io.out, "{}", shown(secret.expose()))?,
        Format::Table | Format::Csv => writeln!(io.out, "{}", secret.expose())?,
    }
    Ok(())
}
