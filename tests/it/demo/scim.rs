//! SCIM users (platform-api §7): the only way for a project admin to see and change a server-scoped address.

use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Api, As, id_of};

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

fn users(id: &Value) -> String {
    format!("scim/v2/Users/{}", id.as_str().unwrap())
}

#[tokio::test]
async fn a_server_scoped_address_is_read_and_changed_through_scim() {
    let api = Api::start(&[]);
    let bob = api.invite("Bob", json!({"membership": {"externalId": "okta|1"}})).await;
    let path = users(&bob["id"]);
    let (_, seen) = api.get(As::Admin, &path).await;
    assert_eq!(seen["emails"], json!([{"value": "bob@clinic.example"}]));
    assert_eq!((&seen["externalId"], &seen["active"]), (&json!("okta|1"), &json!(true)));
    let change = json!({"schemas": [PATCH],
        "Operations": [{"op": "replace", "path": "emails", "value": [{"value": "robert@clinic.example"}]}]});
    let (status, seen) = api.send(As::Admin, Method::PATCH, &path, &change).await;
    assert_eq!((status.as_u16(), &seen["emails"][0]["value"]), (200, &json!("robert@clinic.example")));
    let user = api.running.state.read().read("User", &id_of(&bob, "user")).unwrap();
    assert_eq!(
        (&user["email"], &user["meta"]["author"]["reference"]),
        (&json!("robert@clinic.example"), &json!("system"))
    );
}

#[tokio::test]
async fn a_put_without_the_external_id_erases_it() {
    let api = Api::start(&[]);
    let bob = api.invite("Bob", json!({"membership": {"externalId": "okta|1"}})).await;
    let (_, mut seen) = api.get(As::Admin, &users(&bob["id"])).await;
    seen.as_object_mut().unwrap().remove("externalId");
    assert_eq!(api.send(As::Admin, Method::PUT, &users(&bob["id"]), &seen).await.0, 200);
    let member = api.running.state.read().read("ProjectMembership", bob["id"].as_str().unwrap()).unwrap();
    assert!(member.get("externalId").is_none());
}

#[tokio::test]
async fn refusals_have_scims_own_shape() {
    let api = Api::start(&[]);
    let bob = api.invite("Bob", json!({})).await;
    let (status, refused) = api.get(As::Admin, "scim/v2/Users/00000000-0000-4000-8000-0000000000aa").await;
    assert_eq!(status, 404);
    assert_eq!((&refused["status"], &refused["detail"]), (&json!("404"), &json!("Not found")));
    let upper = json!({"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"emails": [{"value": "B@C.example"}]}}]});
    let (status, refused) = api.send(As::Admin, Method::PATCH, &users(&bob["id"]), &upper).await;
    assert_eq!(status, 400);
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .starts_with("Constraint user-1 not met: Email must be all lowercase")
    );
    let (status, refused) = api.send(As::Admin, Method::POST, "scim/v2/Users", &json!({})).await;
    assert_eq!((status.as_u16(), &refused["detail"]), (400, &json!("Disallowed login user type")));
    assert_eq!(api.get(As::Member, &users(&bob["id"])).await.0, 403);
}

#[tokio::test]
async fn the_list_holds_people_only_and_a_delete_leaves_the_user() {
    let api = Api::start(&[]);
    let bob = api.invite("Bob", json!({})).await;
    let (_, list) = api.get(As::Admin, "scim/v2/Users").await;
    assert_eq!((&list["totalResults"], &list["Resources"][0]["id"]), (&json!(1), &bob["id"]));
    let (status, _) = api.send(As::Admin, Method::DELETE, &users(&bob["id"]), &json!({})).await;
    assert_eq!(status, 204);
    assert!(api.running.state.read().read("User", &id_of(&bob, "user")).is_ok());
    assert_eq!(api.get(As::Admin, &users(&bob["id"])).await.0, 410);
}
