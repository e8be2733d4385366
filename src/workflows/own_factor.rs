//! How the signed-in person stands to their own second factor (platform-api §4, §5).
//!
//! `/auth/me` tells whether there is a factor and whether one is required. Which ones there are stands in the user,
//! where the role may read it; else `GET /auth/mfa/status` tells, which keeps a new key on a user who has none
//! (§14.18), so only somebody who has enrolled is asked about in this way: whoever has not is told nothing more by it.

use super::engine::Engine;
use super::person::why_unseen;
use super::refusals::{Refused, code_not_mailed};
use super::remote::Trouble;
use super::second_factor::setting;
use crate::identity::second_factor::RequiredBy;
use crate::identity::{Enrolment, Factor, Mfa, OwnFactor, OwnFlags, Seen, User};

/// Why a client application is refused.
pub const NO_PERSON: &str = "You are signed in as a client application, which has no second factor.";

/// What is wrong with a code before it is sent.
pub fn code_problem(code: &str) -> Option<&'static str> {
    let digits = bare(code);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("A code has digits only.");
    }
    (digits.len() != 6).then_some("A code has 6 digits.")
}

/// A code without the blanks that apps and people put into it.
pub fn bare(code: &str) -> String {
    code.split_whitespace().collect()
}

/// How the caller stands; `None` for client applications.
pub async fn standing(engine: &Engine) -> Result<Option<OwnFactor>, Trouble> {
    let Some(flags) = engine.remote.own_factor().await? else { return Ok(None) };
    let (user, (by_project, allowed)) =
        futures::join!(own_user(engine), setting(engine.clone(), engine.caller.project.clone()));
    let told = match (flags.enrolled, &user) {
        (true, Err(_)) => Some(engine.remote.own_enrolment().await),
        _ => None,
    };
    let allowed = match (&allowed, &told) {
        (Seen::Unknown(_), Some(Ok(told))) => Seen::Known(told.allowed.clone()),
        _ => allowed,
    };
    let by_user = match &user {
        Ok(user) => Seen::Known(user.mfa.required),
        Err(trouble) => Seen::Unknown(why_unseen(trouble)),
    };
    let methods = methods_of(flags, user.as_ref().map(|user| &user.mfa), told.as_ref());
    // Where the user is not read, the project's own requirement is reason enough.
    let required = flags.required || by_project == Seen::Known(true) || by_user == Seen::Known(true);
    let required_by = required_by(required, &by_user, &by_project);
    Ok(Some(OwnFactor { enrolled: flags.enrolled, methods, allowed, required, required_by }))
}

/// What is enrolled now; an error where it cannot be told.
pub(super) async fn methods(engine: &Engine, flags: OwnFlags) -> Result<Vec<Factor>, Trouble> {
    if !flags.enrolled {
        return Ok(Vec::new());
    }
    match own_user(engine).await {
        Ok(user) => Ok(user.mfa.enrolled_methods()),
        Err(_) => Ok(engine.remote.own_enrolment().await?.methods),
    }
}

/// Mails the caller a code.
pub async fn mail_code(engine: &Engine) -> Result<(), Refused> {
    engine.remote.mail_own_code().await.map_err(|trouble| code_not_mailed(&trouble))
}

async fn own_user(engine: &Engine) -> Result<User, Trouble> {
    match &engine.caller.user {
        Some(user) => engine.remote.user(user).await,
        None => Err(Trouble::new(super::refusals::Cause::NotFound, NO_PERSON)),
    }
}

fn methods_of(
    flags: OwnFlags,
    user: Result<&Mfa, &Trouble>,
    told: Option<&Result<Enrolment, Trouble>>,
) -> Seen<Vec<Factor>> {
    match (flags.enrolled, user, told) {
        (false, _, _) => Seen::Known(Vec::new()),
        (true, Ok(mfa), _) => Seen::Known(mfa.enrolled_methods()),
        (true, Err(_), Some(Ok(told))) => Seen::Known(told.methods.clone()),
        (true, Err(_), Some(Err(trouble))) | (true, Err(trouble), None) => Seen::Unknown(why_unseen(trouble)),
    }
}

fn required_by(required: bool, user: &Seen<bool>, project: &Seen<bool>) -> Seen<RequiredBy> {
    if !required {
        return Seen::Known(RequiredBy::Nobody);
    }
    match (user, project) {
        (Seen::Known(true), Seen::Known(true)) => Seen::Known(RequiredBy::Both),
        (_, Seen::Known(true)) => Seen::Known(RequiredBy::Project),
        // It is required, and the project does not.
        (_, Seen::Known(false)) | (Seen::Known(true), Seen::Unknown(_)) => Seen::Known(RequiredBy::User),
        (Seen::Known(false) | Seen::Unknown(_), Seen::Unknown(why)) => Seen::Unknown(*why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Unseen;
    use rstest::rstest;

    #[rstest]
    #[case("123456", None)]
    #[case("123 456", None)]
    #[case("12345", Some("A code has 6 digits."))]
    #[case("1234567", Some("A code has 6 digits."))]
    #[case("12a", Some("A code has digits only."))]
    #[case("١٢٣٤٥٦", Some("A code has digits only."))]
    fn a_code_is_six_digits(#[case] code: &str, #[case] problem: Option<&str>) {
        assert_eq!(code_problem(code), problem);
    }

    const UNSEEN: Seen<bool> = Seen::Unknown(Unseen::ServerScopedUser);

    #[rstest]
    #[case(false, UNSEEN, Seen::Known(false), Seen::Known(RequiredBy::Nobody))]
    #[case(true, UNSEEN, Seen::Known(true), Seen::Known(RequiredBy::Project))]
    #[case(true, UNSEEN, Seen::Known(false), Seen::Known(RequiredBy::User))]
    #[case(true, Seen::Known(true), UNSEEN, Seen::Known(RequiredBy::User))]
    #[case(true, Seen::Known(true), Seen::Known(true), Seen::Known(RequiredBy::Both))]
    #[case(true, UNSEEN, UNSEEN, Seen::Unknown(Unseen::ServerScopedUser))]
    fn who_requires_it_follows_from_what_is_seen(
        #[case] required: bool,
        #[case] user: Seen<bool>,
        #[case] project: Seen<bool>,
        #[case] by: Seen<RequiredBy>,
    ) {
        assert_eq!(required_by(required, &user, &project), by);
    }
}
