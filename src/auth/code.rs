//! Authorization code with PKCE, state and nonce: what browser and paste-back have in common.

use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;
use url::Url;

use super::discovery::Metadata;
use super::error::{AuthError, Refusal};
use super::flow::Stage;
use super::grants::{self, OAuth};
use super::http::host_of;
use super::id_token::{self, Expected};
use super::note::Note;
use super::tokens::{SignedIn, Tokens};
use crate::identity::Text;

/// What an answer must carry to be ours.
#[derive(Debug, Clone)]
pub(crate) struct Expecting {
    /// `None` where the platform sends none back (platform-api §10.2 step 11): then only the verifier and the nonce of
    /// this attempt make anything of a code, and no error is believed.
    state: Option<SecretString>,
    /// `None` where it is not known who answers: then `iss` is not looked at.
    issuer: Option<String>,
    sends_iss: bool,
}

/// What an answer from the browser is worth.
#[derive(Debug)]
pub(crate) enum Judged {
    /// Not of this attempt: dropped, and the wait goes on (L4).
    NotOurs(&'static str),
    /// Of this attempt, and a failure (L5, L10).
    Failed(AuthError),
    /// Of this attempt: the code (L12).
    Code(SecretString),
}

impl Expecting {
    pub(crate) fn new(state: impl Into<SecretString>, metadata: &Metadata) -> Self {
        let (issuer, sends_iss) = (Some(metadata.issuer.clone()), metadata.sends_iss);
        Self { state: Some(state.into()), issuer, sends_iss }
    }

    /// An answer with this state, from whomever `metadata` describes, as far as that is known.
    pub(crate) fn from(state: impl Into<SecretString>, metadata: Option<&Metadata>) -> Self {
        match metadata {
            Some(metadata) => Self::new(state, metadata),
            None => Self { state: Some(state.into()), issuer: None, sends_iss: false },
        }
    }

    /// An answer that is bound by proof alone: PKCE and nonce (RFC 9700 §2.1.1, §4.7).
    pub(crate) fn by_proof() -> Self {
        Self { state: None, issuer: None, sends_iss: false }
    }

    #[cfg(test)]
    pub(crate) fn for_test(state: &str, issuer: &str) -> Self {
        Self { state: Some(state.into()), issuer: Some(issuer.to_owned()), sends_iss: false }
    }

