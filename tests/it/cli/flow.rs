//! The flow lab as scripts use it: the ladder, JSON, exit codes; and a person who signs in at the pages meanwhile.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use idconsole::demo::idp::{CLIENT_SECRET, PASSWORD};
use serde_json::{Value, json};

use super::clinic::Clinic;
use super::{Ended, run};
use crate::demo::browser::{Browser, Place};

fn clinic() -> Clinic {
    Clinic::with(&["allowUnsafeOutbound=true", "deviceFlow=true", "deviceInterval=0"])
}

fn client(clinic: &Clinic, name: &str) -> String {
    clinic.running.state.read().find_by("ClientApplication", "name", name)[0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn signed_in(clinic: &Clinic) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in_as_super_admin(home.path()).code, 0);
    home
}

/// Runs a command that asks for something: `person` gets each address that it prints and says what to answer.
fn converse(
    home: &Path,
    arguments: &[&str],
    secret: Option<&str>,
    mut person: impl FnMut(&str) -> Option<String>,
) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idconsole"));
    command
        .env_clear()
        .env("HOME", home)
        .env("IDCONSOLE_CONFIG_DIR", home.join("config"))
        .env("IDCONSOLE_DATA_DIR", home.join("data"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(secret) = secret {
        command.env("IDCONSOLE_IDP_SECRET", secret);
    }
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut err = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        let address = line.split_whitespace().find(|word| word.starts_with("http"));
        if let Some(answer) = address.and_then(&mut person) {
            writeln!(input, "{answer}").unwrap();
        }
        err.push_str(&line);
        err.push('\n');
    }
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    Ended { code: child.wait().unwrap().code().unwrap(), out, err }
}

/// Signs in at the identity provider; the address on which the browser ends.
fn at_idp(clinic: &Clinic, address: &str, email: &str) -> Option<Place> {
    if !address.contains("/idp/") {
        return None;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::new(&clinic.running.base_url);
        let page = browser.open(address).await;
        Some(browser.submit(&page, &[("email", email), ("password", PASSWORD), ("action", "allow")]).await)
    })
}

fn address(place: Option<Place>) -> Option<String> {
    place.map(|place| match place {
        Place::Page { url, .. } | Place::Away(url) => url.into(),
    })
}

fn statuses(answer: &Value) -> Vec<(String, String)> {
    let word = |step: &Value, name: &str| step[name].as_str().unwrap().to_owned();
    answer["steps"].as_array().unwrap().iter().map(|step| (word(step, "id"), word(step, "status"))).collect()
}

// X1, S2
#[test]
fn an_exchange_ends_with_0_or_8_and_tells_no_token() {
    let clinic = clinic();
    let home = signed_in(&clinic);
    let rota = client(&clinic, "Ward Rota");
    for (sub, code, status) in
        [("okta|00uOMARHADDAD000001", 0, "done"), ("okta|00uJANESMITH0000001", 8, "failed")]
    {
        let token = clinic.running.provider.mint(sub, "openid profile email").unwrap();
        let file = home.path().join("token");
        std::fs::write(&file, &token).unwrap();
        let file = file.to_str().unwrap();
        let ended = run(
            home.path(),
            &["flow", "exchange", "--client-id", &rota, "--token", file, "--format", "json"],
        );
        assert_eq!(ended.code, code, "{ended:?}");
        let answer: Value = serde_json::from_str(&ended.out).unwrap();
        let steps = statuses(&answer);
        assert!(steps.contains(&("exchange".to_owned(), status.to_owned())), "{steps:?}");
        assert!(answer["steps"][3]["exchanges"][0]["sent"]["url"].is_string(), "{answer}");
        assert!(answer["doctor"]["outcome"]["verdict"].is_string());
        for told in [&ended.out, &ended.err] {
            assert!(!told.contains(&token) && !told.contains("eyJ"), "{told}");
        }
        if code == 0 {
            assert_eq!(answer["ending"], "worked");
            assert!(
                answer["side_by_side"]["claims"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|side| side["claim"] == "sub")
            );
            assert!(ended.err.contains("signed out at the platform"), "{}", ended.err);
        }
        let table = run(home.path(), &["flow", "exchange", "--client-id", &rota, "--token", file, "--wire"]);
        assert_eq!(table.code, code);
        assert!(table.out.contains("subject_token=%5Bredacted%5D"), "{}", table.out);
        assert!(!table.out.contains(&token));
    }
    // The session that the commands run with goes on.
    assert_eq!(run(home.path(), &["whoami"]).code, 0);
}

