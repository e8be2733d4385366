//! Arguments of the commands about members and users.

use clap::{Args, ValueEnum};

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

/// `idconsole users set-password`.
#[derive(Debug, Clone, Args)]
pub struct SetPassword {
    /// Email, external id, name or reference; never guessed when several match
    pub person: String,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole users rescope`.
#[derive(Debug, Clone, Args)]
pub struct Rescope {
    /// Email, external id, name or reference; never guessed when several match
    pub person: String,
    /// Where the account exists then
    #[arg(long, value_enum)]
    pub to: To,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// Where an account exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum To {
    /// Everywhere: one account that can be invited into several projects
    Server,
    /// In one project only
    Project,
}

/// `idconsole members invite`.
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Debug, Clone, Args)]
pub struct Invite {
    /// First name
    pub first_name: String,
    /// Last name
    pub last_name: String,
    /// The email to sign in with
    #[arg(long)]
    pub email: Option<String>,
    /// The subject at the identity provider, letter by letter
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// What they are
    #[arg(long, value_enum, default_value = "practitioner")]
    pub kind: Kind,
    /// Where the account exists; the project for patients and people without an email, else everywhere
    #[arg(long, value_enum)]
    pub scope: Option<To>,
    /// The access policy: its name, its id or `AccessPolicy/…`; the project's default when absent
    #[arg(long, value_name = "POLICY")]
    pub policy: Option<String>,
    /// A parameterised policy besides: POLICY, or POLICY:name=value,name=value
    #[arg(long, value_name = "POLICY[:PARAMS]")]
    pub access: Vec<String>,
    /// As a project admin
    #[arg(long)]
    pub admin: bool,
    /// A new user has to enrol a second factor
    #[arg(long)]
    pub mfa_required: bool,
    /// Whose relative, for a related person: Patient/…
    #[arg(long, value_name = "REFERENCE")]
    pub patient: Option<String>,
    /// An existing profile, e.g. Practitioner/…
    #[arg(long, value_name = "REFERENCE")]
    pub with_profile: Option<String>,
    /// Into this project; super admins only
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,
    /// Mail nobody
    #[arg(long)]
    pub no_mail: bool,
    /// Change the membership where there is one already, instead of refusing
    #[arg(long)]
    pub update: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// What an invited person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Staff
    Practitioner,
    /// A patient
    Patient,
    /// Somebody close to a patient
    RelatedPerson,
}
