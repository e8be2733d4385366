//! The three plans.

use serde_json::{Value, json};

use super::facts::{EmailFacts, roads, to_be_made, world};
use super::words::{Findings, common, other_projects, typed_when};
use super::{Choices, Offer, Way, WayKind, WhyNot};
use crate::identity::sign_in::{Account, Caveat, EmailMove, Gate, Place, World, effects};
use crate::identity::{
    Caller, Change, FieldChange, Means, Membership, OnFailure, Plan, Role, Seen, Text, Undo, UserScope,
};
use crate::workflows::facts::PersonFacts;
use crate::workflows::fields;

fn closed(kind: WayKind, points: &[&str], why: impl Into<String>) -> Way {
    Way {
        kind,
        points: points.iter().map(|&point| point.to_owned()).collect(),
        offer: Offer::Not(WhyNot(why.into())),
        recommended: false,
    }
}

fn open(kind: WayKind, points: Vec<String>, plan: Plan) -> Way {
    Way { kind, points, offer: Offer::Plan(Box::new(plan)), recommended: false }
}

fn field(name: &str, before: Seen<Option<Text>>, after: Option<Text>) -> FieldChange {
    FieldChange { field: name.to_owned(), before, after }
}

/// Sign-in before and after the address of the person's own user changes.
fn moved(caller: &Caller, person: &PersonFacts, new: &EmailFacts, findings: &mut Findings) -> Plan {
    let before = world(caller, person, new);
    let id = person.user_id.clone().unwrap_or_else(to_be_made);
    let after = before.clone().with_email(&id, &new.email.text());
    plan(person, new, &before, &after, std::slice::from_ref(&id), findings)
}

fn plan(
    person: &PersonFacts,
    new: &EmailFacts,
    before: &World,
    after: &World,
    ids: &[crate::identity::UserId],
    findings: &mut Findings,
) -> Plan {
    let old = person.email.known().cloned().flatten();
    let change = EmailMove { person: ids, old: old.as_ref(), new: &new.email.text() };
    let (sign_in, caveats) = effects(before, after, change, &roads(person, new));
    // Said once already, with who was looked for.
    let caveats = caveats.into_iter().filter(|caveat| *caveat != Caveat::TwinUnseen);
    findings.also.extend(caveats.map(|caveat| caveat.words().to_owned()));
    Plan {
        title: "Change email".to_owned(),
        subject: person.name.clone(),
        membership: Some(person.membership.id.clone()),
        user: person.user_id.clone(),
        about: person.about(),
        changes: Vec::new(),
        sign_in,
        also: Vec::new(),
        warnings: Vec::new(),
        undo: String::new(),
        confirm: crate::identity::Confirm::Enter,
        undoes: None,
        undoes_also: Vec::new(),
        resumes: None,
        undoes_part: false,
        batch: None,
        on_failure: OnFailure::Stop,
    }
}

/// Why an address from before the platform's own rule does not come back.
const CAPITALS: &str = "the old address has capitals, which the platform does not store any more";

/// The platform takes lower case only (platform-api §9.1).
fn storable(email: &Text) -> bool {
    email.raw() == email.raw().to_lowercase()
}

