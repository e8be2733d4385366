//! `idconsole demo --serve`.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

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
    std::net::TcpStream::connect(("127.0.0.1", port)).expect("it listens");

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
