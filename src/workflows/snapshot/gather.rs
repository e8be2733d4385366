//! Reading every part from the platform into a staging folder.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufWriter, Write as _};

use futures::StreamExt as _;

use super::super::engine::Engine;
use super::super::refusals::Cause;
use super::super::remote::Trouble;
use super::super::{project, sheet};
use super::folder::{NotExported, Staging, disk};
use super::sorted::Sorted;
use super::{Origin, People, Reading, blocking};
use crate::config::create_private;
use crate::identity::access::{self, Policy};
use crate::identity::snapshot::hidden::without;
use crate::identity::snapshot::of::{self, ProjectFacts, Sight};
use crate::identity::snapshot::{Manifest, Part, PartState, Reach, Record, Value, manifest};
use crate::identity::{Membership, MembershipId, Role, Seen, Text, Unseen, User, UserId};
use crate::platform::{MOST_CLIENTS, MOST_RECORDS, MOST_ROUTES};

/// So many domains in use are asked about; each is one anonymous question.
const DOMAINS: usize = 60;
/// Questions at the same time.
const AT_ONCE: usize = 4;

/// Reads everything; gives the manifest and the folder with the files.
pub(super) async fn all(
    engine: &Engine,
    people: &dyn People,
    origin: &Origin,
    staging: Staging,
    tell: &(impl Fn(Reading) + Send + Sync),
) -> Result<(Manifest, Staging), NotExported> {
    let engine = &engine.in_background();
    let own = &Own { role: engine.caller.role, policy: engine.remote.own_policy().await? };
    let (staging, members, domains) = members(own, people, origin, staging, tell).await?;
    let mut parts = BTreeMap::from([(Part::Members, members.state)]);
    let mut small = |part: Part, read: (Reach, Vec<Record>)| {
        let (reach, records) = read;
        let records = if matches!(reach, Reach::None(_)) { 0 } else { staging.write(part, records)? };
        parts.insert(part, PartState { records, reach });
        Ok::<(), NotExported>(())
    };
    tell(Reading::Part(Part::Project));
    small(Part::Project, project_part(engine, own, origin).await?)?;
    tell(Reading::Part(Part::Policies));
    small(Part::Policies, policies(engine, own, origin).await?)?;
    tell(Reading::Part(Part::Clients));
    small(Part::Clients, clients(engine, own, origin).await?)?;
    tell(Reading::Part(Part::Routes));
    small(Part::Routes, routes(engine, own).await?)?;
    tell(Reading::Part(Part::Domains));
    small(Part::Domains, observed(engine, domains, members.address_unknown).await)?;
    let manifest = Manifest {
        format: manifest::FORMAT.to_owned(),
        version: manifest::VERSION,
        finished: true,
        base_url: origin.base_url.clone(),
        project: origin.project.clone(),
        project_name: origin.project_name.clone(),
        role: engine.caller.role,
        at: origin.at,
        parts,
    };
    Ok((manifest, staging))
}

/// Why a part is not seen; what is no question of rights is a failure.
fn hidden(trouble: Trouble) -> Result<(Reach, Vec<Record>), NotExported> {
    match trouble.cause {
        Cause::Forbidden | Cause::NotFound => Ok((Reach::None(Unseen::Policy), Vec::new())),
        _ => Err(trouble.into()),
    }
}

/// How far whoever reads it sees.
struct Own {
    role: Role,
    policy: Policy,
}

impl Own {
    /// Why there may be records of a type that are not shown: a policy with criteria leaves them out without a word.
    fn kept_back(&self, kind: &str) -> Option<Unseen> {
        (!self.is_built_in(kind) && !self.policy.shows_all(kind)).then_some(Unseen::Policy)
    }

    /// To a project admin what an admin needs is shown whatever the policy says (platform-api §12).
    fn is_built_in(&self, kind: &str) -> bool {
        access::is_admin_type(kind) && self.role != Role::SuperAdmin
    }

    /// How many were found of what the platform's client gives, which is so many at most.
    fn reach(&self, kind: &str, found: usize, most: usize) -> Reach {
        let more = (found >= most).then_some(Unseen::NotLoaded);
        more.or(self.kept_back(kind)).map_or(Reach::All, Reach::Some)
    }

