//! `idconsole domains request export` and `apply`: asked for in one role, written in the other.

use std::fs;

use idconsole::demo::idp::{CLIENT_SECRET, PARTNER_CLIENT};

use super::clinic::Clinic;
use super::run;

const DOMAIN: &str = "post.example";

#[test]
fn a_project_admin_asks_with_a_file_and_a_super_admin_writes_the_route() {
    let clinic = Clinic::with(&["allowUnsafeOutbound=true"]);
    let (asking, writing) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    clinic.sign_in(asking.path());
    clinic.sign_in_as_super_admin(writing.path());
    let secret = asking.path().join("secret");
    fs::write(&secret, CLIENT_SECRET).unwrap();
    let secret = secret.to_str().unwrap();
    let file = asking.path().join("request.json");
    let file = file.to_str().unwrap();
    let onboard = |more: &[&str]| {
        run(asking.path(), &[&["domains", "onboard", DOMAIN, "--format", "json"][..], more].concat())
    };
    let place = format!("place={}idp", clinic.running.base_url);
    let client = format!("client-id={PARTNER_CLIENT}");
    assert_eq!(onboard(&["--set", "idp=other", "--set", &place, "--run", "provider"]).code, 0);
    let tested = onboard(&["--set", &client, "--run", "tests", "--run", "impact", "--secret-file", secret]);
    assert_eq!(tested.code, 0, "{tested:?}");
    let without = ["domains", "request", "export", DOMAIN, "--out", file, "--secret-file", secret];
    let reasonless = run(asking.path(), &without);
    assert_eq!(reasonless.code, 2, "{reasonless:?}");
    let export = [&without[..], &["--reason", "ticket 4711"]].concat();
    let exported = run(asking.path(), &export);
    assert_eq!(exported.code, 0, "{exported:?}");
    let text = fs::read_to_string(file).unwrap();
    assert!(!text.contains(CLIENT_SECRET), "no secret is in it");
    let again = run(asking.path(), &export);
    assert_eq!(again.code, 1, "a file that is there stays: {again:?}");
    let told = onboard(&[]);
    assert!(told.out.contains("asked for with"), "{told:?}");

    // Whoever asks may not write it.
    let apply = ["domains", "request", "apply", file, "--secret-file", secret];
    let write = ["--yes", "--no-input", "--reason", "asked for by Pat"];
    let refused = run(asking.path(), &[&apply[..], &write].concat());
    assert_eq!(refused.code, 4, "{refused:?}");

    let dry = run(writing.path(), &["domains", "request", "apply", file, "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.err.contains("Pat Admin") && dry.err.contains("ticket 4711"), "{dry:?}");
    assert!(dry.out.contains("will not get in any more"), "{dry:?}");
    let done = run(writing.path(), &[&apply[..], &write].concat());
    assert_eq!(done.code, 0, "{done:?}");
    let stored = clinic.running.state.read().find_by("DomainConfiguration", "domain", DOMAIN);
    assert_eq!(stored[0]["identityProvider"]["clientSecret"], CLIENT_SECRET);
    assert!(!done.out.contains(CLIENT_SECRET) && !done.err.contains(CLIENT_SECRET));

    // The one who asked sees that it is there.
    let watched = onboard(&["--run", "watch"]);
    assert!(watched.err.contains("super admins only"), "{watched:?}");
}

#[test]
fn a_bad_request_changes_nothing() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    clinic.sign_in_as_super_admin(home.path());
    let file = home.path().join("request.json");
    for (text, why) in [
        ("{}", "does not say that it is one"),
        (r#"{"kind": "idconsole-route-request", "version": 9}"#, "written in form 9"),
        ("no json", "not JSON"),
    ] {
        fs::write(&file, text).unwrap();
        let refused = run(home.path(), &["domains", "request", "apply", file.to_str().unwrap(), "--yes"]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.err.contains(why) && refused.err.contains("Nothing was changed"), "{refused:?}");
    }
    let missing = run(home.path(), &["domains", "request", "apply", "/no/such/file", "--yes"]);
    assert_eq!(missing.code, 2, "{missing:?}");
}
