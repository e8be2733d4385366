//! The sweep: every rule over every member at once (design.md §7: 100 000 members in 300 ms).
//!
//! [`sweep`] walks a [`Directory`] a fixed number of times. What the members do not tell themselves (providers, project
//! settings, users without a membership, dead records, sessions) comes in [`Around`]; what of it is unknown leaves its
//! rule out, which [`Sweep::not_looked_at`] says.

mod fix;
mod rule;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

pub use fix::Fix;
pub use rule::Rule;

use crate::identity::directory::{Directory, Member, RowFinding};
use crate::identity::linkage::{DomainIdp, Idps, Kind, Subject, survey};
use crate::identity::second_factor::{Asked, FactorRules};
use crate::identity::{ProjectId, Seen, SessionId, Text, UserId, UserScope};

/// A user as the sweep needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownUser {
    /// Its id.
    pub id: UserId,
    /// Its name.
    pub name: Text,
    /// Its address.
    pub email: Option<Text>,
    /// Where it exists.
    pub scope: UserScope,
}

/// What the members do not tell themselves.
#[derive(Debug, Clone, PartialEq)]
pub struct Around {
    /// Identity providers of clients and domains.
    pub idps: Idps,
    /// Which projects require a factor.
    pub factors: FactorRules,
    /// Every user in reach, those without a membership included.
    pub users: Seen<Vec<KnownUser>>,
    /// Policies that members point to and that are not there, by reference.
    pub dead_policies: Seen<HashSet<String>>,
    /// Profiles that members point to and that are not there, by reference.
    pub dead_profiles: Seen<HashSet<String>>,
    /// Projects that let in through Google only.
    pub google_only: HashSet<ProjectId>,
    /// Sessions that are alive, by user.
    pub sessions: Seen<HashMap<UserId, Vec<SessionId>>>,
}

/// Whom a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A member.
    Member(Box<Subject>),
    /// A user without a membership.
    User(KnownUser),
}

impl Who {
    /// The name.
    pub fn name(&self) -> &Text {
        match self {
            Self::Member(subject) => &subject.name,
            Self::User(user) => &user.name,
        }
    }

    /// Whatever address is known.
    pub fn email(&self) -> Text {
        match self {
            Self::Member(subject) => subject.email.clone(),
            Self::User(user) => user.email.clone().unwrap_or_default(),
        }
    }

    /// `ProjectMembership/…` or `User/…`.
    pub fn reference(&self) -> crate::identity::Reference {
        match self {
            Self::Member(subject) => subject.membership.reference(),
            Self::User(user) => user.id.reference(),
        }
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// By which rule.
    pub rule: Rule,
    /// Whose.
    pub who: Who,
    /// What was seen.
    pub evidence: Cow<'static, str>,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sweep {
    /// By rule, then by name.
    pub findings: Vec<Finding>,
    /// How many members were looked at.
    pub members: usize,
    /// Rules that could not be held against anybody, and why.
    pub not_looked_at: Vec<(Rule, String)>,
}

impl Sweep {
    /// How many findings of a rule.
    pub fn count(&self, rule: Rule) -> usize {
        self.findings.iter().filter(|finding| finding.rule == rule).count()
    }

