//! Public vectors for JWS and JWK: every verdict of ours is theirs, but for the few that are named here with their reason.

use std::fs;
use std::path::{Path, PathBuf};

use idconsole::token::extract::extract;
use idconsole::token::jwk::NoKeys;
use idconsole::token::verify::{Signature, Why, verify};
use idconsole::token::{KeySet, Malformed, Token};
use serde_json::{Value, json};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[derive(Debug, PartialEq)]
enum Verdict {
    /// Signed by a key of the set.
    Good,
    /// Not to be believed.
    Bad,
    /// A shared secret: named, never trusted (J3).
    Shared,
    /// Cannot be told for another reason.
    Untold,
}

fn verdict(token: &str, keys: &Value) -> Verdict {
    let set = match KeySet::from_json(keys.to_string().as_bytes()) {
        Ok(set) => set,
        Err(NoKeys::Neither) => KeySet::default(),
        Err(why) => panic!("{why}"),
    };
    match Token::parse(token) {
        Ok(Token::Signed(jws)) => match verify(&jws, &set) {
            Signature::Good { .. } => Verdict::Good,
            Signature::Bad(_) => Verdict::Bad,
            Signature::Untold(Why::SharedSecret(_)) => Verdict::Shared,
            Signature::Untold(_) => Verdict::Untold,
        },
        Ok(Token::Encrypted(_) | Token::Opaque { .. }) | Err(_) => Verdict::Bad,
    }
}

