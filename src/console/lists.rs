//! Every list whose columns somebody may choose in `config.toml`.

use super::overlays::impact;
use super::screens::{findings, linkage, members, mfa, snapshots};
use super::widgets::list::{Named, Source, named};
use crate::identity::LoginSession;
use crate::identity::directory::Directory;
use crate::journal::Entry;
use crate::workflows::clients::ClientFacts;
use crate::workflows::domains::Line;

/// Name and columns of each.
pub const LISTS: [Named; 10] = [
    (Directory::NAME, members::columns::TABLE),
    linkage::LIST,
    named::<Line>(),
    mfa::LIST,
    named::<LoginSession>(),
    named::<ClientFacts>(),
    findings::LIST,
    snapshots::LIST,
    impact::LIST,
    named::<Entry>(),
];