    /// Rules with findings, the worst first, with how many.
    pub fn counts(&self) -> Vec<(Rule, usize)> {
        let mut counts = [0; Rule::ALL.len()];
        for finding in &self.findings {
            counts[finding.rule as usize] += 1;
        }
        Rule::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect()
    }
}

/// A user by its sixteen bytes, as the directory holds it.
type Key = [u8; 16];

/// Users of one address in one project.
#[derive(Default)]
struct Scopes {
    /// A project-scoped user with an active membership.
    here: bool,
    /// A project-scoped one without.
    shadow: Option<u32>,
    /// A server-scoped one with an active membership.
    hidden: Option<u32>,
}

/// What one walk gathers for the next.
#[derive(Default)]
struct Gathered<'a> {
    /// By address: the first server-scoped user, and whether there is another one.
    users: HashMap<&'a str, (Key, bool)>,
    /// Addresses of project-scoped users and of the server-scoped beside them.
    scopes: HashMap<(u16, &'a str), Scopes>,
    keys: HashSet<Key>,
}

/// Holds every rule against every member.
pub fn sweep(directory: &Directory, around: &Around) -> Sweep {
    let rows: Vec<Member<'_>> =
        (0..directory.len()).filter_map(|line| directory.member(directory.nth(line)?)).collect();
    let mut gathered = Gathered::default();
    for (at, member) in rows.iter().enumerate().filter(|(_, member)| member.is_person()) {
        gathered.take(member, at as u32);
    }
    let mut found = Sweep { members: rows.len(), ..Sweep::default() };
    for finding in survey(directory, Some(&around.idps)).findings {
        // A padded or endless id is told once, by its own rule.
        let evidence = finding.evidence.into();
        let rule = if finding.kind == Kind::Erased { Rule::StaffByEmail } else { finding.kind.into() };
        found.findings.push(Finding { rule, who: Who::Member(Box::new(finding.who)), evidence });
    }
    let domains = Domains::new(&around.idps);
    for member in rows.iter().filter(|member| member.is_person()) {
        let mut note = |rule, evidence: Cow<'static, str>| {
            let who = Who::Member(Box::new(Subject::of(member)));
            found.findings.push(Finding { rule, who, evidence });
        };
        of_row(member, &mut note);
        gathered.judge(member, &mut note);
        of_records(member, around, &mut note);
        if member.active() {
            of_sign_in(member, around, &domains, &mut note);
        } else if let (Seen::Known(sessions), Some(user)) = (&around.sessions, member.user_id())
            && let Some(alive) = sessions.get(&user)
        {
            let many = if alive.len() == 1 { "" } else { "s" };
            note(Rule::InactiveSessions, format!("{} session{many} alive", alive.len()).into());
        }
    }
    gathered.shadows(&rows, &mut found);
    loose(around, &gathered, directory, &mut found);
    found.findings.sort_by(|a, b| (a.rule, a.who.name().raw()).cmp(&(b.rule, b.who.name().raw())));
    let mut unseen = |rules: &[Rule], why: String| {
        found.not_looked_at.extend(rules.iter().map(|rule| (*rule, why.clone())));
    };
    if let Seen::Unknown(why) = &around.users {
        unseen(&[Rule::OrphanUser], why.to_string());
    }
    if let Seen::Unknown(why) = &around.dead_policies {
        unseen(&[Rule::NoPolicy], why.to_string());
    }
    if let Seen::Unknown(why) = &around.dead_profiles {
        unseen(&[Rule::NoProfile], why.to_string());
    }
    if let Seen::Unknown(why) = &around.sessions {
        unseen(&[Rule::InactiveSessions], why.to_string());
    }
    found
}

/// What the row tells by itself.
fn of_row(member: &Member<'_>, note: &mut impl FnMut(Rule, Cow<'static, str>)) {
    for finding in member.findings() {
        let rule = match finding {
            RowFinding::EmailCapitals => Rule::MixedCase,
            RowFinding::NothingToSignInBy => Rule::CannotSignIn,
            RowFinding::UserMissing => Rule::NoUser,
            // The survey tells them.
            RowFinding::ExternalIdCannotMatch | RowFinding::ExternalIdPadded => continue,
        };
        if rule != Rule::CannotSignIn || member.active() {
            note(rule, finding.words().into());
        }
    }
    if let Some(stored) = member.stored_email() {
        note(Rule::StaleName, format!("lists show {stored}").into());
    }
}

/// Records that the membership points to.
fn of_records(member: &Member<'_>, around: &Around, note: &mut impl FnMut(Rule, Cow<'static, str>)) {
    if let (Seen::Known(dead), Some(policy)) = (&around.dead_policies, member.policy())
        && !dead.is_empty()
        && dead.contains(&format!("{}/{}", policy.kind, policy.id))
    {
        note(Rule::NoPolicy, format!("{policy} is not there; every sign-in is refused").into());
    }
    if let Seen::Known(dead) = &around.dead_profiles
        && !dead.is_empty()
    {
        let profile = member.profile().to_string();
        if dead.contains(&profile) {
            note(Rule::NoProfile, format!("{profile} is not there; every request is refused").into());
        }
    }
}

/// What is the same for many members: domains that are sent to an IdP, projects that require no factor.
struct Domains<'a> {
    routed: HashMap<&'a str, String>,
    /// By a project's place in the directory.
    asks_nobody: std::cell::RefCell<HashMap<u16, bool>>,
}

impl<'a> Domains<'a> {
    fn new(idps: &'a Idps) -> Self {
        let host = |idp: &DomainIdp| match idp {
            DomainIdp::Idp { host, .. } => Some(host.to_string()),
            DomainIdp::Password | DomainIdp::Broken => None,
        };
        let routed = idps.domains.iter().filter_map(|(domain, idp)| Some((domain.as_str(), host(idp)?)));
        Self { routed: routed.collect(), asks_nobody: std::cell::RefCell::default() }
    }

