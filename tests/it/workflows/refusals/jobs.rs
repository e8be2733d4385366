//! What is tried: one plan for each endpoint, with the request that it sends.

use idconsole::identity::{Factor, MembershipId, Plan, Secret};
use idconsole::workflows::Engine;
use idconsole::workflows::email_change::{Choices, WayKind};
use idconsole::workflows::intent::{Intent, Invite, plan};
use idconsole::workflows::sessions::list;
use serde_json::json;

use crate::workflows::scene::Scene;

pub const JANE: &str = "jsmith@clinic.example";
pub const CARLA: &str = "carla.diaz@post.example";
pub const DANA: &str = "dana.cruz@post.example";
pub const VERA: &str = "vera.lindt@partner.example";
pub const ROBIN: &str = "robin.okoye@ops.clinic.example";
pub const HUGO: &str = "okta|00uHUGOBRANDT000001";
pub const NEW: &str = "nora.new@clinic.example";

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Job {
    /// A new member, by a project admin.
    Invite,
    /// Carla's authenticator app.
    ResetFactor,
    /// A link to Carla.
    MailPassword,
    /// Carla.
    Remove,
    /// Carla's, by a project admin.
    SetPassword,
    /// Jane's, by a super admin.
    SetPasswordOfAnybody,
    /// Carla's account.
    ToServer,
    /// Robin's account, by a super admin.
    ToProject,
    /// Vera's, with a verification mail.
    UpdateEmail,
    /// Jane's, by a project admin.
    ScimEmail,
    /// Jane's external id: a PATCH of a membership.
    Link,
    /// Jane's: another one.
    UserName,
    /// Of Carla: a PATCH of a user.
    RequireFactor,
    /// Of everybody: a PATCH of the project's settings.
    RequireOfProject,
    /// One's own.
    EndOwnSession,
    /// Somebody else's, by a super admin: a PATCH of a Login.
    EndSession,
    /// One's own app.
    EnrolOwn,
    /// One's own factors.
    DisableOwn,
    /// Dana's, by a super admin.
    RefreshDisplay,
}

impl Job {
    /// Method and path of its one write.
    pub fn request(self) -> (&'static str, &'static str) {
        match self {
            Self::Invite => ("POST", "*/invite"),
            Self::ResetFactor => ("POST", "*/mfa/reset"),
            Self::MailPassword => ("POST", "*/resetpassword"),
            Self::Remove => ("DELETE", "*/members/*"),
            Self::SetPassword => ("POST", "/admin/projects/setpassword"),
            Self::SetPasswordOfAnybody => ("POST", "/admin/super/setpassword"),
            Self::ToServer | Self::ToProject => ("POST", "*/$rescope"),
            Self::UpdateEmail => ("POST", "*/$update-email"),
            Self::ScimEmail => ("PATCH", "/scim/v2/Users/*"),
            Self::Link | Self::UserName => ("PATCH", "/fhir/R4/ProjectMembership/*"),
            Self::RequireFactor => ("PATCH", "/fhir/R4/User/*"),
            Self::RequireOfProject => ("PATCH", "/fhir/R4/Project/*"),
            Self::EndOwnSession => ("POST", "/auth/revoke"),
            Self::EndSession => ("PATCH", "/fhir/R4/Login/*"),
            Self::EnrolOwn => ("POST", "/auth/mfa/enroll"),
            Self::DisableOwn => ("POST", "/auth/mfa/disable"),
            Self::RefreshDisplay => ("POST", "*/$refresh-reference-display"),
        }
    }

    fn by_operator(self) -> bool {
        matches!(self, Self::SetPasswordOfAnybody | Self::ToProject | Self::EndSession | Self::RefreshDisplay)
    }
}

pub fn nora() -> Invite {
    Invite {
        first_name: "Nora".into(),
        last_name: "New".into(),
        email: Some(NEW.into()),
        ..Invite::default()
    }
}

