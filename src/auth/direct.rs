//! The platform's own sign-in in the terminal: email, password, factor, membership (platform-api §3.1, §3.5).
//!
//! Needs no registered client. A login is a record at the platform; each answer says what it needs next, until
//! there is a code.

use oauth2::{CsrfToken, PkceCodeChallenge};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::client::BUILT_IN_CLIENT;
use super::code::{finish, tell_notes};
use super::discovery;
use super::error::{AuthError, Refusal};
use super::flow::{Answer, FlowEvent, MembershipChoice, Stage};
use super::grants;
use super::note::Note;
use super::tokens::SignedIn;
use crate::identity::{MembershipId, Text};

pub(crate) async fn sign_in(stage: &mut Stage) -> Result<SignedIn, AuthError> {
    let base = stage.request.connection.base_url.clone();
    let metadata = discovery::platform(&stage.http, &base).await?;
    tell_notes(stage, &metadata);
    metadata.require_s256()?;
    let client_id = stage.request.connection.client_id.clone();
    let scope = stage.request.scope().to_owned();
    stage.begin(base.host(), client_id.as_deref(), &scope);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let nonce = SecretString::from(CsrfToken::new_random_len(32).into_secret());
    let terms = json!({
        "scope": scope,
        "codeChallenge": challenge.as_str(),
        "codeChallengeMethod": challenge.method().as_str(),
        "nonce": nonce.expose_secret(),
    });
    let api = Api { base: base.url().clone(), host: base.host() };
    let started = first_step(stage, &api, &terms).await?;
    let code = remaining_steps(stage, &api, started).await?;
    let tokens = grants::code(
        &stage.http,
        stage.deps.clock.as_ref(),
        metadata.token()?,
        client_id.as_deref(),
        None,
        code,
        verifier,
    )
    .await?;
    finish(stage, &metadata, client_id.as_deref(), Some(&nonce), tokens)
}

/// Goes on with a login that is not finished, to its code (platform-api §3.1: resume).
pub(crate) async fn resume(stage: &mut Stage, login: &str) -> Result<SecretString, AuthError> {
    let base = stage.request.connection.base_url.clone();
    let api = Api { base: base.url().clone(), host: base.host() };
    let mut url = api.base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["auth", "login", login]);
    }
    let first = stage.http.get(&url).await?.json(&api.host)?;
    remaining_steps(stage, &api, first).await
}

struct Api {
    base: Url,
    host: String,
}

impl Api {
    async fn post(&self, stage: &Stage, path: &str, body: &Value) -> Result<Value, AuthError> {
        let url = self.base.join(path).map_err(|_| self.unreadable("expected an address"))?;
        stage.http.post_json(&url, body).await?.json(&self.host)
    }

    fn unreadable(&self, what: &str) -> AuthError {
        AuthError::Unreadable { host: self.host.clone(), what: what.to_owned() }
    }
}

/// Email and password until the platform takes them.
async fn first_step(stage: &mut Stage, api: &Api, terms: &Value) -> Result<Value, AuthError> {
    let mut email = stage.request.prepared.email.take();
    let mut password = stage.request.prepared.password.take();
    loop {
        let known = match email.take() {
            Some(email) => email,
            None => ask_email(stage).await?,
        };
        match api.post(stage, "auth/method", &json!({ "email": known })).await {
            Ok(route) => {
                if let Some(domain) = route.get("domain").and_then(Value::as_str) {
                    stage.note(Note::RoutedDomain(Text::from(domain)));
                }
            }
            Err(error) => {
                again(stage, error, |_| true)?;
                continue;
            }
        }
        loop {
            let secret = match password.take() {
                Some(password) => password,
                None => ask_password(stage, &known).await?,
            };
            let mut body = terms.clone();
            body["email"] = json!(known);
            body["password"] = json!(secret.expose_secret());
            if let Some(client) = &stage.request.connection.client_id {
                body["clientId"] = json!(client);
            }
            // The built-in client takes no project (platform-api §3.2).
            if let Some(project) = &stage.request.connection.project
                && stage.request.connection.client_id.as_deref() != Some(BUILT_IN_CLIENT)
            {
                body["projectId"] = json!(project.as_str());
            }
            match api.post(stage, "auth/login", &body).await {
                Ok(value) => return Ok(value),
                Err(error) => {
                    let email_is_wrong = error.refusal().is_some_and(|refusal| {
                        refusal.text.raw() == "User not found"
                            || refusal.field.as_ref().is_some_and(|field| field.raw() == "email")
                    });
                    again(stage, error, |refusal| {
                        email_is_wrong
                            || refusal.text.raw() == "Email or password is invalid"
                            || refusal.text.raw().starts_with("Password must be")
                    })?;
                    if email_is_wrong {
                        break;
                    }
                }
            }
        }
    }
}

/// Tells a refusal that the person can answer better, or fails with any other.
fn again(
    stage: &Stage,
    error: AuthError,
    answerable: impl FnOnce(&Refusal) -> bool,
) -> Result<(), AuthError> {
    match error {
        AuthError::Refused { refusal, .. } if refusal.status == 400 && answerable(&refusal) => {
            stage.tell(FlowEvent::Refused(refusal));
            Ok(())
        }
        other => Err(other),
    }
}

async fn ask_email(stage: &mut Stage) -> Result<String, AuthError> {
    stage.tell(FlowEvent::NeedEmail);
    stage
        .ask(|answer| match answer {
            Answer::Email(email) => Some(email.trim().to_owned()),
            _ => None,
        })
        .await
}

async fn ask_password(stage: &mut Stage, email: &str) -> Result<SecretString, AuthError> {
    stage.tell(FlowEvent::NeedPassword { email: Text::from(email) });
    stage
        .ask(|answer| match answer {
            Answer::Password(password) => Some(password),
            _ => None,
        })
        .await
}

