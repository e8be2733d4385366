//! Many changes from a file, by command.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use idconsole::demo::faults::{Effect, Rule};
use idconsole::journal::{Filter, Journal, StepState};
use idconsole::ports::SystemClock;
use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, ended, idconsole, run};

const NOOR: &str = "noor.aziz@clinic.example";
const RUTH: &str = "ruth.osei@clinic.example";
const OMAR: &str = "omar.haddad@clinic.example";

const YES: &[&str] = &["--yes", "--no-input", "--reason", "test"];

fn home(clinic: &Clinic) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    home
}

fn file(home: &Path, name: &str, text: impl AsRef<[u8]>) -> String {
    let path = home.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn with_yes(home: &Path, arguments: &[&str], rows: &str) -> Ended {
    run(home, &[arguments, YES, &["--confirm", rows]].concat())
}

fn stored(clinic: &Clinic, email: &str) -> Value {
    let state = clinic.running.state.read();
    let user = format!("User/{}", state.find_by("User", "email", email)[0]["id"].as_str().unwrap());
    let main = format!("Project/{}", clinic.facts.project_id);
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|member| member["project"]["reference"] == main.as_str()).unwrap()
}

#[test]
fn a_file_is_checked_run_and_taken_back_in_part() {
    let clinic = Clinic::start();
    let home = home(&clinic);
    let home = home.path();
    let sheet = file(
        home,
        "staff.csv",
        format!(
            "email;active;new external id\r\n{NOOR};no;\r\n{RUTH};no;\r\n{OMAR};;okta|1\r\nnobody@x.example;no;\r\n"
        ),
    );
    let checked = run(home, &["bulk", "check", &sheet]);
    assert_eq!(checked.code, 8, "{checked:?}");
    assert!(
        checked.out.contains("active: yes → no") && checked.out.contains("✗ email: Nobody"),
        "{}",
        checked.out
    );
    assert!(
        checked.err.contains("4 rows: 3 with changes, 0 already so, 1 unclear. Nothing was sent."),
        "{checked:?}"
    );
    let json: Value =
        serde_json::from_str(&run(home, &["bulk", "check", &sheet, "--format", "json"]).out).unwrap();
    assert_eq!((&json["unclear"], &json["rows"][3]["problems"][0]["column"]), (&1.into(), &"email".into()));

    let refused = with_yes(home, &["bulk", "run", &sheet], "3");
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("line 5, email: Nobody"), "{refused:?}");
    assert!(refused.err.contains("1 of 4 rows is unclear, so nothing is done."), "{refused:?}");
    assert_ne!(stored(&clinic, NOOR)["active"], false);

    let result = home.join("verdicts.csv");
    let result = result.to_str().unwrap();
    let arguments = ["bulk", "run", &sheet, "--leave-out-unclear", "--result", result];
    let partly = with_yes(home, &arguments, "3");
    assert_eq!(partly.code, 10, "{partly:?}");
    assert!(partly.out.contains("4 rows: 3 done, 1 left out."), "{partly:?}");
    let verdicts = std::fs::read_to_string(result).unwrap();
    let lines: Vec<&str> = verdicts.lines().collect();
    assert_eq!(lines[0], "line,row,name,verdict,change,why,entry,made");
    assert_eq!(lines[1], format!("2,{NOOR},Noor Aziz,done,active: yes → no,,1,"));
    assert!(lines[4].starts_with("5,nobody@x.example,,left out,,Nobody that you see"), "{verdicts}");
    assert_eq!(with_yes(home, &arguments, "3").code, 6, "a result is not written over");
    assert_eq!(run(home, &["bulk", "result", "1", "--format", "csv"]).out, verdicts);

    let back = with_yes(home, &["journal", "undo", "1", "--rows", "3-4"], "2");
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(
        (&stored(&clinic, NOOR)["active"], &stored(&clinic, RUTH)["active"]),
        (&false.into(), &true.into())
    );
    assert_eq!(run(home, &["journal", "undo", "1", "--rows", "x"]).code, 2);
}

