//! `idconsole domains impact`: whom a route meets, by command.

use std::fs;

use serde_json::{Value, json};

use super::clinic::Clinic;
use super::{Ended, run};

fn route(domain: &str) -> Value {
    json!({
        "resourceType": "DomainConfiguration",
        "domain": domain,
        "identityProvider": {
            "authorizeUrl": "https://idp.example/authorize",
            "tokenUrl": "https://idp.example/token",
            "userInfoUrl": "https://idp.example/userinfo",
            "clientId": "clinic",
        },
    })
}

fn read(ended: &Ended) -> Value {
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

#[test]
fn an_impact_ends_with_8_when_somebody_would_not_get_in_and_names_everybody() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let file = home.path().join("route.json");
    fs::write(&file, route("post.example").to_string()).unwrap();
    let file = file.to_str().unwrap();
    let told = run(home.path(), &["domains", "impact", "post.example", "--file", file, "--format", "json"]);
    assert_eq!(told.code, 8, "{told:?}");
    let told = read(&told);
    assert_eq!((&told["change"], &told["after"]), (&json!("added"), &json!("idp.example")));
    let people = told["people"].as_array().unwrap();
    assert_eq!(told["counts"]["members"], people.len());
    let dana = people.iter().find(|person| person["email"] == "dana.cruz@post.example").unwrap();
    assert_eq!((&dana["effect"], &dana["unless_project_named"]), (&json!("breaks"), &json!(true)));
    let table = run(home.path(), &["domains", "impact", "post.example", "--file", file]);
    assert_eq!(table.code, 8);
    assert!(table.out.contains("✗ ") && table.out.contains("will not get in any more"), "{}", table.out);
    let csv = run(home.path(), &["domains", "impact", "post.example", "--file", file, "--format", "csv"]);
    assert!(csv.out.starts_with("effect,name,email,today,after,why,bypass"), "{}", csv.out);
    let only = ["domains", "impact", "post.example", "--file", file, "--only", "unchanged"];
    let none = run(home.path(), &only);
    assert!(none.err.contains("Nobody of them."), "{none:?}");
}

#[test]
fn a_domain_alone_is_told_as_it_is_and_a_removal_beforehand() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let today = run(home.path(), &["domains", "impact", "Lab.Example", "--format", "json"]);
    assert_eq!(today.code, 0, "{today:?}");
    assert_eq!(read(&today)["change"], "nothing");
    let removed = run(home.path(), &["domains", "impact", "lab.example", "--remove", "--format", "json"]);
    assert_eq!(removed.code, 8, "people without a password: {removed:?}");
    let nobody = run(home.path(), &["domains", "impact", "nobody.example"]);
    assert_eq!(nobody.code, 0);
    assert!(nobody.out.contains("No member has an address of this domain."), "{}", nobody.out);
}

// Unknown is not no
#[test]
fn a_project_admin_is_told_that_it_cannot_be_told() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in(home.path());
    // Where a stored route leads is seen, how it recognises people is not: as it is, nothing changes.
    let today = run(home.path(), &["domains", "impact", "lab.example", "--format", "json"]);
    assert_eq!(read(&today)["change"], "nothing", "{today:?}");
    let removed = run(home.path(), &["domains", "impact", "lab.example", "--remove"]);
    assert_eq!(removed.code, 9, "{removed:?}");
    assert!(removed.out.contains("Not seen: whether a password is set"), "{}", removed.out);
}

#[test]
fn a_file_that_holds_a_secret_another_domain_or_no_route_is_refused() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let file = home.path().join("route.json");
    let mut secret = route("post.example");
    secret["identityProvider"]["clientSecret"] = json!("hunter2-hunter2");
    let cases = [
        (secret.to_string(), "holds a secret"),
        (route("mail.example").to_string(), "is about mail.example"),
        ("{".to_owned(), "not JSON"),
        (json!({"resourceType": "User"}).to_string(), "holds a User"),
    ];
    for (text, why) in cases {
        fs::write(&file, text).unwrap();
        let command = ["domains", "impact", "post.example", "--file", file.to_str().unwrap()];
        let refused = run(home.path(), &command);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(why) && !refused.err.contains("hunter2"), "{refused:?}");
    }
    let address = run(home.path(), &["domains", "impact", "https://post.example"]);
    assert_eq!(address.code, 2);
    assert!(address.err.contains("web address"), "{address:?}");
}
