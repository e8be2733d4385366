//! `export` and `diff`: files that say what is there, and what is different in words.

use std::path::Path;

use idconsole::demo::Running;
use idconsole::demo::kinds::Kind;
use rstest::rstest;
use serde_json::{Value, json};

use super::clinic::Clinic;
use super::{Ended, kept_with, run};

pub(super) fn export(home: &Path, folder: &str) -> Ended {
    let ended =
        run(home, &["export", home.join(folder).to_str().unwrap(), "--no-input", "--profile", "clinic"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    ended
}

pub(super) fn diff(home: &Path, more: &[&str]) -> Ended {
    let path = |word: &str| home.join(word).to_str().unwrap().to_owned();
    let words: Vec<String> = more
        .iter()
        .map(|word| {
            if word.starts_with('-') || *word == "json" || *word == "csv" {
                (*word).to_owned()
            } else {
                path(word)
            }
        })
        .collect();
    let mut arguments = vec!["diff", "--no-input", "--profile", "clinic"];
    arguments.extend(words.iter().map(String::as_str));
    run(home, &arguments)
}

pub(super) fn file(home: &Path, name: &str) -> String {
    std::fs::read_to_string(home.join(name)).unwrap()
}

pub(super) fn signed_in(clinic: &Clinic) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("config")).unwrap();
    let config = format!(
        "[connections.clinic]\nbase_url = \"{}\"\nmethod = \"direct\"\nstore = \"file\"\n",
        clinic.running.base_url
    );
    std::fs::write(home.path().join("config/config.toml"), config).unwrap();
    let ended = clinic.sign_in(home.path());
    assert_eq!(ended.code, 0, "{ended:?}");
    home
}

pub(super) fn as_super_admin(clinic: &Clinic) -> tempfile::TempDir {
    let home = signed_in(clinic);
    let ended = clinic.sign_in_as_super_admin(home.path());
    assert_eq!(ended.code, 0, "{ended:?}");
    home
}

pub(super) fn change(running: &Running, kind: &str, field: &str, value: &str, with: impl FnOnce(&mut Value)) {
    let mut record = running.state.read().find_by(kind, field, value).into_iter().next().unwrap();
    with(&mut record);
    running.state.write().system_update(record).unwrap();
}

#[test]
fn an_export_is_stable_sorted_private_and_without_secrets() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic);
    let first = export(home.path(), "a");
    assert!(
        first.out.contains("domain routes") && first.out.contains("only a super admin can see it"),
        "{first:?}"
    );
    assert!(first.err.contains("Only you can read it."), "{first:?}");
    export(home.path(), "b");
    let names = ["project.json", "members.jsonl", "policies.json", "clients.json", "domains.json"];
    for name in names {
        let text = file(home.path(), &format!("a/{name}"));
        assert_eq!(text, file(home.path(), &format!("b/{name}")), "{name}: twice the same");
        for volatile in ["versionId", "lastUpdated", "\"version\""] {
            assert!(!text.contains(volatile), "{name} has {volatile}");
        }
    }
    assert!(!home.path().join("a/routes.json").exists(), "what cannot be seen has no file");
    let manifest: Value = serde_json::from_str(&file(home.path(), "a/manifest.json")).unwrap();
    assert_eq!(manifest["parts"]["routes"]["reach"], json!({ "none": "super_admin_only" }));
    assert_eq!(manifest["role"], "project_admin");
    assert_eq!(manifest["base_url"], clinic.running.base_url);
    let members = file(home.path(), "a/members.jsonl");
    let ids: Vec<String> = members
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(ids.len() > 50 && ids.is_sorted(), "{}", ids.len());
    assert_eq!(manifest["parts"]["members"]["records"], ids.len());
    assert!(members.contains("\"mfa_required\":{\"unknown\":\"server_scoped_user\"}"), "unknown, not absent");
    // Every secret that the platform holds, in whatever field.
    let secrets = secrets(&clinic.running);
    assert!(secrets.len() > 5, "{}", secrets.len());
    for folder in ["a", "b"] {
        for secret in &secrets {
            assert!(kept_with(&home.path().join(folder), secret).is_empty(), "a secret is in {folder}");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode =
            |name: &str| std::fs::metadata(home.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("a"), mode("a/members.jsonl"), mode("a/manifest.json")), (0o700, 0o600, 0o600));
    }
}

