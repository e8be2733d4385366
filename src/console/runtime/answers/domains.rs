//! What the person asks about domains.

use super::told;
use crate::console::effect::Answer;
use crate::workflows::{Engine, domains};

pub(super) async fn answer(engine: &Engine, used: &[String]) -> Answer {
    match domains::read(engine, used).await {
        Ok(found) => Answer::Domains(Box::new(found)),
        Err(trouble) => Answer::Failed(told(&trouble)),
    }
}
