//! Domain routes by command, as a script does them.

use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, ended, idconsole, run};

fn json(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

const PROVIDER: [&str; 8] = [
    "--authorize-url",
    "https://idp.new.example/authorize",
    "--token-url",
    "https://idp.new.example/token",
    "--userinfo-url",
    "https://idp.new.example/userinfo",
    "--client-id",
    "medplum",
];

const SECRET: &str = "Quarry-lantern-7";

fn with_secret(home: &std::path::Path, arguments: &[&str]) -> Ended {
    ended(idconsole(home).args(arguments).args(["--no-input"]).env("IDCONSOLE_IDP_SECRET", SECRET))
}

#[test]
fn a_super_admin_sees_one_of_each_state() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let listed = run(home.path(), &["domains", "list", "--check", "--format", "json"]);
    assert_eq!(listed.code, 8, "{listed:?}");
    let listed = json(&listed);
    let of = |name: &str| listed.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    for (name, state, fix) in [
        ("partner.example", "works", Value::Null),
        ("Capital.example", "never matches", "rename".into()),
        ("bare.example", "broken", "edit".into()),
        ("broken.example", "broken", "edit".into()),
    ] {
        assert_eq!((&of(name)["state"], &of(name)["flaws"][0]["fix"]), (&state.into(), &fix), "{name}");
    }
    assert!(of("partner.example")["members"].as_u64().unwrap() > 0);
    assert_eq!(of("partner.example")["identity_provider"]["client_secret"], "set, not shown");
    let shown = run(home.path(), &["domains", "show", "capital.example", "--check"]);
    assert_eq!(shown.code, 8, "{shown:?}");
    assert!(shown.out.contains("write the domain as capital.example"), "{shown:?}");
    let table = run(home.path(), &["domains", "list"]);
    assert!(table.out.contains("identity provider") && table.out.contains("capitals"), "{table:?}");
    let none = run(home.path(), &["domains", "show", "nowhere.example"]);
    assert_eq!(none.code, 5, "{none:?}");
}

#[test]
fn a_project_admin_sees_what_can_be_observed_and_is_told_who_may_change_it() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let listed = run(home.path(), &["domains", "list", "--format", "json"]);
    assert_eq!(listed.code, 0, "{listed:?}");
    let listed = json(&listed);
    let of = |name: &str| listed.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(of("partner.example")["state"], "routed");
    assert_eq!(of("partner.example")["identity_provider"], Value::Null);
    assert!(of("partner.example")["unknown"].as_str().unwrap().contains("super admin"));
    assert_eq!(of("Clinic Portal")["kind"], "client application");
    assert_eq!(of("Old Portal")["state"], "broken");
    let shown = run(home.path(), &["domains", "show", "broken.example"]);
    assert!(shown.out.contains("broken"), "{shown:?}");
    for command in [
        vec!["domains", "remove", "partner.example"],
        vec!["domains", "edit", "partner.example", "--pkce", "yes"],
        [&["domains", "add", "new.example"][..], &PROVIDER[..]].concat(),
    ] {
        let refused = with_secret(home.path(), &[&command[..], &["--yes", "--reason", "x"]].concat());
        assert_eq!(refused.code, 4, "{refused:?}");
        assert!(refused.err.contains("super admin"), "{refused:?}");
    }
}

