//! A small clinic in memory, for pictures and for races that cannot be arranged over HTTP: fixed ids and times.

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use idconsole::console::Look;
use idconsole::console::effect::MembersPage;
use idconsole::console::runtime::{Connected, Roster};
use idconsole::console::session::Session;
use idconsole::identity::access::{Interaction, Policy, Rule};
use idconsole::identity::sign_in::Route;
use idconsole::identity::sign_in::doctor::Liveness;
use idconsole::identity::{
    Caller, Change, ClientApplication, ClientId, DomainRoute, Enrolment, Factor, IdentityProvider,
    LoginSession, Means, Membership, MembershipId, Mfa, OwnFlags, ProjectId, Record, Reference, Role, Secret,
    SecretHistory, SecretLike, Seen, SessionId, Text, User, UserId, UserScope, Version, VersionId,
};
use idconsole::journal::Journal;
use idconsole::workflows::refusals::Cause;
use idconsole::workflows::remote::{Answer, Remote, ScimPerson, Sent};
use idconsole::workflows::{Engine, Trouble};
use jiff::{SignedDuration, Timestamp};

use crate::harness::{Harness, beginning};

/// Everybody and everything, with every version.
#[derive(Debug)]
pub struct State {
    pub role: Role,
    pub memberships: Vec<Membership>,
    pub users: Vec<User>,
    pub old_memberships: Vec<Membership>,
    pub old_users: Vec<User>,
    pub now: Timestamp,
    pub versions: u32,
    pub page: usize,
    pub signed_out: bool,
    /// The page after so many members never comes.
    pub hold_after: Option<usize>,
    pub scim_asked: usize,
    pub sessions: Vec<LoginSession>,
    /// Client applications beside the one that is always there, their memberships, and the secrets of the first.
    pub clients: Vec<ClientApplication>,
    pub client_memberships: Vec<Membership>,
    pub secrets: SecretHistory,
    pub secret: Option<Secret>,
    /// What is known of the platform itself.
    pub about: idconsole::identity::Platform,
    /// Somebody else writes this email right before the next write.
    pub race: Option<(UserId, &'static str)>,
    /// Stored domain routes, for super admins.
    pub routes: Vec<DomainRoute>,
    /// Where domains go as the sign-in page has it; the others go to the password page.
    pub routed: std::collections::BTreeMap<String, Route>,
}

/// The platform, as both of the traits that the console sees of it.
#[derive(Debug, Clone)]
pub struct Clinic(pub Arc<Mutex<State>>);

/// A console signed in at the clinic.
pub struct Signed {
    pub console: Harness,
    pub clinic: Clinic,
    _directory: tempfile::TempDir,
}

pub const JANE: &str = "28f1a3c0-5d1e-4c5e-9a53-0c1f5a7be001";

pub fn version(n: u32, at: Timestamp, by: &str) -> Version {
    let author = if by == "system" {
        Reference { kind: "system".into(), id: "".into(), display: None }
    } else {
        Reference::parse("Practitioner/0a000000-0000-4000-8000-00000000000a").unwrap().with_display(by)
    };
    Version { id: VersionId::new(format!("00000000-0000-4000-9000-{n:012x}")), at, author: Some(author) }
}

#[expect(clippy::struct_excessive_bools, reason = "independent facts of a person")]
struct Person<'a> {
    name: &'a str,
    email: &'a str,
    stored: &'a str,
    external: Option<&'a str>,
    kind: &'a str,
    server: bool,
    admin: bool,
    active: bool,
    methods: &'a [Factor],
    required: bool,
    policy: &'a str,
}

impl Default for Person<'_> {
    fn default() -> Self {
        Self {
            name: "",
            email: "",
            stored: "",
            external: None,
            kind: "Practitioner",
            server: false,
            admin: false,
            active: true,
            methods: &[],
            required: false,
            policy: "Staff default",
        }
    }
}

