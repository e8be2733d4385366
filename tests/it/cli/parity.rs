//! The console and the commands do the same: every action has its command and every command its action, or a reason
//! stands here. What is new on either side fails these tests until it is written down.

use idconsole::cli::definitions::{command, leaves};
use idconsole::console::action::{Group, Row, Scope, TABLE};

/// An action, and the commands that do it.
const DONE_BY: &[(&str, &[&str])] = &[
    // Signing in.
    ("sign-in", &["login"]),
    ("mail-code", &["login"]),
    ("add-connection", &["connections add"]),
    ("edit-connection", &["connections edit", "connections show"]),
    ("remove-connection", &["connections remove"]),
    ("other-connection", &["connections list"]),
    ("go-sign-in", &["login"]),
    ("sign-out", &["logout"]),
    // People.
    ("go-overview", &["overview", "whoami"]),
    ("open-number", &["members list", "links check", "doctor sweep"]),
    ("go-members", &["members list"]),
    ("open-member", &["members show", "users show"]),
    ("history", &["members history"]),
    ("invite", &["members invite"]),
    ("change-email", &["users set-email"]),
    ("link", &["links set", "links clear"]),
    ("activate", &["members activate", "members deactivate"]),
    ("admin", &["members promote", "members demote"]),
    ("access-policy", &["members set-policy", "members clear-policy", "policies list"]),
    ("more-access", &["members add-access", "members remove-access"]),
    ("user-name", &["members set-user-name", "members clear-user-name"]),
    ("mail-password", &["users mail-password"]),
    ("resend-invitation", &["members resend-invite"]),
    ("set-password", &["users set-password"]),
    ("rescope", &["users rescope"]),
    ("refresh-names", &["members refresh-names"]),
    ("remove-member", &["members remove"]),
    ("offboard", &["offboard"]),
    ("what-they-may", &["access show"]),
    ("ask-access", &["access may"]),
    ("go-linkage", &["links list", "links find"]),
    ("open-linked", &["members show"]),
    ("restore-link", &["links restore"]),
    ("look-for-erased", &["links check", "links find"]),
    ("go-mfa", &["mfa report"]),
    ("reset-factor", &["mfa reset"]),
    ("require-factor", &["mfa require"]),
    ("require-factor-of-project", &["mfa require"]),
    ("own-factor", &["mfa show-own"]),
    ("enrol-own-app", &["mfa enrol"]),
    ("enrol-own-mail", &["mfa enrol"]),
    ("disable-own-factor", &["mfa disable"]),
    ("mail-own-code", &["mfa mail-code"]),
    ("show-own-key", &["mfa enrol"]),
    ("go-sessions", &["sessions list"]),
    ("end-session", &["sessions revoke"]),
    ("end-sessions-of-user", &["sessions revoke"]),
    // Many changes.
    ("import-members", &["bulk check", "bulk run", "bulk columns", "bulk export"]),
    ("import-links", &["bulk check", "bulk run"]),
    ("write-verdicts", &["bulk result"]),
    // Exports.
    ("go-snapshots", &["diff"]),
    ("open-difference", &["diff"]),
    ("compare-exports", &["diff"]),
    ("write-export", &["export"]),
    // Tokens.
    ("go-tokens", &["token inspect"]),
    ("open-of-token", &["users show", "sessions list"]),
    ("paste-token", &["token inspect"]),
    ("own-tokens", &["token inspect", "token mint"]),
    ("token-file", &["token inspect"]),
    ("what-was-tried", &["token why"]),
    ("ask-issuer", &["token verify", "token introspect"]),
    ("compare-tokens", &["token compare"]),
    ("why-refused", &["token why"]),
    ("watch-token", &["token watch"]),
    ("show-token", &["token mint"]),
    ("lab-tokens", &["flow exchange", "token exchange"]),
    // Ways in.
    ("go-domains", &["domains list", "domains show"]),
    ("domain-members", &["members list"]),
    ("add-route", &["domains add"]),
    ("edit-route", &["domains edit"]),
    ("fix-route", &["domains fix"]),
    ("rename-route", &["domains rename"]),
    ("test-route", &["domains test"]),
    ("try-route", &["flow idp"]),
    ("remove-route", &["domains remove"]),
    ("route-impact", &["domains impact"]),
    ("onboard-domain", &["domains onboard"]),
    ("open-request", &["domains request apply"]),
    ("go-onboarding", &["domains onboard"]),
    ("do-step", &["domains onboard", "domains request export"]),
    ("edit-step", &["domains onboard"]),
    ("repeat-step", &["domains onboard"]),
    ("step-people", &["domains impact"]),
    ("write-step", &["domains onboard"]),
    ("skip-step", &["domains onboard"]),
    ("new-partner", &["domains onboard"]),
    ("start-over", &["domains onboard"]),
    ("open-met", &["members show"]),
    ("other-change", &["domains impact"]),
    ("test-again", &["domains test"]),
    ("test-form", &["domains test"]),
    ("try-form", &["flow idp"]),
    ("go-clients", &["clients list"]),
    ("open-client", &["clients show"]),
    ("create-client", &["clients create"]),
    (
        "edit-client",
        &[
            "clients rename",
            "clients describe",
            "clients set-lifetimes",
            "clients set-pkce",
            "clients origins add",
            "clients origins remove",
            "clients origins set",
        ],
    ),
    ("client-redirects", &["clients redirects add", "clients redirects remove", "clients redirects set"]),
    ("client-provider", &["clients provider set", "clients provider align"]),
    ("client-without-provider", &["clients provider remove"]),
    ("client-status", &["clients set-status"]),
    ("show-secret", &["clients show-secret"]),
    ("show-new-secret", &["clients show-secret"]),
    ("rotate-secret", &["clients rotate"]),
    ("retire-secret", &["clients retire"]),
    ("delete-client", &["clients delete"]),
    ("go-doctor", &["doctor examine"]),
    ("diagnose", &["doctor examine"]),
    ("whom", &["doctor examine"]),
    ("claimed-email", &["doctor examine", "doctor login"]),
    ("claimed-subject", &["doctor examine", "doctor login"]),
    ("way", &["doctor examine", "doctor login"]),
    ("open-here", &["doctor examine"]),
    ("fix", &["doctor mend"]),
    ("go-findings", &["doctor sweep"]),
    ("open-finding", &["members show"]),
    ("fix-finding", &["doctor fix"]),
    ("fix-all-findings", &["doctor fix"]),
    ("go-flow-lab", &["flow idp", "flow three-legged", "flow exchange", "flow device"]),
    ("what-to-try", &["flow idp", "flow three-legged", "flow exchange", "flow device"]),
    ("paste-ending", &["flow three-legged"]),
    ("sign-out-test", &["flow three-legged"]),
    // Plans and the journal.
    ("apply", &["apply"]),
    ("undo-applied", &["journal undo"]),
    ("go-journal", &["journal list"]),
    ("open-entry", &["journal show"]),
    ("undo-entry", &["journal undo"]),
    ("resume-entry", &["journal resume"]),
    ("settle-entry", &["journal settle"]),
    // `--filter`, `--fields`, `--format csv|json`.
    ("filter", &["members list"]),
    ("columns", &["members list"]),
    ("export", &["members list"]),
    ("copy-json", &["members list"]),
];

