//! Arguments of the impact preview.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::identity::sign_in::impact::Effect;

/// `idconsole domains impact`.
#[derive(Debug, Clone, Args)]
pub struct Impact {
    /// The mail domain, like partner.example; alone it tells how its people sign in today
    pub domain: String,
    /// The route goes
    #[arg(long, conflicts_with = "file")]
    pub remove: bool,
    /// The route as it is wanted: a DomainConfiguration as JSON, or a request file; without any secret
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Only those to whom this happens
    #[arg(long, value_enum, value_name = "EFFECT")]
    pub only: Option<EffectName>,
}

/// What happens to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EffectName {
    /// Gets in today and will not
    Breaks,
    /// What cannot be seen decides
    Unknown,
    /// Comes by another provider
    OtherIdp,
    /// Comes by the provider instead of a password
    ToIdp,
    /// Comes by a password again
    ToPassword,
    /// Will get in who does not today
    Gains,
    /// As today
    Unchanged,
    /// Gets in neither way
    StaysOut,
}

impl From<EffectName> for Effect {
    fn from(name: EffectName) -> Self {
        match name {
            EffectName::Breaks => Self::Breaks,
            EffectName::Unknown => Self::Unknown,
            EffectName::OtherIdp => Self::OtherIdp,
            EffectName::ToIdp => Self::ToIdp,
            EffectName::ToPassword => Self::ToPassword,
            EffectName::Gains => Self::Gains,
            EffectName::Unchanged => Self::Unchanged,
            EffectName::StaysOut => Self::StaysOut,
        }
    }
}
