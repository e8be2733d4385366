//! `idconsole domains onboard`: every command is a process of its own, so every step here is left and taken up again.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::clinic::Clinic;
use super::{Ended, run};

const DOMAIN: &str = "post.example";

fn onboard(home: &Path, more: &[&str]) -> Ended {
    run(home, &[&["domains", "onboard", DOMAIN, "--format", "json"][..], more].concat())
}

fn read(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

fn state_of<'a>(told: &'a Value, step: &str) -> &'a str {
    let steps = told["steps"].as_array().unwrap();
    steps.iter().find(|row| row["step"] == step).unwrap()["state"].as_str().unwrap()
}

/// Everything under a folder, as text.
fn everything(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&everything(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&fs::read(path).unwrap()));
        }
    }
    text
}

#[test]
fn a_partner_is_brought_on_by_commands_each_of_which_goes_on_where_the_last_one_ended() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let issuer = format!("{}idp", clinic.running.base_url);

    let begun = onboard(home, &[]);
    assert_eq!(begun.code, 0, "{begun:?}");
    let told = read(&begun);
    assert_eq!(told["next"], "provider");
    let kept = told["kept_in"].as_str().unwrap().to_owned();

    assert_eq!(read(&onboard(home, &["--set", "idp=other"]))["next"], "provider");
    let place = format!("place={issuer}");
    assert_eq!(onboard(home, &["--set", &place]).code, 0);
    let told = read(&onboard(home, &["--run", "provider"]));
    assert_eq!((state_of(&told, "provider"), &told["next"]), ("done", &json!("hand-over")));

    let file = home.join("for-the-partner.txt");
    let text = ["--set", "our-contact=it@clinic.example", "--hand-over", file.to_str().unwrap()];
    assert_eq!(read(&onboard(home, &text))["next"], "credentials");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(&format!("{}auth/external", clinic.running.base_url)), "{text}");
    let again = onboard(home, &["--hand-over", file.to_str().unwrap()]);
    assert_eq!(again.code, 1, "a file that is there is not overwritten: {again:?}");

    let told = read(&onboard(home, &["--set", "client-id=partner-platform"]));
    assert_eq!((state_of(&told, "credentials"), &told["next"]), ("done", &json!("tests")));
    let looked = onboard(home, &["--run", "impact"]);
    assert!(looked.err.contains("will not get in any more"), "{looked:?}");
    assert_eq!(state_of(&read(&looked), "impact"), "done");

    // An earlier answer makes the later steps stale.
    let told = read(&onboard(home, &["--set", "client-id=another-platform"]));
    assert_eq!(state_of(&told, "impact"), "stale");
    let told = read(&onboard(home, &["--set", "client-id=partner-platform"]));
    assert_eq!(state_of(&told, "impact"), "done");
    let told = read(&onboard(home, &["--skip", "sign-in=nobody has time before Monday"]));
    assert_eq!(state_of(&told, "sign-in"), "skipped");

    let listed = run(home, &["domains", "onboard"]);
    assert!(listed.out.contains("post.example"), "{listed:?}");
    let table = run(home, &["domains", "onboard", DOMAIN]);
    assert!(table.out.contains("Next: Tests.") && table.out.contains("✓ Domain"), "{}", table.out);
    assert!(fs::read_to_string(kept).unwrap().contains("\"revision\""));
}

// S2
#[test]
fn bad_answers_are_refused_and_no_secret_comes_near_the_disk() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    assert_eq!(onboard(home, &["--set", "idp=google"]).code, 0);
    let before = read(&onboard(home, &[]));
    for (answer, why) in [
        ("client-id=GOCSPX-hunter2hunter2hunter2", "client secret"),
        ("client-secret=hunter2hunter2", "kept nowhere"),
        ("idp", "no equals sign"),
        ("colour=red", "The fields are idp"),
        ("place=https://idp.example", "Google needs none"),
    ] {
        let refused = onboard(home, &["--set", answer]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(why), "{refused:?}");
    }
    assert_eq!(read(&onboard(home, &[])), before, "nothing has changed");
    assert!(!everything(home).contains("hunter2"));
    for (domain, why) in [
        ("gmail.com", "addresses to anybody"),
        ("co.uk", "register names below"),
        ("https://partner.example", "web address"),
        ("partner.example.", "dot at the end"),
    ] {
        let refused = run(home, &["domains", "onboard", domain]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(why), "{refused:?}");
    }
}

#[test]
fn a_state_that_cannot_be_read_is_named_kept_and_set_aside_when_one_starts_over() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    let kept = read(&onboard(home, &["--set", "idp=okta"]))["kept_in"].as_str().unwrap().to_owned();
    for (text, why) in [
        (r#"{"domain": "post.example", "provider": "okta"}"#, "begun with an older idconsole"),
        (r#"{"version": 1, "domain": "post.exa"#, "cannot be read"),
    ] {
        fs::write(&kept, text).unwrap();
        let broken = onboard(home, &["--set", "idp=entra"]);
        assert_eq!(broken.code, 6, "{broken:?}");
        assert!(broken.err.contains(why) && broken.err.contains("--start-over"), "{broken:?}");
        assert_eq!(fs::read_to_string(&kept).unwrap(), text, "it is as it was");
    }
    assert_eq!(run(home, &["domains", "onboard"]).code, 8, "the list shows it");
    let over = onboard(home, &["--start-over"]);
    assert_eq!(over.code, 0, "{over:?}");
    assert!(over.err.contains("set aside in"), "{over:?}");
    assert!(everything(home).contains(r#""domain": "post.exa"#), "nothing is lost");
}

#[test]
fn a_provider_that_does_not_answer_as_it_should_is_told_and_the_step_stays_open() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    clinic.sign_in(home);
    // The platform itself is another issuer than the one that is asked for.
    let place = format!("place={}", clinic.running.base_url.trim_end_matches('/'));
    assert_eq!(onboard(home, &["--set", "idp=other", "--set", &place]).code, 0);
    let asked = onboard(home, &["--run", "provider"]);
    assert_eq!(asked.code, 8, "{asked:?}");
    assert_eq!(state_of(&read(&onboard(home, &[])), "provider"), "open");
    let early = onboard(home, &["--run", "impact"]);
    assert_eq!(early.code, 2, "{early:?}");
    assert!(early.err.contains("Identity provider comes first"), "{early:?}");
}
