//! Changes and plans: the only form in which a write exists before it happens.
//!
//! A [`Plan`] is complete: what is shown, what is sent, what must still hold, what follows and how it is taken
//! back all stand in it, so that the screen, the command, the journal and undo speak of the same thing.
//! Plans are data and hold no secrets; they are written to the journal as they are.

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::id::{MembershipId, ProjectId, Reference, UserId, VersionId};
use super::seen::Seen;
use super::text::Text;
use super::user::{Factor, UserScope};

/// One field before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The word for it on screens: `email`, `verified`, `external id`, `active` …
    pub field: String,
    /// What it is now; `None` inside means it has no value.
    pub before: Seen<Option<Text>>,
    /// What it will be.
    pub after: Option<Text>,
}

/// How a change is sent. Each one is a single request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "means", rename_all = "snake_case")]
pub enum Means {
    /// `PATCH Type/id` of single fields (platform-api §1.8), guarded by `If-Match` and a `test` on the version.
    Patch {
        /// JSON pointer and new value; `None` removes.
        fields: Vec<(String, Option<serde_json::Value>)>,
        /// The JSON pointer at which the [`super::Secret`] that goes beside the plan is written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_at: Option<String>,
    },
    /// `POST User/id/$update-email` (platform-api §8).
    UpdateEmail {
        /// The new address.
        email: Text,
        /// Also change the profile's work email.
        update_profile_telecom: bool,
        /// Send no verification mail.
        skip_verification: bool,
    },
    /// SCIM PATCH of the login address (platform-api §7): works for server-scoped users too, in every project.
    ScimEmail {
        /// The membership that is the SCIM user.
        membership: MembershipId,
        /// The new address.
        email: Text,
    },
    /// `POST /admin/projects/id/invite` (platform-api §6.1).
    Invite {
        /// The project.
        project: ProjectId,
        /// The request as sent, without any password.
        request: serde_json::Value,
    },
    /// `POST Type`: makes a new record, e.g. a public client application (platform-api §3.2).
    Create {
        /// The record as sent, without secrets.
        record: serde_json::Value,
        /// The JSON pointer at which the [`super::Secret`] that goes beside the plan is put in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret_at: Option<String>,
    },
    /// Puts a record, or fields of it, back as an old version of it had them. That version is read out of the
    /// platform's own history at the moment of writing, so that what is secret in it is nowhere in between.
    Restore {
        /// Which version (`Type/id/_history/version`, platform-api §1.6).
        version: VersionId,
        /// The JSON pointers to put back, by PATCH. Without them the whole record by PUT, which brings a deleted one
        /// back (§1.7).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fields: Option<Vec<String>>,
    },
    /// `POST /admin/projects/id/client` (platform-api §6): a client application with a secret, which the platform makes
    /// up, and a membership.
    MakeClient {
        /// The project.
        project: ProjectId,
        /// The request as sent: the client's fields without secrets, and `accessPolicy` for the membership.
        record: serde_json::Value,
    },
    /// `POST ClientApplication/id/$rotate-secret` (platform-api §8). The platform wants to be told the secret that it
    /// has: it is read where the request is made, and stands nowhere else.
    ClientSecret {
        /// What becomes of which.
        act: SecretAct,
    },
    /// `DELETE Type/id` (platform-api §1.7): takes back a [`Means::Create`], or removes where the admin API is closed.
    Delete,
    /// `POST /auth/revoke`: ends one of the caller's own sessions (platform-api §4).
    EndOwnSession,
    /// A call of the admin API about one member of the caller's own project (platform-api §5, §6).
    Member {
        /// The project, as it stands in the path; the platform takes the token's own for a project admin.
        project: ProjectId,
        /// Which member.
        membership: MembershipId,
        /// What.
        act: MemberAct,
    },
    /// `POST /admin/projects/setpassword`, or the super admin's own (platform-api §6, §6.2). The password goes beside
    /// the plan as a [`super::Secret`] and is nowhere in it.
    SetPassword {
        /// The address by which the platform finds the user.
        email: Text,
        /// The project that the user exists for; `None` for a server-scoped one.
        project: Option<ProjectId>,
        /// By the super admin's route.
        super_admin: bool,
    },
    /// `POST User/id/$rescope` (platform-api §8).
    Rescope {
        /// A membership of the user, by which it can still be seen when it is server-scoped.
        membership: MembershipId,
        /// Where the user exists then.
        scope: UserScope,
    },
    /// `POST ProjectMembership/id/$refresh-reference-display` (platform-api §8).
    RefreshDisplay,
    /// `POST /auth/mfa/enroll`: enrols a factor of the caller's own (platform-api §5). The code goes beside the plan as
    /// a [`super::Secret`].
    EnrolOwn {
        /// Which.
        #[serde(default = "totp")]
        factor: Factor,
    },
    /// `POST /auth/mfa/disable`: takes factors of the caller's own away (platform-api §5). The code goes beside the plan.
    DisableOwn {
        /// Which; all of them where none is named.
        factor: Option<Factor>,
    },
}

/// What was enrolled before there was a choice.
fn totp() -> Factor {
    Factor::Totp
}

/// What the admin API does to a member. None of it can be taken back by the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum MemberAct {
    /// `POST …/mfa/reset`: takes one factor away and mails the user (§5). Works for server-scoped users too.
    ResetMfa {
        /// Which factor.
        factor: Factor,
    },
    /// `POST …/resetpassword`: mails a link to set a new password (§6).
    MailPasswordReset,
    /// `DELETE …`: removes the membership, and the user with it when it exists for this project and has no other (§6).
    Remove,
}