#[test]
fn an_export_comes_back_as_nothing_to_change_and_an_edited_cell_as_the_change() {
    for super_admin in [false, true] {
        let clinic = Clinic::start();
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let signed = if super_admin { clinic.sign_in_as_super_admin(home) } else { clinic.sign_in(home) };
        assert_eq!(signed.code, 0);
        let path = home.join("all.csv");
        let path = path.to_str().unwrap();
        let exported = run(home, &["bulk", "export", "-o", path]);
        assert_eq!(exported.code, 0, "{exported:?}");
        let same = with_yes(home, &["bulk", "run", path], "0");
        assert_eq!(same.code, 0, "{same:?}");
        assert!(same.err.contains("nothing to do"), "{same:?}");
        // Every row but those of Omar is the same.
        let text = std::fs::read_to_string(path).unwrap();
        let edit = |line: &str| {
            if !line.contains("Omar Haddad") {
                return line.to_owned();
            }
            let mut cells: Vec<&str> = line.split(',').collect();
            assert_eq!((cells[5], cells[6]), ("", "yes"), "{line}");
            (cells[5], cells[6]) = ("'=edited", "no");
            cells.join(",")
        };
        let edited = text.lines().map(edit).collect::<Vec<_>>().join("\n");
        let edited = file(home, "edited.csv", edited);
        let done = with_yes(home, &["bulk", "run", &edited], "1");
        assert_eq!(done.code, 0, "{done:?}");
        let omar = stored(&clinic, OMAR);
        assert_eq!((&omar["externalId"], &omar["active"]), (&"=edited".into(), &false.into()));
    }
}

#[test]
fn what_is_no_sheet_is_told_before_anything_is_asked() {
    let clinic = Clinic::shared();
    let home = home(clinic);
    let home = home.path();
    let latin = file(home, "latin.csv", b"email,note\na@x.example,Jos\xe9\n");
    let told = run(home, &["bulk", "check", &latin]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("Line 2 is not UTF-8: byte 0xE9, which in Windows-1252 is é."), "{told:?}");
    assert!(told.err.contains("--encoding windows-1252"), "{told:?}");
    assert_eq!(run(home, &["bulk", "check", &latin, "--encoding", "windows-1252"]).code, 8);
    let header = file(home, "header.csv", "mail,active\na,yes\n");
    let told = run(home, &["bulk", "check", &header]);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.err.contains("Column A is called mail, which is no column."), "{told:?}");
    assert_eq!(run(home, &["bulk", "check", "no.such.file.csv"]).code, 1);
    let piped = ended(idconsole(home).args(["bulk", "run", "-"]).write_stdin("email,active\n"));
    assert_eq!(piped.code, 2, "{piped:?}");
    let columns = run(home, &["bulk", "columns"]);
    assert_eq!(columns.code, 0);
    assert!(columns.out.contains("new external id  what is to be"), "{}", columns.out);
}

#[test]
fn a_run_whose_session_ends_says_how_to_go_on() {
    let clinic = Clinic::start();
    let home = home(&clinic);
    let home = home.path();
    let sheet = file(home, "off.csv", format!("email,active\n{NOOR},no\n{RUTH},no\n{OMAR},no\n"));
    let over = Effect::Text { status: 401, body: "{}".to_owned() };
    clinic.running.faults().add(Rule::on("/fhir/R4/ProjectMembership/*", over).method("PATCH").after(1));
    let stopped = with_yes(home, &["bulk", "run", &sheet], "3");
    assert_eq!(stopped.code, 10, "{stopped:?}");
    assert!(stopped.err.contains("`idconsole journal resume 1` goes on with the rest"), "{stopped:?}");
    clinic.running.faults().clear();
    assert_eq!(clinic.sign_in(home).code, 0);
    let rest = with_yes(home, &["journal", "resume", "1"], "2");
    assert_eq!(rest.code, 0, "{rest:?}");
    assert!(rest.out.contains("3 rows: 3 done."), "{rest:?}");
    for email in [NOOR, RUTH, OMAR] {
        assert_eq!(stored(&clinic, email)["active"], false);
    }
}

