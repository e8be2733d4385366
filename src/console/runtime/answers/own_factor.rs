//! What the person asks about their own second factor.

use super::{refused, told};
use crate::console::effect::{Answer, OwnAnswer, OwnQuestion};
use crate::console::failure::Failure;
use crate::workflows::{Engine, own_factor};

pub(super) async fn answer(engine: &Engine, question: OwnQuestion) -> Answer {
    let answer = match question {
        OwnQuestion::Standing => match own_factor::standing(engine).await {
            Ok(Some(own)) => Ok(OwnAnswer::Standing(Box::new(own))),
            Ok(None) => Err(Failure::new(own_factor::NO_PERSON).then("Sign in as a person.")),
            Err(trouble) => Err(told(&trouble)),
        },
        OwnQuestion::Enrolment => match engine.remote.own_enrolment().await {
            Ok(enrolment) if enrolment.in_use() => {
                let what = "You have an authenticator app already; its key is not shown again.";
                Err(Failure::new(what).then("Disable it first to enrol another one."))
            }
            Ok(enrolment) => Ok(OwnAnswer::Enrolment(Box::new(enrolment))),
            Err(trouble) => Err(told(&trouble)),
        },
        OwnQuestion::MailCode => match own_factor::mail_code(engine).await {
            Ok(()) => Ok(OwnAnswer::CodeMailed),
            Err(why) => Err(refused(&why)),
        },
    };
    answer.map_or_else(Answer::Failed, Answer::Own)
}
