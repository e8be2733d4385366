//! Golden output: every help text, every reading command as table, JSON and CSV, and what bad input is told.
//!
//! What every run makes anew (ids, times, ports) stands as zeros of the same width, so that tables stay aligned.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use idconsole::cli::definitions::{command, leaves, parse};
use idconsole::cli::shapes;
use rstest::rstest;
use serde_json::Value;
use tempfile::TempDir;

use super::clinic::Clinic;
use super::run;

/// A clinic that only these tests read, with both admins signed in.
pub struct Scene {
    pub clinic: Clinic,
    pub admin: TempDir,
    pub super_admin: TempDir,
}

fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(|| {
        let scene = Scene {
            clinic: Clinic::start(),
            admin: tempfile::tempdir().unwrap(),
            super_admin: tempfile::tempdir().unwrap(),
        };
        assert_eq!(scene.clinic.sign_in(scene.admin.path()).code, 0);
        assert_eq!(scene.clinic.sign_in_as_super_admin(scene.super_admin.path()).code, 0);
        scene
    })
}

/// The text with what is new in every run as zeros. Ids are numbered in the order in which they come.
fn settled(text: &str, home: &Path, base_url: &str) -> String {
    let port = base_url.trim_end_matches('/').rsplit(':').next().unwrap();
    let text = text.replace(&*home.to_string_lossy(), "HOME").replace(port, &"0".repeat(port.len()));
    let mut ids: HashMap<String, usize> = HashMap::new();
    let (mut out, mut rest) = (String::new(), &*text);
    while let Some(first) = rest.chars().next() {
        if let Some(id) = rest.get(..36).filter(|id| is_id(id)) {
            let next = ids.len() + 1;
            let number = *ids.entry(id.to_owned()).or_insert(next);
            let _ = write!(out, "00000000-0000-0000-0000-{number:012}");
            rest = &rest[36..];
        } else if let Some(after) = rest.strip_prefix("sha256:").and_then(|rest| rest.get(64..)) {
            out.push_str("sha256:…");
            rest = after;
        } else if let Some(after) = rest.strip_prefix('(').and_then(age) {
            out.push_str("(0 days)");
            rest = after;
        } else if let Some(time) = moment(rest) {
            out.extend(time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }));
            rest = &rest[time.len()..];
            // Fractions of a second differ in length.
            let fraction =
                rest.strip_prefix('.').map(|after| after.trim_start_matches(|c: char| c.is_ascii_digit()));
            rest = fraction.unwrap_or(rest);
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// What comes after `992 days)`.
fn age(text: &str) -> Option<&str> {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
    after.strip_prefix(" days)").filter(|_| after.len() < text.len())
}

fn is_id(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

/// A time of this run; the clinic's own past stays.
fn moment(text: &str) -> Option<&str> {
    let long = text.get(..19).filter(|time| {
        time.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T' || byte == b' ',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        })
    });
    let short = text.get(..16).filter(|time| {
        time.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b' ',
            13 => byte == b':',
            _ => byte.is_ascii_digit(),
        })
    });
    long.or(short).filter(|time| &time[..4] > "2024")
}

/// The command in every format, one after the other.
fn told(home: &Path, arguments: &[&str]) -> String {
    told_of(scene(), home, arguments)
}

/// The same of another scene; HOME and FORMAT in the arguments are what they are called.
pub fn told_of(scene: &Scene, home: &Path, arguments: &[&str]) -> String {
    let mut text = String::new();
    for format in ["table", "json", "csv"] {
        let place = home.to_str().unwrap();
        let meant: Vec<String> =
            arguments.iter().map(|word| word.replace("HOME", place).replace("FORMAT", format)).collect();
        let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
        let ended = run(home, &[&meant[..], &["--format", format, "--no-input"]].concat());
        let _ = writeln!(text, "$ idconsole {} --format {format}", arguments.join(" "));
        text.push_str(&ended.out);
        if !ended.err.is_empty() {
            let _ = write!(text, "--- told besides\n{}", ended.err);
        }
        let _ = writeln!(text, "--- exit {}\n", ended.code);
        if format == "json" && !ended.out.is_empty() && !arguments.contains(&"--fields") {
            let value: Value = serde_json::from_str(&ended.out).unwrap();
            let path = path_of(arguments);
            let shape = shapes::of(&path).unwrap_or_else(|| panic!("{path} has no shape"));
            assert_eq!(shape.wrong(&value), [""; 0], "{path}: it is not as src/cli/shapes.txt says");
        }
    }
    settled(&text, home, &scene.clinic.running.base_url)
}

