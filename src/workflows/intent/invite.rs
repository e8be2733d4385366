//! Inviting somebody (platform-api §6.1). The platform makes user, profile and membership one after the other and
//! leaves behind what it has made when a later step fails, so everything that can fail is looked at before.

use serde_json::{Value, json};

use super::access::parameter;
use super::{NoPlan, Why, guard, membership, policies};
use crate::identity::{
    Change, Email, FieldChange, Means, Membership, Plan, ProjectId, Reference, Role, Seen, Text, Undo,
    UserId, UserScope,
};
use crate::workflows::engine::Engine;
use crate::workflows::project::{self, Project};
use crate::workflows::refusals::Cause;
use crate::workflows::{fields, kinds};

/// What somebody is in the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileKind {
    /// Staff.
    Practitioner,
    /// A patient.
    Patient,
    /// Somebody close to a patient.
    RelatedPerson,
}

impl ProfileKind {
    /// The resource type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Practitioner => "Practitioner",
            Self::Patient => "Patient",
            Self::RelatedPerson => "RelatedPerson",
        }
    }
}

/// Somebody to be invited, as a form or a command has them.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Into which project; the own one when absent. Only a super admin may name another.
    pub project: Option<ProjectId>,
    /// What they are.
    pub kind: ProfileKind,
    /// Given name.
    pub first_name: Text,
    /// Family name.
    pub last_name: Text,
    /// The address to sign in with.
    pub email: Option<Text>,
    /// The subject at the identity provider.
    pub external_id: Option<Text>,
    /// Server-scoped or of the project; as the platform does it for this kind when absent.
    pub server: Option<bool>,
    /// The access policy; the project's default when absent.
    pub policy: Option<Text>,
    /// Parameterised policies: policy, and name and value of its parameters.
    pub access: Vec<(Text, Vec<(Text, Text)>)>,
    /// Project admin.
    pub admin: bool,
    /// A second factor has to be enrolled; new users only.
    pub mfa_required: bool,
    /// Whose relative.
    pub patient: Option<Text>,
    /// An existing profile.
    pub profile: Option<Text>,
    /// Mail the invitation.
    pub send_email: bool,
    /// Change the membership where there is one already, instead of refusing.
    pub upsert: bool,
}

fn malformed(what: &str) -> NoPlan {
    NoPlan::because(Why::Malformed, what)
}

/// Plans an invitation.
pub(super) async fn plan(engine: &Engine, invite: &Invite) -> Result<Plan, NoPlan> {
    let email = well_formed(invite)?;
    let id = invite.project.clone().unwrap_or_else(|| engine.caller.project.clone());
    if id != engine.caller.project && engine.caller.role != Role::SuperAdmin {
        return Err(NoPlan::because(Why::NotAllowed, "You can invite into your own project only.")
            .then("An admin of that project or a super admin can do it."));
    }
    let project = project::read(engine, &id).await?;
    let name = format!("{} {}", invite.first_name.raw().trim(), invite.last_name.raw().trim());
    let mut plan = Plan::new("Invite", Text::from(name));
    plan.about = format!("{} in {}", invite.kind.name(), project.name);
    let scope = scope_of(invite, email.as_ref(), &id);
    let existing = match &email {
        Some(email) => members_with(engine, invite, email, &scope, &id, &mut plan).await?,
        None => None,
    };
    if let Some(external_id) = &invite.external_id {
        let carriers = engine.remote.memberships_by_external_id(external_id.raw()).await?;
        let taken = |other: &&Membership| {
            other.project == id && existing.as_ref().is_none_or(|existing| existing.id != other.id)
        };
        if let Some(other) = carriers.iter().find(taken) {
            let what = format!("{external_id} is the external id of {}.", guard::name(other));
            return Err(
                NoPlan::because(Why::Conflict, what).then("Clear it there first, or take another one.")
            );
        }
        plan.warnings.extend(membership::doubts(external_id));
    }
    let profile = profile_of(engine, invite, email.as_ref(), existing.as_ref(), &id, &mut plan).await?;
    patient_of(engine, invite, profile.as_ref(), &id).await?;
    let policy = policy_of(engine, invite, &project, existing.as_ref(), &mut plan).await?;
    let access = access_of(engine, invite, &id).await?;
    tell(invite, email.as_ref(), &scope, existing.is_some(), &mut plan);
    let wanted =
        Wanted { invite, email: email.as_ref(), scope: &scope, profile: profile.as_ref(), policy, access };
    plan.membership = existing.as_ref().map(|existing| existing.id.clone());
    let change = change(engine, wanted, &id, existing.as_ref()).await?;
    plan.undo = match &change.undo {
        Undo::By { .. } if existing.is_some() => {
            "puts the membership back; a mail cannot be called back".to_owned()
        }
        _ => {
            "keeps them out again; the user and the profile stay, and a mail cannot be called back".to_owned()
        }
    };
    plan.changes = vec![change];
    Ok(plan)
}