/// Follows what each login result asks for, in the platform's order of precedence.
async fn remaining_steps(stage: &mut Stage, api: &Api, first: Value) -> Result<SecretString, AuthError> {
    let mut result = first;
    loop {
        if let Some(code) = result.get("code").and_then(Value::as_str) {
            return Ok(code.into());
        }
        let login = result
            .get("login")
            .and_then(Value::as_str)
            .ok_or_else(|| api.unreadable("expected `login`"))?
            .to_owned();
        result = if flag(&result, "mfaEnrollRequired") {
            enrol(stage, api, &login, &result).await?
        } else if flag(&result, "mfaRequired") {
            verify(stage, api, &login, &result).await?
        } else if let Some(list) = result.get("memberships").and_then(Value::as_array) {
            let chosen = choose(stage, list).await?;
            api.post(stage, "auth/profile", &json!({ "login": login, "profile": chosen.as_str() })).await?
        } else {
            return Err(api.unreadable("expected a next step of the sign-in"));
        };
    }
}

fn flag(result: &Value, name: &str) -> bool {
    result.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn lists(result: &Value, name: &str, word: &str) -> bool {
    result.get(name).and_then(Value::as_array).is_some_and(|list| list.iter().any(|one| one == word))
}

enum Factor {
    Code(SecretString),
    Mail,
}

async fn ask_factor(stage: &mut Stage, by_mail: bool) -> Result<Factor, AuthError> {
    stage
        .ask(|answer| match answer {
            Answer::Code(code) => {
                let bare: String = code.expose_secret().chars().filter(|c| !c.is_whitespace()).collect();
                Some(Factor::Code(bare.into()))
            }
            Answer::MailCode if by_mail => Some(Factor::Mail),
            _ => None,
        })
        .await
}

/// Sets up the factor that the project demands; the code proves that the app has it.
async fn enrol(stage: &mut Stage, api: &Api, login: &str, result: &Value) -> Result<Value, AuthError> {
    let uri = result.get("enrollUri").and_then(Value::as_str);
    let key = uri.and_then(|uri| Url::parse(uri).ok()).and_then(|url| {
        url.query_pairs().find(|(name, _)| name == "secret").map(|(_, key)| key.into_owned())
    });
    let by_mail = lists(result, "allowedMfaMethods", "email");
    let uri = uri.map(SecretString::from);
    let key = key.map(SecretString::from);
    loop {
        stage.tell(FlowEvent::EnrolFactor { uri: uri.clone(), key: key.clone(), by_mail });
        let body = match ask_factor(stage, by_mail).await? {
            Factor::Code(code) => json!({ "login": login, "token": code.expose_secret(), "method": "totp" }),
            Factor::Mail => json!({ "login": login, "method": "email" }),
        };
        match api.post(stage, "auth/mfa/login-enroll", &body).await {
            Ok(next) => return Ok(next),
            Err(error) => again(stage, error, |refusal| {
                matches!(refusal.text.raw(), "Invalid MFA token" | "Missing token" | "Invalid token")
            })?,
        }
    }
}

/// Asks for the code of an enrolled factor until it is right.
async fn verify(stage: &mut Stage, api: &Api, login: &str, result: &Value) -> Result<Value, AuthError> {
    let by_mail = lists(result, "mfaMethods", "email");
    let by_app = lists(result, "mfaMethods", "totp") || !by_mail;
    let email = result.get("email").and_then(Value::as_str).map(Text::from);
    loop {
        stage.tell(FlowEvent::NeedFactor { by_app, by_mail, email: email.clone() });
        let sent = match ask_factor(stage, by_mail).await? {
            Factor::Mail => match api.post(stage, "auth/mfa/send-email", &json!({ "login": login })).await {
                Ok(_) => continue,
                Err(error) => Err(error),
            },
            Factor::Code(code) => {
                let body = json!({ "login": login, "token": code.expose_secret() });
                api.post(stage, "auth/mfa/verify", &body).await
            }
        };
        match sent {
            Ok(next) => return Ok(next),
            // An email code that is wrong can be reported as a missing enrolment (platform-api §5).
            Err(error) => again(stage, error, |refusal| match refusal.text.raw() {
                "Invalid MFA token" | "Missing token" | "MFA code expired" => true,
                "User not enrolled in MFA" => by_mail,
                _ => false,
            })?,
        }
    }
}

/// The wanted membership, the only one, or the one that the person chooses.
async fn choose(stage: &mut Stage, list: &[Value]) -> Result<MembershipId, AuthError> {
    let text = |value: &Value, path: &str| value.pointer(path).and_then(Value::as_str).map(Text::from);
    let choices: Vec<MembershipChoice> = list
        .iter()
        .filter_map(|one| {
            Some(MembershipChoice {
                id: MembershipId::from(one.get("id")?.as_str()?),
                project: text(one, "/project/display").or_else(|| text(one, "/project/reference"))?,
                profile: text(one, "/profile/display").or_else(|| text(one, "/profile/reference"))?,
            })
        })
        .collect();
    let wanted = stage.request.connection.membership.clone();
    if let Some(found) = choices.iter().find(|one| Some(&one.id) == wanted.as_ref()) {
        return Ok(found.id.clone());
    }
    if let [only] = choices.as_slice() {
        return Ok(only.id.clone());
    }
    stage.tell(FlowEvent::ChooseMembership(choices.clone()));
    stage
        .ask(|answer| match answer {
            Answer::Membership(id) if choices.iter().any(|one| one.id == id) => Some(id),
            _ => None,
        })
        .await
}
