//! Client applications by command: output, exit codes, and no secret where none was asked for.

use std::path::Path;

use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, run};

const YES: [&str; 4] = ["--yes", "--reason", "ticket 4711", "--no-input"];

fn clients(home: &Path, arguments: &[&str]) -> Ended {
    run(home, &[&["clients"], arguments].concat())
}

fn done(home: &Path, arguments: &[&str]) -> Ended {
    let ended = clients(home, &[arguments, &YES].concat());
    assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
    ended
}

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

fn shown(home: &Path, client: &str) -> Value {
    json(&clients(home, &["show", client, "--format", "json"]))
}

/// Every secret that the platform keeps for clients.
fn secrets(clinic: &Clinic) -> Vec<String> {
    let all = clinic.running.state.read();
    let names = ["Ward Rota", "Clinic Portal", "Old Portal", "Nightly report", "Night shift"];
    let found = names.iter().flat_map(|name| all.find_by("ClientApplication", "name", name));
    found
        .flat_map(|client| {
            ["secret", "retiringSecret"].map(|field| client[field].as_str().map(str::to_owned))
        })
        .flatten()
        .collect()
}

#[test]
fn clients_are_listed_and_shown_for_people_and_programs_without_a_secret() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let table = clients(home, &["list"]);
    assert!(table.out.contains("Ward Rota") && table.out.contains("confidential"), "{table:?}");
    let all = clients(home, &["list", "--format", "json"]);
    let csv = clients(home, &["list", "--format", "csv"]);
    let one = clients(home, &["show", "ward rota"]);
    let rota = shown(home, "Ward Rota");
    assert_eq!((&rota["kind"], &rota["status"]), (&"confidential".into(), &"active".into()));
    assert_eq!(rota["redirects"], serde_json::json!(["https://rota.clinic.example/callback"]));
    assert!(rota["secret_since"].is_string() && rota["retiring_secret_since"].is_null(), "{rota}");
    assert_eq!(
        json(&clients(home, &["list", "-f", "rota.clinic", "--format", "json"])).as_array().unwrap().len(),
        1
    );
    let secrets = secrets(clinic);
    assert!(secrets.len() >= 4);
    for secret in secrets {
        for ended in [&table, &all, &csv, &one] {
            assert!(!format!("{ended:?}").contains(&secret), "{ended:?}");
        }
    }
    let none = clients(home, &["show", "Ward"]);
    assert_eq!(none.code, 5, "{none:?}");
    assert!(none.err.contains("Did you mean Ward Rota?"), "{none:?}");
    assert_eq!(clients(home, &["show", "Old Portal", "--check"]).code, 8);
}

#[test]
fn a_client_is_made_changed_and_deleted_by_command() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let made = done(home, &["create", "Night shift", "--redirect", "http://127.0.0.1:9615/callback"]);
    assert!(made.err.contains("Its client id is"), "{made:?}");
    assert_eq!(shown(home, "Night shift")["kind"], "public");
    done(home, &["rename", "Night shift", "Night desk"]);
    done(home, &["describe", "Night desk", "who is up"]);
    done(home, &["redirects", "add", "Night desk", "https://night.clinic.example/cb"]);
    done(home, &["redirects", "remove", "Night desk", "http://127.0.0.1:9615/callback"]);
    done(home, &["origins", "set", "Night desk", "https://night.clinic.example"]);
    done(home, &["pkce", "Night desk", "optional"]);
    done(home, &["lifetimes", "Night desk", "--access", "15m", "--refresh", "1d"]);
    done(home, &["status", "Night desk", "off"]);
    let now = shown(home, "Night desk");
    assert_eq!(now["redirects"], serde_json::json!(["https://night.clinic.example/cb"]));
    assert_eq!((&now["access_lifetime"], &now["refresh_lifetime"]), (&"15m".into(), &"1d".into()));
    assert_eq!((&now["status"], &now["pkce_optional"]), (&"off".into(), &true.into()));
    done(home, &["lifetimes", "Night desk", "--access", "default"]);
    assert!(shown(home, "Night desk")["access_lifetime"].is_null());

    // What cannot be taken back lightly wants the name typed.
    let untyped = clients(home, &[&["delete", "Night desk"], &YES[..]].concat());
    assert_eq!(untyped.code, 2, "{untyped:?}");
    done(home, &["delete", "Night desk", "--confirm", "Night desk"]);
    assert_eq!(clients(home, &["show", "Night desk"]).code, 5);
}

