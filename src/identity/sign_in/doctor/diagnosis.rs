//! How a sign-in ends, step by step.

use serde::Serialize;

use super::attempt::Flow;
use super::facts::Source;
use crate::identity::id::{MembershipId, Reference, UserId};
use crate::identity::text::Text;

/// A step of the procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepId {
    /// What is typed must be an address.
    Address,
    /// Where the address is sent.
    Route,
    /// The client application.
    Client,
    /// Which IdP.
    Provider,
    /// Whether it can be spoken to.
    Token,
    /// By which claim the person is recognised.
    Identity,
    /// The address must belong to the domain.
    Domain,
    /// Which project is known.
    Project,
    /// What the app sends for PKCE; told only where it is not as it should be.
    Pkce,
    /// Who is found.
    User,
    /// Whether a password can be checked.
    Password,
    /// Where the user may go.
    Membership,
    /// A project may let in through Google only.
    Google,
    /// The member's own configuration must be there.
    Configuration,
    /// Access policies must be there.
    Policy,
    /// Rules about internet addresses.
    Ip,
    /// The second factor.
    Factor,
    /// Where the browser is sent back to; told only where it is given.
    Redirect,
}

impl StepId {
    /// The word used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Route => "route",
            Self::Client => "client",
            Self::Provider => "provider",
            Self::Token => "token",
            Self::Identity => "identity",
            Self::Domain => "domain",
            Self::Project => "project",
            Self::Pkce => "pkce",
            Self::Redirect => "redirect",
            Self::User => "user",
            Self::Password => "password",
            Self::Membership => "membership",
            Self::Google => "google",
            Self::Configuration => "configuration",
            Self::Policy => "policy",
            Self::Ip => "ip",
            Self::Factor => "factor",
        }
    }

    /// The title on the ladder.
    pub fn title(self) -> &'static str {
        match self {
            Self::Address => "What is typed is an address",
            Self::Route => "Where the address is sent",
            Self::Client => "The client application",
            Self::Provider => "Which identity provider",
            Self::Token => "What the identity provider says",
            Self::Identity => "By what the person is recognised",
            Self::Domain => "The address belongs to the domain",
            Self::Project => "Which project is known",
            Self::Pkce => "What the app sends for PKCE",
            Self::Redirect => "The address to return to is registered",
            Self::User => "The user is found",
            Self::Password => "A password can be checked",
            Self::Membership => "An active membership",
            Self::Google => "The project lets this way in",
            Self::Configuration => "The user configuration is there",
            Self::Policy => "The access policies are there",
            Self::Ip => "The internet address is allowed",
            Self::Factor => "The second factor",
        }
    }

    /// Every step of a flow, in the platform's order.
    pub fn of(flow: Flow) -> &'static [Self] {
        match flow {
            Flow::Browser => &[
                Self::Route,
                Self::Client,
                Self::Provider,
                Self::Token,
                Self::Identity,
                Self::Domain,
                Self::Project,
                Self::User,
                Self::Membership,
                Self::Google,
                Self::Configuration,
                Self::Policy,
                Self::Ip,
            ],
            Flow::Exchange | Flow::LegacyExchange => &[
                Self::Client,
                Self::Provider,
                Self::Token,
                Self::Identity,
                Self::Project,
                Self::User,
                Self::Membership,
                Self::Google,
                Self::Configuration,
                Self::Policy,
                Self::Ip,
            ],
            Flow::Password => &[
                Self::Address,
                Self::Client,
                Self::Project,
                Self::User,
                Self::Password,
                Self::Membership,
                Self::Google,
                Self::Configuration,
                Self::Policy,
                Self::Ip,
                Self::Factor,
            ],
            Flow::Google => &[
                Self::Client,
                Self::Project,
                Self::Identity,
                Self::Route,
                Self::User,
                Self::Membership,
                Self::Configuration,
                Self::Policy,
                Self::Ip,
            ],
            Flow::Bearer => &[Self::Provider, Self::Identity, Self::Membership],
        }
    }
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Fine.
    Passed,
    /// The sign-in ends here.
    Failed,
    /// What it rests on cannot be seen.
    Unknown,
    /// Not reached, or not asked in this flow.
    Skipped,
}

