//! The client against the embedded platform: reads in both roles, writes, a long walk, limits and faults.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use idconsole::demo::faults::{Effect, Rule};
use idconsole::demo::{Facts, Options as Start, Platform, Running, Seed, Settings};
use idconsole::identity::{ProjectId, Role, Text, UserScope};
use idconsole::platform::{Client, FixedToken, Kind, LARGEST_PAGE, Options, Reach};
use rstest::rstest;
use serde_json::json;

use super::quick;
use crate::demo::demonstration;
use crate::workflows::scene::token;

struct Clinic {
    running: Running,
    facts: Facts,
    admin: Client,
    operator: Client,
}

impl Clinic {
    async fn new(settings: &[&str]) -> Self {
        Self::over(demonstration(settings), quick()).await
    }

    async fn over(running: Running, options: Options) -> Self {
        let facts = running.facts.clone().unwrap();
        let (admin, operator) = (&facts.project_admin, &facts.super_admin);
        let admin = token(&running, &admin.email, &admin.password, Some(&facts.client_id)).await;
        let operator = token(&running, &operator.email, &operator.password, None).await;
        let client = |token: String| {
            let credentials = Arc::new(FixedToken(token.into()));
            Client::new(running.base_url.parse().unwrap(), credentials, options.clone()).unwrap()
        };
        Self { admin: client(admin), operator: client(operator), facts, running }
    }

    fn next(&self, method: &str, path: &str, effect: Effect) {
        self.running.faults().add(Rule::on(path, effect).method(method).once());
    }
}

#[tokio::test]
async fn both_admins_are_told_who_they_are() {
    let clinic = Clinic::new(&[]).await;
    let admin = clinic.admin.me().await.unwrap();
    assert_eq!((admin.caller.role, admin.caller.name.raw()), (Role::ProjectAdmin, "Pat Admin"));
    assert_eq!(admin.caller.project.as_str(), clinic.facts.project_id);
    assert!(admin.sessions.is_some_and(|sessions| !sessions.is_empty()));
    let operator = clinic.operator.me().await.unwrap();
    assert_eq!(operator.caller.role, Role::SuperAdmin);
    let status = clinic.admin.status().await.unwrap();
    assert!(status.ok && status.version.raw().starts_with("5.1.29"), "{status:?}");
}

// platform-api §7, §12: what a project admin sees of a server-scoped user
#[tokio::test]
async fn a_server_scoped_person_is_found_by_both_and_read_by_one() {
    let clinic = Clinic::new(&[]).await;
    let found = clinic.admin.memberships_by_email("jsmith@clinic.example").await.unwrap();
    let jane = &found[0];
    let id = (&*jane.user.id).into();
    assert_eq!(clinic.admin.user(&id).await.unwrap_err().kind, Kind::NotFound);
    assert!(clinic.admin.users_by_email("jsmith@clinic.example").await.unwrap().is_empty());
    let scim = clinic.admin.scim_user(&jane.id).await.unwrap();
    assert_eq!(scim.email, Some(Text::from("jsmith@clinic.example")));
    let user = clinic.operator.user(&id).await.unwrap();
    assert_eq!((user.scope, user.email), (UserScope::Server, scim.email));
    assert!(
        clinic.operator.memberships_of_user(&id).await.unwrap().len() > found.len(),
        "other projects too"
    );
    assert_eq!(clinic.admin.membership(&jane.id).await.unwrap(), *jane);
    let history = clinic.admin.membership_history(&jane.id).await.unwrap();
    assert_eq!(history[0].version, jane.version, "the newest first");
    assert_eq!(clinic.admin.memberships_of_profile(&jane.profile).await.unwrap(), found);
    let named = clinic.admin.memberships_by_name("jane smith").await.unwrap();
    assert!(named.contains(jane), "{named:?}");
}

// platform-api §12: protected types
#[tokio::test]
async fn domain_routes_are_for_super_admins_and_clients_for_both() {
    let clinic = Clinic::new(&[]).await;
    assert_eq!(clinic.admin.domain_routes().await.unwrap_err().kind, Kind::Forbidden);
    let routes = clinic.operator.domain_routes().await.unwrap();
    assert!(routes.iter().any(|route| route.domain.raw() == "partner.example" && route.provider.is_some()));
    let clients = clinic.admin.client_applications().await.unwrap();
    let own = clients.iter().find(|client| client.id.as_str() == clinic.facts.client_id).unwrap();
    assert_eq!(clinic.admin.client_application(&own.id).await.unwrap(), *own);
    assert_eq!(own.project.as_ref().map(ProjectId::as_str), Some(&*clinic.facts.project_id));
}

