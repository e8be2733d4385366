//! `idconsole demo --serve`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The answer to a GET, head and body.
#[cfg(unix)]
fn get(port: u16, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(unix)]
#[test]
fn the_served_platform_says_in_one_line_how_to_use_it_and_ends_when_told() {
    let home = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_idconsole"))
        .args(["demo", "--serve", "127.0.0.1:0", "--members", "30", "--seed", "7", "--format", "json"])
        .args(["--set", "rateLimitsEnabled=true", "--set", "mail=fail"])
        .env("HOME", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let keys: Vec<&str> = ready.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["base_url", "app_url", "project_id", "client_id", "super_admin", "project_admin"]);
    for who in ["super_admin", "project_admin"] {
        let keys: Vec<&str> = ready[who].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["email", "password"]);
    }
    let base_url = ready["base_url"].as_str().unwrap();
    assert!(base_url.starts_with("http://localhost:") && base_url.ends_with('/'), "{base_url}");
    let port: u16 = base_url.trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();

    // Served alone it has no device grant, as the real one has none (platform-api §2).
    let discovery = get(port, "/.well-known/openid-configuration");
    assert!(discovery.contains("token-exchange") && !discovery.contains("device"), "{discovery}");

    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &id]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(lines.next().is_none(), "one line and no more");
}

#[test]
fn a_setting_that_does_not_exist_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let ended = super::run(home.path(), &["demo", "--serve", "127.0.0.1:0", "--set", "colour=blue"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("colour"), "{ended:?}");
}
