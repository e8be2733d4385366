//! Time-based one-time passwords (RFC 6238: SHA-1, 6 digits, 30 s) as platform-api §5 describes them.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_SECONDS: i64 = 30;

/// A fresh base32 secret of 160 bits.
pub fn new_secret() -> String {
    (0..32).map(|_| char::from(ALPHABET[usize::from(rand::random::<u8>() & 31)])).collect()
}

/// The code of a base32 secret at `now` (seconds since the epoch); `None` when the secret is not base32.
pub fn code(secret: &str, now: i64) -> Option<String> {
    let key = decode(secret)?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).ok()?;
    mac.update(&now.div_euclid(STEP_SECONDS).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest[19] & 15);
    let word = u32::from_be_bytes([
        digest[offset] & 0x7f,
        digest[offset + 1],
        digest[offset + 2],
        digest[offset + 3],
    ]);
    Some(format!("{:06}", word % 1_000_000))
}

/// Is `given` the code of this, the previous or the next time step?
pub fn accepts(secret: &str, given: &str, now: i64) -> bool {
    [-1, 0, 1]
        .into_iter()
        .filter_map(|step| code(secret, now + step * STEP_SECONDS))
        .any(|good| good.as_bytes().ct_eq(given.as_bytes()).into())
}

fn decode(secret: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut key) = (0u64, 0u32, Vec::new());
    for c in secret.trim_end_matches('=').bytes() {
        let value = ALPHABET.iter().position(|a| *a == c.to_ascii_uppercase())? as u64;
        bits = (bits << 5) | value;
        held += 5;
        if held >= 8 {
            held -= 8;
            key.push((bits >> held) as u8);
        }
    }
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn codes_agree_with_rfc_6238_appendix_b() {
        assert_eq!(code(RFC, 59).as_deref(), Some("287082"));
        assert_eq!(code(RFC, 1_111_111_109).as_deref(), Some("081804"));
    }

    #[test]
    fn one_step_of_clock_difference_is_forgiven_and_two_are_not() {
        assert!(accepts(RFC, "287082", 59 + 30));
        assert!(accepts(RFC, "287082", 29));
        assert!(!accepts(RFC, "287082", 59 + 60));
    }

    #[test]
    fn a_fresh_secret_has_codes() {
        assert!(code(&new_secret(), 0).is_some());
        assert!(code("not base32!", 0).is_none());
    }
}
