//! `idconsole token …`: output, exit codes, and that no token comes out but by `--show`.

use std::fs;
use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};

use super::clinic::Clinic;
use super::{Ended, ended, idconsole, run};
use crate::auth::scripted::{METADATA_PATH, Reply, Server, metadata};
use crate::auth::signature::{key, signed};

const BEFORE: &str = "2011-03-22T18:00:00Z";

/// An example of RFC 7515, appendix A: the token and its key set.
fn example(section: &str) -> (String, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/rfc7515/appendix_a.json");
    let all: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let case = all.as_array().unwrap().iter().find(|case| case["section"] == section).unwrap().clone();
    (case["token"].as_str().unwrap().to_owned(), json!({"keys": [case["key"]]}))
}

/// A token given on standard input.
fn given(home: &Path, arguments: &[&str], input: &str) -> Ended {
    ended(idconsole(home).args(["token"]).args(arguments).write_stdin(input.to_owned()))
}

fn write(home: &Path, name: &str, content: &str) -> String {
    let path = home.join(name);
    fs::write(&path, content).unwrap();
    path.to_string_lossy().into_owned()
}

fn json_of(said: &Ended) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

// Nothing but the file is needed, and nothing is left behind.
#[test]
fn a_token_is_inspected_without_connection_or_session() {
    let home = tempfile::tempdir().unwrap();
    let (token, _) = example("A.3");
    for pasted in [token.clone(), format!("curl -H 'Authorization: Bearer {token}' https://api.example/")] {
        let said = given(home.path(), &["inspect"], &pasted);
        assert_eq!(said.code, 0, "{said:?}");
        for line in [
            "What follows was only read, not verified: anybody can write such a token.",
            "  alg  ES256  how it is signed",
            "  iss                         joe",
            "  exp        2011-03-22 18:43:00 UTC",
        ] {
            assert!(said.out.contains(line), "{line} is not in\n{}", said.out);
        }
    }
    let file = write(home.path(), "token", &token);
    let said = run(home.path(), &["token", "inspect", &file, "--format", "json"]);
    let shape = json_of(&said);
    assert_eq!(
        (&shape["form"], &shape["verified"], &shape["claims"]["iss"]),
        (&json!("signed"), &json!(false), &json!("joe"))
    );
    assert!(!said.out.contains(token.rsplit('.').next().unwrap()), "the signature is not shown");
    assert!(!home.path().join("data").exists(), "nothing is written");
}

// J1, J3, J10
#[rstest]
#[case::good("A.3", "A.3", false, 0, "The token is valid.")]
#[case::rsa("A.2", "A.2", false, 0, "The token is valid.")]
#[case::expired("A.3", "A.3", true, 8, "Ended")]
#[case::of_another_key("A.3", "A.4", false, 9, "no key for ES256")]
#[case::shared_secret("A.1", "A.1", false, 9, "shared secret")]
#[case::unsigned("A.5", "A.3", false, 8, "not signed")]
fn a_token_is_verified_with_keys_from_a_file(
    #[case] token: &str,
    #[case] keys: &str,
    #[case] now: bool,
    #[case] code: i32,
    #[case] words: &str,
) {
    let home = tempfile::tempdir().unwrap();
    let keys = write(home.path(), "keys", &example(keys).1.to_string());
    let mut arguments = vec!["verify", "--keys", &keys];
    if !now {
        arguments.extend(["--at", BEFORE]);
    }
    let said = given(home.path(), &arguments, &example(token).0);
    assert_eq!(said.code, code, "{said:?}");
    assert!(said.out.contains(words), "{words} is not in\n{}", said.out);
    arguments.extend(["--format", "json"]);
    let shape = json_of(&given(home.path(), &arguments, &example(token).0));
    let verdict = match code {
        0 => "valid",
        8 => "not-valid",
        _ => "unknown",
    };
    assert_eq!(shape["verdict"], verdict, "{shape}");
    assert!(!home.path().join("data").exists());
}

