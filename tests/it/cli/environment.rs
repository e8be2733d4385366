//! The variables that commands read, and what counts more.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

use super::clinic::Clinic;
use super::{ended, idconsole, run};

fn add(home: &Path, name: &str, base_url: &str) {
    let added =
        run(home, &["connections", "add", name, "--base-url", base_url, "--store", "memory", "--no-input"]);
    assert_eq!(added.code, 0, "{added:?}");
}

/// The platform that a command would go to, as it says when it is not signed in there.
fn goes_to(command: &mut Command) -> String {
    let ended = ended(command.args(["whoami", "--no-input"]));
    assert_eq!(ended.code, 3, "{ended:?}");
    ended.err
}

#[test]
fn the_connection_is_chosen_by_option_then_variable_then_default() {
    let home = tempfile::tempdir().unwrap();
    add(home.path(), "one", "one.example");
    add(home.path(), "two", "two.example");
    let undecided = run(home.path(), &["whoami"]);
    assert_eq!(undecided.code, 2, "{undecided:?}");
    assert!(
        undecided.err.contains("one, two") && undecided.err.contains("IDCONSOLE_PROFILE"),
        "{undecided:?}"
    );

    let by_variable = goes_to(idconsole(home.path()).env("IDCONSOLE_PROFILE", "two"));
    assert!(by_variable.contains("two.example"), "{by_variable}");
    let by_option = goes_to(idconsole(home.path()).env("IDCONSOLE_PROFILE", "two").args(["-p", "one"]));
    assert!(by_option.contains("one.example"), "{by_option}");
    let by_address = goes_to(idconsole(home.path()).env("IDCONSOLE_BASE_URL", "https://three.example"));
    assert!(by_address.contains("three.example"), "{by_address}");
    let typed = goes_to(
        idconsole(home.path()).env("IDCONSOLE_PROFILE", "two").args(["--base-url", "https://four.example"]),
    );
    assert!(typed.contains("four.example"), "what is typed counts more than the environment: {typed}");
}

#[test]
fn a_variable_that_cannot_be_used_is_named() {
    let home = tempfile::tempdir().unwrap();
    let unknown = ended(idconsole(home.path()).env("IDCONSOLE_PROFILE", "nowhere").arg("whoami"));
    assert_eq!(unknown.code, 5, "{unknown:?}");
    assert!(unknown.err.contains("nowhere"), "{unknown:?}");
    let malformed = ended(idconsole(home.path()).env("IDCONSOLE_BASE_URL", "ftp://x").arg("whoami"));
    assert_eq!(malformed.code, 2, "{malformed:?}");
    assert!(malformed.err.contains("IDCONSOLE_BASE_URL"), "{malformed:?}");
    assert!(!malformed.err.contains("line"), "a variable has no lines: {malformed:?}");
    let typed = run(home.path(), &["whoami", "--base-url", "ftp://x"]);
    assert_eq!(typed.code, 2, "{typed:?}");
    assert!(typed.err.starts_with("--base-url") && !typed.err.contains("IDCONSOLE"), "{typed:?}");
}

#[test]
fn a_token_that_the_platform_refuses_is_not_signed_in_and_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let token = "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJub2JvZHkifQ.c2VjcmV0";
    let refused = ended(
        idconsole(home.path())
            .env("IDCONSOLE_BASE_URL", &Clinic::shared().running.base_url)
            .env("IDCONSOLE_ACCESS_TOKEN", token)
            .arg("whoami"),
    );
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(!refused.err.contains(token) && !refused.out.contains(token), "{refused:?}");
}

#[test]
fn configuration_and_data_are_kept_where_the_variables_say() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    let kept = |folder: &str| {
        let names = std::fs::read_dir(home.path().join(folder)).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert!(kept("config").contains(&"config.toml".to_owned()), "{:?}", kept("config"));
    assert!(kept("data").contains(&"sessions".to_owned()), "{:?}", kept("data"));
    let elsewhere = tempfile::tempdir().unwrap();
    let there = ended(idconsole(home.path()).env("IDCONSOLE_CONFIG_DIR", elsewhere.path()).args([
        "connections",
        "list",
        "--format",
        "json",
    ]));
    assert_eq!(serde_json::from_str::<Value>(&there.out).unwrap(), serde_json::json!([]));
}

// The console draws; where nothing can be drawn it says so and names what works there.
#[test]
fn the_console_without_a_terminal_names_what_works_without_one() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["demo", "--members", "20"]] {
        let refused = ended(idconsole(home.path()).args(arguments));
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains("The console needs a terminal"), "{refused:?}");
        assert!(refused.err.contains("idconsole --plain") && refused.err.contains("--help"), "{refused:?}");
        assert_eq!(refused.out, "", "nothing is drawn into a file or a pipe");
    }
}
