//! Second factors, sessions and offboarding, as a script does them.

use std::path::Path;

use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, ended, idconsole, run};

fn json(ended: &Ended) -> Value {
    assert_eq!(ended.code, 0, "{ended:?}");
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn a_report_tells_who_has_a_factor_who_is_exempt_and_what_is_unknown() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let report = json(&run(home.path(), &["mfa", "report", "--format", "json"]));
    let of = |name: &str| report.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    let carla = of("Carla Diaz");
    assert_eq!((&carla["enrolled"], &carla["password_asks_for"]), (&true.into(), &"the factor".into()));
    let theo = of("Theo Marsh");
    assert_eq!((&theo["required_by"], &theo["password_asks_for"]), (&"user".into(), &"to enrol".into()));
    let jane = of("Jane Smith");
    assert_eq!(jane["enrolled"], Value::Null);
    assert!(jane["unknown_because"].as_str().unwrap().contains("server-scoped"), "{jane}");
    let hugo = of("Hugo Brandt");
    assert!(hugo["exempt_by"].as_str().unwrap().contains("Clinic Portal"), "{hugo}");
    let none = run(home.path(), &["mfa", "report", "--filter", "mfa:none", "--format", "csv"]);
    assert!(none.out.contains("dana.cruz@post.example") && !none.out.contains("Carla"), "{none:?}");
}

#[test]
fn a_factor_is_reset_with_a_check_and_a_reason_and_a_dry_run_writes_nothing() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let reset = ["mfa", "reset", "carla.diaz@post.example", "--checked", "called back", "--no-input"];
    let dry = run(home.path(), &[&reset[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains("identity checked: called back"), "{dry:?}");
    let without = run(home.path(), &[&reset[..], &["--yes"]].concat());
    assert_eq!(without.code, 2, "{without:?}");
    let done = run(home.path(), &[&reset[..], &["--yes", "--reason", "lost phone"]].concat());
    assert_eq!(done.code, 0, "{done:?}");
    let entry = run(home.path(), &["journal", "show", "1", "--format", "json"]);
    assert!(entry.out.contains("lost phone") && entry.out.contains("called back"), "{entry:?}");
    let again = run(home.path(), &[&reset[..], &["--yes", "--reason", "lost phone"]].concat());
    assert_eq!(again.code, 6, "{again:?}");
    assert!(again.err.contains("has not enrolled"), "{again:?}");
}

#[test]
fn a_project_requires_a_factor_with_a_preview() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let require = ["mfa", "require", "--project", "--yes", "--no-input", "--reason", "policy"];
    let done = run(home.path(), &require);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.err.contains("asked to enrol at their next password sign-in: "), "{done:?}");
    assert!(done.err.contains("not visible to you"), "{done:?}");
    let report = json(&run(home.path(), &["mfa", "report", "--filter", "dana", "--format", "json"]));
    assert_eq!(report[0]["required_by"], "project");
    let off = run(home.path(), &[&require[..], &["--off"]].concat());
    assert_eq!(off.code, 0, "{off:?}");
}

#[test]
fn sessions_are_listed_and_ended_by_role() {
    let clinic = Clinic::start();
    let (admin, operator) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    clinic.sign_in(admin.path());
    clinic.sign_in_as_super_admin(operator.path());
    let own = run(admin.path(), &["sessions", "list"]);
    assert!(own.err.contains("of other people are unknown"), "{own:?}");
    let foreign = run(admin.path(), &["sessions", "list", "jsmith@clinic.example"]);
    assert_eq!(foreign.code, 4, "{foreign:?}");

    let pat = clinic.facts.project_admin.email.as_str();
    let seen = json(&run(operator.path(), &["sessions", "list", pat, "--format", "json"]));
    assert_eq!(seen[0]["method"], "password");
    let ended = run(
        operator.path(),
        &["sessions", "revoke", "--of", pat, "--yes", "--no-input", "--reason", "lost laptop"],
    );
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(run(admin.path(), &["members", "list"]).code, 3);
}

