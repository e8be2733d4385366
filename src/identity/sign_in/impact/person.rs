//! One member, today and afterwards: the doctor asked about each page, and what the answers come to together.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::{Effect, Group, Page, Person, Tri, Turn};
use crate::identity::id::UserId;
use crate::identity::seen::Seen;
use crate::identity::sign_in::doctor::{
    Attempt, Claim, ClientFact, Diagnosis, Facts, Flow, MembershipFact, Next, ProjectFact, RouteFact, Status,
    StepId, UserFact, Verdict, diagnose,
};
use crate::identity::text::Text;

/// Stands for a subject that nobody here knows. Where a domain is typed, no subject lets anybody in (§10.2 step 6).
const SOME_SUBJECT: &str = "<whatever it sends>";

/// How a try ends for the member who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The member gets in.
    In,
    /// Refused, or somebody else is found.
    Out,
    /// What cannot be seen decides.
    Unknown,
}

/// One try of one member.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// On which page.
    pub page: Page,
    /// By which of the platform's procedures; `None` where there is no address to begin with.
    pub flow: Option<Flow>,
    /// How it ends.
    pub ending: Ending,
    /// In words: `password: signs in`.
    pub words: String,
    /// Why it does not end well, or what is not known; may be empty.
    pub why: String,
    /// The platform's own text for a refusal.
    pub message: Option<&'static str>,
    /// The doctor left nothing open.
    pub certain: bool,
    /// A second factor is asked for on the way.
    pub factor: Tri,
}

