//! What ties an ID token to the client that asked for it (`azp`) and to the access token that it came with (`at_hash`;
//! J13; OpenID Connect Core §3.1.3.6, §3.1.3.7).

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::brief::brief;
use super::extract::{Extracted, Paste};
use super::json::Node;
use super::jws::Jws;
use super::kind::{self, Kind};
use super::ladder::{Holds, Judged, Rung};
use crate::identity::{Secret, Text};

/// What `at_hash` says of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CameWith {
    /// It came with this one.
    This,
    /// It came with another one.
    Another,
    /// It is no text, or the algorithm of the signature has no hash that is known.
    Untold,
}

/// Holds an access token against the `at_hash` of an ID token; `None` where it has none.
pub fn came_with(id: &Jws, access: &str) -> Option<CameWith> {
    let Node::Text(said) = id.claim("at_hash")? else { return Some(CameWith::Untold) };
    // The hash is the one of the signature, its left half.
    let algorithm = match id.alg().map(Text::raw) {
        Some("EdDSA" | "Ed25519") => &SHA512,
        Some("ES256K") => &SHA256,
        Some(alg) if alg.ends_with("256") => &SHA256,
        Some(alg) if alg.ends_with("384") => &SHA384,
        Some(alg) if alg.ends_with("512") => &SHA512,
        _ => return Some(CameWith::Untold),
    };
    let hash = digest(algorithm, access.as_bytes());
    let half = &hash.as_ref()[..hash.as_ref().len() / 2];
    Some(if URL_SAFE_NO_PAD.encode(half) == said.raw() { CameWith::This } else { CameWith::Another })
}

/// The access token that an ID token of a paste came with. Told only where there is one of each: of several it cannot be
/// seen which came together.
pub fn access_beside<'a>(paste: &'a Paste, token: &Extracted) -> Option<&'a Secret> {
    let only = |name: &str| {
        let mut found = paste.tokens.iter().filter(|one| one.from == name);
        found.next().filter(|_| paste.more == 0 && found.next().is_none())
    };
    only("`id_token`").filter(|id| id.token == token.token)?;
    only("`access_token`").map(|access| &access.token)
}

/// What speaks against the client that an ID token says asked for it (J13; OpenID Connect Core §3.1.3.7, 4 and 5).
pub(super) fn asked_by(jws: &Jws, audiences: usize, expected: &str) -> Option<String> {
    if kind::tell(jws, None).kind != Kind::Id {
        return None;
    }
    match jws.claim("azp") {
        None if audiences > 1 => {
            Some("It is for several, and does not say which of them asked for it (`azp`).".to_owned())
        }
        Some(Node::Text(azp)) if azp.raw() != expected => {
            Some(format!("But {} asked for it (`azp`), not {}.", brief(azp), Text::from(expected)))
        }
        _ => None,
    }
}

