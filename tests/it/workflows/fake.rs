//! A platform in memory (and, where a process has to die, in a file) that goes wrong exactly when told to.
//!
//! It knows nothing that the embedded platform does not know better; it is for moments that cannot be arranged over
//! HTTP: somebody writing between two requests of ours, an answer lost after the write, a read that fails just then.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use idconsole::identity::sign_in::Route;
use idconsole::identity::sign_in::doctor::Liveness;
use idconsole::identity::{
    Caller, Change, ClientApplication, ClientId, DomainRoute, Enrolment, LoginSession, Means, MemberAct,
    Membership, MembershipId, OwnFlags, ProjectId, Record, Reference, Role, Secret, SecretHistory,
    SecretLike, Seen, Text, User, UserId, UserScope, Version, VersionId,
};
use idconsole::journal::Journal;
use idconsole::ports::{FixedClock, SystemClock};
use idconsole::workflows::refusals::Cause;
use idconsole::workflows::remote::{Answer, Remote, ScimPerson, Sent};
use idconsole::workflows::{Engine, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happens at the next write.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Nothing special.
    None,
    /// Refused with this.
    Refuse(Cause, &'static str),
    /// Done, and the answer is lost.
    AnswerLost,
    /// Not done, and the answer is lost.
    RequestLost,
    /// Answered with yes, not done.
    Ignored,
    /// Done otherwise: this address is written instead.
    Garbled(&'static str),
    /// Done, the answer is lost, and so is every read from then on.
    Dark,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct World {
    pub users: Vec<User>,
    pub memberships: Vec<Membership>,
    pub old_users: Vec<User>,
    pub clients: Vec<ClientApplication>,
    pub writes: Vec<String>,
    version: u64,
}

#[derive(Debug)]
pub struct Fake {
    world: Mutex<World>,
    file: Option<PathBuf>,
    role: Role,
    pub faults: Mutex<VecDeque<Fault>>,
    /// What happens at the next write to this record.
    pub faults_of: Mutex<HashMap<String, Fault>>,
    dark: Mutex<bool>,
    /// Somebody else writes this address right before our next write reaches the platform.
    pub rival: Mutex<Option<&'static str>>,
}

pub const OLD: &str = "jsmith@clinic.example";
pub const NEW: &str = "jane.smith@clinic.example";

pub fn version(id: &str) -> Version {
    Version { id: VersionId::new(id), at: "2026-01-01T00:00:00Z".parse().unwrap(), author: None }
}

pub fn user(id: &str, email: &str, scope: UserScope) -> User {
    User {
        id: id.into(),
        version: version("v1"),
        email: Some(email.into()),
        first_name: "Jane".into(),
        last_name: "Smith".into(),
        email_verified: Some(true),
        scope,
        legacy_external_id: None,
        password_set: false,
        mfa: idconsole::identity::Mfa::default(),
    }
}

pub fn membership(id: &str, user: &str, name: &str) -> Membership {
    Membership {
        id: id.into(),
        version: version("v1"),
        project: "clinic".into(),
        user: Reference::parse(&format!("User/{user}")).unwrap().with_display("stale@clinic.example"),
        profile: Reference::parse(&format!("Practitioner/p-{user}")).unwrap().with_display(name),
        active: true,
        admin: false,
        policy: None,
        access: vec![],
        external_id: None,
        user_name: None,
        invited_by: None,
        configuration: None,
    }
}

pub fn project() -> UserScope {
    UserScope::Project("clinic".into())
}

impl World {
    pub fn with_jane(scope: UserScope) -> Self {
        Self {
            users: vec![user("u-jane", OLD, scope)],
            memberships: vec![membership("m-jane", "u-jane", "Jane Smith")],
            ..Self::default()
        }
    }

    /// So many members, all active.
    pub fn with_members(count: usize) -> Self {
        let mut world = Self::default();
        for n in 0..count {
            world.users.push(user(&format!("u-{n}"), &format!("p{n}@clinic.example"), UserScope::Server));
            world.memberships.push(membership(&format!("m-{n}"), &format!("u-{n}"), &format!("Person {n}")));
        }
        world
    }

    fn next(&mut self) -> Version {
        self.version += 1;
        version(&format!("w{}", self.version))
    }

    fn rewrite(&mut self, id: &str, change: impl FnOnce(&mut User)) {
        let version = self.next();
        let user = self.users.iter_mut().find(|user| user.id.as_str() == id).unwrap();
        self.old_users.insert(0, user.clone());
        change(user);
        user.version = version;
    }
}

impl Fake {
    pub fn new(world: World, role: Role) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            file: None,
            role,
            faults: Mutex::default(),
            faults_of: Mutex::default(),
            dark: Mutex::default(),
            rival: Mutex::default(),
        })
    }

    /// One whose state outlives the process, as of its last [`Fake::keep`].
    pub fn in_file(file: &Path, role: Role, first: impl FnOnce() -> World) -> Arc<Self> {
        let world = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let fake = Self {
            world: Mutex::new(world.unwrap_or_else(first)),
            file: Some(file.to_owned()),
            role,
            faults: Mutex::default(),
            faults_of: Mutex::default(),
            dark: Mutex::default(),
            rival: Mutex::default(),
        };
        Arc::new(fake)
    }

    pub fn fail(&self, fault: Fault) {
        self.faults.lock().unwrap().push_back(fault);
    }

    pub fn darken(&self) {
        *self.dark.lock().unwrap() = true;
    }

    pub fn light(&self) {
        *self.dark.lock().unwrap() = false;
    }

    pub fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.lock().unwrap())
    }

    pub fn email(&self) -> Text {
        self.look(|world| world.users[0].email.clone().unwrap())
    }

    pub fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world.lock().unwrap();
        change(&mut world)
    }

    /// Keeps the state for the process after this one: the platform does not die with who talks to it.
    pub fn keep(&self) {
        let file = self.file.as_ref().unwrap();
        let mut temporary = file.clone();
        temporary.set_extension("new");
        self.look(|world| std::fs::write(&temporary, serde_json::to_vec(world).unwrap()).unwrap());
        std::fs::rename(temporary, file).unwrap();
    }

    fn answer<T: Send + 'static>(
        &self,
        look: impl FnOnce(&World) -> Result<T, Trouble>,
    ) -> Answer<'static, T> {
        let answer = if *self.dark.lock().unwrap() {
            Err(Trouble::new(Cause::NoAnswer, "the connection was reset"))
        } else {
            look(&self.world.lock().unwrap())
        };
        ready(answer).boxed()
    }

    fn memberships(&self, keep: impl Fn(&World, &Membership) -> bool) -> Answer<'static, Vec<Membership>> {
        self.answer(|world| Ok(world.memberships.iter().filter(|m| keep(world, m)).cloned().collect()))
    }

    fn sees(&self, user: &User) -> bool {
        self.role == Role::SuperAdmin || user.scope != UserScope::Server
    }

    fn write(
        &self,
        change: &Change,
        expected: Option<&VersionId>,
        garbled: Option<&str>,
    ) -> Result<Sent, Trouble> {
        self.change(|world| {
            world.writes.push(format!("{} {}", change.label, change.target));
            let id = change.target.id.to_string();
            match &change.means {
                Means::UpdateEmail { email, .. } => world.rewrite(&id, |user| {
                    user.email = Some(garbled.map_or_else(|| email.clone(), Text::from));
                    user.email_verified = Some(false);
                }),
                Means::ScimEmail { email, .. } => world.rewrite(&id, |user| user.email = Some(email.clone())),
                Means::Patch { fields, .. } => return patch(world, change, fields, expected),
                Means::Invite { request, .. } => return Ok(invite(world, request)),
                Means::Create { record, .. } | Means::MakeClient { record, .. } => {
                    return Ok(create(world, record));
                }
                Means::Delete => world.clients.retain(|client| *client.id.as_str() != *change.target.id),
                Means::Member { membership, act: MemberAct::Remove, .. } => {
                    world.memberships.retain(|m| m.id != *membership);
                }
                Means::Member { act: MemberAct::ResetMfa { factor }, .. } => world.rewrite(&id, |user| {
                    user.mfa.methods.retain(|method| method != factor);
                    user.mfa.enrolled = !user.mfa.methods.is_empty();
                }),
                Means::ClientSecret { .. }
                | Means::Member { act: MemberAct::MailPasswordReset, .. }
                | Means::Restore { .. }
                | Means::EndOwnSession
                | Means::EnrolOwn { .. }
                | Means::DisableOwn { .. }
                | Means::SetPassword { .. }
                | Means::RefreshDisplay => {}
                Means::Rescope { scope, .. } => world.rewrite(&id, |user| user.scope = scope.clone()),
            }
            Ok(Sent::default())
        })
    }
}

