//! Arguments of the route tester.

use clap::{Args, ValueEnum};

/// `idconsole domains test`.
#[derive(Debug, Clone, Default, Args)]
pub struct TestRoute {
    /// The domain: of a saved route, unless the options describe one that is not saved
    #[arg(required_unless_present_any = ["file", "all"])]
    pub domain: Option<String>,
    /// A file with the route (`-`: standard input): a DomainConfiguration, a draft, or the JSON of an earlier test
    #[arg(long, value_name = "FILE", conflicts_with = "all")]
    pub file: Option<String>,
    /// Every saved route
    #[arg(long, conflicts_with_all = ["domain", "ask_secret", "secret_file"])]
    pub all: bool,
    /// The provider of a route that is not saved
    #[command(flatten)]
    pub provider: Provider,
    /// Its secret
    #[command(flatten)]
    pub secret: RouteSecret,
}

/// An identity provider as it is typed.
#[derive(Debug, Clone, Default, Args)]
pub struct Provider {
    /// What the provider calls itself; its description fills in the addresses that are not given
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "all"])]
    pub issuer: Option<String>,
    /// The client id at the provider
    #[arg(long, value_name = "ID", conflicts_with_all = ["file", "all"])]
    pub client_id: Option<String>,
    /// Where browsers are sent
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "all"])]
    pub authorize_url: Option<String>,
    /// Where codes are swapped
    #[arg(long, value_name = "URL", conflicts_with_all = ["file", "all"])]
    pub token_url: Option<String>,
    /// Where token exchange asks who somebody is
    #[arg(long = "userinfo-url", value_name = "URL", conflicts_with_all = ["file", "all"])]
    pub user_info_url: Option<String>,
    /// How the secret is sent; by what the provider describes when absent
    #[arg(long, value_enum, conflicts_with_all = ["file", "all"])]
    pub auth_method: Option<AuthMethod>,
    /// Find people by the provider's subject instead of their email
    #[arg(long, conflicts_with_all = ["file", "all"])]
    pub use_subject: bool,
    /// Have the platform send a PKCE verifier
    #[arg(long, conflicts_with_all = ["file", "all"])]
    pub use_pkce: bool,
}

impl Provider {
    /// Nothing of it was given.
    pub fn is_empty(&self) -> bool {
        let Self {
            issuer,
            client_id,
            authorize_url,
            token_url,
            user_info_url,
            auth_method,
            use_subject,
            use_pkce,
        } = self;
        let texts = [issuer, client_id, authorize_url, token_url, user_info_url];
        texts.iter().all(|text| text.is_none()) && auth_method.is_none() && !use_subject && !use_pkce
    }
}

/// How a client sends its secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuthMethod {
    /// In a header (`client_secret_basic`)
    Basic,
    /// In the form (`client_secret_post`)
    Post,
}

impl AuthMethod {
    /// As the platform names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
        }
    }
}

/// Where the client's secret comes from; without any of them `IDCONSOLE_IDP_SECRET` is looked for.
#[derive(Debug, Clone, Default, Args)]
pub struct RouteSecret {
    /// Ask for the client's secret
    #[arg(long)]
    pub ask_secret: bool,
    /// Read the client's secret from the first line of a file (`-`: standard input)
    #[arg(long, value_name = "FILE", conflicts_with = "ask_secret")]
    pub secret_file: Option<String>,
}