/// `$update-email` (platform-api §8).
pub(super) fn update_email(caller: &Caller, person: &PersonFacts, new: &EmailFacts, choices: Choices) -> Way {
    let kind = WayKind::UpdateEmail;
    let points = ["the same user keeps password, factor, sessions and history"];
    let server = !matches!(person.scope, Seen::Known(UserScope::Project(_)));
    match (caller.role, &person.scope) {
        (Role::SuperAdmin, _) => {}
        (Role::ProjectAdmin, Seen::Known(UserScope::Project(project))) if *project == caller.project => {}
        (Role::ProjectAdmin, Seen::Known(UserScope::Project(_))) => {
            return closed(
                kind,
                &points,
                "the user belongs to another project; its admins or a super admin can",
            );
        }
        (Role::ProjectAdmin, Seen::Known(UserScope::Server)) => {
            return closed(kind, &points, "the user is server-scoped; only a super admin may use it");
        }
        (Role::ProjectAdmin, Seen::Unknown(why)) => {
            return closed(kind, &points, format!("the user's scope is not known ({why})"));
        }
        (Role::Member, _) => {
            return closed(kind, &points, "you are neither project admin nor super admin here");
        }
    }
    if choices.update_profile_telecom && server {
        let why =
            "the profile of a server-scoped user cannot be changed along; leave the profile's email as it is";
        return closed(kind, &points, why);
    }
    let (Some(id), Seen::Known(user)) = (&person.user_id, &person.user) else {
        return closed(kind, &points, "the user could not be read, so a change could not be checked");
    };
    let mut findings = common(caller, person, new);
    let mut plan = moved(caller, person, new, &mut findings);
    let old = user.email.clone();
    let undo = match &old {
        Some(old) if !storable(old) => Undo::Not { why: CAPITALS.to_owned() },
        Some(old) => Undo::By {
            means: Box::new(Means::UpdateEmail {
                email: old.clone(),
                update_profile_telecom: choices.update_profile_telecom,
                skip_verification: true,
            }),
            lost: if user.email_verified == Some(true) && caller.role != Role::SuperAdmin {
                "the old address comes back unverified".to_owned()
            } else {
                String::new()
            },
        },
        None => {
            Undo::Not { why: "the user had no address, and the platform cannot take one away".to_owned() }
        }
    };
    plan.changes.push(Change {
        target: id.reference(),
        label: "change the login email".to_owned(),
        who: None,
        fields: vec![
            field(fields::EMAIL, Seen::Known(old.clone()), Some(new.email.text())),
            field(fields::VERIFIED, Seen::Known(fields::verified(user)), Some(fields::yes_no(false))),
        ],
        expected_version: Some(user.version.id.clone()),
        means: Means::UpdateEmail {
            email: new.email.text(),
            update_profile_telecom: choices.update_profile_telecom,
            skip_verification: choices.skip_verification,
        },
        undo,
    });
    let mut also = vec![if choices.skip_verification {
        "no verification mail is sent; an unverified address does not keep anybody out".to_owned()
    } else {
        "a verification mail goes to the new address".to_owned()
    }];
    if choices.update_profile_telecom {
        also.push(
            "the profile gets the new address as work email, the old one is kept there as old".to_owned(),
        );
    } else {
        also.push("the email in the profile stays as it is".to_owned());
    }
    also.push("sessions stay alive".to_owned());
    if server {
        findings.warnings.splice(0..0, other_projects(person));
    }
    plan.undo = match (&old, choices.skip_verification) {
        (None, _) => "cannot be taken back: there was no address before".to_owned(),
        (Some(old), _) if !storable(old) => format!("cannot be taken back: {CAPITALS}"),
        (Some(_), true) => "puts the old address back".to_owned(),
        (Some(_), false) => "puts the old address back; the mail cannot be recalled".to_owned(),
    };
    if user.email_verified == Some(true) && caller.role != Role::SuperAdmin && old.is_some() {
        plan.undo.push_str("; it comes back unverified");
    }
    let sure = typed_when(&findings, new, server && person.projects().len() > 1);
    findings.finish(&mut plan, also, sure);
    let mut points: Vec<String> = points.iter().map(|&point| point.to_owned()).collect();
    points.push(if choices.skip_verification {
        "no mail is sent".to_owned()
    } else {
        "the new address is asked to verify itself by mail".to_owned()
    });
    open(kind, points, plan)
}

/// The platform's SCIM user (platform-api §7).
pub(super) fn scim(caller: &Caller, person: &PersonFacts, new: &EmailFacts) -> Way {
    let kind = WayKind::Scim;
    let points = [
        "the same user keeps password, factor, sessions and history",
        "changes the sign-in in every project this person is in",
        "sends no mail and verifies nothing",
    ];
    match (caller.role, &person.scope) {
        (Role::Member, _) => {
            return closed(kind, &points, "you are neither project admin nor super admin here");
        }
        (Role::SuperAdmin, _) => {
            return closed(kind, &points, "not needed: a super admin changes the address itself");
        }
        (Role::ProjectAdmin, Seen::Known(UserScope::Project(_))) => {
            return closed(kind, &points, "not needed: project-scoped users are changed directly");
        }
        (Role::ProjectAdmin, Seen::Known(UserScope::Server) | Seen::Unknown(_)) => {}
    }
    let Seen::Known(Some(old)) = &person.email else {
        return closed(
            kind,
            &points,
            "the present address could not be read, so the change could not be checked",
        );
    };
    let Some(id) = &person.user_id else {
        return closed(kind, &points, "there is no user behind this membership");
    };
    let mut findings = common(caller, person, new);
    let mut plan = moved(caller, person, new, &mut findings);
    let membership = person.membership.id.clone();
    plan.changes.push(Change {
        target: id.reference(),
        label: "change the login email through SCIM".to_owned(),
        who: None,
        fields: vec![field(fields::EMAIL, Seen::Known(Some(old.clone())), Some(new.email.text()))],
        expected_version: None,
        means: Means::ScimEmail { membership: membership.clone(), email: new.email.text() },
        undo: if storable(old) {
            let back = Means::ScimEmail { membership, email: old.clone() };
            Undo::By { means: Box::new(back), lost: String::new() }
        } else {
            Undo::Not { why: CAPITALS.to_owned() }
        },
    });
    findings.warnings.insert(
        0,
        format!(
            "{} is server-scoped: this changes the sign-in in every project, also in those you cannot see",
            person.name
        ),
    );
    findings.warnings.insert(
        1,
        "no mail is sent and the new address is not verified; tell the person yourself".to_owned(),
    );
    let also = vec!["the verified mark stays as it is".to_owned(), "sessions stay alive".to_owned()];
    plan.undo = String::from("puts the old address back");
    findings.finish(&mut plan, also, Some(new.email.text()));
    open(kind, points.iter().map(|&point| point.to_owned()).collect(), plan)
}