    /// A record that is made of these kinds, with what the policy hides of them as unknown.
    fn seen(&self, kinds: &[&str], part: Part, record: Record) -> Record {
        let kinds = kinds.iter().filter(|kind| !self.is_built_in(kind));
        kinds.fold(record, |record, kind| without(part, record, kind, &self.policy.hidden(kind)))
    }
}

struct Members {
    state: PartState,
    /// Of some member no present address was seen.
    address_unknown: Option<Unseen>,
}

/// Members by domain.
type Domains = HashMap<String, u64>;

async fn members(
    own: &Own,
    people: &dyn People,
    origin: &Origin,
    staging: Staging,
    tell: &(impl Fn(Reading) + Send + Sync),
) -> Result<(Staging, Members, Domains), NotExported> {
    let role = own.role;
    let unseen = of::why_unseen(role).or_else(|| own.kept_back("User"));
    let addresses = addresses(people, role).await;
    let mut sorted = Sorted::new(staging.path());
    let (mut read, mut domains, mut address_unknown) = (0, Domains::new(), None);
    let mut pages = people.pages(&origin.project);
    tell(Reading::Members(0, None));
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            // Only before the first page: later it is a failure of the platform.
            Err(trouble) if read == 0 && trouble.cause == Cause::Forbidden => {
                let state = PartState { records: 0, reach: Reach::None(Unseen::Policy) };
                return Ok((staging, Members { state, address_unknown: Some(Unseen::Policy) }, domains));
            }
            Err(trouble) => return Err(trouble.into()),
        };
        let users: HashMap<&UserId, &User> = page.users.iter().map(|user| (&user.id, user)).collect();
        for membership in page.memberships.iter().filter(|one| one.project == origin.project) {
            let user = users.get(&UserId::new(membership.user.id.clone())).copied();
            let sight = Sight { role, unseen, by_scim: addresses.get(&membership.id) };
            let record = of::member(membership, user, sight);
            let record = own.seen(&["User", "ProjectMembership"], Part::Members, record);
            match record.value(Part::Members, "email") {
                Some(Seen::Known(Value::Text(email))) => {
                    // An address that ends on its @ is of no domain.
                    let domain = email.raw().rsplit_once('@').map(|(_, domain)| domain.trim().to_lowercase());
                    if let Some(domain) = domain.filter(|domain| !domain.is_empty()) {
                        *domains.entry(domain).or_default() += 1;
                    }
                }
                Some(Seen::Unknown(why)) => address_unknown = Some(*why),
                _ => {}
            }
            let line = sheet::escaped(&record.to_json(Part::Members).to_string());
            sorted.add(record.id.raw(), &line).map_err(disk(staging.path()))?;
        }
        read += page.memberships.len() as u64;
        tell(Reading::Members(read, page.total));
    }
    let (staging, written) = blocking(move || {
        let path = staging.path().join(Part::Members.file());
        let written = create_private(&path).and_then(|file| {
            let mut file = BufWriter::new(file);
            let written = sorted.write(&mut file)?;
            file.flush()?;
            file.get_ref().sync_data()?;
            Ok(written)
        });
        let written = written.map_err(disk(&path));
        (staging, written)
    })
    .await?;
    let reach = own.kept_back("ProjectMembership").map_or(Reach::All, Reach::Some);
    let state = PartState { records: written?, reach };
    Ok((staging, Members { state, address_unknown }, domains))
}

/// The present addresses of server-scoped people, which a project admin reads by SCIM alone. Where that is refused they
/// are unknown.
async fn addresses(people: &dyn People, role: Role) -> HashMap<MembershipId, Text> {
    if role != Role::ProjectAdmin {
        return HashMap::new();
    }
    match people.addresses().await {
        Ok(told) => told.into_iter().collect(),
        Err(trouble) => {
            tracing::warn!(%trouble, "addresses by SCIM");
            HashMap::new()
        }
    }
}

