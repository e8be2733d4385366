//! One token inspected and verified by command, from a cold start: the release binary beside an established tool for
//! JWTs, in the same run. Run with `cargo bench --bench token`.
//!
//! The yardstick is `jwt` of the crate `jwt-cli`: `cargo install --root target/tools jwt-cli`, or its path in
//! `JWT_TOOL`. Without it the times stand alone.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark has nobody to hand an error to, and says what it measured"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::json;

#[path = "figures/report.rs"]
mod report;

use report::{heading, line, ms, quantile, times};

const RUNS: usize = 41;

/// `SubjectPublicKeyInfo` of P-384 up to the point (RFC 5480 §2).
const SPKI_P384: [u8; 23] = [
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81,
    0x04, 0x00, 0x22, 0x03, 0x62, 0x00,
];

/// A token as the platform signs them, and its key in PEM form.
fn token() -> (String, String) {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let der = [&SPKI_P384[..], pair.public_key().as_ref()].concat();
    let body = STANDARD.encode(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    let claims = json!({
        "iss": "https://api.clinic.example/", "aud": "https://api.clinic.example/", "sub": "83cb4bb2", "username": "83cb4bb2",
        "scope": "openid profile email", "profile": "Practitioner/5b1e", "login_id": "90e117ff", "iat": 1_767_600_000,
        "exp": 4_000_000_000_u64,
    });
    let key = EncodingKey::from_ec_der(pkcs8.as_ref());
    (encode(&Header::new(Algorithm::ES384), &claims, &key).unwrap(), pem)
}

/// From the start of a process that reads the token to its end; it must end well.
fn run(program: &Path, arguments: &[&str], token: &str, home: &Path) -> Duration {
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .env("IDCONSOLE_CONFIG_DIR", home.join("config"))
        .env("IDCONSOLE_DATA_DIR", home.join("data"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(token.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let took = begun.elapsed();
    assert!(
        output.status.success(),
        "{} {arguments:?}: {}",
        program.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    took
}

fn yardstick() -> Option<PathBuf> {
    let named = std::env::var_os("JWT_TOOL").map(PathBuf::from);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/jwt");
    named.or(Some(installed)).filter(|tool| tool.is_file())
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let (token, pem) = token();
    let keys = home.join("key.pem");
    std::fs::write(&keys, pem).unwrap();
    let keys = keys.to_str().unwrap();
    let own = PathBuf::from(env!("CARGO_BIN_EXE_idconsole"));
    let at_key = format!("@{keys}");
    let tool = yardstick();
    heading();
    let pairs: [(&str, Vec<&str>, Vec<&str>); 2] = [
        ("token inspect, from a cold start, median of 41", vec!["token", "inspect"], vec!["decode", "-"]),
        (
            "token verify --keys, from a cold start, median of 41",
            vec!["token", "verify", "--keys", keys],
            vec!["decode", "--alg", "ES384", "--secret", &at_key, "-"],
        ),
    ];
    let mut sums = (Duration::ZERO, Duration::ZERO);
    for (what, ours, theirs) in &pairs {
        let (mut mine, mut other) = (Vec::new(), Vec::new());
        for _ in 0..=RUNS {
            mine.push(run(&own, ours, &token, home));
            other.extend(tool.as_ref().map(|tool| run(tool, theirs, &token, home)));
        }
        // The first of each finds cold caches.
        let median =
            |all: &[Duration]| all.get(1..).filter(|all| !all.is_empty()).map(|all| quantile(all, 0.5));
        let mine = median(&mine).unwrap();
        sums.0 += mine;
        line(what, &ms(mine), "-", &beside(mine, median(&other)));
        sums.1 += median(&other).unwrap_or_default();
    }
    let other = tool.is_some().then_some(sums.1);
    line("both", &ms(sums.0), "-", &beside(sums.0, other));
}

fn beside(mine: Duration, other: Option<Duration>) -> String {
    other.map_or_else(
        || "no `jwt` to compare with: cargo install --root target/tools jwt-cli".to_owned(),
        |other| format!("{} of `jwt decode` ({})", times(mine, other), ms(other)),
    )
}
