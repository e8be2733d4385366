//! `idconsole links`: who signs in by what, whose an external id is, and what is wrong.

use serde_json::Value;

use super::clinic::Clinic;
use super::run;

#[test]
fn links_are_listed_found_and_swept() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());

    let all = run(home.path(), &["links", "list", "--format", "json"]);
    let all: Vec<Value> = serde_json::from_str(&all.out).unwrap();
    assert_eq!(all.len(), 60);
    let of = |name: &str| all.iter().find(|member| member["name"] == name).unwrap();
    assert_eq!(of("Li Wei")["can_work"], "no");
    let omar = of("Omar Haddad");
    assert_eq!((&omar["signs_in_by"], &omar["can_work"]), (&"email".into(), &"yes".into()), "{omar}");

    let found = run(home.path(), &["links", "find", "okta|00uHUGOBRANDT000001"]);
    assert_eq!(found.code, 0, "{found:?}");
    assert!(found.out.contains("exact") && found.out.contains("Hugo Brandt"), "{found:?}");
    // Another case is another id: told as near, and the code says that nobody has it.
    let near = run(home.path(), &["links", "find", "okta|00uhugobrandt000001"]);
    assert_eq!(near.code, 5, "{near:?}");
    assert!(near.out.contains("near") && near.out.contains("Hugo Brandt"), "{near:?}");
    assert!(near.err.contains("letter by letter"), "{near:?}");

    let wrong = run(home.path(), &["links", "findings", "--erased", "--format", "json"]);
    assert_eq!(wrong.code, 8, "{wrong:?}");
    let wrong: Vec<Value> = serde_json::from_str(&wrong.out).unwrap();
    let erased = wrong.iter().find(|finding| finding["finding"] == "erased").unwrap();
    assert_eq!(erased["name"], "Omar Haddad");
    assert_eq!(erased["restore"], "okta|00uOMARHADDAD000001");
    assert!(
        wrong.iter().any(|finding| finding["finding"] == "cannot-match" && finding["name"] == "Sara Lind")
    );
}
