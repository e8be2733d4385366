//! Completions, manual pages and schemas: made of the same definitions as the commands.

use std::path::Path;

use clap::CommandFactory as _;
use idconsole::cli::Arguments;
use idconsole::cli::definitions::{command, leaves};
use serde_json::Value;

use super::clinic::Clinic;
use super::{ended, idconsole, run};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// What a shell would offer for the last word of the line. Bash gets them one under the other by vertical tabs.
fn offered(home: &Path, line: &[&str]) -> Vec<String> {
    let ended = ended(
        idconsole(home)
            .env("IDCONSOLE_COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", (line.len() - 1).to_string())
            .env("_CLAP_IFS", "\n")
            .arg("--")
            .args(line),
    );
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(ended.err, "", "nothing is asked");
    ended.out.lines().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[test]
fn every_shell_gets_a_script_that_asks_this_program() {
    let home = tempfile::tempdir().unwrap();
    for shell in SHELLS {
        let script = run(home.path(), &["completions", shell]);
        assert_eq!(script.code, 0, "{script:?}");
        assert!(script.out.contains("IDCONSOLE_COMPLETE") && script.out.contains("idconsole"), "{script:?}");
    }
    assert!(!home.path().join("data").exists(), "nothing is left behind");
}

#[test]
fn every_command_and_option_is_completed() {
    let home = tempfile::tempdir().unwrap();
    let mut root = command();
    root.build();
    for (path, leaf) in leaves(&root).into_iter().filter(|(_, leaf)| !leaf.is_hide_set()) {
        let words: Vec<&str> = path.split(' ').collect();
        let (last, before) = words.split_last().unwrap();
        let line = [&["idconsole"], before, &[*last]].concat();
        assert!(offered(home.path(), &line).iter().any(|word| word == last), "{path}");
        let options = offered(home.path(), &[&["idconsole"], &words[..], &["--"]].concat());
        for option in
            leaf.get_arguments().filter(|option| !option.is_hide_set()).filter_map(|one| one.get_long())
        {
            assert!(options.contains(&format!("--{option}")), "{path} --{option}: {options:?}");
        }
    }
    assert!(!offered(home.path(), &["idconsole", "members", "p"]).contains(&"policies".to_owned()), "hidden");
    assert_eq!(offered(home.path(), &["idconsole", "members", "list", "--format", "c"]), ["csv"]);
}

#[test]
fn members_and_connections_are_completed_from_what_was_read_last_and_forgotten_with_the_session() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let show = |begun: &str| offered(home.path(), &["idconsole", "users", "show", begun]);
    assert_eq!(show("jsm"), [""; 0], "nothing was read yet, and nobody is asked");
    assert_eq!(run(home.path(), &["members", "list"]).code, 0);
    assert_eq!(show("jsm"), ["jsmith@clinic.example"]);
    assert_eq!(show("JSM"), ["jsmith@clinic.example"]);
    let named = ["idconsole", "-p", "clinic", "members", "deactivate", "jane@x.example", "carla.d"];
    assert_eq!(offered(home.path(), &named), ["carla.diaz@post.example"]);
    assert_eq!(offered(home.path(), &["idconsole", "-p", "other", "users", "show", "jsm"]), [""; 0]);
    assert_eq!(offered(home.path(), &["idconsole", "connections", "remove", "c"]), ["clinic"]);
    assert_eq!(offered(home.path(), &["idconsole", "whoami", "--profile", ""]), ["clinic"]);
    let kept: Vec<_> = std::fs::read_dir(home.path().join("data/completions"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(kept.len(), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&kept[0]), mode(kept[0].parent().unwrap())), (0o600, 0o700));
    }
    assert_eq!(run(home.path(), &["logout"]).code, 0);
    assert!(!kept[0].exists(), "it goes with the session");
    assert_eq!(show("jsm"), [""; 0]);
    // A session that has gone by itself leaves nothing behind either, once somebody says so.
    clinic.sign_in(home.path());
    assert_eq!(run(home.path(), &["members", "list"]).code, 0);
    assert!(kept[0].exists());
    std::fs::remove_dir_all(home.path().join("data/sessions")).unwrap();
    let ended = run(home.path(), &["logout"]);
    assert!(ended.code == 0 && ended.err.contains("nothing to end"), "{ended:?}");
    assert!(!kept[0].exists(), "there was no session any more, and addresses were kept");
}

