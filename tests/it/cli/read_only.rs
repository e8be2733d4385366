//! Read-only, by flag, by setting and by connection: no command writes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use clap::CommandFactory as _;
use idconsole::demo::Running;
use idconsole::demo::idp::{CLIENT_SECRET, PARTNER_CLIENT};
use idconsole::demo::kinds::Kind;
use serde_json::{Value, json};

use super::clinic::Clinic;
use super::snapshots::change;
use super::{Ended, idconsole, run};

/// Every command that leads to a write, with arguments with which one of the two roles comes as far as a plan after
/// [`prepare`]. Names of files stand for those that it writes.
const WRITES: &[&[&str]] = &[
    &["members", "activate", "ruth.osei@clinic.example"],
    &["members", "deactivate", "jane smith"],
    &["members", "promote", "jane smith"],
    &["members", "demote", "carla.diaz@post.example"],
    &["members", "set-policy", "jane smith", "Read only"],
    &["members", "clear-policy", "jane smith"],
    &["members", "add-access", "jane smith", "Read only"],
    &["members", "remove-access", "carla.diaz@post.example", "Read only"],
    &["members", "set-user-name", "jane smith", "jane"],
    &["members", "clear-user-name", "carla.diaz@post.example"],
    &["members", "refresh-names", "carla.diaz@post.example"],
    &["members", "invite", "New", "Person", "--email", "new.person@clinic.example"],
    &["members", "resend-invite", "jane smith"],
    &["members", "remove", "jane smith"],
    &["users", "set-email", "jane smith", "jane.smith@clinic.example"],
    &["users", "mail-password", "jane smith"],
    &["users", "set-password", "jane smith", "--password-stdin"],
    &["users", "rescope", "hugo.brandt@clinic.example", "--to", "project"],
    &["links", "set", "jane smith", "okta|another"],
    &["links", "clear", "hugo.brandt@clinic.example"],
    &["links", "restore", "omar.haddad@clinic.example"],
    &[
        "domains",
        "add",
        "new.example",
        "--authorize-url",
        "https://idp.new.example/authorize",
        "--token-url",
        "https://idp.new.example/token",
        "--userinfo-url",
        "https://idp.new.example/userinfo",
        "--client-id",
        "medplum",
    ],
    &["domains", "edit", "partner.example", "--client-id", "another"],
    &["domains", "fix", "capital.example"],
    &["domains", "remove", "partner.example"],
    &["domains", "rename", "partner.example", "other.example"],
    &["domains", "request", "apply", "request.json", "--secret-file", "secret.txt"],
    &["mfa", "reset", "jane smith", "--checked", "by phone"],
    &["mfa", "require", "jane smith"],
    &["mfa", "enrol", "--code-stdin"],
    &["mfa", "disable", "--code-stdin"],
    &["mfa", "mail-code"],
    &["clients", "create", "New client"],
    &["clients", "rename", "Ward Rota", "Rota"],
    &["clients", "describe", "Ward Rota", "another text"],
    &["clients", "redirects", "add", "Ward Rota", "https://rota.clinic.example/2"],
    &["clients", "redirects", "remove", "Ward Rota", "https://rota.clinic.example/callback"],
    &["clients", "redirects", "set", "Ward Rota", "https://rota.clinic.example/2"],
    &["clients", "origins", "add", "Ward Rota", "https://rota.clinic.example"],
    &["clients", "origins", "remove", "Ward Rota", "https://old.clinic.example"],
    &["clients", "origins", "set", "Ward Rota", "https://rota.clinic.example"],
    &["clients", "provider", "set", "Ward Rota", "--client-id", "another"],
    &["clients", "provider", "align", "Old Portal", "--by", "email"],
    &["clients", "provider", "remove", "Ward Rota"],
    &["clients", "set-pkce", "Ward Rota", "optional"],
    &["clients", "set-status", "Ward Rota", "off"],
    &["clients", "set-lifetimes", "Ward Rota", "--access", "15m"],
    &["clients", "rotate", "Ward Rota"],
    &["clients", "retire", "Old Portal"],
    &["clients", "delete", "Ward Rota"],
    &["sessions", "revoke", "--of", "pat admin"],
    &["offboard", "jane smith"],
    &["bulk", "run", "rows.csv"],
    &["apply", "plan.json"],
    &["doctor", "mend", "jane smith", "--fix", "1"],
    &["doctor", "fix", "--rule", "stale-name", "--all"],
    &["journal", "resume", "1"],
    &["journal", "undo", "2"],
    // The last one: the project has its own client already, which the connection takes then.
    &["setup", "--name", "another console"],
];

