//! Who acts for whom in an exchanged token (RFC 8693 §1.1, §4.1, §4.4; X1).

use std::fmt;

use secrecy::SecretString;
use serde_json::Value;

use super::id_token::claims;
use crate::identity::Text;

/// Actors that are followed; a longer chain is cut.
const DEEPEST: usize = 16;

/// What the tokens of an exchange say about actors. Unverified, and only for showing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// The `act` chain of what was issued, the present actor first; `None` when no token can be read.
    pub actors: Option<Vec<Text>>,
    /// Whom the subject token allows to act (`may_act`).
    pub may_act: Option<Text>,
}

impl Acting {
    /// Reads the issued tokens, the access token first, and the IdP's token that was exchanged.
    pub(crate) fn of(access: &SecretString, id: Option<&SecretString>, subject: &SecretString) -> Self {
        let readable: Vec<Value> = [Some(access), id].into_iter().flatten().filter_map(claims).collect();
        let actors = readable.iter().map(chain).find(|chain| !chain.is_empty());
        Self {
            actors: if readable.is_empty() { None } else { Some(actors.unwrap_or_default()) },
            may_act: claims(subject).and_then(|claims| claims.get("may_act").and_then(party)),
        }
    }
}

fn chain(claims: &Value) -> Vec<Text> {
    let steps = std::iter::successors(claims.get("act"), |actor| actor.get("act"));
    steps.take(DEEPEST).filter_map(party).collect()
}

/// A party by its subject, else by its client.
fn party(claim: &Value) -> Option<Text> {
    ["sub", "client_id"].iter().find_map(|name| claim.get(*name)?.as_str()).map(Text::from)
}

impl fmt::Display for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.actors.as_deref() {
            None => {
                f.write_str(
                    "Whether somebody acts for this person cannot be read from the exchanged tokens.",
                )?;
            }
            Some([]) => {
                f.write_str("The exchanged token names no actor: it stands for the person (impersonation).")?;
            }
            Some([present, before @ ..]) => {
                write!(f, "The exchanged token names who acts for the person (delegation): {present}")?;
                for actor in before {
                    write!(f, ", for {actor}")?;
                }
                f.write_str(".")?;
            }
        }
        match &self.may_act {
            Some(party) => write!(f, " The identity provider allows {party} to act."),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn jwt(claims: &Value) -> SecretString {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string())).into()
    }

    // X1, S1
    #[rstest]
    #[case(json!({"sub": "u"}), json!({}), "names no actor: it stands for the person (impersonation).")]
    #[case(
        json!({"act": {"sub": "svc\u{1b}[2J", "act": {"client_id": "gateway"}}}),
        json!({}),
        "(delegation): svc\\x1b[2J, for gateway."
    )]
    #[case(json!({}), json!({"may_act": {"sub": "batch"}}), "The identity provider allows batch to act.")]
    fn the_tokens_say_who_acts(#[case] issued: Value, #[case] subject: Value, #[case] words: &str) {
        let by_access = Acting::of(&jwt(&issued), None, &jwt(&subject));
        let by_id = Acting::of(&"opaque".into(), Some(&jwt(&issued)), &jwt(&subject));
        assert!(by_access.to_string().contains(words), "{by_access}");
        assert_eq!(by_access, by_id);
    }

    // X1: unknown is not no.
    #[test]
    fn tokens_that_cannot_be_read_say_nothing() {
        let acting = Acting::of(&"opaque".into(), None, &"opaque".into());
        assert_eq!(acting, Acting { actors: None, may_act: None });
        assert!(acting.to_string().contains("cannot be read"));
    }

    // X1
    #[test]
    fn an_endless_chain_is_cut() {
        let mut claim = json!({"sub": "last"});
        for _ in 0..40 {
            claim = json!({"sub": "s", "act": claim});
        }
        assert_eq!(chain(&json!({"act": claim})).len(), DEEPEST);
    }
}
