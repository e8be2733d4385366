//! From an intent to its plan and on to the platform: what every writing command does.

use crate::workflows::intent::{self, Intent, NoPlan, Why};

use super::args::Write;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;
use super::io::Io;
use super::session::Signed;
use super::write;

/// Plans it, shows the plan, asks, applies, tells.
pub async fn run(
    signed: &Signed,
    intent: &Intent,
    write: &Write,
    context: &Context,
    io: &mut Io<'_>,
) -> Result<Exit, Failure> {
    let plan = intent::plan(&signed.engine, intent).await?;
    write::apply(&signed.engine, plan, write, signed.production, context, io).await?;
    Ok(Exit::Done)
}

impl From<NoPlan> for Failure {
    fn from(no: NoPlan) -> Self {
        match no {
            NoPlan::Platform(trouble) => trouble.into(),
            NoPlan::Refused { why, what, next } => Self::new(Exit::from(why), what).next(next),
        }
    }
}

impl From<Why> for Exit {
    fn from(why: Why) -> Self {
        match why {
            Why::Malformed => Self::Usage,
            Why::NotAllowed => Self::NotAllowed,
            Why::NotFound => Self::NotFound,
            Why::Conflict | Why::Nothing => Self::Conflict,
        }
    }
}
