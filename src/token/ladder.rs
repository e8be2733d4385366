//! The judgement on a token, rung by rung: what it says, whether that is true, whether it counts now.

use jiff::Timestamp;

use super::brief::{brief, brief_list};
use super::id_token::{access_token, asked_by};
use super::json::Node;
use super::jwk::KeySet;
use super::jws::{Jws, Token};
use super::kind::{self, Kind};
use super::time::{Standing, standing};
use super::verify::{Found, Signature, Why, alg_of, verify};
use crate::identity::Text;
use crate::identity::words::capital;

/// What is looked at, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rung {
    /// Three parts of strict base64url, JSON, no name twice (J1, J2).
    Structure,
    /// An algorithm that is trusted (J3, J4).
    Algorithm,
    /// A key of the issuer that could have made it (J5, J6).
    Key,
    /// The signature (J10).
    Signature,
    /// Whom it is from (J7).
    Issuer,
    /// For whom it is (J7).
    Audience,
    /// Whether it counts now (J7, J11).
    Time,
    /// What it is for (J8).
    Type,
    /// The access token that an ID token says it came with (J13); looked at where it says so.
    CameWith,
}

impl Rung {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Algorithm => "algorithm",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Time => "time",
            Self::Type => "type",
            Self::CameWith => "at-hash",
        }
    }
}

/// How a rung holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// It does.
    Yes,
    /// It does, and something is to be thought about.
    Warning,
    /// Cannot be said; unknown is not no.
    Untold,
    /// It does not.
    No,
}

/// One rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Which.
    pub rung: Rung,
    /// How it holds.
    pub holds: Holds,
    /// What was found, as a sentence.
    pub said: String,
}

/// What a token should be.
#[derive(Debug, Clone, Default)]
pub struct Expected<'a> {
    /// By this issuer, exactly.
    pub issuer: Option<&'a str>,
    /// For this audience, among others.
    pub audience: Option<&'a str>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// The platform's issuer, by which kinds are told apart.
    pub platform: Option<&'a str>,
    /// The access token that came with it, where it is at hand.
    pub access: Option<&'a str>,
}

/// Judges a token. Without `keys` its key and signature cannot be told.
pub fn judge(token: &Token, keys: Option<&KeySet>, expected: &Expected<'_>, now: Timestamp) -> Vec<Judged> {
    let untold = |rung, said: &str| Judged { rung, holds: Holds::Untold, said: said.to_owned() };
    match token {
        Token::Signed(jws) => of_signed(jws, keys, expected, now),
        Token::Encrypted(_) => vec![
            Judged {
                rung: Rung::Structure,
                holds: Holds::Yes,
                said: "It is encrypted: only the one for whom it is meant can read it.".to_owned(),
            },
            untold(Rung::Signature, "What lies in it cannot be seen from here."),
        ],
        Token::Opaque { length } => vec![untold(
            Rung::Structure,
            &format!(
                "It is opaque, {length} characters: only its issuer knows what it means. Ask it, by introspection or userinfo."
            ),
        )],
    }
}

/// What it comes to, and the first rung that says so. What nobody in particular asked for (an audience, an issuer, a kind)
/// decides nothing by being absent.
pub fn verdict(
    ladder: impl IntoIterator<Item = (Rung, Holds)>,
    expected: &Expected<'_>,
) -> (Holds, Option<Rung>) {
    let decides = |(rung, holds): &(Rung, Holds)| match rung {
        // Of an issuer or an audience that is expected, absence is a no already.
        Rung::Issuer | Rung::Audience | Rung::CameWith => *holds != Holds::Untold,
        Rung::Type => *holds != Holds::Untold || expected.kind.is_some(),
        Rung::Structure | Rung::Algorithm | Rung::Key | Rung::Signature | Rung::Time => true,
    };
    let worst =
        ladder.into_iter().filter(decides).reduce(|worst, one| if one.1 > worst.1 { one } else { worst });
    worst.map_or((Holds::Untold, None), |(rung, holds)| (holds, Some(rung)))
}

fn of_signed(jws: &Jws, keys: Option<&KeySet>, expected: &Expected<'_>, now: Timestamp) -> Vec<Judged> {
    let mut ladder = vec![structure(jws)];
    ladder.extend(signature(jws, keys));
    ladder.push(issuer(jws, expected.issuer));
    ladder.push(audience(jws, expected.audience));
    ladder.push(time(jws, now));
    ladder.push(kind_of(jws, expected));
    ladder.extend(access_token(jws, expected.access));
    ladder
}

fn structure(jws: &Jws) -> Judged {
    let rung = Rung::Structure;
    let judged = |holds, said: String| Judged { rung, holds, said };
    // RFC 7519 §1
    if !jws.compact {
        return judged(
            Holds::No,
            "It is a signature in JSON; tokens have three parts between dots, so nobody takes it as one."
                .to_owned(),
        );
    }
    match &jws.claims {
        Err(why) => judged(Holds::No, format!("Its payload {why}, so it holds no claims.")),
        Ok(claims) => match jws.header.repeated().first().or(claims.repeated().first()) {
            Some(name) => judged(
                Holds::No,
                format!("`{}` stands in it twice: readers disagree about which one counts.", brief(name)),
            ),
            None => judged(Holds::Yes, "Three parts, each as it should be.".to_owned()),
        },
    }
}

