//! What becomes of the people of a domain when its route is added, changed or removed (platform-api §3.1, §10, §11).
//!
//! It is the doctor's truth and no other: every member's sign-in is followed by [`super::doctor::diagnose`] over the facts
//! as they are, and once more over the same facts with the wanted route in place. An address decides where somebody is
//! sent; what the page itself names does not change by a route. So two pages are looked at: the platform's own, which
//! names no project, and that of an app which names the member's.

mod person;
mod report;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

pub use person::{Ending, Trial, attempt};
pub use report::{About, Counts, Line, Weight, place};

use super::doctor::{Facts, MembershipFact, Misspelt, RouteFact, Source, UserFact};
use crate::identity::id::{DomainRouteId, MembershipId, ProjectId, UserId};
use crate::identity::provider::RouteDraft;
use crate::identity::seen::Seen;
use crate::identity::text::Text;
use crate::identity::user::UserScope;

/// What stands there afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What stands there today.
    AsItIs,
    /// This.
    Route(Box<RouteDraft>),
    /// No route.
    Nothing,
}

/// What is to become of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteChange {
    /// Whose people are looked at: a domain as sign-ins look for it, in lower case.
    pub domain: String,
    /// The stored route that is edited or removed; `None` where one is added, or where it cannot be seen.
    pub route: Option<DomainRouteId>,
    /// What stands there afterwards.
    pub wanted: Wanted,
}

impl RouteChange {
    /// A route as it is wanted.
    pub fn to(draft: RouteDraft, route: Option<DomainRouteId>) -> Self {
        let domain = draft.domain.raw().trim().to_lowercase();
        Self { domain, route, wanted: Wanted::Route(Box::new(draft)) }
    }

    /// The route of this domain goes.
    pub fn removal(domain: &str, route: Option<DomainRouteId>) -> Self {
        Self { domain: domain.to_lowercase(), route, wanted: Wanted::Nothing }
    }

    /// Nothing: how the domain's people sign in as it is.
    pub fn none(domain: &str) -> Self {
        Self { domain: domain.to_lowercase(), route: None, wanted: Wanted::AsItIs }
    }

    /// Where the domain is sent afterwards.
    pub fn after(&self, before: &Seen<RouteFact>, source: Source) -> Seen<RouteFact> {
        let draft = match &self.wanted {
            Wanted::AsItIs => return before.clone(),
            Wanted::Nothing => return self.without(before, source),
            Wanted::Route(draft) => draft,
        };
        if draft.domain.raw() == self.domain {
            let provider = draft.provider.clone();
            return Seen::Known(RouteFact::to_idp(self.route.clone(), provider, source.planned()));
        }
        // Stored with capitals it is never found (§11).
        match self.without(before, source) {
            Seen::Known(RouteFact::None { bare, .. }) => {
                let misspelt = self.route.clone().map(|route| {
                    let provider = Some(draft.provider.clone());
                    Box::new(Misspelt { route, stored: draft.domain.clone(), provider })
                });
                Seen::Known(RouteFact::None { misspelt, bare, source: source.planned() })
            }
            other => other,
        }
    }

    /// Where it is sent when the route that is meant is not there.
    fn without(&self, before: &Seen<RouteFact>, source: Source) -> Seen<RouteFact> {
        let live = match before {
            Seen::Known(RouteFact::Idp { route, .. }) => route.as_ref(),
            Seen::Known(RouteFact::None { bare, .. }) => bare.as_ref(),
            Seen::Unknown(_) => None,
        };
        // Something that is added and never found, or another route than the one that counts: nothing changes.
        let beside = matches!(self.wanted, Wanted::Route(_)) && self.route.is_none();
        let another = matches!((live, &self.route), (Some(live), Some(meant)) if live != meant);
        if beside || another {
            return before.clone();
        }
        Seen::Known(RouteFact::None { misspelt: None, bare: None, source: source.planned() })
    }
}

/// What happens to a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// There is none today.
    Added,
    /// It leads elsewhere, or recognises people otherwise.
    Changed,
    /// People come back to passwords.
    Removed,
    /// Sign-ins do not notice.
    Nothing,
}

/// What it does to one member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Gets in today and will not.
    Breaks,
    /// What cannot be seen decides.
    Unknown,
    /// Comes by another provider than today, and gets in.
    OtherIdp,
    /// Comes by the provider instead of a password, and gets in.
    ToIdp,
    /// Comes by a password again, and has one.
    ToPassword,
    /// Does not get in on the sign-in page today and will.
    Gains,
    /// As today.
    Unchanged,
    /// Gets in neither today nor afterwards.
    StaysOut,
}

