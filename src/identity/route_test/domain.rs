//! The domain itself (platform-api §11, standards S3).

use super::super::domain::{Domain, DomainError};
use super::super::provider::{DomainRoute, RouteDraft};
use super::super::seen::Seen;
use super::super::sign_in::Route;
use super::observed::Setting;
use super::verdict::{failed, passed, quoted, unknown, warned};
use super::{Check, CheckId};

pub(super) fn checks(draft: &RouteDraft, setting: &Setting) -> Vec<Check> {
    let raw = draft.domain.raw();
    let parsed = Domain::parse(raw);
    let others = setting.known.routes.as_ref().map(|routes| {
        let own = setting.known.own.as_ref();
        routes.iter().filter(|route| own != Some(&route.id)).collect::<Vec<_>>()
    });
    let mut checks = vec![form(raw, &parsed), international(raw, &parsed)];
    let Ok(domain) = parsed else {
        let rest = [
            CheckId::DomainLookAlike,
            CheckId::DomainSuffix,
            CheckId::DomainSharedHost,
            CheckId::DomainFreeMail,
            CheckId::DomainRelation,
            CheckId::DomainTaken,
            CheckId::DomainTwins,
        ];
        checks.extend(rest.map(|id| unknown(id, "Not looked at: the domain cannot be read.")));
        return checks;
    };
    checks.push(look_alike(&domain, &others));
    let shown = domain.to_string();
    let shared = domain.is_shared_host();
    checks.push(if domain.is_public_suffix() && !shared {
        failed(
            CheckId::DomainSuffix,
            format!("{shown} is a public suffix: strangers register names below it."),
            "Route the partner's own domain.",
        )
    } else {
        passed(CheckId::DomainSuffix, format!("{shown} is registered by somebody."))
    });
    checks.push(if shared {
        failed(
            CheckId::DomainSharedHost,
            format!("{shown} is at a shared host, where each name belongs to somebody else."),
            "Route the partner's own domain.",
        )
    } else {
        passed(CheckId::DomainSharedHost, "It is no host that strangers share.")
    });
    checks.push(if domain.is_free_mail() {
        failed(
            CheckId::DomainFreeMail,
            format!("{shown} gives addresses to anybody; a route would send all of them to one provider."),
            "Invite these people one by one; no route can be theirs.",
        )
    } else {
        passed(CheckId::DomainFreeMail, "It is no known host of free addresses.")
    });
    checks.push(relation(&domain, &others));
    checks.push(taken(draft, &domain, &others, setting));
    checks.push(twins(raw, &domain, &others));
    checks
}

fn form(raw: &str, parsed: &Result<Domain, DomainError>) -> Check {
    let id = CheckId::DomainForm;
    match parsed {
        Err(DomainError::Hidden { .. } | DomainError::Invalid { .. } | DomainError::RoundTrip { .. }) => {
            unknown(id, "Not told: what is written is not what goes over the wire; see the next check.")
        }
        Err(error) => failed(
            id,
            format!("The platform would save this and never match it: {error}."),
            "Write the domain alone, in lower case, like clinic.example.",
        ),
        // Compared with the lower-cased domain of an address, letter by letter.
        Ok(domain) if raw == domain.ascii() || raw == domain.unicode() => {
            passed(id, format!("{domain} is in the form that the platform looks for."))
        }
        Ok(domain) if raw.trim() != raw => failed(
            id,
            "There is a blank before or after it; the platform compares letter by letter.",
            "Take the blank away.",
        )
        .said_of(domain),
        Ok(domain) => failed(
            id,
            "It has capitals; the platform would save it and never match it.",
            "Write it in lower case.",
        )
        .said_of(domain),
    }
}

impl Check {
    fn said_of(mut self, domain: &Domain) -> Self {
        self.next = format!("{} Write: {domain}", self.next);
        self
    }
}

fn international(raw: &str, parsed: &Result<Domain, DomainError>) -> Check {
    let id = CheckId::DomainInternational;
    match parsed {
        Err(
            error
            @ (DomainError::Hidden { .. } | DomainError::Invalid { .. } | DomainError::RoundTrip { .. }),
        ) => failed(id, format!("It is not what it looks like: {error}."), "Type the domain by hand."),
        Err(_) => unknown(id, "Not looked at: the domain cannot be read."),
        Ok(domain) if domain.is_international() => {
            let (stored, other) = if raw == domain.ascii() {
                (domain.ascii(), domain.unicode())
            } else {
                (domain.unicode(), domain.ascii())
            };
            warned(
                id,
                format!(
                    "It can be written in two ways. Stored as {}, it matches addresses written so and no others; people \
                     who type {} are not routed.",
                    quoted(stored),
                    quoted(other)
                ),
                "Add a second route for the other form when people type both.",
            )
        }
        Ok(_) => passed(id, "It can be written in one way only, and hides nothing."),
    }
}

