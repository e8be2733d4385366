//! Chance against parse, verify, redact and paste-extraction. `IDCONSOLE_FUZZ_CASES` says how often; `.ci/run` takes
//! more than a quick run does.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idconsole::identity::Secret;
use idconsole::token::extract::{Extracted, extract};
use idconsole::token::json::Object;
use idconsole::token::ladder::{Expected, Holds, Rung, judge};
use idconsole::token::verify::{Signature, verify};
use idconsole::token::{KeySet, Token, redact};
use idconsole::workflows::token_lab::{compare, inspect, report};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::auth::signature::{key, signed};

fn cases() -> ProptestConfig {
    let cases =
        std::env::var("IDCONSOLE_FUZZ_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

struct Good {
    token: String,
    keys: KeySet,
}

/// One good token and its keys.
fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let own = key("k1");
        let claims = json!({"iss": "https://api.clinic.example/", "sub": "s", "exp": 4_000_000_000_u64, "refresh_secret": "hush"});
        let keys = KeySet::from_json(json!({"keys": [own.public]}).to_string().as_bytes()).unwrap();
        Good { token: signed(&own, "k1", &claims), keys }
    })
}

fn given(text: &str) -> Extracted {
    Extracted { token: Secret::from(text), from: "the paste".into() }
}

/// Everything that the lab does without asking anybody.
fn everything(text: &str, keys: &KeySet) {
    let now = "2026-01-05T12:00:00Z".parse().unwrap();
    let seen = inspect(&given(text), Some("https://api.clinic.example/"));
    if let Ok(token) = &seen.token {
        let ladder = judge(token, Some(keys), &Expected::default(), now);
        let signature = ladder.iter().find(|judged| judged.rung == Rung::Signature);
        let said_good = signature.is_some_and(|judged| judged.holds == Holds::Yes);
        assert!(!said_good || text == good().token, "a changed token was taken: {text}");
    }
    let _ = (report::inspection(&seen, now).to_string(), seen.raw());
    let _ = compare(&given(text), &given(&good().token), None);
}