impl State {
    fn add(&mut self, n: usize, person: &Person<'_>) {
        let at = beginning() - SignedDuration::from_hours(30 + 37 * i64::try_from(n).unwrap());
        let id = if person.name == "Jane Smith" {
            JANE.to_owned()
        } else {
            format!("28f1a3c0-0000-4000-8000-{n:012x}")
        };
        let user = UserId::new(format!("9b2c0000-0000-4000-8000-{n:012x}"));
        let stored = if person.stored.is_empty() { person.email } else { person.stored };
        self.versions += 2;
        self.memberships.push(Membership {
            id: MembershipId::new(id),
            version: version(self.versions, at, "Pat Admin"),
            project: ProjectId::new("c11ac000-0000-4000-8000-000000000001"),
            user: user.reference().with_display(stored),
            profile: Reference::parse(&format!("{}/ab12{n:04x}-0000-4000-8000-00000000009f", person.kind))
                .unwrap()
                .with_display(person.name),
            active: person.active,
            admin: person.admin,
            policy: (!person.policy.is_empty()).then(|| {
                Reference::parse("AccessPolicy/00000000-0000-4000-a000-000000000001")
                    .unwrap()
                    .with_display(person.policy)
            }),
            access: Vec::new(),
            external_id: person.external.map(Text::from),
            user_name: None,
            invited_by: Some(Reference::parse("Practitioner/x").unwrap().with_display("Pat Admin")),
            configuration: None,
        });
        let (first, last) = person.name.split_once(' ').unwrap_or((person.name, ""));
        self.users.push(User {
            id: user,
            version: version(self.versions + 1, at, "system"),
            email: Some(Text::from(person.email)),
            first_name: Text::from(first),
            last_name: Text::from(last),
            email_verified: Some(true),
            scope: if person.server {
                UserScope::Server
            } else {
                UserScope::Project(ProjectId::new("c11ac000-0000-4000-8000-000000000001"))
            },
            legacy_external_id: None,
            password_set: false,
            mfa: Mfa {
                required: person.required,
                enrolled: !person.methods.is_empty(),
                methods: person.methods.to_vec(),
            },
        });
    }

    fn next_version(&mut self, by: &str) -> Version {
        self.versions += 1;
        version(self.versions, self.now, by)
    }

    /// The second factor of who is signed in.
    pub fn pat(&mut self) -> &mut Mfa {
        let pat = self.users.iter_mut().find(|user| user.first_name.raw() == "Pat");
        &mut pat.unwrap().mfa
    }

    fn sees(&self, user: &User) -> bool {
        self.role == Role::SuperAdmin || matches!(user.scope, UserScope::Project(_))
    }

    /// Writes an address as the platform would.
    pub fn set_email(&mut self, user: &UserId, email: &Text, by: &str) {
        let version = self.next_version(by);
        let Some(at) = self.users.iter().position(|known| known.id == *user) else { return };
        self.old_users.push(self.users[at].clone());
        self.users[at].email = Some(email.clone());
        self.users[at].version = version;
    }

    fn membership(&self, id: &MembershipId) -> Option<&Membership> {
        self.memberships.iter().find(|known| known.id == *id)
    }
}

/// Sessions of Pat, Jane and Noor.
fn sessions() -> Vec<LoginSession> {
    let session = |n: u32, user: u32, email: &str, method: &str, browser: &str, minutes: i64| {
        let user = Reference::parse(&format!("User/9b2c0000-0000-4000-8000-{user:012x}")).unwrap();
        LoginSession {
            id: SessionId::new(format!("5e550000-0000-4000-8000-{n:012x}")),
            version: Some(VersionId::new(format!("00000000-0000-4000-9500-{n:012x}"))),
            user: Some(user.with_display(email)),
            project: Some(ProjectId::new("c11ac000-0000-4000-8000-000000000001")),
            client: Some(
                Reference::parse("ClientApplication/c0000000-0000-4000-8000-000000000001")
                    .unwrap()
                    .with_display("Clinic Portal"),
            ),
            method: Text::from(method),
            address: Text::from(format!("10.20.0.{n}")),
            browser: Text::from(browser),
            began: Some(beginning() - SignedDuration::from_mins(minutes + 30)),
            last_used: Some(beginning() - SignedDuration::from_mins(minutes)),
            granted: true,
            revoked: false,
        }
    };
    vec![
        session(1, 3, "pat.admin@clinic.example", "password", "Firefox, Linux", 2),
        session(2, 0, "jsmith@clinic.example", "external", "Edge, Windows", 20),
        session(3, 0, "jsmith@clinic.example", "password", "Safari, iOS", 300),
        session(4, 4, "noor.haddad@clinic.example", "exchange", "portal-gateway/2.0", 3000),
    ]
}