impl Effect {
    /// All, the gravest first.
    pub const ALL: [Self; 8] = [
        Self::Breaks,
        Self::Unknown,
        Self::OtherIdp,
        Self::ToIdp,
        Self::ToPassword,
        Self::Gains,
        Self::Unchanged,
        Self::StaysOut,
    ];

    /// The word used in JSON and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Unknown => "unknown",
            Self::OtherIdp => "other-idp",
            Self::ToIdp => "to-idp",
            Self::ToPassword => "to-password",
            Self::Gains => "gains",
            Self::Unchanged => "unchanged",
            Self::StaysOut => "stays-out",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Breaks => "will not get in",
            Self::Unknown => "cannot be told",
            Self::OtherIdp => "goes to the new provider",
            Self::ToIdp => "goes to the provider",
            Self::ToPassword => "back to the password",
            Self::Gains => "gets in on the page",
            Self::Unchanged => "as today",
            Self::StaysOut => "not in, as today",
        }
    }

    /// The effect of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.id() == word)
    }
}

/// Yes, no, or not to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tri {
    /// Yes.
    Yes,
    /// It cannot be seen.
    Unknown,
    /// No.
    No,
}

impl Tri {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Unknown => "unknown",
            Self::No => "no",
        }
    }

    fn or(self, other: Self) -> Self {
        self.min(other)
    }
}

/// What becomes of something that somebody has or meets today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// No longer.
    Loses,
    /// From then on.
    Gets,
    /// It cannot be seen.
    Unknown,
    /// No difference.
    Same,
}

impl Turn {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Loses => "loses",
            Self::Gets => "gets",
            Self::Unknown => "unknown",
            Self::Same => "same",
        }
    }
}

/// Which sign-in page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Page {
    /// The platform's own: it names no project, so that only server-scoped users are found (§10.1).
    Own,
    /// An app's that names the member's project.
    NamesProject,
}

/// One member of the domain.
#[expect(clippy::struct_excessive_bools, reason = "each is one fact of the row")]
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Which membership.
    pub membership: MembershipId,
    /// Whose.
    pub user: UserId,
    /// The name.
    pub name: Text,
    /// The login address.
    pub email: Seen<Option<Text>>,
    /// Where.
    pub project: ProjectId,
    /// The project's name, or its id.
    pub project_name: Text,
    /// Where the account exists.
    pub scope: Seen<UserScope>,
    /// The membership lets in.
    pub active: bool,
    /// Project admin.
    pub admin: bool,
    /// Subject at an identity provider.
    pub external_id: Option<Text>,
    /// What it comes to.
    pub effect: Effect,
    /// Nothing unseen was left to a guess.
    pub certain: bool,
    /// How the member signs in today, on the page where that works best.
    pub today: Trial,
    /// How afterwards, on the page that decides.
    pub after: Trial,
    /// Today and afterwards on either page: the platform's own, and that of an app which names the project.
    pub pages: [(Trial, Trial); 2],
    /// Why somebody will not get in, or what decides; a sentence.
    pub why: String,
    /// The one thing under which somebody who will not get in does: an app that names the project.
    pub unless_project_named: bool,
    /// A password lets them in past the provider; the platform does not stop that (§3.1).
    pub bypass: Tri,
    /// Setting a new password by themselves (§11).
    pub reset: Turn,
    /// Being asked for a second factor by the platform: only password sign-ins are (§3.1).
    pub factor: Turn,
    /// Client applications with a provider of their own through which they get in, whatever becomes of the route.
    pub through: Vec<Text>,
    /// The project lets in through Google only.
    pub google_only: bool,
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Impact {
    /// The domain, in lower case.
    pub domain: Text,
    /// What happens to its route.
    pub kind: Kind,
    /// Where it is sent today.
    pub before: Seen<RouteFact>,
    /// Where afterwards.
    pub after: Seen<RouteFact>,
    /// Every member whose address is of the domain, those who will not get in first.
    pub people: Vec<Person>,
    /// Members of domains below it, whom a route does not meet (§11).
    pub below: BTreeMap<Text, usize>,
    /// Accounts of the domain that are members nowhere as far as can be seen; they get in neither way.
    pub without_membership: usize,
    /// Client applications with a provider of their own; sign-ins through them do not look at the route.
    pub own_idp: Vec<Text>,
    /// What was not seen and can change an answer, each with why.
    pub unseen: BTreeSet<(String, String)>,
    /// There are more people than were read.
    pub cut_off: bool,
}