/// Any JSON, a little of it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::vec((name(), inner), 0..5).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Names that mean something, and others.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "alg",
            "kid",
            "typ",
            "cty",
            "crit",
            "b64",
            "jku",
            "jwk",
            "x5u",
            "x5c",
            "iss",
            "sub",
            "aud",
            "exp",
            "nbf",
            "iat",
            "scope",
            "scp",
            "act",
            "events",
            "nonce",
            "kty",
            "crv",
            "x",
            "y",
            "n",
            "e",
            "d",
            "k",
            "use",
            "key_ops",
            "keys",
            "payload",
            "protected",
            "header",
            "signature",
            "signatures",
            "access_token",
            "refresh_secret",
        ])
        .prop_map(str::to_owned),
        "[a-z_]{1,10}",
    ]
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec((name(), any_json()), 0..8).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(cases())]

    // J1, J10: one character more, less or another makes it another token, which nobody signed.
    #[test]
    fn a_token_that_was_changed_is_never_taken(at in any::<prop::sample::Index>(), with in any::<char>(), how in 0..4) {
        let good = good();
        let mut text: Vec<char> = good.token.chars().collect();
        let at = at.index(text.len());
        match how {
            0 => text[at] = with,
            1 => text.insert(at, with),
            2 => { text.remove(at); }
            _ => text.truncate(at),
        }
        let text: String = text.into_iter().collect();
        if text != good.token
            && let Ok(Token::Signed(jws)) = Token::parse(&text)
        {
            prop_assert!(!matches!(verify(&jws, &good.keys), Signature::Good { .. }), "{text}");
        }
        everything(&text, &good.keys);
    }

    // RFC 7515 §7.2
    #[test]
    fn a_signature_in_json_that_was_changed_is_never_taken(part in 0usize..3, at in any::<prop::sample::Index>(), with in any::<char>(), open in object()) {
        let good = good();
        let mut parts: Vec<String> = good.token.split('.').map(str::to_owned).collect();
        let taken = |parts: &[String], open: &Value| {
            let text = json!({"protected": parts[0], "payload": parts[1], "signature": parts[2], "header": open}).to_string();
            extract(&text).tokens.iter().any(|one| match Token::parse(one.token.expose()) {
                Ok(Token::Signed(jws)) => matches!(verify(&jws, &good.keys), Signature::Good { .. }),
                _ => false,
            })
        };
        let nothing = json!({});
        prop_assert!(taken(&parts, &nothing));
        // A name that is signed for and stands beside it as well is refused.
        let (again, unsigned) = (json!({"alg": "none"}), json!({"crit": ["x"], "x": 1}));
        prop_assert!(!taken(&parts, &again) && !taken(&parts, &unsigned));
        let mut text: Vec<char> = parts[part].chars().collect();
        let at = at.index(text.len());
        let same = text[at] == with;
        text[at] = with;
        parts[part] = text.into_iter().collect();
        prop_assert!(same || !taken(&parts, &nothing));
        let _ = taken(&parts, &open);
    }

    #[test]
    fn any_object_is_answered(value in object()) {
        for one in extract(&value.to_string()).tokens {
            let _ = (Token::parse(one.token.expose()), inspect(&one, None));
        }
        let _ = Token::parse(&value.to_string());
    }

    #[test]
    fn any_header_and_any_claims_are_answered_and_never_taken(header in object(), claims in any_json(), signature in prop::collection::vec(any::<u8>(), 0..140)) {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}.{}", encode(&header), encode(&claims), URL_SAFE_NO_PAD.encode(signature));
        everything(&text, &good().keys);
    }

    #[test]
    fn any_key_set_is_answered(set in prop::collection::vec(object(), 0..6), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let set = json!({"keys": set}).to_string();
        if let Ok(keys) = KeySet::read(set.as_bytes()) {
            everything(&good().token.replace("eyJ", "eyI"), &keys);
        }
        let _ = KeySet::read(&bytes);
        let _ = KeySet::from_pem(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        for one in extract(&text).tokens {
            everything(one.token.expose(), &good().keys);
        }
        everything(&text, &good().keys);
        everything(&format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)), &good().keys);
    }

    // J12, S2
    #[test]
    fn no_secret_survives_redaction_at_any_depth(around in object(), depth in 0usize..5, which in prop::sample::select(vec!["refresh_secret", "client_secret", "password", "Access-Token", "mfaSecret"])) {
        let mut value = json!({(which): "HUSH-4711", "list": [{(which): ["HUSH-4711"]}, {(which): {"a": "HUSH-4711"}}]});
        for _ in 0..depth {
            value = json!({"inner": [value], "around": around.clone()});
        }
        let object = Object::read(value.to_string().as_bytes()).unwrap();
        for shown in [redact::redacted(&object), redact::hidden(&object)] {
            prop_assert!(!shown.to_string().contains("HUSH"), "{shown}");
        }
        let text = format!("e30.{}.AA", URL_SAFE_NO_PAD.encode(value.to_string()));
        let seen = inspect(&given(&text), None);
        let copied: Vec<Option<String>> = seen.claims.iter().map(idconsole::workflows::token_lab::Item::copied).collect();
        let all = format!("{seen:?}{copied:?}{}", seen.raw());
        prop_assert!(!all.contains("HUSH"), "{all}");
    }

    #[test]
    fn a_token_is_found_whatever_stands_around_it(before in "[ -~&&[^\"'`\\\\]]{0,40}", after in "[ -~&&[^\"'`\\\\]]{0,40}", how in 0..7) {
        let token = &good().token;
        let text = match how {
            0 => format!("{before} {token} {after}"),
            1 => format!("Authorization: Bearer {token}\nX-Note: {after}"),
            2 => json!({"note": before, "deep": [{"access_token": token}], "more": after}).to_string(),
            3 => format!("curl -s -H 'X-Note: {before}' -H 'Authorization: Bearer {token}' 'https://api.example/x'"),
            4 => format!("https://app.example/cb#access_token={token}&state=1"),
            5 => format!("  \"{token}\"  "),
            _ => format!("Bearer {}\n{}", &token[..40], &token[40..]),
        };
        let found = extract(&text);
        prop_assert!(found.tokens.iter().any(|one| one.token.expose() == token), "{text}");
        let debug = format!("{found:?}");
        prop_assert!(!debug.contains(token.as_str()));
    }
}
