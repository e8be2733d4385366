//! Commands about several people: one plan, a row for each; nothing is sent while one of them is not clear.

use std::path::Path;

use idconsole::demo::faults::{Effect, Rule};
use serde_json::Value;

use super::clinic::Clinic;
use super::{Ended, ended, idconsole, run};

const JANE: &str = "jsmith@clinic.example";
const NOOR: &str = "noor.aziz@clinic.example";
const RUTH: &str = "ruth.osei@clinic.example";
const HUGO: &str = "hugo.brandt@clinic.example";
const CARLA: &str = "carla.diaz@post.example";

const YES: &[&str] = &["--yes", "--no-input", "--reason", "test"];

fn home(clinic: &Clinic, super_admin: bool) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let signed =
        if super_admin { clinic.sign_in_as_super_admin(home.path()) } else { clinic.sign_in(home.path()) };
    assert_eq!(signed.code, 0, "{signed:?}");
    home
}

/// Writes with as many rows as are typed.
fn rows(home: &Path, arguments: &[&str], rows: &str) -> Ended {
    run(home, &[arguments, YES, &["--confirm", rows]].concat())
}

fn piped(home: &Path, arguments: &[&str], input: &str) -> Ended {
    ended(idconsole(home).args(arguments).write_stdin(input.to_owned()))
}

/// The membership of the clinic.
fn stored(clinic: &Clinic, email: &str) -> Value {
    let state = clinic.running.state.read();
    let user = state.find_by("User", "email", email).remove(0);
    let user = format!("User/{}", user["id"].as_str().unwrap());
    let main = format!("Project/{}", clinic.facts.project_id);
    let of = state.find_by("ProjectMembership", "user", &user);
    of.into_iter().find(|m| m["project"]["reference"] == main.as_str()).unwrap()
}

#[test]
fn several_people_are_kept_out_by_one_plan_with_a_row_for_each() {
    for super_admin in [false, true] {
        let clinic = Clinic::start();
        let home = home(&clinic, super_admin);
        let home = home.path();
        let off = ["members", "deactivate", NOOR, RUTH, CARLA];
        let dry = run(home, &[&off[..], &["--dry-run", "--format", "json"]].concat());
        assert_eq!(dry.code, 0, "{dry:?}");
        let plan: Value = serde_json::from_str(&dry.out).unwrap();
        assert_eq!(plan["plan"]["changes"].as_array().unwrap().len(), 3, "{plan}");
        assert_eq!(plan["plan"]["must_type"], "3");
        assert_ne!(stored(&clinic, NOOR)["active"], false, "a dry run writes nothing");
        let untyped = run(home, &[&off[..], YES].concat());
        assert_eq!(untyped.code, 2, "{untyped:?}");
        let done = rows(home, &off, "3");
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(done.out.matches(", read back").count(), 3, "{done:?}");
        for email in [NOOR, RUTH, CARLA] {
            assert_eq!(stored(&clinic, email)["active"], false);
        }
        let back = run(home, &[&["journal", "undo", "1", "--confirm", "3"], YES].concat());
        assert_eq!(back.code, 0, "{back:?}");
        assert_eq!(stored(&clinic, RUTH)["active"], true);
    }
}

#[test]
fn people_are_read_from_standard_input_one_a_line() {
    let clinic = Clinic::start();
    let home = home(&clinic, false);
    let arguments = [&["members", "deactivate", "-"], YES, &["--confirm", "2"]].concat();
    // Blank lines say nothing, and a person who is named twice is one row.
    let done = piped(home.path(), &arguments, &format!("{NOOR}\n\n  {RUTH}  \nNoor Aziz\n"));
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(stored(&clinic, NOOR)["active"], false);
    assert_eq!(stored(&clinic, RUTH)["active"], false);
    let nobody = piped(home.path(), &arguments, "\n\n");
    assert_eq!(nobody.code, 2, "{nobody:?}");
}

