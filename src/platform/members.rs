//! Memberships: one, found by what is known, and all of a project page by page (platform-api §1.11, §9.2).

use futures::try_join;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::client::{Client, any_of, check_id, escaped};
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::{Answer, Ask};
use super::wire::{WireBundle, WireKind, WireLinks, WireRecord};
use crate::identity::{Membership, MembershipId, ProjectId, Reference, User, UserId};

/// How many a question about one person returns at most.
const OF_ONE: usize = 200;

/// The largest page of members. The platform gives 1000 rows (§1.11) but refuses a search whose rows and included
/// records are more than 1000 together, and every membership brings its user.
pub const LARGEST_PAGE: usize = 500;

/// The smallest page that has a cursor (§1.11).
const SMALLEST_PAGE: usize = 20;

/// Some members of a project, as they arrive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MembersPage {
    /// Memberships of people, in the order of their last change.
    pub memberships: Vec<Membership>,
    /// Their users, as far as this role may read them.
    pub users: Vec<User>,
    /// How many members there are in all.
    pub total: Option<u64>,
}

/// Members on their way; dropping it cancels the loading.
#[derive(Debug)]
pub struct Members {
    pages: mpsc::Receiver<Result<MembersPage, Error>>,
}

impl Members {
    /// The next page; `None` after the last one or after an error.
    pub async fn next(&mut self) -> Option<Result<MembersPage, Error>> {
        self.pages.recv().await
    }
}

impl Client {
    /// One membership.
    pub async fn membership(&self, id: &MembershipId) -> Result<Membership, Error> {
        let record: WireRecord = self.read("ProjectMembership", id.as_str()).await?;
        record.membership().ok_or_else(incomplete)
    }

    async fn memberships(&self, query: &[(&str, &str)]) -> Result<Vec<Membership>, Error> {
        let (records, _) = self.search::<WireRecord>("ProjectMembership", query, OF_ONE).await?;
        records.into_iter().map(|record| record.membership().ok_or_else(incomplete)).collect()
    }

    /// Every visible membership of a user.
    pub async fn memberships_of_user(&self, user: &UserId) -> Result<Vec<Membership>, Error> {
        self.memberships(&[("user", &user.reference().to_string()), ("_count", "200")]).await
    }

    /// Every visible membership of a profile.
    pub async fn memberships_of_profile(&self, profile: &Reference) -> Result<Vec<Membership>, Error> {
        self.memberships(&[("profile", &profile.to_string()), ("_count", "200")]).await
    }

    /// Memberships whose user has exactly this address, in both scopes: chaining reaches server-scoped users that a
    /// project admin cannot read (§1.11). Case counts; stored addresses are lower case.
    pub async fn memberships_by_email(&self, email: &str) -> Result<Vec<Membership>, Error> {
        self.memberships(&[("user:User.email:exact", &escaped(email)), ("_count", "200")]).await
    }

    /// Memberships whose user has an address of this domain or of one below it, at most so many; true when those were
    /// all. It reaches server-scoped users as [`Client::memberships_by_email`] does.
    pub async fn memberships_of_domain(
        &self,
        domain: &str,
        at_most: usize,
    ) -> Result<(Vec<Membership>, bool), Error> {
        let query = [
            ("user:User.email:contains", &*super::users::of_domain(domain)),
            ("_sort", "_lastUpdated"),
            ("_count", "1000"),
        ];
        let (records, all) = self.search::<WireRecord>("ProjectMembership", &query, at_most).await?;
        Ok((records.into_iter().filter_map(WireRecord::membership).collect(), all))
    }

    /// Memberships with exactly this external id, byte for byte.
    pub async fn memberships_by_external_id(&self, id: &str) -> Result<Vec<Membership>, Error> {
        self.memberships(&[("external-id:exact", &escaped(id)), ("_count", "200")]).await
    }

    /// Memberships with one of these external ids, in the order of one search (§1.11: a comma is an "or").
    pub async fn memberships_with_any(&self, external_ids: &[String]) -> Result<Vec<Membership>, Error> {
        if external_ids.is_empty() {
            return Ok(Vec::new());
        }
        self.memberships(&[("external-id:exact", &any_of(external_ids)), ("_count", "200")]).await
    }

    /// Memberships whose external id begins like this, in any case (§17), at most twenty.
    pub async fn memberships_like_external_id(&self, id: &str) -> Result<Vec<Membership>, Error> {
        let query = [("external-id", &*escaped(id)), ("_count", "20")];
        let (records, _) = self.search::<WireRecord>("ProjectMembership", &query, 20).await?;
        records.into_iter().map(|record| record.membership().ok_or_else(incomplete)).collect()
    }

