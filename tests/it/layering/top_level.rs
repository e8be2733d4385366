//! What may lie at the top of the repository.

use std::path::Path;

const ALLOWED: &[&str] =
    &["Cargo.toml", "Cargo.lock", "src", "themes", "tests", "assets", "README.md", "LICENSE"];

#[test]
fn the_top_level_holds_only_what_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut strays: Vec<String> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        // `target` is Cargo's, and ignored by git.
        .filter(|name| !name.starts_with('.') && name != "target" && !ALLOWED.contains(&name.as_str()))
        .collect();
    strays.sort();
    assert!(strays.is_empty(), "these do not belong at the top level: {strays:?}");
}

#[test]
fn what_a_newcomer_needs_lies_at_the_top() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["Cargo.toml", "Cargo.lock", "LICENSE", "README.md", "src", "tests", ".ci/run"] {
        assert!(root.join(name).exists(), "{name} is missing");
    }
}