fn patch(
    world: &mut World,
    change: &Change,
    fields: &[(String, Option<Value>)],
    expected: Option<&VersionId>,
) -> Result<Sent, Trouble> {
    let stale = |version: &Version| expected.is_some_and(|expected| *expected != version.id);
    if &*change.target.kind == "User" {
        let user = world.users.iter().find(|user| *user.id.as_str() == *change.target.id).unwrap();
        if stale(&user.version) {
            return Err(Trouble::new(Cause::Stale, "Precondition Failed"));
        }
        world.rewrite(&change.target.id, |user| {
            for (path, value) in fields {
                match path.as_str() {
                    "/emailVerified" => user.email_verified = value.as_ref().and_then(Value::as_bool),
                    "/email" => user.email = value.as_ref().and_then(Value::as_str).map(Text::from),
                    other => panic!("{other}"),
                }
            }
        });
        return Ok(Sent::default());
    }
    let version = world.next();
    let membership = world.memberships.iter_mut().find(|m| *m.id.as_str() == *change.target.id).unwrap();
    if stale(&membership.version) {
        return Err(Trouble::new(Cause::Stale, "Precondition Failed"));
    }
    for (path, value) in fields {
        let text = value.as_ref().and_then(Value::as_str).map(Text::from);
        match path.as_str() {
            "/active" => membership.active = value.as_ref().and_then(Value::as_bool).unwrap_or(true),
            "/externalId" => membership.external_id = text,
            "/userName" => membership.user_name = text,
            other => panic!("{other}"),
        }
    }
    membership.version = version;
    Ok(Sent::default())
}