/// What can be said without asking anybody; the address in lower case, as the platform keeps it.
fn well_formed(invite: &Invite) -> Result<Option<Email>, NoPlan> {
    if invite.first_name.raw().trim().is_empty() || invite.last_name.raw().trim().is_empty() {
        return Err(malformed("A first and a last name are needed."));
    }
    if invite.external_id.as_ref().is_some_and(|id| id.raw().trim().is_empty()) {
        return Err(malformed("An external id cannot be blank."));
    }
    if invite.kind != ProfileKind::RelatedPerson && invite.patient.is_some() {
        return Err(malformed("Only a RelatedPerson is related to a patient."));
    }
    let email = match &invite.email {
        Some(typed) => Some(Email::parse(typed.raw()).map_err(|error| malformed(&format!("{error}")))?.0),
        None => None,
    };
    if email.is_none() && invite.external_id.is_none() {
        return Err(malformed("An email or an external id is needed, by which the person signs in."));
    }
    Ok(email)
}

/// Where the user exists: patients and people without an email in the project, others everywhere (§6.1 step 1).
fn scope_of(invite: &Invite, email: Option<&Email>, project: &ProjectId) -> UserScope {
    let server = invite.server.unwrap_or(invite.kind != ProfileKind::Patient && email.is_some());
    if server { UserScope::Server } else { UserScope::Project(project.clone()) }
}

/// Who has the address already (§6.1 steps 2, 3, 8): the membership that an upsert changes, if any.
async fn members_with(
    engine: &Engine,
    invite: &Invite,
    email: &Email,
    scope: &UserScope,
    project: &ProjectId,
    plan: &mut Plan,
) -> Result<Option<Membership>, NoPlan> {
    let everybody = engine.remote.memberships_by_email(email.as_str()).await?;
    let users = engine.remote.users_by_email(email.as_str()).await?;
    let mut existing = None;
    for member in everybody.iter().filter(|member| member.project == *project) {
        let user = UserId::new(member.user.id.clone());
        // Hidden from a project admin is server-scoped (§12).
        let theirs = match users.iter().find(|known| known.id == user) {
            Some(user) => user.scope.clone(),
            None => UserScope::Server,
        };
        let name = guard::name(member);
        if theirs != *scope {
            let what =
                format!("{name} is a member with {email} already, by a {} user.", fields::scope(&theirs));
            return Err(NoPlan::because(Why::Conflict, what).then(
                "The platform makes no second one of the other scope; choose that scope to change the membership.",
            ));
        }
        if !invite.upsert {
            let state = if member.active { "" } else { ", though not active" };
            let what = format!("{name} is a member with {email} already{state}.");
            return Err(NoPlan::because(Why::Conflict, what)
                .then("Choose to update the membership, activate it, or send the invitation once more."));
        }
        existing = Some(member.clone());
    }
    let mut same: Vec<&str> =
        users.iter().filter(|user| user.scope == *scope).map(|user| user.id.as_str()).collect();
    if *scope == UserScope::Server {
        let known = |id: &str| users.iter().any(|user| user.id.as_str() == id);
        same.extend(everybody.iter().map(|member| &*member.user.id).filter(|id| !known(id)));
    }
    same.sort_unstable();
    same.dedup();
    if same.len() > 1 {
        return Err(NoPlan::because(
            Why::Conflict,
            format!("{} users have {email}, so the platform does not know whom to invite.", same.len()),
        )
        .then("A super admin has to tell them apart first."));
    }
    if existing.is_none() {
        if let [_] = same[..] {
            plan.warnings.push(
                "a user with this email exists already and is taken: name, password and second factor stay"
                    .to_owned(),
            );
        } else if *scope == UserScope::Server && engine.caller.role != Role::SuperAdmin {
            plan.also.push(
                "whether a user with this email exists elsewhere is not visible to your role; one that does is taken, and two are refused"
                    .to_owned(),
            );
        }
    }
    Ok(existing)
}