#[tokio::test]
async fn an_address_is_changed_by_operation_and_by_scim() {
    let clinic = Clinic::new(&[]).await;
    let jane = clinic.admin.memberships_by_email("jsmith@clinic.example").await.unwrap().remove(0);
    let external_id = jane.external_id.clone();
    let changed = clinic.admin.scim_set_email(&jane.id, "jane.1@clinic.example").await.unwrap();
    assert_eq!(changed.email, Some(Text::from("jane.1@clinic.example")));
    let id = (&*jane.user.id).into();
    let user = clinic.operator.update_email(&id, "jane.2@clinic.example", false, true).await.unwrap();
    assert_eq!((user.email, user.email_verified), (Some("jane.2@clinic.example".into()), Some(false)));
    assert_eq!(
        clinic.admin.membership(&jane.id).await.unwrap().external_id,
        external_id,
        "not erased by SCIM"
    );
    let refused = clinic.admin.update_email(&id, "jane.3@clinic.example", false, true).await.unwrap_err();
    assert!(matches!(refused.kind, Kind::Forbidden | Kind::NotFound), "{refused:?}");
    let capitals = clinic.operator.update_email(&id, "Jane@Clinic.example", false, true).await.unwrap_err();
    assert_eq!(capitals.kind, Kind::Invalid);
    assert!(capitals.text.raw().contains("user-1") && capitals.request_id.is_some(), "{capitals:?}");
    let history = clinic.operator.user_history(&id).await.unwrap();
    assert!(history.len() >= 3 && history[0].email == Some("jane.2@clinic.example".into()));
}

// platform-api §1.6, §14.2; H3
#[tokio::test]
async fn a_write_on_another_version_is_refused() {
    let clinic = Clinic::new(&[]).await;
    let member = clinic.admin.memberships_by_email("jsmith@clinic.example").await.unwrap().remove(0);
    let target = member.id.reference();
    let set = |value: &str| [("/userName".to_owned(), Some(json!(value)))];
    clinic.admin.patch(&target, &set("jane-1"), None, Some(&member.version.id)).await.unwrap();
    let stale =
        clinic.admin.patch(&target, &set("jane-2"), None, Some(&member.version.id)).await.unwrap_err();
    assert_eq!(stale.kind, Kind::Stale);
    let now = clinic.admin.membership(&member.id).await.unwrap();
    assert_eq!(now.user_name, Some("jane-1".into()));
    let somebody = Effect::SomebodyWrites([("externalId".to_owned(), json!("rival"))].into_iter().collect());
    clinic.next("PATCH", "/fhir/R4/ProjectMembership/*", somebody);
    let rival = clinic.admin.patch(&target, &set("jane-3"), None, Some(&now.version.id)).await.unwrap_err();
    assert_eq!(rival.kind, Kind::Stale, "{rival}");
}

#[tokio::test]
async fn a_record_is_made_and_deleted() {
    let clinic = Clinic::new(&[]).await;
    let record =
        json!({"resourceType": "ClientApplication", "name": "x", "redirectUris": ["http://127.0.0.1:1/"]});
    let made = clinic.admin.create(&record, None).await.unwrap();
    let id = (&*made.id).into();
    assert_eq!(clinic.admin.client_application(&id).await.unwrap().name.raw(), "x");
    clinic.admin.delete(&made).await.unwrap();
    assert_eq!(clinic.admin.client_application(&id).await.unwrap_err().kind, Kind::Gone);
}