fn invite(world: &mut World, request: &Value) -> Sent {
    let n = world.users.len();
    let (user_id, id) = (format!("u-new{n}"), format!("m-new{n}"));
    let mut made = membership(&id, &user_id, "Jane Smith");
    let wanted = &request["membership"];
    made.profile = Reference::parse(wanted["profile"]["reference"].as_str().unwrap()).unwrap();
    made.admin = wanted["admin"].as_bool().unwrap_or(false);
    made.external_id = wanted["externalId"].as_str().map(Text::from);
    world.users.push(user(&user_id, request["email"].as_str().unwrap(), UserScope::Server));
    world.memberships.push(made);
    Sent { made: Some(MembershipId::from(id.as_str()).reference()), remark: None }
}

fn create(world: &mut World, record: &Value) -> Sent {
    let id = ClientId::from("c-made");
    world.clients.push(ClientApplication {
        id: id.clone(),
        version: version("v1"),
        project: Some("clinic".into()),
        name: record["name"].as_str().unwrap().into(),
        redirect_uris: record["redirectUris"]
            .as_array()
            .unwrap()
            .iter()
            .map(|uri| uri.as_str().unwrap().into())
            .collect(),
        status: None,
        pkce_optional: false,
        provider: None,
        settings: Box::default(),
    });
    Sent { made: Some(id.reference()), remark: None }
}

