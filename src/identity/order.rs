//! Which changes of a plan have to wait for which: those of one record, those about one external id or one address,
//! and those of one row of a sheet keep their order. All others may go out at the same time.

use std::collections::HashMap;

use serde_json::Value;

use super::batch::Batch;
use super::change::{Change, Means, Plan, Undo};

/// For each change the earlier ones that must stand before it is sent. When one of them does not, neither does this.
pub fn waits(plan: &Plan) -> Vec<Vec<usize>> {
    let rows = plan.batch.as_ref().map(Batch::rows_of_steps).unwrap_or_default();
    let mut last: HashMap<String, usize> = HashMap::new();
    let mut all = Vec::with_capacity(plan.changes.len());
    for (step, change) in plan.changes.iter().enumerate() {
        let mut keys = keys(change);
        keys.extend(rows.get(&step).map(|row| format!("row {row}")));
        let mut before: Vec<usize> = keys.iter().filter_map(|key| last.get(key).copied()).collect();
        before.sort_unstable();
        before.dedup();
        all.push(before);
        for key in keys {
            last.insert(key, step);
        }
    }
    all
}

/// What a change is about.
fn keys(change: &Change) -> Vec<String> {
    let mut keys = Vec::new();
    match &change.means {
        // Its target is the project, which all of them have in common.
        Means::Invite { .. } => {}
        // SCIM writes the whole membership back as it read it, the external id too, and knows no version
        // (platform-api §7).
        Means::ScimEmail { membership, .. } => {
            keys.extend([change.target.to_string(), membership.reference().to_string()]);
        }
        Means::Patch { .. }
        | Means::UpdateEmail { .. }
        | Means::Member { .. }
        | Means::RefreshDisplay
        | Means::EndOwnSession => keys.push(change.target.to_string()),
        // Seldom many, and what they touch besides their target is not looked at here.
        Means::Create { .. }
        | Means::Restore { .. }
        | Means::MakeClient { .. }
        | Means::ClientSecret { .. }
        | Means::Delete
        | Means::SetPassword { .. }
        | Means::Rescope { .. }
        | Means::EnrolOwn { .. }
        | Means::DisableOwn { .. } => keys.extend([change.target.to_string(), "one by one".to_owned()]),
    }
    unique(&change.means, &mut keys);
    // What it gives up is free only once it is done.
    if let Undo::By { means, .. } = &change.undo {
        unique(means, &mut keys);
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// External ids and addresses belong to one each.
fn unique(means: &Means, keys: &mut Vec<String>) {
    let external = |value: &Value| value.as_str().map(|id| format!("id {id}"));
    match means {
        Means::Patch { fields, .. } => {
            for (pointer, value) in fields {
                match (pointer.as_str(), value) {
                    ("/externalId", Some(value)) => keys.extend(external(value)),
                    ("/email", Some(Value::String(email))) => keys.push(address(email)),
                    _ => {}
                }
            }
        }
        Means::Invite { request, .. } => {
            keys.extend(external(&request["externalId"]));
            keys.extend(external(&request["membership"]["externalId"]));
            keys.extend(request["email"].as_str().map(address));
        }
        Means::UpdateEmail { email, .. } | Means::ScimEmail { email, .. } => keys.push(address(email.raw())),
        _ => {}
    }
}

fn address(email: &str) -> String {
    format!("email {}", email.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::batch::BatchRow;
    use crate::identity::{ProjectId, Reference};
    use serde_json::json;

    fn change(target: &str, means: Means, back: Means) -> Change {
        Change {
            target: Reference::parse(target).unwrap(),
            label: String::new(),
            who: None,
            fields: vec![],
            expected_version: None,
            means,
            undo: Undo::By { means: Box::new(back), lost: String::new() },
        }
    }

    fn patch(pointer: &str, value: Option<&str>) -> Means {
        Means::patch(vec![(pointer.to_owned(), value.map(|value| json!(value)))])
    }

    fn plan(changes: Vec<Change>) -> Plan {
        Plan { changes, ..Plan::new("x", "x".into()) }
    }

    #[test]
    fn one_record_keeps_its_order_and_others_do_not_wait() {
        let of = |target| change(target, patch("/active", None), patch("/active", None));
        let plan =
            plan(vec![of("ProjectMembership/a"), of("ProjectMembership/b"), of("ProjectMembership/a")]);
        assert_eq!(waits(&plan), [vec![], vec![], vec![0]]);
    }

    #[test]
    fn an_external_id_and_an_address_are_free_only_once_they_are_given_up() {
        let id = |target, new, old| change(target, patch("/externalId", new), patch("/externalId", old));
        let invite = change(
            "Project/p",
            Means::Invite { project: ProjectId::from("p"), request: json!({"email": "A@x.example"}) },
            patch("/active", None),
        );
        let email = change(
            "User/u",
            Means::UpdateEmail {
                email: "b@x.example".into(),
                update_profile_telecom: false,
                skip_verification: true,
            },
            Means::UpdateEmail {
                email: "a@x.example".into(),
                update_profile_telecom: false,
                skip_verification: true,
            },
        );
        let plan = plan(vec![
            id("ProjectMembership/a", None, Some("1")),
            id("ProjectMembership/b", Some("1"), Some("2")),
            id("ProjectMembership/c", Some("3"), None),
            email,
            invite,
        ]);
        assert_eq!(waits(&plan), [vec![], vec![0], vec![], vec![], vec![3]]);
    }

    // platform-api §7: SCIM rewrites the membership's external id from what it read, without If-Match.
    #[test]
    fn an_email_by_scim_and_a_change_of_that_membership_do_not_go_out_at_once() {
        let scim = |email: &str| Means::ScimEmail { membership: "m".into(), email: email.into() };
        let email = change("User/u", scim("b@x.example"), scim("a@x.example"));
        let link = |target| change(target, patch("/externalId", Some("okta|1")), patch("/externalId", None));
        let other = change("ProjectMembership/n", patch("/active", None), patch("/active", None));
        let first = plan(vec![email.clone(), other.clone(), link("ProjectMembership/m")]);
        assert_eq!(waits(&first), [vec![], vec![], vec![0]]);
        assert_eq!(waits(&plan(vec![link("ProjectMembership/m"), other, email])), [vec![], vec![], vec![0]]);
    }

    #[test]
    fn the_changes_of_one_row_keep_their_order() {
        let of = |target| change(target, patch("/active", None), patch("/active", None));
        let mut plan = plan(vec![of("ProjectMembership/a"), of("User/u"), of("ProjectMembership/b")]);
        let row = |steps: &[usize]| BatchRow {
            line: 2,
            named: "x".into(),
            steps: steps.into(),
            ..BatchRow::default()
        };
        plan.batch = Some(Batch { source: "x".into(), rows: vec![row(&[0, 1]), row(&[2])] });
        assert_eq!(waits(&plan), [vec![], vec![0], vec![]]);
    }
}