/// Actions that no command does, and why.
const ONLY_ON_SCREEN: &[(&str, &str)] = &[
    ("pause-run", "Ctrl-C stops a command, `journal resume` goes on"),
    ("stop-rows", "Ctrl-C stops a command"),
    ("hide-values", "is about who looks at the screen"),
    ("forget-token", "a command keeps no token"),
    ("cancel-sign-in", "Ctrl-C ends a command"),
    ("open-again", "a command prints the address"),
    ("copy-sign-in", "a command prints the address"),
    ("lab-open-again", "a command prints the address"),
    ("lab-copy", "a command prints the report"),
    ("stop-run", "Ctrl-C ends a command"),
    ("mark", "a command names its people"),
    ("mark-all", "a command names its people"),
    ("mark-invert", "a command names its people"),
    ("unmark-all", "a command names its people"),
    ("sort", "what reads the output sorts it"),
    ("sort-reverse", "what reads the output sorts it"),
    ("copy-row", "what is printed can be piped"),
    ("copy", "what is printed can be piped"),
    ("next-met", "`domains impact --only` takes the effect"),
    ("previous-met", "`domains impact --only` takes the effect"),
    ("plan-again", "a command plans each time it is run"),
    ("plan-impact", "`domains impact` is asked for by itself"),
    ("next-tab", "goes to another screen"),
    ("previous-tab", "goes to another screen"),
    ("back", "goes to another screen"),
    ("reload", "a command reads each time it is run"),
    ("open-in-browser", "opens the web app beside the screen"),
];

