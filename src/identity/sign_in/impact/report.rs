//! An impact in numbers and sentences.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Effect, Impact, Kind, Person, Tri, Turn};
use crate::identity::change::{Plan, SignInEffect, SignInOutcome};
use crate::identity::seen::Seen;
use crate::identity::sign_in::doctor::{Flow, RouteFact};
use crate::identity::text::Text;
use crate::identity::user::UserScope;
use crate::identity::words::capital;

/// People that a plan names one by one; all of them are in the list.
const NAMED: usize = 5;

/// How many of each. What is unknown is counted apart, never as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Members of the domain.
    pub members: usize,
    /// Get in today, or may, and will not.
    pub breaks: usize,
    /// Of these: unless the app names the project.
    pub breaks_unless_project_named: usize,
    /// It cannot be told.
    pub unknown: usize,
    /// Come by the provider instead of a password.
    pub to_idp: usize,
    /// Come by another provider, or are recognised otherwise.
    pub other_idp: usize,
    /// Come by a password again.
    pub to_password: usize,
    /// Get in who do not today.
    pub gains: usize,
    /// As today.
    pub unchanged: usize,
    /// In neither way.
    pub stays_out: usize,
    /// A password lets them in past the provider.
    pub bypass: usize,
    /// It cannot be seen whether one does.
    pub bypass_unknown: usize,
    /// Can no longer set a new password by themselves.
    pub lose_reset: usize,
    /// Can again.
    pub get_reset: usize,
    /// Are no longer asked for a second factor by the platform.
    pub skip_factor: usize,
    /// It cannot be seen whether they are asked today, or will be.
    pub factor_unknown: usize,
    /// Will be asked for one.
    pub asked_factor: usize,
}

/// How grave a sentence is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Somebody is locked out.
    Bad,
    /// To be decided, or not known.
    Think,
    /// To be known.
    Plain,
}

/// One sentence of the summary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How grave.
    pub weight: Weight,
    /// How many it is about; `None` where nobody is counted.
    pub count: Option<usize>,
    /// The sentence after the number.
    pub words: String,
    /// Whom it is about, to filter by; `None` where it is about nobody.
    pub about: Option<About>,
}

/// Whom a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// Those to whom this happens.
    Effect(Effect),
    /// Those whom a password lets in.
    Bypass(Tri),
    /// Those whose reset changes.
    Reset(Turn),
    /// Those whose factor changes.
    Factor(Turn),
}

impl About {
    /// True for somebody whom it is about.
    pub fn is(self, person: &Person) -> bool {
        match self {
            Self::Effect(effect) => person.effect == effect,
            Self::Bypass(bypass) => person.bypass == bypass,
            Self::Reset(turn) => person.reset == turn,
            Self::Factor(turn) => person.factor == turn,
        }
    }
}

impl Line {
    /// The whole sentence.
    pub fn text(&self) -> String {
        match self.count {
            Some(count) => format!("{count} {}", self.words),
            None => self.words.clone(),
        }
    }
}

/// `one` for one, else `many`.
fn by<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

/// Where a domain is sent, in words.
pub fn place(fact: &Seen<RouteFact>) -> String {
    match fact {
        Seen::Known(RouteFact::Idp { broken: true, .. }) => "an address that is none".to_owned(),
        Seen::Known(RouteFact::Idp { host, .. }) => host.to_string(),
        Seen::Known(RouteFact::None { misspelt: Some(misspelt), .. }) => {
            format!("the password page (the route for {} has capitals and is never found)", misspelt.stored)
        }
        Seen::Known(RouteFact::None { .. }) => "the password page".to_owned(),
        Seen::Unknown(why) => format!("not known: {why}"),
    }
}

