//! Golden output of commands that tell of what was done, or read files: each in a place where something was done before.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rstest::rstest;

use super::clinic::Clinic;
use super::golden::{Scene, file_name, told_of};
use super::run;

/// What was done here, so that there is something to be told: a link was set, a sheet was run, two exports lie there with a
/// change between them, and two tokens.
fn done() -> &'static Scene {
    static DONE: OnceLock<Scene> = OnceLock::new();
    DONE.get_or_init(|| {
        let done = Scene {
            clinic: Clinic::start(),
            admin: tempfile::tempdir().unwrap(),
            super_admin: tempfile::tempdir().unwrap(),
        };
        assert_eq!(done.clinic.sign_in(done.admin.path()).code, 0);
        let home = done.admin.path();
        let sheet = "email,active\nnoor.aziz@clinic.example,no\nnobody@clinic.example,no\n";
        std::fs::write(home.join("sheet.csv"), sheet).unwrap();
        std::fs::write(home.join("next.csv"), format!("{sheet}ruth.osei@clinic.example,no\n")).unwrap();
        std::fs::write(home.join("token"), token("1")).unwrap();
        std::fs::write(home.join("other"), token("2")).unwrap();
        let at = |name: &str| home.join(name).to_str().unwrap().to_owned();
        let does = |arguments: &[&str]| {
            let ended = run(home, &[arguments, &["--yes", "--reason", "ticket 4711"]].concat());
            assert!(ended.code == 0 || ended.code == 10, "{arguments:?}: {ended:?}");
        };
        assert_eq!(run(home, &["export", &at("before")]).code, 0);
        does(&["links", "set", "omar haddad", "okta|00uOMAR"]);
        does(&["bulk", "run", &at("sheet.csv"), "--leave-out-unclear", "--confirm", "1"]);
        assert_eq!(run(home, &["export", &at("after")]).code, 0);
        done
    })
}

/// A token of an issuer that nobody here knows, the same in every run.
fn token(subject: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = format!(r#"{{"iss":"https://strange.example","sub":"{subject}","aud":"idconsole"}}"#);
    format!("{}.{}.c2lnbmF0dXJlb2Z0aGV0b2tlbg", part(r#"{"alg":"ES256","kid":"1"}"#), part(&claims))
}

#[rstest]
#[case::journal_show(&["journal", "show", "1"])]
#[case::bulk_check(&["bulk", "check", "HOME/next.csv"])]
#[case::bulk_result(&["bulk", "result", "2"])]
#[case::export(&["export", "HOME/as-FORMAT"])]
#[case::diff(&["diff", "HOME/before", "HOME/after"])]
#[case::members_policies(&["members", "policies"])]
#[case::clients_show_secret(&["clients", "show-secret", "Ward Rota"])]
#[case::token_inspect(&["token", "inspect", "HOME/token"])]
#[case::token_verify(&["token", "verify", "HOME/token"])]
#[case::token_why(&["token", "why", "HOME/token", "--resource", "Patient", "--action", "read"])]
#[case::token_compare(&["token", "compare", "HOME/token", "HOME/other"])]
fn what_was_done_is_told(#[case] arguments: &[&str]) {
    let name = file_name(arguments);
    insta::assert_snapshot!(format!("told__{name}"), told_of(done(), done().admin.path(), arguments));
}
