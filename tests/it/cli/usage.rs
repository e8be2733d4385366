//! What is said before anything is asked of a platform.

use rstest::rstest;

use super::run;

#[test]
fn help_names_every_exit_code_and_variable() {
    let home = tempfile::tempdir().unwrap();
    let ended = run(home.path(), &["--help"]);
    assert_eq!(ended.code, 0);
    for line in [
        "0  done",
        "2  usage or malformed input",
        "3  not signed in",
        "4  not allowed",
        "5  not found",
        "6  conflict",
        "7  platform unreachable",
        "8  done, with findings",
        "IDCONSOLE_BASE_URL",
        "IDCONSOLE_ACCESS_TOKEN",
        "IDCONSOLE_PROFILE",
        "IDCONSOLE_CONFIG_DIR",
        "IDCONSOLE_DATA_DIR",
    ] {
        assert!(ended.out.contains(line), "{line} is not in\n{}", ended.out);
    }
    assert_eq!(ended.err, "");
}

#[rstest]
#[case::unknown_command(&["frobnicate"])]
#[case::unknown_format(&["whoami", "--format", "xml"])]
#[case::missing_argument(&["users", "set-email", "jane"])]
#[case::no_subcommand(&["members"])]
#[case::entry_is_a_number(&["journal", "show", "first"])]
fn a_usage_mistake_ends_with_2_and_writes_no_result(#[case] arguments: &[&str]) {
    let home = tempfile::tempdir().unwrap();
    let ended = run(home.path(), arguments);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_eq!(ended.out, "");
    assert!(!ended.err.is_empty());
    assert!(!home.path().join("data").exists(), "a usage mistake leaves no files");
}

#[test]
fn the_schema_of_what_is_no_command_says_so() {
    let home = tempfile::tempdir().unwrap();
    for (command, said) in [
        (&["members", "lst"][..], "There is no command `idconsole members lst`."),
        (&["members"], "`idconsole members` is several commands"),
        (&["logout"], "`idconsole logout` writes no JSON."),
    ] {
        let ended = run(home.path(), &[&["schema"], command].concat());
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(ended.err.starts_with(said), "{ended:?}");
    }
}

// The names that help tells of are names that are taken.
#[test]
fn every_theme_that_help_names_is_one() {
    let help = run(tempfile::tempdir().unwrap().path(), &["--help"]).out;
    let flat = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, rest) = flat.split_once("The console's colours: ").unwrap();
    let (names, _) = rest.split_once(", or a file").unwrap();
    let known: Vec<&str> = idconsole::console::theme::EMBEDDED.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.split(", ").collect::<Vec<_>>(), known);
}
