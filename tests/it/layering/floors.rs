//! Which room may name which, checked over every file under `src`.

use std::path::{Path, PathBuf};

use super::scan::{Token, rooms_named, tokens};

/// Every room with its floor. Rooms on one floor do not know each other; where one stands on another of the
/// same storey (signing in needs the HTTP API and the connections; the commands start the console and the
/// embedded platform), it has the higher number.
const FLOORS: &[(&str, u8)] = &[
    ("identity", 0),
    ("ports", 0),
    ("token", 1),
    ("config", 10),
    ("journal", 10),
    ("platform", 10),
    ("auth", 11),
    ("workflows", 20),
    ("console", 30),
    ("demo", 30),
    ("cli", 31),
];

/// Crates that the ground floor may not know: no IO, no async, no terminal.
const NOT_ON_THE_GROUND: &[&str] = &[
    "axum",
    "crossterm",
    "directories",
    "futures",
    "keyring",
    "open",
    "ratatui",
    "reqwest",
    "rusqlite",
    "tokio",
    "tokio_util",
    "tui_textarea",
];

/// Crates of the terminal, known only to the console and to the door that restores the terminal.
const OF_THE_TERMINAL: &[&str] = &["crossterm", "ratatui", "tui_textarea"];

struct Source {
    /// `["console", "screens", "members"]`; empty for `lib.rs` and `main.rs`.
    home: Vec<String>,
    path: PathBuf,
    text: String,
}

impl Source {
    fn room(&self) -> Option<&str> {
        self.home.first().map(String::as_str)
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let inside = path.strip_prefix(&root).unwrap().with_extension("");
                let mut home: Vec<String> =
                    inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
                if matches!(home.last().map(String::as_str), Some("mod" | "lib" | "main")) {
                    home.pop();
                }
                found.push(Source { home, text: std::fs::read_to_string(&path).unwrap(), path });
            }
        }
    }
    found
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// The crates that a file names: words followed by `::` with no path before them.
fn crates_named(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mark = |at: usize| tokens.get(at) == Some(&Token::Mark(':'));
    (0..tokens.len())
        .filter(|&at| mark(at + 1) && mark(at + 2) && !(at >= 2 && mark(at - 1) && mark(at - 2)))
        .filter_map(|at| match &tokens[at] {
            Token::Word(word) => Some(word.clone()),
            Token::Mark(_) => None,
        })
        .collect()
}

#[test]
fn every_room_of_the_crate_has_a_floor() {
    let mut rooms: Vec<String> = sources().iter().filter_map(|file| file.room().map(str::to_owned)).collect();
    rooms.sort();
    rooms.dedup();
    let mut known: Vec<&str> = FLOORS.iter().map(|(room, _)| *room).collect();
    known.sort_unstable();
    assert_eq!(rooms, known, "src/ and the table of floors name different rooms");
}

#[test]
fn a_module_imports_only_from_floors_below_it() {
    let mut wrong = Vec::new();
    for file in sources() {
        let Some(room) = file.room() else { continue };
        let own = floor(room).unwrap();
        let home: Vec<&str> = file.home.iter().map(String::as_str).collect();
        for other in rooms_named(&file.text, &home, "idconsole") {
            if other != room && floor(&other).is_none_or(|below| below >= own) {
                wrong.push(format!("{} names {other}", file.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not go down:\n{}", wrong.join("\n"));
}

#[test]
fn the_embedded_platform_shares_nothing_with_the_client() {
    for file in sources().iter().filter(|file| file.room() == Some("demo")) {
        let home: Vec<&str> = file.home.iter().map(String::as_str).collect();
        let rooms = rooms_named(&file.text, &home, "idconsole");
        assert!(rooms.iter().all(|room| room == "demo"), "{} names {rooms:?}", file.path.display());
    }
}

#[test]
fn the_ground_floor_has_no_io_no_async_and_no_terminal() {
    for file in sources().iter().filter(|file| file.room().is_some_and(|room| floor(room) == Some(0))) {
        let named = crates_named(&file.text);
        let bad: Vec<_> = named.iter().filter(|name| NOT_ON_THE_GROUND.contains(&name.as_str())).collect();
        assert!(bad.is_empty(), "{} names {bad:?}", file.path.display());
        let waits = tokens(&file.text)
            .iter()
            .any(|token| matches!(token, Token::Word(word) if word == "async" || word == "await"));
        assert!(!waits, "{} is async", file.path.display());
    }
}

#[test]
fn only_the_third_floor_knows_the_terminal() {
    for file in sources().iter().filter(|file| file.room().and_then(floor).is_some_and(|floor| floor < 30)) {
        let named = crates_named(&file.text);
        let bad: Vec<_> = named.iter().filter(|name| OF_THE_TERMINAL.contains(&name.as_str())).collect();
        assert!(bad.is_empty(), "{} names {bad:?}", file.path.display());
    }
}

#[test]
fn crates_are_seen_where_they_are_used() {
    assert_eq!(
        crates_named("use tokio::net; fn f() { a::tokio::x(); reqwest::get() } // axum::x"),
        ["tokio", "a", "reqwest"]
    );
}