/// Commands that no action does, and why.
const ONLY_BY_COMMAND: &[(&str, &str)] = &[
    ("setup", "done once, before the console has a session that renews itself"),
    ("members policies", "the former name of `policies list`"),
    ("demo", "begins the console"),
    ("guide", "is a text"),
    ("config path", "is about files of this machine"),
    ("config show", "is about files of this machine"),
    ("config check", "is about files of this machine; the console tells mistakes when it begins"),
    ("config schema", "is about files of this machine"),
    ("config example", "is about files of this machine"),
    ("completions", "is about the shell"),
    ("man", "is about the shell"),
    ("schema", "is about the output of commands"),
];

/// What only moves about, or belongs to a dialog that some other action has opened.
fn is_plumbing(row: &Row) -> bool {
    let inside = [Scope::Dialog, Scope::Columns, Scope::Palette, Scope::Help, Scope::Typing];
    let form = ["next-field", "previous-field", "next-choice", "previous-choice", "submit"];
    (matches!(row.group, Group::Move | Group::Console) && !named(row.id))
        || inside.contains(&row.scope)
        || form.contains(&row.id)
}

fn named(id: &str) -> bool {
    DONE_BY.iter().any(|(action, _)| *action == id)
}

#[test]
fn every_action_has_its_command_or_a_reason() {
    for row in TABLE {
        let reason = ONLY_ON_SCREEN.iter().any(|(action, _)| *action == row.id);
        assert!(
            named(row.id) || reason || is_plumbing(row),
            "`{}` ({}) needs a command in DONE_BY, or a reason in ONLY_ON_SCREEN",
            row.id,
            row.help
        );
        assert!(!(named(row.id) && reason), "{} has both", row.id);
        assert!(!row.flags.writes || named(row.id), "`{}` writes: a reason will not do", row.id);
    }
    for id in DONE_BY.iter().map(|(id, _)| id).chain(ONLY_ON_SCREEN.iter().map(|(id, _)| id)) {
        assert!(TABLE.iter().any(|row| row.id == *id), "there is no action {id}");
    }
}

#[test]
fn every_command_has_its_action_or_a_reason() {
    let command = command();
    let all = leaves(&command);
    for (path, _) in &all {
        let action = DONE_BY.iter().any(|(_, commands)| commands.contains(&path.as_str()));
        let reason = ONLY_BY_COMMAND.iter().any(|(command, _)| command == path);
        assert!(action || reason, "`{path}` needs an action in DONE_BY, or a reason in ONLY_BY_COMMAND");
        assert!(!(action && reason), "{path} has both");
    }
    let named = DONE_BY.iter().flat_map(|(_, commands)| *commands);
    for path in named.chain(ONLY_BY_COMMAND.iter().map(|(path, _)| path)) {
        assert!(all.iter().any(|(name, _)| name == path), "there is no command {path}");
    }
}

/// Commands that are not noun and verb, and why.
const OTHER_GRAMMAR: &[(&str, &str)] = &[
    ("login", "about the session, which everybody calls so"),
    ("logout", "about the session, which everybody calls so"),
    ("whoami", "about the session, which everybody calls so"),
    ("setup", "about this program"),
    ("overview", "of everything: there is no noun for it"),
    ("offboard", "of a person's memberships, sessions and ids together"),
    ("apply", "of any plan, as its file says"),
    ("demo", "about this program"),
    ("guide", "about this program"),
    ("export", "of everything: there is no noun for it"),
    ("diff", "of two exports, which are folders"),
    ("completions", "about this program"),
    ("man", "about this program"),
    ("schema", "about this program"),
];

#[test]
fn the_grammar_is_noun_and_verb() {
    let command = command();
    for (path, _) in leaves(&command) {
        let other = OTHER_GRAMMAR.iter().any(|(name, _)| *name == path);
        assert_ne!(path.contains(' '), other, "{path}");
    }
    for noun in command.get_subcommands().filter(|noun| noun.has_subcommands()) {
        for verb in noun.get_subcommands() {
            let about = verb.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty() && !about.ends_with('.'), "{} {}", noun.get_name(), verb.get_name());
            for name in std::iter::once(verb.get_name()).chain(verb.get_all_aliases()) {
                assert!(!name.contains('_') && name == name.to_lowercase(), "{name}");
            }
        }
    }
}