fn as_record(client: &ClientApplication, pointers: &[&str]) -> Record {
    let uris: Vec<&str> = client.redirect_uris.iter().map(Text::raw).collect();
    let whole = serde_json::json!({ "name": client.name.raw(), "redirectUris": uris });
    Record {
        reference: client.id.reference(),
        version: client.version.clone(),
        values: pointers.iter().map(|pointer| whole.pointer(pointer).cloned()).collect(),
    }
}

fn missing<T>(found: Option<T>) -> Result<T, Trouble> {
    found.ok_or_else(|| Trouble::new(Cause::NotFound, "Not found"))
}

impl Remote for Fake {
    fn membership<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, Membership> {
        self.answer(|world| missing(world.memberships.iter().find(|m| m.id == *id).cloned()))
    }

    fn user<'a>(&'a self, id: &'a UserId) -> Answer<'a, User> {
        self.answer(|world| missing(world.users.iter().find(|u| u.id == *id && self.sees(u)).cloned()))
    }

    fn scim<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, ScimPerson> {
        self.answer(|world| {
            let membership = missing(world.memberships.iter().find(|m| m.id == *id))?;
            let user = missing(world.users.iter().find(|u| *u.id.as_str() == *membership.user.id))?;
            let names = Some((user.first_name.clone(), user.last_name.clone()));
            Ok(ScimPerson { email: user.email.clone(), names })
        })
    }

    fn memberships_of_user<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<Membership>> {
        self.memberships(|_, m| *m.user.id == *id.as_str())
    }

    fn memberships_of_profile<'a>(&'a self, profile: &'a Reference) -> Answer<'a, Vec<Membership>> {
        self.memberships(|_, m| m.profile.to_string() == profile.to_string())
    }

    fn memberships_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<Membership>> {
        self.memberships(|world, m| {
            let user = world.users.iter().find(|user| *user.id.as_str() == *m.user.id);
            user.and_then(|user| user.email.as_ref()).is_some_and(|e| e.raw() == email)
        })
    }

    fn memberships_by_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>> {
        self.memberships(|_, m| m.external_id.as_ref().is_some_and(|external| external.raw() == id))
    }

    fn memberships_like_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>> {
        let id = id.to_lowercase();
        self.memberships(move |_, m| {
            m.external_id.as_ref().is_some_and(|external| external.raw().to_lowercase().starts_with(&id))
        })
    }

    fn memberships_by_contact<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<Membership>> {
        self.answer(|_| Ok(Vec::new()))
    }

    fn memberships_by_name<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Membership>> {
        let name = name.to_lowercase();
        self.memberships(move |_, m| {
            m.profile.display.as_ref().is_some_and(|shown| shown.raw().to_lowercase().contains(&name))
        })
    }

    fn admins<'a>(&'a self, project: &'a ProjectId) -> Answer<'a, Vec<Membership>> {
        self.memberships(|_, m| m.admin && m.project == *project)
    }

    fn users_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<User>> {
        self.answer(|world| {
            let same =
                |user: &&User| user.email.as_ref().is_some_and(|e| e.raw() == email) && self.sees(user);
            Ok(world.users.iter().filter(same).cloned().collect())
        })
    }

    fn users_with_any<'a>(&'a self, emails: &'a [String]) -> Answer<'a, Vec<User>> {
        self.answer(|world| {
            let has =
                |user: &&User| user.email.as_ref().is_some_and(|own| emails.iter().any(|e| e == own.raw()));
            Ok(world.users.iter().filter(has).filter(|user| self.sees(user)).cloned().collect())
        })
    }

    fn memberships_with_any<'a>(&'a self, external_ids: &'a [String]) -> Answer<'a, Vec<Membership>> {
        self.answer(|world| {
            let has = |m: &&Membership| {
                m.external_id.as_ref().is_some_and(|own| external_ids.iter().any(|id| id == own.raw()))
            };
            Ok(world.memberships.iter().filter(has).cloned().collect())
        })
    }

