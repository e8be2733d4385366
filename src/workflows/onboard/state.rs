//! What is known of one partner so far. It is written to disk as it stands, so no secret has a place in it.

use std::collections::BTreeMap;

use base64::Engine as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::kinds::Idp;
use super::step::StepId;
use crate::identity::domain::Domain;
use crate::identity::provider::{IdentityProvider, RouteDraft};
use crate::identity::route_test::Outcome;
use crate::identity::sign_in::impact::Counts;
use crate::identity::text::Text;

/// What a person has answered.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// What the partner signs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<Idp>,
    /// Where it is: host, tenant or address, as its kind asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Text>,
    /// Addresses that count instead of those that discovery gives, for providers that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<Text>,
    /// See [`Answers::authorize_url`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_url: Option<Text>,
    /// See [`Answers::authorize_url`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_info_url: Option<Text>,
    /// The platform's client id there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<Text>,
    /// `client_secret_basic` or `client_secret_post`; the first where nothing is said (platform-api §9.4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_auth_method: Option<Text>,
    /// Whom the partner's people ask here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub our_contact: Option<Text>,
    /// Who looks after the provider there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub their_contact: Option<Text>,
    /// Why, for the journal and for whoever is asked to save it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// What a provider says about itself, as far as a route needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discovered {
    /// Where the browser is sent.
    pub authorize_url: Text,
    /// Where the code is swapped.
    pub token_url: Text,
    /// Who somebody is.
    pub user_info_url: Text,
    /// How it takes the client's secret, where that is not the usual way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_auth_method: Option<Text>,
    /// What is unusual about it, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The text for the partner was taken along.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandedOver {
    /// `clipboard`, or the name of a file.
    pub to: Text,
}

/// How the tests ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tested {
    /// The worst of all.
    pub outcome: Outcome,
    /// How many passed.
    pub passed: usize,
    /// What failed, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
    /// What is to be thought about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warned: Vec<String>,
}

/// How a test sign-in ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedIn {
    /// The provider let somebody in and said what the platform needs.
    pub worked: bool,
    /// Who it was and what the platform would make of it, or why it did not work; a sentence.
    pub said: String,
}

/// People who have no working way, as they were last counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeopleLeft {
    /// Members of the domain.
    pub members: usize,
    /// Of these, who will not get in, or of whom it cannot be told.
    pub left: usize,
}

/// How the route came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Saved {
    /// It was written from here; the journal entry says how.
    Route {
        /// Number of the journal entry.
        entry: i64,
    },
    /// A super admin was asked, with this file.
    Request {
        /// Where it was written.
        file: Text,
    },
    /// It is there; somebody else wrote it.
    Found,
}

/// What was seen of the first sign-ins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// People who came in by the provider since the route is there.
    pub people: usize,
    /// The last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
}

/// Something that was done, when, and on which answers it rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark<T> {
    /// When.
    pub at: Timestamp,
    /// Fingerprint of the answers.
    pub of: String,
    /// What it came to.
    pub what: T,
}

/// One partner. `Debug` holds nothing that may not be seen: no secret enters here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Of the form of this file; [`State::VERSION`].
    pub version: u32,
    /// Counts the times it was kept, so that nobody's answers are overwritten unseen.
    pub revision: u64,
    /// The platform's address.
    pub platform: Text,
    /// The mail domain in its wire form.
    pub domain: Text,
    /// When it was begun.
    pub started: Timestamp,
    /// When it was last changed.
    pub changed: Timestamp,
    /// Where the person is.
    pub at: StepId,
    /// What was answered.
    #[serde(default)]
    pub answers: Answers,
    /// [`StepId::Provider`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovered: Option<Mark<Discovered>>,
    /// [`StepId::HandOver`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over: Option<Mark<HandedOver>>,
    /// [`StepId::Tests`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Mark<Tested>>,
    /// [`StepId::SignIn`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<Mark<SignedIn>>,
    /// [`StepId::Impact`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Mark<Counts>>,
    /// [`StepId::People`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Mark<PeopleLeft>>,
    /// [`StepId::Save`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved: Option<Mark<Saved>>,
    /// [`StepId::Watch`]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched: Option<Mark<Watched>>,
    /// Steps that somebody decided to go on without, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<StepId, Mark<Text>>,
}

