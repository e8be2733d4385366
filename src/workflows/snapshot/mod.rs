//! Snapshots in files: the identity configuration of a project written to a folder, read back, compared with another
//! folder or with the platform as it is now.
//!
//! ```text
//! platform ─ gather ─→ staging ─→ folder           (all of it, or the old content stays)
//! folder ─ read ─┐
//!                ├─→ compare ─→ Drift
//! folder ─ read ─┘   (the platform as it is now is a folder too, which is gone afterwards)
//! ```
//!
//! Nothing here holds all members in memory, and nothing writes to the platform.

mod folder;
mod gather;
mod project;
mod read;
mod sorted;

use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;

use super::engine::Engine;
use super::remote::Trouble;
use crate::identity::snapshot::{Change, Comparison, Manifest, NotCompared, Part, Records, Side};
use crate::identity::words::number;
use crate::identity::{Membership, MembershipId, ProjectId, Text, User};
use crate::platform::{Client, LARGEST_PAGE};

pub use folder::NotExported;
use folder::Staging;
pub use project::{NoProject, meant};
pub use read::{Damage, Folder};

/// Some members of a project with their users, as far as those are seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The memberships.
    pub memberships: Vec<Membership>,
    /// Their users.
    pub users: Vec<User>,
    /// How many members there are in all.
    pub total: Option<u64>,
}

/// Where the members come from.
pub trait People: Send + Sync {
    /// The members of a project, page by page.
    fn pages(&self, project: &ProjectId) -> BoxStream<'static, Result<Page, Trouble>>;
    /// Present addresses by SCIM, as many as the platform tells at once (platform-api §7).
    fn addresses(&self) -> BoxFuture<'_, Result<Vec<(MembershipId, Text)>, Trouble>>;
}

impl People for Client {
    fn pages(&self, project: &ProjectId) -> BoxStream<'static, Result<Page, Trouble>> {
        futures::stream::unfold(self.members(Some(project), LARGEST_PAGE), |mut members| async {
            let page = members.next().await?;
            let page = page.map_err(Trouble::from).map(|page| Page {
                memberships: page.memberships,
                users: page.users,
                total: page.total,
            });
            Some((page, members))
        })
        .boxed()
    }

    fn addresses(&self) -> BoxFuture<'_, Result<Vec<(MembershipId, Text)>, Trouble>> {
        async {
            let users = self.scim_users().await?;
            Ok(users.into_iter().filter_map(|user| Some((user.id, user.email?))).collect())
        }
        .boxed()
    }
}

/// What is to be exported, as whom is known from the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The platform's address.
    pub base_url: Text,
    /// The project.
    pub project: ProjectId,
    /// Its name.
    pub project_name: Text,
    /// Now.
    pub at: Timestamp,
}

/// How far reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// So many members of so many, where that is known.
    Members(u64, Option<u64>),
    /// This part.
    Part(Part),
    /// Everything was read, and the files are put into their places, which nothing stops half way.
    Placing,
}

impl Reading {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Members(0, _) => "Reading members".to_owned(),
            Self::Members(read, None) => format!("Reading members, {}", number(read)),
            Self::Members(read, Some(all)) => {
                format!("Reading members, {} of {}", number(read), number(all))
            }
            Self::Part(part) => format!("Reading {}", part.title().to_lowercase()),
            Self::Placing => "Writing the files".to_owned(),
        }
    }
}

/// Writes the identity configuration of a project to a folder. Until everything was read nothing there changes.
pub async fn export(
    engine: &Engine,
    people: &dyn People,
    origin: &Origin,
    folder: &Path,
    tell: impl Fn(Reading) + Send + Sync,
) -> Result<Manifest, NotExported> {
    let target = folder::check_target(folder, (&origin.base_url, &origin.project))?;
    let staging = Staging::beside(target)?;
    let (manifest, staging) = gather::all(engine, people, origin, staging, &tell).await?;
    tell(Reading::Placing);
    let (manifest, placed) = blocking(move || {
        let placed = staging.place(&manifest);
        (manifest, placed)
    })
    .await?;
    placed?;
    Ok(manifest)
}

/// A comparison's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// The first snapshot.
    pub before: Manifest,
    /// The second one.
    pub after: Manifest,
    /// What is different.
    pub changes: Vec<Change>,
    /// What could not be compared.
    pub not_compared: Vec<NotCompared>,
}

