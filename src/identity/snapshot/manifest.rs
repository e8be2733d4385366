//! Where a snapshot comes from, and how far it reaches.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::Part;
use crate::identity::{ProjectId, Role, Text, Unseen};

/// What the manifest of every snapshot says it is.
pub const FORMAT: &str = "idconsole-export";
/// The version of the files that this program writes and reads.
pub const VERSION: u32 = 1;
/// Its file in the folder.
pub const FILE: &str = "manifest.json";

/// The manifest: the one file of a snapshot that changes although nothing on the platform did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// False while the files beside it are being replaced: they may not belong together.
    pub finished: bool,
    /// The platform.
    pub base_url: Text,
    /// Which project.
    pub project: ProjectId,
    /// Its name.
    pub project_name: Text,
    /// As whom it was read.
    pub role: Role,
    /// When.
    pub at: Timestamp,
    /// What is in it.
    pub parts: BTreeMap<Part, PartState>,
}

/// A part of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartState {
    /// How many records there are in its file.
    pub records: u64,
    /// Whether those are all.
    pub reach: Reach,
}

/// How much of a part was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Every record there is.
    All,
    /// Those that there are, and maybe others; why they were not seen.
    Some(Unseen),
    /// None could be seen; why.
    None(Unseen),
}

impl Manifest {
    /// `Clinic Demo, 2026-01-05 10:00 UTC, as project admin`
    pub fn about(&self) -> String {
        let at = self.at.strftime("%Y-%m-%d %H:%M UTC");
        format!("{}, {at}, as {}", self.project_name, self.role.words())
    }

    /// The parts that are not in it at all, and those that are in it as far as they were seen.
    pub fn gaps(&self) -> (Vec<Part>, Vec<Part>) {
        let of = |wanted: fn(Reach) -> bool| {
            Part::ALL.into_iter().filter(|part| wanted(self.reach(*part))).collect()
        };
        (of(|reach| matches!(reach, Reach::None(_))), of(|reach| matches!(reach, Reach::Some(_))))
    }

    /// How much of a part was seen.
    pub fn reach(&self, part: Part) -> Reach {
        self.parts.get(&part).map_or(Reach::None(Unseen::NotLoaded), |state| state.reach)
    }
}

impl Reach {
    /// In words: `all`, `some: …`, `unknown: …`.
    pub fn words(self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Some(why) => format!("some: {why}"),
            Self::None(why) => format!("unknown: {why}"),
        }
    }

    /// Why some or all were not seen.
    pub const fn why(self) -> Option<Unseen> {
        match self {
            Self::All => None,
            Self::Some(why) | Self::None(why) => Some(why),
        }
    }
}