impl Impact {
    /// Numbers of everything.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { members: self.people.len(), ..Counts::default() };
        for person in &self.people {
            let effect = match person.effect {
                Effect::Breaks => &mut counts.breaks,
                Effect::Unknown => &mut counts.unknown,
                Effect::OtherIdp => &mut counts.other_idp,
                Effect::ToIdp => &mut counts.to_idp,
                Effect::ToPassword => &mut counts.to_password,
                Effect::Gains => &mut counts.gains,
                Effect::Unchanged => &mut counts.unchanged,
                Effect::StaysOut => &mut counts.stays_out,
            };
            *effect += 1;
            counts.breaks_unless_project_named += usize::from(person.unless_project_named);
            match person.bypass {
                Tri::Yes => counts.bypass += 1,
                Tri::Unknown => counts.bypass_unknown += 1,
                Tri::No => {}
            }
            match person.reset {
                Turn::Loses => counts.lose_reset += 1,
                Turn::Gets => counts.get_reset += 1,
                Turn::Unknown | Turn::Same => {}
            }
            match person.factor {
                Turn::Loses => counts.skip_factor += 1,
                Turn::Gets => counts.asked_factor += 1,
                Turn::Unknown => counts.factor_unknown += 1,
                Turn::Same => {}
            }
        }
        counts
    }

    /// True when somebody who gets in today, or may, will not.
    pub fn locks_out(&self) -> bool {
        self.people.iter().any(|person| person.effect == Effect::Breaks)
    }

    /// What happens to the domain, in one sentence.
    pub fn headline(&self) -> String {
        let (domain, before, after) = (&self.domain, place(&self.before), place(&self.after));
        match self.kind {
            Kind::Changed if before == after => {
                format!("Addresses of {domain} go on to {after}, with other settings.")
            }
            Kind::Added | Kind::Removed | Kind::Changed => {
                format!("Addresses of {domain} are sent to {before} today, and to {after} then.")
            }
            Kind::Nothing => format!("For addresses of {domain} nothing changes: {after}, as today."),
        }
    }

    /// The summary, the gravest first. What counts nobody is left out, except that nobody is locked out.
    pub fn lines(&self) -> Vec<Line> {
        let counts = self.counts();
        let idp = place(&self.after);
        let mut lines = Vec::new();
        let mut say = |weight, count: usize, words: String, about| {
            if count > 0 {
                lines.push(Line { weight, count: Some(count), words, about: Some(about) });
            }
        };
        let n = counts.breaks;
        let mut words =
            by(n, "member will not get in any more", "members will not get in any more").to_owned();
        if counts.breaks_unless_project_named == n {
            words.push_str(", unless the app they use names the project");
        } else if counts.breaks_unless_project_named > 0 {
            let some = counts.breaks_unless_project_named;
            words = format!("{words}; {some} of them do where the app names the project");
        }
        say(Weight::Bad, n, words, About::Effect(Effect::Breaks));
        let n = counts.unknown;
        let words = by(
            n,
            "member: it cannot be told whether they get in",
            "members: it cannot be told whether they get in",
        );
        say(Weight::Think, n, words.to_owned(), About::Effect(Effect::Unknown));
        let n = counts.bypass;
        let words = format!("can go past {idp} with a password; a route does not stop password sign-ins");
        say(Weight::Think, n, words, About::Bypass(Tri::Yes));
        let n = counts.bypass_unknown;
        let words = format!("may be able to go past {idp} with a password; whether one is set is not seen");
        say(Weight::Think, n, words, About::Bypass(Tri::Unknown));
        let n = counts.skip_factor;
        let words = by(n, "is", "are");
        let words = format!(
            "{words} no longer asked for a second factor here; whoever comes by a provider is asked there or nowhere"
        );
        say(Weight::Think, n, words, About::Factor(Turn::Loses));
        let n = counts.factor_unknown;
        let words =
            "may come without the second factor of the platform; whether it asks them for one is not seen";
        say(Weight::Think, n, words.to_owned(), About::Factor(Turn::Unknown));
        let n = counts.lose_reset;
        let words = by(n, "loses", "lose");
        let words =
            format!("{words} the link to set a new password by themselves; an admin can still mail one");
        say(Weight::Plain, n, words, About::Reset(Turn::Loses));
        let n = counts.get_reset;
        let words = "can set a new password by themselves again";
        say(Weight::Plain, n, words.to_owned(), About::Reset(Turn::Gets));
        let n = counts.asked_factor;
        let words = by(n, "is asked", "are asked");
        let words = format!("{words} for a second factor by the platform");
        say(Weight::Plain, n, words, About::Factor(Turn::Gets));
        let n = counts.to_idp;
        let words = format!("{} to {idp} instead of the password page and get in", by(n, "goes", "go"));
        say(Weight::Plain, n, words, About::Effect(Effect::ToIdp));
        let n = counts.other_idp;
        let words = format!("{} to {idp} as it is then, and get in", by(n, "goes", "go"));
        say(Weight::Plain, n, words, About::Effect(Effect::OtherIdp));
        let n = counts.to_password;
        let words = format!("{} back to a password and have one", by(n, "comes", "come"));
        say(Weight::Plain, n, words, About::Effect(Effect::ToPassword));
        let n = counts.gains;
        let words = by(
            n,
            "gets in on the sign-in page who does not today",
            "get in on the sign-in page who do not today",
        );
        say(Weight::Plain, n, words.to_owned(), About::Effect(Effect::Gains));
        let n = counts.unchanged;
        let words = by(n, "signs in as today", "sign in as today");
        say(Weight::Plain, n, words.to_owned(), About::Effect(Effect::Unchanged));
        let n = counts.stays_out;
        let words = by(n, "gets in neither today nor then", "get in neither today nor then");
        say(Weight::Plain, n, words.to_owned(), About::Effect(Effect::StaysOut));
        if counts.breaks == 0 && counts.unknown == 0 {
            let words = match counts.members {
                0 => "No member has an address of this domain.".to_owned(),
                _ => "Nobody is locked out.".to_owned(),
            };
            lines.insert(0, Line { weight: Weight::Plain, count: None, words, about: None });
        }
        lines
    }

    /// What else is to be known, as sentences.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.cut_off {
            notes.push("There are more people of this domain than were read.".to_owned());
        }
        if matches!(self.after, Seen::Known(RouteFact::Idp { .. })) && self.kind != Kind::Nothing {
            notes.push(format!(
                "It is taken that {} sends the address that is stored here. Whoever has another one there is not found.",
                place(&self.after)
            ));
            if self.kind == Kind::Added {
                notes
                    .push("Whoever comes with the Google button is sent to the provider as well.".to_owned());
            }
        }
        if !self.own_idp.is_empty() {
            let names: Vec<String> = self.own_idp.iter().map(ToString::to_string).collect();
            notes.push(format!(
                "Sign-ins through client applications with a provider of their own do not change: {}.",
                names.join(", ")
            ));
        }
        if !self.below.is_empty() {
            let named: Vec<String> =
                self.below.iter().map(|(domain, count)| format!("{domain} ({count})")).collect();
            notes.push(format!(
                "A route is not inherited; domains below it are not affected: {}.",
                named.join(", ")
            ));
        }
        if self.without_membership > 0 {
            notes.push(format!(
                "{} of the domain {} no membership and {} in neither way.",
                by(self.without_membership, "1 account", &format!("{} accounts", self.without_membership)),
                by(self.without_membership, "has", "have"),
                by(self.without_membership, "gets", "get"),
            ));
        }
        for (what, why) in &self.unseen {
            notes.push(format!("Not seen: {what} ({why})."));
        }
        notes
    }

    /// Adds it to the plan that makes the change: the members who are affected worst as sign-ins, the rest in sentences.
    pub fn onto(&self, plan: &mut Plan) {
        for person in self.people.iter().filter(|p| p.effect == Effect::Breaks).take(NAMED) {
            plan.sign_in.push(SignInEffect {
                way: format!("{} {}", person.name, person.address()),
                before: outcome(person, false),
                after: outcome(person, true),
            });
        }
        for line in self.lines() {
            match line.weight {
                Weight::Bad | Weight::Think => plan.warnings.push(sentence(&line.text())),
                Weight::Plain => plan.also.push(sentence(&line.text())),
            }
        }
        plan.also.extend(self.notes());
    }

    /// The summary for programs.
    pub fn json(&self) -> Value {
        json!({
            "domain": self.domain,
            "change": self.kind,
            "before": place(&self.before),
            "after": place(&self.after),
            "counts": self.counts(),
            "summary": self.lines().iter().map(|line| json!({
                "weight": line.weight, "text": sentence(&line.text()),
            })).collect::<Vec<_>>(),
            "notes": self.notes(),
            "people": self.people.iter().map(Person::json).collect::<Vec<_>>(),
        })
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    format!("{}.", capital(text.trim_end_matches('.')))
}

