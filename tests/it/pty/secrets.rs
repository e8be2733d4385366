//! Secrets that a command asks for: whoever answers at once, or pastes, does not see them on the screen (S3).

use super::terminal::{Terminal, binary};
use crate::cli::clinic::Clinic;

#[test]
fn a_password_that_is_typed_at_once_is_not_echoed() {
    let clinic = Clinic::shared();
    let account = &clinic.facts.project_admin;
    // Many times: without an echo that is off before the question, it is a matter of luck.
    for _ in 0..20 {
        let home = tempfile::tempdir().unwrap();
        let arguments = [
            "login",
            "--base-url",
            &clinic.running.base_url,
            "--method",
            "direct",
            "--store",
            "memory",
            "--email",
            &account.email,
        ];
        let forbidden = [account.password.as_str()];
        let mut terminal =
            Terminal::start_with(&binary(), &arguments, home.path(), (100, 24), &[], &forbidden);
        terminal.wait_for("Password of");
        terminal.keys(&account.password);
        terminal.keys("<Enter>");
        assert!(terminal.wait_exit().success(), "{}", terminal.seen().text());
        terminal.assert_restored();
    }
}
