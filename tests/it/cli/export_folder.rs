//! The folder of an export: whose it is, what is replaced, and what stays when something goes wrong.

use std::path::Path;

use super::clinic::Clinic;
use super::run;
use super::snapshots::{diff, export, file, replaced, signed_in};

#[test]
fn only_an_export_of_the_same_project_is_replaced() {
    let clinic = Clinic::shared();
    let home = signed_in(clinic);
    let try_it = |folder: &Path| {
        let ended = run(home.path(), &["export", folder.to_str().unwrap(), "--profile", "clinic"]);
        assert_eq!(ended.code, 6, "{ended:?}");
        ended.err
    };
    let other = home.path().join("other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("thesis.txt"), "years").unwrap();
    assert!(try_it(&other).contains("holds other files and is no export"), "");
    assert!(try_it(&other.join("thesis.txt")).contains("is a file"), "");
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1, "left alone");
    export(home.path(), "a");
    // What a person puts beside stays; what an older export left does not.
    std::fs::write(home.path().join("a/notes.txt"), "mine").unwrap();
    std::fs::write(home.path().join("a/routes.json"), "[]").unwrap();
    export(home.path(), "a");
    assert!(home.path().join("a/notes.txt").exists() && !home.path().join("a/routes.json").exists());
    // One that was killed in the midst of it leaves what it had read so far, there or in a folder of its own.
    let left = ".idconsole-0123456789abcdef0123456789abcdef";
    for folder in ["a", "killed"] {
        std::fs::create_dir_all(home.path().join(folder).join(left)).unwrap();
        std::fs::write(home.path().join(folder).join(left).join("heap-97"), "half").unwrap();
        export(home.path(), folder);
    }
    std::fs::create_dir_all(home.path().join("other").join(left)).unwrap();
    assert!(try_it(&other).contains("holds other files and is no export"), "whatever else lies there");
    replaced(&home.path().join("a/manifest.json"), &clinic.facts.project_id, "another");
    assert!(try_it(&home.path().join("a")).contains("holds an export of Clinic Demo"), "");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_in_either_direction() {
    use std::os::unix::fs::symlink;
    let home = signed_in(Clinic::shared());
    export(home.path(), "a");
    let (victim, link) = (home.path().join("victim"), home.path().join("link"));
    std::fs::write(&victim, "mine").unwrap();
    symlink(home.path().join("a"), &link).unwrap();
    let ended = run(home.path(), &["export", link.to_str().unwrap(), "--profile", "clinic"]);
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(ended.err.contains("is a link, which is not followed"), "{ended:?}");
    for name in ["members.jsonl", "manifest.json"] {
        let file = home.path().join("a").join(name);
        let good = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        symlink(&victim, &file).unwrap();
        let ended = diff(home.path(), &["a", "a"]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.err.contains("it is no plain file"), "{ended:?}");
        if name == "manifest.json" {
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, good).unwrap();
        } else {
            export(home.path(), "a");
            assert!(!file.symlink_metadata().unwrap().is_symlink(), "the link was replaced");
        }
        assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine");
    }
}

// An export that fails half way leaves the one before as it was.
#[test]
fn when_the_platform_stops_answering_the_old_export_stays() {
    let clinic = Clinic::start();
    let home = signed_in(&clinic);
    export(home.path(), "a");
    let before = file(home.path(), "a/manifest.json");
    drop(clinic);
    let ended = run(
        home.path(),
        &["export", home.path().join("a").to_str().unwrap(), "--profile", "clinic", "--no-input"],
    );
    assert_ne!(ended.code, 0, "{ended:?}");
    assert_eq!(file(home.path(), "a/manifest.json"), before);
    let fresh = home.path().join("fresh");
    let ended = run(home.path(), &["export", fresh.to_str().unwrap(), "--profile", "clinic", "--no-input"]);
    assert_ne!(ended.code, 0, "{ended:?}");
    assert!(!fresh.exists(), "nothing is left of one that did not come to be");
    assert_eq!(diff(home.path(), &["a", "a"]).code, 0, "comparing files needs nobody");
}
