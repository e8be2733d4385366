//! Making a client application: a public one by FHIR, a confidential one by the admin API, which gives it a secret and a
//! membership (platform-api §3.2, §6, §9.5).

use serde_json::json;

use super::{ClientIntent, NewClient, NewKind, NoPlan, Why, named, namesake};
use crate::identity::redirect::Redirect;
use crate::identity::{
    Change, ClientId, Confirm, FieldChange, Means, Plan, Reference, Role, Seen, Text, Undo,
};
use crate::workflows::engine::Engine;
use crate::workflows::intent::policies;
use crate::workflows::{fields, project};

pub(super) async fn plan(engine: &Engine, new: &NewClient) -> Result<Plan, NoPlan> {
    let name = named(&new.name)?;
    let caller = &engine.caller;
    let id = new.project.as_ref().unwrap_or(&caller.project);
    let foreign = *id != caller.project;
    if foreign && caller.role != Role::SuperAdmin {
        return Err(NoPlan::because(Why::NotAllowed, "A project admin makes clients of the own project.")
            .then("An admin of that project or a super admin can do it."));
    }
    let mut warnings = Vec::new();
    for (at, uri) in new.redirects.iter().enumerate() {
        let redirect = Redirect::parse(uri.raw()).map_err(|why| {
            NoPlan::because(Why::Malformed, format!("{uri} cannot be a redirect address: {why}."))
        })?;
        warnings.extend(redirect.doubts());
        if new.redirects[..at].contains(uri) {
            return Err(NoPlan::because(
                Why::Malformed,
                format!("The redirect address {uri} stands there twice."),
            ));
        }
    }
    let home = project::read(engine, id).await?;
    let mut record = json!({ "resourceType": ClientId::KIND, "name": name.raw() });
    let mut shown = vec![(fields::NAME, Some(name.clone()))];
    let description = new.description.as_ref().map(|text| text.raw().trim()).filter(|text| !text.is_empty());
    if let Some(text) = description {
        record["description"] = json!(text);
        shown.push((fields::DESCRIPTION, Some(Text::from(text))));
    }
    if !new.redirects.is_empty() {
        let uris: Vec<&str> = new.redirects.iter().map(Text::raw).collect();
        shown.push((fields::REDIRECTS, Some(Text::from(uris.join(" ")))));
        record["redirectUris"] = json!(uris);
    }
    let mut plan = Plan::new(ClientIntent::Create(new.clone()).title(), name.clone());
    plan.about = format!("client application of {}", home.name);
    let means = match &new.kind {
        NewKind::Public => {
            if foreign {
                record["meta"] = json!({ "project": id.as_str() });
                shown.push((fields::PROJECT, Some(Text::from(id.as_str()))));
            }
            public(&mut plan, new);
            Means::create(record)
        }
        NewKind::Confidential { policy } => {
            let policy = match policy {
                Some(wanted) => Some(policies::find(engine, id, wanted).await?),
                None => None,
            };
            shown.push((fields::MEMBERSHIP, Some(fields::yes_no(true))));
            if let Some(policy) = &policy {
                record["accessPolicy"] = json!({ "reference": policy.to_string() });
                shown.push((fields::POLICY, Some(Text::from(policy.to_string()))));
            } else {
                warnings.push(
                    "without an access policy it may read and write every ordinary record of the project by itself"
                        .to_owned(),
                );
            }
            confidential(&mut plan, home.super_admin);
            Means::MakeClient { project: id.clone(), record }
        }
    };
    warnings.extend(namesake(engine, &name, Some(id), None).await);
    plan.warnings.extend(warnings);
    if home.super_admin && matches!(new.kind, NewKind::Confidential { .. }) {
        plan.confirm = Confirm::Typed { text: name.clone() };
    }
    plan.changes.push(made(id.reference(), shown, means));
    Ok(plan)
}

fn made(target: Reference, shown: Vec<(&str, Option<Text>)>, means: Means) -> Change {
    let fields = shown.into_iter().map(|(field, after)| FieldChange {
        field: field.to_owned(),
        before: Seen::Known(None),
        after,
    });
    Change {
        target,
        label: "create the client application".to_owned(),
        who: None,
        fields: fields.collect(),
        expected_version: None,
        means,
        undo: Undo::By {
            means: Box::new(Means::Delete),
            lost: "sign-ins and sessions of this client end".to_owned(),
        },
    }
}

fn public(plan: &mut Plan, new: &NewClient) {
    plan.also.push("it has no secret: PKCE protects every sign-in".to_owned());
    plan.also.push("it has no membership: it signs people in, and cannot sign in by itself".to_owned());
    if new.redirects.is_empty() {
        plan.warnings
            .push("without a redirect address no browser sign-in works; it can be added later".to_owned());
    }
    plan.undo = "deletes the client application; sign-ins with it end".to_owned();
}

fn confidential(plan: &mut Plan, super_admin: bool) {
    plan.also.push(
        "the platform makes up a secret; it is shown once, on demand, after this is applied".to_owned(),
    );
    plan.also.push("it gets a membership and can sign in by itself with client id and secret".to_owned());
    if super_admin {
        plan.warnings.push(
            "a client of the super-admin project may do everything in every project, whoever has its secret"
                .to_owned(),
        );
    }
    plan.undo = "deletes the client application and its membership; sign-ins with it end".to_owned();
}