/// Every secret in every record of the platform.
fn secrets(running: &Running) -> Vec<String> {
    fn walk(value: &Value, inside: bool, found: &mut Vec<String>) {
        const NAMES: [&str; 8] = [
            "secret",
            "retiringSecret",
            "clientSecret",
            "mfaSecret",
            "passwordHash",
            "userInfoApiKey",
            "refreshSecret",
            "systemSecret",
        ];
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    walk(value, NAMES.contains(&name.as_str()) || (inside && name != "name"), found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, inside, found)),
            Value::String(text) if inside && text.len() > 5 => found.push(text.clone()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let store = running.state.read();
    for kind in Kind::all() {
        for body in store.table(kind).documents().iter().filter_map(|document| document.body()) {
            walk(&serde_json::from_slice(body).unwrap(), false, &mut found);
        }
    }
    found
}

#[test]
fn what_changed_is_told_in_words_and_by_the_exit_code() {
    let clinic = Clinic::start();
    let home = as_super_admin(&clinic);
    let unnamed =
        run(home.path(), &["export", home.path().join("x").to_str().unwrap(), "--profile", "clinic"]);
    assert_eq!(unnamed.code, 2, "{unnamed:?}");
    assert!(
        unnamed.err.contains("super admin of every project") && unnamed.err.contains("Clinic Demo"),
        "{unnamed:?}"
    );
    assert!(!home.path().join("x").exists());
    let export = |folder: &str| {
        let path = home.path().join(folder);
        let ended = run(
            home.path(),
            &[
                "export",
                path.to_str().unwrap(),
                "--project",
                "Clinic Demo",
                "--profile",
                "clinic",
                "--no-input",
            ],
        );
        assert_eq!(ended.code, 0, "{ended:?}");
    };
    export("a");
    let same = diff(home.path(), &["a", "--live"]);
    assert_eq!(same.code, 0, "{same:?}");
    assert!(same.out.starts_with("No difference in anything that both can see.\n"), "{same:?}");

    let running = &clinic.running;
    change(running, "ClientApplication", "name", "Clinic Portal", |client| {
        client["redirectUris"] = json!(["https://portal.clinic.example/callback"]);
        client["secret"] = json!("another-secret-entirely");
    });
    change(running, "DomainConfiguration", "domain", "partner.example", |route| {
        route["identityProvider"]["authorizeUrl"] = json!("https://okta.example/authorize");
        route["identityProvider"]["clientSecret"] = json!("yet-another-secret");
    });
    change(running, "Project", "name", "Clinic Demo", |project| {
        project["setting"] = json!([{ "name": "mfaRequired", "valueBoolean": true }]);
    });
    change(running, "AccessPolicy", "name", "Staff default", |policy| {
        policy["resource"] =
            json!([{ "resourceType": "*" }, { "resourceType": "Patient", "readonly": true }]);
    });
    let jane = "jane.smith@clinic.example";
    let user = running.state.read().find_by("User", "email", "jsmith@clinic.example");
    assert_eq!(user.len(), 1, "{user:?}");
    change(running, "User", "email", "jsmith@clinic.example", |user| user["email"] = json!(jane));

    let live = diff(home.path(), &["a", "--live"]);
    assert_eq!(live.code, 8, "{live:?}");
    export("b");
    let told = diff(home.path(), &["a", "b"]);
    assert_eq!(told.code, 8, "{told:?}");
    let words = |text: &str| {
        text.lines().filter(|line| !line.trim_start().starts_with("after ")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(words(&live.out), words(&told.out), "an export and the live tenant say the same");
    for said in [
        "Jane Smith's email changed from jsmith@clinic.example to jane.smith@clinic.example.",
        "The client Clinic Portal lost the redirect address http://127.0.0.1:9615/callback.",
        "The route for partner.example now uses the authorize address https://okta.example/authorize, no longer ",
        "Clinic Demo's setting mfaRequired",
        "The access policy Staff default got the line Patient: read only.",
    ] {
        assert!(told.out.contains(said), "{said}\n{told:?}");
    }
    // The way back says the contrary.
    let back = diff(home.path(), &["b", "a"]);
    assert!(back.out.contains("got the redirect address http://127.0.0.1:9615/callback."), "{back:?}");

    let json = diff(home.path(), &["a", "b", "--format", "json"]);
    assert_eq!(json.code, 8);
    let value: Value = serde_json::from_str(&json.out).unwrap();
    let email = value["changes"].as_array().unwrap().iter().find(|one| one["field"] == "email").unwrap();
    assert_eq!(
        (&email["change"], &email["after"], &email["part"]),
        (&json!("changed"), &json!(jane), &json!("members"))
    );
    let csv = diff(home.path(), &["a", "b", "--format", "csv"]);
    assert!(csv.out.starts_with("part,record,name,change,field,before,after,said\n"), "{csv:?}");
    for secret in ["another-secret-entirely", "yet-another-secret"] {
        assert!(kept_with(home.path(), secret).is_empty(), "{secret}");
    }
    let scratch = home.path().join("data/scratch");
    assert!(!scratch.read_dir().unwrap().any(|_| true), "what was live is gone");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(scratch.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}

// design §2.3
#[test]
fn what_the_other_role_saw_is_not_told_as_removed() {
    let clinic = Clinic::start();
    let (pat, root) = (signed_in(&clinic), as_super_admin(&clinic));
    export(pat.path(), "a");
    let path = pat.path().join("b");
    let ended = run(
        root.path(),
        &["export", path.to_str().unwrap(), "--project", &clinic.facts.project_id, "--profile", "clinic"],
    );
    assert_eq!(ended.code, 0, "{ended:?}");
    for (order, place) in [(["a", "b"], "first"), (["b", "a"], "second")] {
        let told = diff(pat.path(), &order);
        assert_eq!(told.code, 9, "{told:?}");
        assert!(told.out.starts_with("No difference in what could be compared"), "{told:?}");
        assert!(told.out.contains("domain routes, unknown in the"), "{told:?}");
        assert!(told.out.contains(&format!("unknown in the {place} (server-scoped user")), "{told:?}");
        assert!(!told.out.contains("is gone") && !told.out.contains("is new"), "{told:?}");
    }
}

pub(super) fn replaced(path: &Path, from: &str, to: &str) -> usize {
    let text = std::fs::read_to_string(path).unwrap();
    let at = text.find(from).unwrap_or_else(|| panic!("{from} in {}", path.display()));
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
    text[..at].matches('\n').count() + 1
}

#[rstest]
#[case::field("members.jsonl", "\"admin\":", "\"admn\":", "`admn` is no field of the members")]
#[case::value(
    "clients.json",
    "\"pkce_optional\": false",
    "\"pkce_optional\": \"\\u001b[31m\"",
    "expected true, false or null"
)]
#[case::reason("members.jsonl", "server_scoped_user", "no_idea", "a reason that this program knows")]
#[case::syntax("project.json", "\"settings\": {", "\"settings\": ", "expected")]
#[case::manifest("manifest.json", "\"role\": \"project_admin\"", "\"role\": \"king\"", "king")]
fn a_damaged_file_is_told_with_its_line(
    #[case] name: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] said: &str,
) {
    let home = signed_in(Clinic::shared());
    export(home.path(), "a");
    export(home.path(), "b");
    let line = replaced(&home.path().join("b").join(name), from, to);
    let ended = diff(home.path(), &["a", "b"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    let near = (line..line + 3).any(|line| ended.err.contains(&format!("b/{name}: line {line}: ")));
    assert!(near, "line {line}: {ended:?}");
    assert!(ended.err.contains(said) && !ended.err.contains('\u{1b}'), "{ended:?}");
    assert_eq!(ended.out, "", "nothing is told of half a file");
}

#[test]
fn a_file_that_was_cut_short_or_does_not_belong_is_not_compared() {
    let home = signed_in(Clinic::shared());
    export(home.path(), "a");
    export(home.path(), "b");
    let members = home.path().join("b/members.jsonl");
    let text = std::fs::read_to_string(&members).unwrap();
    let all = text.lines().count();
    let cut: Vec<&str> = text.lines().take(10).collect();
    std::fs::write(&members, cut.join("\n")).unwrap();
    let ended = diff(home.path(), &["a", "b"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains(&format!("10 records, and the manifest says {all}")), "{ended:?}");
    let manifest = home.path().join("b/manifest.json");
    replaced(&manifest, "\"finished\": true", "\"finished\": false");
    let ended = diff(home.path(), &["a", "b"]);
    assert!(ended.err.contains("Writing ") && ended.err.contains("was cut off"), "{ended:?}");
    replaced(&manifest, "\"version\": 1", "\"version\": 2");
    let ended = diff(home.path(), &["a", "b"]);
    assert!(ended.err.contains("as version 2; this one reads version 1"), "{ended:?}");
    let none = diff(home.path(), &["a", "c"]);
    assert_eq!(none.code, 5, "{none:?}");
    assert!(none.err.contains("there is no such folder"), "{none:?}");
    let usage = diff(home.path(), &["a"]);
    assert_eq!(usage.code, 2, "one side is missing: {usage:?}");
    // A cut-off export is replaced.
    replaced(&manifest, "\"version\": 2", "\"version\": 1");
    export(home.path(), "b");
    assert_eq!(diff(home.path(), &["a", "b"]).code, 0);
}

#[test]
fn hostile_names_are_escaped_in_files_and_in_words() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic);
    export(home.path(), "a");
    change(&clinic.running, "ClientApplication", "name", "Ward Rota", |client| {
        client["name"] = json!("Ward \u{1b}]0;x\u{7}\u{202e}Rota");
    });
    export(home.path(), "b");
    for name in ["clients.json", "members.jsonl"] {
        let text = file(home.path(), &format!("b/{name}"));
        assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{name}");
    }
    let told = diff(home.path(), &["a", "b"]);
    assert_eq!(told.code, 8, "{told:?}");
    let named = "The client application Ward Rota is called Ward \\x1b]0;x\\x07<U+202E>Rota now.";
    assert!(told.out.contains(named), "{told:?}");
}
