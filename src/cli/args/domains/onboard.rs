//! Arguments of the onboarding assistant.

use clap::{Args, ValueEnum};

use super::RouteSecret;

/// `idconsole domains onboard`.
#[derive(Debug, Clone, Args)]
pub struct Onboard {
    /// The partner's mail domain; without one, all that were begun are listed
    pub domain: Option<String>,
    /// An answer, like idp=okta, place=partner.okta.com, client-id=…, our-contact=…; several times for several
    #[arg(long = "set", value_name = "FIELD=VALUE", requires = "domain")]
    pub answers: Vec<String>,
    /// Do a step: ask the provider for its addresses, look at whom the route meets …
    #[arg(long = "run", value_enum, value_name = "STEP", requires = "domain")]
    pub run: Vec<Run>,
    /// Write the text for the partner's IT to a file; `-` is standard output
    #[arg(long, value_name = "FILE", requires = "domain")]
    pub hand_over: Option<String>,
    /// Go on without a step, like sign-in="they have no time before Monday"
    #[arg(long = "skip", value_name = "STEP=WHY", requires = "domain")]
    pub skip: Vec<String>,
    /// The client's secret at the provider, for --run tests; it is kept nowhere
    #[command(flatten)]
    pub secret: RouteSecret,
    /// Begin anew; what was kept is set aside under another name
    #[arg(long, requires = "domain")]
    pub start_over: bool,
}

/// A step that can be done by command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Run {
    /// Ask the provider for its addresses
    Provider,
    /// Test the route at the live provider
    Tests,
    /// Look at whom the route meets, and who of them has no working way
    Impact,
    /// Look whether the route is there and who has come in by it
    Watch,
}
