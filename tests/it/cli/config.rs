//! `config …`: where files are, what holds, what is wrong; the schema and the example are those of the program.

use std::path::Path;

use serde_json::{Value, json};

use super::run;

fn written(home: &Path, name: &str, text: &str) {
    let path = home.join("config").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn every_mistake_in_every_file_is_told_at_once() {
    let home = tempfile::tempdir().unwrap();
    let none = run(home.path(), &["config", "check"]);
    assert_eq!(none.code, 0, "{none:?}");
    assert!(none.err.starts_with("There is no file of your own in "), "{none:?}");
    written(home.path(), "config.toml", "[settings]\nmouse = \"yes\"\nthme = \"dark\"\n");
    written(home.path(), "keys.toml", "[global]\nqiut = [\"q\"]\nsuspend = [\"?\"]\n");
    written(home.path(), "themes/mine.toml", "[roles]\nacent = \"cyan\"\n");
    let told = run(home.path(), &["config", "check"]);
    assert_eq!(told.code, 2, "{told:?}");
    let said: Vec<String> = told
        .out
        .lines()
        .skip(1)
        .map(|line| {
            line.replace(home.path().to_str().unwrap(), "").split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(
        said,
        [
            "/config/config.toml 2 `mouse` is the text \"yes\"; expected true or false",
            "/config/config.toml 3 `thme` is no key of [settings]; did you mean `theme`?",
            "/config/keys.toml 2 `qiut` is not an action of [global]; did you mean `quit`?",
            "/config/keys.toml 3 `?` is the key of both `suspend` and `help` in [global]; give one of them another \
             key, or none by `[]`",
            "/config/themes/mine.toml 2 `acent` is not a role; did you mean `accent`?",
        ]
    );
    let as_json = run(home.path(), &["config", "check", "--format", "json"]);
    let value: Value = serde_json::from_str(&as_json.out).unwrap();
    assert_eq!((value[1]["line"].clone(), value.as_array().unwrap().len()), (json!(3), 5));
    // Another command names the first of them and where to find the others.
    let other = run(home.path(), &["connections", "list"]);
    assert_eq!(other.code, 2, "{other:?}");
    assert!(other.err.contains("config.toml: line 2: `mouse` is the text"), "{other:?}");
    written(home.path(), "config.toml", "[settings]\nmouse = false\n");
    written(home.path(), "keys.toml", "[global]\nsuspend = []\n");
    written(home.path(), "themes/mine.toml", "base = \"dark\"\n");
    let good = run(home.path(), &["config", "check"]);
    assert_eq!(
        (good.code, good.err.as_str()),
        (0, "Nothing is wrong in the 3 files of your own.\n"),
        "{good:?}"
    );
}

// In good form, and yet without any meaning: the console goes on without it and says nothing.
#[test]
fn what_means_nothing_is_a_mistake_too_and_one_file_does_not_hide_another() {
    let home = tempfile::tempdir().unwrap();
    written(
        home.path(),
        "config.toml",
        "[settings]\ntheme = \"drak\"\n[settings.columns]\nmembrs = [\"name\"]\nmembers = [\"email\", \"-emial\"]\n\
         [connections.a]\nbase_url = \"https://a.example\"\nmethod = \"device-exchange\"\nstore = \"file\"\n",
    );
    std::fs::write(home.path().join("config/keys.toml"), b"[global]\nquit = [\"\xff\"]\n").unwrap();
    written(home.path(), "themes/mine.toml", "[roles]\nacent = \"cyan\"\n");
    let told = run(home.path(), &["config", "check", "--format", "json"]);
    assert_eq!(told.code, 2, "{told:?}");
    let value: Value = serde_json::from_str(&told.out).unwrap();
    let said: Vec<String> =
        value.as_array().unwrap().iter().map(|one| format!("{} {}", one["line"], one["wrong"])).collect();
    assert_eq!(
        said,
        [
            "2 \"there is no theme `drak`; did you mean `dark`?\"",
            "4 \"there is no list `membrs`; did you mean `members`?\"",
            "5 \"`members` has no column `emial`; did you mean `email`?\"",
            "8 \"`method` is \\\"device-exchange\\\", which needs [connections.a.idp]; expected it with issuer and client_id\"",
            "2 \"this is not UTF-8; save the file as UTF-8\"",
            "2 \"`acent` is not a role; did you mean `accent`?\"",
        ]
    );
    // A theme of one's own, and a file of one, are themes.
    let file = home.path().join("elsewhere.toml");
    std::fs::write(&file, "base = \"dark\"\n").unwrap();
    std::fs::remove_file(home.path().join("config/keys.toml")).unwrap();
    written(home.path(), "themes/mine.toml", "base = \"dark\"\n");
    for theme in ["mine", "default", "high-contrast", file.to_str().unwrap()] {
        written(home.path(), "config.toml", &format!("[settings]\ntheme = \"{theme}\"\n"));
        let good = run(home.path(), &["config", "check"]);
        assert_eq!(good.code, 0, "{good:?}");
    }
}

#[test]
fn a_theme_elsewhere_is_read_and_a_file_that_cannot_be_read_hides_no_other() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = home.path().join("elsewhere.toml");
    std::fs::write(&elsewhere, "[roles]\nacent = \"cyan\"\n").unwrap();
    written(home.path(), "config.toml", &format!("[settings]\ntheme = {elsewhere:?}\n"));
    std::fs::create_dir(home.path().join("config/keys.toml")).unwrap();
    let told = run(home.path(), &["config", "check", "--format", "json"]);
    assert_eq!(told.code, 2, "{told:?}");
    let value: Value = serde_json::from_str(&told.out).unwrap();
    let wrong: Vec<&str> =
        value.as_array().unwrap().iter().map(|one| one["wrong"].as_str().unwrap()).collect();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(value[0]["file"].as_str().unwrap().ends_with("keys.toml"), "{value}");
    assert!(wrong[0].starts_with("it cannot be read: "), "{wrong:?}");
    assert_eq!(wrong[1], "`acent` is not a role; did you mean `accent`?");
    assert_eq!(value[1]["file"].as_str(), elsewhere.to_str());
}

#[test]
fn what_the_locale_and_the_file_say_is_told_as_theirs() {
    let home = tempfile::tempdir().unwrap();
    // As it is anyway: what stands in the file is of the file.
    written(home.path(), "config.toml", "[settings]\nmouse = true\n");
    let mut command = super::idconsole(home.path());
    let show = super::ended(command.args(["config", "show", "--format", "json"]).env("LC_ALL", "C"));
    let value: Value = serde_json::from_str(&show.out).unwrap();
    let of =
        |name: &str| value.as_array().unwrap().iter().find(|one| one["setting"] == name).unwrap().clone();
    assert_eq!(of("mouse"), json!({ "setting": "mouse", "value": true, "from": "config.toml" }));
    let from = "the locale, which has ASCII only";
    assert_eq!(of("ascii"), json!({ "setting": "ascii", "value": true, "from": from }));
    assert_eq!(of("osc52")["from"], "default");
}

#[test]
fn what_holds_is_told_with_what_made_it_so() {
    let home = tempfile::tempdir().unwrap();
    written(
        home.path(),
        "config.toml",
        "[settings]\nmouse = false\n[connections.live]\nbase_url = \"api.clinic.example\"\nmethod = \"browser\"\n\
         store = \"memory\"\nproduction = true\n",
    );
    let show = run(home.path(), &["config", "show", "--theme", "light", "--read-only", "--format", "json"]);
    assert_eq!(show.code, 0, "{show:?}");
    let value: Value = serde_json::from_str(&show.out).unwrap();
    let of =
        |name: &str| value.as_array().unwrap().iter().find(|one| one["setting"] == name).unwrap().clone();
    assert_eq!(of("mouse"), json!({ "setting": "mouse", "value": false, "from": "config.toml" }));
    assert_eq!(of("theme"), json!({ "setting": "theme", "value": "light", "from": "--theme" }));
    assert_eq!(of("ascii"), json!({ "setting": "ascii", "value": false, "from": "default" }));
    assert_eq!(of("read_only")["from"], "--read-only");
    assert_eq!(of("connection")["value"], "live");
    let from = of("connection")["from"].as_str().unwrap().to_owned();
    assert!(from.contains("PRODUCTION") && from.contains("started with --read-only"), "{from}");
}

#[test]
fn paths_are_those_that_are_used() {
    let home = tempfile::tempdir().unwrap();
    written(home.path(), "config.toml", "");
    let path = run(home.path(), &["config", "path", "--format", "csv"]);
    assert_eq!(path.code, 0, "{path:?}");
    let file = home.path().join("config/config.toml");
    assert!(path.out.contains(&format!("settings,{},yes", file.display())), "{path:?}");
    assert!(path.out.contains("keys.toml,no"), "{path:?}");
}

#[test]
fn examples_can_be_used_as_they_are() {
    let home = tempfile::tempdir().unwrap();
    for (of, name) in [("config", "config.toml"), ("keys", "keys.toml"), ("theme", "themes/mine.toml")] {
        let example = run(home.path(), &["config", "example", of]);
        assert_eq!(example.code, 0, "{example:?}");
        written(home.path(), name, &example.out);
    }
    let check = run(home.path(), &["config", "check"]);
    assert_eq!(check.code, 0, "{check:?}");
}

/// Compares a generated file with the one that is kept, or writes it anew when asked to.
fn is_fresh(name: &str, fresh: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name);
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        std::fs::write(&path, fresh).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == fresh,
        "{name} is stale; write it anew: UPDATE_ASSETS=1 cargo test --test it cli::config"
    );
}