impl Status {
    /// The word used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What was seen, in words.
    pub what: String,
    /// The record, to open it.
    pub record: Option<Reference>,
    /// Through which window, and when; `None` for what was given.
    pub source: Option<Source>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Which.
    pub id: StepId,
    /// How it went.
    pub status: Status,
    /// What it came to, as a sentence.
    pub detail: String,
    /// What was looked at.
    pub evidence: Vec<Evidence>,
}

/// In or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The platform recognises the person.
    Success,
    /// It does not.
    Failure,
    /// Something that could change it cannot be seen.
    Unknown,
}

impl Verdict {
    /// The word used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

/// What the platform asks for after it has recognised the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// Nothing: the person is in.
    None,
    /// Which membership.
    ChooseProfile,
    /// A code, or enrolment of a factor; the step says which.
    Mfa,
}

impl Next {
    /// The word used in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ChooseProfile => "choose-profile",
            Self::Mfa => "mfa",
        }
    }
}

/// How it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// In or out.
    pub verdict: Verdict,
    /// The platform's own text for a failure, letter for letter.
    pub message: Option<&'static str>,
    /// Status of the answer.
    pub http_status: Option<u16>,
    /// Who signs in.
    pub user: Option<UserId>,
    /// As whom; `None` where several could be meant and the platform asks.
    pub membership: Option<MembershipId>,
    /// What is asked for next.
    pub next: Next,
}

impl Outcome {
    pub(crate) fn refused(message: &'static str, status: u16) -> Self {
        Self {
            verdict: Verdict::Failure,
            message: Some(message),
            http_status: Some(status),
            user: None,
            membership: None,
            next: Next::None,
        }
    }

    pub(super) fn unknown() -> Self {
        Self {
            verdict: Verdict::Unknown,
            message: None,
            http_status: None,
            user: None,
            membership: None,
            next: Next::None,
        }
    }

    /// True when the person gets in, whatever is asked on the way.
    pub fn is_success(&self) -> bool {
        self.verdict == Verdict::Success
    }
}

/// Something unseen that could change how it ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// At which step.
    pub step: StepId,
    /// What would have to be known: "whether a password is set".
    pub what: String,
    /// Why it is not.
    pub why: String,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// How it ends; unknown when something unseen can change it.
    pub outcome: Outcome,
    /// Where that is unknown: how it ends if nothing unseen is out of the ordinary.
    pub likely: Option<Outcome>,
    /// Every step of the flow, in order.
    pub steps: Vec<Step>,
    /// What is unseen and could change it.
    pub doubts: Vec<Doubt>,
    /// What does not stop the sign-in and should be known.
    pub notes: Vec<String>,
    /// What to do about the step that fails, in words; changes that mend it are told apart ([`super::fixes`]).
    pub advice: Vec<String>,
    /// The person's name, where somebody signs in.
    pub name: Option<Text>,
}

impl Diagnosis {
    /// The step that ends it.
    pub fn failed(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.status == Status::Failed)
    }

    /// What is to be expected: the outcome, or the likely one where that is unknown.
    pub fn expected(&self) -> &Outcome {
        self.likely.as_ref().unwrap_or(&self.outcome)
    }

    /// What happens, without what is not known: "probably signs in as Jane Smith".
    pub fn gist(&self) -> String {
        let probably = if self.likely.is_some() { "probably " } else { "" };
        format!("{probably}{}", self.ending())
    }

    /// One sentence: what happens, and what is not known.
    pub fn sentence(&self) -> String {
        if self.likely.is_none() {
            return self.ending();
        }
        let doubts: Vec<&str> = self.doubts.iter().map(|doubt| doubt.what.as_str()).collect();
        format!("{}; not known: {}", self.gist(), doubts.join("; "))
    }

    /// How what is expected ends.
    fn ending(&self) -> String {
        let who = || self.name.as_ref().map_or_else(String::new, |name| format!(" as {name}"));
        let outcome = self.expected();
        match (outcome.verdict, outcome.next) {
            (Verdict::Success, Next::None) => format!("signs in{}", who()),
            (Verdict::Success, Next::ChooseProfile) => {
                "is recognised and asked which membership to go on with".to_owned()
            }
            (Verdict::Success, Next::Mfa) => format!("is recognised{} and asked for a second factor", who()),
            (Verdict::Failure | Verdict::Unknown, _) => match outcome.message {
                Some(message) => format!("is refused: {message}"),
                None => "cannot be followed to the end".to_owned(),
            },
        }
    }
}
