//! What a sign-in tells on the way without stopping.

use std::fmt;

use crate::identity::Text;

/// Something worth telling that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A request to the loopback address was ignored (L9) or did not carry our state (L4).
    Ignored(&'static str),
    /// The server's metadata is unusual (M6, L3).
    Metadata(String),
    /// The email's domain signs in elsewhere; a password may still work (platform-api §3.1).
    RoutedDomain(Text),
    /// This session will not be renewable, and why.
    NoRenewal(super::Renewal),
    /// Who acts for whom after a token exchange (X1).
    Acting(super::acting::Acting),
    /// Fewer scopes were granted than asked for (F1).
    Narrowed {
        /// Asked for.
        asked: String,
        /// Granted.
        granted: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ignored(why) => write!(f, "An answer was ignored: {why}."),
            Self::Metadata(what) => f.write_str(what),
            Self::RoutedDomain(domain) => write!(
                f,
                "{domain} signs in at its own identity provider; a password works only if this user has one here."
            ),
            Self::Acting(acting) => write!(f, "{acting}"),
            Self::NoRenewal(why) => write!(f, "This session cannot be renewed: {why}."),
            Self::Narrowed { asked, granted } => {
                write!(f, "Asked for “{asked}”, granted “{}”.", crate::identity::text::shown(granted))
            }
        }
    }
}

/// Why the next poll is when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollReason {
    /// The usual interval.
    Pending,
    /// The server asked for longer intervals.
    SlowedDown,
    /// The server did not answer.
    NoAnswer,
}
