//! Rows go at the pace of work that nobody waits for (platform-api §1.9): never refused for being too fast, and
//! whoever looks something up meanwhile is not held up.

use idconsole::identity::MembershipId;
use idconsole::workflows::intent::{self, Intent};
use idconsole::workflows::refusals::Cause;
use idconsole::workflows::settle::what_is_left;
use idconsole::workflows::{ApplyError, apply};

use super::scene::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_many_rows_stops_by_itself_before_the_platform_refuses_and_leaves_room() {
    let scene = Scene::new(&["rateLimitsEnabled=true", "defaultFhirQuota=1600"]).await;
    let engine = &scene.project_admin;
    let members: Vec<MembershipId> = {
        let state = scene.running.state.read();
        let main = format!("Project/{}", scene.running.facts.as_ref().unwrap().project_id);
        let of = state.find_by("ProjectMembership", "project", &main);
        let patients = of.iter().filter(|member| {
            member["active"] != false
                && member["profile"]["reference"].as_str().unwrap().starts_with("Patient/")
        });
        patients.take(20).map(|member| member["id"].as_str().unwrap().into()).collect()
    };
    assert_eq!(members.len(), 20, "they cost more than there is");
    let plan =
        intent::plan(engine, &Intent::Activate { members: members.clone(), active: false }).await.unwrap();
    assert_eq!(plan.changes.len(), 20);
    // A window is a minute, and this client waits for none.
    let rows = match apply(engine, plan, "left the study", |_| {}).await {
        Err(ApplyError::Rows(rows)) => rows,
        other => panic!("{other:?}"),
    };
    assert!(rows.stopped && rows.done.len() > 10 && rows.left() > 0, "{rows}");
    let last = &rows.failed.last().unwrap().error;
    let ApplyError::Refused { refused, .. } = last else { panic!("{last:?}") };
    assert_eq!((refused.cause, &refused.request_id), (Cause::Limited, &None), "it was never sent");
    // Somebody who waits is still answered: a search is twenty times a read.
    let found = engine.remote.memberships_by_external_id("nobody").await;
    assert!(found.is_ok(), "{found:?}");
    let rest = what_is_left(&engine.journal.show(rows.entry).unwrap()).unwrap();
    assert_eq!(rest.changes.len() + rows.done.len(), 20);
}