fn path_of(arguments: &[&str]) -> String {
    let given = std::iter::once("idconsole").chain(arguments.iter().copied()).map(Into::into);
    parse(given).unwrap().path
}

const JANE: &str = "jsmith@clinic.example";

#[rstest]
#[case::whoami(&["whoami"])]
#[case::connections_list(&["connections", "list"])]
#[case::connections_show(&["connections", "show", "clinic"])]
#[case::overview(&["overview"])]
#[case::members_list(&["members", "list", "--filter", "domain:post.example"])]
#[case::members_list_fields(&["members", "list", "--filter", "jane", "--fields", "email,name"])]
#[case::members_list_nobody(&["members", "list", "--filter", "nobody-at-all"])]
#[case::members_show(&["members", "show", JANE])]
#[case::members_history(&["members", "history", JANE])]
#[case::policies_list(&["policies", "list"])]
#[case::users_show(&["users", "show", JANE])]
#[case::links_list(&["links", "list", "--filter", "brandt"])]
#[case::links_find(&["links", "find", "okta|00uHUGOBRANDT000001"])]
#[case::links_check(&["links", "check"])]
#[case::domains_list(&["domains", "list"])]
#[case::domains_show(&["domains", "show", "partner.example"])]
#[case::domains_impact(&["domains", "impact", "partner.example", "--only", "breaks"])]
#[case::domains_onboard(&["domains", "onboard"])]
#[case::mfa_report(&["mfa", "report", "--filter", "domain:post.example"])]
#[case::mfa_show_own(&["mfa", "show-own"])]
#[case::clients_list(&["clients", "list"])]
#[case::clients_show(&["clients", "show", "Clinic Portal"])]
#[case::sessions_list(&["sessions", "list"])]
#[case::access_show(&["access", "show", JANE])]
#[case::access_may(&["access", "may", JANE, "read", "Patient"])]
#[case::doctor_login(&["doctor", "login", "--flow", "password", "--email", JANE])]
#[case::doctor_examine(&["doctor", "examine", JANE])]
#[case::doctor_sweep(&["doctor", "sweep"])]
#[case::doctor_sweep_count(&["doctor", "sweep", "--count"])]
#[case::journal_list(&["journal", "list"])]
#[case::plan(&["members", "deactivate", JANE, "--dry-run"])]
#[case::schema_list(&["schema"])]
#[case::bulk_columns(&["bulk", "columns"])]
#[case::config_path(&["config", "path"])]
#[case::config_show(&["config", "show"])]
#[case::config_check(&["config", "check"])]
fn what_a_project_admin_is_told(#[case] arguments: &[&str]) {
    let name = file_name(arguments);
    insta::assert_snapshot!(format!("told__{name}"), told(scene().admin.path(), arguments));
}

#[rstest]
#[case::domains_list(&["domains", "list"])]
#[case::domains_show(&["domains", "show", "partner.example"])]
#[case::users_show(&["users", "show", JANE])]
#[case::members_history(&["members", "history", JANE])]
#[case::doctor_sweep_count(&["doctor", "sweep", "--count"])]
fn what_a_super_admin_is_told_besides(#[case] arguments: &[&str]) {
    let name = file_name(arguments);
    insta::assert_snapshot!(format!("told_super__{name}"), told(scene().super_admin.path(), arguments));
}

