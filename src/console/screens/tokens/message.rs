//! What the token lab wants from the outside, and what comes back. Tokens stay in their `Secret`.

use std::path::PathBuf;

use crate::console::failure::Failure;
use crate::identity::{MembershipId, Reference};
use crate::token::extract::{Extracted, Paste};
use crate::workflows::token_lab::{Event, Own, Tried, Why};

/// A token that is held, a judging, or something that is fetched: each number is used once, whoever is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Number(pub u64);

/// What is to be judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Which of those that are held.
    pub number: Number,
    /// Which judging of it.
    pub round: Number,
    /// The token; a request that signs in by `Basic` has none.
    pub given: Option<Extracted>,
    /// What was tried with it.
    pub tried: Tried,
}

/// What the token lab wants from the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenEffect {
    /// Say whether it is true and why it is refused.
    Judge(Box<Asked>),
    /// From now on this host may be contacted, and shown tokens of its own.
    Agree {
        /// Which of those that are held it is for.
        number: Number,
        /// The host, as [`crate::workflows::token_lab::Needs`] names it.
        host: String,
    },
    /// Hand over the tokens of one's own session: all, or the access token alone.
    Own {
        /// Which question it is.
        asked: Number,
        /// To compare with, and not to be looked at by itself.
        to_compare: bool,
    },
    /// Take the tokens of a file.
    Read {
        /// Which question it is.
        asked: Number,
        /// The file.
        path: PathBuf,
    },
    /// Keep an eye on it.
    Watch {
        /// Which.
        number: Number,
        /// The token.
        given: Extracted,
    },
    /// Stop keeping an eye on it.
    Unwatch(Number),
    /// Stop everything about it.
    Drop(Number),
    /// Whose record a reference is.
    Find {
        /// Which question it is.
        asked: Number,
        /// The record.
        reference: Reference,
    },
    /// Stop everything and forget what was agreed to: somebody else signs in.
    Forget,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenMsg {
    /// Tokens from elsewhere: a file, the flow lab.
    Brought {
        /// The question, where one was asked.
        asked: Option<Number>,
        /// The tokens.
        paste: Paste,
    },
    /// There were none.
    NotBrought {
        /// The question.
        asked: Number,
        /// Why, in a sentence.
        why: String,
    },
    /// Those of one's own session.
    Own {
        /// The question, where one was asked.
        asked: Option<Number>,
        /// Which, and the token.
        tokens: Vec<(Own, Extracted)>,
        /// There is a refresh token too; it stays where it is.
        refresh: bool,
        /// The first is to be compared with.
        to_compare: bool,
    },
    /// The host was agreed to: it is judged anew.
    Agreed(Number),
    /// What it comes to.
    Judged {
        /// Which.
        number: Number,
        /// Which judging of it; an answer to an older one is dropped.
        round: Number,
        /// The answer.
        judged: Result<Box<Why>, Failure>,
    },
    /// Something happened to a token that is watched.
    Watched {
        /// To which.
        number: Number,
        /// What.
        event: Event,
    },
    /// It cannot be watched; why.
    NotWatched(Number, String),
    /// Whose record it is, or why that is not known.
    Found {
        /// The question.
        asked: Number,
        /// The record.
        reference: Reference,
        /// The member, or why that is not known.
        found: Result<MembershipId, String>,
    },
}

impl TokenMsg {
    /// Nothing that is shown elsewhere than on the screen itself.
    pub(in crate::console) fn is_quiet(&self) -> bool {
        matches!(self, Self::Watched { event: Event::Alive | Event::Begins { .. }, .. })
    }
}
