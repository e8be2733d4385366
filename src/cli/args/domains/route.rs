//! Arguments of what changes domain routes and identity providers.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::AuthMethod;
use crate::cli::args::Write;

/// `idconsole domains add`.
#[derive(Debug, Clone, Args)]
pub struct AddRoute {
    /// What stands after the @, in lower case
    pub domain: String,
    /// Take what is not given here from the route of this domain
    #[arg(long, value_name = "DOMAIN")]
    pub like: Option<String>,
    /// What the provider calls itself; its description fills in the addresses that are not given
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The identity provider
    #[command(flatten)]
    pub provider: ProviderFields,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// `idconsole domains edit`.
#[derive(Debug, Clone, Args)]
pub struct EditRoute {
    /// The domain, the name of a client application, or a reference
    pub domain: String,
    /// The identity provider
    #[command(flatten)]
    pub provider: ProviderFields,
    /// By what people are recognised; a domain route goes by email only
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// Replace the client secret: it is asked for, or read from `IDCONSOLE_IDP_SECRET`
    #[arg(long)]
    pub new_secret: bool,
    /// How token exchange asks who somebody is
    #[arg(long = "userinfo-mode", value_enum)]
    pub user_info_mode: Option<UserInfoMode>,
    /// Sign-ins of the route end on the platform's own page only
    #[arg(long, conflicts_with = "after")]
    pub no_after: bool,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}

/// The fields of an identity provider.
#[derive(Debug, Clone, Default, Args)]
pub struct ProviderFields {
    /// Where the browser is sent
    #[arg(long, value_name = "URL")]
    pub authorize_url: Option<String>,
    /// Where the code is swapped
    #[arg(long, value_name = "URL")]
    pub token_url: Option<String>,
    /// Where token exchange asks who somebody is
    #[arg(long = "userinfo-url", value_name = "URL")]
    pub user_info_url: Option<String>,
    /// As the provider names the platform
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// A file that holds the client secret and nothing else
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// How the platform sends its secret
    #[arg(long, value_enum)]
    pub auth_method: Option<AuthMethod>,
    /// Send PKCE to the provider; works with the plain method only
    #[arg(long, value_name = "yes|no", value_parser = yes_no)]
    pub pkce: Option<bool>,
    /// An address that a sign-in may end on; may be given several times
    #[arg(long, value_name = "URL")]
    pub after: Vec<String>,
}

/// By what people are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The address that the provider sends
    Email,
    /// The subject that the provider sends, against external ids
    Subject,
}

/// `userInfoMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UserInfoMode {
    /// As OpenID Connect has it, the platform's default
    Oidc,
    /// Google Cloud Identity Platform
    Gcip,
}

/// `yes` or `no`.
pub fn yes_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("write yes or no".to_owned()),
    }
}