    /// True when the member's project is known to require no factor.
    fn asks_nobody(&self, member: &Member<'_>, around: &Around) -> bool {
        *self.asks_nobody.borrow_mut().entry(member.project_number()).or_insert_with(|| {
            around.factors.of(&member.project()).is_some_and(|rules| rules.required == Seen::Known(false))
        })
    }
}

/// How an active member signs in.
fn of_sign_in(
    member: &Member<'_>,
    around: &Around,
    domains: &Domains<'_>,
    note: &mut impl FnMut(Rule, Cow<'static, str>),
) {
    let email = member.email_raw();
    let domain = email.rsplit_once('@').map(|(_, domain)| domain);
    if let Some(host) = domain.and_then(|domain| domains.routed.get(domain))
        && member.password_set() == Seen::Known(true)
    {
        note(Rule::SsoBypass, format!("the domain goes to {host}, and a password is set").into());
    }
    let google = !around.google_only.is_empty() && around.google_only.contains(&member.project());
    if google {
        note(Rule::CannotSignIn, "the project lets in through Google only".into());
    }
    let mfa = member.mfa();
    if matches!(&mfa, Seen::Known(mfa) if mfa.enrolled || (!mfa.required && domains.asks_nobody(member, around)))
    {
        return;
    }
    let has_id = !member.external_id_raw().is_empty();
    let standing = around.factors.standing(&member.project(), &mfa, email, has_id);
    if standing.asked == Asked::Enrol && standing.exempt.is_none() {
        note(Rule::NoFactor, "asked to enrol one at the next sign-in by password".into());
    }
}

impl<'a> Gathered<'a> {
    fn take(&mut self, member: &Member<'a>, at: u32) {
        let key = member.user_key();
        self.keys.insert(key);
        let email = member.email_raw();
        if email.is_empty() {
            return;
        }
        if member.server_scoped() != Seen::Known(false) {
            let known = self.users.entry(email).or_insert((key, false));
            known.1 |= known.0 != key;
        }
        let scopes = || (member.project_number(), email);
        match (member.server_scoped(), member.active()) {
            (Seen::Known(false), active) => {
                let entry = self.scopes.entry(scopes()).or_default();
                entry.here |= active;
                if !active {
                    entry.shadow = Some(at);
                }
            }
            (_, true) => self.scopes.entry(scopes()).or_default().hidden = Some(at),
            (_, false) => {}
        }
    }

    fn judge(&self, member: &Member<'_>, note: &mut impl FnMut(Rule, Cow<'static, str>)) {
        let email = member.email_raw();
        if member.server_scoped() == Seen::Known(false) {
            return;
        }
        if self.users.get(email).is_some_and(|(_, twice)| *twice) {
            note(Rule::DuplicateAddress, "another server-scoped user has the same address".into());
        }
        if member.active()
            && self.scopes.get(&(member.project_number(), email)).is_some_and(|scopes| scopes.here)
        {
            note(
                Rule::DuplicateAddress,
                "a project-scoped user with the same address is found first here".into(),
            );
        }
    }

    fn shadows(&self, rows: &[Member<'_>], found: &mut Sweep) {
        for scopes in self.scopes.values().filter(|scopes| !scopes.here) {
            if let (Some(shadow), Some(hidden)) = (scopes.shadow, scopes.hidden) {
                let (shadow, hidden) = (&rows[shadow as usize], &rows[hidden as usize]);
                let evidence = format!("is not active and hides the server-scoped {}", hidden.name());
                let who = Who::Member(Box::new(Subject::of(shadow)));
                found.findings.push(Finding { rule: Rule::Shadow, who, evidence: evidence.into() });
            }
        }
    }
}

/// Users that no membership points to: some hide another one, the others are merely left over.
fn loose(around: &Around, gathered: &Gathered<'_>, directory: &Directory, found: &mut Sweep) {
    let Seen::Known(users) = &around.users else { return };
    for user in users {
        if directory.key_of(&user.id).is_some_and(|key| gathered.keys.contains(&key)) {
            continue;
        }
        let same = user.email.as_ref().is_some_and(|email| gathered.users.contains_key(email.raw()));
        let (rule, evidence) = match (&user.scope, same) {
            (UserScope::Project(_), true) => {
                (Rule::Shadow, "has no membership and hides another user with the same address")
            }
            (UserScope::Server, true) => (
                Rule::DuplicateAddress,
                "server-scoped, no membership anywhere, and a member has the same address; the platform takes any of them",
            ),
            (UserScope::Server, false) => (Rule::OrphanUser, "server-scoped, no membership anywhere"),
            (UserScope::Project(_), false) => (Rule::OrphanUser, "project-scoped, no membership"),
        };
        found.findings.push(Finding { rule, who: Who::User(user.clone()), evidence: evidence.into() });
    }
}