/// The lost answer of a guarded write: read again, seen to have happened, and not sent a second time.
#[tokio::test]
async fn a_guarded_write_whose_answer_is_lost_is_done_once() {
    let clinic = Clinic::new(&[]).await;
    let member = clinic.admin.memberships_by_email("jsmith@clinic.example").await.unwrap().remove(0);
    let before = clinic.admin.membership_history(&member.id).await.unwrap().len();
    clinic.next("PATCH", "/fhir/R4/ProjectMembership/*", Effect::ResetAfter);
    let fields = [("/userName".to_owned(), Some(json!("jane-1")))];
    let lost = clinic
        .admin
        .patch(&member.id.reference(), &fields, None, Some(&member.version.id))
        .await
        .unwrap_err();
    assert_eq!((&lost.kind, lost.leaves_doubt()), (&Kind::Unreachable(Reach::Broken), true), "{lost:?}");
    assert_eq!(clinic.admin.membership_history(&member.id).await.unwrap().len(), before + 1);
    // Never done: it is sent again, and done once.
    let now = clinic.admin.membership(&member.id).await.unwrap();
    clinic.next("PATCH", "/fhir/R4/ProjectMembership/*", Effect::Reset);
    let fields = [("/userName".to_owned(), Some(json!("jane-2")))];
    clinic.admin.patch(&member.id.reference(), &fields, None, Some(&now.version.id)).await.unwrap();
    assert_eq!(clinic.admin.membership_history(&member.id).await.unwrap().len(), before + 2);
}

#[rstest]
#[case::reset(Effect::Reset)]
#[case::truncated(Effect::Truncated)]
#[case::fault(Effect::Broken)]
#[case::limit(Effect::TooManyRequests { reset: 0 })]
#[case::proxy(Effect::Text { status: 502, body: "bad gateway".into() })]
#[tokio::test]
async fn a_fault_that_passes_is_not_noticed_by_a_read(#[case] effect: Effect) {
    let clinic = Clinic::new(&[]).await;
    clinic.next("GET", "/fhir/R4/ProjectMembership", effect);
    let found = clinic.admin.memberships_by_email("jsmith@clinic.example").await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_platform_that_hangs_is_given_up() {
    let options = Options { timeout: Duration::from_secs(1), ..quick() };
    let clinic = Clinic::over(demonstration(&[]), options).await;
    clinic.next("GET", "/fhir/R4/ProjectMembership", Effect::Hang);
    let error = clinic.admin.memberships_by_email("a@b.example").await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreachable(Reach::Timeout));
}

fn large(settings: &[&str], members: usize) -> Running {
    let settings = Settings::parse(settings.iter().copied()).unwrap();
    Platform::start(Start { settings, seed: Some(Seed { members, seed: 1 }), ..Start::default() }).unwrap()
}

// The real platform refuses pages whose members and users are more than 1000 together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_members_come_page_by_page_each_once() {
    let clinic = Clinic::over(large(&["maxIncludeResults=1000"], 5000), Options::default()).await;
    let project = clinic.facts.project_id.as_str().into();
    let mut members = clinic.operator.members(Some(&project), LARGEST_PAGE);
    let (mut ids, mut users, mut total) = (BTreeSet::new(), BTreeSet::new(), None);
    let mut count = 0;
    while let Some(page) = members.next().await {
        let page = page.unwrap();
        total = page.total.or(total);
        count += page.memberships.len();
        assert!(page.memberships.iter().all(|m| m.project == project));
        ids.extend(page.memberships.into_iter().map(|m| m.id.to_string()));
        users.extend(page.users.into_iter().map(|user| user.id.to_string()));
    }
    assert!(count >= 4900, "{count}");
    assert_eq!((ids.len() as u64, count as u64), (total.unwrap(), total.unwrap()));
    assert!(users.len() + 50 >= ids.len(), "{} users of {} members", users.len(), ids.len());
}

// H1: the client keeps back what the platform would refuse
#[tokio::test]
async fn a_bulk_loop_is_stopped_by_ourselves_and_not_by_the_platform() {
    let running = demonstration(&["rateLimitsEnabled=true", "defaultFhirQuota=1000"]);
    let clinic =
        Clinic::over(running, Options { longest_pause: Duration::ZERO, retries: 0, ..quick() }).await;
    let member = clinic.admin.memberships_by_email("jsmith@clinic.example").await.unwrap().remove(0);
    let background = clinic.admin.in_background();
    let mut written = 0;
    let stopped = loop {
        let fields = [("/userName".to_owned(), Some(json!(format!("jane-{written}"))))];
        match background.patch(&member.id.reference(), &fields, None, None).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(stopped.kind, Kind::Limited { reset: Some(_) }) && !stopped.sent, "{stopped:?}");
    assert_eq!(written, 8, "980 points less the headroom, at 100 each");
    // What was left is for somebody who waits.
    clinic.admin.membership(&member.id).await.unwrap();
    clinic.admin.membership_history(&member.id).await.unwrap();
}
