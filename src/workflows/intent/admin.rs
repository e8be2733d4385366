//! Project admin on and off. The admin API swaps the default policies along with it, a PATCH does not
//! (platform-api §6), so the plan does both in one write.

use serde_json::json;

use super::membership::{Field, about, gather, patch};
use super::{NoPlan, Why, guard, policies};
use crate::identity::{MembershipId, Plan, Reference};
use crate::workflows::engine::Engine;
use crate::workflows::{fields, project};

pub(super) async fn switch(engine: &Engine, member: &MembershipId, on: bool) -> Result<Plan, NoPlan> {
    let person = gather(engine, member).await?;
    let membership = &person.membership;
    let name = &person.name;
    if membership.admin == on {
        let is = if on { "is a project admin already" } else { "is no project admin" };
        return Err(NoPlan::because(Why::Nothing, format!("{name} {is}.")));
    }
    if !on {
        let what = "you would not be able to give the rights back to yourself";
        guard::Guard::of(engine, &[membership]).await?.lets_go(membership, what)?;
    }
    let project = project::read(engine, &membership.project).await?;
    let (from, to) = if on { ("Practitioner", "Admin") } else { ("Admin", "Practitioner") };
    let mut changed = vec![Field {
        word: fields::ADMIN,
        pointer: "/admin",
        before: Some(fields::yes_no(membership.admin)),
        after: Some(fields::yes_no(on)),
        raw_before: Some(json!(membership.admin)),
        raw_after: Some(json!(on)),
    }];
    let mut plan = about(&person, if on { "Make project admin" } else { "No longer project admin" });
    let same =
        |policy: &Reference| Some(policy.to_string()) == membership.policy.as_ref().map(ToString::to_string);
    match (project.default_policy(from), project.default_policy(to)) {
        (Some(old), Some(new)) if same(old) => {
            plan.also.push(format!(
                "the policy goes with it: {} instead of {}",
                policies::words(Some(new)),
                policies::words(Some(old))
            ));
            changed.push(policies::field(membership, Some(new)));
        }
        (_, Some(new)) if !same(new) && membership.policy.is_some() => plan.warnings.push(format!(
            "keeps the policy {}, which is not the project's default; `policy` changes it",
            policies::words(membership.policy.as_ref())
        )),
        _ => {}
    }
    if on {
        plan.warnings.push(format!("{name} will be able to invite, remove and change every member"));
        if &*membership.user.kind != "User" {
            plan.warnings.push("this is no person: whoever holds its secret is an admin".to_owned());
        }
    }
    plan.also.push("it holds at once, in running sessions too; nobody is mailed".to_owned());
    let label = if on { "make a project admin" } else { "take the admin rights away" };
    plan.changes = vec![patch(membership, label, changed)];
    plan.undo = "puts rights and policy back as they were".to_owned();
    Ok(plan)
}
