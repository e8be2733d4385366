//! Writing an export, and comparing two, or one with the platform as it is now.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};

use super::told;
use crate::config::Paths;
use crate::console::effect::{Answer, SnapshotAnswer, SnapshotQuestion};
use crate::console::failure::Failure;
use crate::console::runtime::world::Roster;
use crate::console::runtime::{Connected, Reporter};
use crate::identity::{MembershipId, ProjectId, Text};
use crate::workflows::Trouble;
use crate::workflows::snapshot::{
    self, Incomparable, NoDrift, NoProject, NotExported, Origin, Page, People, Reading,
};

/// The console's list of members, as the workflow wants it.
struct Listed(Arc<dyn Roster>);

impl People for Listed {
    fn pages(&self, project: &ProjectId) -> BoxStream<'static, Result<Page, Trouble>> {
        let pages = self.0.members_of(project).map(|page| {
            page.map(|page| Page { memberships: page.memberships, users: page.users, total: page.total })
        });
        pages.boxed()
    }

    fn addresses(&self) -> BoxFuture<'_, Result<Vec<(MembershipId, Text)>, Trouble>> {
        async { self.0.emails().await }.boxed()
    }
}

pub(super) async fn answer(
    connected: &Connected,
    paths: &Paths,
    question: SnapshotQuestion,
    report: &Reporter,
) -> Answer {
    let engine = &connected.engine;
    let people = Listed(Arc::clone(&connected.roster));
    let base_url = connected.connection.as_ref().map(|connection| connection.base_url.as_str());
    let base_url = Text::from(base_url.unwrap_or_default());
    let tell = |reading: Reading| report.send(Answer::Snapshot(SnapshotAnswer::Reading(reading)));
    match question {
        SnapshotQuestion::Write { folder, project } => {
            let (project, project_name) = match snapshot::meant(engine, project.as_deref()).await {
                Ok(meant) => meant,
                Err(error) => return Answer::Failed(no_project(error)),
            };
            let origin = Origin { base_url, project, project_name, at: engine.clock.now() };
            match snapshot::export(engine, &people, &origin, &folder, tell).await {
                Ok(manifest) => {
                    let folder = crate::identity::text::shown(&folder.display().to_string()).into_owned();
                    Answer::Snapshot(SnapshotAnswer::Written { manifest: Box::new(manifest), folder })
                }
                Err(error) => Answer::Failed(not_exported(error)),
            }
        }
        SnapshotQuestion::Compare { before, after } => {
            let compared = if let Some(after) = after {
                snapshot::compare_folders(before, after).await
            } else {
                let scratch = paths.scratch_dir();
                snapshot::compare_live(engine, &people, &base_url, &before, &scratch, tell).await
            };
            match compared {
                Ok(drift) => Answer::Snapshot(SnapshotAnswer::Compared(Box::new(drift))),
                Err(NoDrift::Live(error)) => Answer::Failed(not_exported(error)),
                Err(NoDrift::Project(error)) => Answer::Failed(no_project(error)),
                Err(NoDrift::Files(Incomparable::Damage(error))) => {
                    Answer::Failed(Failure::new(error.to_string()))
                }
                Err(error) => Answer::Failed(Failure::new(error.to_string())),
            }
        }
    }
}

fn not_exported(error: NotExported) -> Failure {
    match error {
        NotExported::Platform(trouble) => told(&trouble),
        other => Failure::new(other.to_string()),
    }
}

fn no_project(error: NoProject) -> Failure {
    match error {
        NoProject::Trouble(trouble) => told(&trouble),
        other => Failure::new(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::effect::MembersPage;

    /// Holds the members of every project, and those of one.
    #[derive(Debug)]
    struct Projects;

    fn page(total: u64) -> BoxStream<'static, Result<MembersPage, Trouble>> {
        let page = MembersPage { total: Some(total), ..MembersPage::default() };
        futures::stream::iter([Ok(page)]).boxed()
    }

    impl Roster for Projects {
        fn members(&self) -> BoxStream<'static, Result<MembersPage, Trouble>> {
            page(100_000)
        }

        fn members_of(&self, project: &ProjectId) -> BoxStream<'static, Result<MembersPage, Trouble>> {
            page(if project.as_str() == "clinic" { 60 } else { 0 })
        }
    }

    // A super admin's list is of every project; an export is of one.
    #[tokio::test]
    async fn members_are_read_of_the_project_that_is_exported_alone() {
        let pages: Vec<_> = Listed(Arc::new(Projects)).pages(&"clinic".into()).collect().await;
        assert!(matches!(&pages[..], [Ok(Page { total: Some(60), .. })]), "{pages:?}");
    }
}