/// A new user onto the same profile, and the old membership off (platform-api §6.1).
pub(super) fn reinvite(caller: &Caller, person: &PersonFacts, new: &EmailFacts, choices: Choices) -> Way {
    let kind = WayKind::Reinvite;
    let points = [
        "touches this project only",
        "a second user: new password, no second factor, no sign-in history",
        "other projects keep the old address",
    ];
    let why = match (caller.role, &person.scope) {
        (Role::Member, _) => Some("you are neither project admin nor super admin here"),
        (Role::SuperAdmin, _) => Some("not needed: a super admin changes the address itself"),
        (_, Seen::Known(UserScope::Project(_))) => {
            Some("not needed: project-scoped users are changed directly")
        }
        _ if person.is_own(caller) => Some("it would switch off the membership you are signed in with"),
        _ if !matches!(&*person.membership.profile.kind, "Practitioner" | "Patient" | "RelatedPerson") => {
            Some("the profile is none that can be invited")
        }
        _ if !person.membership.active => Some("the membership is not active"),
        _ => None,
    };
    if let Some(why) = why {
        return closed(kind, &points, why);
    }
    let Seen::Known((given, family)) = &person.names else {
        return closed(kind, &points, "the name of the user could not be read, and an invitation needs it");
    };
    let Some(old_user) = &person.user_id else {
        return closed(kind, &points, "there is no user behind this membership");
    };
    let membership = &person.membership;
    let mut findings = common(caller, person, new);

    let before = world(caller, person, new);
    let made = to_be_made();
    let mut after = before.clone().with_active(&membership.id, false);
    after.accounts.push(Account {
        id: made.clone(),
        email: Seen::Known(Some(new.email.text())),
        scope: Seen::Known(UserScope::Server),
        legacy_external_id: Seen::Known(None),
    });
    after.places.push(Place {
        id: "to-be-made".into(),
        user: made.clone(),
        project: membership.project.clone(),
        name: person.name.clone(),
        active: true,
        external_id: membership.external_id.clone(),
        // The invitation carries the policies over, not the user configuration.
        gate: match person.gate(&membership.id) {
            Seen::Known(Gate::DeadConfiguration) => Seen::Known(Gate::Open),
            gate => gate,
        },
    });
    for place in &mut after.places {
        if place.id == membership.id {
            place.external_id = None;
        }
    }
    let mut plan = plan(person, new, &before, &after, &[old_user.clone(), made], &mut findings);

    let invite = invite_change(person, given, family, new, choices);
    let off = switch_off(membership);
    // What is unique in a project must be free before the new membership takes it (platform-api §9.2).
    let unique = membership.external_id.is_some() || membership.user_name.is_some();
    plan.changes = if unique { vec![off, invite] } else { vec![invite, off] };
    plan.title = String::from("Invite again");
    plan.undo = String::from(
        "switches the old membership on and the new one off; the new user stays, and a mail cannot be recalled",
    );
    if membership.policy.is_none() && membership.access.is_empty() {
        findings.warnings.push(
            "the old membership has no access policy (full access); the new one gets the project's default"
                .to_owned(),
        );
    }
    findings.warnings.insert(
        0,
        format!(
            "{} becomes a second user: the old password and second factor do not come along",
            person.name
        ),
    );
    let also = vec![
        if choices.skip_verification {
            "no invitation mail is sent; send a password reset before the first sign-in by password"
                .to_owned()
        } else {
            "an invitation mail goes to the new address".to_owned()
        },
        "sessions of the old membership end at once".to_owned(),
        "if the new address has a user elsewhere on the platform already, that user joins this project"
            .to_owned(),
        "a user configuration of the old membership is not carried over".to_owned(),
    ];
    findings.finish(&mut plan, also, Some(new.email.text()));
    open(kind, points.iter().map(|&point| point.to_owned()).collect(), plan)
}