#[rstest]
#[case(&["--issuer", "joe"], 0)]
#[case(&["--issuer", "joe/"], 8)]
#[case(&["--audience", "me"], 8)]
fn what_is_expected_of_a_token_counts(#[case] expected: &[&str], #[case] code: i32) {
    let home = tempfile::tempdir().unwrap();
    let (token, keys) = example("A.3");
    let keys = write(home.path(), "keys", &keys.to_string());
    let arguments = [&["verify", "--keys", &keys, "--at", BEFORE][..], expected].concat();
    let said = given(home.path(), &arguments, &token);
    assert_eq!(said.code, code, "{said:?}");
}

/// An example of RFC 7520, section 4: the JWS in one line and its key set. What it signs is a sentence, no claims.
fn cookbook(name: &str) -> (String, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/rfc7520").join(name);
    let case: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    (case["output"]["compact"].as_str().unwrap().to_owned(), json!({"keys": [case["input"]["key"]]}))
}

// RFC 7515 §5.2: a JWS may sign anything; as a token it would not be one.
#[rstest]
#[case("4_1.rsa_v15_signature.json", 0)]
#[case("4_2.rsa-pss_signature.json", 0)]
#[case("4_3.ecdsa_signature.json", 0)]
#[case("4_4.hmac-sha2_integrity_protection.json", 9)]
fn a_signature_can_be_judged_alone(#[case] name: &str, #[case] code: i32) {
    let home = tempfile::tempdir().unwrap();
    let (jws, keys) = cookbook(name);
    let keys = write(home.path(), "keys", &keys.to_string());
    let alone = ["verify", "--keys", &keys, "--signature-only"];
    let said = given(home.path(), &alone, &jws);
    assert_eq!(said.code, code, "{said:?}");
    assert!(!said.out.contains("structure") && !said.out.contains("audience"), "{}", said.out);
    if code == 0 {
        assert!(said.out.contains("The signature is good; what it signs was not looked at."), "{}", said.out);
        let (front, signature) = jws.rsplit_once('.').unwrap();
        let forged =
            format!("{front}.{}{}", if signature.starts_with('A') { "B" } else { "A" }, &signature[1..]);
        assert_eq!(given(home.path(), &alone, &forged).code, 8);
        assert_eq!(given(home.path(), &["verify", "--keys", &keys], &jws).code, 8, "it is no token");
    }
    let seen = given(home.path(), &["inspect"], &jws);
    assert!(seen.out.contains("It signs 167 bytes that are no claims"), "{}", seen.out);
}

#[test]
fn a_spoiled_token_is_not_valid_and_no_token_is_a_usage_mistake() {
    let home = tempfile::tempdir().unwrap();
    let (token, keys) = example("A.3");
    let keys = write(home.path(), "keys", &keys.to_string());
    let verify = ["verify", "--keys", &keys, "--at", BEFORE];
    let (front, signature) = token.rsplit_once('.').unwrap();
    let changed =
        format!("{front}.{}{}", if signature.starts_with('A') { "B" } else { "A" }, &signature[1..]);
    for bad in [changed, format!("{token}="), token.replacen('.', "", 1)] {
        let said = given(home.path(), &verify, &bad);
        assert_eq!(said.code, 8, "{said:?}");
    }
    for nothing in ["", "nothing to see here"] {
        assert_eq!(given(home.path(), &verify, nothing).code, 2);
    }
    assert_eq!(given(home.path(), &["inspect"], &token.replacen('.', "", 1)).code, 8);
}

// S2
#[test]
fn a_token_as_an_argument_is_refused_and_not_repeated() {
    let home = tempfile::tempdir().unwrap();
    let (token, _) = example("A.3");
    for command in ["inspect", "verify", "why", "watch", "introspect", "exchange"] {
        let said = run(home.path(), &["token", command, &token, "--base-url", "http://127.0.0.1:9/"]);
        assert_eq!(said.code, 2, "{command}: {said:?}");
        assert!(!format!("{said:?}").contains(&token[..20]), "{said:?}");
        assert!(said.err.contains("not taken as arguments"), "{said:?}");
    }
}

