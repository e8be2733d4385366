//! Signed tokens in their compact form (RFC 7515 §7.1, RFC 7519), and telling apart what is not one (J1, J2, J9).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::json::{NotAnObject, Object};
use crate::identity::Text;

/// Longest token that is read, in bytes.
pub const LARGEST: usize = 1 << 20;

/// How deep a token may lie within tokens (`cty` = `JWT`; RFC 7519 §5.2).
pub const DEEPEST: usize = 3;

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// Three parts: header, payload, signature.
    Signed(Box<Jws>),
    /// Five parts: encrypted, so that only its receiver can read it (RFC 7516). Not decrypted.
    Encrypted(Box<Object>),
    /// No structure that says anything: only its issuer knows what it means.
    Opaque {
        /// Its length in characters.
        length: usize,
    },
}

/// A signed token, taken apart. Nothing of it is verified; `Debug` shows none of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Jws {
    /// The JOSE header.
    pub header: Object,
    /// The bytes that are signed for.
    pub payload: Vec<u8>,
    /// The payload as claims, or why it holds none.
    pub claims: Result<Object, NotAnObject>,
    /// The signature.
    pub signature: Vec<u8>,
    /// Header and payload as they stand in the token: what the signature is over (RFC 7515 §5.2).
    pub(super) signed: Box<str>,
    /// Three parts between dots, as tokens travel; else it came as JSON (RFC 7515 §7.2).
    pub compact: bool,
}

/// Which part of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first.
    Header,
    /// The second.
    Payload,
    /// The third.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a text that looks like a token is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Nothing there.
    #[error("there is no token")]
    Empty,
    /// More than [`LARGEST`].
    #[error("it is {0} bytes long; tokens over 1 MiB are not read")]
    TooLong(usize),
    /// Not three and not five parts.
    #[error("it has {0} parts between dots; a signed token has three, an encrypted one five")]
    Parts(usize),
    /// A character that base64url does not have, padding and white space among them.
    #[error("its {part} has a character that base64url does not have, {shown} at place {at}")]
    Character {
        /// Where.
        part: Part,
        /// In visible form.
        shown: String,
        /// Counted from 1.
        at: usize,
    },
    /// Padding (RFC 7515 §2).
    #[error("its {0} is padded with `=`; tokens carry base64url without padding")]
    Padded(Part),
    /// Cut in the middle of a character group.
    #[error("its {0} breaks off: its length is no whole number of bytes")]
    Length(Part),
    /// Bits that mean nothing and are not zero: two texts for the same bytes.
    #[error("its {0} ends in bits that should be zero; somebody changed its last character")]
    TrailingBits(Part),
    /// A signature in JSON that does not hold together (RFC 7515 §7.2).
    #[error("as a signature in JSON it {0}")]
    JsonForm(String),
    /// A header that is not a JSON object.
    #[error("its header {0}")]
    Header(NotAnObject),
}

impl Token {
    /// Reads one token, without anything around it; see [`super::extract`] for that.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.is_empty() {
            return Err(Malformed::Empty);
        }
        if text.len() > LARGEST {
            return Err(Malformed::TooLong(text.len()));
        }
        if text.starts_with('{') {
            return super::json_form::parse(text).map(|jws| Self::Signed(Box::new(jws)));
        }
        let parts = text.split('.').count();
        match parts {
            3 => Jws::parse(text).map(|jws| Self::Signed(Box::new(jws))),
            5 => {
                let first = text.split('.').next().unwrap_or_default();
                match Object::read(&decode(first, Part::Header)?) {
                    Ok(header) if header.get("enc").is_some() => Ok(Self::Encrypted(Box::new(header))),
                    Ok(_) => Err(Malformed::Parts(parts)),
                    Err(why) => Err(Malformed::Header(why)),
                }
            }
            // A JWT that lost a part begins as every JSON object does; anything else means something to its issuer only.
            _ if text.starts_with("eyJ") && text.contains('.') => Err(Malformed::Parts(parts)),
            _ => Ok(Self::Opaque { length: text.chars().count() }),
        }
    }

    /// The signed token.
    pub fn signed(&self) -> Option<&Jws> {
        match self {
            Self::Signed(jws) => Some(jws),
            Self::Encrypted(_) | Self::Opaque { .. } => None,
        }
    }
}

impl Jws {
    /// Reads three parts.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > LARGEST {
            return Err(Malformed::TooLong(text.len()));
        }
        let parts: Vec<&str> = text.splitn(4, '.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(Malformed::Parts(text.split('.').count()));
        };
        let signed = &text[..header.len() + 1 + payload.len()];
        let header = Object::read(&decode(header, Part::Header)?).map_err(Malformed::Header)?;
        let payload = decode(payload, Part::Payload)?;
        let signature = decode(signature, Part::Signature)?;
        let claims = Object::read(&payload);
        Ok(Self { header, payload, claims, signature, signed: signed.into(), compact: true })
    }

    /// Reads header and payload, and takes a signature that cannot be read for none: people cut it off before they send
    /// a token around, and some issuers are careless with it. Such a token is never called signed.
    pub fn parse_unsigned(text: &str) -> Result<Self, Malformed> {
        Self::parse(text).or_else(|why| {
            let front = text.rsplit_once('.').map(|(front, _)| format!("{front}."));
            front.and_then(|front| Self::parse(&front).ok()).ok_or(why)
        })
    }

    /// `alg`: how it says that it is signed.
    pub fn alg(&self) -> Option<&Text> {
        self.header.text("alg")
    }

    /// `kid`: which key it says that it is signed with.
    pub fn kid(&self) -> Option<&Text> {
        self.header.text("kid")
    }

    /// `typ`, as it stands.
    pub fn typ(&self) -> Option<&Text> {
        self.header.text("typ")
    }

    /// A claim.
    pub fn claim(&self, name: &str) -> Option<&super::json::Node> {
        self.claims.as_ref().ok()?.get(name)
    }

    /// The text of a claim.
    pub fn claim_text(&self, name: &str) -> Option<&Text> {
        self.claims.as_ref().ok()?.text(name)
    }

    /// The token that lies in this one (`cty` = `JWT`; RFC 7519 §5.2), at most [`DEEPEST`] deep.
    pub fn nested(&self, depth: usize) -> Option<Result<Token, Malformed>> {
        let says = self.header.text("cty").is_some_and(|cty| cty.raw().eq_ignore_ascii_case("JWT"));
        if !says || depth >= DEEPEST {
            return None;
        }
        let text = std::str::from_utf8(&self.payload).ok()?;
        Some(Token::parse(text))
    }
}

