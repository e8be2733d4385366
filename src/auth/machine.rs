//! Sign-in without a person: client credentials, and a token from the environment.

use secrecy::{ExposeSecret as _, SecretString};

use super::code::{finish, tell_notes};
use super::discovery;
use super::error::AuthError;
use super::flow::{Answer, FlowEvent, Stage};
use super::note::Note;
use super::tokens::{SignedIn, Tokens};
use super::{grants, id_token};

/// Scope of client credentials; a refresh token is never given for them (platform-api §3.3).
const SCOPE: &str = "openid";

/// Client id and secret. The secret comes from the environment, or is asked for.
pub(crate) async fn client_credentials(stage: &mut Stage) -> Result<SignedIn, AuthError> {
    let client_id = stage.request.connection.client_id.clone().ok_or_else(|| AuthError::Incomplete {
        connection: stage.request.connection.name.clone(),
        what: "client",
        remedy: "Set `client_id` in the connection, or IDCONSOLE_CLIENT_ID.",
    })?;
    let metadata = discovery::platform(&stage.http, &stage.request.connection.base_url).await?;
    tell_notes(stage, &metadata);
    let scope = stage.request.connection.scope.clone().unwrap_or_else(|| SCOPE.to_owned());
    stage.begin(stage.request.connection.base_url.host(), Some(&client_id), &scope);
    let secret = match stage.request.prepared.client_secret.take() {
        Some(secret) => secret,
        None => ask_secret(stage, &client_id).await?,
    };
    let tokens = grants::client_credentials(
        &stage.http,
        stage.deps.clock.as_ref(),
        metadata.token()?,
        &client_id,
        &secret,
        &scope,
    )
    .await?;
    let mut signed_in = finish(stage, &metadata, Some(&client_id), None, tokens)?;
    signed_in.client_secret = Some(secret);
    signed_in.asked_scope = scope;
    Ok(signed_in)
}

async fn ask_secret(stage: &mut Stage, client_id: &str) -> Result<SecretString, AuthError> {
    stage.tell(FlowEvent::NeedClientSecret { client: client_id.to_owned() });
    stage
        .ask(|answer| match answer {
            Answer::ClientSecret(secret) => Some(secret),
            _ => None,
        })
        .await
}

/// The token as it was given. Nothing is asked of the network; its end is read from it where it is a JWT.
pub(crate) fn environment(stage: &mut Stage) -> Result<SignedIn, AuthError> {
    let token = stage
        .request
        .prepared
        .access_token
        .take()
        .ok_or(AuthError::EnvironmentToken("is not set; put a platform access token into it"))?;
    let text = token.expose_secret().trim();
    let text = text.strip_prefix("Bearer ").unwrap_or(text).trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(AuthError::EnvironmentToken(
            "holds spaces, line ends or other characters that no token has",
        ));
    }
    let token = SecretString::from(text);
    let base = &stage.request.connection.base_url;
    let expires_at = id_token::end(&token);
    if expires_at.is_some_and(|end| end <= stage.deps.clock.now()) {
        return Err(AuthError::EnvironmentToken("holds a token that has already ended; get a new one"));
    }
    stage.begin(base.host(), None, "");
    if let Some(claims) = id_token::claims(&token)
        && let Some(issuer) = claims.get("iss").and_then(serde_json::Value::as_str)
        && issuer != base.as_str()
    {
        stage.note(Note::Metadata(format!(
            "The token names {} as its issuer, not {base}.",
            crate::identity::text::shown(issuer)
        )));
    }
    Ok(SignedIn {
        connection: stage.request.connection.name.clone(),
        method: stage.request.connection.method,
        issuer: base.as_str().to_owned(),
        client_id: None,
        client_secret: None,
        token_endpoint: None,
        logout_endpoint: base.url().join("oauth2/logout").ok(),
        revocation_endpoint: None,
        asked_scope: String::new(),
        tokens: Tokens { access: token, refresh: None, id: None, expires_at, scope: None },
        idp_tokens: None,
    })
}
