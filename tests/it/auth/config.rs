//! `config.toml` and what the process was given.

use idconsole::config::{
    BaseUrl, Choice, Config, ConfigError, Connection, Environment, Method, NoConnection, Paths, Settings,
    StoreKind, choose,
};
use rstest::rstest;

const FILE: &str = r#"# my connections
[settings]
theme = "dark"   # at night

[connections.work]
base_url = "https://api.clinic.example"
method = "browser" # the usual way
store = "keyring"
production = true

[connections.work.idp]
issuer = "https://login.clinic.example"
client_id = "cli"

[connections.lab]
base_url = "http://localhost:8103/"
method = "direct"
store = "memory"

[later]
unknown = true
"#;

fn parsed(text: &str) -> Result<Config, ConfigError> {
    Config::parse("config.toml", text)
}

fn house(text: &str) -> (tempfile::TempDir, Paths) {
    let folder = tempfile::tempdir().unwrap();
    let paths = Paths::under(folder.path());
    std::fs::create_dir_all(paths.config_dir()).unwrap();
    std::fs::write(paths.config_file(), text).unwrap();
    (folder, paths)
}

fn lab(name: &str) -> Connection {
    Connection::new(name, BaseUrl::parse("http://localhost:8103").unwrap(), Method::Direct, StoreKind::Memory)
}

#[test]
fn connections_come_in_the_files_order_with_all_they_say() {
    let config = parsed(FILE).unwrap();
    let names: Vec<&str> = config.connections().iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["work", "lab"]);
    let work = config.connection("work").unwrap();
    assert_eq!(work.base_url.as_str(), "https://api.clinic.example/");
    assert!(work.production && !work.read_only);
    assert_eq!(work.idp.as_ref().unwrap().scope, "openid profile email");
    assert_eq!(config.settings().theme.as_deref(), Some("dark"));
    assert_eq!(config.connection("lab").unwrap(), &lab("lab"));
}

#[test]
fn no_file_means_no_connections_and_usual_settings() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::load(&Paths::under(folder.path())).unwrap();
    assert!(config.connections().is_empty());
    assert_eq!(config.settings(), &Settings::default());
}