#[test]
fn the_schema_and_the_example_that_are_kept_are_fresh_and_those_that_are_printed() {
    let home = tempfile::tempdir().unwrap();
    let schema = run(home.path(), &["config", "schema"]);
    assert_eq!(schema.out, idconsole::config::schema::text());
    is_fresh(idconsole::config::schema::FILE, &schema.out);
    let example = run(home.path(), &["config", "example"]);
    assert_eq!(example.out, idconsole::config::example::text());
    is_fresh(idconsole::config::example::FILE, &example.out);
}

/// As much of JSON schema as the schema uses.
fn fits(value: &Value, schema: &Value) -> bool {
    let typed = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        other => panic!("{other:?} is not understood"),
    };
    let listed = schema["enum"].as_array().is_none_or(|all| all.contains(value));
    let items = value.as_array().is_none_or(|items| items.iter().all(|item| fits(item, &schema["items"])));
    let members = value.as_object().is_none_or(|members| {
        let required = schema["required"].as_array().into_iter().flatten();
        required.filter_map(Value::as_str).all(|name| members.contains_key(name))
            && members.iter().all(|(name, value)| {
                let by_name = schema["properties"].get(name);
                let by_pattern = schema["patternProperties"].as_object().and_then(|all| all.values().next());
                match (by_name.or(by_pattern), &schema["additionalProperties"]) {
                    (None, Value::Bool(false)) => false,
                    (None, Value::Null) => true,
                    (Some(inner), _) | (None, inner) => fits(value, inner),
                }
            })
    });
    typed && listed && items && members
}