async fn project_part(
    engine: &Engine,
    own: &Own,
    origin: &Origin,
) -> Result<(Reach, Vec<Record>), NotExported> {
    match project::read(engine, &origin.project).await {
        Ok(project) => {
            let facts = ProjectFacts {
                id: &project.id,
                name: &project.name,
                owner: project.owner.as_ref(),
                defaults: &project.defaults,
                settings: &project.settings,
                features: &project.features,
            };
            // There is one of it, and here it is.
            Ok((Reach::All, vec![own.seen(&["Project"], Part::Project, of::project(&facts))]))
        }
        Err(trouble) => hidden(trouble),
    }
}

async fn policies(engine: &Engine, own: &Own, origin: &Origin) -> Result<(Reach, Vec<Record>), NotExported> {
    const KIND: &str = "AccessPolicy";
    let asked = engine.remote.records_where(KIND, "_project", origin.project.as_str(), of::POLICY_POINTERS);
    match asked.await {
        Ok(found) => {
            let record = |one: &crate::identity::Record| of::policy(&one.reference.id, &one.values);
            let records = found.iter().map(|one| own.seen(&[KIND], Part::Policies, record(one)));
            Ok((own.reach(KIND, found.len(), MOST_RECORDS), records.collect()))
        }
        Err(trouble) => hidden(trouble),
    }
}

async fn clients(engine: &Engine, own: &Own, origin: &Origin) -> Result<(Reach, Vec<Record>), NotExported> {
    const KIND: &str = "ClientApplication";
    let (found, memberships) = futures::join!(engine.remote.clients(), engine.remote.client_memberships());
    let found = match found {
        Ok(found) => found,
        Err(trouble) => return hidden(trouble),
    };
    let memberships = match memberships {
        // One that the policy keeps back may be any client's.
        Ok((all, true)) => own.kept_back("ProjectMembership").map_or(Seen::Known(all), Seen::Unknown),
        Ok((_, false)) => Seen::Unknown(Unseen::NotLoaded),
        Err(trouble) => {
            hidden(trouble)?;
            Seen::Unknown(Unseen::Policy)
        }
    };
    let mut of_client: HashMap<&str, Vec<Membership>> = HashMap::new();
    for one in memberships.known().into_iter().flatten().filter(|one| one.project == origin.project) {
        of_client.entry(&*one.user.id).or_default().push(one.clone());
    }
    let of_project = found.iter().filter(|one| one.project.as_ref().is_none_or(|of| *of == origin.project));
    let records = of_project.map(|one| {
        let of_client = of_client.get(one.id.as_str()).cloned().unwrap_or_default();
        let record = of::client(one, &memberships.as_ref().map(|_| of_client));
        own.seen(&[KIND, "ProjectMembership"], Part::Clients, record)
    });
    Ok((own.reach(KIND, found.len(), MOST_CLIENTS), records.collect()))
}

async fn routes(engine: &Engine, own: &Own) -> Result<(Reach, Vec<Record>), NotExported> {
    const KIND: &str = "DomainConfiguration";
    if own.role != Role::SuperAdmin {
        return Ok((Reach::None(Unseen::SuperAdminOnly), Vec::new()));
    }
    let found = engine.remote.domain_routes().await?;
    let records = found.iter().map(|one| own.seen(&[KIND], Part::Routes, of::route(one)));
    Ok((own.reach(KIND, found.len(), MOST_ROUTES), records.collect()))
}

/// Where the domains in use go, as anybody may ask: the most used ones.
async fn observed(engine: &Engine, domains: Domains, unknown: Option<Unseen>) -> (Reach, Vec<Record>) {
    let mut domains: Vec<(String, u64)> = domains.into_iter().collect();
    domains.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let records = futures::stream::iter(domains.into_iter().enumerate())
        .map(|(n, (domain, _))| async move {
            let goes = if n < DOMAINS {
                // Nobody has this address; only its domain counts (platform-api §11).
                engine.remote.route(&format!("idconsole@{domain}")).await
            } else {
                Seen::Unknown(Unseen::NotLoaded)
            };
            of::domain(&domain, &goes)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    // Whoever's address is not seen may be of a domain that is not among them.
    (unknown.map_or(Reach::All, Reach::Some), records)
}
