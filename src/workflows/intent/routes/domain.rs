//! The domain of a new or corrected route: free, one organisation's, and not to be taken for another.

use super::{NoPlan, Why, malformed};
use crate::identity::{Domain, DomainRoute, DomainRouteId, Text, route};

/// What has to be thought about before a domain is routed.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// In words.
    pub warnings: Vec<String>,
    /// It can be taken for another domain: it is to be typed once more.
    pub look_alike: bool,
}

/// Refuses what can be no route, and what has one already; `own` is the route that is to have it.
pub(super) fn wanted(
    domain: &Text,
    own: Option<&DomainRouteId>,
    all: &[DomainRoute],
    known: &[Text],
) -> Result<Doubts, NoPlan> {
    malformed(route::typed::domain(domain.raw()))?;
    let read =
        Domain::parse(domain.raw()).map_err(|error| NoPlan::because(Why::Malformed, error.to_string()))?;
    if domain.raw() != read.ascii() && domain.raw() != read.unicode() {
        let what = format!("The platform compares domains letter by letter; write {read}.");
        return Err(NoPlan::because(Why::Malformed, what));
    }
    let others: Vec<&DomainRoute> = all.iter().filter(|other| Some(&other.id) != own).collect();
    if others.iter().any(|other| other.domain == *domain) {
        return Err(NoPlan::because(Why::Conflict, format!("{domain} has a route of its own already."))
            .then("Look at that one, and change it if it is to go elsewhere."));
    }
    if let Some(twin) = route::twin(domain, own, all) {
        return Err(NoPlan::because(
            Why::Conflict,
            format!("There is a route for {}, which never matches because of its capitals.", twin.domain),
        )
        .then("Correct that one instead, or remove it first."));
    }
    let mut doubts = Doubts::default();
    let mut alike = |other: &str, whose: &str| {
        doubts.look_alike = true;
        doubts
            .warnings
            .push(format!("{read} looks like {}, {whose}; compare letter by letter", Text::from(other)));
    };
    let skeleton = read.skeleton();
    let mut seen = Vec::new();
    for other in &others {
        let Ok(other) = Domain::parse(other.domain.raw()) else { continue };
        if other == read {
            // Two ways of writing one international name.
            let what = format!("{domain} is another way of writing {}, which has a route.", other.unicode());
            return Err(NoPlan::because(Why::Conflict, what).then("Look at that one first."));
        }
        if other.skeleton() == skeleton {
            alike(other.unicode(), "which has a route");
            seen.push(other.ascii().to_owned());
        }
    }
    for other in known.iter().filter_map(|other| Domain::parse(other.raw()).ok()) {
        if other != read && other.skeleton() == skeleton && !seen.contains(&other.ascii().to_owned()) {
            alike(other.unicode(), "of which people are known here");
            seen.push(other.ascii().to_owned());
        }
    }
    if !read.suspicious_labels().is_empty() {
        doubts.look_alike = true;
        doubts.warnings.push(format!("{read} mixes letters of several scripts, or imitates Latin ones"));
    }
    if read.is_international() {
        let other = if domain.raw() == read.ascii() { read.unicode() } else { read.ascii() };
        doubts.warnings.push(format!(
            "the platform compares what is typed letter by letter: whoever types the domain as {other} is not found by this route"
        ));
    }
    for other in others.iter().filter_map(|other| Domain::parse(other.domain.raw()).ok()) {
        if read.is_below(&other) {
            doubts.warnings.push(format!(
                "{other} has a route; it does not hold for {read}, which goes by this one alone"
            ));
        } else if other.is_below(&read) {
            doubts.warnings.push(format!("{other} has a route of its own, which stays as it is"));
        }
    }
    Ok(doubts)
}