// The schema and the program say the same of a file.
#[test]
fn the_schema_takes_what_the_program_takes() {
    const GOOD: &str =
        "[connections.a]\nbase_url = \"https://a.example\"\nmethod = \"direct\"\nstore = \"file\"\n";
    let schema = idconsole::config::schema::schema();
    let cases = [
        ("", true),
        (GOOD, true),
        ("[settings]\nmouse = true\ncolumns = { members = [\"name\"] }\n[other]\nx = 1\n", true),
        ("[settings]\nmouse = 1\n", false),
        ("[settings]\nthme = \"x\"\n", false),
        ("[settings]\ncolumns = { members = [1] }\n", false),
        ("[connections.a]\nbase_url = \"https://a.example\"\nmethod = \"direct\"\n", false),
        ("[connections.a]\nbase_url = \"https://a.example\"\nmethod = \"fly\"\nstore = \"file\"\n", false),
        ("connections = 3\n", false),
    ];
    let idp = |more: &str| format!("{GOOD}[connections.a.idp]\nissuer = \"https://i.example\"\n{more}");
    let nested =
        [(idp("client_id = \"c\"\n"), true), (idp(""), false), (idp("client_id = \"c\"\nx = 1\n"), false)];
    let nested = nested.iter().map(|(text, good)| (text.as_str(), *good));
    for (text, good) in cases.into_iter().chain(nested) {
        let value: Value = toml::from_str(text).unwrap();
        assert_eq!(fits(&value, &schema), good, "the schema: {text}");
        assert_eq!(idconsole::config::mistakes(text).is_empty(), good, "the program: {text}");
    }
}
