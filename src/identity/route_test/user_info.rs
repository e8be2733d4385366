//! The userinfo endpoint, which only token exchange asks (platform-api §10.3 step 4).

use super::super::provider::RouteDraft;
use super::observed::Asked;
use super::verdict::{failed, passed, unknown, warned};
use super::{Check, CheckId};

pub(super) fn checks(draft: &RouteDraft, seen: &Asked) -> Vec<Check> {
    let id = CheckId::UserInfo;
    if draft.provider.user_info_mode.as_ref().is_some_and(|mode| mode.raw() == "gcip") {
        return vec![unknown(id, "Not asked: with gcip it wants a key that is not read.")];
    }
    let reply = match seen.told() {
        Ok(reply) => reply,
        Err(why) => return vec![unknown(id, why).with(seen.exchange())],
    };
    let next = "Check the userinfo address; token exchange depends on it, the browser does not.";
    let bearer = reply.challenge.to_ascii_lowercase().starts_with("bearer");
    let check = match reply.status {
        401 if bearer => passed(id, "It asks for a token, as it should (RFC 6750 §3)."),
        400 | 401 | 403 => warned(
            id,
            format!(
                "It refuses to answer without a token, with status {} and no Bearer challenge.",
                reply.status
            ),
            "Nothing is to be done unless token exchange fails.",
        ),
        200..300 => failed(id, format!("It answers with {} to whoever asks.", reply.kind_words()), next),
        300..400 => failed(id, "It sends elsewhere instead of answering.", next),
        status => failed(id, format!("It answers with status {status}."), next),
    };
    vec![check.with([&reply.exchange])]
}
