//! `idconsole access`: what a member may do.

use serde_json::Value;

use super::clinic::Clinic;
use super::run;

const OMAR: &str = "omar.haddad@clinic.example";

#[test]
fn what_a_member_may_do_is_shown_and_asked() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());

    let shown = run(home.path(), &["access", "show", OMAR]);
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.out.starts_with("type") && shown.out.contains("kept as it is"), "{shown:?}");

    let yes = run(home.path(), &["access", "may", OMAR, "search", "Patient", "--format", "json"]);
    assert_eq!(yes.code, 0, "{yes:?}");
    let yes: Value = serde_json::from_str(&yes.out).unwrap();
    assert_eq!((&yes["allowed"], &yes["source"]), (&true.into(), &"platform".into()));

    let no = run(home.path(), &["access", "may", OMAR, "delete", "DomainConfiguration"]);
    assert_eq!(no.code, 8, "{no:?}");
    assert!(no.out.contains("super admins only") && no.out.contains("read off the policy"), "{no:?}");

    let wrong = run(home.path(), &["access", "may", OMAR, "read", "patients of mine"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
}
