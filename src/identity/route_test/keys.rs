//! The provider's keys (standards J3, J5, J6). The platform does not check signatures; the test sign-in does.

use serde_json::Value;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::observed::Asked;
use super::verdict::{failed, listed, passed, quoted, unknown};
use super::{Check, CheckId};

/// Members that only the owner of a key may have (RFC 7518 §6).
const PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

pub(super) fn checks(keys: &Asked) -> Vec<Check> {
    let not_told = |why: String| {
        vec![
            unknown(CheckId::Keys, why),
            unknown(CheckId::KeyStrength, "Not told: there are no keys to look at."),
        ]
    };
    let reply = match keys.told() {
        Ok(reply) => reply,
        Err(why) => return not_told(why).into_iter().map(|check| check.with(keys.exchange())).collect(),
    };
    let exchange = [&reply.exchange];
    let list = reply.json.as_ref().and_then(|json| json["keys"].as_array());
    let (Some(list), true) = (list, reply.status == 200) else {
        let what = if reply.status == 200 { reply.kind_words() } else { format!("status {}", reply.status) };
        return vec![
            failed(
                CheckId::Keys,
                format!("Where its keys should be, {} answers with {what}.", reply.host),
                "Without keys nobody can check its tokens; the provider has to mend that.",
            )
            .with(exchange),
            unknown(CheckId::KeyStrength, "Not told: there are no keys to look at."),
        ];
    };
    vec![
        passed(CheckId::Keys, format!("{} of them.", list.len())).with(exchange),
        strength(list).with(exchange),
    ]
}

fn strength(list: &[Value]) -> Check {
    let id = CheckId::KeyStrength;
    let next = "The provider has to mend its keys; tokens signed with them prove nothing.";
    let open = |key: &Value| key["kty"] == "oct" || PRIVATE.iter().any(|name| key.get(name).is_some());
    if list.iter().any(open) {
        return failed(id, "It publishes a private key: anybody can make its tokens.", next);
    }
    let signing: Vec<&Value> = list.iter().filter(|key| key["use"] != "enc").collect();
    let (usable, weak): (Vec<_>, Vec<_>) = signing.iter().map(|key| usable(key)).partition(Result::is_ok);
    if !usable.is_empty() {
        let kinds: Vec<String> = usable.into_iter().flatten().collect();
        return passed(id, format!("Good for signing: {}.", listed(&kinds)));
    }
    let why: Vec<String> = weak.into_iter().filter_map(Result::err).collect();
    if why.is_empty() {
        return failed(id, "None of its keys is for signing.", next);
    }
    failed(id, format!("None of its keys can be used: {}.", listed(&why)), next)
}

/// The kind of a key that can be used; else what is wrong.
fn usable(key: &Value) -> Result<String, String> {
    let text = |name: &str| key[name].as_str().unwrap_or_default();
    let size = |name: &str| {
        URL_SAFE_NO_PAD.decode(text(name)).map_or(0, |bytes| {
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            (bytes.len() - zeros) * 8
        })
    };
    match (text("kty"), text("crv")) {
        ("RSA", _) => match size("n") {
            bits if bits >= 2048 => Ok(format!("RSA {bits}")),
            bits => Err(format!("RSA with {bits} bits, where 2048 are the least")),
        },
        ("EC", curve @ ("P-256" | "P-384" | "P-521")) => {
            let wanted = match curve {
                "P-256" => 32,
                "P-384" => 48,
                _ => 66,
            };
            let long = |name| URL_SAFE_NO_PAD.decode(text(name)).map_or(0, |bytes| bytes.len());
            if long("x") == wanted && long("y") == wanted {
                Ok(curve.to_owned())
            } else {
                Err(format!("a point that is not on {curve}"))
            }
        }
        ("OKP", "Ed25519") => Ok("Ed25519".to_owned()),
        (kind, curve) => Err(format!("{} {}", quoted(kind), quoted(curve)).trim().to_owned()),
    }
}
