//! What the person asks the doctor.

use super::told;
use crate::console::effect::{Answer, DoctorAnswer, DoctorQuestion};
use crate::console::runtime::Connected;
use crate::workflows::checkup::Told;
use crate::workflows::intent::NoPlan;
use crate::workflows::{checkup, diagnose};

pub(super) async fn answer(connected: &Connected, question: DoctorQuestion) -> Answer {
    let engine = &connected.engine;
    match question {
        DoctorQuestion::Check(asked) => match checkup::check(engine, &asked).await {
            Ok(mut found) => {
                if let (Told::Ways(checkup), Some(token), Some(session)) =
                    (&mut found, &asked.token, &connected.session)
                {
                    checkup.verify(token, session.http(), engine.clock.now()).await;
                }
                Answer::Doctor(DoctorAnswer::Told(Box::new(found)))
            }
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        DoctorQuestion::Choices => match checkup::choices(engine).await {
            Ok(choices) => Answer::Doctor(DoctorAnswer::Choices(choices)),
            Err(trouble) => Answer::Failed(told(&trouble)),
        },
        DoctorQuestion::Plan(mending) => match checkup::plan(engine, &mending).await {
            Ok(plan) => Answer::Plan(Box::new(plan)),
            Err(error) if diagnose::for_others(&error) => {
                Answer::ForOthers { why: error.to_string(), request: mending.request }
            }
            Err(NoPlan::Platform(trouble)) => Answer::Failed(told(&trouble)),
            Err(refused @ NoPlan::Refused { .. }) => Answer::NoPlan(refused.to_string()),
        },
    }
}