/// What `$rotate-secret` does to a client's secrets. Neither can be taken back: the platform makes secrets up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretAct {
    /// A new secret comes, the present one retires and still works at the token endpoint (platform-api §17).
    Rotate,
    /// The retiring secret works no more.
    Retire,
}

impl Means {
    /// True when this text stands anywhere in what would be sent.
    pub fn holds(&self, text: &str) -> bool {
        serde_json::to_string(self).is_ok_and(|sent| sent.contains(text))
    }

    /// A PATCH of these fields, without a secret.
    pub fn patch(fields: Vec<(String, Option<serde_json::Value>)>) -> Self {
        Self::Patch { fields, secret_at: None }
    }

    /// A new record, without a secret.
    pub fn create(record: serde_json::Value) -> Self {
        Self::Create { record, secret_at: None }
    }

    /// Where in the record the secret beside the plan goes.
    pub fn secret_at(&self) -> Option<&str> {
        match self {
            Self::Patch { secret_at, .. } | Self::Create { secret_at, .. } => secret_at.as_deref(),
            _ => None,
        }
    }

    /// True when a [`super::Secret`] has to go along.
    pub fn needs_secret(&self) -> bool {
        matches!(self, Self::SetPassword { .. } | Self::EnrolOwn { .. } | Self::DisableOwn { .. })
            || self.secret_at().is_some()
    }
}

/// How a change is taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub enum Undo {
    /// By sending this.
    By {
        /// The request that puts the old state back.
        means: Box<Means>,
        /// What does not come back, in words; empty when everything does.
        lost: String,
    },
    /// Not by this console; why, and who can.
    Not {
        /// In words.
        why: String,
    },
}

/// One write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The record it touches; for an invite, the project.
    pub target: Reference,
    /// What it does, in words: "change the login email".
    pub label: String,
    /// Whom it is about, where the plan is about several people; else the plan's subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<Text>,
    /// Before and after, field by field; read back and compared after the write.
    pub fields: Vec<FieldChange>,
    /// The version that the person was shown; a write on another version is refused.
    pub expected_version: Option<VersionId>,
    /// How it is sent.
    pub means: Means,
    /// How it is taken back.
    pub undo: Undo,
}

/// How one way of signing in turns out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SignInOutcome {
    /// The person gets in.
    SignsIn {
        /// Named.
        name: Text,
    },
    /// The person is refused with the platform's text.
    Refused {
        /// e.g. `User not found`.
        text: String,
        /// The cause, in words.
        why: String,
    },
    /// Cannot be said from what this role sees.
    Unknown {
        /// What is missing.
        why: String,
    },
}

/// One way of signing in, before and after the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInEffect {
    /// `password`, `browser, Clinic Okta`, `exchange, Clinic Portal` …
    pub way: String,
    /// Today.
    pub before: SignInOutcome,
    /// After the plan.
    pub after: SignInOutcome,
}

/// How much it takes to say yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "confirm", rename_all = "snake_case")]
pub enum Confirm {
    /// Enter, once the plan was read to the end.
    Enter,
    /// Typing this exactly (an email, a number of rows).
    Typed {
        /// What to type.
        text: Text,
    },
}

/// What a failed change means for those after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The changes are steps of one job: nothing more is sent.
    #[default]
    Stop,
    /// The changes are rows, each for itself: the others are still done. Only what would befall every row (signed
    /// out, limited, not reachable, journal not writable) or leaves a row in doubt stops the run.
    GoOn,
}

/// Ordered changes with everything a person needs to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// `Change email`.
    pub title: String,
    /// Whom it is about, by name.
    pub subject: Text,
    /// The membership it is about, when there is one.
    pub membership: Option<MembershipId>,
    /// The user it is about, when known.
    pub user: Option<UserId>,
    /// What the subject is, in words: "server-scoped · used in 2 projects".
    pub about: String,
    /// In the order they are sent.
    pub changes: Vec<Change>,
    /// What a failed change means for the rest.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// Sign-in before and after.
    pub sign_in: Vec<SignInEffect>,
    /// What else follows: mails, sessions, routes.
    pub also: Vec<String>,
    /// Decisions to think about, e.g. that other projects are touched.
    pub warnings: Vec<String>,
    /// What taking it back does and does not restore.
    pub undo: String,
    /// What it takes to say yes.
    pub confirm: Confirm,
    /// The number of the journal entry that this plan takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<i64>,
    /// Other entries that it takes back with that one: parts of the same run, which was gone on with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undoes_also: Vec<i64>,
    /// The number of the journal entry that this plan goes on with, of which something was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<i64>,
    /// It takes only some rows of that entry back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undoes_part: bool,
    /// The sheet that it was made from, row by row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
}

impl Plan {
    /// A plan about somebody with nothing to do yet.
    pub fn new(title: impl Into<String>, subject: Text) -> Self {
        Self {
            title: title.into(),
            subject,
            membership: None,
            user: None,
            about: String::new(),
            changes: Vec::new(),
            on_failure: OnFailure::Stop,
            sign_in: Vec::new(),
            also: Vec::new(),
            warnings: Vec::new(),
            undo: String::new(),
            confirm: Confirm::Enter,
            undoes: None,
            undoes_also: Vec::new(),
            resumes: None,
            undoes_part: false,
            batch: None,
        }
    }
}