fn trouble<T>(cause: Cause, text: &str) -> Result<T, Trouble> {
    Err(Trouble { request_id: Some(Text::from("7f3a-1")), ..Trouble::new(cause, text) })
}

impl Clinic {
    /// The clinic as `role` sees it, with `more` generated patients.
    pub fn new(role: Role, more: usize) -> Self {
        let mut state = State {
            role,
            memberships: Vec::new(),
            users: Vec::new(),
            old_memberships: Vec::new(),
            old_users: Vec::new(),
            now: beginning(),
            versions: 0,
            page: 20,
            signed_out: false,
            hold_after: None,
            scim_asked: 0,
            sessions: sessions(),
            clients: Vec::new(),
            client_memberships: Vec::new(),
            secrets: SecretHistory::default(),
            secret: None,
            about: idconsole::identity::Platform::default(),
            race: None,
            routes: Vec::new(),
            routed: std::collections::BTreeMap::new(),
        };
        let staff: &[Person<'_>] = &[
            Person { name: "Jane Smith", email: "jsmith@clinic.example", server: true, ..Person::default() },
            Person {
                name: "Janet Wu",
                email: "janet@partner.example",
                stored: "j.wu@partner.example",
                methods: &[Factor::Totp],
                policy: "Partner staff",
                ..Person::default()
            },
            Person {
                name: "Jane Doe",
                email: "jane.d@clinic.example",
                kind: "Patient",
                policy: "",
                ..Person::default()
            },
            Person {
                name: "Pat Admin",
                email: "pat.admin@clinic.example",
                admin: true,
                methods: &[Factor::Totp, Factor::Email],
                ..Person::default()
            },
            Person {
                name: "Noor Haddad",
                email: "noor.haddad@clinic.example",
                external: Some("okta|00u7f3k2p9"),
                server: true,
                ..Person::default()
            },
            Person {
                name: "Aino Mäkinen",
                email: "aino@lab.example",
                external: Some("a,b"),
                required: true,
                ..Person::default()
            },
            Person {
                name: "Ravi Kapoor",
                email: "ravi.kapoor@clinic.example",
                active: false,
                ..Person::default()
            },
            Person {
                name: "山田 太郎",
                email: "yamada.taro@partner.example",
                methods: &[Factor::Email],
                ..Person::default()
            },
            Person {
                name: "Zoe\u{308} e\u{301}toile",
                email: "zoe@lab.example",
                external: Some(" okta|00uZ"),
                ..Person::default()
            },
            Person {
                name: "Ev\x1b]52;c;AAAA\x07il \u{202e}nimda",
                email: "evil\x1b[2J@x.example",
                ..Person::default()
            },
            Person {
                name: "شيماء علي",
                email: "shaimaa@partner.example",
                kind: "RelatedPerson",
                ..Person::default()
            },
            Person {
                name: "Maximiliane Freifrau von und zu Hohenstein-Wittgenstein",
                email: "maximiliane.hohenstein-wittgenstein@long-department-name.clinic.example",
                ..Person::default()
            },
        ];
        for (n, person) in staff.iter().enumerate() {
            state.add(n, person);
        }
        for n in 0..more {
            let name = format!("Patient Number{n:03}");
            let email = format!("patient{n:03}@mail.example");
            state.add(
                100 + n,
                &Person { name: &name, email: &email, kind: "Patient", policy: "", ..Person::default() },
            );
        }
        // Jane has a past: invited under another name, linked and unlinked.
        let jane = state.memberships[0].clone();
        let mut linked = jane.clone();
        linked.external_id = Some(Text::from("okta|00u4711"));
        linked.version = version(9001, beginning() - SignedDuration::from_hours(24 * 40), "Pat Admin");
        let mut first = jane.clone();
        first.version = version(9000, beginning() - SignedDuration::from_hours(24 * 400), "system");
        state.old_memberships = vec![linked, first];
        Self(Arc::new(Mutex::new(state)))
    }

