//! Arguments of the commands about members and users.

use clap::Args;

use super::Write;

/// A person and an access policy.
#[derive(Debug, Clone, Args)]
pub struct OfPolicy {
    /// Email, external id, name or reference; never guessed when several match
    pub person: String,
    /// The access policy: its name, its id or `AccessPolicy/…`
    pub policy: String,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole members add-access`.
#[derive(Debug, Clone, Args)]
pub struct AddAccess {
    /// Whose, and which policy
    #[command(flatten)]
    pub of: OfPolicy,
    /// A parameter of the policy; a value that reads Type/id is a reference
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
}

/// `idconsole members set-user-name`.
#[derive(Debug, Clone, Args)]
pub struct SetUserName {
    /// Email, external id, name or reference; never guessed when several match
    pub person: String,
    /// The name that SCIM clients know the member by
    pub user_name: String,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}