// However a run ends, what became of its rows is in the file; where none began there is no file, and no half success.
#[test]
fn the_result_of_a_run_that_fails_is_written_and_a_no_leaves_nothing() {
    let clinic = Clinic::start();
    let home = home(&clinic);
    let home = home.path();
    let sheet = file(home, "off.csv", format!("email,active\n{NOOR},no\n{RUTH},no\nnobody@x.example,no\n"));
    let result = home.join("verdicts.csv");
    let arguments = ["bulk", "run", &sheet, "--leave-out-unclear", "--result", result.to_str().unwrap()];
    let no = ended(idconsole(home).args([&arguments[..], &["--reason", "test", "--confirm", "3"]].concat()));
    assert_eq!((no.code, result.exists()), (2, false), "{no:?}");
    let dry = run(home, &[&arguments[..], &["--dry-run"]].concat());
    assert_eq!((dry.code, result.exists()), (0, false), "{dry:?}");

    let nowhere = home.join("no/such/folder/verdicts.csv");
    let arguments_to_nowhere =
        ["bulk", "run", &sheet, "--leave-out-unclear", "--result", nowhere.to_str().unwrap()];
    let lost = with_yes(home, &arguments_to_nowhere, "2");
    assert_eq!(lost.code, 1, "{lost:?}");
    assert_ne!(stored(&clinic, NOOR)["active"], false, "it does not begin where its result has no place");

    let over = Effect::Text { status: 401, body: "{}".to_owned() };
    clinic.running.faults().add(Rule::on("/fhir/R4/ProjectMembership/*", over).method("PATCH").after(1));
    let stopped = with_yes(home, &arguments, "2");
    assert_eq!(stopped.code, 10, "{stopped:?}");
    let verdicts = std::fs::read_to_string(&result).unwrap();
    let words: Vec<&str> = verdicts.lines().skip(1).map(|line| line.split(',').nth(3).unwrap()).collect();
    assert_eq!(words.len(), 3, "{verdicts}");
    assert!(words.contains(&"done") && words.contains(&"failed") && words[2] == "left out", "{verdicts}");
}

// The first Ctrl-C ends the run after the rows on their way, the second at once; either way it is gone on with.
#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_run_after_the_rows_on_their_way_and_once_more_at_once() {
    use std::io::{BufRead as _, BufReader};
    let clinic = Clinic::start();
    let home = home(&clinic);
    let home = home.path();
    let people =
        [NOOR, RUTH, OMAR, "jsmith@clinic.example", "theo.marsh@post.example", "lena.vogel@post.example"];
    let rows = people.map(|email| format!("{email},no\n")).concat();
    let sheet = file(home, "off.csv", format!("email,active\n{rows}"));
    clinic.running.faults().add(Rule::on("/fhir/R4/ProjectMembership/*", Effect::Hang).method("PATCH"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_idconsole"))
        .env_clear()
        .env("HOME", home)
        .env("IDCONSOLE_CONFIG_DIR", home.join("config"))
        .env("IDCONSOLE_DATA_DIR", home.join("data"))
        .args(["bulk", "run", &sheet, "--confirm", "6"])
        .args(YES)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let journal = || Journal::open(home.join("data/journal.sqlite"), Arc::new(SystemClock)).unwrap();
    let sent = || {
        let newest = journal().list(&Filter::default()).unwrap().into_iter().next();
        newest.is_some_and(|entry| entry.steps.iter().any(|step| step.state == StepState::Sent))
    };
    while !sent() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    }
    // Under nohup a terminal that goes away stops nothing: it is not listened to.
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap().trim();
        assert_eq!(u64::from_str_radix(caught, 16).unwrap() & 1, 0, "hang-ups are caught: {caught}");
    }
    let send = |signal: &str| {
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    };
    // A request to end asks for the same as Ctrl-C, however often it comes.
    for signal in ["-INT", "-TERM"] {
        send(signal);
        assert!(told.any(|line| line == "Stopping after the rows on their way. Ctrl-C stops at once."));
    }
    send("-INT");
    assert!(told.any(|line| line.starts_with("Stopped at once; ")));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    clinic.running.faults().clear();
    let rest = with_yes(home, &["journal", "resume", "1"], "6");
    assert_eq!(rest.code, 0, "{rest:?}");
    assert!(people.iter().all(|email| stored(&clinic, email)["active"] == false));
}
