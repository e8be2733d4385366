//! Arguments of requests for a domain route.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::RouteSecret;
use crate::cli::args::Write;

/// `idconsole domains request …`.
#[derive(Debug, Clone, Subcommand)]
pub enum Request {
    /// Write a request: the exact record, what was tested, whom it meets, who asks and why; no secret is in it
    Export(Box<ExportRequest>),
    /// Open a request as super admin: test again, show what is different, write the route; shows a plan first
    Apply(Box<ApplyRequest>),
}

/// `idconsole domains request export`.
#[derive(Debug, Clone, Args)]
pub struct ExportRequest {
    /// The domain; of what the onboarding assistant has kept, unless --file describes the route
    pub domain: String,
    /// The new file that is written
    #[arg(long, short = 'o', value_name = "FILE")]
    pub out: PathBuf,
    /// The route as it is wanted: a DomainConfiguration as JSON, a draft, or the JSON of a test; without any secret
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Why it is asked for
    #[arg(long, short = 'r', value_name = "TEXT")]
    pub reason: Option<String>,
    /// The client's secret at the provider, for the test that goes along; it is not written
    #[command(flatten)]
    pub secret: RouteSecret,
}

/// `idconsole domains request apply`.
#[derive(Debug, Clone, Args)]
pub struct ApplyRequest {
    /// The request
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The client's secret at the provider; asked for when it is not given
    #[command(flatten)]
    pub secret: RouteSecret,
    /// How it is done
    #[command(flatten)]
    pub write: Write,
}