#[cfg(unix)]
#[test]
fn bash_itself_completes_an_address_by_the_script() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    assert_eq!(run(home.path(), &["members", "list"]).code, 0);
    let program = Path::new(env!("CARGO_BIN_EXE_idconsole")).parent().unwrap().display();
    let script = format!(
        "PATH={program}:$PATH; source <(idconsole completions bash); COMP_TYPE=9; COMP_CWORD=3\n\
         COMP_WORDS=(idconsole users show jsmith@cl)\n\
         _clap_complete_idconsole idconsole jsmith@cl show; printf '%s|' \"${{COMPREPLY[@]}}\"\n\
         [[ $COMP_WORDBREAKS == *@* ]] && echo broken"
    );
    let bash = ended(
        assert_cmd::Command::new("bash")
            .args(["--norc", "--noprofile", "-c", &script])
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", std::env::var("PATH").unwrap_or_default())
            .env("IDCONSOLE_CONFIG_DIR", home.path().join("config"))
            .env("IDCONSOLE_DATA_DIR", home.path().join("data")),
    );
    assert_eq!(bash.out.replace('\u{b}', "|"), "jsmith@clinic.example|", "{bash:?}");
}

// S1: what a completion writes on the line is run when Enter is pressed.
#[test]
fn an_address_that_a_shell_would_run_is_neither_kept_nor_offered() {
    let clinic = Clinic::start();
    let hostile = "$(reboot)@evil.example";
    let mut theo = clinic.running.state.read().find_by("User", "email", "theo.marsh@post.example").remove(0);
    theo["email"] = hostile.into();
    clinic.running.state.write().system_update(theo).unwrap();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let listed = run(home.path(), &["members", "list", "--format", "json"]);
    assert!(listed.out.contains(hostile), "{listed:?}");
    assert_eq!(
        super::kept_with(&home.path().join("data/completions"), "reboot"),
        Vec::<std::path::PathBuf>::new()
    );
    assert_eq!(offered(home.path(), &["idconsole", "users", "show", "$("]), [""; 0]);
    // Nor what somebody else has written into the file.
    let file =
        std::fs::read_dir(home.path().join("data/completions")).unwrap().next().unwrap().unwrap().path();
    std::fs::write(file, "`id`@evil.example\njane@x.example; id\n").unwrap();
    let words = offered(home.path(), &["idconsole", "users", "show", ""]);
    assert!(words.iter().all(|word| word.starts_with("--")), "{words:?}");
}

#[test]
fn a_session_that_is_kept_nowhere_leaves_no_addresses() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let token = run(home.path(), &["token", "mint", "--show"]).out.trim().to_owned();
    let other = tempfile::tempdir().unwrap();
    let listed = ended(
        idconsole(other.path())
            .env("IDCONSOLE_ACCESS_TOKEN", token)
            .env("IDCONSOLE_BASE_URL", &clinic.running.base_url)
            .args(["members", "list"]),
    );
    assert_eq!(listed.code, 0, "{listed:?}");
    assert!(!other.path().join("data/completions").exists());
}

#[test]
fn every_command_has_a_manual_page() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("man/man1");
    let written = run(home.path(), &["man", folder.to_str().unwrap()]);
    assert_eq!(written.code, 0, "{written:?}");
    let page = |name: &str| {
        std::fs::read_to_string(folder.join(format!("{name}.1"))).unwrap_or_else(|_| panic!("{name}"))
    };
    let root = page("idconsole");
    assert!(root.contains(".SH NAME") && root.contains("Exit codes:"), "{root}");
    let mut command = command();
    command.build();
    for (path, leaf) in leaves(&command).into_iter().filter(|(_, leaf)| !leaf.is_hide_set()) {
        let text = page(&format!("idconsole-{}", path.replace(' ', "-")));
        assert!(text.contains(".SH SYNOPSIS") && text.contains("idconsole "), "{path}: {text}");
        assert!(text.contains("Example"), "{path}: {text}");
        for option in leaf.get_arguments().filter_map(|one| one.get_long()) {
            assert!(text.contains(&format!("\\-\\-{}", option.replace('-', "\\-"))), "{path} --{option}");
        }
    }
    assert_eq!(run(home.path(), &["man"]).out, root, "without a folder the main page is printed");
}

#[test]
fn a_schema_is_printed_for_every_command_that_writes_json() {
    let home = tempfile::tempdir().unwrap();
    let list: Value = serde_json::from_str(&run(home.path(), &["schema", "--format", "json"]).out).unwrap();
    let listed: Vec<&str> =
        list.as_array().unwrap().iter().map(|one| one["command"].as_str().unwrap()).collect();
    for path in ["whoami", "members list", "clients redirects add"] {
        assert!(listed.contains(&path), "{path}");
        let words: Vec<&str> = std::iter::once("schema").chain(path.split(' ')).collect();
        let schema: Value = serde_json::from_str(&run(home.path(), &words).out).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert_eq!(schema["title"], format!("idconsole {path} --format json"));
    }
    let unknown = run(home.path(), &["schema", "man"]);
    assert_eq!(unknown.code, 5, "{unknown:?}");
    assert!(!home.path().join("data").exists(), "nobody has to be signed in, and nothing is left behind");
}

#[test]
fn the_definitions_are_those_of_the_arguments() {
    let names = |command: &clap::Command| -> Vec<String> {
        leaves(command).into_iter().map(|(path, _)| path).collect()
    };
    assert_eq!(names(&command()), names(&Arguments::command()));
}
