//! The tokens of one's own session.

use crate::auth::Session;
use crate::identity::Secret;
use crate::token::extract::Extracted;

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Own {
    /// What requests go with.
    Access,
    /// Who signed in.
    Id,
    /// The identity provider's access token of a sign-in with exchange.
    IdpAccess,
    /// The identity provider's ID token of a sign-in with exchange.
    IdpId,
}

impl Own {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Access => "your session's access token",
            Self::Id => "your session's ID token",
            Self::IdpAccess => "the identity provider's access token of your session",
            Self::IdpId => "the identity provider's ID token of your session",
        }
    }
}

/// The tokens that there are. The refresh token is not among them: it is kept for renewing and shown to nobody.
pub fn own(session: &Session) -> Vec<(Own, Extracted)> {
    let (tokens, idp) = (session.tokens(), session.idp_tokens());
    let found = [
        (Own::Access, Some(tokens.access)),
        (Own::Id, tokens.id),
        (Own::IdpAccess, idp.as_ref().map(|tokens| tokens.access.clone())),
        (Own::IdpId, idp.and_then(|tokens| tokens.id)),
    ];
    found
        .into_iter()
        .filter_map(|(which, token)| {
            Some((which, Extracted { token: Secret::from(token?), from: which.words().to_owned() }))
        })
        .collect()
}
