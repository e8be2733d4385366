//! Who sees and changes what (platform-api §12), beyond what the recordings show.

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Api, As, id_of, text_of};

#[expect(clippy::needless_pass_by_value, reason = "reads well where it is called")]
fn patch(path: &str, value: Value) -> Value {
    json!([{"op": "add", "path": path, "value": value}])
}

#[tokio::test]
async fn a_project_admin_sees_own_users_without_their_secrets_and_no_server_scoped_ones() {
    let api = Api::start(&[]);
    let own = api.invite("Ann", json!({"scope": "project", "mfaRequired": true})).await;
    let server = api.invite("Bob", json!({})).await;
    let ann = format!("fhir/R4/User/{}", id_of(&own, "user"));
    let (_, seen) = api.get(As::Admin, &ann).await;
    assert!(seen.get("passwordHash").is_none() && seen.get("mfaSecret").is_none());
    assert_eq!(seen["mfaRequired"], true);
    let (_, seen) = api.get(As::Super, &ann).await;
    assert!(seen["passwordHash"].is_string() && seen["mfaSecret"].is_string());
    let bob = format!("fhir/R4/User/{}", id_of(&server, "user"));
    assert_eq!(api.get(As::Admin, &bob).await.0, 404);
    assert_eq!(api.get(As::Super, &bob).await.0, 200);
    for kind in ["Login", "DomainConfiguration", "JsonWebKey"] {
        assert_eq!(api.get(As::Admin, &format!("fhir/R4/{kind}")).await.0, 403, "{kind}");
        assert_eq!(api.get(As::Super, &format!("fhir/R4/{kind}")).await.0, 200, "{kind}");
    }
    assert_eq!(api.get(As::Member, "fhir/R4/ProjectMembership").await.0, 403);
}

#[tokio::test]
async fn a_search_hides_the_same_members_as_a_read_whether_or_not_meta_is_extended() {
    let api = Api::start(&[]);
    let own = api.invite("Ann", json!({"scope": "project"})).await;
    for path in ["fhir/R4/User?email=ann", "fhir/R4/ProjectMembership?_include=ProjectMembership:user"] {
        let (_, bundle) = api.get(As::Admin, path).await;
        let users: Vec<&Value> = bundle["entry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| &e["resource"])
            .filter(|r| r["resourceType"] == "User")
            .collect();
        assert_eq!(users.len(), 1, "{path}");
        assert_eq!(users[0]["id"], id_of(&own, "user"));
        assert!(users[0].get("passwordHash").is_none(), "{path}");
        assert_eq!(users[0]["meta"]["project"], api.project.as_str());
    }
}

#[tokio::test]
async fn read_only_members_are_kept_and_the_answer_is_200_all_the_same() {
    let api = Api::start(&[]);
    let own = api.invite("Ann", json!({"scope": "project"})).await;
    let path = format!("fhir/R4/User/{}", id_of(&own, "user"));
    let (status, after) =
        api.send(As::Admin, Method::PATCH, &path, &patch("/email", json!("new@clinic.example"))).await;
    assert_eq!((status.as_u16(), &after["email"]), (200, &json!("ann@clinic.example")));
    let (_, after) = api.send(As::Admin, Method::PATCH, &path, &patch("/firstName", json!("Anna"))).await;
    assert_eq!(after["firstName"], "Anna");
    let (_, whole) = api.get(As::Super, &path).await;
    assert!(whole["passwordHash"].is_string(), "a hidden member survives a write by whoever cannot see it");
}

#[tokio::test]
async fn a_super_admins_put_without_the_extended_header_takes_the_user_out_of_the_project() {
    let api = Api::start(&[]);
    let own = api.invite("Ann", json!({"scope": "project"})).await;
    let path = format!("fhir/R4/User/{}", id_of(&own, "user"));
    let plain = api.ask(As::Super, Method::GET, &path).send().await.unwrap();
    let mut user: Value = plain.json().await.unwrap();
    assert!(user["meta"].get("project").is_none());
    user["lastName"] = json!("Changed");
    assert_eq!(api.send(As::Super, Method::PUT, &path, &user).await.0, 200);
    assert_eq!(api.get(As::Admin, &path).await.0, 404);
}

#[tokio::test]
async fn a_narrow_policy_binds_a_project_admin_on_ordinary_types_but_not_on_memberships() {
    let api = Api::start(&[]);
    {
        let mut store = api.running.state.write();
        let policy = store
            .system_create(json!({"resourceType": "AccessPolicy", "meta": {"project": api.project},
                "name": "Narrow", "resource": [{"resourceType": "Patient", "criteria": "Patient?gender=female",
                    "hiddenFields": ["birthDate"]}]}))
            .unwrap();
        for gender in ["female", "male"] {
            store
                .system_create(json!({"resourceType": "Patient", "meta": {"project": api.project},
                    "gender": gender, "birthDate": "2000-01-01"}))
                .unwrap();
        }
        let mut members = store.find_by("ProjectMembership", "project", &format!("Project/{}", api.project));
        let mut admin = members.remove(0);
        assert_eq!(admin["admin"], true);
        admin["accessPolicy"] =
            json!({"reference": format!("AccessPolicy/{}", policy["id"].as_str().unwrap())});
        store.system_update(admin).unwrap();
    }
    let (_, patients) = api.get(As::Admin, "fhir/R4/Patient?_total=accurate").await;
    assert_eq!(patients["total"], 1);
    assert!(patients["entry"][0]["resource"].get("birthDate").is_none());
    assert_eq!(api.get(As::Admin, "fhir/R4/AccessPolicy").await.0, 403);
    assert_eq!(api.get(As::Admin, "fhir/R4/ProjectMembership").await.0, 200);
    let (status, _) = api
        .send(
            As::Admin,
            Method::POST,
            "fhir/R4/Patient",
            &json!({"resourceType": "Patient", "gender": "male"}),
        )
        .await;
    assert_eq!(status, 403, "what is written must be allowed too");
}

#[tokio::test]
async fn a_dead_policy_breaks_every_call_with_an_authentication_error() {
    let api = Api::start(&[]);
    {
        let mut store = api.running.state.write();
        let mut members = store.find_by("ProjectMembership", "project", &format!("Project/{}", api.project));
        let mut admin = members.remove(0);
        admin["accessPolicy"] = json!({"reference": "AccessPolicy/00000000-0000-4000-8000-0000000000ff"});
        store.system_update(admin).unwrap();
    }
    let (status, outcome) = api.get(As::Admin, "fhir/R4/Patient").await;
    // Basic resolves the policy to check its address rules; either way the account is refused.
    assert_eq!(status, 400);
    assert_eq!(text_of(&outcome), "Authentication error");
    assert!(outcome["issue"][0]["diagnostics"].as_str().unwrap().contains("Invalid access policy"));
}

#[tokio::test]
async fn reads_and_writes_leave_audit_events_when_the_operator_keeps_them() {
    let api = Api::start(&["saveAuditEvents=true"]);
    let member = api.invite("Ann", json!({})).await;
    let reference = format!("ProjectMembership/{}", member["id"].as_str().unwrap());
    let path = format!("fhir/R4/{reference}");
    api.get(As::Admin, &path).await;
    api.send(As::Admin, Method::PATCH, &path, &patch("/externalId", json!("x"))).await;
    let (_, events) = api.get(As::Admin, &format!("fhir/R4/AuditEvent?entity={reference}&_sort=date")).await;
    let acts: Vec<&str> = events["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["resource"]["subtype"][0]["code"].as_str().unwrap())
        .collect();
    assert_eq!(acts, ["read", "patch"], "the invitation itself runs as the system and leaves none");
}
