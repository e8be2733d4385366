//! The texts of platform-api §4 to §9 (and those of §1 that every endpoint can say), and a case for each of them.
//!
//! Left out because nothing that is offered sends such a request: `POST …/members/id`, a full replace (§6); the
//! anonymous `/auth/*` (§4); SCIM create and replace (§7); `$rotate-secret`, `$smart-launch`, `$init`, `$clone` (§8).

use idconsole::identity::{Means, Plan};
use idconsole::workflows::refusals::Cause;
use serde_json::{Value, json};

use super::jobs::{CARLA, HUGO, JANE, Job};
use crate::workflows::scene::Scene;

/// How the platform is brought to say it.
#[derive(Debug, Clone, Copy)]
pub enum How {
    /// A script says it, in an outcome of this id.
    Says(&'static str),
    /// A script: 500 `{"msg"}`.
    Faults,
    /// A script: 429.
    Limits,
    /// The embedded platform says it of itself: past our guards, or because of what somebody does in between.
    Provoked(fn(&Scene, &mut Plan)),
}

impl How {
    pub fn faults(self) -> bool {
        matches!(self, Self::Faults)
    }
}

/// One refusal.
#[derive(Debug)]
pub struct Case {
    /// Section of platform-api.
    pub section: &'static str,
    /// What was tried.
    pub job: Job,
    /// The platform's text; `…` stands for anything.
    pub text: &'static str,
    /// How it comes to be said.
    pub how: How,
    /// The kind that it is told as.
    pub cause: Cause,
    /// Words of what happened and why.
    pub what: &'static str,
    /// Words of what to do next.
    pub next: &'static str,
    /// The platform leaves a user or a profile behind (§6.1).
    pub half_done: bool,
}

/// Every text, by section and request.
pub const TEXTS: &[(&str, Job, &[&str])] = &[
    ("§1.3", Job::Link, &["Unauthorized", "Authentication error"]),
    (
        "§1.4",
        Job::Link,
        &[
            "Forbidden",
            "Not found",
            "Resource cap exceeded",
            "Content could not be parsed",
            "Request body too large",
            "Timeout",
            "Internal Server Error",
        ],
    ),
    ("§1.6", Job::Link, &["Precondition Failed"]),
    ("§1.7", Job::Link, &["Gone"]),
    ("§1.8", Job::Link, &["Test failed: … != …", "Value required at path: /x", "Invalid patch body"]),
    ("§1.9", Job::Link, &["Too Many Requests"]),
    ("§4", Job::EndOwnSession, &["Not found", "Login ID is required."]),
    ("§4", Job::EndSession, &["Forbidden"]),
    (
        "§5",
        Job::ResetFactor,
        &[
            "Method must be \"totp\" or \"email\"",
            "User is not enrolled in MFA method: totp",
            "Not found",
            "Forbidden",
            "Internal Server Error",
        ],
    ),
    (
        "§5",
        Job::EnrolOwn,
        &["Already enrolled", "MFA method not allowed", "Secret not found", "Missing token", "Invalid token"],
    ),
    (
        "§5",
        Job::DisableOwn,
        &[
            "User not enrolled in MFA",
            "Invalid method",
            "User not enrolled in MFA method",
            "Cannot remove the last MFA factor because MFA is required",
            "Missing token",
            "MFA code expired",
            "Invalid token",
        ],
    ),
    ("§5", Job::RequireFactor, &["Forbidden"]),
    ("§5", Job::RequireOfProject, &["Forbidden", "Precondition Failed"]),
    ("§6", Job::Remove, &["Cannot delete the owner of the project", "Not found", "Gone", "Forbidden"]),
    (
        "§6",
        Job::MailPassword,
        &["User does not have an email address", "Not found", "Forbidden", "Internal Server Error"],
    ),
    (
        "§6",
        Job::SetPassword,
        &[
            "User not found",
            "Password must be at least 8 characters",
            "Password must be no more than 72 characters",
            "Password found in breach database",
            "Forbidden",
            "Internal Server Error",
        ],
    ),
    ("§6.2", Job::SetPasswordOfAnybody, &["User not found", "Forbidden"]),
    (
        "§6.1",
        Job::Invite,
        &[
            "Resource type is required",
            "First name is required",
            "Last name is required",
            "Either email or externalId is required",
            "Patient is required to create a RelatedPerson",
            "User is already a member of this project",
            "User is already a member of this project with a different profile",
            "Multiple resources found matching condition",
            "Profile does not belong to project",
            "Profile resourceType does not match request",
            "Access policy AccessPolicy/… does not exist",
            "Access policy AccessPolicy/… does not belong to this project",
            "Key (project, \"externalId\")=(…) already exists.",
            "Not found",
            "Forbidden",
        ],
    ),
    (
        "§7",
        Job::ScimEmail,
        &["Constraint user-1 not met: Email must be all lowercase…", "Forbidden", "Not found"],
    ),
    (
        "§8",
        Job::UpdateEmail,
        &[
            "Forbidden",
            "Not found",
            "Expected at least 1 value(s) for required input parameter 'email'",
            "Constraint user-1 not met: Email must be all lowercase",
            "Cannot update profile of server-scoped User",
            "Key (project, email)=(…) already exists.",
            "connect ECONNREFUSED 127.0.0.1:9",
        ],
    ),
    (
        "§8",
        Job::ToServer,
        &["Invalid scope: must be \"project\" or \"server\"", "User is already server-scoped", "Forbidden"],
    ),
    (
        "§8",
        Job::ToProject,
        &[
            "Not found",
            "Missing required \"project\" reference for scope \"project\"",
            "Invalid project reference",
            "User is already scoped to this project",
            "User has ProjectMembership in another project; remove those memberships before rescoping",
            "Key (project, email)=(…) already exists.",
        ],
    ),
    ("§8", Job::RefreshDisplay, &["Forbidden"]),
    (
        "§9",
        Job::Link,
        &[
            "Key (project, \"externalId\")=(…) already exists.",
            "Missing required property",
            "Invalid additional property \"foo\"",
        ],
    ),
    ("§9", Job::UserName, &["Key (project, \"userName\")=(…) already exists."]),
    ("§9", Job::RequireFactor, &["Invalid JSON type: expected boolean, but got string"]),
];

#[expect(clippy::too_many_arguments, reason = "a row of a table")]
const fn case(
    section: &'static str,
    job: Job,
    text: &'static str,
    how: How,
    cause: Cause,
    what: &'static str,
    next: &'static str,
    half_done: bool,
) -> Case {
    Case { section, job, text, how, cause, what, next, half_done }
}

/// A case for each.
pub const CASES: &[Case] = &[
    case(
        "§1.3",
        Job::Link,
        "Unauthorized",
        How::Says("unauthorized"),
        Cause::SignedOut,
        "Your session is over",
        "Sign in again",
        false,
    ),
    case(
        "§1.3",
        Job::Link,
        "Authentication error",
        How::Says("bad"),
        Cause::AccountBroken,
        "Your own account is broken",
        "Another admin has to repair",
        false,
    ),
    case(
        "§1.4",
        Job::Link,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you change Jane Smith's record",
        "whoami",
        false,
    ),
    case(
        "§1.4",
        Job::Link,
        "Not found",
        How::Says("not-found"),
        Cause::NotFound,
        "not there any more",
        "Reload the person",
        false,
    ),
    case(
        "§1.4",
        Job::Link,
        "Resource cap exceeded",
        How::Says("business-rule"),
        Cause::Invalid,
        "refuses the request: Resource cap exceeded",
        "Correct what it names",
        false,
    ),
    case(
        "§1.4",
        Job::Link,
        "Content could not be parsed",
        How::Says("bad"),
        Cause::Invalid,
        "refuses the request: Content could not be parsed",
        "Correct what it names",
        false,
    ),
    case(
        "§1.4",
        Job::Link,
        "Request body too large",
        How::Says("content-too-large"),
        Cause::Invalid,
        "refuses the request: Request body too large",
        "Correct what it names",
        false,
    ),
    case(
        "§1.4",
        Job::Link,
        "Timeout",
        How::Says("server-timeout"),
        Cause::Server,
        "The platform had a fault",
        "look again before you repeat it",
        false,
    ),
    case(
        "§1.4",
        Job::Link,
        "Internal Server Error",
        How::Faults,
        Cause::Server,
        "The platform had a fault",
        "look again before you repeat it",
        false,
    ),
    case(
        "§1.6",
        Job::Link,
        "Precondition Failed",
        How::Says("precondition-failed"),
        Cause::Stale,
        "Somebody changed Jane Smith's record",
        "plan again",
        false,
    ),
    case(
        "§1.7",
        Job::Link,
        "Gone",
        How::Says("gone"),
        Cause::Gone,
        "Jane Smith's record was deleted",
        "the history",
        false,
    ),
    case(
        "§1.8",
        Job::Link,
        "Test failed: … != …",
        How::Says("bad"),
        Cause::Stale,
        "Somebody changed Jane Smith's record",
        "plan again",
        false,
    ),
    case(
        "§1.8",
        Job::Link,
        "Value required at path: /x",
        How::Says("bad"),
        Cause::Invalid,
        "not as it was shown",
        "Reload and plan again",
        false,
    ),
    case(
        "§1.8",
        Job::Link,
        "Invalid patch body",
        How::Says("bad"),
        Cause::Invalid,
        "refuses the request: Invalid patch body",
        "Correct what it names",
        false,
    ),
    case(
        "§1.9",
        Job::Link,
        "Too Many Requests",
        How::Limits,
        Cause::Limited,
        "takes no more requests",
        "Wait a minute",
        false,
    ),
    case(
        "§4",
        Job::EndOwnSession,
        "Not found",
        How::Says("not-found"),
        Cause::NotFound,
        "no such session of yours",
        "Reload the sessions",
        false,
    ),
    case(
        "§4",
        Job::EndOwnSession,
        "Login ID is required.",
        How::Says("bad"),
        Cause::Invalid,
        "could not tell which session",
        "choose again",
        false,
    ),
    case(
        "§4",
        Job::EndSession,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you change",
        "super admin may be needed",
        false,
    ),
    case(
        "§5",
        Job::ResetFactor,
        "Method must be \"totp\" or \"email\"",
        How::Says("bad"),
        Cause::Invalid,
        "the factors `totp` and `email` only",
        "Choose one of the two",
        false,
    ),
    case(
        "§5",
        Job::ResetFactor,
        "User is not enrolled in MFA method: totp",
        How::Says("bad"),
        Cause::Invalid,
        "Carla Diaz has no such factor",
        "Reload the person",
        false,
    ),
    case(
        "§5",
        Job::ResetFactor,
        "Not found",
        How::Says("not-found"),
        Cause::NotFound,
        "no such member as Carla Diaz",
        "Reload the person",
        false,
    ),
    case(
        "§5",
        Job::ResetFactor,
        "Forbidden",
        How::Provoked(no_admin_any_more),
        Cause::Forbidden,
        "does not let you",
        "whoami",
        false,
    ),
    case(
        "§5",
        Job::ResetFactor,
        "Internal Server Error",
        How::Faults,
        Cause::Server,
        "only the notice could not be mailed",
        "tell them yourself",
        false,
    ),
    case(
        "§5",
        Job::EnrolOwn,
        "Already enrolled",
        How::Says("bad"),
        Cause::Invalid,
        "have an authenticator app already",
        "Disable it first",
        false,
    ),
    case(
        "§5",
        Job::EnrolOwn,
        "MFA method not allowed",
        How::Says("bad"),
        Cause::Invalid,
        "does not allow authenticator apps",
        "project admin decides",
        false,
    ),
    case(
        "§5",
        Job::EnrolOwn,
        "Secret not found",
        How::Says("bad"),
        Cause::Invalid,
        "holds no key for you",
        "QR code once more",
        false,
    ),
    case(
        "§5",
        Job::EnrolOwn,
        "Missing token",
        How::Says("bad"),
        Cause::Invalid,
        "got no code",
        "Type the code",
        false,
    ),
    case(
        "§5",
        Job::EnrolOwn,
        "Invalid token",
        How::Says("bad"),
        Cause::Invalid,
        "does not take the code",
        "clock of the phone",
        false,
    ),
    case(
        "§5",
        Job::DisableOwn,
        "User not enrolled in MFA",
        How::Says("bad"),
        Cause::Invalid,
        "have no second factor",
        "mfa own",
        false,
    ),
    case(
        "§5",
        Job::DisableOwn,
        "Invalid method",
        How::Says("bad"),
        Cause::Invalid,
        "`totp` and `email` only",
        "Choose one of the two",
        false,
    ),
    case(
        "§5",
        Job::DisableOwn,
        "User not enrolled in MFA method",
        How::Says("bad"),
        Cause::Invalid,
        "have not enrolled this factor",
        "Choose the one you have",
        false,
    ),
    case(
        "§5",
        Job::DisableOwn,
        "Cannot remove the last MFA factor because MFA is required",
        How::Says("bad"),
        Cause::Invalid,
        "this is your last one",
        "An admin can reset it",
        false,
    ),
    case(
        "§5",
        Job::DisableOwn,
        "Missing token",
        How::Says("bad"),
        Cause::Invalid,
        "got no code",
        "Type the code",
        false,
    ),
    case(
        "§5",
        Job::DisableOwn,
        "MFA code expired",
        How::Says("bad"),
        Cause::Invalid,
        "came too late",
        "fresh code",
        false,
    ),
    case(
        "§5",
        Job::DisableOwn,
        "Invalid token",
        How::Provoked(as_it_is),
        Cause::Invalid,
        "does not take the code",
        "clock of the phone",
        false,
    ),
    case(
        "§5",
        Job::RequireFactor,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you change Carla Diaz's record",
        "another admin",
        false,
    ),
    case(
        "§5",
        Job::RequireOfProject,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you change",
        "another admin",
        false,
    ),
    case(
        "§5",
        Job::RequireOfProject,
        "Precondition Failed",
        How::Says("precondition-failed"),
        Cause::Stale,
        "Somebody changed",
        "plan again",
        false,
    ),
    case(
        "§6",
        Job::Remove,
        "Cannot delete the owner of the project",
        How::Provoked(owned_by_carla),
        Cause::Invalid,
        "owns the project",
        "another owner first",
        false,
    ),
    case(
        "§6",
        Job::Remove,
        "Not found",
        How::Says("not-found"),
        Cause::NotFound,
        "not there any more",
        "Reload the person",
        false,
    ),
    case(
        "§6",
        Job::Remove,
        "Gone",
        How::Provoked(without_user),
        Cause::Gone,
        "or the user behind it was deleted already",
        "deactivated",
        false,
    ),
    case(
        "§6",
        Job::Remove,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you do this to Carla Diaz",
        "An admin of that project can",
        false,
    ),
    case(
        "§6",
        Job::MailPassword,
        "User does not have an email address",
        How::Provoked(without_address),
        Cause::Invalid,
        "user has no email",
        "Set an email first",
        false,
    ),
    case(
        "§6",
        Job::MailPassword,
        "Not found",
        How::Says("not-found"),
        Cause::NotFound,
        "not there any more",
        "Reload the person",
        false,
    ),
    case(
        "§6",
        Job::MailPassword,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you do this to Carla Diaz",
        "An admin of that project can",
        false,
    ),
    case(
        "§6",
        Job::MailPassword,
        "Internal Server Error",
        How::Faults,
        Cause::Mail,
        "could not send Carla Diaz the mail",
        "send it again",
        false,
    ),
    case(
        "§6",
        Job::SetPassword,
        "User not found",
        How::Provoked(password_of_jane),
        Cause::Invalid,
        "no user of this project",
        "mail a link",
        false,
    ),
    case(
        "§6",
        Job::SetPassword,
        "Password must be at least 8 characters",
        How::Says("bad"),
        Cause::Invalid,
        "does not take the password",
        "8 characters or more",
        false,
    ),
    case(
        "§6",
        Job::SetPassword,
        "Password must be no more than 72 characters",
        How::Says("bad"),
        Cause::Invalid,
        "does not take the password",
        "72 bytes at most",
        false,
    ),
    case(
        "§6",
        Job::SetPassword,
        "Password found in breach database",
        How::Says("bad"),
        Cause::Invalid,
        "in a list of leaked ones",
        "used nowhere else",
        false,
    ),
    case(
        "§6",
        Job::SetPassword,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you do this",
        "whoami",
        false,
    ),
    case(
        "§6",
        Job::SetPassword,
        "Internal Server Error",
        How::Faults,
        Cause::Server,
        "It is not known for sure",
        "",
        false,
    ),
    case(
        "§6.2",
        Job::SetPasswordOfAnybody,
        "User not found",
        How::Provoked(password_of_nobody),
        Cause::Invalid,
        "finds no user with Jane Smith's email",
        "Reload the person",
        false,
    ),
    case(
        "§6.2",
        Job::SetPasswordOfAnybody,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you do this",
        "super admin may be needed",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Resource type is required",
        How::Provoked(kind_missing),
        Cause::Invalid,
        "no kind of profile",
        "Choose one",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "First name is required",
        How::Provoked(first_name_missing),
        Cause::Invalid,
        "no first name",
        "Type it",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Last name is required",
        How::Provoked(last_name_missing),
        Cause::Invalid,
        "no last name",
        "Type it",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Either email or externalId is required",
        How::Provoked(address_unreadable),
        Cause::Invalid,
        "no email that it can read",
        "Type one of them",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Patient is required to create a RelatedPerson",
        How::Provoked(relative_of_nobody),
        Cause::Invalid,
        "invited for a patient",
        "Name the patient",
        true,
    ),
    case(
        "§6.1",
        Job::Invite,
        "User is already a member of this project",
        How::Provoked(address_of_carla),
        Cause::Conflict,
        "is a member of this project already",
        "among the members",
        true,
    ),
    case(
        "§6.1",
        Job::Invite,
        "User is already a member of this project with a different profile",
        How::Says("conflict"),
        Cause::Conflict,
        "with another profile",
        "among the members",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Multiple resources found matching condition",
        How::Provoked(address_of_twins),
        Cause::Invalid,
        "Several users have the address",
        "tell them apart",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Profile does not belong to project",
        How::Provoked(profile_of_others),
        Cause::Invalid,
        "profile is of another project",
        "one of this project",
        true,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Profile resourceType does not match request",
        How::Provoked(profile_of_another_kind),
        Cause::Invalid,
        "of another kind",
        "Choose the kind",
        true,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Access policy AccessPolicy/… does not exist",
        How::Provoked(policy_of_nobody),
        Cause::Invalid,
        "refuses the access policy",
        "a policy that exists",
        true,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Access policy AccessPolicy/… does not belong to this project",
        How::Says("bad"),
        Cause::Invalid,
        "policy is of another project",
        "policy of this project",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Key (project, \"externalId\")=(…) already exists.",
        How::Provoked(external_id_of_hugo),
        Cause::Conflict,
        "has the external id already",
        "Look the external id up",
        true,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Not found",
        How::Says("not-found"),
        Cause::NotFound,
        "The project, the profile or the patient",
        "Look it up",
        false,
    ),
    case(
        "§6.1",
        Job::Invite,
        "Forbidden",
        How::Provoked(no_admin_any_more),
        Cause::Forbidden,
        "does not let you invite",
        "an admin of the project can",
        false,
    ),
    case(
        "§7",
        Job::ScimEmail,
        "Constraint user-1 not met: Email must be all lowercase…",
        How::Provoked(scim_in_capitals),
        Cause::Invalid,
        "all in lower case",
        "Type the address in lower case",
        false,
    ),
    case(
        "§7",
        Job::ScimEmail,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you use SCIM",
        "whoami",
        false,
    ),
    case(
        "§7",
        Job::ScimEmail,
        "Not found",
        How::Says("not-found"),
        Cause::NotFound,
        "not there any more",
        "Reload the person",
        false,
    ),
    case(
        "§8",
        Job::UpdateEmail,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you change Vera Lindt's address",
        "other ways",
        false,
    ),
    case(
        "§8",
        Job::UpdateEmail,
        "Not found",
        How::Provoked(user_of_nobody),
        Cause::NotFound,
        "knows no such user",
        "Reload the person",
        false,
    ),
    case(
        "§8",
        Job::UpdateEmail,
        "Expected at least 1 value(s) for required input parameter 'email'",
        How::Provoked(empty_address),
        Cause::Invalid,
        "got no address",
        "Type the new address",
        false,
    ),
    case(
        "§8",
        Job::UpdateEmail,
        "Constraint user-1 not met: Email must be all lowercase",
        How::Provoked(address_in_capitals),
        Cause::Invalid,
        "all in lower case",
        "Type the address in lower case",
        false,
    ),
    case(
        "§8",
        Job::UpdateEmail,
        "Cannot update profile of server-scoped User",
        How::Says("bad"),
        Cause::Invalid,
        "profile of a server-scoped user",
        "leave the profile as it is",
        false,
    ),
    case(
        "§8",
        Job::UpdateEmail,
        "Key (project, email)=(…) already exists.",
        How::Provoked(address_of_mia),
        Cause::Conflict,
        "has the new address already",
        "remove or rename",
        false,
    ),
    case(
        "§8",
        Job::UpdateEmail,
        "connect ECONNREFUSED 127.0.0.1:9",
        How::Says("bad"),
        Cause::Mail,
        "could not send the verification mail",
        "without a verification mail",
        false,
    ),
    case(
        "§8",
        Job::ToServer,
        "Invalid scope: must be \"project\" or \"server\"",
        How::Says("bad"),
        Cause::Invalid,
        "does not know where to move Carla Diaz's user",
        "plan again",
        false,
    ),
    case(
        "§8",
        Job::ToServer,
        "User is already server-scoped",
        How::Says("bad"),
        Cause::Invalid,
        "is there already",
        "Reload the person",
        false,
    ),
    case(
        "§8",
        Job::ToServer,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you move Carla Diaz's user",
        "A super admin can",
        false,
    ),
    case(
        "§8",
        Job::ToProject,
        "Not found",
        How::Provoked(user_of_nobody),
        Cause::NotFound,
        "not there any more",
        "Reload the person",
        false,
    ),
    case(
        "§8",
        Job::ToProject,
        "Missing required \"project\" reference for scope \"project\"",
        How::Says("bad"),
        Cause::Invalid,
        "does not know where to move",
        "plan again",
        false,
    ),
    case(
        "§8",
        Job::ToProject,
        "Invalid project reference",
        How::Says("bad"),
        Cause::Invalid,
        "does not know where to move",
        "plan again",
        false,
    ),
    case(
        "§8",
        Job::ToProject,
        "User is already scoped to this project",
        How::Says("bad"),
        Cause::Invalid,
        "is there already",
        "Reload the person",
        false,
    ),
    case(
        "§8",
        Job::ToProject,
        "User has ProjectMembership in another project; remove those memberships before rescoping",
        How::Says("bad"),
        Cause::Invalid,
        "is a member of another project",
        "Remove those memberships first",
        false,
    ),
    case(
        "§8",
        Job::ToProject,
        "Key (project, email)=(…) already exists.",
        How::Says("conflict"),
        Cause::Conflict,
        "has a user with this email already",
        "remove or rename",
        false,
    ),
    case(
        "§8",
        Job::RefreshDisplay,
        "Forbidden",
        How::Says("forbidden"),
        Cause::Forbidden,
        "does not let you do this",
        "whoami",
        false,
    ),
    case(
        "§9",
        Job::Link,
        "Key (project, \"externalId\")=(…) already exists.",
        How::Provoked(link_of_hugo),
        Cause::Conflict,
        "has the external id already",
        "Look the external id up",
        false,
    ),
    case(
        "§9",
        Job::UserName,
        "Key (project, \"userName\")=(…) already exists.",
        How::Provoked(user_name_taken),
        Cause::Conflict,
        "has the user name already",
        "Look the user name up",
        false,
    ),
    case(
        "§9",
        Job::Link,
        "Missing required property",
        How::Says("bad"),
        Cause::Invalid,
        "refuses the request: Missing required property",
        "Correct what it names",
        false,
    ),
    case(
        "§9",
        Job::Link,
        "Invalid additional property \"foo\"",
        How::Says("bad"),
        Cause::Invalid,
        "refuses the request: Invalid additional property",
        "Correct what it names",
        false,
    ),
    case(
        "§9",
        Job::RequireFactor,
        "Invalid JSON type: expected boolean, but got string",
        How::Says("bad"),
        Cause::Invalid,
        "refuses the request: Invalid JSON type",
        "Correct what it names",
        false,
    ),
];

// ── what somebody does in between ────────────────────────────────────────────────────────────────────────────

fn as_it_is(_: &Scene, _: &mut Plan) {}

/// Somebody writes past every rule.
fn rewrite(scene: &Scene, mut record: Value, change: impl FnOnce(&mut Value)) {
    change(&mut record);
    scene.running.state.write().system_update(record).unwrap();
}

fn no_admin_any_more(scene: &Scene, _: &mut Plan) {
    let own = scene.project_admin.caller.membership.as_str().to_owned();
    let own = scene.running.state.read().read("ProjectMembership", &own).unwrap();
    rewrite(scene, own, |own| own["admin"] = json!(false));
}

fn owned_by_carla(scene: &Scene, _: &mut Plan) {
    let carla = scene.stored(CARLA).remove(0);
    let project = scene.project_admin.caller.project.as_str().to_owned();
    let project = scene.running.state.read().read("Project", &project).unwrap();
    rewrite(scene, project, |project| {
        project["owner"] = json!({"reference": format!("User/{}", carla["id"].as_str().unwrap())});
    });
}

fn without_user(scene: &Scene, _: &mut Plan) {
    let carla = scene.stored(CARLA).remove(0);
    scene.running.state.write().delete("User", carla["id"].as_str().unwrap());
}

fn without_address(scene: &Scene, _: &mut Plan) {
    rewrite(scene, scene.stored(CARLA).remove(0), |carla| {
        carla.as_object_mut().unwrap().remove("email");
    });
}

fn user_name_taken(scene: &Scene, _: &mut Plan) {
    let hugo = scene.running.state.read().find_by("ProjectMembership", "external-id", HUGO).remove(0);
    rewrite(scene, hugo, |hugo| hugo["userName"] = json!("jane.s"));
}

// ── past our guards ──────────────────────────────────────────────────────────────────────────────────────────

fn password_of(plan: &mut Plan, who: &str) {
    let Means::SetPassword { email, .. } = &mut plan.changes[0].means else { panic!() };
    *email = who.into();
}

fn password_of_jane(_: &Scene, plan: &mut Plan) {
    password_of(plan, JANE);
}

fn password_of_nobody(_: &Scene, plan: &mut Plan) {
    password_of(plan, "nobody@clinic.example");
}

fn user_of_nobody(_: &Scene, plan: &mut Plan) {
    plan.changes[0].target.id = "00000000-0000-4000-8000-000000000000".into();
}

fn address(plan: &mut Plan, new: &str) {
    match &mut plan.changes[0].means {
        Means::UpdateEmail { email, .. } | Means::ScimEmail { email, .. } => *email = new.into(),
        other => panic!("{other:?}"),
    }
}

fn scim_in_capitals(_: &Scene, plan: &mut Plan) {
    address(plan, "Jane.Smith@clinic.example");
}

fn address_in_capitals(_: &Scene, plan: &mut Plan) {
    address(plan, "Vera.New@partner.example");
}

fn empty_address(_: &Scene, plan: &mut Plan) {
    address(plan, "");
}

fn address_of_mia(_: &Scene, plan: &mut Plan) {
    address(plan, "mia.rossi@clinic.example");
}

fn link_of_hugo(_: &Scene, plan: &mut Plan) {
    let Means::Patch { fields } = &mut plan.changes[0].means else { panic!() };
    fields.iter_mut().find(|(path, _)| path == "/externalId").unwrap().1 = Some(json!(HUGO));
}

fn invitation(plan: &mut Plan) -> &mut Value {
    match &mut plan.changes[0].means {
        Means::Invite { request, .. } => request,
        other => panic!("{other:?}"),
    }
}

fn kind_missing(_: &Scene, plan: &mut Plan) {
    invitation(plan)["resourceType"] = json!("Bot");
}

fn first_name_missing(_: &Scene, plan: &mut Plan) {
    invitation(plan)["firstName"] = json!("");
}

fn last_name_missing(_: &Scene, plan: &mut Plan) {
    invitation(plan)["lastName"] = json!("");
}

fn address_unreadable(_: &Scene, plan: &mut Plan) {
    invitation(plan)["email"] = json!("not an address");
}

fn relative_of_nobody(_: &Scene, plan: &mut Plan) {
    invitation(plan)["resourceType"] = json!("RelatedPerson");
}

fn address_of_carla(_: &Scene, plan: &mut Plan) {
    invitation(plan)["email"] = json!(CARLA);
}

fn address_of_twins(_: &Scene, plan: &mut Plan) {
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

fn profile_of_others(scene: &Scene, plan: &mut Plan) {
    profile_of(scene, plan, false);
}

fn profile_of_another_kind(scene: &Scene, plan: &mut Plan) {
    invitation(plan)["resourceType"] = json!("Patient");
    profile_of(scene, plan, true);
}

fn policy_of_nobody(_: &Scene, plan: &mut Plan) {
    invitation(plan)["accessPolicy"] =
        json!({"reference": "AccessPolicy/00000000-0000-4000-8000-000000000000"});
}

fn external_id_of_hugo(_: &Scene, plan: &mut Plan) {
    invitation(plan)["membership"]["externalId"] = json!(HUGO);
}
