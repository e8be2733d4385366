//! Why a token is refused, compared with what the embedded platform really answers, in both roles.

use std::sync::Arc;

use idconsole::identity::access::Interaction;
use idconsole::identity::{Reference, Text};
use idconsole::ports::{Clock, FixedClock, SystemClock};
use idconsole::token::extract::extract;
use idconsole::workflows::Engine;
use idconsole::workflows::access::Wish;
use idconsole::workflows::token_lab::why::{CauseId, Outcome, Sure};
use idconsole::workflows::token_lab::{Lab, Tried, Why, report, why};
use jiff::SignedDuration;
use rstest::rstest;
use serde_json::json;

use super::scene::{Scene, token};
use super::token_lab::{Tokens, change, given, lab, tokens};
use crate::auth::signature::{key, signed};

const DANA: &str = "dana.cruz@post.example";
const SCOPE: &str = "openid profile email offline_access";

struct Ward {
    scene: Scene,
    tokens: Tokens,
}

impl Ward {
    /// Dana, a member of the staff, is signed in.
    async fn new() -> Self {
        Self::with_scope(SCOPE).await
    }

    async fn with_scope(scope: &str) -> Self {
        let scene = Scene::new(&[]).await;
        let tokens = tokens(&scene.running, DANA, idconsole::demo::PASSWORD, scope).await;
        Self { scene, tokens }
    }

    fn base(&self) -> &str {
        &self.scene.running.base_url
    }

    fn both(&self) -> [&Engine; 2] {
        [&self.scene.super_admin, &self.scene.project_admin]
    }

    fn lab(&self, engine: &Engine) -> Lab {
        lab(self.base(), Some(engine))
    }

    async fn membership(&self) -> Reference {
        self.scene.member(&self.scene.super_admin, DANA).await.reference()
    }

    fn stored(&self, reference: &Reference) -> serde_json::Value {
        self.scene.running.state.read().resolve(&reference.to_string()).unwrap()
    }

    fn delete(&self, reference: &str) {
        let (kind, id) = reference.split_once('/').unwrap();
        self.scene.running.state.write().delete(kind, id);
    }

    /// What the platform really answers to a GET with Dana's access token.
    async fn really(&self, path: &str) -> u16 {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let get = http.get(format!("{}{path}", self.base())).bearer_auth(&self.tokens.access);
        get.send().await.unwrap().status().as_u16()
    }
}

fn at(path: &str) -> Tried {
    Tried { method: "GET".into(), url: Some(Text::from(path)), ..Tried::default() }
}