/// The last character of the last part, changed in a bit that counts.
fn spoiled(token: &str) -> String {
    let (front, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{front}.{first}{}", &signature[1..])
}

// J1, J3, J10
#[test]
fn the_examples_of_rfc_7515_are_judged_rightly() {
    for case in read(&folder("rfc7515/appendix_a.json")).as_array().unwrap() {
        let (section, token) = (case["section"].as_str().unwrap(), case["token"].as_str().unwrap());
        let keys = if case["key"].is_null() { json!({"keys": []}) } else { case["key"].clone() };
        let expected = match case["alg"].as_str().unwrap() {
            "HS256" => Verdict::Shared,
            "none" => Verdict::Bad,
            _ => Verdict::Good,
        };
        let good = expected == Verdict::Good;
        assert_eq!(verdict(token, &keys), expected, "{section}");
        if good {
            assert_eq!(verdict(&spoiled(token), &keys), Verdict::Bad, "{section} spoiled");
            assert_eq!(verdict(token, &json!({"keys": []})), Verdict::Untold, "{section} without keys");
        }
    }
}

#[test]
fn the_examples_of_rfc_7520_are_judged_rightly() {
    let (mut good, mut others, mut in_json) = (0, 0, 0);
    for entry in fs::read_dir(folder("rfc7520")).unwrap() {
        let path = entry.unwrap().path();
        let case = read(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        in_json += in_json_too(&case, &name);
        let Some(token) = case["output"]["compact"].as_str() else { continue };
        let key = case["input"]["key"].clone();
        match (name.as_str(), case["signing"]["protected"]["alg"].as_str().unwrap()) {
            // The payload travels apart, so that what is signed is not all here (RFC 7515 appendix F).
            ("4_5.signature_with_detached_content.json", _) | (_, "HS256") => {
                assert_eq!(verdict(token, &key), Verdict::Shared, "{name}");
                others += 1;
            }
            _ => {
                assert_eq!(verdict(token, &key), Verdict::Good, "{name}");
                assert_eq!(verdict(&spoiled(token), &key), Verdict::Bad, "{name} spoiled");
                good += 1;
            }
        }
    }
    assert_eq!((good, others, in_json), (4, 2, 17));
}

/// The same in JSON (RFC 7515 §7.2), general and flattened: each signature by itself, with the keys that made it.
/// Answers how many were judged.
fn in_json_too(case: &Value, name: &str) -> usize {
    let key = &case["input"]["key"];
    let keys = json!({"keys": if key.is_array() { key.clone() } else { json!([key]) }});
    let signing = &case["signing"];
    let mut judged = 0;
    for form in ["json", "json_flat"] {
        let output = &case["output"][form];
        // The payload of a detached one travels apart (RFC 7515 appendix F).
        if !output["payload"].is_string() {
            continue;
        }
        for (at, one) in extract(&output.to_string()).tokens.iter().enumerate() {
            let of = if signing.is_array() { &signing[at] } else { signing };
            let alg = of["protected"]["alg"].as_str().or(of["unprotected"]["alg"].as_str()).unwrap();
            let expected = if alg == "HS256" { Verdict::Shared } else { Verdict::Good };
            // Without a name every key of its kind is tried.
            let got = verdict(one.token.expose(), &keys);
            assert_eq!(got, expected, "{name} {form} {at} {alg}");
            judged += 1;
        }
    }
    judged
}

// RFC 7515 A.6, A.7
#[test]
fn signatures_in_json_are_judged_one_by_one() {
    let case = read(&folder("rfc7515/appendix_a_json.json"));
    let found = extract(&case["general"].to_string()).tokens;
    assert_eq!(found.len(), 2);
    for (one, key) in found.iter().zip(case["keys"].as_array().unwrap()) {
        let own = json!({"keys": [key]});
        assert_eq!(verdict(one.token.expose(), &own), Verdict::Good);
        let mut spoiled: Value = serde_json::from_str(one.token.expose()).unwrap();
        spoiled["payload"] = json!("e30");
        assert_eq!(verdict(&spoiled.to_string(), &own), Verdict::Bad);
    }
    let flat = &extract(&case["flattened"].to_string()).tokens[0];
    assert_eq!(verdict(flat.token.expose(), &json!({"keys": [case["keys"][1]]})), Verdict::Good);
    assert_eq!(verdict(flat.token.expose(), &json!({"keys": [case["keys"][0]]})), Verdict::Bad);
}

/// Vectors whose own verdict is "valid" and ours is not, by number, with the check that demands it.
const STRICTER: &[(u64, &str)] = &[
    (346, "J6: the key says that it is for PS256 alone, and the token is PS384"),
    (350, "J6: the key says that it is for PS256 alone, and the token is PS384"),
    (347, "J6: the key says that it is for ES521, which is no algorithm"),
    (351, "J6: the key says that it is for ES521, which is no algorithm"),
];

fn wycheproof(file: &str) -> (usize, usize) {
    let (mut valid, mut invalid) = (0, 0);
    for group in read(&folder("wycheproof").join(file))["testGroups"].as_array().unwrap() {
        let keys = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        for test in group["tests"].as_array().unwrap() {
            let number = test["tcId"].as_u64().unwrap();
            let told = format!("{file} {number} {}", test["comment"]);
            let token = test["jws"].as_str().unwrap();
            let got = verdict(token, keys);
            let shared = keys.to_string().contains("\"oct\"");
            if test["result"] == "valid" && !STRICTER.iter().any(|(stricter, _)| *stricter == number) {
                let expected = if shared { Verdict::Shared } else { Verdict::Good };
                // A character outside of the alphabet is passed over by some; RFC 7515 §2 has none (J1).
                let odd = token.chars().any(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '_'));
                if odd {
                    assert!(matches!(Token::parse(token), Err(Malformed::Character { .. })), "{told}");
                } else {
                    assert_eq!(got, expected, "{told}");
                }
                valid += 1;
            } else {
                assert!(got != Verdict::Good, "{told} was believed");
                if !shared {
                    assert_eq!(got, Verdict::Bad, "{told}");
                }
                invalid += 1;
            }
        }
    }
    (valid, invalid)
}

// J1–J6, J10
#[test]
fn the_signatures_of_wycheproof_are_judged_rightly() {
    let (valid, invalid) = wycheproof("json_web_signature_test.json");
    assert_eq!(valid + invalid, 401);
}

// J3, J6
#[test]
fn the_keys_of_wycheproof_are_judged_rightly() {
    let (valid, invalid) = wycheproof("json_web_key_test.json");
    assert_eq!(valid + invalid, 26);
}