/// Commands that mail somebody or make something at the platform without being plans, so that they have no `--dry-run`.
const WITHOUT_PLAN: &[&[&str]] = &[&["mfa", "mail-code"]];

/// The commands with `--dry-run`: each is a write.
fn planning(command: &clap::Command, path: &[String], found: &mut BTreeSet<Vec<String>>) {
    if command.get_arguments().any(|argument| argument.get_id() == "dry_run") {
        found.insert(path.to_vec());
    }
    for sub in command.get_subcommands() {
        planning(sub, &[path, &[sub.get_name().to_owned()]].concat(), found);
    }
}

#[test]
fn every_command_that_writes_is_on_the_list() {
    let mut found = BTreeSet::new();
    planning(&idconsole::cli::Arguments::command(), &[], &mut found);
    found.extend(WITHOUT_PLAN.iter().map(|path| path.iter().map(|word| (*word).to_owned()).collect()));
    let listed = |path: &Vec<String>| {
        WRITES.iter().any(|line| line.len() >= path.len() && line.iter().zip(path).all(|(a, b)| a == b))
    };
    let missing: Vec<_> = found.iter().filter(|path| !listed(path)).collect();
    assert!(missing.is_empty(), "not tried in read-only mode: {missing:?}");
}

/// Everything that the platform holds, but for sessions.
fn stored(running: &Running) -> Vec<(&'static str, Vec<u8>)> {
    let store = running.state.read();
    let of = |kind: Kind| {
        let bodies = store.table(kind).documents().iter().filter_map(|document| document.body());
        bodies.map(move |body| (kind.name(), body.to_vec())).collect::<Vec<_>>()
    };
    Kind::all().filter(|kind| !["Login", "AuditEvent"].contains(&kind.name())).flat_map(of).collect()
}

fn signed_in(clinic: &Clinic, settings: &str, connection: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    let config = format!(
        "[settings]\n{settings}\n[connections.clinic]\nbase_url = \"{}\"\nmethod = \"direct\"\nstore = \"file\"\n\
         {connection}\n",
        clinic.running.base_url
    );
    std::fs::write(home.path().join("config/config.toml"), config).unwrap();
    home
}

/// So that every command has something to do, for one of the two roles.
fn prepare(clinic: &Clinic) {
    let running = &clinic.running;
    let policy = running.state.read().find_by("AccessPolicy", "name", "Read only").remove(0);
    let policy = json!({ "reference": format!("AccessPolicy/{}", policy["id"].as_str().unwrap()) });
    let membership = |email: &str| {
        let user = running.state.read().find_by("User", "email", email).remove(0);
        format!("User/{}", user["id"].as_str().unwrap())
    };
    change(running, "ProjectMembership", "user", &membership("ruth.osei@clinic.example"), |ruth| {
        ruth["active"] = json!(false);
    });
    change(running, "ProjectMembership", "user", &membership("carla.diaz@post.example"), |carla| {
        carla["admin"] = json!(true);
        carla["userName"] = json!("carla");
        carla["access"] = json!([{ "policy": policy }]);
        carla["profile"]["display"] = json!("Former Name");
    });
    change(running, "User", "email", &clinic.facts.project_admin.email, |pat| {
        pat["mfaEnrolled"] = json!(true);
        pat["mfaMethod"] = json!(["totp"]);
        pat["mfaSecret"] = json!("JBSWY3DPEHPK3PXP");
    });
    change(running, "ClientApplication", "name", "Ward Rota", |rota| {
        rota["allowedOrigin"] = json!(["https://old.clinic.example"]);
    });
    change(running, "ClientApplication", "name", "Old Portal", |portal| {
        portal["secret"] = json!("present-secret-of-the-portal");
        portal["retiringSecret"] = json!("former-secret-of-the-portal");
    });
}

