//! `idconsole links …`: external ids.

use crate::identity::Text;
use crate::workflows::intent::Intent;

use super::args::{Links, OfPerson};
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::session::Signed;
use super::{intent, users};

/// Sets, changes or clears one.
pub async fn run(
    signed: &Signed,
    command: &Links,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let (person, external_id, write) = match command {
        Links::Set { person, external_id, write } => (person, Some(Text::from(external_id.as_str())), write),
        Links::Clear(OfPerson { person, write }) => (person, None, write),
    };
    let candidate = users::one(&signed.engine, person, io).await?;
    let intent = Intent::Link { members: vec![candidate.membership.id], external_id };
    intent::run(signed, &intent, write, context, io).await
}