/// The facts of one address at a time, so that a domain of thousands is not searched thousands of times.
pub(super) struct Bench<'a> {
    scratch: Facts,
    domain: &'a str,
    before: &'a Seen<RouteFact>,
    after: &'a Seen<RouteFact>,
    /// Client applications with a provider of their own: sign-ins through them do not look at the route.
    clients: Vec<(Text, Text)>,
    pub(super) unseen: BTreeSet<(String, String)>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        facts: &Facts,
        domain: &'a str,
        before: &'a Seen<RouteFact>,
        after: &'a Seen<RouteFact>,
    ) -> Self {
        let mut scratch = Facts::new(facts.reach.clone());
        scratch.projects = facts.projects.clone();
        scratch.policies = facts.policies.clone();
        scratch.configurations = facts.configurations.clone();
        scratch.profiles = facts.profiles.clone();
        scratch.address = facts.address.clone();
        let own_idp = facts.clients.iter().filter_map(|(id, fact)| match fact {
            Seen::Known(ClientFact::Found(client)) if client.provider.is_some() => {
                Some((Text::from(id.as_str()), client.name.clone()))
            }
            _ => None,
        });
        let clients = own_idp.collect();
        scratch.clients = facts.clients.clone();
        Self { scratch, domain, before, after, clients, unseen: BTreeSet::new() }
    }

    /// Everybody of one address.
    pub(super) fn examine(&mut self, group: &Group<'_>) -> Vec<Person> {
        self.scratch.users = group.users.iter().map(|user| (*user).clone()).collect();
        self.scratch.memberships = group.memberships.iter().map(|m| (*m).clone()).collect();
        self.scratch.emails = group.address.iter().cloned().chain([String::new()]).collect();
        let users: HashMap<&UserId, &UserFact> = group.users.iter().map(|user| (&user.id, *user)).collect();
        let mut found = Vec::new();
        for membership in &group.memberships {
            if let Some(user) = users.get(&membership.user) {
                found.push(self.person(group.address.as_deref(), user, membership));
            }
        }
        found
    }

    fn person(&mut self, address: Option<&str>, user: &UserFact, membership: &MembershipFact) -> Person {
        let project = match self.scratch.projects.get(&membership.project) {
            Some(Seen::Known(Some(project))) => Some(project.clone()),
            _ => None,
        };
        let google_only = project.as_ref().is_some_and(|project| project.google_required);
        let pages = [Page::Own, Page::NamesProject];
        let before = self.before.clone();
        let after = self.after.clone();
        let today = pages.map(|page| self.by_address(&before, page, address, user, membership, google_only));
        let then = pages.map(|page| self.by_address(&after, page, address, user, membership, google_only));
        let leads = |fact: &Seen<RouteFact>| matches!(fact, Seen::Known(RouteFact::Idp { .. }));
        let (led, leads) = (leads(&before), leads(&after));
        // The password of a member of a routed domain works on, on whatever page asks for one (§3.1).
        let bypass = match (leads, today[0].flow) {
            (false, _) => Tri::No,
            (true, Some(Flow::Password)) => may(&today),
            (true, _) => may(&pages.map(|page| self.follow(Flow::Password, page, address, user, membership))),
        };
        let verdict = judge(&today, &then);
        let told = Told { today: &today, then: &then, verdict, same: super::same(&before, &after) };
        let mut effect = told.effect();
        let (mut today, mut after) = told.decisive();
        let through = self.through(address, user, membership);
        if let (Effect::StaysOut, [first, ..]) = (effect, &*through) {
            // Not on the page that the route is about, but in all the same.
            effect = Effect::Unchanged;
            for trial in [&mut today, &mut after] {
                trial.ending = Ending::In;
                trial.words = format!("through {first}: signs in");
                trial.message = None;
            }
        }
        let pages = [0, 1].map(|at| (told.today[at].clone(), told.then[at].clone()));
        let reset = match (led, leads, address.is_some() && effect != Effect::StaysOut) {
            (_, _, false) => Turn::Same,
            (false, true, _) => Turn::Loses,
            (true, false, _) => Turn::Gets,
            _ => Turn::Same,
        };
        let factor = match effect {
            Effect::StaysOut => Turn::Same,
            _ => turn_of_factor(&today, &after),
        };
        let unless_project_named = effect == Effect::Breaks && told.verdict.unless_project_named;
        let mut why = match effect {
            Effect::Breaks if unless_project_named => format!(
                "the account exists for {} alone, and a route names no project: {}; gets in where the app names the project",
                project_name(project.as_ref(), membership),
                after.why
            ),
            Effect::Breaks | Effect::Unknown | Effect::StaysOut => after.why.clone(),
            Effect::OtherIdp | Effect::ToIdp | Effect::ToPassword | Effect::Gains | Effect::Unchanged => {
                String::new()
            }
        };
        if effect == Effect::Breaks && !through.is_empty() {
            let names: Vec<String> = through.iter().map(ToString::to_string).collect();
            why = format!("{why}; goes on to get in through {}", names.join(", "));
        }
        Person {
            membership: membership.id.clone(),
            user: user.id.clone(),
            name: membership.name.clone(),
            email: user.email.clone(),
            project: membership.project.clone(),
            project_name: project_name(project.as_ref(), membership),
            scope: user.scope.clone(),
            active: membership.active,
            admin: membership.admin,
            external_id: membership.external_id.clone(),
            effect,
            certain: today.certain && after.certain,
            why,
            unless_project_named,
            bypass,
            reset,
            factor,
            through,
            google_only,
            today,
            after,
            pages,
        }
    }

    /// The client applications with a provider of their own through which the member gets in, whatever the route.
    fn through(&mut self, address: Option<&str>, user: &UserFact, membership: &MembershipFact) -> Vec<Text> {
        let Some(address) = address else { return Vec::new() };
        let plain = |id: &&Text| !id.raw().contains([',', '\\']);
        let subject = membership.external_id.as_ref().filter(plain);
        self.scratch.subjects = subject.map(|id| id.raw().to_owned()).into_iter().collect();
        self.scratch.meant = vec![membership.id.clone()];
        let mut found = Vec::new();
        for (id, name) in &self.clients {
            let mut attempt = attempt(Flow::Browser, Page::Own, address, membership);
            attempt.client = Some(id.clone());
            attempt.typed = None;
            let diagnosis = diagnose(&attempt, &self.scratch);
            let trial = trial(Page::Own, Flow::Browser, &diagnosis, user, membership);
            if trial.ending == Ending::In {
                found.push(name.clone());
            }
        }
        found
    }

    /// What happens when the address is typed on a page, with this route in place.
    fn by_address(
        &mut self,
        route: &Seen<RouteFact>,
        page: Page,
        address: Option<&str>,
        user: &UserFact,
        membership: &MembershipFact,
        google_only: bool,
    ) -> Trial {
        self.scratch.routes.insert(self.domain.to_owned(), route.clone());
        let flow = match route {
            Seen::Known(RouteFact::None { .. }) if google_only => Flow::Google,
            Seen::Known(RouteFact::None { .. }) => Flow::Password,
            Seen::Known(RouteFact::Idp { .. }) | Seen::Unknown(_) => Flow::Browser,
        };
        let mut trial = self.follow(flow, page, address, user, membership);
        if let (Flow::Browser, Seen::Known(RouteFact::Idp { host, .. })) = (flow, route) {
            trial.words = format!("{host}: {}", trial.words);
        } else {
            trial.words = format!("{}: {}", name(flow), trial.words);
        }
        trial
    }

    fn follow(
        &mut self,
        flow: Flow,
        page: Page,
        address: Option<&str>,
        user: &UserFact,
        membership: &MembershipFact,
    ) -> Trial {
        let Some(address) = address else {
            let why = match &user.email {
                Seen::Unknown(why) => format!("the login address is not seen: {why}"),
                Seen::Known(_) => "there is no login address".to_owned(),
            };
            return Trial {
                page,
                flow: None,
                ending: Ending::Unknown,
                words: "not known".to_owned(),
                why,
                message: None,
                certain: false,
                factor: Tri::Unknown,
            };
        };
        self.scratch.meant = vec![membership.id.clone()];
        let attempt = attempt(flow, page, address, membership);
        let diagnosis = diagnose(&attempt, &self.scratch);
        for doubt in &diagnosis.doubts {
            // What is asked of each and every address is one thing that is not seen, not thousands.
            let what = doubt.what.replace(address, "the address");
            self.unseen.insert((what, doubt.why.clone()));
        }
        let mut trial = trial(page, flow, &diagnosis, user, membership);
        if flow == Flow::Password && trial.message.is_none() && trial.factor == Tri::Unknown {
            // The address rules stand before the factor; what is asked for behind them is known all the same.
            trial.factor = self.factor(user, membership);
        }
        trial
    }

    /// Whether a password sign-in asks for a second factor (§5).
    fn factor(&self, user: &UserFact, membership: &MembershipFact) -> Tri {
        let by_project = match self.scratch.projects.get(&membership.project) {
            Some(Seen::Known(project)) => project.as_ref().is_some_and(|project| project.mfa_required),
            _ => return Tri::Unknown,
        };
        match &user.mfa {
            Seen::Known(mfa) if mfa.enrolled || mfa.required || by_project => Tri::Yes,
            Seen::Known(_) => Tri::No,
            Seen::Unknown(_) if by_project => Tri::Yes,
            Seen::Unknown(_) => Tri::Unknown,
        }
    }
}