/// The files that commands are given, and in the journal under `home` an entry that was cut off and one to be undone.
fn write_files(clinic: &Clinic, home: &Path, files: &Path) {
    let written = |name: &str, text: &str| std::fs::write(files.join(name), text).unwrap();
    let done = |arguments: &[&str]| {
        let ended = run(home, &[arguments, &["--profile", "clinic", "--no-input"]].concat());
        assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
        ended.out
    };
    super::resume::cut_off(clinic, home, &["--profile", "clinic"]);
    done(&["clients", "describe", "Old Portal", "a text", "--yes", "--reason", "test"]);
    let plan = done(&["clients", "describe", "Ward Rota", "a text", "--dry-run", "--format", "json"]);
    written("plan.json", &plan);
    written("rows.csv", "email,active\nomar.haddad@clinic.example,no\n");
    written("secret.txt", CLIENT_SECRET);
    let (secret, request) = (files.join("secret.txt"), files.join("request.json"));
    let (secret, request) = (secret.to_str().unwrap(), request.to_str().unwrap());
    let place = format!("place={}idp", clinic.running.base_url);
    let client = format!("client-id={PARTNER_CLIENT}");
    let onboard = ["domains", "onboard", "post.example"];
    done(&[&onboard[..], &["--set", "idp=other", "--set", &place, "--run", "provider"]].concat());
    let tests = ["--set", &client, "--run", "tests", "--run", "impact", "--secret-file", secret];
    done(&[&onboard[..], &tests].concat());
    let export = ["domains", "request", "export", "post.example", "--out", request, "--secret-file", secret];
    done(&[&export[..], &["--reason", "ticket 4711"]].concat());
}

fn tried(home: &Path, files: &Path, line: &[&str], flag: bool) -> Ended {
    let mut command = idconsole(home);
    for word in line {
        let file = files.join(word);
        if file.is_file() {
            command.arg(file)
        } else {
            command.arg(word)
        };
    }
    command.args(["--profile", "clinic", "--no-input", "--format", "json"]);
    command.env("IDCONSOLE_IDP_SECRET", CLIENT_SECRET);
    if line != ["mfa", "mail-code"] {
        command.args(["--yes", "--reason", "ticket 4711", "--confirm", "jane smith"]);
    }
    if flag {
        command.arg("--read-only");
    }
    super::ended(command.write_stdin("Quarry-lantern-7\n"))
}

#[test]
fn no_command_writes_in_read_only_mode() {
    let clinic = Clinic::with(&["allowUnsafeOutbound=true"]);
    let files = tempfile::tempdir().unwrap();
    let files = files.path();
    let (as_admin, as_super_admin) = (signed_in(&clinic, "", ""), signed_in(&clinic, "", ""));
    assert_eq!(clinic.sign_in_as_super_admin(as_super_admin.path()).code, 0);
    prepare(&clinic);
    write_files(&clinic, as_admin.path(), files);
    let mails = clinic.running.state.mailbox.all().len();
    let mut others: BTreeMap<String, Vec<Ended>> =
        WRITES.iter().map(|line| (line.join(" "), Vec::new())).collect();
    for home in [as_admin.path(), as_super_admin.path()] {
        let before = stored(&clinic.running);
        for line in WRITES {
            let ended = tried(home, files, line, true);
            assert!(stored(&clinic.running) == before, "{line:?} wrote: {ended:?}");
            // What one role may not do ends before there is a plan.
            if ended.code == 4 && ended.err.contains("--read-only") {
                others.remove(&line.join(" "));
            } else if let Some(instead) = others.get_mut(&line.join(" ")) {
                instead.push(ended);
            }
        }
    }
    assert!(others.is_empty(), "{} of {} ended otherwise: {others:#?}", others.len(), WRITES.len());
    assert_eq!(clinic.running.state.mailbox.all().len(), mails, "nobody was mailed");
}

