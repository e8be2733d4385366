//! Whom a route is about: people with an address of its domain, as far as they are quickly read.

use std::collections::BTreeSet;

use crate::identity::{Text, User};
use crate::workflows::engine::Engine;
use crate::workflows::remote::Trouble;

/// Users that are read for it.
const MOST: usize = 5000;
/// Addresses that are named.
const NAMED: usize = 3;

/// The people of a domain.
#[derive(Debug, Default)]
pub(super) struct Affected {
    /// How many.
    pub people: usize,
    /// Some of their addresses.
    pub named: Vec<Text>,
    /// There are more users than were read.
    pub more: bool,
    /// Every domain that is in use.
    pub domains: Vec<Text>,
}

/// Reads it.
pub(super) async fn affected(engine: &Engine, domain: &Text) -> Result<Affected, Trouble> {
    let (users, all) = engine.remote.users(MOST).await?;
    let mut found = Affected { more: !all, ..Affected::default() };
    let wanted = domain.raw().to_lowercase();
    let mut domains = BTreeSet::new();
    for user in &users {
        let Some(own) = domain_of(user) else { continue };
        if own == wanted {
            found.people += 1;
            if found.named.len() < NAMED {
                found.named.extend(user.email.clone());
            }
        }
        domains.insert(own);
    }
    found.domains = domains.into_iter().map(Text::from).collect();
    Ok(found)
}

fn domain_of(user: &User) -> Option<String> {
    let (_, domain) = user.email.as_ref()?.raw().rsplit_once('@')?;
    Some(domain.to_lowercase())
}

impl Affected {
    /// `nobody`, `1 person`, `at least 7 people`, with the domain.
    pub fn count(&self, domain: &Text) -> String {
        let at_least = if self.more { "at least " } else { "" };
        match self.people {
            0 if self.more => format!("nobody among the first {MOST} users has an address of {domain}"),
            0 => format!("nobody has an address of {domain} yet"),
            1 => format!("{at_least}1 person has an address of {domain}"),
            n => format!("{at_least}{n} people have an address of {domain}"),
        }
    }

    /// With some of their addresses.
    pub fn named(&self, domain: &Text) -> String {
        let named: Vec<String> = self.named.iter().map(ToString::to_string).collect();
        match (&*named, self.people) {
            ([], _) => self.count(domain),
            (named, people) if people > named.len() => {
                format!("{}: {} …", self.count(domain), named.join(", "))
            }
            (named, _) => format!("{}: {}", self.count(domain), named.join(", ")),
        }
    }
}
