//! `idconsole domains …`: which identity provider the people of a mail domain go to.

mod impact;
mod list;
mod onboard;
mod request;
mod secret;
pub mod test;
pub(super) mod write;

use super::args::domains::Domains;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::intent;
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
        Domains::List { check } => list::list(signed, *check, context, io).await,
        Domains::Show { domain, check } => list::show(signed, domain, *check, context, io).await,
        Domains::Add(command) => write::add(signed, command, context, io).await,
        Domains::Edit(command) => write::edit(signed, command, context, io).await,
        Domains::Remove { domain, write } => {
            let intent = write::removal(signed, domain).await?;
            intent::run(signed, &intent, write, context, io).await
        }
        Domains::Fix { domain, write } => {
            let intent = write::mending(signed, domain).await?;
            intent::run(signed, &intent, write, context, io).await
        }
        Domains::Rename { domain, new_domain, write } => {
            let intent = write::renaming(signed, domain, new_domain.as_deref()).await?;
            intent::run(signed, &intent, write, context, io).await
        }
        Domains::Impact(command) => impact::run(signed, command, context, io).await,
        Domains::Test(command) => test::run(signed, command, context, io).await,
        Domains::Onboard(command) => onboard::run(signed, command, context, io).await,
        Domains::Request(command) => request::run(signed, command, context, io).await,
    }
}
