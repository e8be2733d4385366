//! What the overview says, as data: paragraphs of parts, some of which open rows.

use crate::console::session::Session;
use crate::console::theme::Role;
use crate::console::words::{count, number};
use crate::identity::Seen;
use crate::identity::capability;
use crate::identity::directory::Severity;
use crate::identity::linkage::{Kind, Survey};
use crate::workflows::overview::{Posture, homes};

/// What a part opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Jump {
    /// The members that match this filter.
    Members(String),
    /// The linkage screen.
    Linkage,
    /// The findings.
    Findings,
    /// The domains, at this one.
    Domain(String),
}

/// A few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Before the words: how bad it is.
    pub severity: Option<Severity>,
    /// What it says; safe to show.
    pub words: String,
    /// In which role.
    pub role: Role,
    /// What it opens.
    pub jump: Option<Jump>,
}

/// A label and what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// What it is about.
    pub label: &'static str,
    /// What is said.
    pub parts: Vec<Part>,
}

impl Paragraph {
    fn new(label: &'static str) -> Self {
        Self { label, parts: Vec::new() }
    }

    fn say(&mut self, words: impl Into<String>, role: Role) {
        self.parts.push(Part { severity: None, words: words.into(), role, jump: None });
    }

    fn members(&mut self, words: impl Into<String>, filter: &str) {
        let jump = Some(Jump::Members(filter.to_owned()));
        self.parts.push(Part { severity: None, words: words.into(), role: Role::Text, jump });
    }

    /// Something that needs a look, when there is any.
    fn attention(&mut self, severity: Severity, n: u64, words: &str, jump: Jump) {
        if n > 0 {
            let words = format!("{} {words}", number(n));
            self.parts.push(Part { severity: Some(severity), words, role: Role::Text, jump: Some(jump) });
        }
    }
}

/// Everything, in the order of the guide's three decisions.
pub fn paragraphs(
    survey: Option<&Survey>,
    posture: Option<&Posture>,
    session: Option<&Session>,
) -> Vec<Paragraph> {
    let mut all = Vec::new();
    if let Some(survey) = survey {
        all.push(recognised(survey));
        all.push(credentials(survey, posture));
        all.push(tokens(posture));
        all.push(people(survey));
        all.push(attention(survey));
    }
    all.extend(limits(posture));
    all.extend(session.and_then(platform));
    if let Some(session) = session {
        all.extend(role(session));
    }
    all
}

fn recognised(survey: &Survey) -> Paragraph {
    let counts = &survey.counts;
    let mut said = Paragraph::new("People are recognised by");
    said.members(format!("email {}", number(counts.email)), "link:email");
    said.members(format!("external id {}", number(counts.external_id)), "link:external");
    if counts.none > 0 {
        said.members(format!("nothing that is known {}", number(counts.none)), "link:none");
    }
    if counts.both > 0 {
        said.say(format!("{} of those with an id have an address too", number(counts.both)), Role::Muted);
    }
    said
}

fn credentials(survey: &Survey, posture: Option<&Posture>) -> Paragraph {
    let mut said = Paragraph::new("Credentials live at");
    let Some(posture) = posture else {
        said.say("being asked", Role::Muted);
        return said;
    };
    for home in homes(survey, &posture.idps) {
        match &home.domain {
            Some(domain) => {
                let shown = crate::identity::text::shown(domain);
                said.members(
                    format!("{} ({shown}) {}", home.place, number(home.people)),
                    &format!("domain:{domain}"),
                );
                if home.broken
                    && let Some(part) = said.parts.last_mut()
                {
                    part.severity = Some(Severity::Error);
                    part.jump = Some(Jump::Domain(domain.clone()));
                }
            }
            None => said.say(format!("{} {}", home.place, number(home.people)), Role::Text),
        }
    }
    match &posture.idps.clients {
        Seen::Known(clients) => {
            for client in clients {
                let by = if client.by_subject() { "external id" } else { "email" };
                said.say(format!("{} at {} by {by}", client.name, client.host), Role::Muted);
            }
        }
        Seen::Unknown(why) => said.say(format!("clients: {why}"), Role::Muted),
    }
    if !posture.idps.complete {
        said.say("routes as far as they could be asked; a super admin sees all", Role::Muted);
    }
    said
}

