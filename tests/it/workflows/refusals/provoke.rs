//! How the embedded platform is brought to refuse by itself.

use idconsole::identity::{Means, Plan};
use serde_json::{Value, json};

use super::jobs::{CARLA, HUGO, JANE};
use crate::workflows::scene::Scene;

// ── what somebody does in between ────────────────────────────────────────────────────────────────────────────

pub fn as_it_is(_: &Scene, _: &mut Plan) {}

/// Somebody writes past every rule.
fn rewrite(scene: &Scene, mut record: Value, change: impl FnOnce(&mut Value)) {
    change(&mut record);
    scene.running.state.write().system_update(record).unwrap();
}

pub fn no_admin_any_more(scene: &Scene, _: &mut Plan) {
    let own = scene.project_admin.caller.membership.as_str().to_owned();
    let own = scene.running.state.read().read("ProjectMembership", &own).unwrap();
    rewrite(scene, own, |own| own["admin"] = json!(false));
}

pub fn owned_by_carla(scene: &Scene, _: &mut Plan) {
    let carla = scene.stored(CARLA).remove(0);
    let project = scene.project_admin.caller.project.as_str().to_owned();
    let project = scene.running.state.read().read("Project", &project).unwrap();
    rewrite(scene, project, |project| {
        project["owner"] = json!({"reference": format!("User/{}", carla["id"].as_str().unwrap())});
    });
}

pub fn without_user(scene: &Scene, _: &mut Plan) {
    let carla = scene.stored(CARLA).remove(0);
    scene.running.state.write().delete("User", carla["id"].as_str().unwrap());
}

pub fn without_address(scene: &Scene, _: &mut Plan) {
    rewrite(scene, scene.stored(CARLA).remove(0), |carla| {
        carla.as_object_mut().unwrap().remove("email");
    });
}

pub fn user_name_taken(scene: &Scene, _: &mut Plan) {
    let hugo = scene.running.state.read().find_by("ProjectMembership", "external-id", HUGO).remove(0);
    rewrite(scene, hugo, |hugo| hugo["userName"] = json!("jane.s"));
}

// ── past our guards ──────────────────────────────────────────────────────────────────────────────────────────

fn password_of(plan: &mut Plan, who: &str) {
    let Means::SetPassword { email, .. } = &mut plan.changes[0].means else { panic!() };
    *email = who.into();
}

pub fn password_of_jane(_: &Scene, plan: &mut Plan) {
    password_of(plan, JANE);
}

pub fn password_of_nobody(_: &Scene, plan: &mut Plan) {
    password_of(plan, "nobody@clinic.example");
}

pub fn user_of_nobody(_: &Scene, plan: &mut Plan) {
    plan.changes[0].target.id = "00000000-0000-4000-8000-000000000000".into();
}

fn address(plan: &mut Plan, new: &str) {
    match &mut plan.changes[0].means {
        Means::UpdateEmail { email, .. } | Means::ScimEmail { email, .. } => *email = new.into(),
        other => panic!("{other:?}"),
    }
}

pub fn scim_in_capitals(_: &Scene, plan: &mut Plan) {
    address(plan, "Jane.Smith@clinic.example");
}

pub fn address_in_capitals(_: &Scene, plan: &mut Plan) {
    address(plan, "Vera.New@partner.example");
}

pub fn empty_address(_: &Scene, plan: &mut Plan) {
    address(plan, "");
}

pub fn address_of_mia(_: &Scene, plan: &mut Plan) {
    address(plan, "mia.rossi@clinic.example");
}

pub fn link_of_hugo(_: &Scene, plan: &mut Plan) {
    let Means::Patch { fields, .. } = &mut plan.changes[0].means else { panic!() };
    fields.iter_mut().find(|(path, _)| path == "/externalId").unwrap().1 = Some(json!(HUGO));
}

fn invitation(plan: &mut Plan) -> &mut Value {
    match &mut plan.changes[0].means {
        Means::Invite { request, .. } => request,
        other => panic!("{other:?}"),
    }
}

pub fn kind_missing(_: &Scene, plan: &mut Plan) {
    invitation(plan)["resourceType"] = json!("Bot");
}

pub fn first_name_missing(_: &Scene, plan: &mut Plan) {
    invitation(plan)["firstName"] = json!("");
}

pub fn last_name_missing(_: &Scene, plan: &mut Plan) {
    invitation(plan)["lastName"] = json!("");
}

pub fn address_unreadable(_: &Scene, plan: &mut Plan) {
    invitation(plan)["email"] = json!("not an address");
}

pub fn relative_of_nobody(_: &Scene, plan: &mut Plan) {
    invitation(plan)["resourceType"] = json!("RelatedPerson");
}

pub fn address_of_carla(_: &Scene, plan: &mut Plan) {
    invitation(plan)["email"] = json!(CARLA);
}

pub fn address_of_twins(_: &Scene, plan: &mut Plan) {
    invitation(plan)["email"] = json!("kim.park@clinic.example");
    invitation(plan)["forceNewMembership"] = json!(true);
}

fn profile_of(scene: &Scene, plan: &mut Plan, own: bool) {
    let jane = scene.stored(JANE).remove(0);
    let user = format!("User/{}", jane["id"].as_str().unwrap());
    let project = format!("Project/{}", scene.project_admin.caller.project.as_str());
    let of_jane = scene.running.state.read().find_by("ProjectMembership", "user", &user);
    let member = of_jane.iter().find(|m| (m["project"]["reference"] == project.as_str()) == own).unwrap();
    invitation(plan)["membership"]["profile"] = json!({"reference": member["profile"]["reference"]});
}

pub fn profile_of_others(scene: &Scene, plan: &mut Plan) {
    profile_of(scene, plan, false);
}

pub fn profile_of_another_kind(scene: &Scene, plan: &mut Plan) {
    invitation(plan)["resourceType"] = json!("Patient");
    profile_of(scene, plan, true);
}

pub fn policy_of_nobody(_: &Scene, plan: &mut Plan) {
    invitation(plan)["accessPolicy"] =
        json!({"reference": "AccessPolicy/00000000-0000-4000-8000-000000000000"});
}

pub fn external_id_of_hugo(_: &Scene, plan: &mut Plan) {
    invitation(plan)["membership"]["externalId"] = json!(HUGO);
}
