//! What is asked about client applications.

use super::told;
use crate::console::effect::{Answer, ClientAnswer, ClientQuestion};
use crate::console::failure::Failure;
use crate::workflows::intent::NoPlan;
use crate::workflows::{Engine, clients};

pub(super) async fn answer(engine: &Engine, question: ClientQuestion) -> Answer {
    let answer = match question {
        ClientQuestion::List => clients::list(engine).await.map(ClientAnswer::List).map_err(NoPlan::from),
        ClientQuestion::One(id) => {
            clients::one(engine, &id).await.map(|one| ClientAnswer::One(Box::new(one)))
        }
        ClientQuestion::Reveal(id) => clients::reveal(engine, &id).await.map(ClientAnswer::Revealed),
    };
    match answer {
        Ok(answer) => Answer::Clients(answer),
        Err(NoPlan::Platform(trouble)) => Answer::Failed(told(&trouble)),
        Err(NoPlan::Refused { what, next, .. }) => Answer::Failed(Failure::new(what).then(next)),
    }
}
