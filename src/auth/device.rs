//! The device flow (RFC 8628): a code here, the sign-in on any other device.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use jiff::Timestamp;
use oauth2::{
    AsyncHttpClient, AuthType, ClientSecret, DeviceAuthorizationUrl, DeviceCodeErrorResponseType,
    HttpRequest, HttpResponse, RequestTokenError, StandardDeviceAuthorizationResponse,
};
use url::Url;

use super::code::{finish, tell_notes};
use super::discovery::{self, Metadata};
use super::error::AuthError;
use super::flow::{FlowEvent, Stage};
use super::grants::{self, Strict, failed, host_in, response};
use super::http::host_of;
use super::note::PollReason;
use super::tokens::{SignedIn, Tokens};
use crate::identity::Text;

/// Longest time between two polls when the server does not answer (D4).
const LONGEST_BACKOFF: Duration = Duration::from_mins(2);

/// Device flow at the platform; only where it offers one (D1).
pub(crate) async fn at_platform(stage: &mut Stage) -> Result<SignedIn, AuthError> {
    let metadata = discovery::platform(&stage.http, &stage.request.connection.base_url).await?;
    tell_notes(stage, &metadata);
    let client = stage.request.client_id().to_owned();
    let scope = stage.request.scope().to_owned();
    let tokens = grant(stage, &metadata, &client, None, &scope).await?;
    finish(stage, &metadata, Some(&client), None, tokens)
}

/// The secret of a confidential client.
pub(crate) struct Confidential<'a> {
    pub(crate) secret: &'a str,
    /// In the form, else in a Basic header.
    pub(crate) in_form: bool,
}

/// Asks for a code, shows it, and polls until the person has signed in, refused, or the time is over.
pub(crate) async fn grant(
    stage: &Stage,
    metadata: &Metadata,
    client_id: &str,
    confidential: Option<Confidential<'_>>,
    scope: &str,
) -> Result<Tokens, AuthError> {
    let device_endpoint = metadata.device()?;
    let token_endpoint = metadata.token()?;
    let clock = stage.deps.clock.as_ref();
    let host = host_of(device_endpoint);
    stage.begin(host.clone(), Some(client_id), scope);
    let mut client = grants::oauth(Some(client_id), token_endpoint)
        .set_device_authorization_url(DeviceAuthorizationUrl::from_url(device_endpoint.clone()))
        .set_auth_type(AuthType::RequestBody);
    if let Some(Confidential { secret, in_form }) = confidential {
        client = client.set_client_secret(ClientSecret::new(secret.to_owned()));
        if !in_form {
            client = client.set_auth_type(AuthType::BasicAuth);
        }
    }
    let send = Strict(stage.http.clone());
    let details: StandardDeviceAuthorizationResponse = client
        .exchange_device_code()
        .add_scopes(grants::scopes(scope))
        .request_async(&send)
        .await
        .map_err(|error| device_answer(&host, error))?;

    // D7
    let uri: &Url = details.verification_uri().url();
    let complete = details.verification_uri_complete().map(|uri| uri.secret().as_str());
    let all_trusted = stage.http.trusts(uri)
        && complete.is_none_or(|text| Url::parse(text).is_ok_and(|url| stage.http.trusts(&url)));
    if !all_trusted {
        return Err(AuthError::Metadata {
            issuer: metadata.issuer.clone(),
            what: "the address at which it wants the code typed is not https".to_owned(),
        });
    }
    let expires_at = stage.deps.after(details.expires_in());
    stage.tell(FlowEvent::ShowCode {
        user_code: Text::from(details.user_code().secret().as_str()),
        verification_uri: Text::from(details.verification_uri().as_str()),
        complete: complete.map(Text::from),
        host: host_of(uri),
        client: client_id.to_owned(),
        scope: scope.to_owned(),
        expires_at,
        next_poll_at: stage.deps.after(details.interval()),
    });

    // D2: not even the first look comes early.
    stage.deps.pause.pause(details.interval()).await;
    let left = Duration::try_from(clock.now().duration_until(expires_at)).map_err(|_| AuthError::Expired)?;
    let poll = Poll { stage, heard: Mutex::default() };
    let answer = client
        .exchange_device_access_token(&details)
        .set_time_fn(|| instant(clock.now()))
        .set_max_backoff_interval(LONGEST_BACKOFF)
        .request_async(&poll, |interval| poll.wait(interval, expires_at), Some(left))
        .await;
    match answer {
        Ok(answer) => grants::tokens(&answer, &host_of(token_endpoint), clock),
        Err(RequestTokenError::ServerResponse(words))
            if matches!(words.error(), DeviceCodeErrorResponseType::ExpiredToken) =>
        {
            Err(AuthError::Expired)
        }
        Err(error) => Err(poll.refusal().unwrap_or_else(|| failed(&host_of(token_endpoint), error))),
    }
}

fn device_answer<T: oauth2::ErrorResponse + 'static>(
    host: &str,
    error: RequestTokenError<AuthError, T>,
) -> AuthError {
    match error {
        RequestTokenError::Request(own) => own,
        _ => AuthError::Unreadable {
            host: host.to_owned(),
            what: "expected `device_code`, `user_code`, `verification_uri` and `expires_in` in JSON"
                .to_owned(),
        },
    }
}

fn instant(now: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX))
}

/// The transport for polls. It remembers what the last one brought: for the next wait's reason, and for the words
/// of a refusal.
struct Poll<'a> {
    stage: &'a Stage,
    heard: Mutex<(Option<PollReason>, Option<AuthError>)>,
}

impl<'c> AsyncHttpClient<'c> for Poll<'_> {
    type Error = AuthError;
    type Future = BoxFuture<'c, Result<HttpResponse, AuthError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Poll<'_> {
    fn set(&self, why: PollReason, refusal: Option<AuthError>) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = (Some(why), refusal);
    }

    fn refusal(&self) -> Option<AuthError> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).1.take()
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, AuthError> {
        let host = host_in(&request);
        let answer = match self.stage.http.oauth(request).await {
            Ok(answer) => answer,
            Err(error) => {
                self.set(PollReason::NoAnswer, None);
                return Err(error);
            }
        };
        if answer.is_success() {
            return response(&answer, &host);
        }
        let error = answer.refused(host.clone());
        // D4: a limit or a fault of the server is no answer either; waiting longer is the only polite thing.
        if answer.status == 429 || answer.status >= 500 {
            self.set(PollReason::NoAnswer, None);
            return Err(error);
        }
        let slower = error.refusal().is_some_and(|refusal| refusal.code.raw() == "slow_down");
        self.set(if slower { PollReason::SlowedDown } else { PollReason::Pending }, Some(error));
        response(&answer, &host)
    }

    /// Waits for the interval, or only until the code ends: there is no look after that (D5).
    fn wait(&self, interval: Duration, expires_at: Timestamp) -> BoxFuture<'static, ()> {
        let deps = &self.stage.deps;
        let why = self.heard.lock().unwrap_or_else(PoisonError::into_inner).0.unwrap_or(PollReason::Pending);
        let left = Duration::try_from(deps.clock.now().duration_until(expires_at)).unwrap_or_default();
        if interval > left {
            return deps.pause.pause(left + Duration::from_millis(10));
        }
        self.stage.tell(FlowEvent::NextPoll { at: deps.after(interval), why });
        deps.pause.pause(interval)
    }
}