#[test]
fn wrong_input_has_its_exit_code_and_changes_nothing() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let before = shown(home, "Ward Rota");
    for (arguments, code) in [
        (&["redirects", "add", "Ward Rota", "https://*.clinic.example"][..], 2),
        (&["redirects", "add", "Ward Rota", "https://rota.clinic.example/callback"], 6),
        (&["redirects", "remove", "Ward Rota", "https://rota.clinic.example/callback/"], 5),
        (&["lifetimes", "Ward Rota", "--access", "soon"], 2),
        (&["lifetimes", "Ward Rota"], 2),
        (&["pkce", "Ward Rota", "maybe"], 2),
        (&["status", "Ward Rota", "error"], 2),
        (&["rename", "No such client", "x"], 5),
        (&["create", "x", "--policy", "Staff"], 2),
        (&["create", "x", "--confidential", "--policy", "No such policy"], 5),
        (&["create", "x", "--project", "00000000-0000-4000-8000-000000000000"], 4),
        (&["retire", "Ward Rota", "--confirm", "Ward Rota"], 6),
        (&["delete", "idconsole", "--confirm", "idconsole"], if shown_own(home) { 4 } else { 0 }),
    ] {
        let ended = clients(home, &[arguments, &YES].concat());
        assert_eq!(ended.code, code, "{arguments:?}: {ended:?}");
    }
    assert_eq!(shown(home, "Ward Rota"), before);
    let dry = clients(home, &["rotate", "Ward Rota", "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains("cannot be taken back"), "{dry:?}");
    assert_eq!(shown(home, "Ward Rota"), before);
}

fn shown_own(home: &Path) -> bool {
    shown(home, "idconsole")["own"] == true
}

// S2: shown once, on demand, kept nowhere
#[test]
fn a_secret_is_shown_where_it_is_asked_for_and_nowhere_else() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let made = done(home, &["create", "Night shift", "--confidential"]);
    assert!(made.err.contains("clients secret"), "how to see it is told: {made:?}");
    let first = secrets(&clinic).pop().unwrap();
    let unasked = clients(home, &["secret", "Night shift", "--no-input"]);
    assert_eq!((unasked.code, unasked.out.as_str()), (2, ""), "{unasked:?}");
    let asked = clients(home, &["secret", "Night shift", "--show"]);
    assert_eq!(asked.out.trim_end(), first);
    assert!(asked.err.contains("Whoever has this secret signs in as Night shift"), "{asked:?}");
    let program = clients(home, &["secret", "Night shift", "--show", "--format", "json"]);
    assert_eq!(json(&program)["secret"], first.as_str());

    let rotated = done(home, &["rotate", "Night shift", "--confirm", "Night shift", "--format", "json"]);
    let read_back = json(&rotated)["steps"][0]["read_back"].clone();
    assert_eq!((&read_back["secret"], &read_back["retiring secret"]), (&"no. 2".into(), &"no. 1".into()));
    let second = clients(home, &["secret", "Night shift", "--show"]).out;
    assert_ne!(second.trim_end(), first);
    let ended = done(home, &["retire", "Night shift", "--confirm", "Night shift"]);
    let public = clients(home, &["secret", "idconsole", "--show"]);
    assert_eq!(public.code, 5, "{public:?}");

    let said = format!("{made:?} {unasked:?} {rotated:?} {ended:?}");
    for secret in [first.as_str(), second.trim_end()] {
        assert!(!said.contains(secret));
        assert_eq!(super::kept_with(home, secret), Vec::<std::path::PathBuf>::new());
    }
}

// platform-api §9.4; S2
#[test]
fn a_provider_is_bound_by_command_and_its_secret_comes_by_standard_input() {
    const SECRET: &str = "Quarry-lantern-7-Quarry";
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    done(home, &["create", "Night shift"]);
    let set = |more: &[&str], secret: &str| {
        let mut command = super::idconsole(home);
        command.args(["clients", "provider", "set", "Night shift"]).args(more).args(YES);
        super::ended(command.write_stdin(format!("{secret}\n")))
    };
    let addresses = [
        "--authorize-url",
        "https://idp.night.example/authorize",
        "--token-url",
        "https://idp.night.example/token",
        "--user-info-url",
        "https://idp.night.example/userinfo",
    ];
    let half = set(&[&addresses[..], &["--secret-stdin"]].concat(), SECRET);
    assert_eq!(half.code, 2, "without a client id: {half:?}");
    let whole = [&addresses[..], &["--client-id", "medplum", "--secret-stdin"]].concat();
    let bound = set(&whole, SECRET);
    assert_eq!(bound.code, 0, "{bound:?}");
    assert_eq!(shown(home, "Night shift")["identity_provider"]["host"], "idp.night.example");
    let http = set(&["--token-url", "http://idp.night.example/token"], "");
    assert_eq!(http.code, 2, "{http:?}");
    done(home, &["provider", "align", "Night shift", "--by", "external-id", "--confirm", "Night shift"]);
    assert_eq!(shown(home, "Night shift")["identity_provider"]["browser"], "external id");
    done(home, &["provider", "remove", "Night shift", "--confirm", "Night shift"]);
    assert!(shown(home, "Night shift")["identity_provider"].is_null());
    assert!(!format!("{half:?} {bound:?} {http:?}").contains(SECRET));
    assert_eq!(super::kept_with(home, SECRET), Vec::<std::path::PathBuf>::new());
}