#[test]
fn a_person_is_offboarded_and_let_in_again_from_the_journal() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let off = run(
        home.path(),
        &["offboard", "jsmith@clinic.example", "--yes", "--no-input", "--reason", "left the clinic"],
    );
    assert_eq!(off.code, 0, "{off:?}");
    assert!(off.err.contains("a super admin sees them"), "{off:?}");
    let shown = json(&run(home.path(), &["users", "show", "jsmith@clinic.example", "--format", "json"]));
    assert_eq!(shown["active"], false);
    let back = run(home.path(), &["journal", "undo", "1", "--yes", "--no-input", "--reason", "came back"]);
    assert_eq!(back.code, 0, "{back:?}");
    let shown = json(&run(home.path(), &["users", "show", "jsmith@clinic.example", "--format", "json"]));
    assert_eq!(shown["active"], true);
}

/// The project admin's user as it is stored.
fn stored(clinic: &Clinic) -> Value {
    let email = &clinic.facts.project_admin.email;
    clinic.running.state.read().find_by("User", "email", email).remove(0)
}

/// Gives the clinic's project these settings.
pub fn of_project(clinic: &Clinic, setting: &Value) {
    let mut state = clinic.running.state.write();
    let mut project = state.get("Project", &clinic.facts.project_id).unwrap();
    project["setting"] = setting.clone();
    state.system_update(project).unwrap();
}

fn own(home: &Path) -> Value {
    json(&run(home, &["mfa", "own", "--format", "json"]))[0].clone()
}

fn with_code(home: &Path, command: &[&str], code: &str) -> Ended {
    let rest = ["--code-stdin", "--yes", "--no-input", "--reason", "new phone"];
    // Whatever is logged at all is logged.
    let mut command_line = idconsole(home);
    command_line.env("IDCONSOLE_LOG", "debug");
    ended(command_line.args(command).args(rest).write_stdin(format!("{code}\n")))
}

// platform-api §5, §14.18
#[test]
fn ones_own_factor_is_shown_enrolled_and_disabled() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let enrolled = || own(home.path())["enrolled"].clone();
    let before = stored(&clinic);
    assert_eq!(enrolled(), false);
    let dry = run(home.path(), &["mfa", "enrol", "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.out.contains("the platform is asked for a key"), "{dry:?}");
    let alone = run(home.path(), &["mfa", "enrol", "--no-input", "--yes", "--reason", "new phone"]);
    assert_eq!(alone.code, 2, "{alone:?}");
    assert!(alone.err.contains("--code-stdin") && !alone.err.contains('█'), "{alone:?}");
    assert_eq!(stored(&clinic), before, "nobody was there to scan: no key was asked for");

    let unknown = with_code(home.path(), &["mfa", "enrol"], "123456");
    assert_eq!(unknown.code, 2, "{unknown:?}");
    assert!(unknown.err.contains("no key for you yet"), "{unknown:?}");
    let short = with_code(home.path(), &["mfa", "enrol"], "12 34");
    assert!(short.err.contains("A code has 6 digits."), "{short:?}");

    // As somebody has scanned it before.
    let key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let mut user = stored(&clinic);
    user["mfaSecret"] = key.into();
    clinic.running.state.write().system_update(user).unwrap();
    let code = || idconsole::demo::totp::code(key, clinic.running.state.clock.now_seconds()).unwrap();
    let right = code();
    let done = with_code(home.path(), &["mfa", "enrol"], &format!("{} {}", &right[..3], &right[3..]));
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.contains("read back"), "{done:?}");
    assert!(done.out.contains("cannot be taken back from there"), "{done:?}");
    assert!(!format!("{done:?}").contains(key), "{done:?}");
    assert_eq!(enrolled(), true);
    let again = with_code(home.path(), &["mfa", "enrol"], &code());
    assert_eq!(again.code, 6, "{again:?}");
    assert!(again.err.contains("an authenticator app already"), "{again:?}");
    let off = with_code(home.path(), &["mfa", "disable"], &code());
    assert_eq!(off.code, 0, "{off:?}");
    assert_eq!(enrolled(), false);
    let again = run(home.path(), &["mfa", "disable", "--dry-run"]);
    assert_eq!(again.code, 6, "{again:?}");
    assert!(home.path().join("data/idconsole.log").exists());
    for file in std::fs::read_dir(home.path().join("data")).unwrap() {
        let path = file.unwrap().path();
        let kept = std::fs::read(&path).unwrap_or_default();
        for secret in [key, "otpauth", &format!("\"{right}\"")] {
            let found = kept.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", path.display());
        }
    }
}

