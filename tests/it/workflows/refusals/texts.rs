//! The texts of platform-api §4 to §9, and those of §1 that every endpoint can say.
//!
//! Left out because nothing that is offered sends such a request: `POST …/members/id`, a full replace (§6); the
//! anonymous `/auth/*` (§4); SCIM create and replace (§7); `$rotate-secret`, `$smart-launch`, `$init`, `$clone` (§8).

use super::jobs::Job;

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