fn outcome(person: &Person, after: bool) -> SignInOutcome {
    let trial = if after { &person.after } else { &person.today };
    match trial.ending {
        super::Ending::In => SignInOutcome::SignsIn { name: person.name.clone() },
        super::Ending::Out => SignInOutcome::Refused {
            text: trial.message.unwrap_or("refused").to_owned(),
            why: if after { person.why.clone() } else { trial.why.clone() },
        },
        super::Ending::Unknown => SignInOutcome::Unknown { why: trial.why.clone() },
    }
}

impl Person {
    /// The headings of [`Person::cells`].
    pub const HEADINGS: [&'static str; 13] = [
        "effect",
        "name",
        "email",
        "today",
        "after",
        "why",
        "bypass",
        "reset",
        "factor",
        "scope",
        "project",
        "certain",
        "membership",
    ];

    /// The login address as text; empty where there is none or it is not seen.
    pub fn address(&self) -> Text {
        self.email.known().cloned().flatten().unwrap_or_default()
    }

    /// In words, where the account exists.
    pub fn scope_word(&self) -> &'static str {
        match &self.scope {
            Seen::Known(UserScope::Server) => "server",
            Seen::Known(UserScope::Project(_)) => "project",
            Seen::Unknown(_) => "unknown",
        }
    }

    /// One row of a sheet, with the original texts.
    pub fn cells(&self) -> Vec<String> {
        vec![
            self.effect.id().to_owned(),
            self.name.raw().to_owned(),
            self.address().raw().to_owned(),
            self.today.words.clone(),
            self.after.words.clone(),
            self.why.clone(),
            self.bypass.word().to_owned(),
            self.reset.word().to_owned(),
            self.factor.word().to_owned(),
            self.scope_word().to_owned(),
            self.project_name.raw().to_owned(),
            if self.certain { "yes" } else { "no" }.to_owned(),
            self.membership.reference().to_string(),
        ]
    }

    /// One row for programs.
    pub fn json(&self) -> Value {
        let trial = |trial: &super::Trial| {
            json!({
                "page": trial.page,
                "flow": trial.flow.map(Flow::id),
                "ending": trial.ending,
                "message": trial.message,
                "words": trial.words,
                "why": trial.why,
            })
        };
        json!({
            "effect": self.effect,
            "name": self.name,
            "email": self.address(),
            "project": self.project_name,
            "scope": self.scope_word(),
            "active": self.active,
            "today": trial(&self.today),
            "after": trial(&self.after),
            "why": self.why,
            "unless_project_named": self.unless_project_named,
            "bypass": self.bypass,
            "reset": self.reset,
            "factor": self.factor,
            "through": self.through,
            "google_only": self.google_only,
            "certain": self.certain,
            "membership": self.membership.reference().to_string(),
            "user": self.user.reference().to_string(),
        })
    }
}
