//! The token endpoint's grants, by the `oauth2` crate over our own transport.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthorizationCode, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ExtraTokenFields,
    HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::error::AuthError;
use super::http::{Answered, Http, host_of};
use super::tokens::Tokens;
use crate::ports::Clock;

/// What the platform adds to a token answer, as far as it is used here.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct More {
    id_token: Option<String>,
}

impl std::fmt::Debug for More {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("More").finish_non_exhaustive()
    }
}

impl ExtraTokenFields for More {}

/// A token answer.
pub(crate) type TokenAnswer = StandardTokenResponse<More, BasicTokenType>;

/// A client of the `oauth2` crate that answers with [`TokenAnswer`].
pub(crate) type OAuth<Device = EndpointNotSet, Token = EndpointNotSet> = Client<
    BasicErrorResponse,
    TokenAnswer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    Device,
    EndpointNotSet,
    EndpointNotSet,
    Token,
>;

/// A client that knows the token endpoint. No client is the empty one, which is never sent.
pub(crate) fn oauth(client_id: Option<&str>, token_endpoint: &Url) -> OAuth<EndpointNotSet, EndpointSet> {
    OAuth::new(ClientId::new(client_id.unwrap_or_default().to_owned()))
        .set_token_uri(TokenUrl::from_url(token_endpoint.clone()))
}

/// The transport for a grant: whatever is not a success becomes our error, with all that the platform said.
pub(crate) struct Strict(pub(crate) Http);

impl<'c> oauth2::AsyncHttpClient<'c> for Strict {
    type Error = AuthError;
    type Future = BoxFuture<'c, Result<HttpResponse, AuthError>>;

    fn call(&'c self, request: oauth2::HttpRequest) -> Self::Future {
        Box::pin(async move {
            let host = host_in(&request);
            let answer = self.0.oauth(request).await?;
            if answer.is_success() { response(&answer, &host) } else { Err(answer.refused(host)) }
        })
    }
}

/// Host of a request that the `oauth2` crate made.
pub(crate) fn host_in(request: &oauth2::HttpRequest) -> String {
    request.uri().authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default()
}

/// An answer in the `oauth2` crate's form.
pub(crate) fn response(answer: &Answered, host: &str) -> Result<HttpResponse, AuthError> {
    http::Response::builder()
        .status(answer.status)
        .header(http::header::CONTENT_TYPE, &answer.content_type)
        .body(answer.body.clone())
        .map_err(|_| AuthError::Unreadable {
            host: host.to_owned(),
            what: "its headers are malformed".to_owned(),
        })
}

/// The `oauth2` crate's failure as ours. Its parse error holds the body, so it is not passed on.
pub(crate) fn failed<T>(host: &str, error: RequestTokenError<AuthError, T>) -> AuthError
where
    T: oauth2::ErrorResponse + 'static,
{
    match error {
        RequestTokenError::Request(own) => own,
        RequestTokenError::ServerResponse(_) | RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            AuthError::Unreadable {
                host: host.to_owned(),
                what: "expected `access_token` and `token_type` in JSON".to_owned(),
            }
        }
    }
}

/// The answer in our terms. Only bearer tokens are of use.
pub(crate) fn tokens(answer: &TokenAnswer, host: &str, clock: &dyn Clock) -> Result<Tokens, AuthError> {
    if !matches!(answer.token_type(), BasicTokenType::Bearer) {
        return Err(AuthError::Unreadable {
            host: host.to_owned(),
            what: "expected a bearer token".to_owned(),
        });
    }
    let expires_at = answer
        .expires_in()
        .and_then(|left| SignedDuration::try_from(left).ok())
        .and_then(|left| clock.now().checked_add(left).ok());
    Ok(Tokens {
        access: answer.access_token().secret().as_str().into(),
        refresh: answer.refresh_token().map(|token| token.secret().as_str().into()),
        id: answer.extra_fields().id_token.as_deref().map(SecretString::from),
        expires_at,
        scope: answer
            .scopes()
            .map(|scopes| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")),
    })
}

/// A code for tokens, with the verifier of this attempt (L3, L12).
pub(crate) async fn code(
    http: &Http,
    clock: &dyn Clock,
    token_endpoint: &Url,
    client_id: Option<&str>,
    redirect: Option<&str>,
    code: SecretString,
    verifier: PkceCodeVerifier,
) -> Result<Tokens, AuthError> {
    let host = host_of(token_endpoint);
    let mut client = oauth(client_id, token_endpoint);
    if let Some(redirect) = redirect {
        let url = RedirectUrl::new(redirect.to_owned())
            .map_err(|_| AuthError::NotOurs("its redirect address is malformed"))?;
        client = client.set_redirect_uri(url);
    }
    let send = Strict(http.clone());
    let answer = client
        .exchange_code(AuthorizationCode::new(code.expose_secret().to_owned()))
        .set_pkce_verifier(verifier)
        .request_async(&send)
        .await
        .map_err(|error| failed(&host, error))?;
    tokens(&answer, &host, clock)
}

/// A refresh token for new tokens.
pub(crate) async fn refresh(
    http: &Http,
    clock: &dyn Clock,
    token_endpoint: &Url,
    client_id: Option<&str>,
    token: &SecretString,
) -> Result<Tokens, AuthError> {
    let host = host_of(token_endpoint);
    let client = oauth(client_id, token_endpoint);
    let token = RefreshToken::new(token.expose_secret().to_owned());
    let send = Strict(http.clone());
    let answer = client
        .exchange_refresh_token(&token)
        .request_async(&send)
        .await
        .map_err(|error| failed(&host, error))?;
    tokens(&answer, &host, clock)
}

/// Client id and secret for a token.
pub(crate) async fn client_credentials(
    http: &Http,
    clock: &dyn Clock,
    token_endpoint: &Url,
    client_id: &str,
    secret: &SecretString,
    scope: &str,
) -> Result<Tokens, AuthError> {
    let host = host_of(token_endpoint);
    let client = oauth(Some(client_id), token_endpoint)
        .set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
    let send = Strict(http.clone());
    let answer = client
        .exchange_client_credentials()
        .add_scopes(scopes(scope))
        .request_async(&send)
        .await
        .map_err(|error| failed(&host, error))?;
    tokens(&answer, &host, clock)
}

/// Scopes one by one.
pub(crate) fn scopes(scope: &str) -> impl Iterator<Item = Scope> + '_ {
    scope.split_whitespace().map(|one| Scope::new(one.to_owned()))
}

/// True when something that was asked for is missing from what was granted (F1).
pub(crate) fn narrower(asked: &str, granted: &str) -> bool {
    let granted: BTreeSet<&str> = granted.split_whitespace().collect();
    asked.split_whitespace().any(|scope| !granted.contains(scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    // F1
    #[test]
    fn a_missing_scope_is_noticed_and_a_further_one_is_not() {
        assert!(narrower("openid offline_access", "openid"));
        assert!(!narrower("openid", "email openid"));
    }
}
