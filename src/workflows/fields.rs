//! The words for fields in plans, read-backs and the journal, and how their values are written.

use crate::identity::membership::Access;
use crate::identity::{Factor, Membership, SecretHistory, Text, User, UserScope};

/// Login address of a user.
pub const EMAIL: &str = "email";
/// `User.emailVerified`.
pub const VERIFIED: &str = "verified";
/// Whether a membership lets anybody in.
pub const ACTIVE: &str = "active";
/// `ProjectMembership.externalId`.
pub const EXTERNAL_ID: &str = "external id";
/// `ProjectMembership.userName`.
pub const USER_NAME: &str = "user name";
/// `ProjectMembership.admin`.
pub const ADMIN: &str = "project admin";
/// `ProjectMembership.accessPolicy`.
pub const POLICY: &str = "access policy";
/// `ProjectMembership.access`.
pub const ACCESS: &str = "more access";
/// `ProjectMembership.profile`.
pub const PROFILE: &str = "profile";
/// Name of a client application.
pub const NAME: &str = "name";
/// Redirect addresses of a client application, in order, separated by spaces.
pub const REDIRECTS: &str = "redirect addresses";
/// The domain of a domain route.
pub const DOMAIN: &str = "domain";
/// `Login.revoked`.
pub const REVOKED: &str = "revoked";
/// `ClientApplication.status`.
pub const STATUS: &str = "status";

/// `ClientApplication.description`.
pub const DESCRIPTION: &str = "description";
/// The old single `ClientApplication.redirectUri`.
pub const OLD_REDIRECT: &str = "old redirect address";
/// `ClientApplication.pkceOptional`.
pub const PKCE_OPTIONAL: &str = "PKCE optional";
/// `ClientApplication.accessTokenLifetime`.
pub const ACCESS_LIFETIME: &str = "access token lifetime";
/// `ClientApplication.refreshTokenLifetime`.
pub const REFRESH_LIFETIME: &str = "refresh token lifetime";
/// `ClientApplication.allowedOrigin`, in order, separated by spaces.
pub const ORIGINS: &str = "allowed origins";
/// The project that a record belongs to.
pub const PROJECT: &str = "project";
/// Whether a client application has a membership of its own.
pub const MEMBERSHIP: &str = "own membership";
/// The secret of a client application, by its number.
pub const SECRET: &str = "secret";
/// The secret of a client application that still works at the token endpoint.
pub const RETIRING_SECRET: &str = "retiring secret";

/// `ProjectMembership.userConfiguration`.
pub const CONFIGURATION: &str = "user configuration";
/// `identityProvider.useSubject`.
pub const USE_SUBJECT: &str = "use subject";
/// `identityProvider.identitySource`.
pub const IDENTITY_SOURCE: &str = "identity source";
/// `identityProvider.identityMappingMode`.
pub const MAPPING_MODE: &str = "mapping mode";

/// `identityProvider.authorizeUrl`.
pub const AUTHORIZE_URL: &str = "authorize address";
/// `identityProvider.tokenUrl`.
pub const TOKEN_URL: &str = "token address";
/// `identityProvider.userInfoUrl`.
pub const USER_INFO_URL: &str = "user info address";
/// `identityProvider.clientId`.
pub const CLIENT_ID: &str = "client id";
/// `identityProvider.clientSecret`.
pub const CLIENT_SECRET: &str = "client secret";
/// `identityProvider.tokenAuthMethod`.
pub const AUTH_METHOD: &str = "token authentication";
/// `identityProvider.usePkce`.
pub const USE_PKCE: &str = "use PKCE";
/// `identityProvider.userInfoMode`.
pub const USER_INFO_MODE: &str = "user info mode";
/// `identityProvider.userInfoApiKey`.
pub const USER_INFO_KEY: &str = "user info key";
/// `DomainConfiguration.allowedPostLoginRedirectUrls`.
pub const POST_LOGIN: &str = "addresses after sign-in";

/// What is said of a secret that is there.
pub const SET: &str = "set (not shown)";
/// Of one that takes the place of another.
pub const REPLACED: &str = "replaced (not shown)";
/// Of one that is put back.
pub const PUT_BACK: &str = "the one before (not shown)";
/// Of one that nobody here has written.
pub const ANOTHER: &str = "another one (not shown)";

