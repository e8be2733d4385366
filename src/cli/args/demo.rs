//! The arguments of `idconsole demo`.

use std::net::SocketAddr;

use clap::Args;

/// `idconsole demo`.
#[derive(Debug, Clone, Default, Args)]
pub struct Demo {
    /// Only serve the embedded platform at this address, e.g. 127.0.0.1:8103, until it is ended
    #[arg(long, value_name = "ADDR")]
    pub serve: Option<SocketAddr>,
    /// How many members the clinic has
    #[arg(long, value_name = "N")]
    pub members: Option<usize>,
    /// Another clinic for another number
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// A platform setting, e.g. rateLimitsEnabled=true or mail=fail; deviceFlow=true adds the device sign-in (RFC 8628)
    /// that the real platform does not have
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub settings: Vec<String>,
}
