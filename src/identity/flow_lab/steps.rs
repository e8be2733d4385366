//! What is tried, and the steps of it.

use serde::{Deserialize, Serialize};

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A sign-in at an identity provider with a configuration of the platform's, saved or not.
    Idp,
    /// Three-legged, through the platform (platform-api §3.2, §10.2).
    ThreeLegged,
    /// An identity provider's token for the platform's (RFC 8693; platform-api §10.3).
    Exchange,
    /// A code on another device (RFC 8628).
    Device,
}

impl Kind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Idp, Self::ThreeLegged, Self::Exchange, Self::Device];

    /// The word of the command and of JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Idp => "idp",
            Self::ThreeLegged => "three-legged",
            Self::Exchange => "exchange",
            Self::Device => "device",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Idp => "Test sign-in at the identity provider",
            Self::ThreeLegged => "Three-legged, through the platform",
            Self::Exchange => "Token exchange",
            Self::Device => "Device sign-in",
        }
    }

    /// One line of explanation.
    pub fn help(self) -> &'static str {
        match self {
            Self::Idp => "what its tokens say, and what the platform would make of it",
            Self::ThreeLegged => "the seven steps of an app's sign-in, as they happen",
            Self::Exchange => "a token of the identity provider for one of the platform, side by side",
            Self::Device => "a code here, the sign-in on another device, poll by poll",
        }
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Not begun.
    Waiting,
    /// At it.
    Running,
    /// It holds.
    Done,
    /// The sign-in ends here.
    Failed,
    /// Not needed here; the words say why.
    Skipped,
    /// What happened cannot be seen from here.
    Unknown,
}

impl Status {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "could not tell",
        }
    }
}

/// A step of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepId {
    /// The identity provider's metadata.
    Discovery,
    /// The authorize request at the identity provider.
    Ask,
    /// The person signs in there.
    SignIn,
    /// The browser comes back with a code.
    Return,
    /// A code for a device.
    DeviceCode,
    /// Asking until the person is done.
    Poll,
    /// The code becomes tokens.
    Redeem,
    /// The ID token's signature and what binds it to this attempt.
    Verify,
    /// What userinfo says.
    Userinfo,
    /// What the platform makes of it, by the doctor.
    Judge,
    /// Seven steps, 1: the platform accepts the authorize request.
    Authorize,
    /// 2: where the address goes.
    Route,
    /// 3: the person signs in.
    Person,
    /// 4: the identity provider returns to the platform with its code.
    IdpReturns,
    /// 5: the platform swaps that code and finds the user.
    Swap,
    /// 6: the platform returns to the app with its own code.
    PlatformReturns,
    /// 7: the code becomes tokens, and `/auth/me` says whose.
    Tokens,
    /// A token of the identity provider is at hand.
    Subject,
    /// The platform swaps it.
    Exchange,
    /// `/auth/me` says who signed in.
    Who,
}

impl StepId {
    /// The title on the ladder.
    pub fn title(self) -> &'static str {
        match self {
            Self::Discovery => "What the provider says of itself",
            Self::Ask => "The sign-in is asked for",
            Self::SignIn => "The person signs in there",
            Self::Return => "The browser comes back with a code",
            Self::DeviceCode => "A code for the other device",
            Self::Poll => "Asking until the person is done",
            Self::Redeem | Self::Tokens => "The code becomes tokens",
            Self::Verify => "The ID token is what it says",
            Self::Userinfo => "Userinfo says who it is",
            Self::Judge => "What the platform makes of it",
            Self::Authorize => "The platform accepts the request",
            Self::Route => "Where the address goes",
            Self::Person => "The person signs in",
            Self::IdpReturns => "The identity provider returns a code",
            Self::Swap => "The platform swaps it, finds the user",
            Self::PlatformReturns => "The platform returns its own code",
            Self::Subject => "A token of the identity provider",
            Self::Exchange => "The platform swaps it",
            Self::Who => "Who signed in",
        }
    }

    /// The seven steps of the three-legged sign-in.
    pub const THREE_LEGGED: [Self; 7] = [
        Self::Authorize,
        Self::Route,
        Self::Person,
        Self::IdpReturns,
        Self::Swap,
        Self::PlatformReturns,
        Self::Tokens,
    ];

    /// A test sign-in at the identity provider by the browser.
    pub const IDP: [Self; 8] = [
        Self::Discovery,
        Self::Ask,
        Self::SignIn,
        Self::Return,
        Self::Redeem,
        Self::Verify,
        Self::Userinfo,
        Self::Judge,
    ];

    /// The same by a device.
    pub const IDP_DEVICE: [Self; 6] =
        [Self::Discovery, Self::DeviceCode, Self::Poll, Self::Verify, Self::Userinfo, Self::Judge];

    /// Token exchange with a token that is at hand.
    pub const EXCHANGE: [Self; 5] = [Self::Subject, Self::Userinfo, Self::Judge, Self::Exchange, Self::Who];

    /// Token exchange with a token that a device sign-in brings.
    pub const EXCHANGE_DEVICE: [Self; 8] = [
        Self::Discovery,
        Self::DeviceCode,
        Self::Poll,
        Self::Subject,
        Self::Userinfo,
        Self::Judge,
        Self::Exchange,
        Self::Who,
    ];

    /// Device sign-in.
    pub const DEVICE: [Self; 6] =
        [Self::Discovery, Self::DeviceCode, Self::Poll, Self::Verify, Self::Userinfo, Self::Who];
}
