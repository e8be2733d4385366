//! `idconsole domains …`: which identity provider the people of a mail domain go to.

mod impact;
mod onboard;
pub mod test;

use super::args::domains::Domains;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::session::Signed;

/// Does it.
pub async fn run(
    signed: &Signed,
    command: &Domains,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    match command {
        Domains::Impact(command) => impact::run(signed, command, context, io).await,
        Domains::Onboard(command) => onboard::run(signed, command, context, io).await,
        Domains::Test(command) => test::run(signed, command, context, io).await,
    }
}