/// The profile that will be used, when there is one already (§6.1 step 5).
async fn profile_of(
    engine: &Engine,
    invite: &Invite,
    email: Option<&Email>,
    existing: Option<&Membership>,
    project: &ProjectId,
    plan: &mut Plan,
) -> Result<Option<Reference>, NoPlan> {
    let kind = invite.kind.name();
    let found = match (&invite.profile, email) {
        (Some(wanted), _) => {
            let reference = Reference::parse(wanted.raw().trim())
                .ok_or_else(|| malformed("A profile is named by its reference, e.g. Practitioner/…"))?;
            if &*reference.kind != kind {
                return Err(malformed(&format!("{wanted} is no {kind}.")));
            }
            own_record(engine, &reference, project, "profile").await?;
            Some(reference)
        }
        (None, Some(email)) => {
            let carriers =
                engine.remote.records_where(kind, "email", email.as_str(), &["/meta/project"]).await;
            let carriers = match carriers {
                Ok(carriers) => carriers,
                Err(trouble) if trouble.cause == Cause::Forbidden => {
                    plan.warnings.push("existing profiles cannot be seen by your access policy".to_owned());
                    Vec::new()
                }
                Err(trouble) => return Err(trouble.into()),
            };
            let own = |record: &&crate::identity::Record| record.values[0] == Some(json!(project.as_str()));
            let own: Vec<_> = carriers.iter().filter(own).collect();
            match own[..] {
                [] => None,
                [one] => Some(one.reference.clone()),
                _ => {
                    return Err(NoPlan::because(
                        Why::Conflict,
                        format!("{} profiles of the project have {email}.", own.len()),
                    )
                    .then("Name the one that is meant."));
                }
            }
        }
        (None, None) => None,
    };
    if let (Some(existing), chosen) = (existing, &found)
        && chosen.as_ref().map(ToString::to_string) != Some(existing.profile.to_string())
    {
        return Err(NoPlan::because(
            Why::Conflict,
            format!("{} is a member with another profile, {}.", guard::name(existing), existing.profile),
        )
        .then("Name that profile to change the membership."));
    }
    if let (Some(profile), None) = (&found, existing) {
        plan.warnings.push(format!("the profile {profile} exists already and is taken"));
        let others = engine.remote.memberships_of_profile(profile).await?;
        if !others.is_empty() {
            plan.warnings.push(format!("{} members have this profile already", others.len()));
        }
    }
    Ok(found)
}

/// A new relative needs a patient of the project.
async fn patient_of(
    engine: &Engine,
    invite: &Invite,
    profile: Option<&Reference>,
    project: &ProjectId,
) -> Result<(), NoPlan> {
    let Some(wanted) = &invite.patient else {
        if invite.kind == ProfileKind::RelatedPerson && profile.is_none() {
            return Err(malformed("A new RelatedPerson needs the patient they are related to."));
        }
        return Ok(());
    };
    let reference = Reference::parse(wanted.raw().trim()).filter(|found| &*found.kind == "Patient");
    let reference = reference.ok_or_else(|| malformed("A patient is named by the reference, Patient/…"))?;
    own_record(engine, &reference, project, "patient").await
}

/// It exists and is the project's own.
async fn own_record(
    engine: &Engine,
    reference: &Reference,
    project: &ProjectId,
    what: &str,
) -> Result<(), NoPlan> {
    match engine.remote.record(reference, &["/meta/project"]).await {
        Ok(record) if record.values[0] == Some(json!(project.as_str())) => Ok(()),
        Ok(_) => {
            Err(NoPlan::because(Why::Conflict, format!("The {what} {reference} belongs to another project.")))
        }
        Err(trouble) if matches!(trouble.cause, Cause::NotFound | Cause::Gone) => {
            Err(NoPlan::because(Why::NotFound, format!("There is no {what} {reference}.")))
        }
        Err(trouble) => Err(trouble.into()),
    }
}