/// Works it out. `facts` hold the domain's people, what their memberships point to, the route as it is, and the client
/// applications that were seen.
pub fn impact(facts: &Facts, change: &RouteChange, source: Source) -> Impact {
    let domain = change.domain.as_str();
    let before =
        facts.routes.get(domain).cloned().unwrap_or(Seen::Unknown(crate::identity::seen::Unseen::NotLoaded));
    let after = change.after(&before, source);
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut by_address: HashMap<String, usize> = HashMap::new();
    let mut memberships: HashMap<&UserId, Vec<&MembershipFact>> = HashMap::new();
    for membership in &facts.memberships {
        memberships.entry(&membership.user).or_default().push(membership);
    }
    let mut found = Impact {
        domain: Text::from(domain),
        kind: kind(&before, &after),
        people: Vec::new(),
        below: BTreeMap::new(),
        without_membership: 0,
        own_idp: own_idp(facts),
        unseen: BTreeSet::new(),
        cut_off: false,
        before,
        after,
    };
    let ending = format!(".{domain}");
    for user in facts.users.iter().filter(|user| !user.gone) {
        let own = memberships.get(&user.id).map_or(&[][..], Vec::as_slice);
        let Seen::Known(address) = &user.email else {
            groups.push(Group { address: None, users: vec![user], memberships: own.to_vec() });
            continue;
        };
        let Some(lower) = address.as_ref().map(|address| address.raw().to_lowercase()) else { continue };
        // The page takes what stands after the first `@` (§11).
        let of = lower.split('@').nth(1).unwrap_or_default();
        if of.ends_with(&ending) {
            *found.below.entry(Text::from(of)).or_default() += own.len();
        }
        if of != domain {
            continue;
        }
        if own.is_empty() {
            found.without_membership += 1;
        }
        if let Some(at) = by_address.get(&lower) {
            groups[*at].users.push(user);
            groups[*at].memberships.extend(own);
        } else {
            by_address.insert(lower.clone(), groups.len());
            groups.push(Group { address: Some(lower), users: vec![user], memberships: own.to_vec() });
        }
    }
    let mut bench = person::Bench::new(facts, domain, &found.before, &found.after);
    for group in &groups {
        found.people.extend(bench.examine(group));
    }
    found.unseen = bench.unseen;
    found.people.sort_by(|a, b| {
        (a.effect, a.name.raw().to_lowercase(), &a.membership).cmp(&(
            b.effect,
            b.name.raw().to_lowercase(),
            &b.membership,
        ))
    });
    found
}

/// Everybody with one address, whom a sign-in cannot tell apart before it has found one.
pub(super) struct Group<'a> {
    /// Lower case; `None` where it cannot be seen.
    pub(super) address: Option<String>,
    pub(super) users: Vec<&'a UserFact>,
    pub(super) memberships: Vec<&'a MembershipFact>,
}

fn kind(before: &Seen<RouteFact>, after: &Seen<RouteFact>) -> Kind {
    let leads = |fact: &Seen<RouteFact>| matches!(fact, Seen::Known(RouteFact::Idp { .. }));
    match (leads(before), leads(after)) {
        (false, true) => Kind::Added,
        (true, false) => Kind::Removed,
        (true, true) if same(before, after) => Kind::Nothing,
        (true, true) => Kind::Changed,
        (false, false) => Kind::Nothing,
    }
}

/// True when sign-ins cannot tell the two apart.
fn same(before: &Seen<RouteFact>, after: &Seen<RouteFact>) -> bool {
    match (before, after) {
        (
            Seen::Known(RouteFact::Idp { provider: Seen::Known(a), .. }),
            Seen::Known(RouteFact::Idp { provider: Seen::Known(b), .. }),
        ) => a == b,
        (Seen::Known(RouteFact::None { .. }), Seen::Known(RouteFact::None { .. })) => true,
        (a, b) => a == b,
    }
}

fn own_idp(facts: &Facts) -> Vec<Text> {
    use super::doctor::ClientFact;
    let mut names: Vec<Text> = facts
        .clients
        .values()
        .filter_map(|fact| match fact {
            Seen::Known(ClientFact::Found(client)) if client.provider.is_some() => Some(client.name.clone()),
            _ => None,
        })
        .collect();
    names.sort();
    names
}