fn tokens(posture: Option<&Posture>) -> Paragraph {
    let mut said = Paragraph::new("Tokens come by");
    match posture.map(|posture| &posture.flows) {
        None => said.say("being asked", Role::Muted),
        Some(Seen::Unknown(why)) => said.say(format!("not visible: {why}"), Role::Muted),
        Some(Seen::Known(flows)) => {
            said.say(format!("browser redirect {}", count(flows.redirect, "client", "clients")), Role::Text);
            said.say(format!("exchange possible at {}", number(flows.exchange)), Role::Text);
            said.say(
                format!(
                    "own secret {}; what acts on behalf of people is not recorded",
                    number(flows.service)
                ),
                Role::Muted,
            );
        }
    }
    said
}

fn people(survey: &Survey) -> Paragraph {
    let counts = &survey.counts;
    let mut said = Paragraph::new("People");
    said.members(count(counts.members, "member", "members"), "");
    said.members(count(counts.admins, "project admin", "project admins"), "role:admin active:true");
    said.members(format!("{} not active", number(counts.inactive)), "active:false");
    if counts.factor_unknown > 0 {
        said.members(
            format!("second factor not visible of {}", number(counts.factor_unknown)),
            "mfa:unknown active:true",
        );
    }
    said
}

fn attention(survey: &Survey) -> Paragraph {
    let mut said = Paragraph::new("Needs attention");
    for kind in Kind::ALL {
        said.attention(kind.severity(), survey.of(kind) as u64, kind.words(), Jump::Linkage);
    }
    said.attention(
        Severity::Warning,
        survey.counts.no_factor,
        "without a second factor",
        Jump::Members("mfa:none active:true".to_owned()),
    );
    if said.parts.is_empty() {
        said.say("nothing is seen to be wrong", Role::Muted);
    }
    let jump = Some(Jump::Findings);
    let words = "every rule over everybody".to_owned();
    said.parts.push(Part { severity: None, words, role: Role::Text, jump });
    said
}

fn limits(posture: Option<&Posture>) -> Option<Paragraph> {
    let limits = &posture?.limits;
    let mut said = Paragraph::new("Rate limits");
    for (which, left, largest) in limits {
        let role = if left * 10 < *largest { Role::Warn } else { Role::Muted };
        said.say(format!("{which}: {} of {} left", number(*left), number(*largest)), role);
    }
    if said.parts.is_empty() {
        said.say("the platform has told none", Role::Muted);
    }
    Some(said)
}

/// Which platform it is, once it has told.
fn platform(session: &Session) -> Option<Paragraph> {
    let version = session.platform.version.as_ref()?;
    let mut said = Paragraph::new("Platform");
    said.say(format!("version {version}"), Role::Muted);
    Some(said)
}

fn role(session: &Session) -> [Paragraph; 2] {
    let caller = &session.caller;
    let (mut can, mut cannot) = (Paragraph::new("Your role can"), Paragraph::new("Your role cannot"));
    for row in &capability::TABLE {
        if row.holds(caller) {
            can.say(row.words, Role::Muted);
        } else if row.instead.is_empty() {
            cannot.say(format!("{} ({} may)", row.words, row.who_may()), Role::Muted);
        } else {
            cannot.say(format!("{} ({} may); {}", row.words, row.who_may(), row.instead), Role::Muted);
        }
    }
    for lacking in &session.platform.lacks {
        cannot.say(session.platform.told(*lacking), Role::Warn);
    }
    for said in [&mut can, &mut cannot] {
        if said.parts.is_empty() {
            said.say("nothing", Role::Muted);
        }
    }
    if let Some(why) = session.read_only_words() {
        can.say(why, Role::Info);
    }
    [can, cannot]
}