#[test]
fn a_setting_or_a_mark_is_enough_and_a_dry_run_is_none_of_it() {
    let clinic = Clinic::start();
    let line: &[&str] = &["clients", "describe", "Ward Rota", "another text"];
    for (settings, connection, because) in [
        ("read_only = true", "", "config.toml says so for every connection"),
        ("", "read_only = true", "this connection is marked so"),
    ] {
        let home = signed_in(&clinic, settings, connection);
        let before = stored(&clinic.running);
        let ended = tried(home.path(), home.path(), line, false);
        assert_eq!(ended.code, 4, "{ended:?}");
        assert!(ended.err.contains(&format!("nothing was written: {because}.")), "{ended:?}");
        assert!(stored(&clinic.running) == before);
        let dry = run(home.path(), &[line, &["--dry-run", "--profile", "clinic"]].concat());
        assert_eq!(dry.code, 0, "a plan can be looked at: {dry:?}");
        let show = run(home.path(), &["config", "show", "--profile", "clinic"]);
        assert!(show.out.contains(because), "{show:?}");
        let who = run(home.path(), &["whoami", "--format", "json", "--profile", "clinic"]);
        assert_eq!(serde_json::from_str::<Value>(&who.out).unwrap()["read_only"], true);
    }
    let home = signed_in(&clinic, "", "");
    let ended = tried(home.path(), home.path(), line, false);
    assert_eq!(ended.code, 0, "without any of them it is written: {ended:?}");
}

#[test]
fn a_connection_is_marked_and_unmarked_by_command() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic, "", "# mine\nproduction = false");
    let config = || std::fs::read_to_string(home.path().join("config/config.toml")).unwrap();
    let marked =
        run(home.path(), &["connections", "edit", "clinic", "--production", "yes", "--refuse-writes", "yes"]);
    assert_eq!(marked.code, 0, "{marked:?}");
    assert!(marked.err.contains("clinic is PRODUCTION and read-only from now on."), "{marked:?}");
    assert!(
        config().contains("# mine\nproduction = true") && config().contains("read_only = true"),
        "{}",
        config()
    );
    let list = run(home.path(), &["connections", "list"]);
    assert!(list.out.contains("PRODUCTION, read-only"), "{list:?}");
    let unmarked =
        run(home.path(), &["connections", "edit", "clinic", "--production", "no", "--refuse-writes", "no"]);
    assert!(unmarked.err.contains("neither production nor read-only"), "{unmarked:?}");
    assert!(!config().contains("= true"), "{}", config());
    assert_eq!(run(home.path(), &["connections", "edit", "other", "--production", "yes"]).code, 5);
    assert_eq!(run(home.path(), &["connections", "edit", "clinic", "--production", "prod"]).code, 2);
}

// What is given for one run is not kept: neither the mode nor the authority of a connection that is saved already.
#[test]
fn signing_in_saves_nothing_of_what_was_given_for_this_run() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic, "read_only = true", "# mine\nproduction = false");
    let config = || std::fs::read_to_string(home.path().join("config/config.toml")).unwrap();
    let authority = home.path().join("authority.pem");
    std::fs::write(&authority, rcgen::generate_simple_self_signed(vec!["x".into()]).unwrap().cert.pem())
        .unwrap();
    let account = &clinic.facts.project_admin;
    for base_url in [&[][..], &["--base-url", &clinic.running.base_url]] {
        let mut command = idconsole(home.path());
        command
            .args([
                "login",
                "--profile",
                "clinic",
                "--no-input",
                "--email",
                &account.email,
                "--password-stdin",
            ])
            .args(["--read-only", "--extra-ca", authority.to_str().unwrap()])
            .args(base_url)
            .write_stdin(format!("{}\n", account.password));
        let ended = super::ended(&mut command);
        assert_eq!(ended.code, 0, "{ended:?}");
        let saved: toml::Value = toml::from_str(&config()).unwrap();
        let connection = &saved["connections"]["clinic"];
        assert!(connection.get("read_only").is_none_or(|mark| mark.as_bool() == Some(false)), "{}", config());
        assert!(connection.get("extra_ca").is_none(), "{}", config());
    }
}