    /// A console of this size, signed in, everything loaded.
    pub async fn console(self, width: u16, height: u16) -> Signed {
        self.console_with(width, height, Look::default(), |_| {}).await
    }

    /// A console that is still loading.
    pub async fn begun(self, width: u16, height: u16) -> Signed {
        self.enter(width, height, Look::default(), |_| {}, false).await
    }

    /// The same with another look and session.
    pub async fn console_with(
        self,
        width: u16,
        height: u16,
        look: Look,
        change: impl FnOnce(&mut Session),
    ) -> Signed {
        self.enter(width, height, look, change, true).await
    }

    async fn enter(
        self,
        width: u16,
        height: u16,
        look: Look,
        change: impl FnOnce(&mut Session),
        settle: bool,
    ) -> Signed {
        let role = self.0.lock().unwrap().role;
        let directory = tempfile::tempdir().unwrap();
        let mut console = Harness::start(width, height, look, &super::sign_in::config(true), |world| world);
        console.settle().await;
        let caller = Caller {
            user: Some(UserId::new("9b2c0000-0000-4000-8000-000000000003")),
            email: Some(Text::from("pat.admin@clinic.example")),
            name: Text::from("Pat Admin"),
            profile: Reference::parse("Practitioner/p").unwrap(),
            membership: MembershipId::new("28f1a3c0-0000-4000-8000-000000000003"),
            project: ProjectId::new("c11ac000-0000-4000-8000-000000000001"),
            project_name: Text::from("Clinic Demo"),
            role,
        };
        let clock = Arc::new(console.clock.clone());
        let engine = Engine {
            remote: Arc::new(self.clone()),
            journal: Journal::open(directory.path().join("journal.db"), clock.clone()).unwrap(),
            caller: caller.clone(),
            connection: "clinic-demo".into(),
            clock,
            read_only: None,
        };
        let roster = Arc::new(self.clone());
        console.console.world().live.connect(Connected { engine, roster, session: None, connection: None });
        let mut session = Session {
            connection: "clinic-demo".into(),
            host: "api.clinic.example".into(),
            production: false,
            read_only: None,
            caller,
            expires_at: Some(beginning() + SignedDuration::from_mins(54)),
            renews: false,
            web_app: Some("https://app.clinic.example/".into()),
            platform: idconsole::identity::Platform::default(),
        };
        change(&mut session);
        super::shell::tell_signed_in(&mut console, 1, session);
        if settle {
            console.settle().await;
        }
        Signed { console, clinic: self, _directory: directory }
    }

    fn ask<'a, T: Send + 'a>(
        &'a self,
        answer: impl FnOnce(&mut State) -> Result<T, Trouble> + Send + 'a,
    ) -> Answer<'a, T> {
        async move {
            let mut state = self.0.lock().unwrap();
            if state.signed_out {
                return trouble(
                    Cause::SignedOut,
                    "Your session is over. Sign in again; nothing here is lost.",
                );
            }
            answer(&mut state)
        }
        .boxed()
    }
}

impl Roster for Clinic {
    fn members(&self) -> BoxStream<'static, Result<MembersPage, Trouble>> {
        futures::stream::unfold((self.clone(), Some(0)), |(clinic, from)| async move {
            let from: usize = from?;
            if clinic.0.lock().unwrap().hold_after == Some(from) {
                return std::future::pending().await;
            }
            let page = clinic.ask(move |state| Ok(state.page(from))).await;
            match page {
                Ok((page, next)) => Some((Ok(page), (clinic, next))),
                Err(trouble) => Some((Err(trouble), (clinic, None))),
            }
        })
        .boxed()
    }

    fn members_of(&self, _: &ProjectId) -> BoxStream<'static, Result<MembersPage, Trouble>> {
        self.members()
    }
}

impl State {
    fn page(&self, from: usize) -> (MembersPage, Option<usize>) {
        let to = (from + self.page).min(self.memberships.len());
        let memberships = self.memberships[from..to].to_vec();
        let users = self
            .users
            .iter()
            .filter(|user| self.sees(user) && memberships.iter().any(|m| *m.user.id == *user.id.as_str()))
            .cloned()
            .collect();
        let total = Some(self.memberships.len() as u64);
        let next = (to < self.memberships.len()).then_some(to);
        (MembersPage { memberships, users, names: Vec::new(), total }, next)
    }
}

