//! A request without a token, signed in by `Basic`: why its client is refused (platform-api §1.3, §3.3, §9.5, §17).

use super::tried::Area;
use super::{Cause, CauseId, Sure, Tried, Why};
use crate::identity::sign_in::doctor::Liveness;
use crate::identity::{ClientId, Text};
use crate::workflows::refusals::Cause as Refusal;
use crate::workflows::token_lab::Lab;

/// Looks at the client that is named. Its secret was never read.
pub(super) async fn look(lab: &Lab, tried: &Tried, why: &mut Why) {
    let Some(client) = &tried.basic else {
        why.add(
            Cause::new(
                CauseId::Malformed,
                Sure::Certain,
                "There is no token.",
                "Send `Authorization: Bearer <access token>`.",
            )
            .because("Neither a token nor a client was found in what was given."),
        );
        return;
    };
    let Some(engine) = &lab.engine else {
        why.unknown.push("The client: nobody is signed in who could look it up.".to_owned());
        return;
    };
    // There a client fetches tokens: other secrets are taken, and other answers given (platform-api §3.3).
    let target = tried.target(lab.platform.as_ref());
    let fetches = target.is_some_and(|target| target.here && target.area == Area::Tokens);
    let missing = || {
        let next = if fetches {
            "Check the client id; the token endpoint answers “Invalid client” to an unknown one."
        } else {
            "Check the client id; the platform answers 401 to an unknown one."
        };
        Cause::new(CauseId::Client, Sure::Certain, format!("There is no client application {client}."), next)
    };
    if uuid::Uuid::try_parse(client.raw()).is_err() {
        why.add(
            missing()
                .because("Client applications have ids of another form, and built-in ones have no secret."),
        );
        return;
    }
    let id = ClientId::new(client.raw());
    match engine.remote.client(&id).await {
        Ok(found) => {
            let off = found.status.as_ref().filter(|status| status.raw() != "active");
            if let Some(status) = off {
                why.add(
                    Cause::new(
                        CauseId::Client,
                        Sure::Certain,
                        format!("The client application {} is switched off for machines.", found.name),
                        "Set its status to active.",
                    )
                    .because(format!("Its status is `{status}`, which stops `Basic` and client credentials, and nothing else (platform-api §17)."))
                    .about(Some(id.reference())),
                );
            }
            membership(lab, &id, &found.name, fetches, why).await;
            if why.causes.is_empty() && fetches {
                why.add(
                    Cause::new(
                        CauseId::Client,
                        Sure::Possible,
                        format!("The secret of {} may be a wrong one.", found.name),
                        "Try the secret that the client has now.",
                    )
                    .because("The token endpoint takes the secret of now and the one that retires (platform-api §1.3). Secrets are not read here, so it was not compared.")
                    .about(Some(id.reference())),
                );
            } else if why.causes.is_empty() {
                why.add(
                    Cause::new(
                        CauseId::Client,
                        Sure::Possible,
                        format!("The secret of {} may be an old one.", found.name),
                        "Try the secret that the client has now; after a rotation the former one works at the token endpoint alone.",
                    )
                    .because("API routes take the current secret only (platform-api §1.3). Secrets are not read here, so it was not compared.")
                    .about(Some(id.reference())),
                );
            }
        }
        Err(trouble) if trouble.cause == Refusal::Gone => why.add(missing().because("It was deleted.")),
        Err(trouble) if matches!(trouble.cause, Refusal::NotFound | Refusal::Forbidden) => {
            match engine.remote.client_exists(client.raw()).await {
                Ok(Liveness::Missing | Liveness::Gone) => {
                    why.add(missing().because("The platform knows no such client."));
                }
                Ok(Liveness::Alive) => why
                    .unknown
                    .push("The client: it is of another project, or not to be seen by you.".to_owned()),
                Err(trouble) => why.unknown.push(format!("The client: {trouble}")),
            }
        }
        Err(trouble) => why.unknown.push(format!("The client: {trouble}")),
    }
}

async fn membership(lab: &Lab, id: &ClientId, name: &Text, fetches: bool, why: &mut Why) {
    let Some(engine) = &lab.engine else { return };
    match engine.remote.memberships_of_profile(&id.reference()).await {
        Ok(found) if found.is_empty() => why.add(
            Cause::new(
                CauseId::Client,
                Sure::Likely,
                format!("The client application {name} has no membership, so it may nothing."),
                "Register it again through the project's settings, which makes the membership.",
            )
            .because("A client that was created as a plain record has none (platform-api §3.2, §3.3)."),
        ),
        Ok(found) if found.iter().all(|membership| !membership.active) => why.add(
            Cause::new(
                CauseId::MemberInactive,
                // A token is issued all the same, and every request with it refused.
                if fetches { Sure::Possible } else { Sure::Certain },
                format!("The membership of {name} is switched off."),
                "Switch it on again (`members activate`).",
            )
            .about(found.first().map(|membership| membership.id.reference())),
        ),
        Ok(_) => {}
        Err(trouble) => why.unknown.push(format!("The client's membership: {trouble}")),
    }
}