/// Who does it, the plan, and what goes beside it.
pub async fn planned(scene: &Scene, job: Job) -> (&Engine, Plan, Option<Secret>) {
    let engine = if job.by_operator() { &scene.super_admin } else { &scene.project_admin };
    let secret = match job {
        Job::SetPassword | Job::SetPasswordOfAnybody => Some(Secret::from("Quarry-lantern-4711")),
        Job::EnrolOwn | Job::DisableOwn => Some(Secret::from("000000")),
        _ => None,
    };
    let by_address = match job {
        Job::UpdateEmail => Some((VERA, "vera.new@partner.example", WayKind::UpdateEmail)),
        Job::ScimEmail => Some((JANE, "jane.smith@clinic.example", WayKind::Scim)),
        _ => None,
    };
    if let Some((who, new, way)) = by_address {
        let choices = Choices { skip_verification: job != Job::UpdateEmail, ..Choices::default() };
        let prepared = scene.prepare(engine, who, new, choices).await;
        return (engine, prepared.proposal.way(way).unwrap().plan().unwrap().clone(), None);
    }
    let intent = intent(scene, job).await;
    let plan = plan(engine, &intent).await.unwrap_or_else(|no| panic!("{job:?}: {no}"));
    (engine, plan, secret)
}

async fn intent(scene: &Scene, job: Job) -> Intent {
    let admin = &scene.project_admin;
    let of = async |who: &str| -> MembershipId { scene.member(admin, who).await };
    match job {
        Job::Invite => Intent::Invite(Box::new(nora())),
        Job::ResetFactor => Intent::ResetFactor {
            member: of(CARLA).await,
            factor: Factor::Totp,
            checked: "called back".into(),
            end_sessions: false,
        },
        Job::MailPassword => Intent::MailPassword { member: of(CARLA).await, invitation: false },
        Job::Remove => Intent::Remove { member: of(CARLA).await },
        Job::SetPassword => Intent::SetPassword { member: of(CARLA).await },
        Job::SetPasswordOfAnybody => Intent::SetPassword { member: of(JANE).await },
        Job::ToServer => Intent::Rescope { member: of(CARLA).await, to_server: true },
        Job::ToProject => Intent::Rescope { member: of(ROBIN).await, to_server: false },
        Job::Link => Intent::Link { members: vec![of(JANE).await], external_id: Some("okta|00uJANE".into()) },
        Job::UserName => Intent::UserName { member: of(JANE).await, user_name: Some("jane.s".into()) },
        Job::RequireFactor => Intent::RequireFactor { members: vec![of(CARLA).await], required: true },
        Job::RequireOfProject => Intent::RequireFactorOfProject {
            project: admin.caller.project.clone(),
            required: true,
            preview: Vec::new(),
        },
        Job::EndOwnSession => {
            let own = list(admin, None).await.unwrap().list;
            Intent::EndSessions { sessions: vec![own[0].id.clone()] }
        }
        Job::EndSession => {
            let pat = list(&scene.super_admin, admin.caller.user.as_ref()).await.unwrap().list;
            Intent::EndSessions { sessions: vec![pat[0].id.clone()] }
        }
        Job::EnrolOwn => Intent::EnrolOwn { factor: Factor::Totp },
        Job::DisableOwn => {
            let mut own = scene.stored(admin.caller.email.as_ref().unwrap().raw()).remove(0);
            own["mfaEnrolled"] = json!(true);
            own["mfaMethod"] = json!(["totp"]);
            own["mfaSecret"] = json!("JBSWY3DPEHPK3PXP");
            scene.running.state.write().system_update(own).unwrap();
            Intent::DisableOwn { factor: None }
        }
        Job::RefreshDisplay => Intent::RefreshDisplay { member: of(DANA).await },
        Job::UpdateEmail | Job::ScimEmail => unreachable!("planned by the way"),
    }
}