impl Remote for Clinic {
    fn about(&self) -> idconsole::identity::Platform {
        self.0.lock().unwrap().about.clone()
    }

    fn membership<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, Membership> {
        self.ask(|state| match state.membership(id) {
            Some(membership) => Ok(membership.clone()),
            None => trouble(Cause::NotFound, "Not found"),
        })
    }

    fn user<'a>(&'a self, id: &'a UserId) -> Answer<'a, User> {
        self.ask(|state| match state.users.iter().find(|user| user.id == *id && state.sees(user)) {
            Some(user) => Ok(user.clone()),
            None => trouble(Cause::NotFound, "Not found"),
        })
    }

    fn scim<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, ScimPerson> {
        self.ask(|state| {
            state.scim_asked += 1;
            let user = state.membership(id).map(|membership| membership.user.id.clone());
            match state.users.iter().find(|known| user.as_deref() == Some(known.id.as_str())) {
                Some(user) => Ok(ScimPerson {
                    email: user.email.clone(),
                    names: Some((user.first_name.clone(), user.last_name.clone())),
                }),
                None => trouble(Cause::NotFound, "Not found"),
            }
        })
    }

    fn memberships_of_user<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<Membership>> {
        self.ask(|state| {
            Ok(state.memberships.iter().filter(|m| *m.user.id == *id.as_str()).cloned().collect())
        })
    }

    fn memberships_of_profile<'a>(&'a self, profile: &'a Reference) -> Answer<'a, Vec<Membership>> {
        self.ask(|state| {
            let all = state.memberships.iter().chain(&state.client_memberships);
            Ok(all.filter(|m| m.profile.id == profile.id).cloned().collect())
        })
    }

    fn memberships_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<Membership>> {
        self.ask(move |state| {
            let has = |m: &&Membership| {
                state.users.iter().any(|user| {
                    *m.user.id == *user.id.as_str() && user.email.as_ref().is_some_and(|e| e.raw() == email)
                })
            };
            Ok(state.memberships.iter().filter(has).cloned().collect())
        })
    }

    fn memberships_by_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>> {
        self.ask(move |state| {
            let has = |m: &&Membership| m.external_id.as_ref().is_some_and(|known| known.raw() == id);
            Ok(state.memberships.iter().filter(has).cloned().collect())
        })
    }

    fn memberships_like_external_id<'a>(&'a self, id: &'a str) -> Answer<'a, Vec<Membership>> {
        self.ask(move |state| {
            let like = |m: &&Membership| m.external_id.as_ref().is_some_and(|own| own.raw().starts_with(id));
            Ok(state.memberships.iter().filter(like).cloned().collect())
        })
    }

    fn memberships_by_contact<'a>(&'a self, _email: &'a str) -> Answer<'a, Vec<Membership>> {
        self.ask(|_| Ok(Vec::new()))
    }

    fn memberships_by_name<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<Membership>> {
        self.ask(move |state| {
            let wanted = name.to_lowercase();
            let named = |known: &&Membership| {
                let display = known.profile.display.as_ref();
                display.is_some_and(|display| display.raw().to_lowercase().starts_with(&wanted))
            };
            Ok(state.memberships.iter().filter(named).cloned().collect())
        })
    }

    fn admins<'a>(&'a self, _project: &'a ProjectId) -> Answer<'a, Vec<Membership>> {
        self.ask(|state| Ok(state.memberships.iter().filter(|m| m.admin).cloned().collect()))
    }

    fn users_by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Vec<User>> {
        self.ask(move |state| {
            let has = |user: &&User| user.email.as_ref().is_some_and(|known| known.raw() == email);
            Ok(state.users.iter().filter(has).filter(|user| state.sees(user)).cloned().collect())
        })
    }

    fn users_with_any<'a>(&'a self, emails: &'a [String]) -> Answer<'a, Vec<User>> {
        self.ask(|state| {
            let has =
                |user: &&User| user.email.as_ref().is_some_and(|own| emails.iter().any(|e| e == own.raw()));
            Ok(state.users.iter().filter(has).filter(|user| state.sees(user)).cloned().collect())
        })
    }