#[test]
fn what_is_not_clear_is_told_with_its_place_and_nothing_is_sent() {
    let clinic = Clinic::start();
    let home = home(&clinic, false);
    let wrong = rows(home.path(), &["members", "deactivate", NOOR, "nobody@clinic.example", "A"], "3");
    assert_eq!(wrong.code, 6, "{wrong:?}");
    assert!(wrong.err.contains("2: nobody matches nobody@clinic.example"), "{wrong:?}");
    assert!(wrong.err.contains("3: ") && wrong.err.contains("people match A: "), "{wrong:?}");
    assert!(wrong.err.contains("2 of 3 references do not name exactly one person"), "{wrong:?}");
    let piped = piped(
        home.path(),
        &[&["offboard", "-"], YES, &["--confirm", "2"]].concat(),
        &format!("{NOOR}\n\nnobody@clinic.example\n"),
    );
    assert_eq!(piped.code, 5, "{piped:?}");
    assert!(piped.err.contains("line 3: nobody matches"), "{piped:?}");
    assert_ne!(stored(&clinic, NOOR)["active"], false);
    assert_eq!(run(home.path(), &["journal", "list", "--format", "json"]).out.trim(), "[]");
}

#[test]
fn the_exit_code_tells_that_some_rows_were_not_written() {
    let clinic = Clinic::start();
    let home = home(&clinic, false);
    // Rows go out several at a time, so it is whose row it is that counts.
    let refuse = |email: &str| {
        let forbidden = Effect::Text { status: 403, body: "Forbidden".to_owned() };
        let path = format!("/fhir/R4/ProjectMembership/{}", stored(&clinic, email)["id"].as_str().unwrap());
        clinic.running.faults().add(Rule::on(&path, forbidden).method("PATCH").once());
    };
    refuse(RUTH);
    let partly = rows(home.path(), &["members", "deactivate", NOOR, RUTH, CARLA], "3");
    assert_eq!(partly.code, 10, "{partly:?}");
    assert!(partly.err.contains("Ruth Osei: "), "{partly:?}");
    assert!(partly.out.contains("Noor Aziz: keep out"), "{partly:?}");
    assert!(partly.err.contains("journal undo 1"), "{partly:?}");
    assert_eq!(stored(&clinic, NOOR)["active"], false);
    assert_ne!(stored(&clinic, RUTH)["active"], false);
    assert_eq!(stored(&clinic, CARLA)["active"], false);

    // For programs each row says for itself.
    refuse(NOOR);
    let partly = rows(home.path(), &["members", "activate", NOOR, CARLA, "--format", "json"], "2");
    assert_eq!(partly.code, 10, "{partly:?}");
    let told: Value = serde_json::from_str(&partly.out).unwrap();
    let told = told["steps"].as_array().unwrap();
    let of = |name: &str| told.iter().find(|row| row["who"] == name).unwrap();
    assert_eq!((&of("Carla Diaz")["done"], &of("Noor Aziz")["done"]), (&true.into(), &false.into()));
    assert!(of("Noor Aziz")["error"].as_str().unwrap().contains("does not let you"), "{told:?}");
}

#[test]
fn rights_and_policies_are_changed_for_several() {
    let clinic = Clinic::start();
    let home = home(&clinic, false);
    let home = home.path();
    let done = |arguments: &[&str]| {
        let done = rows(home, arguments, "2");
        assert_eq!(done.code, 0, "{arguments:?}: {done:?}");
    };
    done(&["members", "promote", NOOR, RUTH]);
    assert_eq!(stored(&clinic, RUTH)["admin"], true);
    done(&["members", "demote", NOOR, RUTH]);
    assert_eq!(stored(&clinic, RUTH)["admin"], false);
    let policies: Value =
        serde_json::from_str(&run(home, &["members", "policies", "--format", "json"]).out).unwrap();
    let policy = policies[0]["name"].as_str().unwrap();
    done(&["members", "set-policy", NOOR, RUTH, policy]);
    assert_eq!(stored(&clinic, NOOR)["accessPolicy"]["reference"], policies[0]["policy"]);
    done(&["members", "add-access", NOOR, RUTH, policy, "--param", "ward=three"]);
    assert_eq!(stored(&clinic, RUTH)["access"][0]["parameter"][0]["valueString"], "three");
    done(&["members", "remove-access", NOOR, RUTH, policy]);
    done(&["members", "clear-policy", NOOR, RUTH]);
    // One who cannot be part of it is left out and named; the others are done.
    let own = clinic.facts.project_admin.email.as_str();
    let left = rows(home, &["members", "demote", "robin.okoye@ops.clinic.example", own], "1");
    assert_eq!(left.code, 0, "{left:?}");
    assert!(left.err.contains("left out: Pat Admin: This is your own account"), "{left:?}");
    assert_eq!(stored(&clinic, own)["admin"], true);
}