/// The try of a member who types the own address; the provider is taken to send the same.
pub fn attempt(flow: Flow, page: Page, address: &str, membership: &MembershipFact) -> Attempt {
    let mut attempt = Attempt::new(flow);
    attempt.typed = Some(Text::from(address));
    attempt.email = Claim::from(address);
    attempt.subject =
        membership.external_id.as_ref().map_or(Claim::from(SOME_SUBJECT), |id| Claim::Text(id.clone()));
    attempt.membership = Some(membership.id.clone());
    if page == Page::NamesProject {
        attempt.project = Some(membership.project.clone());
    }
    attempt
}

fn name(flow: Flow) -> &'static str {
    match flow {
        Flow::Password => "password",
        Flow::Google => "Google button",
        Flow::Browser | Flow::Exchange | Flow::LegacyExchange | Flow::Bearer => "provider",
    }
}

fn project_name(project: Option<&ProjectFact>, membership: &MembershipFact) -> Text {
    project.map_or_else(
        || membership.project.reference().display.unwrap_or_else(|| Text::from(membership.project.as_str())),
        |project| project.name.clone(),
    )
}

fn trial(
    page: Page,
    flow: Flow,
    diagnosis: &Diagnosis,
    user: &UserFact,
    membership: &MembershipFact,
) -> Trial {
    let outcome = diagnosis.expected();
    let certain = diagnosis.likely.is_none() && diagnosis.outcome.verdict != Verdict::Unknown;
    // Taken for granted by the doctor where it cannot be seen; here it is the question.
    let password = diagnosis.doubts.iter().find(|doubt| doubt.step == StepId::Password);
    let other_user = outcome.user.as_ref().is_some_and(|found| *found != user.id);
    let other_place = outcome.membership.as_ref().is_some_and(|found| *found != membership.id);
    // The step at which it ends; where something unseen could let it go on, the doctor does not call it failed.
    let last = diagnosis.steps.iter().rev().find(|step| step.status != Status::Skipped);
    let end = diagnosis.failed().or(last);
    let failed = || {
        let detail = end.map_or("", |step| step.detail.as_str());
        detail.split("; not seen: ").next().unwrap_or_default().to_owned()
    };
    // From where somebody comes is not known beforehand and no different by a route: an address that the rules allow.
    let elsewhere = diagnosis.doubts.iter().any(|doubt| doubt.step == StepId::Ip)
        && outcome.verdict == Verdict::Failure
        && end.is_some_and(|step| step.id == StepId::Ip);
    if elsewhere {
        let (factor, words) = (Tri::Unknown, "signs in from an address that the rules allow".to_owned());
        let factor = if flow == Flow::Password { factor } else { Tri::No };
        let ending = if password.is_some() { Ending::Unknown } else { Ending::In };
        let why = password.map_or_else(String::new, |doubt| format!("{}: {}", doubt.what, doubt.why));
        return Trial { page, flow: Some(flow), ending, words, why, message: None, certain, factor };
    }
    let (ending, words, why) = match (outcome.verdict, password) {
        (Verdict::Success, _) if other_user => {
            let why = "another account has the same address and is found first".to_owned();
            (Ending::Out, "somebody else is found".to_owned(), why)
        }
        (Verdict::Success, _) if other_place => {
            let why = if membership.active {
                "another membership is taken".to_owned()
            } else {
                "the membership is not active; another one of the same account is taken".to_owned()
            };
            (Ending::Out, "gets in, not here".to_owned(), why)
        }
        (Verdict::Success, Some(doubt)) => {
            (Ending::Unknown, "not known".to_owned(), format!("{}: {}", doubt.what, doubt.why))
        }
        (Verdict::Success, None) => {
            let words = match outcome.next {
                Next::None | Next::ChooseProfile => "signs in",
                Next::Mfa => "signs in with a second factor",
            };
            (Ending::In, words.to_owned(), String::new())
        }
        (Verdict::Failure, _) => {
            let words = outcome.message.map_or_else(|| "refused".to_owned(), |text| format!("“{text}”"));
            (Ending::Out, words, failed())
        }
        (Verdict::Unknown, _) => {
            let why = diagnosis
                .doubts
                .first()
                .map_or_else(String::new, |doubt| format!("{}: {}", doubt.what, doubt.why));
            (Ending::Unknown, "not known".to_owned(), why)
        }
    };
    let factor = match (flow, &user.mfa, outcome.next) {
        (Flow::Password, Seen::Unknown(_), _) => Tri::Unknown,
        (Flow::Password, _, Next::Mfa) => Tri::Yes,
        _ => Tri::No,
    };
    Trial { page, flow: Some(flow), ending, words, why, message: outcome.message, certain, factor }
}

