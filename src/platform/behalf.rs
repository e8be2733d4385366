//! Reading on somebody's behalf (platform-api §1.10): what the platform lets a member do, asked of the platform.
//!
//! [`OnBehalf`] is no [`Client`]: it sends GET and nothing else, so that nothing can ever be written in another
//! person's name. Its one request is built here, from a GET that has no body.

use http::HeaderValue;
use serde::Deserialize;
use url::Url;

use super::client::{Client, check_id};
use super::error::{Error, Kind};
use super::pace::Cost;
use super::transport::{Answer, Ask};
use super::wire::WireReference;
use crate::identity::access::{AddressRule, Interaction, Policy, Rule};
use crate::identity::{MembershipId, Text};

/// The platform as a member would see it. It can only read.
#[derive(Debug, Clone)]
pub struct OnBehalf {
    client: Client,
    header: HeaderValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMe {
    access_policy: Option<WirePolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePolicy {
    #[serde(default)]
    resource: Vec<WireRule>,
    #[serde(default)]
    ip_access_rule: Vec<WireIpRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRule {
    resource_type: String,
    criteria: Option<Text>,
    #[serde(default)]
    readonly: bool,
    interaction: Option<Vec<String>>,
    /// The old way to say which records.
    compartment: Option<WireReference>,
    #[serde(default)]
    hidden_fields: Vec<Text>,
    #[serde(default)]
    readonly_fields: Vec<Text>,
}

#[derive(Deserialize)]
struct WireIpRule {
    value: Option<Text>,
    action: Option<Text>,
}

impl WireIpRule {
    /// Other actions than these two mean nothing to the platform.
    fn into_domain(self) -> Option<AddressRule> {
        let allow = match self.action?.raw() {
            "allow" => true,
            "block" => false,
            _ => return None,
        };
        Some(AddressRule { value: self.value?, allow })
    }
}

impl WireRule {
    fn into_domain(self) -> Rule {
        let interactions = match &self.interaction {
            Some(list) => {
                Interaction::ALL.into_iter().filter(|one| list.iter().any(|i| i == one.word())).collect()
            }
            None if self.readonly => vec![Interaction::Read, Interaction::Search],
            None => Interaction::ALL.to_vec(),
        };
        let compartment = self.compartment.and_then(WireReference::into_domain);
        let within = compartment.map(|of| Text::from(format!("_compartment={}/{}", of.kind, of.id)));
        Rule {
            kind: Text::from(self.resource_type),
            interactions,
            criteria: self.criteria.or(within),
            hidden: self.hidden_fields,
            readonly: self.readonly_fields,
        }
    }
}

impl WireMe {
    fn into_policy(self) -> Policy {
        let told = self.access_policy.is_some();
        let (resource, addresses) = self
            .access_policy
            .map_or_else(Default::default, |policy| (policy.resource, policy.ip_access_rule));
        Policy {
            address_rules: addresses.into_iter().filter_map(WireIpRule::into_domain).collect(),
            rules: resource.into_iter().map(WireRule::into_domain).collect(),
            told,
            admin_lines: true,
        }
    }
}

/// The resolved policy in an answer of `/auth/me`.
pub(super) fn policy_in(answer: &Answer) -> Result<Policy, Error> {
    Ok(answer.read::<WireMe>()?.into_policy())
}

impl Client {
    /// The platform as this member would see it; admins only. Nothing is sent yet.
    pub fn on_behalf_of(&self, member: &MembershipId) -> Result<OnBehalf, Error> {
        check_id("ProjectMembership", member.as_str())?;
        let header = HeaderValue::try_from(member.reference().to_string())
            .map_err(|_| Error::new(Kind::NotFound, "no membership has such an id"))?;
        Ok(OnBehalf { client: self.clone(), header })
    }
}

impl OnBehalf {
    /// The one way out of here.
    async fn get(&self, url: Url, cost: Cost) -> Result<Answer, Error> {
        self.client.send(Ask::get(url, cost).on_behalf_of(self.header.clone())).await
    }

    /// The member's resolved policy, the built-in entries of admins included (platform-api §4).
    pub async fn policy(&self) -> Result<Policy, Error> {
        let answer = self.get(self.client.at(&["auth", "me"]), Cost::Plain).await?;
        policy_in(&answer)
    }

    /// Whether they may search a type at all: a search that returns nothing.
    pub async fn search(&self, kind: &str) -> Result<(), Error> {
        check_id(kind, kind)?;
        let mut url = self.client.at(&["fhir", "R4", kind]);
        url.query_pairs_mut().append_pair("_count", "0");
        self.get(url, Cost::Search).await?.done()
    }

    /// Whether they may read one record. What it holds is not looked at.
    pub async fn read(&self, kind: &str, id: &str) -> Result<(), Error> {
        check_id(kind, kind)?;
        check_id(kind, id)?;
        self.get(self.client.at(&["fhir", "R4", kind, id]), Cost::Read).await?.done()
    }
}