/// The policy that will stand there, and whether it is sent. A wrong `membership.accessPolicy` is stored unchecked, and
/// then nobody signs in (§6.1 step 6).
async fn policy_of(
    engine: &Engine,
    invite: &Invite,
    project: &Project,
    existing: Option<&Membership>,
    plan: &mut Plan,
) -> Result<Option<(Reference, bool)>, NoPlan> {
    if let Some(wanted) = &invite.policy {
        return Ok(Some((policies::find(engine, &project.id, wanted).await?, true)));
    }
    // What an upsert leaves out is taken away (§17), so what stands there is sent again.
    if let Some(existing) = existing {
        return Ok(existing.policy.clone().map(|policy| (policy, true)));
    }
    if !invite.access.is_empty() {
        return Ok(None);
    }
    let kind =
        if invite.admin && invite.kind == ProfileKind::Practitioner { "Admin" } else { invite.kind.name() };
    match project.default_policy(kind) {
        Some(policy) if invite.kind == ProfileKind::RelatedPerson => {
            plan.also.push(format!(
                "gets the project's default policy, {}, for the patient",
                policies::words(Some(policy))
            ));
            Ok(None)
        }
        Some(policy) => {
            plan.also.push(format!("gets the project's default policy, {}", policies::words(Some(policy))));
            Ok(Some((policy.clone(), false)))
        }
        None => {
            plan.warnings
                .push("without any policy a member may read and write every ordinary record".to_owned());
            Ok(None)
        }
    }
}

/// Parameterised policies as the platform keeps them.
async fn access_of(engine: &Engine, invite: &Invite, project: &ProjectId) -> Result<Vec<Value>, NoPlan> {
    let mut access = Vec::new();
    for (policy, parameters) in &invite.access {
        let policy = policies::find(engine, project, policy).await?;
        let mut given = Vec::new();
        for (name, value) in parameters {
            given.push(parameter(engine, name, value).await?);
        }
        let mut item = json!({ "policy": { "reference": policy.to_string() } });
        if !given.is_empty() {
            item["parameter"] = json!(given);
        }
        access.push(item);
    }
    Ok(access)
}

/// What else follows.
fn tell(invite: &Invite, email: Option<&Email>, scope: &UserScope, exists: bool, plan: &mut Plan) {
    match email {
        Some(email) if invite.send_email => plan.also.push(format!("an invitation goes to {email}")),
        Some(_) => plan.also.push(
            "no mail is sent; before a sign-in by password a password reset has to be mailed".to_owned(),
        ),
        None => plan.also.push(
            "without an email nobody is mailed, and only an identity provider signs them in".to_owned(),
        ),
    }
    if !exists {
        plan.also.push(format!("a new user would be {}", fields::scope(scope)));
    }
    if invite.admin {
        plan.warnings.push("will be able to invite, remove and change every member".to_owned());
    }
    if invite.mfa_required {
        plan.also.push("a new user has to enrol a second factor; one that exists stays as it is".to_owned());
    }
}

struct Wanted<'a> {
    invite: &'a Invite,
    email: Option<&'a Email>,
    scope: &'a UserScope,
    profile: Option<&'a Reference>,
    policy: Option<(Reference, bool)>,
    access: Vec<Value>,
}