fn look_alike(domain: &Domain, others: &Seen<Vec<&DomainRoute>>) -> Check {
    let id = CheckId::DomainLookAlike;
    let next =
        "If it is really meant, compare it letter by letter with the partner; saving it asks to type it.";
    let suspicious = domain.suspicious_labels();
    if let Some(label) = suspicious.first() {
        let words = format!("{} mixes alphabets or only looks like Latin letters.", quoted(label));
        return failed(id, words, next);
    }
    let skeleton = domain.skeleton();
    match others {
        Seen::Unknown(why) => {
            unknown(id, format!("Nothing odd in itself; which other domains there are is not known: {why}."))
        }
        Seen::Known(routes) => {
            let twin = routes
                .iter()
                .filter_map(|route| Domain::parse(route.domain.raw()).ok())
                .find(|other| other != domain && other.skeleton() == skeleton);
            match twin {
                Some(other) => failed(id, format!("It reads like {other}, which is routed already."), next),
                None => passed(id, "It reads like none of the routed domains."),
            }
        }
    }
}

fn relation(domain: &Domain, others: &Seen<Vec<&DomainRoute>>) -> Check {
    let id = CheckId::DomainRelation;
    let routes = match others {
        Seen::Unknown(why) => {
            return unknown(id, format!("Which other domains are routed is not known: {why}."));
        }
        Seen::Known(routes) => routes,
    };
    let parsed = || routes.iter().filter_map(|route| Domain::parse(route.domain.raw()).ok());
    let next = "Nothing is to be done when that is meant; else add a route for each.";
    if let Some(above) = parsed().find(|other| domain.is_below(other)) {
        let words = format!(
            "It lies below {above}, which is routed. Routes are not inherited: each stands for itself."
        );
        return warned(id, words, next);
    }
    if let Some(below) = parsed().find(|other| other.is_below(domain)) {
        let words = format!(
            "{below}, which is routed, lies below it. Routes are not inherited: each stands for itself."
        );
        return warned(id, words, next);
    }
    passed(id, "No routed domain lies above or below it.")
}

fn taken(draft: &RouteDraft, domain: &Domain, others: &Seen<Vec<&DomainRoute>>, setting: &Setting) -> Check {
    let id = CheckId::DomainTaken;
    let next = "Edit the route that is there, or take it away first.";
    let ours = host_of(draft.provider.authorize_url.raw());
    match others {
        Seen::Known(routes) => match routes
            .iter()
            .find(|route| route.domain.raw() == domain.ascii() || route.domain.raw() == domain.unicode())
        {
            None => passed(id, "No other route has this domain."),
            Some(route) => {
                let theirs = route.provider.as_ref().and_then(|one| host_of(one.authorize_url.raw()));
                let words = match theirs {
                    Some(host) if Some(&host) == ours.as_ref() => {
                        format!("There is a route of this domain already, to the same host {host}.")
                    }
                    Some(host) => format!("This domain is somebody else's: it is routed to {host} already."),
                    None => "There is a route of this domain already, without a provider.".to_owned(),
                };
                failed(id, words, next)
            }
        },
        // A saved route is what is observed.
        Seen::Unknown(why) => match (&setting.known.own, &setting.known.observed) {
            (Some(_), _) => {
                unknown(id, format!("Whether another route has this domain is not known: {why}."))
            }
            (None, Seen::Known(Route::Password)) => {
                passed(id, "The platform routes nobody of this domain today.")
            }
            (None, Seen::Known(Route::Idp { host })) => failed(
                id,
                format!("The platform sends people of this domain to {host} already."),
                "Ask a super admin to edit the route that is there.",
            ),
            (None, Seen::Known(Route::Broken)) => failed(
                id,
                "The platform has a route of this domain already, with an address that cannot be read.",
                "Ask a super admin to mend the route that is there.",
            ),
            (None, Seen::Unknown(_)) => {
                unknown(id, format!("Whether it is routed already is not known: {why}."))
            }
        },
    }
}

fn twins(raw: &str, domain: &Domain, others: &Seen<Vec<&DomainRoute>>) -> Check {
    let id = CheckId::DomainTwins;
    match others {
        Seen::Unknown(why) => unknown(id, format!("Which other domains are routed is not known: {why}.")),
        Seen::Known(routes) => {
            let same = |other: &str| {
                let lower = other.to_lowercase();
                other != raw && other != lower && (lower == domain.ascii() || lower == domain.unicode())
            };
            match routes.iter().find(|route| same(route.domain.raw())) {
                Some(route) => warned(
                    id,
                    format!(
                        "There is a second route {}, which never matches because of its capitals.",
                        quoted(route.domain.raw())
                    ),
                    "Take that one away, so that nobody edits the wrong one.",
                ),
                None => passed(id, "No other route differs in capitals only."),
            }
        }
    }
}

fn host_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    Some(quoted(url.host_str()?))
}