// platform-api §5
#[test]
fn codes_by_mail_are_enrolled_where_the_project_allows_them_and_the_last_factor_stays() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    of_project(&clinic, &serde_json::json!([]));
    let refused = run(home.path(), &["mfa", "mail-code"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("does not allow codes by mail"), "{refused:?}");
    let refused = run(home.path(), &["mfa", "enrol", "--method", "email", "--dry-run"]);
    assert_eq!(refused.code, 4, "{refused:?}");

    of_project(&clinic, &serde_json::json!([{"name": "allowedMfaMethods", "valueString": "totp,email"}]));
    let alone = ["mfa", "enrol", "--method", "email", "--no-input", "--yes", "--reason", "no phone"];
    let alone = run(home.path(), &alone);
    assert!(alone.code == 2 && alone.err.contains("mfa mail-code"), "{alone:?}");
    let mailed = run(home.path(), &["mfa", "mail-code"]);
    assert_eq!(mailed.code, 0, "{mailed:?}");
    let code =
        clinic.running.state.mailbox.to(&clinic.facts.project_admin.email).last().unwrap().text.clone();
    assert!(!format!("{mailed:?}").contains(&code), "{mailed:?}");
    let done = with_code(home.path(), &["mfa", "enrol", "--method", "email"], &code);
    assert_eq!(done.code, 0, "{done:?}");
    let shown = own(home.path());
    assert_eq!(shown["methods"], serde_json::json!(["email"]));
    assert_eq!(shown["allowed"], serde_json::json!(["totp", "email"]));
    assert_eq!((&shown["required"], &shown["required_by"]), (&false.into(), &"nobody".into()));
    let csv = run(home.path(), &["mfa", "own", "--format", "csv"]).out;
    assert!(csv.contains("enrolled,allowed,required") && csv.contains("email,totp+email,no"), "{csv}");

    of_project(&clinic, &serde_json::json!([{"name": "mfaRequired", "valueBoolean": true}]));
    let table = run(home.path(), &["mfa", "own"]).out;
    assert!(table.contains("yes, by the settings of the project"), "{table}");
    let last = with_code(home.path(), &["mfa", "disable"], "123456");
    assert_eq!(last.code, 4, "{last:?}");
    assert!(last.err.contains("an admin can reset it"), "{last:?}");
    assert_eq!(stored(&clinic)["mfaEnrolled"], true);
}

// An older platform: what it lacks is told with its version and what to do instead, and the code says that it is not
// allowed; a super admin has another way.
#[test]
fn an_older_platform_is_recognised_by_its_answer() {
    let clinic = Clinic::with(&["older=true"]);
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let reset = ["mfa", "reset", "carla.diaz@post.example", "--checked", "called back", "--no-input"];
    let reset = [&reset[..], &["--yes", "--reason", "lost phone"]].concat();
    let told = run(home.path(), &reset);
    assert_eq!(told.code, 4, "{told:?}");
    let words = "This platform (version 4.1.0-embedded) cannot reset a member's second factor";
    assert!(told.err.contains(words) && told.err.contains("nothing was written"), "{told:?}");
    assert!(told.err.contains("A super admin can reset it"), "{told:?}");
    let version = json(&run(home.path(), &["whoami", "--format", "json"]))["platform_version"].clone();
    assert_eq!(version, "4.1.0-embedded");

    clinic.sign_in_as_super_admin(home.path());
    let told = run(home.path(), &reset);
    assert_eq!(told.code, 0, "{told:?}");
}
