//! Rules of the action table, and the files generated from it.

use std::collections::HashSet;
use std::path::Path;

use idconsole::console::action::{Action, TABLE};
use idconsole::console::key::Chord;
use idconsole::console::keymap::{Keymap, default_file};

#[test]
fn every_action_has_an_id_a_label_and_a_sentence_of_help() {
    let mut ids = HashSet::new();
    for row in TABLE {
        assert!(ids.insert(row.id), "`{}` twice", row.id);
        assert!(row.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", row.id);
        assert!(!row.label.is_empty() && row.label.len() <= 16, "{}", row.id);
        assert!(row.help.ends_with('.') && row.help.starts_with(char::is_uppercase), "{}", row.id);
        assert_eq!(Action::by_id(row.id), Some(row.action));
        assert_eq!(row.action.row().id, row.id);
    }
}

#[test]
fn every_default_key_is_a_key() {
    for row in TABLE {
        for key in row.keys {
            let chord: Chord = key.parse().unwrap_or_else(|error| panic!("{}: {error}", row.id));
            assert_eq!(chord.to_string(), *key, "{}: not in its canonical spelling", row.id);
        }
    }
}

#[test]
fn no_key_means_two_things_in_one_scope() {
    let map = Keymap::default();
    for row in TABLE {
        if let Some((chord, other)) = map.collision(row.action, map.of(row.action)) {
            panic!("`{chord}` is the key of both `{}` and `{}` in {:?}", row.id, other.row().id, row.scope);
        }
    }
}

#[test]
fn the_default_key_file_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/keymap.toml");
    let fresh = default_file();
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &fresh).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, fresh, "write it anew: UPDATE_ASSETS=1 cargo test --test it keymap");
}

#[test]
fn the_default_key_file_can_be_read_back() {
    assert_eq!(Keymap::with_file("keymap.toml", &default_file()).unwrap(), Keymap::default());
}
