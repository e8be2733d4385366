//! `idconsole domains …`: domain routes.

pub mod test;

use super::args::domains::Domains;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::session::Signed;

/// Does what was asked.
pub async fn run(
    signed: &Signed,
    command: &Domains,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Domains::Test(command) => test::run(signed, command, context, io).await,
    }
}