fn signature(jws: &Jws, keys: Option<&KeySet>) -> Vec<Judged> {
    let judged = |rung, holds, said: String| Judged { rung, holds, said };
    let skipped = |rung| judged(rung, Holds::Untold, "Not looked at.".to_owned());
    let sentence = |why: &Why| format!("{}.", capital(&why.to_string()));
    let algorithm = match alg_of(jws) {
        Ok((name, _)) => judged(Rung::Algorithm, Holds::Yes, format!("{name}, which anybody can check.")),
        Err(found) => {
            let (holds, why) = match found {
                Found::Bad(why) => (Holds::No, why),
                Found::Shared(name) => match keys.map(|keys| verify(jws, keys)) {
                    Some(Signature::Bad(why)) => (Holds::No, why),
                    _ => (Holds::Untold, Why::SharedSecret(name)),
                },
                Found::Unknown(name) => (Holds::Untold, Why::UnknownAlgorithm(name)),
            };
            return vec![
                judged(Rung::Algorithm, holds, sentence(&why)),
                skipped(Rung::Key),
                skipped(Rung::Signature),
            ];
        }
    };
    let Some(keys) = keys else {
        let said = "Its issuer's keys are not at hand.".to_owned();
        return vec![algorithm, judged(Rung::Key, Holds::Untold, said), skipped(Rung::Signature)];
    };
    let (key, signature) = match verify(jws, keys) {
        Signature::Good { key } => {
            let key = &keys.keys[key];
            let mut said = format!("{} ({}).", key.name(), key.material.words());
            for note in &key.notes {
                said = format!("{said} But {note}.");
            }
            let holds = if key.notes.is_empty() { Holds::Yes } else { Holds::Warning };
            (
                judged(Rung::Key, holds, said),
                judged(
                    Rung::Signature,
                    Holds::Yes,
                    "It was made with that key, and nothing was changed since.".to_owned(),
                ),
            )
        }
        Signature::Bad(why @ (Why::Forged | Why::Missing | Why::Length { .. })) => {
            let key = judged(Rung::Key, Holds::Yes, "There is a key that could have made it.".to_owned());
            (key, judged(Rung::Signature, Holds::No, sentence(&why)))
        }
        Signature::Bad(why) => (judged(Rung::Key, Holds::No, sentence(&why)), skipped(Rung::Signature)),
        Signature::Untold(why) => {
            (judged(Rung::Key, Holds::Untold, sentence(&why)), skipped(Rung::Signature))
        }
    };
    vec![algorithm, key, signature]
}

fn issuer(jws: &Jws, expected: Option<&str>) -> Judged {
    let judged = |holds, said: String| Judged { rung: Rung::Issuer, holds, said };
    match (jws.claim("iss"), expected) {
        (None, None) => judged(Holds::Untold, "It names no issuer.".to_owned()),
        (None, Some(expected)) => {
            judged(Holds::No, format!("It names no issuer; {} was expected.", Text::from(expected)))
        }
        (Some(Node::Text(issuer)), Some(expected)) if issuer.raw() == expected => {
            judged(Holds::Yes, format!("{}.", brief(issuer)))
        }
        (Some(Node::Text(issuer)), Some(expected)) => {
            let slash = issuer.raw().trim_end_matches('/') == expected.trim_end_matches('/');
            let hint = if slash { " They differ by the slash at the end, and that counts." } else { "" };
            judged(
                Holds::No,
                format!("It is by {}; {} was expected.{hint}", brief(issuer), Text::from(expected)),
            )
        }
        (Some(Node::Text(issuer)), None) => {
            judged(Holds::Yes, format!("{}; nobody in particular was expected.", brief(issuer)))
        }
        (Some(_), _) => judged(Holds::No, "Its issuer is no text.".to_owned()),
    }
}

fn audience(jws: &Jws, expected: Option<&str>) -> Judged {
    let judged = |holds, said: String| Judged { rung: Rung::Audience, holds, said };
    let list = |all: &[&Text]| brief_list(all.iter().copied());
    match (jws.claim("aud"), expected) {
        (None, None) => {
            judged(Holds::Untold, "It names no audience: whoever gets it may take it for theirs.".to_owned())
        }
        (None, Some(expected)) => {
            judged(Holds::No, format!("It names no audience; {} was expected.", Text::from(expected)))
        }
        (Some(node), expected) => match (node.texts(), expected) {
            (None, _) => judged(Holds::No, "Its audience is neither a text nor a list of texts.".to_owned()),
            (Some(all), Some(expected)) if !all.iter().any(|one| one.raw() == expected) => {
                judged(Holds::No, format!("It is for {}; {} was expected.", list(&all), Text::from(expected)))
            }
            (Some(all), Some(expected)) => match asked_by(jws, all.len(), expected) {
                Some(doubt) => judged(Holds::Warning, format!("{}. {doubt}", list(&all))),
                None => judged(Holds::Yes, format!("{}.", list(&all))),
            },
            (Some(all), None) => {
                judged(Holds::Yes, format!("{}; nobody in particular was expected.", list(&all)))
            }
        },
    }
}