impl Drift {
    /// Something that one side knows is unknown on the other: that nothing differs cannot be said.
    pub fn is_unsure(&self) -> bool {
        self.not_compared.iter().any(|one| one.side != Side::Both)
    }

    /// What it came to, in a sentence.
    pub fn summary(&self) -> String {
        match (self.changes.len(), self.is_unsure()) {
            (0, false) => "No difference in anything that both can see.".to_owned(),
            (0, true) => {
                "No difference in what could be compared; the rest is unknown on one side.".to_owned()
            }
            (1, _) => "1 difference.".to_owned(),
            (n, _) => format!("{n} differences."),
        }
    }
}

/// Why there is no comparison.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// A folder is no snapshot, or damaged.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// They are of two projects.
    #[error(
        "The two exports are of different projects: {before} and {after}. Records are told apart by their ids, so there is \
         nothing to compare."
    )]
    OtherProject {
        /// `Clinic Demo at https://…`
        before: String,
        /// The same of the other.
        after: String,
    },
}

/// Compares two folders. Blocks on files.
pub fn compare(before: &Path, after: &Path) -> Result<Drift, Incomparable> {
    let (before, after) = (Folder::open(before)?, Folder::open(after)?);
    if before.manifest.project != after.manifest.project {
        let of = |manifest: &Manifest| format!("{} at {}", manifest.project_name, manifest.base_url);
        return Err(Incomparable::OtherProject { before: of(&before.manifest), after: of(&after.manifest) });
    }
    let mut comparison = Comparison::default();
    for folder in [&before, &after] {
        for (part, kind) in [(Part::Policies, "AccessPolicy"), (Part::Clients, "ClientApplication")] {
            comparison.name(kind, &folder.records(part)?.collect::<Result<Vec<_>, _>>()?);
        }
    }
    for part in Part::ALL {
        let side = |folder: &Folder| {
            Ok::<_, Damage>(Records { reach: folder.manifest.reach(part), records: folder.records(part)? })
        };
        comparison.part(part, side(&before)?, side(&after)?)?;
    }
    let (changes, not_compared) = comparison.finish();
    Ok(Drift { before: before.manifest, after: after.manifest, changes, not_compared })
}

/// Why a snapshot could not be compared with the platform as it is now.
#[derive(Debug, thiserror::Error)]
pub enum NoDrift {
    /// The files.
    #[error(transparent)]
    Files(#[from] Incomparable),
    /// The platform could not be read.
    #[error(transparent)]
    Live(#[from] NotExported),
    /// The snapshot is of another platform than the one signed in to.
    #[error(
        "The export is of {export}, and you are signed in to {live}. Sign in to {export}, or compare two exports."
    )]
    OtherPlatform {
        /// Address of the export's platform.
        export: Text,
        /// Address of this one.
        live: Text,
    },
    /// The project cannot be read as who is signed in.
    #[error(transparent)]
    Project(#[from] NoProject),
}

/// Compares a folder with the platform as it is now. What is read stands in a folder of its own under `scratch` until
/// the comparison is done, readable by this account alone.
pub async fn compare_live(
    engine: &Engine,
    people: &dyn People,
    base_url: &Text,
    before: &Path,
    scratch: &Path,
    tell: impl Fn(Reading) + Send + Sync,
) -> Result<Drift, NoDrift> {
    let manifest = Folder::open(before).map_err(Incomparable::from)?.manifest;
    if manifest.base_url != *base_url {
        return Err(NoDrift::OtherPlatform { export: manifest.base_url, live: base_url.clone() });
    }
    let (project, project_name) = meant(engine, Some(manifest.project.as_str())).await?;
    let origin = Origin { base_url: base_url.clone(), project, project_name, at: engine.clock.now() };
    let live = Staging::alone(scratch)?;
    let (manifest, live) = gather::all(engine, people, &origin, live, &tell).await?;
    let before = before.to_owned();
    let compared = blocking(move || {
        live.finish_alone(&manifest)?;
        Ok(compare(&before, live.path())?)
    });
    compared.await?
}

/// Compares a folder with another one, off the threads that wait.
pub async fn compare_folders(before: PathBuf, after: PathBuf) -> Result<Drift, NoDrift> {
    Ok(blocking(move || compare(&before, &after)).await??)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotExported> {
    tokio::task::spawn_blocking(work).await.map_err(|_| NotExported::Stopped)
}
