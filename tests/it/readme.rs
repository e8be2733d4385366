//! README keeps its word: its pictures and tables are made from the program, and its commands are the ones that
//! are run.

use std::path::{Path, PathBuf};

use idconsole::cli::Exit;
use idconsole::console::Look;
use idconsole::console::keymap::markdown_table;
use idconsole::console::theme::Theme;
use idconsole::identity::Role;
use idconsole::workflows::bulk::columns;
use idconsole::workflows::flow_lab::Report;

use crate::lab::story;
use crate::screens::clinic::Clinic;
use crate::screens::{snapshots_screen, tokens};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn readme() -> String {
    std::fs::read_to_string(path("README.md")).unwrap()
}

/// Compares a generated file with the one that is kept, or writes it anew when asked to.
fn is_fresh(name: &str, fresh: &str) {
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        std::fs::write(path(name), fresh).unwrap();
    }
    let kept = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(kept == fresh, "{name} is stale; write it anew: UPDATE_ASSETS=1 cargo test --test it readme");
}

fn dark() -> Look {
    Look { theme: Theme::embedded("dark").unwrap(), ..Look::default() }
}

#[tokio::test]
async fn the_pictures_are_of_the_real_screens() {
    let mut job = Clinic::new(Role::ProjectAdmin, 30).console_with(120, 30, dark(), |_| {}).await;
    job.console.keys("/jane smith<Enter>").await.keys("<Esc>").await;
    is_fresh("assets/members.svg", &job.console.svg());
    job.console.keys("/jane smith<Enter>e").await.keys("jane.smith@clinic.example").await;
    job.console.keys("<Enter><Enter>ticket 4711").await;
    is_fresh("assets/plan.svg", &job.console.svg());
    let mut job = Clinic::new(Role::SuperAdmin, 30).console_with(120, 40, dark(), |_| {}).await;
    job.console.keys("gb<Enter>").await;
    let report = Report { run: story::three_legged(7), examined: None };
    job.console.tell(story::ended(report, true)).await;
    job.console.keys("<Up><Up><Up><Up>").await;
    is_fresh("assets/flow-lab.svg", &job.console.svg());
    let mut job = Clinic::new(Role::SuperAdmin, 30).console_with(120, 30, dark(), |_| {}).await;
    job.console.keys("6").await;
    let token = tokens::access("5f0c0000-0000-4000-8000-00000000000a", 360);
    job.console.tell(tokens::curl(&token)).await;
    job.console.tell(tokens::judged(1, tokens::switched_off(&token))).await;
    is_fresh("assets/token-lab.svg", &job.console.svg());
    let mut job = Clinic::new(Role::ProjectAdmin, 30).console_with(120, 30, dark(), |_| {}).await;
    let sheet = job.console.folder.path().join("staff.csv");
    std::fs::write(&sheet, SHEET).unwrap();
    job.console.keys(&format!("U{}<Enter>", sheet.display())).await;
    is_fresh("assets/import.svg", &job.console.svg());
    let mut job = snapshots_screen::compared(120, 30, dark()).await;
    job.console.keys("<Down>").await;
    is_fresh("assets/differences.svg", &job.console.svg());
    for name in ["members", "plan", "flow-lab", "token-lab", "import", "differences"] {
        assert!(readme().contains(&format!("](assets/{name}.svg)")), "README shows {name}");
    }
}

/// A sheet as it comes: most of it does something, one row is of nobody, one has an address that is none.
const SHEET: &str = "\
email,new email,active,new external id
jsmith@clinic.example,jane.smith@clinic.example,,
janet@partner.example,,no,
jane.d@clinic.example,,,okta|00uJANEDOE0001
nobody@clinic.example,,no,
jane.d@clinic.example,jane.d@clinic,,
";

/// README with what stands between the two comments of this name made anew.
fn with_made(readme: &str, name: &str, made: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: made by the tests -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = readme.split_once(&begin).expect("where it begins");
    let (_, after) = rest.split_once(&end).expect("where it ends");
    format!("{before}{begin}{made}{end}{after}")
}

#[test]
fn the_tables_of_keys_and_exit_codes_are_those_of_the_program() {
    let rows = Exit::ALL.iter().map(|exit| format!("| {} | {} |\n", exit.code(), exit.meaning()));
    let codes: String =
        std::iter::once("| Exit code | Meaning |\n|---|---|\n".to_owned()).chain(rows).collect();
    let fresh = with_made(&readme(), "exit codes", &codes);
    let fresh = with_made(&fresh, "bulk columns", &columns::markdown());
    is_fresh("README.md", &with_made(&fresh, "keys", &markdown_table()));
}

#[test]
fn the_first_screen_has_the_two_commands() {
    let readme = readme();
    let first: Vec<&str> = readme.lines().take(24).collect();
    for command in ["cargo run --release -- demo", "cargo test"] {
        assert!(first.contains(&command), "{command} stands on the first screen");
    }
    // What is checked before a change is taken is what README says.
    let ci = std::fs::read_to_string(path(".ci/run")).unwrap();
    assert!(ci.lines().any(|line| line.starts_with("step cargo test")), "{ci}");
}

#[test]
fn every_command_and_variable_is_named() {
    use clap::CommandFactory as _;
    let readme = readme();
    for command in idconsole::cli::Arguments::command().get_subcommands() {
        let name = format!("idconsole {}", command.get_name());
        assert!(readme.contains(&name), "README names `{name}`");
    }
    let variables = [
        "BASE_URL",
        "ACCESS_TOKEN",
        "PROFILE",
        "CONFIG_DIR",
        "DATA_DIR",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "IDP_SECRET",
        "LOG",
        "PLAIN",
    ];
    for name in variables {
        assert!(readme.contains(&format!("IDCONSOLE_{name}")), "README names IDCONSOLE_{name}");
    }
}
