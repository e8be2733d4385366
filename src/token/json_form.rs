//! Signatures in JSON (RFC 7515 §7.2). Tokens travel in the compact form only (RFC 7519 §1), so what comes like this is
//! judged as a signature and shown to nobody.

use serde_json::{Value, json};

use super::json::{Node, Object};
use super::jws::{Jws, LARGEST, Malformed, Part, decode};
use crate::identity::Text;

/// Signatures over one payload that are read.
const MOST: usize = 64;

/// True for an object of this form, flattened or general.
pub(super) fn is_one(value: &Value) -> bool {
    value["payload"].is_string() && (value["signature"].is_string() || value["signatures"].is_array())
}

/// Each signature by itself, in the flattened form (RFC 7515 §7.2.2).
pub(super) fn each(value: &Value) -> Vec<String> {
    let Some(all) = value["signatures"].as_array() else { return vec![value.to_string()] };
    all.iter()
        .take(MOST)
        .map(|one| {
            let mut flat = json!({"payload": value["payload"], "signature": one["signature"]});
            for part in ["protected", "header"] {
                if !one[part].is_null() {
                    flat[part] = one[part].clone();
                }
            }
            flat.to_string()
        })
        .collect()
}

/// Reads the flattened form; a general one with a single signature is one as well.
pub(super) fn parse(text: &str) -> Result<Jws, Malformed> {
    if text.len() > LARGEST {
        return Err(Malformed::TooLong(text.len()));
    }
    let odd = |why: &str| Malformed::JsonForm(why.to_owned());
    let whole = Object::read(text.as_bytes()).map_err(|why| Malformed::JsonForm(why.to_string()))?;
    // RFC 7515 §4: readers disagree about which one counts.
    if let Some(name) = whole.repeated().first() {
        return Err(Malformed::JsonForm(format!("has `{name}` twice")));
    }
    let one = match whole.get("signatures") {
        None => &whole,
        // RFC 7515 §7.2.1, §7.2.2: the two forms do not mix.
        Some(_) if whole.get("signature").is_some() => return Err(odd("has both forms at once")),
        Some(Node::List(all)) => match &all[..] {
            [Node::Object(one)] => one,
            _ => return Err(odd("has several signatures, or none")),
        },
        Some(_) => return Err(odd("has `signatures` that are no list")),
    };
    let member = |from: &Object, name: &str| match from.get(name) {
        Some(Node::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Malformed::JsonForm(format!("has a `{name}` that is no text"))),
        None => Ok(None),
    };
    let payload = member(&whole, "payload")?.ok_or_else(|| odd("has no payload; it travels apart"))?;
    let signature = member(one, "signature")?.ok_or_else(|| odd("has no signature"))?;
    let protected = member(one, "protected")?.unwrap_or_else(|| Text::from(""));
    let open = match one.get("header") {
        None => Object::default(),
        Some(Node::Object(header)) => header.clone(),
        Some(_) => return Err(odd("has a `header` that is no object")),
    };
    // RFC 7515 §4.1.11
    if open.get("crit").is_some() {
        return Err(odd("has a `crit` that nobody signed"));
    }
    let closed = if protected.raw().is_empty() {
        Object::default()
    } else {
        Object::read(&decode(protected.raw(), Part::Header)?).map_err(Malformed::Header)?
    };
    let payload_bytes = decode(payload.raw(), Part::Payload)?;
    Ok(Jws {
        // A name in both stands twice then, and is refused for it (RFC 7515 §7.2.1).
        header: closed.followed_by(open),
        claims: Object::read(&payload_bytes),
        payload: payload_bytes,
        signature: decode(signature.raw(), Part::Signature)?,
        signed: format!("{}.{}", protected.raw(), payload.raw()).into(),
        compact: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Token;
    use rstest::rstest;

    // RFC 7515 §7.2, §4.1.11
    #[rstest]
    #[case(r#"{"payload":"e30","protected":"e30","signature":"AA"}"#, true)]
    #[case(r#"{"payload":"e30","header":{"alg":"ES256"},"signature":"AA"}"#, true)]
    #[case(r#"{"payload":"e30","signatures":[{"protected":"e30","signature":"AA"}]}"#, true)]
    #[case(r#"{"payload":"e30","signatures":[]}"#, false)]
    #[case(r#"{"payload":"e30","signatures":[{"signature":"AA"}],"signature":"AA"}"#, false)]
    #[case(r#"{"payload":"e30","header":{"crit":["x"],"x":1},"signature":"AA"}"#, false)]
    #[case(r#"{"payload":"e30","payload":"e30","signature":"AA"}"#, false)]
    #[case(r#"{"payload":1,"signature":"AA"}"#, false)]
    #[case(r#"{"payload":"e30","signature":"AB"}"#, false)]
    #[case(r#"{"payload":"e30","#, false)]
    fn the_form_is_strict(#[case] text: &str, #[case] good: bool) {
        assert_eq!(parse(text).is_ok(), good, "{:?}", parse(text));
        assert_eq!(matches!(Token::parse(text), Ok(Token::Signed(_))), good);
    }

    #[test]
    fn a_name_in_both_headers_stands_twice() {
        let jws = parse(
            r#"{"payload":"e30","protected":"eyJhbGciOiJFUzI1NiJ9","header":{"alg":"none"},"signature":"AA"}"#,
        );
        assert_eq!(jws.unwrap().header.repeated()[0].raw(), "alg");
    }
}