/// The one request, and what it must have brought about.
async fn change(
    engine: &Engine,
    wanted: Wanted<'_>,
    project: &ProjectId,
    existing: Option<&Membership>,
) -> Result<Change, NoPlan> {
    let Wanted { invite, email, scope, profile, policy, access } = wanted;
    let mut membership = json!({ "admin": invite.admin || existing.is_some_and(|existing| existing.admin) });
    let mut shown = Vec::new();
    let mut show = |field: &str, before: Option<Text>, after: Option<Text>| {
        shown.push(FieldChange { field: field.to_owned(), before: Seen::Known(before), after });
    };
    if let Some(email) = email {
        show(fields::EMAIL, existing.map(|_| email.text()), Some(email.text()));
    }
    if let Some(profile) = profile {
        membership["profile"] = json!({ "reference": profile.to_string() });
        let profile = Some(Text::from(profile.to_string()));
        show(fields::PROFILE, existing.and(profile.clone()), profile);
    }
    let admin = membership["admin"] == true;
    show(fields::ADMIN, existing.map(|existing| fields::yes_no(existing.admin)), Some(fields::yes_no(admin)));
    if let Some((policy, sent)) = &policy {
        if *sent {
            membership["accessPolicy"] = json!({ "reference": policy.to_string() });
        }
        let before =
            existing.and_then(|existing| existing.policy.as_ref()).map(|old| Text::from(old.to_string()));
        show(fields::POLICY, before, Some(Text::from(policy.to_string())));
    }
    let external =
        invite.external_id.as_ref().or(existing.and_then(|existing| existing.external_id.as_ref()));
    if let Some(id) = external {
        membership["externalId"] = json!(id.raw());
        show(
            fields::EXTERNAL_ID,
            existing.and_then(|existing| existing.external_id.clone()),
            Some(id.clone()),
        );
    }
    // An upsert keeps what it is not about.
    let mut back = vec![("/active".to_owned(), Some(json!(false)))];
    let mut stored_access = None;
    if let Some(existing) = existing {
        stored_access =
            engine.remote.record(&existing.id.reference(), &["/access"]).await?.values.pop().flatten();
        back = vec![("/admin".to_owned(), Some(json!(existing.admin)))];
        let old = existing.policy.as_ref().map(|policy| json!({ "reference": policy.to_string() }));
        if old.is_some() || policy.is_some() {
            back.push(("/accessPolicy".to_owned(), old));
        }
        if external.is_some() {
            back.push(("/externalId".to_owned(), existing.external_id.as_ref().map(|id| json!(id.raw()))));
        }
    } else if external.is_some() {
        back.push(("/externalId".to_owned(), None));
    }
    let access = if access.is_empty() { stored_access.clone() } else { Some(Value::Array(access)) };
    if let Some(access) = access {
        let word = kinds::of("ProjectMembership").and_then(|kind| kind.field("/access"));
        let words = |value: Option<&Value>| word.and_then(|field| field.words(value));
        show(fields::ACCESS, words(stored_access.as_ref()), words(Some(&access)));
        if existing.is_some() {
            back.push(("/access".to_owned(), stored_access));
        }
        membership["access"] = access;
    }
    let mut request = json!({
        "resourceType": invite.kind.name(),
        "firstName": invite.first_name.raw().trim(),
        "lastName": invite.last_name.raw().trim(),
        "scope": if *scope == UserScope::Server { "server" } else { "project" },
        "sendEmail": invite.send_email && email.is_some(),
        "membership": membership,
    });
    if let Some(email) = email {
        request["email"] = json!(email.as_str());
    } else if let Some(id) = external {
        // The platform asks for one of the two at the top; it means the same there (§6.1).
        request["externalId"] = json!(id.raw());
    }
    if invite.mfa_required {
        request["mfaRequired"] = json!(true);
    }
    if let Some(patient) = &invite.patient {
        request["patient"] = json!({ "reference": patient.raw().trim() });
    }
    if existing.is_some() {
        request["upsert"] = json!(true);
    } else {
        show(fields::ACTIVE, None, Some(fields::yes_no(true)));
    }
    let lost =
        if existing.is_some() { "" } else { "the user and the profile stay, without an active membership" };
    Ok(Change {
        target: project.reference(),
        label: if existing.is_some() { "update the membership by an invitation" } else { "invite" }
            .to_owned(),
        who: None,
        fields: shown,
        expected_version: None,
        means: Means::Invite { project: project.clone(), request },
        undo: Undo::By { means: Box::new(Means::patch(back)), lost: lost.to_owned() },
    })
}

/// A staff member with nothing special, to fill in.
impl Default for Invite {
    fn default() -> Self {
        Self {
            project: None,
            kind: ProfileKind::Practitioner,
            first_name: Text::default(),
            last_name: Text::default(),
            email: None,
            external_id: None,
            server: None,
            policy: None,
            access: Vec::new(),
            admin: false,
            mfa_required: false,
            patient: None,
            profile: None,
            send_email: true,
            upsert: false,
        }
    }
}
