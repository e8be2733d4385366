//! Random secrets in the platform's form.

use std::fmt::Write as _;

/// `bytes` random bytes in hexadecimal, as client secrets (32) and links (16) are.
pub fn hex(bytes: usize) -> String {
    let mut out = String::with_capacity(bytes * 2);
    for _ in 0..bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{:02x}", rand::random::<u8>());
    }
    out
}