#[rstest]
#[case(
    "[connections.a]\nbase_url = \"https://a.example\"\nmethod = \"brwoser\"\nstore = \"file\"\n",
    3,
    "`browser`"
)]
#[case(
    "[connections.a]\nbase_url = \"http://a.example\"\nmethod = \"direct\"\nstore = \"file\"\n",
    2,
    "https://"
)]
#[case("[connections.a]\nbase_url = \"https://a.example\"\nmethod = \"direct\"\n", 1, "store")]
#[case(
    "[connections.a]\nbase_url = \"https://a.example\"\nmethod = \"direct\"\nstore = \"disk\"\n",
    4,
    "`keyring`"
)]
#[case("\n\n[settings]\nmouse = \"yes\"\n", 4, "true or false")]
#[case("[settings]\nthme = \"dark\"\n", 2, "`theme`")]
#[case("[connections.a]\nprodution = true\n", 2, "`production`")]
#[case("[settings\n", 1, "]")]
#[case("[settings]\ntheme = \"dark\"\ndefault_connection = \"nowhere\"\n", 3, "nowhere")]
fn a_mistake_is_told_with_file_line_and_what_was_expected(
    #[case] text: &str,
    #[case] line: usize,
    #[case] expected: &str,
) {
    let error = parsed(text).unwrap_err();
    let shown = error.to_string();
    assert!(shown.starts_with(&format!("config.toml: line {line}: ")), "{shown}");
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn saving_keeps_comments_and_foreign_tables() {
    let (_folder, paths) = house(FILE);
    Config::edit(&paths, |config| {
        let mut work = config.connection("work")?.clone();
        work.method = Method::Paste;
        work.production = false;
        config.put(work)?;
        config.add(lab("second"))?;
        config.set_settings(Settings { mouse: false, ..config.settings().clone() })
    })
    .unwrap();
    let text = std::fs::read_to_string(paths.config_file()).unwrap();
    for kept in [
        "# my connections",
        "# at night",
        "# the usual way",
        "[later]\nunknown = true",
        "[connections.work.idp]",
    ] {
        assert!(text.contains(kept), "{kept} is gone:\n{text}");
    }
    assert!(text.contains("method = \"paste\" # the usual way") && !text.contains("production"), "{text}");
    let again = Config::load(&paths).unwrap();
    assert_eq!(again.connection("work").unwrap().method, Method::Paste);
    assert_eq!(again.connection("second").unwrap(), &lab("second"));
    assert!(!again.settings().mouse);
}

#[test]
fn a_removed_connection_takes_its_tables_and_the_default_with_it() {
    let (_folder, paths) = house(FILE);
    Config::edit(&paths, |config| {
        config.set_settings(Settings { default_connection: Some("work".into()), ..config.settings().clone() })
    })
    .unwrap();
    Config::edit(&paths, |config| config.remove("work")).unwrap();
    let again = Config::load(&paths).unwrap();
    assert_eq!(again.connections().len(), 1);
    assert_eq!(again.settings().default_connection, None);
    assert!(!std::fs::read_to_string(paths.config_file()).unwrap().contains("login.clinic.example"));
}

#[test]
fn a_change_that_fails_leaves_the_file_as_it_was() {
    let (_folder, paths) = house(FILE);
    let taken = Config::edit(&paths, |config| config.add(lab("lab")));
    assert_eq!(taken, Err(ConfigError::NameTaken("lab".into())));
    let bad = Config::edit(&paths, |config| config.add(lab("two words")));
    assert_eq!(bad, Err(ConfigError::BadName("two words".into())));
    assert_eq!(std::fs::read_to_string(paths.config_file()).unwrap(), FILE);
}

#[test]
fn a_file_with_a_mistake_is_never_overwritten() {
    let (_folder, paths) = house("[connections.a]\nbase_url = 1\n");
    assert!(Config::edit(&paths, |config| config.add(lab("b"))).is_err());
    assert_eq!(std::fs::read_to_string(paths.config_file()).unwrap(), "[connections.a]\nbase_url = 1\n");
}

#[test]
fn two_writers_at_once_both_keep_theirs() {
    let (_folder, paths) = house("");
    std::thread::scope(|scope| {
        for at in 0..8 {
            let paths = &paths;
            scope.spawn(move || Config::edit(paths, |config| config.add(lab(&format!("c{at}")))).unwrap());
        }
    });
    assert_eq!(Config::load(&paths).unwrap().connections().len(), 8);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_a_link_stays_one() {
    let (folder, paths) = house("");
    let real = folder.path().join("dotfiles.toml");
    std::fs::rename(paths.config_file(), &real).unwrap();
    std::os::unix::fs::symlink(&real, paths.config_file()).unwrap();
    Config::edit(&paths, |config| config.add(lab("a"))).unwrap();
    assert!(std::fs::symlink_metadata(paths.config_file()).unwrap().is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().contains("[connections.a]"));
}

fn environment(values: &[(&str, &str)]) -> Environment {
    Environment::from_lookup(|name| {
        values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
    })
}

fn chosen(config: &str, values: &[(&str, &str)], named: Option<&str>) -> Connection {
    match choose(&parsed(config).unwrap(), &environment(values), named).unwrap() {
        Choice::One { connection, .. } => *connection,
        Choice::Ask(why) => panic!("{why}"),
    }
}

#[test]
fn the_name_given_wins_over_the_environment_and_that_over_the_default() {
    let with_default = format!(
        "{}default_connection = \"lab\"\n{}",
        &FILE[..FILE.find("theme").unwrap()],
        &FILE[FILE.find("theme").unwrap()..]
    );
    assert_eq!(chosen(&with_default, &[("IDCONSOLE_PROFILE", "lab")], Some("work")).name, "work");
    assert_eq!(chosen(&with_default, &[("IDCONSOLE_PROFILE", "work")], None).name, "work");
    let address = chosen(&with_default, &[("IDCONSOLE_BASE_URL", "https://x.example:8443")], None);
    assert_eq!((address.name.as_str(), address.store), ("x.example:8443", StoreKind::Memory));
    assert_eq!(chosen(&with_default, &[], None).name, "lab");
}

#[test]
fn several_connections_without_a_default_are_never_guessed() {
    let several = choose(&parsed(FILE).unwrap(), &environment(&[]), None).unwrap();
    assert_eq!(several, Choice::Ask(NoConnection::Several(vec!["work".into(), "lab".into()])));
    assert_eq!(
        choose(&parsed("").unwrap(), &environment(&[]), None).unwrap(),
        Choice::Ask(NoConnection::None)
    );
    let unknown = choose(&parsed(FILE).unwrap(), &environment(&[]), Some("wrok")).unwrap_err();
    assert!(unknown.to_string().contains("work, lab"), "{unknown}");
}

#[test]
fn a_token_of_the_environment_is_the_way_in_and_is_kept_nowhere() {
    let one = chosen(FILE, &[("IDCONSOLE_ACCESS_TOKEN", "hush")], Some("work"));
    assert_eq!((one.method, one.store), (Method::Environment, StoreKind::Memory));
    assert!(!format!("{:?}", environment(&[("IDCONSOLE_ACCESS_TOKEN", "hush")])).contains("hush"));
}

#[test]
fn client_and_secret_of_the_environment_sign_a_machine_in() {
    let values = [
        ("IDCONSOLE_BASE_URL", "https://api.clinic.example"),
        ("IDCONSOLE_CLIENT_ID", "app"),
        ("IDCONSOLE_CLIENT_SECRET", "hush"),
    ];
    let one = chosen("", &values, None);
    assert_eq!((one.method, one.client_id.as_deref()), (Method::ClientCredentials, Some("app")));
}

// S5
#[rstest]
#[case(&[("SSH_CONNECTION", "1")], true)]
#[case(&[("SSH_CONNECTION", "1"), ("DISPLAY", ":0")], false)]
#[case(&[], false)]
fn a_session_over_ssh_without_display_is_headless(#[case] values: &[(&str, &str)], #[case] headless: bool) {
    assert_eq!(environment(values).headless, headless);
}

#[test]
fn a_wrong_address_in_the_environment_names_the_variable() {
    let error =
        choose(&parsed("").unwrap(), &environment(&[("IDCONSOLE_BASE_URL", "http://a.example")]), None);
    assert!(error.unwrap_err().to_string().contains("IDCONSOLE_BASE_URL"));
}
