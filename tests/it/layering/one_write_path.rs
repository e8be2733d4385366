//! No write reaches the platform but through the one path: `workflows::apply` → `Remote::send` → the client's writes.

use std::path::{Path, PathBuf};

use super::scan::{Token, tokens};

/// Where requests that change something may be made. `caller` asks a question that the platform takes as POST.
const MAKE_WRITES: &[&str] = &[
    "platform/admin.rs",
    "platform/caller.rs",
    "platform/clients.rs",
    "platform/own_factor.rs",
    "platform/scim.rs",
    "platform/sessions.rs",
    "platform/users.rs",
    "platform/writes.rs",
];

/// The client's writes. A new one fails [`every_write_of_the_client_is_on_the_list`] until it stands here.
const WRITES: &[&str] = &[
    "create",
    "delete",
    "disable_own",
    "end_own_session",
    "enrol_own",
    "invite",
    "mail_own_code",
    "mail_password_reset",
    "make_client",
    "patch",
    "refresh_display",
    "remove_member",
    "rescope",
    "reset_mfa",
    "restore",
    "retire_secret",
    "rotate_secret",
    "scim_set_email",
    "set_password",
    "update_email",
];

/// The one file that calls them.
const SENDS: &str = "workflows/over_http.rs";

/// The one file that calls that.
const APPLIES: &str = "workflows/apply/mod.rs";

fn sources() -> Vec<(String, Vec<Token>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, tokens(&std::fs::read_to_string(&path).unwrap())));
            }
        }
    }
    found
}

fn word(token: Option<&Token>) -> Option<&str> {
    match token {
        Some(Token::Word(word)) => Some(word),
        _ => None,
    }
}

/// Methods called on `object`, e.g. `remote.send(`, and functions of it, e.g. `Remote::send(`.
fn called_on<'a>(tokens: &'a [Token], object: &str) -> Vec<&'a str> {
    (0..tokens.len())
        .filter(|&at| word(tokens.get(at)).is_some_and(|name| name.eq_ignore_ascii_case(object)))
        .filter_map(|at| match (tokens.get(at + 1), tokens.get(at + 2)) {
            (Some(Token::Mark('.')), method) => word(method),
            (Some(Token::Mark(':')), Some(Token::Mark(':'))) => word(tokens.get(at + 3)),
            _ => None,
        })
        .collect()
}

#[test]
fn only_the_platforms_own_files_make_requests_that_write() {
    let mut makers: Vec<String> = sources()
        .into_iter()
        .filter(|(_, tokens)| {
            called_on(tokens, "Ask").iter().any(|made| ["post", "put", "patch", "delete"].contains(made))
        })
        .map(|(name, _)| name)
        .collect();
    makers.sort();
    assert_eq!(makers, MAKE_WRITES);
}

#[test]
fn every_write_of_the_client_is_on_the_list() {
    let mut found = Vec::new();
    for (name, tokens) in sources() {
        if !MAKE_WRITES.contains(&name.as_str()) || name == "platform/caller.rs" {
            continue;
        }
        let mut function = None;
        for at in 0..tokens.len() {
            if word(tokens.get(at)) == Some("fn") {
                function = word(tokens.get(at + 1)).map(str::to_owned);
            }
            let makes = word(tokens.get(at)) == Some("Ask")
                && matches!(word(tokens.get(at + 3)), Some("post" | "put" | "patch" | "delete"));
            if makes {
                found.extend(function.clone());
            }
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found, WRITES);
}

#[test]
fn only_the_engines_adapter_calls_the_clients_writes() {
    for (name, tokens) in sources() {
        let own = name.starts_with("platform/") || name.starts_with("demo/") || name == SENDS;
        let named = |name: &str| tokens.iter().any(|token| word(Some(token)) == Some(name));
        let knows_the_client = named("platform") && named("Client");
        if own || !knows_the_client {
            continue;
        }
        let called: Vec<&str> = (0..tokens.len())
            .filter(|&at| tokens[at] == Token::Mark('.') && tokens.get(at + 2) == Some(&Token::Mark('(')))
            // The store of secrets deletes too, on this machine.
            .filter(|&at| word(tokens.get(at.saturating_sub(1))) != Some("store"))
            .filter_map(|at| word(tokens.get(at + 1)))
            .filter(|method| WRITES.contains(method))
            .collect();
        assert!(called.is_empty(), "src/{name} writes by {called:?}; make a plan and apply it");
    }
}

#[test]
fn only_apply_sends_a_change() {
    let senders: Vec<String> = sources()
        .into_iter()
        .filter(|(_, tokens)| called_on(tokens, "remote").contains(&"send"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(senders, [APPLIES]);
}

#[test]
fn only_the_platform_and_signing_in_speak_http() {
    for (name, tokens) in sources() {
        let speaks = tokens.iter().any(|token| word(Some(token)) == Some("reqwest"));
        let may = ["platform/", "auth/", "demo/"].iter().any(|room| name.starts_with(room));
        assert!(!speaks || may, "src/{name} speaks HTTP itself");
    }
}

#[test]
fn calls_are_seen_where_they_are_made() {
    let seen = tokens("self.engine.remote.send(a); Remote::user(b); sender.send(c) // remote.x()");
    assert_eq!(called_on(&seen, "remote"), ["send", "user"]);
}

// design §5, Access: no write is ever made on behalf of a person.
#[test]
fn nothing_can_be_written_on_behalf_of_somebody() {
    let all = sources();
    let (_, behalf) = all.iter().find(|(name, _)| name == "platform/behalf.rs").unwrap();
    assert_eq!(called_on(behalf, "Ask"), ["get"], "one request, and it is a GET");
    // Whoever holds it reaches the client's writes neither by name nor by a way back to the client.
    for write in WRITES {
        assert!(!behalf.iter().any(|token| word(Some(token)) == Some(write)), "{write}");
    }
    let mut setters: Vec<&str> = all
        .iter()
        .filter(|(name, _)| !name.starts_with("demo/"))
        .filter(|(_, tokens)| {
            (0..tokens.len())
                .any(|at| tokens[at] == Token::Mark('.') && word(tokens.get(at + 1)) == Some("on_behalf_of"))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    setters.sort_unstable();
    assert_eq!(setters, ["platform/behalf.rs", "workflows/over_http.rs"]);
}