#[test]
fn an_erased_id_is_found_by_its_old_value_and_put_back_for_several() {
    for super_admin in [false, true] {
        let clinic = Clinic::start();
        let home = home(&clinic, super_admin);
        let home = home.path();
        let cleared = rows(home, &["links", "clear", HUGO, NOOR], "2");
        assert_eq!(cleared.code, 0, "{cleared:?}");
        assert!(stored(&clinic, HUGO)["externalId"].is_null());

        let found = run(home, &["links", "find", "okta|00uHUGOBRANDT000001", "--format", "json"]);
        assert_eq!(found.code, 5, "{found:?}");
        assert!(found.err.contains("`idconsole links restore` puts it back"), "{found:?}");
        assert!(found.err.contains("histories of all "), "{found:?}");
        let hits: Value = serde_json::from_str(&found.out).unwrap();
        assert_eq!((&hits[0]["name"], &hits[0]["exact"]), (&"Hugo Brandt".into(), &true.into()), "{hits}");
        assert_eq!(hits[0]["was"], "okta|00uHUGOBRANDT000001");
        assert_eq!(hits[0]["external_id"], Value::Null);
        // What was not looked at is said.
        let few = run(home, &["links", "find", "okta|00uNOBODY", "--histories", "3"]);
        assert_eq!(few.code, 5, "{few:?}");
        assert!(few.err.contains("The histories of 3 people were read"), "{few:?}");
        assert!(few.err.contains("were not; --histories N reads more."), "{few:?}");

        let back = rows(home, &["links", "restore", HUGO, NOOR, RUTH], "2");
        assert_eq!(back.code, 0, "{back:?}");
        assert!(back.err.contains("Ruth Osei has an external id; nothing is put back."), "{back:?}");
        assert_eq!(stored(&clinic, HUGO)["externalId"], "okta|00uHUGOBRANDT000001");
        assert_eq!(stored(&clinic, NOOR)["externalId"], "okta|00uNOORAZIZ00000001");
        let again = run(home, &[&["links", "restore", HUGO], YES].concat());
        assert_eq!(again.code, 6, "{again:?}");
        let omar = run(home, &[&["links", "restore", "omar.haddad@clinic.example"], YES].concat());
        assert_eq!(omar.code, 0, "one person needs no number: {omar:?}");
    }
}

// platform-api §5, §15
#[test]
fn factors_are_reset_and_people_offboarded_several_at_once() {
    for super_admin in [false, true] {
        let clinic = Clinic::start();
        let home = home(&clinic, super_admin);
        let home = home.path();
        let mut theo = clinic.running.state.read().find_by("User", "email", "theo.marsh@post.example");
        let mut theo = theo.remove(0);
        theo["mfaEnrolled"] = true.into();
        theo["mfaMethod"] = serde_json::json!(["totp"]);
        theo["mfaSecret"] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into();
        clinic.running.state.write().system_update(theo).unwrap();
        let reset = ["mfa", "reset", CARLA, "theo.marsh@post.example", "--checked", "seen in person"];
        let reset = rows(home, &reset, "2");
        assert_eq!(reset.code, 0, "{reset:?}");
        assert!(reset.err.contains("identity checked: seen in person"), "{reset:?}");
        let off = rows(home, &["offboard", JANE, NOOR, "--clear-external-id"], "2");
        assert_eq!(off.code, 0, "{off:?}");
        assert_eq!(stored(&clinic, JANE)["active"], false);
        assert_eq!(stored(&clinic, NOOR)["active"], false);
        assert!(stored(&clinic, NOOR)["externalId"].is_null());
    }
}

#[test]
fn sessions_are_ended_by_their_ids_or_by_whose_they_are() {
    let clinic = Clinic::start();
    let (admin, operator) = (home(&clinic, false), home(&clinic, true));
    let pat = clinic.facts.project_admin.email.as_str();
    let listed = run(operator.path(), &["sessions", "list", pat, "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let id = listed[0]["session"].as_str().unwrap();
    let missing = rows(operator.path(), &["sessions", "revoke", id, "no-such-session"], "2");
    assert_eq!(missing.code, 5, "{missing:?}");
    assert!(missing.err.contains("2: there is no session no-such-session"), "{missing:?}");
    assert_eq!(run(admin.path(), &["members", "list"]).code, 0, "nothing was sent");
    let revoke = [&["sessions", "revoke", "-"], YES].concat();
    let done = piped(operator.path(), &revoke, &format!("{id}\n"));
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(run(admin.path(), &["members", "list"]).code, 3);
}