    /// Judges the query of a redirect. Nothing in it counts before its state is right.
    pub(crate) fn judge(&self, query: &str) -> Judged {
        let (mut code, mut state, mut iss, mut error, mut words) = (None, None, None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let slot = match name.as_ref() {
                "code" => &mut code,
                "state" => &mut state,
                "iss" => &mut iss,
                "error" => &mut error,
                "error_description" => &mut words,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Judged::NotOurs("it names a parameter twice");
            }
        }
        match (&self.state, state.unwrap_or_default()) {
            (Some(own), came) if !bool::from(came.as_bytes().ct_eq(own.expose_secret().as_bytes())) => {
                return Judged::NotOurs("its state is not the one of this sign-in");
            }
            (None, came) if !came.is_empty() || error.is_some() => {
                return Judged::NotOurs("it carries a state or an error, and none was expected");
            }
            _ => {}
        }
        match iss {
            Some(iss) if self.issuer.as_ref().is_some_and(|issuer| *issuer != iss) => {
                return Judged::Failed(AuthError::NotOurs("it comes from another issuer"));
            }
            None if self.sends_iss => {
                return Judged::Failed(AuthError::NotOurs("it does not name its issuer as promised"));
            }
            _ => {}
        }
        if let Some(error) = error {
            let refusal = Refusal {
                status: 400,
                text: Text::from(words.unwrap_or_else(|| error.clone())),
                code: Text::from(error),
                field: None,
                request_id: None,
                reset: None,
            };
            let issuer = self.issuer.as_deref().unwrap_or_default();
            let host =
                Url::parse(issuer).map_or_else(|_| "The identity provider".to_owned(), |url| host_of(&url));
            return Judged::Failed(AuthError::Refused { host, refusal });
        }
        match code {
            Some(code) if !code.is_empty() => Judged::Code(code.into()),
            // Without a state nothing binds such an answer to this attempt.
            _ if self.state.is_none() => Judged::NotOurs("it carries no code"),
            _ => Judged::Failed(AuthError::NotOurs("it carries no code")),
        }
    }
}

/// One attempt: its secrets are new each time (L3, L4, L6). `Debug` shows none of them.
pub(crate) struct Attempt {
    metadata: Metadata,
    redirect: String,
    nonce: SecretString,
    verifier: PkceCodeVerifier,
    /// The address for the browser.
    pub(crate) url: String,
    /// What its answer must carry.
    pub(crate) expecting: Expecting,
}

impl Attempt {
    pub(crate) fn new(stage: &Stage, metadata: Metadata, redirect: String) -> Result<Self, AuthError> {
        metadata.require_s256()?;
        let unusable = || AuthError::Local {
            what: "The redirect address cannot be used".to_owned(),
            why: "not an address".to_owned(),
        };
        // The crate's verifier: 32 random bytes, 43 characters.
        let (proof, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = CsrfToken::new_random_len(32).into_secret();
        let client =
            OAuth::<oauth2::EndpointNotSet>::new(ClientId::new(stage.request.client_id().to_owned()))
                .set_auth_uri(AuthUrl::from_url(metadata.authorize()?.clone()))
                .set_redirect_uri(RedirectUrl::new(redirect.clone()).map_err(|_| unusable())?);
        let (url, state) = client
            .authorize_url(|| CsrfToken::new_random_len(32))
            .add_scopes(grants::scopes(stage.request.scope()))
            .set_pkce_challenge(proof)
            .add_extra_param("nonce", &nonce)
            .url();
        let expecting = Expecting::new(state.into_secret(), &metadata);
        Ok(Self { metadata, redirect, nonce: nonce.into(), verifier, url: url.into(), expecting })
    }

    /// Swaps the code for tokens; consumes the attempt, so a code is used once (L12).
    pub(crate) async fn redeem(self, stage: &Stage, code: SecretString) -> Result<SignedIn, AuthError> {
        let client_id = stage.request.client_id().to_owned();
        let token_endpoint = self.metadata.token()?.clone();
        let tokens = grants::code(
            &stage.http,
            stage.deps.clock.as_ref(),
            &token_endpoint,
            Some(&client_id),
            Some(&self.redirect),
            code,
            self.verifier,
        )
        .await?;
        finish(stage, &self.metadata, Some(&client_id), Some(&self.nonce), tokens)
    }
}

/// Checks the ID token and gathers what a session needs.
pub(crate) fn finish(
    stage: &Stage,
    metadata: &Metadata,
    client_id: Option<&str>,
    nonce: Option<&SecretString>,
    tokens: Tokens,
) -> Result<SignedIn, AuthError> {
    let asked_scope = stage.request.scope().to_owned();
    match &tokens.id {
        Some(id) => id_token::check(
            id,
            &Expected {
                issuer: &metadata.issuer,
                client_id,
                nonce: nonce.map(SecretString::expose_secret),
                access: &tokens.access,
                now: stage.deps.clock.now(),
            },
        )?,
        None if nonce.is_some() && asked_scope.split_whitespace().any(|scope| scope == "openid") => {
            return Err(AuthError::NotOurs("it brings no ID token"));
        }
        None => {}
    }
    Ok(SignedIn {
        connection: stage.request.connection.name.clone(),
        method: stage.request.connection.method,
        issuer: metadata.issuer.clone(),
        client_id: client_id.map(str::to_owned),
        client_secret: None,
        token_endpoint: metadata.token_endpoint.clone(),
        logout_endpoint: stage.request.connection.base_url.url().join("oauth2/logout").ok(),
        revocation_endpoint: metadata.revocation_endpoint.clone(),
        asked_scope,
        tokens,
        idp_tokens: None,
    })
}

/// Tells what is unusual about a server.
pub(crate) fn tell_notes(stage: &Stage, metadata: &Metadata) {
    for note in &metadata.notes {
        stage.note(Note::Metadata(note.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn expecting(sends_iss: bool) -> Expecting {
        Expecting { state: Some("s1".into()), issuer: Some("https://a.example/".to_owned()), sends_iss }
    }

    // L4, L10: without a state nothing but a code is taken, and that is worth nothing without the verifier.
    #[rstest]
    #[case("code=c&login=l", true)]
    #[case("code=c&state=x", false)]
    #[case("error=access_denied", false)]
    #[case("code=c&code=d", false)]
    fn an_answer_bound_by_proof_alone_is_a_code_or_nothing(#[case] query: &str, #[case] taken: bool) {
        let judged = Expecting::by_proof().judge(query);
        assert_eq!(matches!(judged, Judged::Code(_)), taken, "{judged:?}");
    }

    // L4
    #[rstest]
    #[case("")]
    #[case("code=c")]
    #[case("code=c&state=s2")]
    #[case("code=c&state=s1&state=s1")]
    #[case("error=access_denied")]
    #[case("error=access_denied&state=x")]
    fn nothing_counts_without_the_right_state(#[case] query: &str) {
        assert!(matches!(expecting(false).judge(query), Judged::NotOurs(_)), "{query}");
    }

    // L5
    #[rstest]
    #[case(false, "code=c&state=s1&iss=https%3A%2F%2Fb.example%2F")]
    #[case(false, "code=c&state=s1&iss=https%3A%2F%2Fa.example")]
    #[case(true, "code=c&state=s1")]
    fn a_wrong_or_missing_issuer_is_refused(#[case] promised: bool, #[case] query: &str) {
        assert!(matches!(expecting(promised).judge(query), Judged::Failed(AuthError::NotOurs(_))));
    }

    // L5
    #[test]
    fn the_right_issuer_passes() {
        let judged = expecting(true).judge("code=c&state=s1&iss=https%3A%2F%2Fa.example%2F");
        assert!(matches!(judged, Judged::Code(code) if code.expose_secret() == "c"));
    }

    // L10
    #[test]
    fn an_error_with_the_right_state_is_told_in_safe_words() {
        let judged = expecting(false).judge("error=access_denied&error_description=%1b%5B2Jno&state=s1");
        let Judged::Failed(error) = judged else { panic!("{judged:?}") };
        assert!(error.to_string().contains("\\x1b[2Jno"), "{error}");
    }

    // L12
    #[test]
    fn a_code_is_never_in_a_debug_form() {
        let judged = expecting(false).judge("code=hush&state=s1");
        assert!(!format!("{judged:?} {:?}", expecting(false)).contains("hush"));
    }
}