/// Whether one of the pages lets in.
fn may(trials: &[Trial; 2]) -> Tri {
    let of = |trial: &Trial| match trial.ending {
        Ending::In => Tri::Yes,
        Ending::Unknown => Tri::Unknown,
        Ending::Out => Tri::No,
    };
    of(&trials[0]).or(of(&trials[1]))
}

/// Which page decides, and whether the project's name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Judged {
    page: usize,
    unless_project_named: bool,
}

struct Told<'a> {
    today: &'a [Trial; 2],
    then: &'a [Trial; 2],
    verdict: Judged,
    same: bool,
}

/// A page matters when the member gets in there today, or may. Where it is the app's page alone, the platform's own
/// decides all the same once people are sent away to a provider: what comes back from there names a project only if the
/// app sees to it, which cannot be seen from here.
fn judge(today: &[Trial; 2], then: &[Trial; 2]) -> Judged {
    let gets_in = |trial: &Trial| trial.ending != Ending::Out;
    let [own, app] = [gets_in(&today[0]), gets_in(&today[1])];
    let sent_away = then[0].flow == Some(Flow::Browser) && today[0].flow != Some(Flow::Browser);
    if app && !own && sent_away && then[0].ending == Ending::Out && then[1].ending != Ending::Out {
        return Judged { page: 0, unless_project_named: true };
    }
    let rank = |ending: Ending| match ending {
        Ending::Out => 0,
        Ending::Unknown => 1,
        Ending::In => 2,
    };
    // Of the pages that matter the one that ends worst; where none does, the one that ends best.
    let page = match (own, app) {
        (true, true) if rank(then[1].ending) < rank(then[0].ending) => 1,
        (false, true) => 1,
        (false, false) if rank(then[1].ending) > rank(then[0].ending) => 1,
        (true, _) | (false, false) => 0,
    };
    Judged { page, unless_project_named: false }
}

