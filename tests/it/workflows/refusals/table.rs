//! A case for every text of [`super::texts`]: how the platform is brought to say it, and what is told then.

use idconsole::identity::Plan;
use idconsole::workflows::refusals::Cause;

use super::jobs::Job;
use super::provoke::*;
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

use How::{Faults, Limits, Provoked, Says};

impl How {
    pub fn faults(self) -> bool {
        matches!(self, Faults)
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

macro_rules! half_done {
    () => {
        false
    };
    (half_done) => {
        true
    };
}

macro_rules! cases {
    ($($section:literal { $($job:ident $text:literal $how:expr => $cause:ident $what:literal $next:literal $($half:ident)?;)+ })+) => {
        /// A case for each.
        pub const CASES: &[Case] = &[
            $($(Case {
                section: $section,
                job: Job::$job,
                text: $text,
                how: $how,
                cause: Cause::$cause,
                what: $what,
                next: $next,
                half_done: half_done!($($half)?),
            },)+)+
        ];
    };
}

// job "the platform's text" how => cause "what is told" "what to do next" whether something stays behind
cases! {
    "§1.3" {
        Link "Unauthorized" Says("unauthorized") => SignedOut "Your session is over" "Sign in again";
        Link "Authentication error" Says("bad")
            => AccountBroken "Your own account is broken" "Another admin has to repair";
    }
    "§1.4" {
        Link "Forbidden" Says("forbidden") => Forbidden "does not let you change Jane Smith's record" "whoami";
        Link "Not found" Says("not-found") => NotFound "not there any more" "Reload the person";
        Link "Resource cap exceeded" Says("business-rule")
            => Invalid "refuses the request: Resource cap exceeded" "Correct what it names";
        Link "Content could not be parsed" Says("bad")
            => Invalid "refuses the request: Content could not be parsed" "Correct what it names";
        Link "Request body too large" Says("content-too-large")
            => Invalid "refuses the request: Request body too large" "Correct what it names";
        Link "Timeout" Says("server-timeout") => Server "The platform had a fault" "look again before you repeat it";
        Link "Internal Server Error" Faults => Server "The platform had a fault" "look again before you repeat it";
    }
    "§1.6" {
        Link "Precondition Failed" Says("precondition-failed")
            => Stale "Somebody changed Jane Smith's record" "plan again";
    }
    "§1.7" {
        Link "Gone" Says("gone") => Gone "Jane Smith's record was deleted" "the history";
    }
    "§1.8" {
        Link "Test failed: … != …" Says("bad") => Stale "Somebody changed Jane Smith's record" "plan again";
        Link "Value required at path: /x" Says("bad") => Invalid "not as it was shown" "Reload and plan again";
        Link "Invalid patch body" Says("bad")
            => Invalid "refuses the request: Invalid patch body" "Correct what it names";
    }
    "§1.9" {
        Link "Too Many Requests" Limits => Limited "takes no more requests" "Wait a minute";
    }
    "§4" {
        EndOwnSession "Not found" Says("not-found") => NotFound "no such session of yours" "Reload the sessions";
        EndOwnSession "Login ID is required." Says("bad") => Invalid "could not tell which session" "choose again";
        EndSession "Forbidden" Says("forbidden") => Forbidden "does not let you change" "super admin may be needed";
    }
    "§5" {
        ResetFactor "Method must be \"totp\" or \"email\"" Says("bad")
            => Invalid "the factors `totp` and `email` only" "Choose one of the two";
        ResetFactor "User is not enrolled in MFA method: totp" Says("bad")
            => Invalid "Carla Diaz has no such factor" "Reload the person";
        ResetFactor "Not found" Says("not-found") => NotFound "no such member as Carla Diaz" "Reload the person";
        ResetFactor "Forbidden" Provoked(no_admin_any_more) => Forbidden "does not let you" "whoami";
        ResetFactor "Internal Server Error" Faults
            => Server "only the notice could not be mailed" "tell them yourself";
        EnrolOwn "Already enrolled" Says("bad") => Invalid "have an authenticator app already" "Disable it first";
        EnrolOwn "MFA method not allowed" Says("bad")
            => Invalid "does not allow authenticator apps" "project admin decides";
        EnrolOwn "Secret not found" Says("bad") => Invalid "holds no key for you" "QR code once more";
        EnrolOwn "Missing token" Says("bad") => Invalid "got no code" "Type the code";
        EnrolOwn "Invalid token" Says("bad") => Invalid "does not take the code" "clock of the phone";
        DisableOwn "User not enrolled in MFA" Says("bad") => Invalid "have no second factor" "Have a code mailed";
        DisableOwn "Invalid method" Says("bad") => Invalid "`totp` and `email` only" "Choose one of the two";
        DisableOwn "User not enrolled in MFA method" Says("bad")
            => Invalid "have not enrolled this factor" "Choose the one you have";
        DisableOwn "Cannot remove the last MFA factor because MFA is required" Says("bad")
            => Invalid "this is your last one" "an admin can reset it";
        DisableOwn "Missing token" Says("bad") => Invalid "got no code" "Type the code";
        DisableOwn "MFA code expired" Says("bad") => Invalid "came too late" "Have another one mailed";
        DisableOwn "Invalid token" Provoked(as_it_is) => Invalid "does not take the code" "clock of the phone";
        RequireFactor "Forbidden" Says("forbidden")
            => Forbidden "does not let you change Carla Diaz's record" "another admin";
        RequireOfProject "Forbidden" Says("forbidden") => Forbidden "does not let you change" "another admin";
        RequireOfProject "Precondition Failed" Says("precondition-failed") => Stale "Somebody changed" "plan again";
    }
    "§6" {
        Remove "Cannot delete the owner of the project" Provoked(owned_by_carla)
            => Invalid "owns the project" "another owner first";
        Remove "Not found" Says("not-found") => NotFound "not there any more" "Reload the person";
        Remove "Gone" Provoked(without_user) => Gone "or the user behind it was deleted already" "deactivated";
        Remove "Forbidden" Says("forbidden")
            => Forbidden "does not let you do this to Carla Diaz" "An admin of that project can";
        MailPassword "User does not have an email address" Provoked(without_address)
            => Invalid "user has no email" "Set an email first";
        MailPassword "Not found" Says("not-found") => NotFound "not there any more" "Reload the person";
        MailPassword "Forbidden" Says("forbidden")
            => Forbidden "does not let you do this to Carla Diaz" "An admin of that project can";
        MailPassword "Internal Server Error" Faults => Mail "could not send Carla Diaz the mail" "send it again";
        SetPassword "User not found" Provoked(password_of_jane) => Invalid "no user of this project" "mail a link";
        SetPassword "Password must be at least 8 characters" Says("bad")
            => Invalid "does not take the password" "8 characters or more";
        SetPassword "Password must be no more than 72 characters" Says("bad")
            => Invalid "does not take the password" "72 bytes at most";
        SetPassword "Password found in breach database" Says("bad")
            => Invalid "in a list of leaked ones" "used nowhere else";
        SetPassword "Forbidden" Says("forbidden") => Forbidden "does not let you do this" "whoami";
        SetPassword "Internal Server Error" Faults => Server "It is not known for sure" "";
    }
    "§6.2" {
        SetPasswordOfAnybody "User not found" Provoked(password_of_nobody)
            => Invalid "finds no user with Jane Smith's email" "Reload the person";
        SetPasswordOfAnybody "Forbidden" Says("forbidden")
            => Forbidden "does not let you do this" "super admin may be needed";
    }
    "§6.1" {
        Invite "Resource type is required" Provoked(kind_missing) => Invalid "no kind of profile" "Choose one";
        Invite "First name is required" Provoked(first_name_missing) => Invalid "no first name" "Type it";
        Invite "Last name is required" Provoked(last_name_missing) => Invalid "no last name" "Type it";
        Invite "Either email or externalId is required" Provoked(address_unreadable)
            => Invalid "no email that it can read" "Type one of them";
        Invite "Patient is required to create a RelatedPerson" Provoked(relative_of_nobody)
            => Invalid "invited for a patient" "Name the patient" half_done;
        Invite "User is already a member of this project" Provoked(address_of_carla)
            => Conflict "is a member of this project already" "among the members" half_done;
        Invite "User is already a member of this project with a different profile" Says("conflict")
            => Conflict "with another profile" "among the members";
        Invite "Multiple resources found matching condition" Provoked(address_of_twins)
            => Invalid "Several users have the address" "tell them apart";
        Invite "Profile does not belong to project" Provoked(profile_of_others)
            => Invalid "profile is of another project" "one of this project" half_done;
        Invite "Profile resourceType does not match request" Provoked(profile_of_another_kind)
            => Invalid "of another kind" "Choose the kind" half_done;
        Invite "Access policy AccessPolicy/… does not exist" Provoked(policy_of_nobody)
            => Invalid "refuses the access policy" "a policy that exists" half_done;
        Invite "Access policy AccessPolicy/… does not belong to this project" Says("bad")
            => Invalid "policy is of another project" "policy of this project";
        Invite "Key (project, \"externalId\")=(…) already exists." Provoked(external_id_of_hugo)
            => Conflict "has the external id already" "Look the external id up" half_done;
        Invite "Not found" Says("not-found") => NotFound "The project, the profile or the patient" "Look it up";
        Invite "Forbidden" Provoked(no_admin_any_more)
            => Forbidden "does not let you invite" "an admin of the project can";
    }
    "§7" {
        ScimEmail "Constraint user-1 not met: Email must be all lowercase…" Provoked(scim_in_capitals)
            => Invalid "all in lower case" "Type the address in lower case";
        ScimEmail "Forbidden" Says("forbidden") => Forbidden "does not let you use SCIM" "whoami";
        ScimEmail "Not found" Says("not-found") => NotFound "not there any more" "Reload the person";
    }
    "§8" {
        UpdateEmail "Forbidden" Says("forbidden")
            => Forbidden "does not let you change Vera Lindt's address" "other ways";
        UpdateEmail "Not found" Provoked(user_of_nobody) => NotFound "knows no such user" "Reload the person";
        UpdateEmail "Expected at least 1 value(s) for required input parameter 'email'" Provoked(empty_address)
            => Invalid "got no address" "Type the new address";
        UpdateEmail "Constraint user-1 not met: Email must be all lowercase" Provoked(address_in_capitals)
            => Invalid "all in lower case" "Type the address in lower case";
        UpdateEmail "Cannot update profile of server-scoped User" Says("bad")
            => Invalid "profile of a server-scoped user" "leave the profile as it is";
        UpdateEmail "Key (project, email)=(…) already exists." Provoked(address_of_mia)
            => Conflict "has the new address already" "remove or rename";
        UpdateEmail "connect ECONNREFUSED 127.0.0.1:9" Says("bad")
            => Mail "could not send the verification mail" "without a verification mail";
        ToServer "Invalid scope: must be \"project\" or \"server\"" Says("bad")
            => Invalid "does not know where to move Carla Diaz's user" "plan again";
        ToServer "User is already server-scoped" Says("bad") => Invalid "is there already" "Reload the person";
        ToServer "Forbidden" Says("forbidden")
            => Forbidden "does not let you move Carla Diaz's user" "A super admin can";
        ToProject "Not found" Provoked(user_of_nobody) => NotFound "not there any more" "Reload the person";
        ToProject "Missing required \"project\" reference for scope \"project\"" Says("bad")
            => Invalid "does not know where to move" "plan again";
        ToProject "Invalid project reference" Says("bad") => Invalid "does not know where to move" "plan again";
        ToProject "User is already scoped to this project" Says("bad")
            => Invalid "is there already" "Reload the person";
        ToProject "User has ProjectMembership in another project; remove those memberships before rescoping" Says("bad")
            => Invalid "is a member of another project" "Remove those memberships first";
        ToProject "Key (project, email)=(…) already exists." Says("conflict")
            => Conflict "has a user with this email already" "remove or rename";
        RefreshDisplay "Forbidden" Says("forbidden") => Forbidden "does not let you do this" "whoami";
    }
    "§9" {
        Link "Key (project, \"externalId\")=(…) already exists." Provoked(link_of_hugo)
            => Conflict "has the external id already" "Look the external id up";
        UserName "Key (project, \"userName\")=(…) already exists." Provoked(user_name_taken)
            => Conflict "has the user name already" "Look the user name up";
        Link "Missing required property" Says("bad")
            => Invalid "refuses the request: Missing required property" "Correct what it names";
        Link "Invalid additional property \"foo\"" Says("bad")
            => Invalid "refuses the request: Invalid additional property" "Correct what it names";
        RequireFactor "Invalid JSON type: expected boolean, but got string" Says("bad")
            => Invalid "refuses the request: Invalid JSON type" "Correct what it names";
    }
}