#[test]
fn several_tokens_are_named_and_none_is_guessed() {
    let home = tempfile::tempdir().unwrap();
    let (one, two) = (example("A.3").0, example("A.2").0);
    let answer = json!({"access_token": one, "id_token": two}).to_string();
    let keys = write(home.path(), "keys", &example("A.3").1.to_string());
    let said = given(home.path(), &["verify", "--keys", &keys], &answer);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("access_token, id_token") && said.err.contains("--pick"), "{said:?}");
    let picked =
        given(home.path(), &["verify", "--keys", &keys, "--pick", "access_token", "--at", BEFORE], &answer);
    assert_eq!(picked.code, 0, "{picked:?}");
    let shape = json_of(&given(home.path(), &["inspect", "--format", "json"], &answer));
    assert_eq!(shape["tokens"].as_array().unwrap().len(), 2);
    let compared = given(home.path(), &["compare", "-"], &answer);
    assert_eq!(compared.code, 0, "{compared:?}");
    assert!(compared.out.contains("signed otherwise: ES256 → RS256"), "{compared:?}");
}

#[test]
fn the_sessions_own_tokens_are_looked_at_and_printed_with_show_only() {
    let clinic = Clinic::start();
    for super_admin in [false, true] {
        let home = tempfile::tempdir().unwrap();
        let signed_in = if super_admin {
            clinic.sign_in_as_super_admin(home.path())
        } else {
            clinic.sign_in(home.path())
        };
        assert_eq!(signed_in.code, 0, "{signed_in:?}");
        let shown = run(home.path(), &["token", "mint", "--show"]);
        assert_eq!(shown.code, 0, "{shown:?}");
        let token = shown.out.trim().to_owned();
        assert_eq!(shown.err, "", "no warning where it is not a terminal");
        let signature = token.rsplit('.').next().unwrap();
        let own = |arguments: &[&str], code: i32| {
            let said = run(home.path(), &[&["token"], arguments].concat());
            assert_eq!(said.code, code, "{arguments:?}: {said:?}");
            assert!(!format!("{said:?}").contains(signature), "{arguments:?}: {said:?}");
            said
        };
        own(&["mint"], 0);
        own(&["mint", "--format", "json"], 0);
        let seen = own(&["inspect", "--own"], 0);
        assert!(seen.out.starts_with("This is an access token"), "{seen:?}");
        let seen = own(&["inspect", "--own=id"], 0);
        assert!(seen.out.starts_with("This is an ID token"), "{seen:?}");
        let valid = own(&["verify", "--own"], 0);
        assert!(
            valid.out.contains("introspection  yes") && valid.out.contains("session        yes"),
            "{valid:?}"
        );
        let wrong_kind = own(&["verify", "--own", "--kind", "id"], 8);
        assert!(wrong_kind.out.contains("not an ID token"), "{wrong_kind:?}");
        let asked = own(&["introspect", "--own", "--format", "json"], 0);
        assert_eq!(json_of(&asked)["active"], true);
        own(&["why", "--own"], 0);
        own(&["why", "--own", "--url", "auth/me"], 0);
        own(&["why", "--own", "--resource", "Login"], if super_admin { 0 } else { 8 });
        let id = own(&["why", "--own=id", "--format", "json"], 8);
        assert_eq!(json_of(&id)["causes"][0]["cause"], "wrong-kind");
        let watched = own(&["watch", "--own", "--looks", "1", "--format", "json"], 0);
        let events: Vec<Value> =
            watched.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&events[0]["event"], &events[1]["event"]), (&json!("begins"), &json!("alive")));
        for log in fs::read_dir(home.path().join("data")).unwrap().map(|entry| entry.unwrap().path()) {
            if log.extension().is_some_and(|end| end == "log") {
                assert!(!fs::read_to_string(&log).unwrap().contains(signature), "{}", log.display());
            }
        }
        let file = write(home.path(), "token", &token);
        let same = own(&["compare", &file, "--own"], 0);
        assert!(same.err.contains("the very same"), "{same:?}");
        assert_eq!(run(home.path(), &["logout"]).code, 0);
        let over = given(
            home.path(),
            &["why", "--base-url", &clinic.running.base_url],
            &format!("curl -H 'authorization: bearer {token}' {}auth/me", clinic.running.base_url),
        );
        assert_eq!(over.code, 8, "{over:?}");
        assert!(over.out.starts_with("Its session was ended."), "{over:?}");
        assert!(over.err.contains("Nobody is signed in"), "{over:?}");
    }
}