impl Told<'_> {
    /// Today on the page where it works, afterwards on the page that decides.
    fn decisive(&self) -> (Trial, Trial) {
        let today = if self.verdict.unless_project_named { 1 } else { self.verdict.page };
        (self.today[today].clone(), self.then[self.verdict.page].clone())
    }

    fn effect(&self) -> Effect {
        let (today, after) = self.decisive();
        if self.same && today.flow == after.flow && today.ending == after.ending {
            return match after.ending {
                Ending::Out => Effect::StaysOut,
                Ending::In | Ending::Unknown => Effect::Unchanged,
            };
        }
        match (today.ending, after.ending) {
            (Ending::In | Ending::Unknown, Ending::Out) => Effect::Breaks,
            (_, Ending::Unknown) => Effect::Unknown,
            (Ending::Out, Ending::In) => Effect::Gains,
            (Ending::Out, Ending::Out) => Effect::StaysOut,
            (Ending::In | Ending::Unknown, Ending::In) => match (today.flow, after.flow) {
                (Some(Flow::Browser), Some(Flow::Browser)) => Effect::OtherIdp,
                (_, Some(Flow::Browser)) => Effect::ToIdp,
                (Some(Flow::Browser), _) => Effect::ToPassword,
                _ => Effect::Unchanged,
            },
        }
    }
}

fn turn_of_factor(today: &Trial, after: &Trial) -> Turn {
    let (was, is) = (today.flow == Some(Flow::Password), after.flow == Some(Flow::Password));
    match (was, is) {
        (true, false) => match today.factor {
            Tri::Yes => Turn::Loses,
            Tri::Unknown => Turn::Unknown,
            Tri::No => Turn::Same,
        },
        (false, true) => match after.factor {
            Tri::Yes => Turn::Gets,
            Tri::Unknown => Turn::Unknown,
            Tri::No => Turn::Same,
        },
        _ => Turn::Same,
    }
}