    /// How many memberships of a kind of profile there are; with `with_profile` only those whose profile is there, by a
    /// search through it (§1.11).
    pub async fn count_members(&self, profile: &str, with_profile: bool) -> Result<u64, Error> {
        let chain = format!("profile:{profile}._lastUpdated");
        let mut query = vec![("profile-type", profile), ("_summary", "count")];
        if with_profile {
            query.push((&chain, "gt1900-01-01"));
        }
        let url = self.search_url("ProjectMembership", &query);
        let bundle: WireBundle<WireRecord> = self.send(Ask::get(url, Cost::Search)).await?.read()?;
        bundle.total.ok_or_else(|| Error::new(Kind::Unreadable, "the count has no total"))
    }

    /// Memberships of a kind of profile whose profile is there, at most so many; true when those were all.
    pub async fn members_with_profile(
        &self,
        profile: &str,
        at_most: usize,
    ) -> Result<(Vec<MembershipId>, bool), Error> {
        let chain = format!("profile:{profile}._lastUpdated");
        let query = [
            ("profile-type", profile),
            (chain.as_str(), "gt1900-01-01"),
            ("_sort", "_lastUpdated"),
            ("_count", "1000"),
        ];
        let (records, all) = self.search::<WireRecord>("ProjectMembership", &query, at_most).await?;
        Ok((records.into_iter().filter_map(WireRecord::membership).map(|m| m.id).collect(), all))
    }

    /// Memberships whose profile has this address among its contacts (§1.11: chained).
    pub async fn memberships_by_contact(&self, email: &str) -> Result<Vec<Membership>, Error> {
        let email = escaped(email);
        let of = |chain: &'static str| {
            let email = email.clone();
            async move { self.memberships(&[(chain, &email), ("_count", "20")]).await }
        };
        let (mut staff, patients) = try_join!(of("profile:Practitioner.email"), of("profile:Patient.email"))?;
        staff.extend(patients);
        Ok(staff)
    }

    /// Memberships whose profile has a name that begins like this, in any case.
    pub async fn memberships_by_name(&self, name: &str) -> Result<Vec<Membership>, Error> {
        let name = escaped(name);
        let of = |chain: &'static str| {
            let name = name.clone();
            async move { self.memberships(&[(chain, &name), ("_count", "200")]).await }
        };
        let (mut staff, patients, related) = try_join!(
            of("profile:Practitioner.name"),
            of("profile:Patient.name"),
            of("profile:RelatedPerson.name")
        )?;
        staff.extend(patients);
        staff.extend(related);
        Ok(staff)
    }

    /// Memberships of client applications in every visible project, at most some thousands; true when those were all.
    pub async fn client_memberships(&self) -> Result<(Vec<Membership>, bool), Error> {
        let query = [("profile-type", "ClientApplication"), ("_count", "200")];
        let (records, all) = self.search::<WireRecord>("ProjectMembership", &query, 5000).await?;
        // One broken record must not hide all the others.
        Ok((records.into_iter().filter_map(WireRecord::membership).collect(), all))
    }

    /// Memberships of a project that are admin.
    pub async fn admins_of(&self, project: &ProjectId) -> Result<Vec<Membership>, Error> {
        let project = project.reference().to_string();
        self.memberships(&[("project", &project), ("admin", "true"), ("_count", "200")]).await
    }

    /// Versions of a membership, the newest first; deletions have none.
    pub async fn membership_history(&self, id: &MembershipId) -> Result<Vec<Membership>, Error> {
        let records = self.history::<WireRecord>("ProjectMembership", id.as_str()).await?;
        records.into_iter().map(|record| record.membership().ok_or_else(incomplete)).collect()
    }

    /// Versions of any record, the newest first.
    pub(super) async fn history<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Result<Vec<T>, Error> {
        check_id(kind, id)?;
        let mut found = Vec::new();
        // Deleted versions are entries without a record, so the offset counts entries.
        let mut seen = 0;
        loop {
            let mut url = self.at(&["fhir", "R4", kind, id, "_history"]);
            url.query_pairs_mut().append_pair("_count", "100").append_pair("_offset", &seen.to_string());
            let bundle: WireBundle<T> = self.send(Ask::get(url, Cost::History)).await?.read()?;
            let (entries, total) = (bundle.entry.len(), bundle.total);
            found.extend(bundle.into_records());
            seen += entries;
            // A history has no links (§17).
            if entries < 100 || total.is_some_and(|total| seen as u64 >= total) {
                return Ok(found);
            }
        }
    }

    /// All people of a project (of every visible project when none is named), with their users, `count` (20 to
    /// [`LARGEST_PAGE`]) at a time, by cursor. The next page is on its way while the last one is read.
    pub fn members(&self, project: Option<&ProjectId>, count: usize) -> Members {
        let (sender, pages) = mpsc::channel(2);
        let client = self.in_background();
        let count = count.clamp(SMALLEST_PAGE, LARGEST_PAGE).to_string();
        let project = project.map(|project| project.reference().to_string());
        let mut query = vec![
            ("profile-type", "Practitioner,Patient,RelatedPerson"),
            ("_include", "ProjectMembership:user"),
            ("_sort", "_lastUpdated"),
            ("_count", count.as_str()),
            ("_total", "accurate"),
        ];
        if let Some(project) = &project {
            query.insert(0, ("project", project.as_str()));
        }
        let first = client.search_url("ProjectMembership", &query);
        tokio::spawn(async move {
            let walk = walk(&client, first, &sender);
            tokio::pin!(walk);
            // Nobody listens any more: stop asking.
            tokio::select! {
                outcome = &mut walk => if let Err(error) = outcome {
                    let _ = sender.send(Err(error)).await;
                },
                () = sender.closed() => {}
            }
        });
        Members { pages }
    }
}

