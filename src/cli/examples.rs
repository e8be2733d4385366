//! Examples, one or more for every command; the tests read each of them by the definitions.

use clap::Command;

/// The command's names, and what is typed after `idconsole`.
pub const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "login",
        &[
            "login --base-url https://api.clinic.example/ --profile clinic --store keyring",
            "login -p clinic --method paste",
        ],
    ),
    ("logout", &["logout -p clinic"]),
    ("whoami", &["whoami", "whoami --format json --fields role,expires_at"]),
    ("connections list", &["connections list"]),
    ("connections show", &["connections show clinic"]),
    (
        "connections add",
        &["connections add clinic --base-url https://api.clinic.example/ --store file --production"],
    ),
    ("connections edit", &["connections edit clinic --production yes --web-app https://app.clinic.example/"]),
    ("connections remove", &["connections remove clinic"]),
    ("setup", &["setup --dry-run", "setup --reason 'sessions that renew themselves'"]),
    ("overview", &["overview"]),
    (
        "members list",
        &[
            "members list --filter 'mfa:none link:external'",
            "members list --format csv --fields name,email,active",
        ],
    ),
    ("members show", &["members show jane.smith@clinic.example"]),
    ("members history", &["members history 'Jane Smith'"]),
    ("members activate", &["members activate jane.smith@clinic.example --reason 'back from leave'"]),
    (
        "members deactivate",
        &[
            "members deactivate jane.smith@clinic.example --dry-run",
            "members deactivate - --reason 'ticket 4711' < people.txt",
        ],
    ),
    ("members promote", &["members promote jane.smith@clinic.example --reason 'ticket 4711'"]),
    ("members demote", &["members demote jane.smith@clinic.example --reason 'ticket 4711'"]),
    ("members set-policy", &["members set-policy jane.smith@clinic.example 'Staff default' --dry-run"]),
    ("members clear-policy", &["members clear-policy jane.smith@clinic.example --dry-run"]),
    (
        "members add-access",
        &["members add-access jane.smith@clinic.example 'Ward' --param ward=Organization/123"],
    ),
    ("members remove-access", &["members remove-access jane.smith@clinic.example 'Ward'"]),
    ("members set-user-name", &["members set-user-name jane.smith@clinic.example jsmith"]),
    ("members clear-user-name", &["members clear-user-name jane.smith@clinic.example"]),
    ("members refresh-names", &["members refresh-names jane.smith@clinic.example"]),
    (
        "members invite",
        &[
            "members invite Jane Smith --email jane.smith@clinic.example --policy 'Staff default'",
            "members invite Jane Smith --external-id 00u9 --no-mail --dry-run",
        ],
    ),
    ("members resend-invite", &["members resend-invite jane.smith@clinic.example"]),
    ("members remove", &["members remove jane.smith@clinic.example --dry-run"]),
    ("policies list", &["policies list"]),
    ("users show", &["users show jane.smith@clinic.example --check"]),
    (
        "users set-email",
        &[
            "users set-email jsmith@clinic.example jane.smith@clinic.example --dry-run",
            "users set-email jsmith@clinic.example jane.smith@clinic.example --reason 'ticket 4711'",
        ],
    ),
    ("users mail-password", &["users mail-password jane.smith@clinic.example"]),
    ("users set-password", &["users set-password jane.smith@clinic.example --reason 'ticket 4711'"]),
    ("users rescope", &["users rescope jane.smith@clinic.example --to server --dry-run"]),
    ("links list", &["links list --filter link:external"]),
    ("links find", &["links find 'okta|00u9JANESMITH'"]),
    ("links check", &["links check --erased"]),
    ("links set", &["links set jane.smith@clinic.example 'okta|00u9JANESMITH' --dry-run"]),
    ("links clear", &["links clear jane.smith@clinic.example --dry-run"]),
    ("links restore", &["links restore jane.smith@clinic.example --dry-run"]),
    ("bulk columns", &["bulk columns"]),
    ("bulk export", &["bulk export -o people.csv --filter link:email"]),
    ("bulk check", &["bulk check people.csv"]),
    ("bulk run", &["bulk run people.csv --reason 'new provider' --result verdicts.csv"]),
    ("bulk result", &["bulk result 12", "bulk result 12 -o verdicts.csv"]),
    ("domains list", &["domains list --check"]),
    ("domains show", &["domains show partner.example"]),
    (
        "domains add",
        &["domains add partner.example --issuer https://login.partner.example/ --client-id clinic"],
    ),
    ("domains edit", &["domains edit partner.example --auth-method post --dry-run"]),
    ("domains remove", &["domains remove partner.example --dry-run"]),
    ("domains fix", &["domains fix Partner.example --dry-run"]),
    ("domains rename", &["domains rename Partner.example partner.example --dry-run"]),
    ("domains impact", &["domains impact partner.example --remove"]),
    (
        "domains test",
        &[
            "domains test partner.example",
            "domains test partner.example --issuer https://login.partner.example/ --client-id clinic",
        ],
    ),
    (
        "domains onboard",
        &[
            "domains onboard partner.example --set idp=okta --set place=partner.okta.com",
            "domains onboard partner.example --run provider",
        ],
    ),
    (
        "domains request export",
        &["domains request export partner.example --out request.json --reason 'go-live on Monday'"],
    ),
    ("domains request apply", &["domains request apply request.json --dry-run"]),
    ("mfa report", &["mfa report --filter mfa:none --format csv"]),
    ("mfa reset", &["mfa reset jane.smith@clinic.example --checked 'called back' --reason 'lost phone'"]),
    (
        "mfa require",
        &["mfa require jane.smith@clinic.example --reason policy", "mfa require --project --dry-run"],
    ),
    ("mfa show-own", &["mfa show-own"]),
    ("mfa mail-code", &["mfa mail-code"]),
    ("mfa enrol", &["mfa enrol --method totp --reason 'new phone'"]),
    ("mfa disable", &["mfa disable --factor totp --reason 'new phone'"]),
    ("clients list", &["clients list --filter portal"]),
    ("clients show", &["clients show 'Clinic Portal' --check"]),
    (
        "clients create",
        &["clients create 'Ward Board' --redirect https://board.clinic.example/callback --dry-run"],
    ),
    ("clients rename", &["clients rename 'Ward Board' 'Ward Screens'"]),
    ("clients describe", &["clients describe 'Ward Board' 'The screens on the wards'"]),
    (
        "clients redirects add",
        &["clients redirects add 'Clinic Portal' https://portal.clinic.example/callback"],
    ),
    (
        "clients redirects remove",
        &["clients redirects remove 'Clinic Portal' https://old.clinic.example/callback"],
    ),
    (
        "clients redirects set",
        &["clients redirects set 'Clinic Portal' https://portal.clinic.example/callback --dry-run"],
    ),
    ("clients origins add", &["clients origins add 'Clinic Portal' https://portal.clinic.example"]),
    ("clients origins remove", &["clients origins remove 'Clinic Portal' https://old.clinic.example"]),
    ("clients origins set", &["clients origins set 'Clinic Portal' https://portal.clinic.example --dry-run"]),
    (
        "clients provider set",
        &["clients provider set 'Clinic Portal' --client-id 0oa1 --secret-file secret.txt --dry-run"],
    ),
    ("clients provider align", &["clients provider align 'Clinic Portal' --by subject --dry-run"]),
    ("clients provider remove", &["clients provider remove 'Clinic Portal' --dry-run"]),
    ("clients set-pkce", &["clients set-pkce 'Clinic Portal' required"]),
    ("clients set-status", &["clients set-status 'Nightly Export' off --reason 'ticket 4711'"]),
    ("clients set-lifetimes", &["clients set-lifetimes 'Clinic Portal' --access 15m --refresh default"]),
    ("clients rotate", &["clients rotate 'Nightly Export' --reason 'yearly rotation'"]),
    ("clients retire", &["clients retire 'Nightly Export' --reason 'everybody has the new one'"]),
    ("clients show-secret", &["clients show-secret 'Nightly Export' --show"]),
    ("clients delete", &["clients delete 'Ward Board' --dry-run"]),
    ("sessions list", &["sessions list", "sessions list jane.smith@clinic.example"]),
    ("sessions revoke", &["sessions revoke --of jane.smith@clinic.example --reason 'lost laptop'"]),
    ("offboard", &["offboard jane.smith@clinic.example --clear-external-id --dry-run"]),
    ("access show", &["access show jane.smith@clinic.example"]),
    ("access may", &["access may jane.smith@clinic.example update Patient/123"]),
    ("doctor login", &["doctor login --flow browser --email jane.smith@clinic.example"]),
    (
        "doctor examine",
        &[
            "doctor examine jane.smith@clinic.example",
            "doctor examine 'Jane Smith' --flow exchange --format json",
        ],
    ),
    ("doctor mend", &["doctor mend jane.smith@clinic.example --fix 1 --dry-run"]),
    ("doctor sweep", &["doctor sweep --count", "doctor sweep --rule cannot-sign-in --format csv"]),
    ("doctor fix", &["doctor fix --rule mixed-case-address --all --dry-run"]),
    ("token inspect", &["token inspect token.txt", "token inspect --own"]),
    ("token verify", &["token verify request.curl", "token verify token.txt --keys jwks.json --format json"]),
    ("token compare", &["token compare works.txt refused.txt"]),
    ("token introspect", &["token introspect token.txt"]),
    ("token why", &["token why request.curl", "token why token.txt --resource Patient --action search"]),
    ("token exchange", &["token exchange idp-token.txt --client-id 0oa1"]),
    ("token mint", &["token mint --show"]),
    ("token watch", &["token watch --own --every 30"]),
    ("flow idp", &["flow idp --domain partner.example", "flow idp --draft route.json --device"]),
    ("flow three-legged", &["flow three-legged --email jane.smith@clinic.example --wire"]),
    ("flow exchange", &["flow exchange --client-id 0oa1 --token idp-token.txt"]),
    ("flow device", &["flow device --issuer https://login.partner.example/ --idp-client-id tool"]),
    ("journal list", &["journal list --filter jane", "journal list -n 10 --format csv"]),
    ("journal show", &["journal show 12"]),
    ("journal settle", &["journal settle 12"]),
    ("journal resume", &["journal resume 12 --dry-run"]),
    ("journal undo", &["journal undo 12 --reason 'wrong person'"]),
    ("apply", &["apply plan.json --reason 'ticket 4711'", "apply plan.json --dry-run"]),
    ("demo", &["demo", "demo --serve 127.0.0.1:8103 --members 1000 --format json"]),
    ("export", &["export before", "export before --project 'Clinic Demo'"]),
    ("diff", &["diff before after", "diff before --live --format json"]),
    ("config path", &["config path"]),
    ("config show", &["config show"]),
    ("config check", &["config check"]),
    ("config schema", &["config schema > config.schema.json"]),
    ("config example", &["config example > ~/.config/idconsole/config.toml", "config example theme"]),
    ("guide", &["guide", "guide repair-email"]),
    ("completions", &["completions bash > ~/.local/share/bash-completion/completions/idconsole"]),
    ("man", &["man", "man ~/.local/share/man/man1"]),
    ("schema", &["schema", "schema members list"]),
];