pub fn file_name(arguments: &[&str]) -> String {
    arguments.join("_").chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

/// Bad input, and the sentence that it is told: what happened, why, what to do next.
#[test]
fn what_bad_input_is_told() {
    let home = scene().admin.path();
    let mut text = String::new();
    for arguments in [
        &["members", "list", "--fields", "nome"][..],
        &["members", "list", "--format", "json", "--fields", "nome,email"],
        &["members", "promote", JANE, "--fields", "name"],
        &["members", "list", "--format", "xml"],
        &["members", "list", "--limit", "many"],
        &["members"],
        &["members", "lst"],
        &["nonsense"],
        &["members", "show"],
        &["members", "show", "nobody@clinic.example"],
        &["members", "show", "a"],
        &["members", "deactivate", JANE],
        &["members", "deactivate", JANE, "--yes"],
        &["members", "deactivate", JANE, "--yes", "--reason", " "],
        &["members", "deactivate", JANE, "--yes", "--reason", "x", "--read-only"],
        &["members", "remove", JANE, "--yes", "--reason", "x", "--confirm", "somebody"],
        &["members", "set-policy", JANE, "No such policy", "--dry-run"],
        &["members", "invite", "Nora", "New", "--dry-run"],
        &["users", "set-email", JANE, "not-an-address", "--dry-run"],
        &["users", "set-email", JANE, JANE, "--dry-run"],
        &["links", "set", JANE, "okta|00uHUGOBRANDT000001", "--dry-run"],
        &["domains", "add", "Partner.example", "--dry-run"],
        &["domains", "add", "new.example", "--dry-run"],
        &["domains", "show", "nowhere"],
        &["domains", "fix", "partner.example", "--dry-run"],
        &["doctor", "login", "--flow", "browser"],
        &["doctor", "sweep", "--rule", "no-such-rule"],
        &["doctor", "mend", JANE, "--fix", "99", "--dry-run"],
        &["access", "may", JANE, "read", "patient"],
        &["mfa", "reset", JANE, "--dry-run"],
        &["mfa", "enrol", "--yes", "--reason", "x"],
        &["sessions", "list", "hugo brandt"],
        &["clients", "show", "No such client"],
        &["clients", "show-secret", "Ward Rota"],
        &["clients", "set-lifetimes", "Ward Rota", "--access", "soon", "--dry-run"],
        &["journal", "show", "4711"],
        &["journal", "show", "last"],
        &["connections", "show", "nowhere"],
        &["connections", "edit", "clinic"],
        &["connections", "add", "x"],
        &["apply", "no-such-plan.json"],
        &["schema", "members", "lst"],
        &["whoami", "--profile", "nowhere"],
        &["whoami", "--base-url", "ftp://x"],
    ] {
        let ended = run(home, &[arguments, &["--no-input"]].concat());
        let _ = writeln!(
            text,
            "$ idconsole {}\n{}{}--- exit {}\n",
            arguments.join(" "),
            ended.out,
            ended.err,
            ended.code
        );
        assert!(ended.code != 0 && ended.code != 101, "{arguments:?}: {ended:?}");
    }
    insta::assert_snapshot!("bad_input", settled(&text, home, &scene().clinic.running.base_url));
}

/// The help of every command, the nouns each in a file of its own.
fn helps(long: bool) -> Vec<(String, String)> {
    let mut command = command().term_width(100);
    command.build();
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |noun: &str, path: &str, command: &clap::Command| {
        let mut command = command.clone();
        let help = if long { command.render_long_help() } else { command.render_help() }.to_string();
        let dash = if long { "--help" } else { "-h" };
        let text = format!("$ idconsole {path}{}{dash}\n{help}\n\n", if path.is_empty() { "" } else { " " });
        match found.iter_mut().find(|(name, _)| name == noun) {
            Some((_, all)) => all.push_str(&text),
            None => found.push((noun.to_owned(), text)),
        }
    };
    add("idconsole", "", &command);
    for noun in command.get_subcommands().filter(|noun| !noun.is_hide_set()) {
        let name = if noun.has_subcommands() { noun.get_name() } else { "alone" };
        add(name, noun.get_name(), noun);
        for (path, leaf) in leaves(noun).into_iter().filter(|(_, leaf)| !leaf.is_hide_set()) {
            add(name, &format!("{} {path}", noun.get_name()), leaf);
        }
    }
    found
}

#[rstest]
#[case::short(false)]
#[case::long(true)]
fn every_help_reads_well(#[case] long: bool) {
    for (noun, text) in helps(long) {
        let name = format!("{}__{noun}", if long { "help" } else { "h" });
        insta::assert_snapshot!(name, text);
        for line in text.lines() {
            assert!(line.chars().count() <= 100 || line.starts_with("  idconsole"), "{line}");
        }
    }
}

#[test]
fn long_help_has_an_example_the_exit_codes_and_the_environment() {
    for (noun, text) in helps(true) {
        let examples = text.matches("\nExample").count();
        let leaves = text.matches("$ idconsole").count();
        assert!(examples + 2 >= leaves, "{noun}: {examples} examples in {leaves} texts");
    }
    let main = helps(true).remove(0).1;
    for word in ["Exit codes:", "10  partly done", "IDCONSOLE_PROFILE", "--read-only", "--dry-run"] {
        assert!(main.contains(word), "{word}");
    }
}

#[test]
fn what_else_is_written_as_json_is_of_its_shape() {
    let clinic = Clinic::with(&["allowUnsafeOutbound=true"]);
    let (own, besides) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let signed_in = clinic.sign_in(own.path());
    assert_eq!(signed_in.code, 0, "{signed_in:?}");
    assert_eq!(clinic.sign_in_as_super_admin(besides.path()).code, 0);
    let home = own.path();
    let token = home.join("token");
    std::fs::write(&token, run(home, &["token", "mint", "--show"]).out).unwrap();
    let token = token.to_str().unwrap();
    let json = ["--format", "json", "--no-input"];
    let written = |home: &Path, arguments: &[&str]| {
        // `run` holds it against its shape.
        let ended = run(home, &[arguments, &json].concat());
        assert!(ended.out.starts_with(['{', '[']), "{arguments:?}: {ended:?}");
    };
    for arguments in [
        &["token", "inspect", "--own"][..],
        &["token", "inspect", token],
        &["token", "verify", "--own"],
        &["token", "why", "--own"],
        &["token", "why", "--own", "--resource", "Patient", "--action", "read"],
        &["token", "introspect", "--own"],
        &["token", "compare", token, "--own"],
        &["token", "mint"],
        &["token", "mint", "--show"],
        &["token", "watch", "--own", "--looks", "1"],
        &["members", "policies"],
        &["clients", "show-secret", "Ward Rota", "--show"],
        &["domains", "onboard", "partner.example", "--set", "idp=okta"],
        &["domains", "onboard"],
        &["doctor", "examine", "nobody@partner.example"],
        &["doctor", "examine", "noor aziz", "--flow", "exchange"],
        &["links", "set", "omar haddad", "okta|00uOMAR", "--yes", "--reason", "x"],
        &["journal", "show", "1"],
        &["journal", "list"],
        &["journal", "undo", "1", "--yes", "--reason", "x"],
        &["links", "find", "okta|00uOMAR"],
        &["members", "deactivate", "noor aziz", "jane smith", "--yes", "--reason", "x", "--confirm", "2"],
        &["users", "set-email", "jane smith", "jane.smith@clinic.example", "--way", "request"],
        &["clients", "create", "Ward Board", "--yes", "--reason", "x"],
        &["setup", "--name", "another", "--dry-run"],
    ] {
        if arguments[0] == "setup" {
            // The project has a client already: that is a remark.
            assert_eq!(run(home, &[arguments, &json].concat()).code, 0);
            continue;
        }
        written(home, arguments);
    }
    written(besides.path(), &["domains", "test", "partner.example"]);
    written(besides.path(), &["domains", "test", "--all"]);
    written(besides.path(), &["sessions", "list"]);
    written(besides.path(), &["clients", "list"]);
    written(besides.path(), &["members", "list"]);
    written(besides.path(), &["overview"]);
}

/// Commands that say nothing golden, and why; their JSON is held against its shape where they are tested.
const ELSEWHERE: &[(&str, &str)] = &[
    ("login", "it ends with what `whoami` says: clinic.rs"),
    ("setup", "its plan is as any plan, and what it finds is a remark: people.rs, apply.rs"),
    ("apply", "it says what the command in the file says: apply.rs"),
    ("demo", "it serves until it is ended: demo.rs"),
    (
        "domains test",
        "it tells how long a live provider took and when its certificate ends: routes.rs, route_test",
    ),
    ("flow idp", "every run has its own states, codes and tokens: flow.rs, lab"),
    ("flow three-legged", "every run has its own states, codes and tokens: flow.rs, lab"),
    ("flow exchange", "every run has its own tokens: flow.rs, lab"),
    ("flow device", "every run has its own codes and tokens: flow.rs, lab"),
    (
        "journal settle",
        "an entry waits only where an answer was lost; then it says what `journal show` says: resume.rs",
    ),
    ("token introspect", "what its issuer answers has new numbers and times: token.rs"),
    ("token exchange", "it swaps a provider's token for another new one: token.rs"),
    ("token mint", "what it writes is a new token: token.rs"),
    ("token watch", "it tells what comes as time goes by: token.rs"),
];

#[test]
fn every_reading_command_is_golden_or_held_to_its_shape_elsewhere() {
    let source = concat!(include_str!("golden.rs"), include_str!("golden_done.rs"));
    let command = command();
    for (path, leaf) in leaves(&command) {
        let writes = leaf.get_arguments().any(|argument| argument.get_id() == "dry_run");
        let silent = shapes::of(&path).is_none();
        let case = format!("(&[\"{}\"", path.replace(' ', "\", \""));
        assert!(
            writes
                || silent
                || source.contains(&case)
                || ELSEWHERE.iter().any(|(elsewhere, _)| *elsewhere == path),
            "`{path}` needs a case in golden.rs"
        );
    }
    for (path, _) in ELSEWHERE {
        assert!(!source.contains(&format!("(&[\"{}\"", path.replace(' ', "\", \""))), "`{path}` is golden");
    }
}
