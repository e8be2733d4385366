//! Saved connections, and addresses that are no platform's.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use rstest::rstest;

use super::run;

fn add(home: &std::path::Path, name: &str) -> super::Ended {
    run(
        home,
        &[
            "connections",
            "add",
            name,
            "--base-url",
            "api.clinic.example",
            "--store",
            "keyring",
            "--production",
            "--no-input",
        ],
    )
}

#[test]
fn a_connection_is_saved_listed_and_removed() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(add(home.path(), "clinic").code, 0);
    let list = run(home.path(), &["connections", "list"]);
    assert_eq!(
        list.out,
        "name    platform                     sign-in  client  session kept  marks\n\
         clinic  https://api.clinic.example/  browser          keyring       PRODUCTION\n"
    );
    let twice = add(home.path(), "clinic");
    assert_eq!(twice.code, 6, "{twice:?}");
    let unasked = run(home.path(), &["connections", "remove", "clinic", "--no-input"]);
    assert_eq!(unasked.code, 2, "{unasked:?}");
    let unknown = run(home.path(), &["connections", "remove", "other", "--yes"]);
    assert_eq!(unknown.code, 5, "{unknown:?}");
}

#[test]
fn an_edit_is_shown_whole_and_a_session_is_forgotten_only_when_it_was_saved() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(add(home.path(), "clinic").code, 0);
    let edit = |more: &[&str]| run(home.path(), &[&["connections", "edit", "clinic"], more].concat());
    let edited = edit(&["--read-only", "--web-app", "app.clinic.example", "--extra-ca", "/etc/own.pem"]);
    assert_eq!(edited.code, 0, "{edited:?}");
    assert!(edited.err.contains("clinic is PRODUCTION and read-only from now on."), "{edited:?}");
    let show = run(home.path(), &["connections", "show", "clinic", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&show.out).unwrap();
    assert_eq!((&value["read_only"], &value["extra_ca"]), (&true.into(), &"/etc/own.pem".into()));
    assert_eq!(value["web_app"], "https://app.clinic.example/");
    let again = edit(&["--read-only"]);
    assert_eq!(again.code, 6, "{again:?}");
    // A mistake in what was typed changes nothing, neither the file nor the session.
    let wrong = edit(&["--base-url", "other.clinic.example", "--web-app", "ftp://x"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(!wrong.err.contains("Sign in again"), "{wrong:?}");
}

#[test]
fn where_a_session_is_kept_is_never_chosen_silently() {
    let home = tempfile::tempdir().unwrap();
    let added =
        run(home.path(), &["connections", "add", "x", "--base-url", "api.clinic.example", "--no-input"]);
    assert_eq!(added.code, 2, "{added:?}");
    assert!(added.err.contains("--store keyring, file or memory"), "{added:?}");
}

#[rstest]
#[case::method(
    "[connections.clinic]\nbase_url = \"https://api.clinic.example/\"\nmethod = \"brwoser\"\nstore = \"file\"\n",
    3,
    "browser"
)]
#[case::address(
    "[connections.clinic]\nbase_url = \"ftp://api.clinic.example/\"\nmethod = \"browser\"\nstore = \"file\"\n",
    2,
    "web address"
)]
#[case::no_address("\n[connections.clinic]\nmethod = \"browser\"\nstore = \"file\"\n", 2, "base_url")]
#[case::unknown(
    "[connections.clinic]\nbase_url = \"https://api.clinic.example/\"\nmethod = \"browser\"\nstore = \"file\"\nproductoin = true\n",
    5,
    "production"
)]
#[case::kind(
    "[connections.clinic]\nbase_url = \"https://api.clinic.example/\"\nmethod = \"browser\"\nstore = \"file\"\nproduction = \"yes\"\n",
    5,
    "true or false"
)]
#[case::syntax("[connections.clinic\n", 1, "]")]
#[case::hostile("[connections.clinic]\n\"\\u001b[31m\" = 1\n", 2, "expected")]
#[case::table("\n[connection.clinic]\nstore = \"file\"\n", 2, "[connections.NAME]")]
fn a_mistake_in_the_settings_names_file_line_and_what_was_expected(
    #[case] written: &str,
    #[case] line: usize,
    #[case] expected: &str,
) {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("config")).unwrap();
    let file = home.path().join("config/config.toml");
    std::fs::write(&file, written).unwrap();
    let ended = run(home.path(), &["connections", "list"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains(&format!("config.toml: line {line}")), "{ended:?}");
    assert!(ended.err.contains(expected), "what was expected: {ended:?}");
    assert!(!ended.err.contains('\u{1b}'), "{ended:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written, "the file is left as it is");
}

/// A server on this machine that gives every request the same answer.
fn answering(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else { continue };
            let mut request = [0; 4096];
            let _ = connection.read(&mut request);
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}/")
}

fn login(home: &std::path::Path, base_url: &str) -> super::Ended {
    run(
        home,
        &[
            "login",
            "--base-url",
            base_url,
            "--method",
            "direct",
            "--store",
            "memory",
            "--email",
            "x@clinic.example",
            "--no-input",
        ],
    )
}

#[test]
fn an_address_where_nothing_listens_is_told_apart_from_one_that_is_no_platform() {
    let home = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = login(home.path(), &format!("http://{closed}/"));
    assert_eq!(refused.code, 7, "{refused:?}");
    assert!(refused.err.contains("nothing listens there"), "{refused:?}");

    let page = answering(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\nconnection: close\r\n\r\n<html></html>",
    );
    let other = login(home.path(), &page);
    assert_eq!(other.code, 7, "{other:?}");
    assert!(other.err.contains("does not answer as a platform does"), "{other:?}");

    let plain = page.replace("http://", "https://");
    let tls = login(home.path(), &plain);
    assert_eq!(tls.code, 7, "{tls:?}");
    assert!(tls.err.contains("does not speak TLS"), "{tls:?}");
}

#[rstest]
#[case("http://api.clinic.example/", "unencrypted")]
#[case("ftp://api.clinic.example/", "not a web address")]
fn an_address_that_cannot_be_used_is_refused(#[case] address: &str, #[case] said: &str) {
    let home = tempfile::tempdir().unwrap();
    let ended = login(home.path(), address);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains(said), "{ended:?}");
}

#[test]
fn without_a_connection_it_says_how_to_begin() {
    let home = tempfile::tempdir().unwrap();
    let ended = run(home.path(), &["whoami"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.err.contains("connections add"), "{ended:?}");
}