/// The same tree, each command with its examples under its help.
pub fn added(command: Command) -> Command {
    under(command, "")
}

fn under(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        let path = format!("{path} {name}").trim_start().to_owned();
        command.mut_subcommand(&name, |inner| {
            let inner = under(inner, &path);
            match of(&path) {
                Some(lines) => inner.after_help(written(lines)),
                None => inner,
            }
        })
    })
}

/// The examples of a command.
pub fn of(path: &str) -> Option<&'static [&'static str]> {
    EXAMPLES.iter().find(|(name, _)| *name == path).map(|(_, lines)| *lines)
}

fn written(lines: &[&str]) -> String {
    let title = if lines.len() == 1 { "Example:" } else { "Examples:" };
    lines.iter().fold(title.to_owned(), |text, line| text + "\n  idconsole " + line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::definitions::{command, leaves, parse};

    #[test]
    fn every_command_has_an_example_and_every_example_a_command() {
        let command = command();
        let all = leaves(&command);
        for (path, leaf) in all.iter().filter(|(_, leaf)| !leaf.is_hide_set()) {
            assert!(of(path).is_some(), "`{path}` has no example in examples.rs");
            assert!(leaf.get_after_help().is_some(), "{path}");
        }
        for (path, _) in EXAMPLES {
            assert!(all.iter().any(|(name, _)| name == path), "there is no `{path}`");
        }
    }

    #[test]
    fn every_example_is_read_as_its_command() {
        for (path, lines) in EXAMPLES {
            for line in *lines {
                // What comes after a sign of the shell is the shell's.
                let typed =
                    line.split([' ']).take_while(|word| !["<", ">"].contains(word)).collect::<Vec<_>>();
                assert!(line.len() <= 88, "it is broken in two where it is shown: {line}");
                let words = shlex::split(&typed.join(" ")).unwrap();
                let given = std::iter::once("idconsole".to_owned()).chain(words).map(Into::into);
                let parsed = parse(given).unwrap_or_else(|error| panic!("{line}: {error}"));
                assert_eq!(parsed.path, *path, "{line}");
            }
        }
    }
}
