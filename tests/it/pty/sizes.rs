//! Sizes, pastes, the mouse and the focus as a real terminal reports them.

use super::terminal::{Terminal, binary};

fn demo(home: &std::path::Path, size: (u16, u16)) -> Terminal {
    let terminal = Terminal::start(&binary(), &["demo", "--members", "60"], home, size);
    terminal.wait("all members", |seen| seen.text().contains(" 60 ┐"));
    terminal
}

fn leave(mut terminal: Terminal) {
    terminal.keys("<C-c>");
    assert!(terminal.wait_exit().success());
    terminal.assert_restored();
}

#[test]
fn a_storm_of_sizes_ends_right() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), (80, 24));
    terminal.keys("/ja");
    // Where there is no room keys say nothing: they must have been read before.
    terminal.wait_for("filter  ja");
    for round in 0..40 {
        for (columns, rows) in [(200, 50), (1, 1), (59, 15), (60, 16), (500, 200), (80, 5), (110, 30)] {
            terminal.resize(columns, rows + round % 2);
        }
    }
    terminal.resize(100, 30);
    terminal.wait("the last size, whole", |seen| {
        let (_, columns) = seen.screen().size();
        let rows: Vec<String> = seen.screen().rows(0, columns.get()).collect();
        rows.len() == 30 && rows[0].contains("idconsole") && rows.iter().any(|row| row.contains("filter  ja"))
    });
    // What it had of larger screens is gone, and it goes on.
    terminal.keys("<Esc>");
    terminal
        .wait("everybody again", |seen| seen.text().contains(" 60 ┐") && !seen.text().contains("filter  ja"));
    leave(terminal);
}

#[test]
fn a_tiny_terminal_is_told_what_is_needed_and_a_huge_one_is_filled() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), (60, 16));
    terminal.resize(59, 15);
    terminal.wait_for("60 columns and 16 rows");
    for (columns, rows) in [(1, 1), (2, 2), (20, 4)] {
        terminal.resize(columns, rows);
    }
    terminal.wait_for("needs 60");
    terminal.resize(500, 200);
    terminal.wait("the frame at the far corner", |seen| {
        let (_, columns) = seen.screen().size();
        let rows: Vec<String> = seen.screen().rows(0, columns.get()).collect();
        rows[197].chars().count() == 500 && rows[197].ends_with('┘')
    });
    leave(terminal);
}

#[test]
fn a_bracketed_paste_is_text_and_its_line_end_presses_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), (100, 30));
    terminal.keys("/");
    terminal.wait_for("filter");
    terminal.raw(b"\x1b[200~jane\nsmith\x1b[201~");
    terminal.wait_for("filter  jane smith");
    // Pasted where nothing is typed: no letter of it is a key, `q` least of all.
    terminal.keys("<Enter>");
    terminal.wait_for("Enter open");
    terminal.raw(b"\x1b[200~q9q\x1b[201~\x1b[I\x1b[O");
    terminal.keys("?");
    terminal.wait_for("Members");
    leave(terminal);
}

#[test]
fn the_mouse_is_understood_beyond_column_223() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = demo(home.path(), (300, 40));
    // SGR: the older encoding ends at column 223.
    terminal.raw(b"\x1b[<0;4;2M\x1b[<0;4;2m");
    terminal.wait_for("Tokens come by");
    terminal.raw(b"\x1b[<64;280;20M\x1b[<65;280;20M\x1b[<0;290;30M\x1b[<0;290;30m");
    terminal.keys("2");
    terminal.wait_for(" 60 ┐");
    leave(terminal);
}

// Names in every script: what stands beside them stays in its column. Letters that run from right to left keep their
// order in memory and their cells; no mark of direction is ever sent (S1).
#[test]
fn wide_combining_and_right_to_left_names_keep_the_columns() {
    use crate::cli::clinic::Clinic;
    const NAMES: [&str; 5] = ["山田 太郎", "Zoe\u{308} e\u{301}toile", "שרה כהן", "شيماء علي", "🩺 Max 👩‍⚕️"];
    let clinic = Clinic::start();
    {
        let mut state = clinic.running.state.write();
        let project = format!("Project/{}", clinic.facts.project_id);
        let members = state.find_by("ProjectMembership", "project", &project);
        // Of server-scoped people the project admin sees the name in the membership and no other.
        let server_scoped = |one: &serde_json::Value| {
            let id = one["user"]["reference"].as_str().and_then(|user| user.strip_prefix("User/"));
            id.and_then(|id| state.get("User", id)).is_some_and(|user| user["project"].is_null())
        };
        let people: Vec<_> = members
            .into_iter()
            .filter(|one| {
                server_scoped(one)
                    && one["profile"]["reference"]
                        .as_str()
                        .is_some_and(|profile| profile.starts_with("Practitioner/"))
                    && one["profile"]["display"] != "Pat Admin"
            })
            .collect();
        for (mut member, name) in people.into_iter().zip(NAMES) {
            member["profile"]["display"] = name.into();
            state.system_update(member).unwrap();
        }
    }
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    let mut terminal = Terminal::start(&binary(), &[], home.path(), (120, 90));
    terminal.wait("all members", |seen| seen.text().contains(" 60 ┐"));
    terminal.wait("every name, and the last row of the frame", |seen| {
        let text = seen.text();
        let first = |name: &str| name.chars().next().is_some_and(|c| text.contains(c));
        NAMES.iter().all(|name| first(name)) && text.contains("? help") && !text.contains("loading")
    });
    {
        let seen = terminal.seen();
        let screen = seen.screen();
        let (_, columns) = screen.size();
        let rows: Vec<String> = screen.rows(0, columns.get()).collect();
        let header = rows.iter().find(|row| row.contains("name") && row.contains("email")).unwrap();
        let column = header.chars().take_while(|c| *c != '@').collect::<String>().find("email").unwrap();
        let column = u16::try_from(header[..column].chars().count()).unwrap();
        for name in NAMES {
            let first: String = name.chars().take(1).collect();
            let at = rows.iter().position(|row| row.contains(&first));
            let at = u16::try_from(at.unwrap_or_else(|| panic!("{name} is not listed:\n{}", seen.text())))
                .unwrap();
            let cell = |column: u16| screen.cell(at, column).map(vt100::Cell::contents).unwrap_or_default();
            assert_eq!(cell(column - 1).trim(), "", "{name}: {}", rows[usize::from(at)]);
            assert_ne!(cell(column).trim(), "", "{name}: {}", rows[usize::from(at)]);
        }
        let raw = String::from_utf8_lossy(&seen.bytes).into_owned();
        let mark = raw.chars().find(|c| idconsole::identity::text::is_hidden(*c) && !c.is_ascii_control());
        assert_eq!(mark, None, "a mark of direction reached the terminal");
    }
    terminal.keys("/山田");
    terminal.wait_for("2 of 60");
    leave(terminal);
}
