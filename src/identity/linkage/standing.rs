//! One member: identified by what, at which IdP, and whether that combination can work (platform-api §10).

use std::collections::HashMap;

use super::idps::{ClientIdp, DomainIdp, Idps};
use crate::identity::directory::{Linkage, Member};
use crate::identity::provider::Identifier;
use crate::identity::{ProjectId, Seen};

/// Whether a combination can work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Works {
    /// As far as it is seen.
    Yes,
    /// It cannot; why.
    No(String),
    /// It cannot be said; what is missing.
    Unknown(String),
}

/// How a member signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// By what.
    pub by: Linkage,
    /// Against which IdP, in words: `Clinic Portal (login.clinic.example)`, `password`.
    pub at: String,
    /// Whether it can work.
    pub works: Works,
}

impl Standing {
    fn new(by: Linkage, at: impl Into<String>, works: Works) -> Self {
        Self { by, at: at.into(), works }
    }
}

/// The common cases in which a way certainly works, told without a word: the sweep asks it of everybody.
#[derive(Debug, Default)]
pub(super) struct Plain {
    /// By a project's place in the directory: whether some client of it goes by subject.
    by_subject: HashMap<u16, bool>,
}

impl Plain {
    /// True when [`standing`] would say that it works, or that it is not known. False says nothing.
    pub fn works(&mut self, member: &Member<'_>, idps: &Idps) -> bool {
        match member.linkage() {
            Linkage::ExternalId => {
                let Seen::Known(clients) = &idps.clients else { return true };
                let by_subject = self
                    .by_subject
                    .entry(member.project_number())
                    .or_insert_with(|| !of(clients, &member.project(), ClientIdp::by_subject).is_empty());
                *by_subject && !member.external_id_raw().contains([',', '\\'])
            }
            Linkage::Email => {
                let Some((_, domain)) = member.email_raw().rsplit_once('@') else { return true };
                // Only what is written in lower case is found without looking closer.
                match idps.domains.get(domain) {
                    Some(DomainIdp::Password) => true,
                    Some(DomainIdp::Idp { identifier: Seen::Known(Identifier::Email), .. }) => {
                        member.server_scoped() == Seen::Known(true)
                    }
                    None => !domain.bytes().any(|byte| !byte.is_ascii() || byte.is_ascii_uppercase()),
                    Some(DomainIdp::Idp { .. } | DomainIdp::Broken) => false,
                }
            }
            Linkage::None => false,
        }
    }
}

/// How this member signs in. What an IdP really sends is not known here: it is taken to send what is stored.
pub fn standing(member: &Member<'_>, idps: &Idps) -> Standing {
    let by = member.linkage();
    if !member.active() {
        return Standing::new(by, "nowhere", Works::No("not active: every sign-in is refused".to_owned()));
    }
    match by {
        Linkage::ExternalId => by_external_id(member, idps),
        Linkage::Email => by_email(member, idps),
        Linkage::None => {
            Standing::new(by, "nowhere", Works::No("no email and no external id to sign in by".to_owned()))
        }
    }
}

fn named(clients: &[&ClientIdp]) -> String {
    let mut names: Vec<String> =
        clients.iter().map(|client| format!("{} ({})", client.name, client.host)).collect();
    names.dedup();
    names.join(", ")
}

fn of<'a>(
    clients: &'a [ClientIdp],
    project: &ProjectId,
    keep: impl Fn(&ClientIdp) -> bool,
) -> Vec<&'a ClientIdp> {
    clients.iter().filter(|client| client.serves(project) && keep(client)).collect()
}

fn by_external_id(member: &Member<'_>, idps: &Idps) -> Standing {
    let by = Linkage::ExternalId;
    if member.external_id_raw().contains([',', '\\']) {
        let why = "its external id holds a comma or a backslash, which is never found".to_owned();
        return Standing::new(by, "nowhere", Works::No(why));
    }
    let Seen::Known(clients) = &idps.clients else {
        let why = "the client applications are not visible, so it is not known whether one goes by subject";
        return Standing::new(by, "unknown", Works::Unknown(why.to_owned()));
    };
    let by_subject = of(clients, &member.project(), ClientIdp::by_subject);
    if !by_subject.is_empty() {
        return Standing::new(by, named(&by_subject), Works::Yes);
    }
    // The id is of no use; the address may be.
    let email = by_email(member, idps);
    if member.email_raw().is_empty() {
        let why = "no client application goes by subject, and there is no email".to_owned();
        return Standing::new(by, "nowhere", Works::No(why));
    }
    Standing { by: Linkage::Email, at: format!("{}; no client uses the external id", email.at), ..email }
}

fn by_email(member: &Member<'_>, idps: &Idps) -> Standing {
    let by = Linkage::Email;
    let Some((_, domain)) = member.email_raw().rsplit_once('@') else {
        return Standing::new(by, "unknown", Works::Unknown("the address is not known".to_owned()));
    };
    let bound = match &idps.clients {
        Seen::Known(clients) => of(clients, &member.project(), ClientIdp::by_email),
        Seen::Unknown(_) => Vec::new(),
    };
    match idps.domain(domain) {
        None => {
            let why = format!("where {} goes was not asked", crate::identity::text::shown(domain));
            Standing::new(by, "unknown", Works::Unknown(why))
        }
        Some(DomainIdp::Broken) => {
            let why = "the address of the domain's IdP cannot be used; nobody of it gets in by browser";
            Standing::new(by, "a broken route", Works::No(why.to_owned()))
        }
        Some(DomainIdp::Password) if bound.is_empty() => Standing::new(by, "password", Works::Yes),
        Some(DomainIdp::Password) => Standing::new(by, format!("password, {}", named(&bound)), Works::Yes),
        Some(DomainIdp::Idp { host, identifier }) => {
            let at = format!("{host} for {}", crate::identity::text::shown(domain));
            let works = match (identifier, member.server_scoped()) {
                (Seen::Known(Identifier::Subject), _) => Works::No(
                    "the domain's IdP goes by subject, which a domain route always refuses".to_owned(),
                ),
                (Seen::Known(Identifier::Unsupported), _) => {
                    Works::No("the settings of the domain's IdP are not supported".to_owned())
                }
                (_, Seen::Known(false)) => Works::No(
                    "a project-scoped user is not found by a domain route, which knows no project".to_owned(),
                ),
                _ => Works::Yes,
            };
            match works {
                // Another door is open.
                Works::No(_) if !bound.is_empty() => Standing::new(by, named(&bound), Works::Yes),
                works => Standing::new(by, at, works),
            }
        }
    }
}
