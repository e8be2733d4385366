//! Arguments of the token lab. Tokens come from a file, from standard input or from the session, never as arguments
//! (standards S2).

use clap::{Args, Subcommand, ValueEnum};

use super::Interaction;

/// `idconsole token …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Token {
    /// Say what a token holds, what it is for and when it ends; nothing is verified and nobody is asked
    Inspect(OfToken),
    /// Check signature, issuer, audience, time and kind, and what the platform says: exit 0 valid, 8 not, 9 it cannot be
    /// told
    Verify(VerifyToken),
    /// Two tokens side by side: what differs, and what that means
    Compare(CompareTokens),
    /// Ask the issuer whether a token is active: exit 0 active, 8 not, 9 it does not say
    Introspect(IntrospectToken),
    /// Say why a token is refused, with evidence and the next step: exit 0 it is not, 8 it is, 9 it cannot be told
    Why(Box<WhyToken>),
    /// Exchange an identity provider's token for one of the platform (RFC 8693)
    Exchange(ExchangeToken),
    /// Your session's access token, for scripts; printed with --show only
    Mint {
        /// Print it on standard output
        #[arg(long)]
        show: bool,
    },
    /// Keep an eye on a token: tell when it ends, is revoked or refused, and when its issuer's keys change
    Watch(WatchToken),
}

impl Token {
    /// Works from files alone: no connection, no session, nobody is asked.
    pub fn is_offline(&self) -> bool {
        match self {
            Self::Inspect(of) => of.own.is_none(),
            Self::Verify(verify) => verify.keys.is_some() && verify.of.own.is_none(),
            Self::Compare(compare) => compare.own.is_none(),
            Self::Introspect(_) | Self::Why(_) | Self::Exchange(_) | Self::Mint { .. } | Self::Watch(_) => {
                false
            }
        }
    }
}

/// Which token.
#[derive(Debug, Clone, Default, Args)]
pub struct OfToken {
    /// A file that holds it, alone or in whatever was copied with it: a header, a curl command, JSON, an address;
    /// standard input when absent or `-`
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
    /// Your own session's token instead: --own, --own=id
    #[arg(
        long,
        value_name = "WHICH",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "access",
        conflicts_with = "file"
    )]
    pub own: Option<OwnName>,
    /// When there are several, the name that it stands under, e.g. `access_token`
    #[arg(long, value_name = "NAME")]
    pub pick: Option<String>,
}

/// Which of one's own tokens. The refresh token is shown to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OwnName {
    /// What requests go with
    Access,
    /// Who signed in
    Id,
    /// The identity provider's access token of a sign-in with exchange
    IdpAccess,
    /// The identity provider's ID token of a sign-in with exchange
    IdpId,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KindName {
    /// Goes with requests
    Access,
    /// Says who signed in
    Id,
    /// Fetches new tokens
    Refresh,
    /// A client proves itself with it
    ClientAssertion,
    /// Of an identity provider
    Subject,
    /// Tells a client that somebody signed out
    Logout,
}

/// `idconsole token verify`.
#[derive(Debug, Clone, Default, Args)]
pub struct VerifyToken {
    /// The token
    #[command(flatten)]
    pub of: OfToken,
    /// Keys to check with, a JWKS or PEM file; then nobody is asked. Without it the issuer's own keys are fetched
    #[arg(long, value_name = "FILE")]
    pub keys: Option<String>,
    /// The issuer that it must be of, exactly; its keys are used
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// The audience that it must be for, among others
    #[arg(long, value_name = "TEXT")]
    pub audience: Option<String>,
    /// What it must be for
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<KindName>,
    /// Judge its time as of this moment, e.g. 2026-01-05T10:00:00Z; then nobody is asked about it
    #[arg(long, value_name = "TIME")]
    pub at: Option<jiff::Timestamp>,
    /// Judge the signature alone, whatever it signs: for a JWS that is no token, or one whose time does not matter
    #[arg(long, conflicts_with_all = ["audience", "kind", "at"])]
    pub signature_only: bool,
    /// Fetch keys only: show the token to nobody
    #[arg(long)]
    pub no_ask: bool,
    /// Contact an issuer that is neither the platform nor a known identity provider without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
}

/// `idconsole token compare`.
#[derive(Debug, Clone, Args)]
pub struct CompareTokens {
    /// A file with the first, or with both; `-` is standard input
    #[arg(value_name = "FILE")]
    pub first: String,
    /// A file with the second
    #[arg(value_name = "FILE")]
    pub second: Option<String>,
    /// The second is your own session's: --own, --own=id
    #[arg(
        long,
        value_name = "WHICH",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "access",
        conflicts_with = "second"
    )]
    pub own: Option<OwnName>,
    /// Show what is the same too
    #[arg(long)]
    pub all: bool,
}

/// `idconsole token introspect`.
#[derive(Debug, Clone, Default, Args)]
pub struct IntrospectToken {
    /// The token
    #[command(flatten)]
    pub of: OfToken,
    /// Whose it is; needed for a token that does not say so itself
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Show the token to an issuer that is not the platform without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
}

/// `idconsole token why`.
#[derive(Debug, Clone, Default, Args)]
pub struct WhyToken {
    /// The token; a curl command says what was tried with it as well
    #[command(flatten)]
    pub of: OfToken,
    /// The address that refused it
    #[arg(long, value_name = "URL", conflicts_with = "resource")]
    pub url: Option<String>,
    /// How it was asked
    #[arg(long, value_name = "METHOD", requires = "url")]
    pub method: Option<String>,
    /// Instead of an address, a type or a record: `Patient`, `Patient/<id>`
    #[arg(long, value_name = "TARGET")]
    pub resource: Option<String>,
    /// What is done to it
    #[arg(long, value_enum, value_name = "ACTION", requires = "resource")]
    pub action: Option<Interaction>,
    /// For whom the request acts (X-Medplum-On-Behalf-Of)
    #[arg(long = "on-behalf-of", value_name = "REFERENCE")]
    pub acting_for: Option<String>,
    /// Fetch keys only: show the token to nobody, not even to the platform
    #[arg(long)]
    pub no_ask: bool,
    /// Contact an issuer that is neither the platform nor a known identity provider without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
}

/// `idconsole token exchange`.
#[derive(Debug, Clone, Default, Args)]
pub struct ExchangeToken {
    /// The identity provider's access token
    #[command(flatten)]
    pub of: OfToken,
    /// The client application that has the identity provider; else the connection's
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The membership to sign in as; without it the platform takes the first
    #[arg(long, value_name = "ID")]
    pub membership_id: Option<String>,
    /// Scopes to ask for
    #[arg(long, value_name = "SCOPE", default_value = "openid")]
    pub scope: String,
    /// Print the platform's access token on standard output
    #[arg(long)]
    pub show: bool,
}

/// `idconsole token watch`.
#[derive(Debug, Clone, Default, Args)]
pub struct WatchToken {
    /// The token
    #[command(flatten)]
    pub of: OfToken,
    /// Seconds between two looks, 10 at least
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(10..))]
    pub every: u64,
    /// Stop after so many looks
    #[arg(long, value_name = "COUNT")]
    pub looks: Option<u32>,
    /// Contact an issuer that is neither the platform nor a known identity provider without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
}
