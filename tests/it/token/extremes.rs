//! What strangers can send: each is answered, nothing breaks, and nothing grows without bound.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use idconsole::identity::Secret;
use idconsole::token::extract::{Extracted, LARGEST_PASTE, extract};
use idconsole::token::jwk::{LARGEST_SET, NoKeys};
use idconsole::token::jws::LARGEST;
use idconsole::token::ladder::{Expected, Holds, Rung, judge};
use idconsole::token::{KeySet, Malformed, Token};
use idconsole::workflows::token_lab::inspect::MOST_ITEMS;
use idconsole::workflows::token_lab::{Inspection, compare, inspect, report};
use jiff::Timestamp;
use rstest::rstest;
use serde_json::json;

fn token(header: &[u8], payload: &[u8]) -> String {
    format!("{}.{}.AAAA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload))
}

fn noon() -> Timestamp {
    "2026-01-05T12:00:00Z".parse().unwrap()
}

/// Everything that can be asked of a token without anybody.
fn seen(text: &str) -> Inspection {
    let given = Extracted { token: Secret::from(text), from: "the paste".into() };
    let seen = inspect(&given, Some("https://api.clinic.example/"));
    let keys = KeySet::default();
    if let Ok(token) = &seen.token {
        let ladder = judge(token, Some(&keys), &Expected::default(), noon());
        assert!(!ladder.is_empty());
        // Whoever wraps a sentence for a screen does so again and again.
        for said in ladder.iter().map(|judged| &judged.said).chain(&seen.notes) {
            assert!(said.len() < 6_000, "{} bytes", said.len());
        }
    }
    let _ = (report::inspection(&seen, noon()).to_string(), seen.raw(), format!("{seen:?}"));
    let compared = compare(&given, &given, None);
    assert!(compared.same && compared.meanings.is_empty());
    let _ = report::comparison(&compared).to_string();
    seen
}

fn rung(text: &str, rung: Rung) -> Holds {
    let token = Token::parse(text).unwrap();
    let ladder = judge(&token, None, &Expected::default(), noon());
    ladder.iter().find(|judged| judged.rung == rung).unwrap().holds
}

#[test]
fn a_token_of_one_megabyte_is_read_and_one_byte_more_is_not() {
    let filler = "x".repeat(LARGEST / 4 * 3 - 64);
    let largest = token(b"{}", format!("{{\"a\":\"{filler}\"}}").as_bytes());
    assert!(largest.len() <= LARGEST && largest.len() > LARGEST - 128, "{}", largest.len());
    assert_eq!(seen(&largest).claims.len(), 1);
    for name in ["iss", "aud", "sub", "email", "scope"] {
        let claims = json!({"nonce": "n", name: format!("{},{}", "y".repeat(1_000), "x".repeat(700_000))});
        seen(&token(b"{}", claims.to_string().as_bytes()));
    }
    let header = json!({"alg": "x".repeat(70_000), "kid": "x".repeat(700_000), "jku": "x".repeat(70_000)});
    seen(&token(header.to_string().as_bytes(), b"{}"));
    let more = format!("{largest}{}", "A".repeat(LARGEST));
    assert!(matches!(seen(&more).token, Err(Malformed::TooLong(_))));
    assert_eq!(extract(&largest).tokens.len(), 1);
    assert!(extract(&"x ".repeat(LARGEST_PASTE)).tokens.is_empty());
}

#[test]
fn ten_thousand_claims_are_read_counted_and_compared() {
    let claims: Vec<String> = (0..10_000).map(|n| format!("\"claim-{n}\":{n}")).collect();
    let wide = token(b"{\"alg\":\"ES256\"}", format!("{{{}}}", claims.join(",")).as_bytes());
    let seen = seen(&wide);
    assert_eq!((seen.claims.len(), seen.more), (MOST_ITEMS, 10_000 - MOST_ITEMS));
    let twice: Vec<String> = (0..10_000).map(|n| format!("\"claim-{}\":{n}", n / 2)).collect();
    let twice = token(b"{\"alg\":\"ES256\"}", format!("{{{}}}", twice.join(",")).as_bytes());
    assert_eq!(rung(&twice, Rung::Structure), Holds::No, "J2");
}

#[rstest]
#[case("[", "]")]
#[case("{\"a\":", "}")]
fn a_depth_of_a_thousand_is_refused(#[case] open: &str, #[case] close: &str) {
    let deep = format!("{{\"a\":{}1{}}}", open.repeat(1_000), close.repeat(1_000));
    assert!(matches!(seen(&token(deep.as_bytes(), b"{}")).token, Err(Malformed::Header(_))));
    let in_claims = token(b"{}", deep.as_bytes());
    assert_eq!(rung(&in_claims, Rung::Structure), Holds::No);
    seen(&in_claims);
    assert!(matches!(KeySet::from_json(deep.as_bytes()), Err(NoKeys::NotJson(_))));
    extract(&deep);
    extract(&open.repeat(100_000));
}

// J11
#[rstest]
#[case("1e308", Holds::Yes)]
#[case("-1e308", Holds::No)]
#[case("18446744073709551615", Holds::Yes)]
#[case("-9223372036854775808", Holds::No)]
#[case("253402300800", Holds::Yes)]
#[case("1767614400.000000001", Holds::Warning)]
#[case("-0.0", Holds::No)]
#[case("null", Holds::No)]
#[case("true", Holds::No)]
#[case("\"1767618000\"", Holds::No)]
#[case("[1767618000]", Holds::No)]
fn odd_numbers_are_held_against_the_clock(#[case] exp: &str, #[case] holds: Holds) {
    let text = token(b"{}", format!("{{\"exp\":{exp},\"iat\":{exp},\"nbf\":0}}").as_bytes());
    seen(&text);
    let only = token(b"{}", format!("{{\"exp\":{exp}}}").as_bytes());
    assert_eq!(rung(&only, Rung::Time), holds);
}

#[rstest]
#[case(b"{\"a\":\"\xff\xfe\"}")]
#[case(b"{\"a\":\"\xc3(\"}")]
#[case(b"\xef\xbb\xbf{}")]
#[case(b"{\"a\":1e999}")]
#[case(b"{\"a\":\"\\ud800\"}")]
#[case(b"{\"a\":NaN}")]
#[case(b"{}x")]
#[case(b"")]
fn bytes_that_are_no_claims_are_told(#[case] payload: &[u8]) {
    let text = token(b"{\"alg\":\"ES256\"}", payload);
    assert_eq!(rung(&text, Rung::Structure), Holds::No);
    seen(&text);
    assert!(matches!(seen(&token(payload, b"{}")).token, Err(Malformed::Header(_))));
}

#[test]
fn a_key_set_has_limits_too() {
    let key = json!({"kty": "oct", "k": "AAAA"});
    let many = json!({"keys": vec![key; 1_001]}).to_string();
    assert_eq!(KeySet::read(many.as_bytes()), Err(NoKeys::TooMany(1_001)));
    assert!(matches!(KeySet::read(&vec![b' '; LARGEST_SET + 1]), Err(NoKeys::TooLong(_))));
    let huge = json!({"kty": "RSA", "e": "AQAB", "n": "_".repeat(100_000)}).to_string();
    assert_eq!(KeySet::read(huge.as_bytes()).unwrap().keys.len(), 0);
    for pem in [
        "-----BEGIN ",
        "-----BEGIN PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ] {
        assert_eq!(KeySet::read(pem.as_bytes()), Err(NoKeys::NoPem), "{pem}");
    }
}

// J9
#[test]
fn tokens_within_tokens_end_somewhere() {
    let mut text = token(b"{\"alg\":\"ES256\"}", b"{}");
    for _ in 0..10 {
        text = token(b"{\"alg\":\"ES256\",\"cty\":\"JWT\"}", text.as_bytes());
    }
    let (mut depth, mut at) = (0, Some(Box::new(seen(&text))));
    while let Some(one) = at {
        depth += 1;
        at = one.inner;
    }
    assert_eq!(depth, 4);
}