// A foreign host is asked about before it is contacted.
#[test]
fn an_issuer_elsewhere_is_not_contacted_without_a_word() {
    let home = tempfile::tempdir().unwrap();
    let claims = json!({"iss": "https://idp.invalid/", "sub": "s", "exp": 4_000_000_000_u64});
    let token = signed(&key("k1"), "k1", &claims);
    let said = given(home.path(), &["verify", "--no-input"], &token);
    assert_eq!(said.code, 9, "{said:?}");
    assert!(said.err.contains("idp.invalid was not contacted") && said.err.contains("--yes"), "{said:?}");
    let agreed = given(home.path(), &["verify", "--yes"], &token);
    assert_eq!(agreed.code, 9);
    assert!(agreed.out.contains("cannot be reached"), "{agreed:?}");
}

#[test]
fn a_token_of_the_provider_is_exchanged_and_the_result_shown_with_show_only() {
    let clinic = Clinic::with(&["allowUnsafeOutbound=true"]);
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    let linked = clinic.running.state.read().find_by(
        "ProjectMembership",
        "project",
        &format!("Project/{}", clinic.facts.project_id),
    );
    let linked = linked.into_iter().find(|member| {
        member["active"].is_null()
            && member["user"]["display"].as_str().is_some_and(|display| display.ends_with("@clinic.example"))
            && member["externalId"].as_str().is_some_and(|id| id.len() == 25)
            && member["userConfiguration"].is_null()
            && member["accessPolicy"]["display"].is_string()
    });
    let linked = linked.unwrap();
    let subject =
        clinic.running.provider.mint(linked["externalId"].as_str().unwrap(), "openid email").unwrap();
    let portal = ["exchange", "--client-id", &clinic.facts.portal_client_id];
    let said = given(home.path(), &portal, &subject);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.starts_with("This is an access token") && !said.out.contains("eyJ"), "{said:?}");
    let rows = given(home.path(), &[&portal[..], &["--format", "csv"]].concat(), &subject);
    assert!(rows.out.starts_with("token,part,name,value\n") && !rows.out.contains("eyJ"), "{rows:?}");
    let shown = given(home.path(), &[&portal[..], &["--show"]].concat(), &subject);
    let works = given(home.path(), &["why", "--no-input"], shown.out.trim());
    assert_eq!(works.code, 0, "{works:?}");
    let refused = given(home.path(), &portal, "0123456789abcdef");
    assert_eq!(refused.code, 8, "{refused:?}");
    assert!(refused.err.contains("doctor login --flow exchange"), "{refused:?}");
    // The provider's own token is no bearer of the platform, and is not sent there to find out.
    let foreign = given(home.path(), &["why", "--no-input"], &subject);
    assert_eq!(foreign.code, 8, "{foreign:?}");
}

// J8: what is not told is neither yes nor no.
#[test]
fn a_kind_that_the_token_does_not_tell_is_not_called_valid() {
    let home = tempfile::tempdir().unwrap();
    let (token, keys) = example("A.3");
    let keys = write(home.path(), "keys", &keys.to_string());
    let verify = ["verify", "--keys", &keys, "--at", BEFORE];
    assert_eq!(given(home.path(), &verify, &token).code, 0);
    let said = given(home.path(), &[&verify[..], &["--kind", "access"]].concat(), &token);
    assert_eq!(said.code, 9, "{said:?}");
    assert!(said.out.starts_with("It cannot be told whether the token is valid (type)"), "{said:?}");
    assert!(said.out.contains("an access token was expected"), "{said:?}");
}

// J13: both tokens of an answer.
#[test]
fn an_id_token_is_held_against_the_access_token_of_the_same_answer() {
    let home = tempfile::tempdir().unwrap();
    let own = key("k1");
    let keys = write(home.path(), "keys", &json!({"keys": [own.public]}).to_string());
    let access = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA384, access.as_bytes());
    let half =
        base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, &hash.as_ref()[..24]);
    let claims =
        json!({"iss": "https://idp.example", "nonce": "n", "exp": 4_000_000_000_u64, "at_hash": half});
    let id = signed(&own, "k1", &claims);
    for (beside, code) in [(access, 0), ("another-access-token", 8)] {
        let answer = json!({"access_token": beside, "id_token": id}).to_string();
        let said = given(home.path(), &["verify", "--keys", &keys, "--pick", "id_token"], &answer);
        assert_eq!(said.code, code, "{said:?}");
        assert!(said.out.contains("at-hash"), "{said:?}");
    }
    let alone = given(home.path(), &["verify", "--keys", &keys], &id);
    assert_eq!(alone.code, 0, "{alone:?}");
}

