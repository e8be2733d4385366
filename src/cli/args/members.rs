//! The arguments of `idconsole members`.

use clap::{Args, Subcommand, ValueEnum};

use super::{OfPeople, OfPerson, To, Write};
use crate::cli::complete;

/// `idconsole members …`.
#[derive(Debug, Subcommand)]
pub enum Members {
    /// Every member of the project
    List(ListMembers),
    /// One member in full
    Show {
        /// Email, external id, name or reference
        #[arg(add = complete::people())]
        person: String,
    },
    /// What became of a member over time: what was changed, when, by whom
    History {
        /// Email, external id, name or reference
        #[arg(add = complete::people())]
        person: String,
    },
    /// Let members in again
    Activate(OfPeople),
    /// Keep members out: their sessions stop at once
    Deactivate(OfPeople),
    /// Make members project admins, with the policy that goes with it
    Promote(OfPeople),
    /// Take the admin rights of members away, with the policy that goes with them
    Demote(OfPeople),
    /// What `policies list` tells, by its former name
    #[command(hide = true)]
    Policies,
    /// Give members another access policy
    SetPolicy(OfPolicy),
    /// Take the access policy of members away
    ClearPolicy(OfPeople),
    /// Give members a parameterised policy besides
    AddAccess(AddAccess),
    /// Take a parameterised policy away from members
    RemoveAccess(OfPolicy),
    /// Set or change the SCIM user name of a member
    SetUserName(SetUserName),
    /// Take the SCIM user name of a member away
    ClearUserName(OfPerson),
    /// Take name and email in lists anew from the records that they are copies of
    RefreshNames(OfPeople),
    /// Invite somebody
    Invite(Invite),
    /// Mail the invitation once more, as a link to set a password
    ResendInvite(OfPeople),
    /// Remove a member for good
    Remove(OfPerson),
}

/// `idconsole members list`.
#[derive(Debug, Clone, Default, Args)]
pub struct ListMembers {
    /// Only members whose name, email or external id matches, as `/` in the console
    #[arg(long, short = 'f', value_name = "TEXT")]
    pub filter: Option<String>,
    /// At most so many
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
}

/// People and an access policy.
#[derive(Debug, Clone, Args)]
pub struct OfPolicy {
    /// Email, external id, name or reference of each; `-` reads them from standard input, one a line
    #[arg(required = true, value_name = "PERSON", add = complete::people())]
    pub people: Vec<String>,
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
    #[arg(add = complete::people())]
    pub person: String,
    /// The name that SCIM clients know the member by
    pub user_name: String,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
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