async fn walk(
    client: &Client,
    first: Url,
    sender: &mpsc::Sender<Result<MembersPage, Error>>,
) -> Result<(), Error> {
    let ask = |url: Url| {
        let client = client.clone();
        let at = url.clone();
        // A task of its own, so that it goes on while the page before it is read; aborted when we are dropped.
        let answer =
            AbortOnDropHandle::new(tokio::spawn(
                async move { client.send(Ask::get(url, Cost::Search)).await },
            ));
        (at, answer)
    };
    let mut asked = Some(ask(first));
    while let Some((at, answer)) = asked.take() {
        let answer = match answer.await.map_err(stopped)? {
            Ok(answer) => answer,
            // A platform with a lower limit than usual; pages after this one stay smaller.
            Err(error) if error.text.raw().contains("reached query scope limit") => {
                asked = Some(ask(with_half_the_count(at).ok_or(error)?));
                continue;
            }
            Err(error) => return Err(error),
        };
        // Off the async threads: a page is some megabytes. Where the next one is is known before this one is read.
        let (tell, links) = oneshot::channel();
        let page = tokio::task::spawn_blocking(move || {
            // Nobody listens when the loading was stopped.
            let _ = tell.send(answer.read_plain::<WireLinks>());
            read_page(&answer)
        });
        let links = links.await.map_err(stopped)??;
        asked = client.next_page(&links.link)?.map(&ask);
        let page = page.await.map_err(stopped)??;
        if sender.send(Ok(page)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The same page with half as many members; `None` when a cursor would need more (platform-api §1.11).
fn with_half_the_count(mut url: Url) -> Option<Url> {
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let count: usize = pairs.iter().find(|(name, _)| name == "_count")?.1.parse().ok()?;
    let half = Some(count / 2).filter(|half| *half >= SMALLEST_PAGE)?.to_string();
    let pairs = pairs.iter().map(|(name, value)| (name, if name == "_count" { &half } else { value }));
    url.query_pairs_mut().clear().extend_pairs(pairs);
    Some(url)
}

fn stopped(_: impl std::error::Error) -> Error {
    Error::new(Kind::Local, "The loading was stopped")
}

fn incomplete() -> Error {
    Error::new(Kind::Unreadable, "a membership has no project, user or profile")
}

fn read_page(answer: &Answer) -> Result<MembersPage, Error> {
    let bundle: WireBundle<WireRecord> = answer.read_plain()?;
    let mut page = MembersPage { total: bundle.total, ..MembersPage::default() };
    for record in bundle.into_records() {
        match record.resource_type {
            WireKind::Membership => {
                let membership = record.membership();
                if membership.is_none() {
                    // One broken record must not hide all the others.
                    tracing::warn!("a membership without project, user or profile was left out");
                }
                page.memberships.extend(membership);
            }
            WireKind::User => page.users.push(record.user()),
            WireKind::Other => {}
        }
    }
    Ok(page)
}