fn invite_change(
    person: &PersonFacts,
    given: &Text,
    family: &Text,
    new: &EmailFacts,
    choices: Choices,
) -> Change {
    let old = &person.membership;
    let mut membership = json!({
        "profile": { "reference": reference(&old.profile) },
        "active": true,
        "admin": old.admin,
    });
    if let Some(policy) = &old.policy {
        membership["accessPolicy"] = json!({ "reference": reference(policy) });
    }
    if !old.access.is_empty() {
        membership["access"] = old.access.iter().map(access).collect();
    }
    if let Some(id) = &old.external_id {
        membership["externalId"] = json!(id.raw());
    }
    if let Some(name) = &old.user_name {
        membership["userName"] = json!(name.raw());
    }
    let request = json!({
        "resourceType": &*old.profile.kind,
        "firstName": given.raw(),
        "lastName": family.raw(),
        "email": new.email.as_str(),
        "scope": "server",
        "sendEmail": !choices.skip_verification,
        "membership": membership,
    });
    let none = || Seen::Known(None);
    let mut changes = vec![
        field(fields::EMAIL, none(), Some(new.email.text())),
        field(fields::PROFILE, none(), Some(Text::from(reference(&old.profile)))),
        field(fields::ACTIVE, none(), Some(fields::yes_no(true))),
        field(fields::ADMIN, none(), Some(fields::yes_no(old.admin))),
    ];
    if let Some(policy) = &old.policy {
        changes.push(field(fields::POLICY, none(), Some(Text::from(reference(policy)))));
    }
    let mut off = vec![("/active".to_owned(), Some(json!(false)))];
    if let Some(id) = &old.external_id {
        changes.push(field(fields::EXTERNAL_ID, none(), Some(id.clone())));
        off.push(("/externalId".to_owned(), None));
    }
    if let Some(name) = &old.user_name {
        changes.push(field(fields::USER_NAME, none(), Some(name.clone())));
        off.push(("/userName".to_owned(), None));
    }
    Change {
        target: old.project.reference(),
        label: "invite the new address onto the same profile".to_owned(),
        who: None,
        fields: changes,
        expected_version: None,
        means: Means::Invite { project: old.project.clone(), request },
        undo: Undo::By {
            means: Box::new(Means::patch(off)),
            lost: "the new user stays, without an active membership".to_owned(),
        },
    }
}

fn switch_off(membership: &Membership) -> Change {
    let mut sent = vec![("/active".to_owned(), Some(json!(false)))];
    let mut back = vec![("/active".to_owned(), Some(json!(true)))];
    let mut changed =
        vec![field(fields::ACTIVE, Seen::Known(Some(fields::yes_no(true))), Some(fields::yes_no(false)))];
    let unique = [
        (fields::EXTERNAL_ID, "/externalId", &membership.external_id),
        (fields::USER_NAME, "/userName", &membership.user_name),
    ];
    for (name, path, value) in unique {
        if let Some(value) = value {
            sent.push((path.to_owned(), None));
            back.push((path.to_owned(), Some(json!(value.raw()))));
            changed.push(field(name, Seen::Known(Some(value.clone())), None));
        }
    }
    Change {
        target: membership.id.reference(),
        label: "switch the old membership off".to_owned(),
        who: None,
        fields: changed,
        expected_version: Some(membership.version.id.clone()),
        means: Means::patch(sent),
        undo: Undo::By { means: Box::new(Means::patch(back)), lost: String::new() },
    }
}

fn reference(reference: &crate::identity::Reference) -> String {
    format!("{}/{}", reference.kind, reference.id)
}

fn access(access: &crate::identity::membership::Access) -> Value {
    let parameters: Vec<Value> = access
        .parameters
        .iter()
        .map(|(name, value)| match crate::identity::Reference::parse(value.raw()) {
            Some(target) => json!({"name": name.raw(), "valueReference": {"reference": reference(&target)}}),
            None => json!({"name": name.raw(), "valueString": value.raw()}),
        })
        .collect();
    if parameters.is_empty() {
        json!({ "policy": { "reference": reference(&access.policy) } })
    } else {
        json!({ "policy": { "reference": reference(&access.policy) }, "parameter": parameters })
    }
}