#[test]
fn a_route_is_added_changed_renamed_removed_and_brought_back() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let yes = ["--yes", "--reason", "a new partner"];
    let add = [&["domains", "add", "new.example"][..], &PROVIDER[..]].concat();
    let dry = run(home.path(), &[&add[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains("set (not shown)"), "{dry:?}");
    let unasked = run(home.path(), &[&add[..], &["--no-input"], &yes[..]].concat());
    assert_eq!(unasked.code, 2, "{unasked:?}");
    assert!(unasked.err.contains("IDCONSOLE_IDP_SECRET"), "{unasked:?}");
    let added = with_secret(home.path(), &[&add[..], &yes[..]].concat());
    assert_eq!(added.code, 0, "{added:?}");
    let stored = |domain: &str| {
        clinic.running.state.read().find_by("DomainConfiguration", "domain", domain).into_iter().next()
    };
    assert_eq!(stored("new.example").unwrap()["identityProvider"]["clientSecret"], SECRET);

    let file = home.path().join("secret");
    std::fs::write(&file, "Harbour-thimble-9\n").unwrap();
    let file = file.to_str().unwrap();
    let edit = ["domains", "edit", "new.example", "--auth-method", "post", "--secret-file", file];
    let edited = run(home.path(), &[&edit[..], &["--no-input"], &yes[..]].concat());
    assert_eq!(edited.code, 0, "{edited:?}");
    let route = stored("new.example").unwrap();
    assert_eq!(route["identityProvider"]["clientSecret"], "Harbour-thimble-9");
    assert_eq!(route["identityProvider"]["tokenAuthMethod"], "client_secret_post");

    let rename =
        ["domains", "rename", "new.example", "newer.example", "--confirm", "newer.example", "--no-input"];
    assert_eq!(run(home.path(), &[&rename[..], &yes[..]].concat()).code, 0);
    let remove = ["domains", "remove", "newer.example", "--no-input"];
    let unconfirmed = run(home.path(), &[&remove[..], &yes[..], &["--confirm", "new.example"]].concat());
    assert_eq!(unconfirmed.code, 2, "{unconfirmed:?}");
    let removed = run(home.path(), &[&remove[..], &yes[..], &["--confirm", "newer.example"]].concat());
    assert_eq!(removed.code, 0, "{removed:?}");
    assert!(stored("newer.example").is_none());
    let undone = run(home.path(), &[&["journal", "undo", "4", "--no-input"][..], &yes[..]].concat());
    assert_eq!(undone.code, 0, "{undone:?}");
    assert_eq!(stored("newer.example").unwrap()["identityProvider"]["clientSecret"], "Harbour-thimble-9");

    // S2: neither secret is anywhere on this machine but in the file that it came from.
    let mut open = vec![home.path().to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().unwrap() != "secret" {
                let bytes = std::fs::read(&path).unwrap();
                for secret in [SECRET, "Harbour-thimble-9"] {
                    assert!(
                        !bytes.windows(secret.len()).any(|part| part == secret.as_bytes()),
                        "{}",
                        path.display()
                    );
                }
            }
        }
    }
}

// Bad input gets a clear message and no change.
#[test]
fn bad_input_is_told_and_ends_with_code_2() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let add = |domain: &str, more: &[&str]| {
        let all =
            [&["domains", "add", domain][..], &PROVIDER[..], &["--yes", "--reason", "x"], more].concat();
        with_secret(home.path(), &all)
    };
    for (domain, said) in [
        ("New.example", "write new.example"),
        ("new.example.", "dot at the end"),
        ("https://new.example", "web address"),
        ("new", "no dot"),
    ] {
        let refused = add(domain, &[]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(said), "{refused:?}");
    }
    let mixed = ended(
        idconsole(home.path())
            .args(["domains", "add", "new.example", "--yes", "--reason", "x", "--no-input"])
            .args(PROVIDER)
            .env("IDCONSOLE_IDP_SECRET", "medplum"),
    );
    assert_eq!(mixed.code, 2, "{mixed:?}");
    assert!(mixed.err.contains("same"), "{mixed:?}");
    let taken = add("partner.example", &[]);
    assert_eq!(taken.code, 6, "{taken:?}");
    let half = with_secret(
        home.path(),
        &[
            "domains",
            "add",
            "new.example",
            "--like",
            "partner.example",
            "--token-url",
            "http://idp.new.example",
            "--yes",
            "--reason",
            "x",
        ],
    );
    assert_eq!(half.code, 2, "{half:?}");
    assert!(half.err.contains("not encrypted"), "{half:?}");
}