// L3, L4, L12
#[test]
fn three_legged_by_paste_shows_its_seven_steps() {
    let clinic = clinic();
    let home = signed_in(&clinic);
    let rota = client(&clinic, "Ward Rota");
    let arguments = |email: &'static str| {
        [
            "flow",
            "three-legged",
            "--client-id",
            &rota,
            "--email",
            email,
            "--paste",
            "--no-browser",
            "--answers-stdin",
        ]
        .map(str::to_owned)
    };
    let omar = arguments("omar.haddad@clinic.example");
    let mut omar: Vec<&str> = omar.iter().map(String::as_str).collect();
    omar.extend(["--format", "json"]);
    let ended =
        converse(home.path(), &omar, None, |url| address(at_idp(&clinic, url, "omar.haddad@clinic.example")));
    assert_eq!(ended.code, 0, "{ended:?}");
    super::shaped(&omar, &ended);
    let answer: Value = serde_json::from_str(&ended.out).unwrap();
    let expected: Vec<(String, String)> =
        ["authorize", "route", "person", "idp-returns", "swap", "platform-returns", "tokens"]
            .map(|id| (id.to_owned(), "done".to_owned()))
            .to_vec();
    assert_eq!(statuses(&answer), expected);
    assert!(!ended.out.contains("eyJ") && !ended.err.contains("eyJ"));

    // Jane's address at the platform is an old one: the page says so, and its words name the step and the cause.
    let jane = arguments("jane.smith@clinic.example");
    let jane: Vec<&str> = jane.iter().map(String::as_str).collect();
    let ended =
        converse(home.path(), &jane, None, |url| match at_idp(&clinic, url, "jane.smith@clinic.example")? {
            Place::Page { html, .. } => Some(html.replace('\n', " ")),
            Place::Away(url) => panic!("let in: {url}"),
        });
    assert_eq!(ended.code, 8, "{ended:?}");
    assert!(ended.out.contains("It fails at step 5"), "{}", ended.out);
    assert!(
        ended.out.contains("As the doctor expected: the person is refused: User not found"),
        "{}",
        ended.out
    );
}

// platform-api §10.2 step 1
#[test]
fn a_draft_is_tried_with_its_secret_from_the_environment() {
    let clinic = clinic();
    let home = signed_in(&clinic);
    let issuer = clinic.running.provider.issuer();
    let draft = json!({
        "domain": "partner.example",
        "issuer": issuer,
        "provider": {
            "authorize_url": format!("{issuer}/authorize"), "token_url": format!("{issuer}/token"),
            "user_info_url": format!("{issuer}/userinfo"), "client_id": "partner-platform",
            "use_subject": null, "identity_source": null, "identity_mapping_mode": null,
            "token_auth_method": "client_secret_post", "use_pkce": null, "user_info_mode": null,
            "user_info_key_set": false,
        },
    });
    let file = home.path().join("draft.json");
    std::fs::write(&file, draft.to_string()).unwrap();
    let arguments = ["flow", "idp", "--draft", file.to_str().unwrap(), "--no-browser", "--answers-stdin"];
    for (secret, code, said) in
        [(CLIENT_SECRET, 0, "signs in as Wendy Wu"), ("wrong one", 8, "invalid_client")]
    {
        let ended = converse(home.path(), &arguments, Some(secret), |url| {
            address(at_idp(&clinic, url, "wendy.wu@partner.example"))
        });
        assert_eq!(ended.code, code, "{ended:?}");
        assert!(ended.out.contains(said), "{}", ended.out);
        assert!(!ended.out.contains(secret) && !ended.err.contains(secret), "{ended:?}");
    }
    // A secret in the draft is no field of it, and what is no draft says what one is.
    std::fs::write(&file, "{}").unwrap();
    let ended = run(home.path(), &["flow", "idp", "--draft", file.to_str().unwrap()]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("never a secret"), "{}", ended.err);
}

// D1, D6
#[test]
fn a_device_sign_in_tells_its_code_and_ends() {
    let clinic = clinic();
    let home = signed_in(&clinic);
    let issuer = clinic.running.provider.issuer().to_owned();
    let rota = client(&clinic, "Ward Rota");
    let arguments = [
        "flow",
        "exchange",
        "--client-id",
        &rota,
        "--issuer",
        &issuer,
        "--idp-client-id",
        "idconsole",
        "--format",
        "csv",
    ];
    let mut page = String::new();
    let mut command = Vec::from(arguments);
    command.push("--no-browser");
    // The code is told on the line after the page; the person types it there.
    let ended = converse_with_code(&clinic, home.path(), &command, &mut page);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.starts_with("step,status,title,said,next"), "{}", ended.out);
    assert!(ended.out.contains("could not tell") || ended.out.contains("Omar Haddad"), "{}", ended.out);

    let none = Clinic::with(&["deviceFlow=false"]);
    let home = signed_in(&none);
    let ended = run(home.path(), &["flow", "device"]);
    assert_eq!(ended.code, 8, "{ended:?}");
    assert!(ended.out.contains("offers no device sign-in"), "{}", ended.out);
}

fn converse_with_code(clinic: &Clinic, home: &Path, arguments: &[&str], page: &mut String) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idconsole"));
    command
        .env_clear()
        .env("HOME", home)
        .env("IDCONSOLE_CONFIG_DIR", home.join("config"))
        .env("IDCONSOLE_DATA_DIR", home.join("data"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut err = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some((_, address)) = line.split_once("go to  ") {
            address.clone_into(page);
        }
        if let Some((_, code)) = line.split_once("it shows  ") {
            at_idp(clinic, &format!("{page}?user_code={code}"), "omar.haddad@clinic.example").unwrap();
        }
        err.push_str(&line);
        err.push('\n');
    }
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    Ended { code: child.wait().unwrap().code().unwrap(), out, err }
}

// S2
#[test]
fn what_is_missing_is_told_before_anything_is_asked() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic);
    let ended = run(home.path(), &["flow", "exchange"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("Give --token FILE"), "{}", ended.err);
    assert_eq!(run(home.path(), &["flow", "idp"]).code, 2);
    let unknown = ["flow", "idp", "--domain", "nowhere.example", "--format", "json"];
    let ended = run(home.path(), &unknown);
    assert_eq!(ended.code, 8, "{ended:?}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(run(empty.path(), &["flow", "device", "--base-url", &clinic.running.base_url]).code, 3);
}