/// How `at_hash` holds (J13).
pub(super) fn access_token(jws: &Jws, access: Option<&str>) -> Option<Judged> {
    jws.claim("at_hash")?;
    let judged = |holds, said: &str| Judged { rung: Rung::CameWith, holds, said: said.to_owned() };
    Some(match access.and_then(|access| came_with(jws, access)) {
        None => judged(
            Holds::Untold,
            "It names the access token that it came with (`at_hash`), which is not at hand.",
        ),
        Some(CameWith::This) => judged(Holds::Yes, "It came with the access token that is beside it."),
        Some(CameWith::Another) => {
            judged(Holds::No, "It came with another access token than the one beside it (`at_hash`).")
        }
        Some(CameWith::Untold) => {
            judged(Holds::Warning, "Its `at_hash` cannot be held against an access token.")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::extract::extract;
    use super::super::jws::Token;
    use super::super::ladder::{Expected, judge, verdict};
    use super::*;
    use jiff::Timestamp;
    use rstest::rstest;

    fn id(alg: &str, at_hash: &str) -> Jws {
        let part = |json: String| URL_SAFE_NO_PAD.encode(json);
        let header = part(format!(r#"{{"alg":"{alg}"}}"#));
        Jws::parse(&format!("{header}.{}.AA", part(format!(r#"{{"at_hash":{at_hash}}}"#)))).unwrap()
    }

    // J13, with the example of OpenID Connect Core, appendix A.3.
    #[rstest]
    #[case("RS256", r#""77QmUPtjPfzWtF2AnpK9RQ""#, CameWith::This)]
    #[case("RS384", r#""77QmUPtjPfzWtF2AnpK9RQ""#, CameWith::Another)]
    #[case("RS256", r#""77QmUPtjPfzWtF2AnpK9RA""#, CameWith::Another)]
    #[case("none", r#""77QmUPtjPfzWtF2AnpK9RQ""#, CameWith::Untold)]
    #[case("RS256", "7", CameWith::Untold)]
    fn an_id_token_knows_its_access_token(#[case] alg: &str, #[case] hash: &str, #[case] told: CameWith) {
        let access = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(came_with(&id(alg, hash), access), Some(told));
    }

    // J13: which of several came together cannot be seen.
    #[rstest]
    #[case(r#"{"access_token":"one","id_token":"other"}"#, Some("one"))]
    #[case(r#"[{"access_token":"a1","id_token":"other"},{"access_token":"a2"}]"#, None)]
    #[case(r#"[{"access_token":"a1","id_token":"i1"},{"id_token":"other"}]"#, None)]
    #[case(r#"{"id_token":"other"}"#, None)]
    fn an_access_token_stands_beside_an_id_token_where_there_is_one_of_each(
        #[case] pasted: &str,
        #[case] beside: Option<&str>,
    ) {
        let paste = extract(pasted);
        let id = paste.tokens.iter().find(|one| one.token.expose() == "other").unwrap();
        assert_eq!(access_beside(&paste, id).map(Secret::expose), beside);
        let access = paste.tokens.iter().find(|one| one.from == "`access_token`");
        assert!(access.is_none_or(|access| access_beside(&paste, access).is_none()));
    }

    fn judged(claims: &str, expected: &Expected<'_>) -> (Vec<Judged>, Holds) {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = Token::parse(&format!("{}.{}.AA", part(r#"{"alg":"RS256"}"#), part(claims))).unwrap();
        let ladder = judge(&token, None, expected, Timestamp::UNIX_EPOCH);
        let of_claims = ladder.iter().filter(|judged| !matches!(judged.rung, Rung::Key | Rung::Signature));
        let (verdict, _) = verdict(of_claims.map(|judged| (judged.rung, judged.holds)), expected);
        (ladder, verdict)
    }

    // J13
    #[rstest]
    #[case(r#"{"nonce":"n","exp":9,"aud":"me","azp":"me"}"#, Holds::Yes)]
    #[case(r#"{"nonce":"n","exp":9,"aud":["me","you"],"azp":"me"}"#, Holds::Yes)]
    #[case(r#"{"nonce":"n","exp":9,"aud":["me","you"]}"#, Holds::Warning)]
    #[case(r#"{"nonce":"n","exp":9,"aud":["me","you"],"azp":"you"}"#, Holds::Warning)]
    #[case(r#"{"scope":"x","exp":9,"aud":["me","you"],"azp":"you"}"#, Holds::Yes)]
    fn an_id_token_says_which_client_asked_for_it(#[case] claims: &str, #[case] holds: Holds) {
        let expected = Expected { audience: Some("me"), ..Expected::default() };
        let (ladder, _) = judged(claims, &expected);
        assert_eq!(ladder.iter().find(|judged| judged.rung == Rung::Audience).unwrap().holds, holds);
    }

    // J13, with the example of OpenID Connect Core, appendix A.3.
    #[rstest]
    #[case(None, Holds::Untold, Holds::Yes)]
    #[case(Some("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), Holds::Yes, Holds::Yes)]
    #[case(Some("another"), Holds::No, Holds::No)]
    fn an_id_token_is_held_against_the_access_token_beside_it(
        #[case] access: Option<&str>,
        #[case] holds: Holds,
        #[case] whole: Holds,
    ) {
        let expected = Expected { access, ..Expected::default() };
        let claims = r#"{"nonce":"n","exp":9,"at_hash":"77QmUPtjPfzWtF2AnpK9RQ"}"#;
        let (ladder, verdict) = judged(claims, &expected);
        let rung = ladder.iter().find(|judged| judged.rung == Rung::CameWith).unwrap();
        assert_eq!((rung.holds, verdict), (holds, whole));
    }
}