    fn users(&self, _at_most: usize) -> Answer<'_, (Vec<User>, bool)> {
        self.answer(|world| Ok((world.users.iter().filter(|user| self.sees(user)).cloned().collect(), true)))
    }

    fn count_members<'a>(&'a self, profile: &'a str, _with_profile: bool) -> Answer<'a, u64> {
        self.answer(move |world| {
            let of = |m: &&Membership| &*m.profile.kind == profile;
            Ok(world.memberships.iter().filter(of).count() as u64)
        })
    }

    fn members_with_profile<'a>(&'a self, _: &'a str, _: usize) -> Answer<'a, (Vec<MembershipId>, bool)> {
        self.answer(|_| Ok((Vec::new(), true)))
    }

    fn users_by_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<User>> {
        self.answer(|world| {
            let same = |user: &&User| user.legacy_external_id.as_ref().is_some_and(|e| e.raw() == id);
            Ok(world.users.iter().filter(same).filter(|user| self.sees(user)).cloned().collect())
        })
    }

    fn addresses<'a>(
        &'a self,
        _: &'a idconsole::identity::ProjectId,
        _: usize,
    ) -> Answer<'a, (Vec<Text>, bool)> {
        self.answer(|world| Ok((world.users.iter().filter_map(|user| user.email.clone()).collect(), true)))
    }

    fn user_history<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<User>> {
        self.answer(|world| {
            let all = world.users.iter().chain(&world.old_users);
            Ok(all.filter(|user| user.id == *id && self.sees(user)).cloned().collect())
        })
    }

    fn membership_history<'a>(&'a self, _id: &'a MembershipId) -> Answer<'a, Vec<Membership>> {
        self.answer(|_| Ok(Vec::new()))
    }

    fn clients(&self) -> Answer<'_, Vec<ClientApplication>> {
        self.answer(|world| Ok(world.clients.clone()))
    }

    fn client<'a>(&'a self, id: &'a idconsole::identity::ClientId) -> Answer<'a, ClientApplication> {
        self.answer(|world| missing(world.clients.iter().find(|client| client.id == *id).cloned()))
    }

    fn client_memberships(&self) -> Answer<'_, (Vec<Membership>, bool)> {
        self.answer(|_| Ok((Vec::new(), true)))
    }

    fn secret_history<'a>(&'a self, _: &'a ClientId) -> Answer<'a, SecretHistory> {
        self.answer(|_| Ok(SecretHistory::default()))
    }

    fn client_secret<'a>(&'a self, _: &'a ClientId) -> Answer<'a, Option<Secret>> {
        self.answer(|_| Ok(None))
    }

    fn client_exists<'a>(&'a self, id: &'a str) -> Answer<'a, Liveness> {
        self.answer(|world| {
            let known = world.clients.iter().any(|client| client.id.as_str() == id);
            Ok(if known { Liveness::Alive } else { Liveness::Missing })
        })
    }

    fn domain_routes(&self) -> Answer<'_, Vec<DomainRoute>> {
        self.answer(|_| Ok(Vec::new()))
    }

    fn route<'a>(&'a self, _email: &'a str) -> BoxFuture<'a, Seen<Route>> {
        ready(Seen::Known(Route::Password)).boxed()
    }

    fn policy_of<'a>(&'a self, _: &'a MembershipId) -> Answer<'a, idconsole::identity::access::Policy> {
        self.own_policy()
    }

    fn own_policy(&self) -> Answer<'_, idconsole::identity::access::Policy> {
        self.answer(|_| {
            Ok(idconsole::identity::access::Policy {
                rules: Vec::new(),
                told: false,
                admin_lines: true,
                address_rules: Vec::new(),
            })
        })
    }

    fn search_on_behalf<'a>(&'a self, _: &'a MembershipId, kind: &'a str) -> Answer<'a, ()> {
        self.answer(move |_| if kind == "Login" { missing(None) } else { Ok(()) })
    }

    fn read_on_behalf<'a>(&'a self, _: &'a MembershipId, _: &'a str, id: &'a str) -> Answer<'a, ()> {
        self.answer(move |_| if id.is_empty() { missing(None) } else { Ok(()) })
    }

    fn record<'a>(&'a self, reference: &'a Reference, pointers: &'a [&'a str]) -> Answer<'a, Record> {
        self.answer(|world| {
            let client = world.clients.iter().find(|client| client.id.as_str() == &*reference.id);
            Ok(as_record(missing(client)?, pointers))
        })
    }

    fn records_where<'a>(
        &'a self,
        _kind: &'a str,
        _parameter: &'a str,
        value: &'a str,
        pointers: &'a [&'a str],
    ) -> Answer<'a, Vec<Record>> {
        self.answer(|world| {
            let found = world.clients.iter().filter(|client| client.name.raw() == value);
            Ok(found.map(|client| as_record(client, pointers)).collect())
        })
    }

    fn secret_is<'a>(&'a self, _: &'a Reference, _: &'a str, _: SecretLike<'a>) -> Answer<'a, bool> {
        self.answer(|_| Err(Trouble::new(Cause::NotFound, "not here")))
    }

    fn sessions<'a>(
        &'a self,
        _user: Option<&'a UserId>,
        _at_most: usize,
    ) -> Answer<'a, (Vec<LoginSession>, bool)> {
        self.answer(|_| Ok((Vec::new(), true)))
    }

    fn own_sessions(&self) -> Answer<'_, Vec<LoginSession>> {
        self.answer(|_| Ok(Vec::new()))
    }

    fn own_factor(&self) -> Answer<'_, Option<OwnFlags>> {
        self.answer(|_| Ok(Some(OwnFlags { enrolled: false, required: false })))
    }

    fn mail_own_code(&self) -> Answer<'_, ()> {
        self.answer(|_| Ok(()))
    }

    fn own_enrolment(&self) -> Answer<'_, Enrolment> {
        self.answer(|_| Err(Trouble::new(Cause::NotFound, "not here")))
    }

    fn send<'a>(
        &'a self,
        change: &'a Change,
        expected: Option<&'a VersionId>,
        _secret: Option<&'a Secret>,
    ) -> Answer<'a, Sent> {
        let of_record = self.faults_of.lock().unwrap().remove(&*change.target.id);
        let next = || self.faults.lock().unwrap().pop_front();
        let fault = of_record.or_else(next).unwrap_or(Fault::None);
        if let Some(address) = self.rival.lock().unwrap().take() {
            self.change(|world| world.rewrite(&change.target.id, |user| user.email = Some(address.into())));
        }
        let lost = || Trouble::new(Cause::NoAnswer, "the connection was reset");
        let answer = match fault {
            Fault::None => self.write(change, expected, None),
            Fault::Refuse(cause, text) => Err(Trouble::new(cause, text)),
            Fault::AnswerLost => self.write(change, expected, None).and_then(|_| Err(lost())),
            Fault::RequestLost => Err(lost()),
            Fault::Ignored => Ok(Sent::default()),
            Fault::Garbled(address) => self.write(change, expected, Some(address)),
            Fault::Dark => self.write(change, expected, None).and_then(|_| {
                *self.dark.lock().unwrap() = true;
                Err(lost())
            }),
        };
        ready(answer).boxed()
    }
}

pub fn caller(role: Role) -> Caller {
    Caller {
        user: Some("u-pat".into()),
        email: Some("pat@clinic.example".into()),
        name: "Pat Admin".into(),
        profile: Reference::parse("Practitioner/p-pat").unwrap(),
        membership: "m-pat".into(),
        project: "clinic".into(),
        project_name: "Clinic Demo".into(),
        role,
    }
}

/// An engine on a fake, with its journal in `folder`.
pub fn engine(fake: &Arc<Fake>, folder: &Path) -> Engine {
    let clock = FixedClock::at("2026-03-01T09:00:00Z".parse().unwrap());
    Engine {
        remote: fake.clone(),
        journal: Journal::open(folder.join("journal.db"), Arc::new(clock)).unwrap(),
        caller: caller(fake.role),
        connection: "clinic-demo".to_owned(),
        clock: Arc::new(SystemClock),
        read_only: None,
    }
}
