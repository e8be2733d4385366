//! `idconsole overview`.

use serde_json::Value;

use super::clinic::Clinic;
use super::run;

#[test]
fn the_tenant_is_told_at_a_glance() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    let told = run(home.path(), &["overview"]);
    assert_eq!(told.code, 0, "{told:?}");
    for words in ["recognised by", "credentials live at", "tokens come by", "your role cannot"] {
        assert!(told.out.contains(words), "{told:?}");
    }
    let told = run(home.path(), &["overview", "--format", "json"]);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(told["members"], 60);
    let number = |name: &str| told["identifiers"][name].as_u64().unwrap();
    assert_eq!(number("email") + number("external_id") + number("none"), 60);
    assert_eq!(told["role"], "project_admin");
}
