//! `domains test` as a script sees it: what it writes, and how it ends.

use std::path::Path;

use idconsole::demo::idp::{CLIENT_SECRET, PARTNER_CLIENT};
use serde_json::{Value, json};

use crate::cli::clinic::Clinic;
use crate::cli::{Ended, ended, idconsole, run};

fn issuer(clinic: &Clinic) -> String {
    format!("{}idp", clinic.running.base_url)
}

fn with_secret(home: &Path, secret: &str, arguments: &[&str]) -> Ended {
    ended(idconsole(home).env("IDCONSOLE_IDP_SECRET", secret).args(arguments))
}

#[test]
fn an_unsaved_route_is_tested_by_a_project_admin_and_works() {
    let (clinic, home) = (Clinic::shared(), tempfile::tempdir().unwrap());
    clinic.sign_in(home.path());
    let issuer = issuer(clinic);
    let arguments =
        ["domains", "test", "new-partner.example", "--issuer", &issuer, "--client-id", PARTNER_CLIENT];
    let tested = with_secret(home.path(), CLIENT_SECRET, &arguments);
    assert!(tested.out.contains("It takes the client's secret"), "{tested:?}");
    assert!(tested.out.contains("passed          it sends people back to the platform"), "{tested:?}");
    assert!(!tested.out.contains("failed "), "{tested:?}");
    assert_eq!(tested.code, 0, "{tested:?}");
    assert!(!tested.out.contains(CLIENT_SECRET) && !tested.err.contains(CLIENT_SECRET));
}

#[test]
fn a_failed_check_ends_with_8_and_says_what_to_do() {
    let (clinic, home) = (Clinic::shared(), tempfile::tempdir().unwrap());
    clinic.sign_in_as_super_admin(home.path());
    let issuer = issuer(clinic);
    let arguments = [
        "domains",
        "test",
        "New-Partner.example",
        "--issuer",
        &issuer,
        "--client-id",
        PARTNER_CLIENT,
        "--format",
        "json",
    ];
    let tested = with_secret(home.path(), "a-wrong-secret-1", &arguments);
    assert_eq!(tested.code, 8, "{tested:?}");
    let shape: Value = serde_json::from_str(&tested.out).unwrap();
    let of = |id: &str| {
        shape["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap().clone()
    };
    assert_eq!(of("domain-form")["outcome"], "failed");
    assert_eq!(of("client-secret")["outcome"], "failed");
    assert_eq!(of("issuer")["outcome"], "passed");
    assert!(of("client-secret")["exchanges"].as_array().unwrap().len() >= 2);
    assert!(!tested.out.contains("a-wrong-secret-1"), "{tested:?}");
}

#[test]
fn a_file_is_tested_and_its_secret_comes_from_another() {
    let (clinic, home) = (Clinic::shared(), tempfile::tempdir().unwrap());
    clinic.sign_in(home.path());
    let issuer = issuer(clinic);
    let record = json!({
        "resourceType": "DomainConfiguration", "domain": "new-partner.example",
        "identityProvider": {
            "authorizeUrl": format!("{issuer}/authorize"), "tokenUrl": format!("{issuer}/token"),
            "userInfoUrl": format!("{issuer}/userinfo"), "clientId": "not-a-client-here",
        },
    });
    let (file, secret) = (home.path().join("route.json"), home.path().join("secret"));
    std::fs::write(&file, record.to_string()).unwrap();
    std::fs::write(&secret, format!("{CLIENT_SECRET}\n")).unwrap();
    let (file, secret) = (file.to_str().unwrap(), secret.to_str().unwrap());
    let tested =
        run(home.path(), &["domains", "test", "--file", file, "--secret-file", secret, "--format", "csv"]);
    assert_eq!(tested.code, 8, "{tested:?}");
    assert!(tested.out.contains("authorize,failed,"), "{tested:?}");
    assert!(!tested.out.contains(CLIENT_SECRET));
}

#[test]
fn saved_routes_are_a_super_admins() {
    let (clinic, home) = (Clinic::shared(), tempfile::tempdir().unwrap());
    clinic.sign_in(home.path());
    let refused = run(home.path(), &["domains", "test", "clinic.example"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.err.contains("super admins only") && refused.err.contains("--issuer"), "{refused:?}");

    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let one = run(home.path(), &["domains", "test", "partner.example"]);
    assert!(one.out.contains("The issuer was found"), "{one:?}");
    let missing = run(home.path(), &["domains", "test", "nobody.example"]);
    assert_eq!(missing.code, 5, "{missing:?}");
    let all = run(home.path(), &["domains", "test", "--all", "--format", "json"]);
    let shape: Value = serde_json::from_str(&all.out).unwrap();
    assert!(shape.as_array().unwrap().len() >= 2, "{all:?}");
    assert_eq!(all.code, 8, "the clinic has a route that never matches: {all:?}");
}

#[test]
fn what_is_no_route_is_said_before_anything_is_asked() {
    let (clinic, home) = (Clinic::shared(), tempfile::tempdir().unwrap());
    clinic.sign_in(home.path());
    let file = home.path().join("route.json");
    for (text, words) in
        [("<html>", "does not hold a route"), ("{\"resourceType\":\"Patient\"}", "it holds a Patient")]
    {
        std::fs::write(&file, text).unwrap();
        let refused = run(home.path(), &["domains", "test", "--file", file.to_str().unwrap()]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(words), "{refused:?}");
    }
    let asked =
        run(home.path(), &["domains", "test", "x.example", "--ask-secret", "--no-input", "--client-id", "c"]);
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.err.contains("IDCONSOLE_IDP_SECRET"), "{asked:?}");
}