fn time(jws: &Jws, now: Timestamp) -> Judged {
    let judged = |holds, said: String| Judged { rung: Rung::Time, holds, said };
    match standing(jws, now) {
        Standing::Valid(left) => judged(Holds::Yes, format!("Valid for {} more.", span(left))),
        Standing::JustEnded(ago) => judged(
            Holds::Warning,
            format!("Ended {} ago, within the minute that clocks may differ by.", span(ago)),
        ),
        Standing::Ended(ago) => judged(Holds::No, format!("Ended {} ago.", span(ago))),
        Standing::NotYet(left) => judged(
            Holds::No,
            format!(
                "Not valid before {} from now; perhaps the issuer's clock or this machine's is off.",
                span(left)
            ),
        ),
        Standing::FromTheFuture(ahead) => judged(
            Holds::Warning,
            format!("Made {} in the future: the issuer's clock or this machine's is off.", span(ahead)),
        ),
        Standing::Endless => {
            judged(Holds::No, "It names no end (`exp`), so nobody should take it.".to_owned())
        }
        Standing::Odd(name) => judged(Holds::No, format!("Its `{name}` is no number.")),
    }
}

fn kind_of(jws: &Jws, expected: &Expected<'_>) -> Judged {
    let told = kind::tell(jws, expected.platform);
    let because = told.evidence.join(", and ");
    let judged = |holds, said: String| Judged { rung: Rung::Type, holds, said };
    match expected.kind {
        Some(wanted) if told.kind == Kind::Unclear => judged(
            Holds::Untold,
            format!("{}: {because}; {} was expected.", capital(told.kind.words()), wanted.words()),
        ),
        None if told.kind == Kind::Unclear => {
            judged(Holds::Untold, format!("{}: {because}.", capital(told.kind.words())))
        }
        Some(wanted) if wanted != told.kind => {
            judged(Holds::No, format!("It is {}, not {}: {because}.", told.kind.words(), wanted.words()))
        }
        _ => judged(Holds::Yes, format!("{}: {because}.", capital(told.kind.words()))),
    }
}

/// Seconds in words: `42 s`, `5 min`, `3 h 20 min`, `12 d`.
pub fn span(seconds: f64) -> String {
    if !seconds.is_finite() || seconds > 1e12 {
        return "for ever".to_owned();
    }
    let whole = seconds.max(0.0) as u64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    match whole {
        0..60 => format!("{whole} s"),
        60..3_600 => format!("{} min", whole / 60),
        3_600..86_400 if minutes == 0 => format!("{} h", whole / 3_600),
        3_600..86_400 => format!("{} h {minutes} min", whole / 3_600),
        _ if hours == 0 || days > 9 => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use rstest::rstest;

    fn judged(claims: &str, expected: &Expected<'_>) -> (Vec<Judged>, Holds) {
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let token = Token::parse(&format!("{}.{}.AA", part(r#"{"alg":"RS256"}"#), part(claims))).unwrap();
        let ladder = judge(&token, None, expected, Timestamp::UNIX_EPOCH);
        let of_claims = ladder.iter().filter(|judged| !matches!(judged.rung, Rung::Key | Rung::Signature));
        let (verdict, _) = verdict(of_claims.map(|judged| (judged.rung, judged.holds)), expected);
        (ladder, verdict)
    }

    #[test]
    fn the_first_rung_that_decides_is_told() {
        let rungs = [(Rung::Key, Holds::Yes), (Rung::Issuer, Holds::Untold), (Rung::Type, Holds::Untold)];
        let told = |kind| verdict(rungs, &Expected { kind, ..Expected::default() });
        assert_eq!(told(None), (Holds::Yes, Some(Rung::Key)));
        assert_eq!(told(Some(Kind::Id)), (Holds::Untold, Some(Rung::Type)));
        let two = [(Rung::Time, Holds::No), (Rung::CameWith, Holds::No)];
        assert_eq!(verdict(two, &Expected::default()), (Holds::No, Some(Rung::Time)));
    }

    // J8: unknown is not yes, where a kind is asked for.
    #[rstest]
    #[case(None, Holds::Yes)]
    #[case(Some(Kind::Access), Holds::Untold)]
    fn a_kind_that_is_not_told_decides_where_one_is_expected(
        #[case] kind: Option<Kind>,
        #[case] holds: Holds,
    ) {
        let expected = Expected { kind, ..Expected::default() };
        assert_eq!(judged(r#"{"iss":"i","exp":100}"#, &expected).1, holds);
        assert_eq!(judged(r#"{"iss":"i","exp":100,"scope":"x"}"#, &expected).1, Holds::Yes);
    }
}