impl State {
    /// The form that this program writes.
    pub const VERSION: u32 = 1;

    /// Nothing but the domain.
    pub fn new(platform: &str, domain: &Domain, now: Timestamp) -> Self {
        Self {
            version: Self::VERSION,
            revision: 0,
            platform: Text::from(platform),
            domain: Text::from(domain.ascii()),
            started: now,
            changed: now,
            at: StepId::Provider,
            answers: Answers::default(),
            discovered: None,
            handed_over: None,
            tested: None,
            signed_in: None,
            impact: None,
            people: None,
            saved: None,
            watched: None,
            skipped: BTreeMap::new(),
        }
    }

    /// Where the provider sends people back to (platform-api §11).
    pub fn redirect_uri(&self) -> String {
        format!("{}auth/external", self.platform.raw())
    }

    /// What the provider calls itself; `None` while that is not known.
    pub fn issuer(&self) -> Option<String> {
        let idp = self.answers.idp?;
        idp.issuer(self.answers.place.as_ref().map_or("", Text::raw)).ok()
    }

    /// What discovery found, if it was about this issuer.
    pub fn discovery(&self) -> Option<&Discovered> {
        let found = self.discovered.as_ref()?;
        (found.of == self.print(StepId::Provider)).then_some(&found.what)
    }

    /// One of the three addresses: as it was typed, else as it was discovered.
    fn address(&self, typed: Option<&Text>, of: impl Fn(&Discovered) -> &Text) -> Option<Text> {
        typed.cloned().or_else(|| self.discovery().map(|found| of(found).clone()))
    }

    /// The route as it is wanted; `None` while something of it is missing.
    pub fn draft(&self) -> Option<RouteDraft> {
        let answers = &self.answers;
        Some(RouteDraft {
            domain: self.domain.clone(),
            provider: IdentityProvider {
                authorize_url: self.address(answers.authorize_url.as_ref(), |found| &found.authorize_url)?,
                token_url: self.address(answers.token_url.as_ref(), |found| &found.token_url)?,
                user_info_url: self.address(answers.user_info_url.as_ref(), |found| &found.user_info_url)?,
                client_id: answers.client_id.clone()?,
                use_subject: None,
                identity_source: None,
                identity_mapping_mode: None,
                token_auth_method: answers
                    .token_auth_method
                    .clone()
                    .or_else(|| self.discovery()?.token_auth_method.clone()),
                use_pkce: None,
                user_info_mode: None,
                user_info_key_set: false,
            },
            issuer: self.issuer().map(Text::from),
            post_login: Vec::new(),
        })
    }

    /// Fingerprint of the answers that a step rests on.
    pub fn print(&self, step: StepId) -> String {
        let answers = &self.answers;
        let text = |text: &Option<Text>| text.as_ref().map_or_else(String::new, |text| text.raw().to_owned());
        let idp = || answers.idp.map_or("", Idp::id).to_owned();
        let parts: Vec<String> = match step {
            StepId::Domain => vec![],
            StepId::Provider => vec![self.issuer().unwrap_or_default()],
            StepId::HandOver => {
                vec![idp(), self.redirect_uri(), text(&answers.our_contact), text(&answers.their_contact)]
            }
            StepId::Credentials
            | StepId::Tests
            | StepId::SignIn
            | StepId::Impact
            | StepId::People
            | StepId::Save
            | StepId::Watch => match self.draft() {
                Some(draft) => vec![
                    crate::identity::route_file::resource(&draft).to_string(),
                    draft.issuer.map_or_else(String::new, |issuer| issuer.raw().to_owned()),
                ],
                None => vec![],
            },
        };
        let mut hash = Sha256::new();
        let always = [self.domain.raw(), self.platform.raw()];
        for part in always.into_iter().chain(parts.iter().map(String::as_str)) {
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        // Half of it is plenty to tell answers apart.
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&hash.finalize()[..16])
    }

    /// A mark of now for this step.
    pub fn mark<T>(&self, step: StepId, now: Timestamp, what: T) -> Mark<T> {
        Mark { at: now, of: self.print(step), what }
    }
}