/// `User.mfaRequired`.
pub const MFA_REQUIRED: &str = "second factor required";
/// `Project.setting`.
pub const SETTINGS: &str = "settings";
/// Where a user exists.
pub const SCOPE: &str = "scope";
/// The display text of a membership's profile: a copy of the name.
pub const SHOWN_NAME: &str = "name in lists";
/// The display text of a membership's user: a copy of the email.
pub const SHOWN_EMAIL: &str = "email in lists";
/// A second factor that is enrolled.
pub const ENROLLED: &str = "enrolled";

/// Whether the signed-in person has any second factor, as `/auth/me` tells it.
pub const OWN_FACTOR: &str = "second factor enrolled";

/// `yes` or `no`.
pub fn yes_no(value: bool) -> Text {
    if value { "yes".into() } else { "no".into() }
}

/// Where a user exists, in words.
pub fn scope(scope: &UserScope) -> Text {
    match scope {
        UserScope::Server => "server-scoped".into(),
        UserScope::Project(_) => "project-scoped".into(),
    }
}

/// A secret by its number: the second one that a client has had is `no. 2`.
pub fn numbered(secret: Option<usize>) -> Option<Text> {
    secret.map(|number| Text::from(format!("no. {number}")))
}

/// The secrets of a client as they are now, by their numbers.
pub fn of_secrets(history: &SecretHistory) -> Vec<(String, Option<Text>)> {
    let now = history.present();
    vec![
        (SECRET.to_owned(), numbered(now.and_then(|now| now.secret))),
        (RETIRING_SECRET.to_owned(), numbered(now.and_then(|now| now.retiring))),
    ]
}

/// The copies that a membership holds of a name and an email; they go stale (platform-api §9.2).
pub fn displays(membership: &Membership) -> Vec<(String, Option<Text>)> {
    vec![
        (SHOWN_NAME.to_owned(), membership.profile.display.clone()),
        (SHOWN_EMAIL.to_owned(), membership.user.display.clone()),
    ]
}

/// The fields of a user that plans speak of.
pub fn of_user(user: &User) -> Vec<(String, Option<Text>)> {
    vec![(EMAIL.to_owned(), user.email.clone()), (VERIFIED.to_owned(), verified(user))]
}

/// `emailVerified` as it is shown: absent counts as no.
pub fn verified(user: &User) -> Option<Text> {
    Some(yes_no(user.email_verified.unwrap_or(false)))
}

/// The factors of a user, each by its name; without a value where it is not enrolled.
pub fn of_factors(user: &User) -> Vec<(String, Option<Text>)> {
    of_methods(&user.mfa.enrolled_methods())
}

/// The same of the factors that are enrolled.
pub fn of_methods(methods: &[Factor]) -> Vec<(String, Option<Text>)> {
    let enrolled = |factor: Factor| methods.contains(&factor).then(|| Text::from(ENROLLED));
    Factor::ALL.into_iter().map(|factor| (factor.words().to_owned(), enrolled(factor))).collect()
}

/// `AccessPolicy/a (ward=Location/1), AccessPolicy/b`; nothing without any.
pub fn access(access: &[Access]) -> Option<Text> {
    let one = |access: &Access| {
        let parameters: Vec<String> =
            access.parameters.iter().map(|(name, value)| format!("{}={}", name.raw(), value.raw())).collect();
        granted(&access.policy.to_string(), &parameters)
    };
    let all: Vec<String> = access.iter().map(one).collect();
    (!all.is_empty()).then(|| Text::from(all.join(", ")))
}

/// One parameterised policy in words.
pub fn granted(policy: &str, parameters: &[String]) -> String {
    if parameters.is_empty() { policy.to_owned() } else { format!("{policy} ({})", parameters.join("; ")) }
}

/// The fields of a membership that plans speak of.
pub fn of_membership(membership: &Membership) -> Vec<(String, Option<Text>)> {
    vec![
        (ACTIVE.to_owned(), Some(yes_no(membership.active))),
        (EXTERNAL_ID.to_owned(), membership.external_id.clone()),
        (USER_NAME.to_owned(), membership.user_name.clone()),
        (ADMIN.to_owned(), Some(yes_no(membership.admin))),
        (POLICY.to_owned(), membership.policy.as_ref().map(|policy| Text::from(policy.to_string()))),
        (ACCESS.to_owned(), access(&membership.access)),
        (PROFILE.to_owned(), Some(Text::from(membership.profile.to_string()))),
        (
            CONFIGURATION.to_owned(),
            membership.configuration.as_ref().map(|configuration| Text::from(configuration.to_string())),
        ),
    ]
}