impl fmt::Debug for Jws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jws")
            .field("alg", &self.alg())
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// Strict base64url (RFC 7515 §2): no padding, no white space, no bits left over.
pub(super) fn decode(text: &str, part: Part) -> Result<Vec<u8>, Malformed> {
    let odd = text.chars().enumerate().find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')));
    if let Some((at, c)) = odd {
        if c == '=' && text.trim_end_matches('=').chars().count() <= at {
            return Err(Malformed::Padded(part));
        }
        let shown = crate::identity::text::shown(&c.to_string()).into_owned();
        return Err(Malformed::Character { part, shown, at: at + 1 });
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|error| match error {
        base64::DecodeError::InvalidLastSymbol(..) => Malformed::TrailingBits(part),
        _ => Malformed::Length(part),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn part(json: &str) -> String {
        URL_SAFE_NO_PAD.encode(json)
    }

    // J1
    #[rstest]
    #[case("", Malformed::Empty)]
    #[case("eyJhIjoxfQ.e30", Malformed::Parts(2))]
    #[case("eyJhIjoxfQ.e30.AA.AA", Malformed::Parts(4))]
    #[case("e30=.e30.AA", Malformed::Padded(Part::Header))]
    #[case("e30.e3 0.AA", Malformed::Character { part: Part::Payload, shown: " ".into(), at: 3 })]
    #[case("e30.e30.A+", Malformed::Character { part: Part::Signature, shown: "+".into(), at: 2 })]
    #[case("e30.e30.AAAAA", Malformed::Length(Part::Signature))]
    #[case("e30.e30.AB", Malformed::TrailingBits(Part::Signature))]
    #[case("W10.e30.AA", Malformed::Header(NotAnObject::Other))]
    fn what_is_no_token_is_told_apart(#[case] text: &str, #[case] why: Malformed) {
        assert_eq!(Token::parse(text), Err(why));
    }

    // J9
    #[test]
    fn encrypted_and_opaque_tokens_are_recognised() {
        let header = part(r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#);
        assert!(matches!(Token::parse(&format!("{header}.a.b.c.d")), Ok(Token::Encrypted(_))));
        assert_eq!(Token::parse("0123abcd"), Ok(Token::Opaque { length: 8 }));
        assert_eq!(Token::parse("v1.local"), Ok(Token::Opaque { length: 8 }));
    }

    #[test]
    fn a_signature_that_cannot_be_read_counts_as_none() {
        let jws = Jws::parse_unsigned("e30.e30.cut*out").unwrap();
        assert!(jws.signature.is_empty() && jws.claims.is_ok());
        assert_eq!(Jws::parse_unsigned("e30.e30.AAAA").unwrap().signature, [0, 0, 0]);
        assert_eq!(Jws::parse_unsigned("e30.e!0.AA"), Jws::parse("e30.e!0.AA"));
        assert_eq!(Jws::parse_unsigned("e30"), Err(Malformed::Parts(1)));
    }

    // J9
    #[test]
    fn tokens_within_tokens_are_read_to_a_limit() {
        let inner = format!("{}.{}.AA", part(r#"{"alg":"ES256"}"#), part("{}"));
        let outer = format!("{}.{}.AA", part(r#"{"alg":"ES256","cty":"JWT"}"#), part(&inner));
        let outer = Jws::parse(&outer).unwrap();
        assert!(matches!(outer.nested(0), Some(Ok(Token::Signed(_)))));
        assert!(outer.nested(DEEPEST).is_none());
    }

    // S2
    #[test]
    fn a_token_does_not_show_itself() {
        let token =
            format!("{}.{}.c2VjcmV0", part(r#"{"alg":"ES256"}"#), part(r#"{"refresh_secret":"hunter2"}"#));
        let shown = format!("{:?}", Token::parse(&token).unwrap());
        assert!(!shown.contains("hunter2") && !shown.contains("c2VjcmV0"), "{shown}");
    }

    #[test]
    fn a_token_over_the_limit_is_not_read() {
        assert_eq!(Token::parse(&"a".repeat(LARGEST + 1)), Err(Malformed::TooLong(LARGEST + 1)));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,200}") {
            let _ = Token::parse(&text);
        }

        #[test]
        fn any_parts_are_answered(header in proptest::collection::vec(any::<u8>(), 0..80), payload in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Token::parse(&format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload)));
        }
    }
}