// J13: a renewal may bring an access token alone; the ID token that stays came with an earlier one.
#[test]
fn ones_own_id_token_is_not_held_against_a_renewed_access_token() {
    let clinic = Clinic::shared();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    let own = key("k1");
    let keys = write(home.path(), "keys", &json!({"keys": [own.public]}).to_string());
    let claims =
        json!({"iss": clinic.running.base_url, "nonce": "n", "exp": 4_000_000_000_u64, "at_hash": "earlier"});
    let kept = fs::read_dir(home.path().join("data/sessions")).unwrap().next().unwrap().unwrap().path();
    let mut session: Value = serde_json::from_slice(&fs::read(&kept).unwrap()).unwrap();
    session["tokens"]["id"] = json!(signed(&own, "k1", &claims));
    fs::write(&kept, session.to_string()).unwrap();
    let said = run(home.path(), &["token", "verify", "--own=id", "--keys", &keys]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("at-hash    unknown"), "{said:?}");
}

// Names and values come from strangers: by the square of their number this would take many minutes.
#[test]
fn a_token_of_very_many_claims_is_inspected_at_once() {
    let home = tempfile::tempdir().unwrap();
    let list = format!("[{}]", vec!["1"; 60].join(","));
    let claims: Vec<String> =
        (0..2_000).map(|n| format!("\"a-claim-with-a-long-name-{n}\":[{list}]")).collect();
    let payload = base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        format!("{{{}}}", claims.join(",")),
    );
    let said = given(home.path(), &["inspect"], &format!("e30.{payload}.AA"));
    assert_eq!(said.code, 0);
    assert!(said.out.lines().count() > 100_000, "{}", said.out.lines().count());
}

#[test]
fn tokens_that_are_not_read_are_counted() {
    let home = tempfile::tempdir().unwrap();
    let own = key("k");
    let many: Vec<String> = (0..70).map(|n| signed(&own, "k", &json!({"sub": n}))).collect();
    let said = given(home.path(), &["inspect"], &many.join("\n"));
    assert!(said.err.contains("holds 70 tokens; the first 64 are read"), "{}", said.err);
}

#[test]
fn what_is_asked_for_as_csv_comes_as_csv() {
    let clinic = Clinic::start();
    let home = tempfile::tempdir().unwrap();
    assert_eq!(clinic.sign_in(home.path()).code, 0);
    let watched = run(home.path(), &["token", "watch", "--own", "--looks", "1", "--format", "csv"]);
    assert_eq!(watched.code, 0, "{watched:?}");
    let lines: Vec<&str> = watched.out.lines().collect();
    assert_eq!(lines[0], "at,event,said");
    assert!(lines[1].contains(",begins,") && lines[2].contains(",alive,") && lines.len() == 3, "{lines:?}");
}

// M6
#[tokio::test(flavor = "multi_thread")]
async fn an_introspection_on_a_host_of_its_own_is_asked_about_too() {
    let place = Server::start(|_, _| Reply::json(200, &json!({"active": true}))).await;
    let endpoint = format!("{}introspect", place.base);
    let issuer = Server::start(move |base, asked| match asked.path.as_str() {
        METADATA_PATH => {
            let mut document = metadata(base);
            document["introspection_endpoint"] = json!(endpoint);
            Reply::json(200, &document)
        }
        _ => Reply::not_found(),
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    let token = signed(&key("k1"), "k1", &json!({"iss": issuer.base, "sub": "s"}));
    let ask = ["introspect", "--issuer", &issuer.base];
    let said = given(home.path(), &[&ask[..], &["--no-input"]].concat(), &token);
    assert_eq!(said.code, 9, "{said:?}");
    assert!(said.err.contains("show it the token") && place.asked("/introspect").is_empty(), "{said:?}");
    let agreed = given(home.path(), &[&ask[..], &["--yes"]].concat(), &token);
    assert_eq!(agreed.code, 0, "{agreed:?}");
    assert_eq!(place.asked("/introspect").len(), 1);
}