    fn memberships_with_any<'a>(&'a self, external_ids: &'a [String]) -> Answer<'a, Vec<Membership>> {
        self.ask(|state| {
            let has = |m: &&Membership| {
                m.external_id.as_ref().is_some_and(|own| external_ids.iter().any(|id| id == own.raw()))
            };
            Ok(state.memberships.iter().filter(has).cloned().collect())
        })
    }

    fn users(&self, _at_most: usize) -> Answer<'_, (Vec<User>, bool)> {
        self.ask(|state| Ok((state.users.iter().filter(|user| state.sees(user)).cloned().collect(), true)))
    }

    fn count_members<'a>(&'a self, profile: &'a str, _with_profile: bool) -> Answer<'a, u64> {
        self.ask(move |state| {
            let of = |m: &&Membership| &*m.profile.kind == profile;
            Ok(state.memberships.iter().filter(of).count() as u64)
        })
    }

    fn members_with_profile<'a>(&'a self, _: &'a str, _: usize) -> Answer<'a, (Vec<MembershipId>, bool)> {
        self.ask(|_| Ok((Vec::new(), true)))
    }

    fn users_by_external_id<'a>(&'a self, _id: &'a str) -> Answer<'a, Vec<User>> {
        self.ask(|_| Ok(Vec::new()))
    }

    fn addresses<'a>(&'a self, _project: &'a ProjectId, _at_most: usize) -> Answer<'a, (Vec<Text>, bool)> {
        self.ask(|state| Ok((state.users.iter().filter_map(|user| user.email.clone()).collect(), true)))
    }

    fn user_history<'a>(&'a self, id: &'a UserId) -> Answer<'a, Vec<User>> {
        self.ask(|state| {
            let visible = state.users.iter().any(|user| user.id == *id && state.sees(user));
            if !visible {
                return trouble(Cause::NotFound, "Not found");
            }
            let mut all: Vec<User> =
                state.users.iter().chain(&state.old_users).filter(|user| user.id == *id).cloned().collect();
            all.sort_by_key(|user| std::cmp::Reverse(user.version.at));
            Ok(all)
        })
    }

    fn membership_history<'a>(&'a self, id: &'a MembershipId) -> Answer<'a, Vec<Membership>> {
        self.ask(|state| {
            let all = state.memberships.iter().chain(&state.old_memberships);
            Ok(all.filter(|known| known.id == *id).cloned().collect())
        })
    }

    fn clients(&self) -> Answer<'_, Vec<ClientApplication>> {
        self.ask(|state| {
            let okta = |text: &str| Text::from(format!("https://login.okta.example/{text}"));
            let mut all = state.clients.clone();
            all.push(ClientApplication {
                id: ClientId::new("c0000000-0000-4000-8000-000000000001"),
                version: version(1, beginning(), "system"),
                project: Some(ProjectId::new("c11ac000-0000-4000-8000-000000000001")),
                name: Text::from("Clinic Portal"),
                redirect_uris: Vec::new(),
                status: None,
                pkce_optional: false,
                provider: Some(IdentityProvider {
                    authorize_url: okta("authorize"),
                    token_url: okta("token"),
                    user_info_url: okta("userinfo"),
                    client_id: Text::from("portal"),
                    use_subject: None,
                    identity_source: None,
                    identity_mapping_mode: None,
                    token_auth_method: None,
                    use_pkce: None,
                    user_info_mode: None,
                    user_info_key_set: false,
                }),
                settings: Box::default(),
            });
            Ok(all)
        })
    }

    fn client<'a>(&'a self, id: &'a ClientId) -> Answer<'a, ClientApplication> {
        Box::pin(async move {
            let found = self.clients().await?.into_iter().find(|client| client.id == *id);
            found.ok_or_else(|| Trouble::new(Cause::NotFound, "Not found"))
        })
    }

    fn client_memberships(&self) -> Answer<'_, (Vec<Membership>, bool)> {
        self.ask(|state| Ok((state.client_memberships.clone(), true)))
    }

    fn own_client(&self) -> Answer<'_, Option<ClientId>> {
        self.ask(|state| {
            let own = state.clients.iter().find(|client| client.name.raw() == "idconsole");
            Ok(own.map(|client| client.id.clone()))
        })
    }

    fn secret_history<'a>(&'a self, _: &'a ClientId) -> Answer<'a, SecretHistory> {
        self.ask(|state| Ok(state.secrets.clone()))
    }

    fn client_secret<'a>(&'a self, _: &'a ClientId) -> Answer<'a, Option<Secret>> {
        self.ask(|state| Ok(state.secret.clone()))
    }

    fn client_exists<'a>(&'a self, id: &'a str) -> Answer<'a, Liveness> {
        Box::pin(async move {
            let known = self.clients().await?.iter().any(|client| client.id.as_str() == id);
            Ok(if known { Liveness::Alive } else { Liveness::Missing })
        })
    }

    fn domain_routes(&self) -> Answer<'_, Vec<DomainRoute>> {
        self.ask(|state| Ok(state.routes.clone()))
    }

    fn route<'a>(&'a self, email: &'a str) -> BoxFuture<'a, Seen<Route>> {
        let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
        let known = self.0.lock().unwrap().routed.get(domain).cloned();
        async { Seen::Known(known.unwrap_or(Route::Password)) }.boxed()
    }

    fn own_policy(&self) -> Answer<'_, Policy> {
        self.ask(|_| {
            Ok(Policy { rules: Vec::new(), told: false, admin_lines: true, address_rules: Vec::new() })
        })
    }

    fn policy_of<'a>(&'a self, _: &'a MembershipId) -> Answer<'a, Policy> {
        let rule = |kind: &str, interactions: &[Interaction]| Rule {
            kind: kind.into(),
            interactions: interactions.to_vec(),
            criteria: None,
            hidden: Vec::new(),
            readonly: Vec::new(),
        };
        let only = Rule {
            criteria: Some("Patient?organization=Organization/ward-3".into()),
            hidden: vec!["identifier".into()],
            readonly: vec!["generalPractitioner".into(), "active".into()],
            ..rule("Patient", &[Interaction::Read, Interaction::Search, Interaction::Update])
        };
        let rules = vec![only, rule("*", &[Interaction::Read, Interaction::Search])];
        self.ask(|_| Ok(Policy { rules, told: true, admin_lines: true, address_rules: Vec::new() }))
    }

    fn search_on_behalf<'a>(&'a self, _: &'a MembershipId, kind: &'a str) -> Answer<'a, ()> {
        self.ask(move |_| if kind == "Login" { trouble(Cause::Forbidden, "Forbidden") } else { Ok(()) })
    }

    fn read_on_behalf<'a>(&'a self, _: &'a MembershipId, _: &'a str, _: &'a str) -> Answer<'a, ()> {
        self.ask(|_| trouble(Cause::NotFound, "Not found"))
    }

    fn record<'a>(&'a self, reference: &'a Reference, pointers: &'a [&'a str]) -> Answer<'a, Record> {
        self.ask(move |_| {
            // Its policies are there; nothing of them is asked for.
            if &*reference.kind == "AccessPolicy" {
                let values = pointers.iter().map(|_| None).collect();
                return Ok(Record {
                    reference: reference.clone(),
                    version: version(1, beginning(), "system"),
                    values,
                });
            }
            if &*reference.kind != ProjectId::KIND {
                return trouble(Cause::NotFound, "Not found");
            }
            let whole = serde_json::json!({
                "name": "Clinic Demo",
                "setting": [{"name": "allowedMfaMethods", "valueString": "totp,email"}],
            });
            let values = pointers.iter().map(|pointer| whole.pointer(pointer).cloned()).collect();
            Ok(Record { reference: reference.clone(), version: version(77, beginning(), "system"), values })
        })
    }

    fn records_where<'a>(
        &'a self,
        kind: &'a str,
        _parameter: &'a str,
        _value: &'a str,
        _pointers: &'a [&'a str],
    ) -> Answer<'a, Vec<Record>> {
        let policy = |n: u8, name: &str| Record {
            reference: Reference::parse(&format!("AccessPolicy/ac000000-0000-4000-8000-00000000000{n}"))
                .unwrap(),
            version: version(1, beginning(), "system"),
            values: vec![Some(name.into()), None],
        };
        let found = match kind {
            "AccessPolicy" => vec![policy(1, "Staff default"), policy(2, "Ward 3 only")],
            _ => Vec::new(),
        };
        self.ask(|_| Ok(found))
    }

    fn secret_is<'a>(&'a self, _: &'a Reference, _: &'a str, _: SecretLike<'a>) -> Answer<'a, bool> {
        self.ask(|_| trouble(Cause::Invalid, "not in this clinic"))
    }

    fn sessions<'a>(
        &'a self,
        user: Option<&'a UserId>,
        _at_most: usize,
    ) -> Answer<'a, (Vec<LoginSession>, bool)> {
        self.ask(move |state| {
            if state.role != Role::SuperAdmin {
                return trouble(Cause::Forbidden, "Forbidden");
            }
            let of = user.map(UserId::as_str);
            let wanted = |session: &&LoginSession| {
                of.is_none_or(|of| session.user.as_ref().is_some_and(|user| &*user.id == of))
            };
            Ok((state.sessions.iter().filter(wanted).cloned().collect(), true))
        })
    }

    fn own_sessions(&self) -> Answer<'_, Vec<LoginSession>> {
        self.ask(|state| {
            let own = |session: &&LoginSession| {
                session.user.as_ref().is_some_and(|user| &*user.id == "9b2c0000-0000-4000-8000-000000000003")
            };
            Ok(state.sessions.iter().filter(own).cloned().collect())
        })
    }

    fn own_factor(&self) -> Answer<'_, Option<OwnFlags>> {
        self.ask(|state| {
            let mfa = state.pat();
            Ok(Some(OwnFlags { enrolled: mfa.enrolled, required: mfa.required }))
        })
    }

    fn mail_own_code(&self) -> Answer<'_, ()> {
        self.ask(|_| Ok(()))
    }

    fn own_enrolment(&self) -> Answer<'_, Enrolment> {
        self.ask(|state| {
            let uri = "otpauth://totp/Clinic%20Demo:pat.admin%40clinic.example\
                       ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=30&digits=6&algorithm=SHA1\
                       &issuer=Clinic%20Demo";
            Ok(Enrolment {
                uri: Secret::from(uri),
                methods: state.pat().enrolled_methods(),
                allowed: Factor::ALL.to_vec(),
            })
        })
    }

    fn send<'a>(
        &'a self,
        change: &'a Change,
        expected: Option<&'a VersionId>,
        _secret: Option<&'a Secret>,
    ) -> Answer<'a, Sent> {
        self.ask(move |state| {
            if let Some((user, email)) = state.race.take() {
                state.set_email(&user, &Text::from(email), "Robin Other");
            }
            let (user, email) = match &change.means {
                Means::UpdateEmail { email, .. } => (UserId::new(change.target.id.clone()), email),
                Means::ScimEmail { membership, email } => {
                    let user = state.membership(membership).map(|m| UserId::new(m.user.id.clone())).unwrap();
                    (user, email)
                }
                // A super admin's undo marks the old address as verified again.
                Means::Patch { fields, .. } if fields.iter().all(|(path, _)| path == "/emailVerified") => {
                    let version = state.next_version("Pat Admin");
                    let known = state.users.iter_mut().find(|known| *known.id.as_str() == *change.target.id);
                    let user = known.unwrap();
                    user.email_verified = fields[0].1.as_ref().and_then(serde_json::Value::as_bool);
                    user.version = version;
                    return Ok(Sent::default());
                }
                other => return trouble(Cause::Invalid, &format!("not in this clinic: {other:?}")),
            };
            let present =
                state.users.iter().find(|known| known.id == user).map(|user| user.version.id.clone());
            if expected.is_some()
                && matches!(change.means, Means::UpdateEmail { .. })
                && present.as_ref() != expected
            {
                return trouble(Cause::Stale, "Precondition Failed");
            }
            state.set_email(&user, email, "system");
            if matches!(change.means, Means::UpdateEmail { .. })
                && let Some(user) = state.users.iter_mut().find(|known| known.id == user)
            {
                user.email_verified = Some(false);
            }
            Ok(Sent::default())
        })
    }
}