fn first(said: &Why) -> (CauseId, Sure) {
    let cause = said.causes.first().unwrap_or_else(|| panic!("{said:?}"));
    assert!(!cause.evidence.is_empty() && !cause.next.is_empty() && cause.said.ends_with('.'), "{cause:?}");
    (cause.id, cause.sure)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_taken_is_not_talked_bad() {
    let ward = Ward::new().await;
    for engine in ward.both() {
        let said = why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
        assert_eq!((said.outcome(), said.causes.len()), (Outcome::Accepted, 0), "{said:?}");
        assert_eq!(said.answered.unwrap().reply.status, 200);
    }
}

// platform-api §1.3
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_expired_and_nothing_else() {
    let ward = Ward::new().await;
    ward.scene.running.state.clock.advance(std::time::Duration::from_hours(3));
    let later = FixedClock::at(SystemClock.now() + SignedDuration::from_hours(3));
    assert_eq!(ward.really("auth/me").await, 401);
    let lab = Lab { clock: Arc::new(later), ..ward.lab(&ward.scene.super_admin) };
    let said = why(&lab, Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
    assert_eq!(first(&said), (CauseId::Expired, Sure::Certain), "{said:?}");
    assert!(said.sentence().starts_with("It ended 2 h"), "{}", said.sentence());
    assert_eq!(said.causes.len(), 1, "{said:?}");
}

// J8, platform-api §1.3
#[tokio::test(flavor = "multi_thread")]
async fn id_and_refresh_tokens_are_no_bearers() {
    let ward = Ward::new().await;
    for engine in ward.both() {
        for token in [&ward.tokens.id, &ward.tokens.refresh] {
            let said = why(&ward.lab(engine), Some(&given(token)), &at("auth/me"), true).await;
            assert_eq!(first(&said), (CauseId::WrongKind, Sure::Certain), "{said:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_ended_is_the_reason_in_both_roles() {
    let ward = Ward::new().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let out = format!("{}oauth2/logout", ward.base());
    http.post(out).bearer_auth(&ward.tokens.access).send().await.unwrap();
    assert_eq!(ward.really("auth/me").await, 401);
    for engine in ward.both() {
        let said = why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
        assert_eq!(first(&said), (CauseId::Revoked, Sure::Certain), "{said:?}");
        assert_eq!(said.causes.len(), 1, "{said:?}");
    }
}

// platform-api §3.6: introspection says active, so what is left is the membership.
#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_is_switched_off_is_the_reason_with_and_without_somebody_to_look() {
    let ward = Ward::new().await;
    let membership = ward.membership().await;
    change(&ward.scene, &membership.to_string(), |record| record["active"] = json!(false));
    assert_eq!(ward.really("auth/me").await, 401);
    for engine in ward.both() {
        let said = why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
        assert_eq!(first(&said), (CauseId::MemberInactive, Sure::Certain), "{said:?}");
        assert_eq!(said.causes[0].opens, Some(membership.clone()));
    }
    let nobody = lab(ward.base(), None);
    let said = why(&nobody, Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
    assert_eq!(first(&said), (CauseId::MemberInactive, Sure::Likely), "{said:?}");
    let unasked = why(&nobody, Some(&given(&ward.tokens.access)), &at("auth/me"), false).await;
    assert_eq!(unasked.outcome(), Outcome::Untold, "unknown is not no");
    assert!(!unasked.unknown.is_empty());
}

// platform-api §1.3
#[rstest]
#[case("profile", "The profile of Dana Reyes")]
#[case("accessPolicy", "An access policy of Dana Reyes was deleted")]
#[tokio::test(flavor = "multi_thread")]
async fn an_authentication_error_has_a_real_cause(#[case] field: &str, #[case] reason: &str) {
    let ward = Ward::new().await;
    let membership = ward.stored(&ward.membership().await);
    let target = membership[field]["reference"].as_str().unwrap_or_else(|| panic!("{membership}")).to_owned();
    ward.delete(&target);
    assert_eq!(ward.really("fhir/R4/Patient").await, 400);
    for engine in ward.both() {
        let said =
            why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &at("fhir/R4/Patient"), true).await;
        assert_eq!(first(&said), (CauseId::AccountBroken, Sure::Certain), "{said:?}");
        assert!(said.sentence().starts_with(reason), "{}", said.sentence());
        let evidence = said.causes[0].evidence.join(" ");
        assert!(evidence.contains("Authentication error"), "{evidence}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_leaves_the_token_half_alive() {
    let ward = Ward::new().await;
    let membership = ward.stored(&ward.membership().await);
    ward.delete(membership["user"]["reference"].as_str().unwrap());
    assert_eq!((ward.really("auth/me").await, ward.really("fhir/R4/Patient").await), (410, 200));
    for engine in ward.both() {
        let said = why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
        assert_eq!(first(&said), (CauseId::UserDeleted, Sure::Certain), "{said:?}");
    }
}

// platform-api §12
#[rstest]
#[case("fhir/R4/ProjectMembership", 403, CauseId::AdminsOnly)]
#[case("fhir/R4/Login", 403, CauseId::AdminsOnly)]
#[case("admin/projects/PROJECT", 403, CauseId::AdminsOnly)]
#[case("scim/v2/Users", 403, CauseId::AdminsOnly)]
#[case("fhir/R4/Patient/00000000-0000-4000-8000-000000000000", 404, CauseId::NotThere)]
#[tokio::test(flavor = "multi_thread")]
async fn what_the_token_may_not_do_is_told_with_its_reason(
    #[case] path: &str,
    #[case] status: u16,
    #[case] id: CauseId,
) {
    let ward = Ward::new().await;
    let path = path.replace("PROJECT", &ward.scene.running.facts.as_ref().unwrap().project_id);
    assert_eq!(ward.really(&path).await, status);
    for engine in ward.both() {
        let said = why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &at(&path), true).await;
        assert_eq!(first(&said).0, id, "{said:?}");
        assert_eq!(said.answered.as_ref().unwrap().reply.status, status);
        assert_eq!(said.outcome(), Outcome::Refused);
    }
}

// platform-api §12
#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_scope_is_the_reason_where_the_policy_would_allow_it() {
    let ward = Ward::with_scope("openid user/Patient.rs").await;
    assert_eq!((ward.really("fhir/R4/Patient").await, ward.really("fhir/R4/Observation").await), (200, 403));
    for engine in ward.both() {
        let said =
            why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &at("fhir/R4/Observation"), true).await;
        assert_eq!(first(&said), (CauseId::Scope, Sure::Certain), "{said:?}");
        assert!(said.causes[0].next.contains("user/Observation.s"), "{said:?}");
        let wish = Wish::parse(Interaction::Update, "Patient/1").unwrap();
        let tried = Tried { wish: Some(wish), ..Tried::default() };
        let said = why(&ward.lab(engine), Some(&given(&ward.tokens.access)), &tried, true).await;
        assert_eq!(first(&said).0, CauseId::Scope, "told without writing: {said:?}");
        assert!(said.unknown.iter().any(|said| said.contains("was not sent again")));
    }
}

// platform-api §1.10
#[tokio::test(flavor = "multi_thread")]
async fn acting_for_somebody_fails_for_a_reason() {
    let ward = Ward::new().await;
    let facts = ward.scene.running.facts.clone().unwrap();
    let admin =
        tokens(&ward.scene.running, &facts.project_admin.email, &facts.project_admin.password, SCOPE).await;
    let membership = ward.membership().await;
    let tried = |wanted: &str| Tried { acting_for: Some(Text::from(wanted)), ..at("fhir/R4/Patient") };
    for engine in ward.both() {
        let lab = ward.lab(engine);
        let dana = given(&ward.tokens.access);
        let said = why(&lab, Some(&dana), &tried(&membership.to_string()), true).await;
        assert_eq!(first(&said), (CauseId::OnBehalfOf, Sure::Certain), "{said:?}");
        assert!(said.sentence().contains("is no admin"), "{}", said.sentence());
        let unknown = "ProjectMembership/00000000-0000-4000-8000-000000000000";
        let said = why(&lab, Some(&given(&admin.access)), &tried(unknown), true).await;
        assert_eq!(first(&said), (CauseId::OnBehalfOf, Sure::Certain), "{said:?}");
        assert_eq!(said.answered.as_ref().unwrap().reply.status, 400);
        let said = why(&lab, Some(&given(&admin.access)), &tried("Dana"), true).await;
        assert!(said.sentence().contains("no reference"), "{}", said.sentence());
        let said = why(&lab, Some(&given(&admin.access)), &tried(&membership.to_string()), true).await;
        assert_eq!(said.outcome(), Outcome::Accepted, "{said:?}");
    }
}

// platform-api §1.1
#[tokio::test(flavor = "multi_thread")]
async fn an_address_under_a_project_is_another_issuer() {
    let ward = Ward::new().await;
    let project = ward.scene.running.facts.clone().unwrap().project_id;
    let path = format!("projects/{project}/fhir/R4/Patient");
    assert_eq!(ward.really(&path).await, 401);
    let said =
        why(&ward.lab(&ward.scene.project_admin), Some(&given(&ward.tokens.access)), &at(&path), true).await;
    assert_eq!(first(&said), (CauseId::WrongIssuer, Sure::Certain), "{said:?}");
}

// J7
#[tokio::test(flavor = "multi_thread")]
async fn issuers_that_are_not_the_platforms_are_told_apart_and_not_sent_there() {
    let ward = Ward::new().await;
    let own = key("k1");
    let soon = SystemClock.now().as_second() + 600;
    let base = ward.base();
    for (issuer, id) in [
        (base.trim_end_matches('/').to_owned(), CauseId::WrongIssuer),
        (format!("{base}projects/x/"), CauseId::WrongIssuer),
        ("https://idp.example".to_owned(), CauseId::Foreign),
    ] {
        let token = signed(&own, "k1", &json!({"iss": issuer, "sub": "s", "scope": "openid", "exp": soon}));
        let said =
            why(&ward.lab(&ward.scene.project_admin), Some(&given(&token)), &at("auth/me"), true).await;
        assert_eq!(first(&said).0, id, "{issuer}: {said:?}");
        assert!(said.answered.is_none() && said.asked.is_empty(), "it was sent to nobody: {said:?}");
    }
    let forged = signed(&own, "k1", &json!({"iss": base, "sub": "s", "scope": "openid", "exp": soon}));
    let said = why(&ward.lab(&ward.scene.project_admin), Some(&given(&forged)), &at("auth/me"), true).await;
    assert_eq!(first(&said), (CauseId::Forged, Sure::Certain), "{said:?}");
    assert!(said.asked.is_empty(), "what the platform did not make is not sent there");
}

#[rstest]
#[case("eyJhbGciOiJub25lIn0.e30", CauseId::Malformed)]
#[case("0123456789abcdef", CauseId::Foreign)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_token_of_the_platform_is_told(#[case] text: &str, #[case] id: CauseId) {
    let ward = Ward::new().await;
    let said = why(&ward.lab(&ward.scene.project_admin), Some(&given(text)), &at("auth/me"), true).await;
    assert_eq!(first(&said).0, id, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_signature_was_cut_off_is_not_called_forged() {
    let ward = Ward::new().await;
    let (front, _) = ward.tokens.access.rsplit_once('.').unwrap();
    let said =
        why(&ward.lab(&ward.scene.project_admin), Some(&given(&format!("{front}."))), &at("auth/me"), true)
            .await;
    assert_eq!(first(&said), (CauseId::Malformed, Sure::Certain), "{said:?}");
    assert!(said.asked.is_empty());
}

// platform-api §17: `status` stops Basic and client credentials.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_switched_off_is_the_reason_for_basic() {
    let ward = Ward::new().await;
    let service = ward.scene.running.facts.clone().unwrap().service;
    let (id, secret) = (service.email, service.password);
    let pasted = extract(&format!("curl -u {id}:{secret} {}fhir/R4/Patient", ward.base()));
    let tried = Tried::from(&pasted.request.unwrap());
    let reference = format!("ClientApplication/{id}");
    for engine in ward.both() {
        change(&ward.scene, &reference, |client| client["status"] = json!("active"));
        let on = why(&ward.lab(engine), None, &tried, true).await;
        assert_eq!(on.outcome(), Outcome::Untold, "{on:?}");
        // platform-api §3.3: where tokens are fetched the retiring secret is good too.
        let fetch = extract(&format!("curl -u {id}:{secret} {}oauth2/token -d grant_type=x", ward.base()));
        let fetch = why(&ward.lab(engine), None, &Tried::from(&fetch.request.unwrap()), true).await;
        assert!(fetch.sentence().contains("may be a wrong one"), "{}", fetch.sentence());
        assert!(fetch.causes[0].evidence[0].contains("one that retires"), "{fetch:?}");
        change(&ward.scene, &reference, |client| client["status"] = json!("off"));
        let off = why(&ward.lab(engine), None, &tried, true).await;
        assert_eq!(first(&off), (CauseId::Client, Sure::Certain), "{off:?}");
        assert!(!format!("{off:?}").contains(&secret));
    }
}

// S2, J12
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_holds_the_token() {
    let ward = Ward::new().await;
    let lab = ward.lab(&ward.scene.super_admin);
    for token in [&ward.tokens.access, &ward.tokens.id, &ward.tokens.refresh] {
        let said = why(&lab, Some(&given(token)), &at("fhir/R4/Login"), true).await;
        let all = format!("{said:?} {}", report::why(&said, lab.clock.now()));
        for part in token.split('.').skip(1) {
            assert!(!all.contains(part), "{all}");
        }
        assert!(!all.contains("refresh_secret\":\"") || all.contains("[redacted]"), "{all}");
    }
}

// platform-api §1.10: the request runs with the policy of the member acted for, not of the caller.
#[tokio::test(flavor = "multi_thread")]
async fn acting_for_somebody_is_judged_by_their_policy() {
    let ward = Ward::new().await;
    let facts = ward.scene.running.facts.clone().unwrap();
    let admin =
        tokens(&ward.scene.running, &facts.project_admin.email, &facts.project_admin.password, SCOPE).await;
    let membership = ward.stored(&ward.membership().await);
    let policy = membership["accessPolicy"]["reference"].as_str().unwrap().to_owned();
    change(&ward.scene, &policy, |record| record["resource"] = json!([{"resourceType": "Patient"}]));
    let profile = membership["profile"]["reference"].as_str().unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for member in [ward.membership().await.to_string(), profile.to_owned()] {
        for (path, id, words) in [
            ("fhir/R4/Observation".to_owned(), CauseId::Policy, "Dana Reyes"),
            ("fhir/R4/ProjectMembership".to_owned(), CauseId::AdminsOnly, "Dana Reyes is no admin"),
            (format!("admin/projects/{}", facts.project_id), CauseId::AdminsOnly, "member acted for"),
        ] {
            let get = http.get(format!("{}{path}", ward.base())).bearer_auth(&admin.access);
            let really = get.header("x-medplum-on-behalf-of", &member).send().await.unwrap();
            assert_eq!(really.status().as_u16(), 403, "{path}");
            for engine in ward.both() {
                let tried = Tried { acting_for: Some(Text::from(member.as_str())), ..at(&path) };
                let said = why(&ward.lab(engine), Some(&given(&admin.access)), &tried, true).await;
                assert_eq!(first(&said), (id, Sure::Certain), "{path}: {said:?}");
                assert!(said.sentence().contains(words), "{}", said.sentence());
                let evidence = said.causes[0].evidence.join(" ");
                assert!(!evidence.contains("token's membership"), "{evidence}");
            }
        }
    }
}

// platform-api §1.10 tells what becomes of a project admin's rights, not of an operator's.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_may_do_for_somebody_is_not_said_for_sure() {
    let ward = Ward::new().await;
    let facts = ward.scene.running.facts.clone().unwrap();
    let operator = &facts.super_admin;
    let operator = token(&ward.scene.running, &operator.email, &operator.password, None).await;
    let member = Text::from(ward.membership().await.to_string());
    for path in [format!("admin/projects/{}/invite", facts.project_id), "fhir/R4/Login".to_owned()] {
        let tried = Tried { method: "POST".into(), acting_for: Some(member.clone()), ..at(&path) };
        let lab = ward.lab(&ward.scene.super_admin);
        let said = why(&lab, Some(&given(&operator)), &tried, true).await;
        assert!(said.causes.iter().all(|cause| cause.sure != Sure::Certain), "{path}: {said:?}");
    }
}

// platform-api §1.3: a deleted membership is an authentication error like the others, and has its own name.
#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_was_deleted_is_not_taken_for_something_else() {
    let ward = Ward::new().await;
    ward.delete(&ward.membership().await.to_string());
    assert_eq!(ward.really("fhir/R4/Patient").await, 400);
    let lab = ward.lab(&ward.scene.super_admin);
    let said = why(&lab, Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
    assert_eq!(first(&said), (CauseId::MemberInactive, Sure::Certain), "{said:?}");
    assert_eq!((said.sentence().as_str(), said.causes.len()), ("Its membership was deleted.", 1), "{said:?}");
    let evidence = said.causes[0].evidence.join(" ");
    assert!(evidence.contains("Authentication error"), "{evidence}");
    // A project admin sees no session that would name it.
    let lab = ward.lab(&ward.scene.project_admin);
    let said = why(&lab, Some(&given(&ward.tokens.access)), &at("auth/me"), true).await;
    assert_eq!(first(&said), (CauseId::AccountBroken, Sure::Certain), "{said:?}");
    assert!(said.sentence().contains("its membership, its profile or an access policy was deleted"));
    assert!(said.causes[0].evidence.iter().any(|said| said.contains("No membership that you can see")));
    let guide = include_str!("../../../assets/guides/inspect-token.md").replace("\n  ", " ");
    assert!(guide.contains("its membership, its profile or an access policy was deleted"), "{guide}");
}

// platform-api §3.3, §10.3: what is given to the token endpoint is no bearer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_the_token_endpoint_is_not_explained_as_a_bearers() {
    let ward = Ward::new().await;
    let own = key("k1");
    let soon = SystemClock.now().as_second() + 600;
    let lab = ward.lab(&ward.scene.project_admin);
    let foreign = |claims: serde_json::Value| signed(&own, "k1", &claims);
    let subject = foreign(json!({"iss": "https://idp.example", "sub": "s", "scope": "openid", "exp": soon}));
    let id = foreign(json!({"iss": "https://idp.example", "sub": "s", "nonce": "n", "exp": soon}));
    let assertion = foreign(json!({"iss": "c1", "sub": "c1", "aud": "x", "exp": soon}));
    for (name, token, cause) in [
        ("refresh_token", &ward.tokens.refresh, None),
        ("refresh_token", &ward.tokens.access, Some("in the place of a refresh token")),
        ("subject_token", &subject, None),
        ("subject_token", &id, Some("an exchange takes access tokens")),
        ("subject_token", &ward.tokens.access, Some("It is the platform's own token")),
        ("client_assertion", &assertion, None),
        ("client_assertion", &subject, Some("in the place of a client assertion")),
    ] {
        let command = format!("curl {}oauth2/token -d grant_type=x -d {name}={token}", ward.base());
        let pasted = extract(&command);
        let tried = Tried::from(&pasted.request.unwrap());
        let said = why(&lab, Some(&pasted.tokens[0]), &tried, true).await;
        match cause {
            None => assert!(said.causes.is_empty(), "{name}: {said:?}"),
            Some(words) => {
                assert_eq!(first(&said).0, CauseId::WrongKind, "{name}: {said:?}");
                assert!(said.sentence().contains(words), "{}", said.sentence());
            }
        }
        assert!(said.answered.is_none());
    }
}

// S2: what stood in the address is not there any more, and what is there was never asked for.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_its_secrets_is_not_sent_again() {
    let ward = Ward::new().await;
    let pasted = extract(&format!(
        "curl '{}fhir/R4/Observation?code=85354-9' -H 'authorization: bearer {}'",
        ward.base(),
        ward.tokens.access
    ));
    let tried = Tried::from(&pasted.request.unwrap());
    let said = why(&ward.lab(&ward.scene.project_admin), Some(&pasted.tokens[0]), &tried, true).await;
    assert!(said.answered.is_none(), "{said:?}");
    assert!(
        said.unknown.iter().any(|unknown| unknown.contains("taken out as secrets")),
        "{:?}",
        said.unknown
    );
}
