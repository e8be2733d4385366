//! The seven steps of an app's sign-in through the platform (platform-api §3.2, §10.2), each with what went over the wire
//! as far as it can be seen from here.
//!
//! No web app is needed: what the platform's sign-in page puts into `state` for the identity provider is put there by
//! this program, with the client's redirect in it, so that the platform returns straight to it. It returns no `state` of
//! ours then (§10.2 step 11); PKCE and nonce bind the answer.

use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::at_idp::{SCOPE as IDP_SCOPE, set};
use super::back::{Came, browser_went, wait};
use super::bench::{Bench, Over};
use super::held::Held;
use super::pasted::{self, Landed};
use super::told::{of_platform, who};
use crate::auth::code::{Attempt, Expecting};
use crate::auth::direct;
use crate::auth::discovery;
use crate::auth::error::AuthError;
use crate::auth::http::host_of;
use crate::auth::loopback::{Listener, can_listen};
use crate::auth::web_app::app_of;
use crate::identity::flow_lab::{StepId, cause_of};
use crate::identity::provider::IdentityProvider;
use crate::identity::trace::Got;
use crate::identity::{ProjectId, Text};

/// What is tried. Client and scope are those of the bench's connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreeLegged {
    /// Registered addresses to return to. The first on which this machine can listen is used; where there is none, the
    /// first, and the person pastes where the browser ended.
    pub redirects: Vec<String>,
    /// Who signs in, as typed on the page; routes by its domain.
    pub email: Option<String>,
    /// The project that the page names.
    pub project: Option<ProjectId>,
    /// The client's own identity provider, which goes before the domain's.
    pub provider: Option<IdentityProvider>,
    /// Through the platform's own web page, which decides for itself where the address goes.
    pub by_page: bool,
    /// Nothing listens on this machine; the person pastes in any case.
    pub paste: bool,
}

/// Where the browser is sent.
struct Destination {
    url: String,
    expecting: Expecting,
    /// An identity provider takes part, as far as it is known; its host.
    idp: Option<String>,
}

/// Goes all seven.
pub async fn sign_in(bench: &mut Bench, asked: &ThreeLegged) -> Result<Held, Over> {
    let listener = listener(bench, asked).await?;
    let attempt = authorize(bench, asked, listener.as_ref()).await?;
    let destination = route(bench, asked, &attempt).await?;
    let redirect = listener.as_ref().map_or_else(
        || asked.redirects.first().cloned().unwrap_or_default(),
        |listener| listener.redirect.clone(),
    );
    let code = person(bench, listener, &destination, &redirect).await?;
    bench.begin(StepId::Tokens, "Redeeming the platform's code.");
    let signed_in = attempt.redeem(&bench.stage, code).await.map_err(|error| bench.broke(&error))?;
    of_platform(bench, &signed_in.tokens, None);
    let name = who(bench, &signed_in.tokens.access).await?;
    bench.done(StepId::Tokens, format!("Signed in as {name}."));
    Ok(Held { idp: None, platform: Some(Box::new(signed_in)) })
}

async fn listener(bench: &Bench, asked: &ThreeLegged) -> Result<Option<Listener>, Over> {
    let here = asked.redirects.iter().any(|redirect| can_listen(redirect));
    if asked.paste || !here {
        return Ok(None);
    }
    bench.begin(StepId::Authorize, "Opening the address to return to.");
    Listener::open_at(&asked.redirects).await.map(Some).map_err(|error| bench.broke(&error))
}

/// Step 1. The platform looks at client, redirect, PKCE and scope before anybody signs in; it is asked without a cookie
/// and not followed, so nothing begins.
async fn authorize(bench: &Bench, asked: &ThreeLegged, listener: Option<&Listener>) -> Result<Attempt, Over> {
    let step = StepId::Authorize;
    bench.begin(step, "Asking the platform whether it accepts the request.");
    let broke = |error: AuthError| bench.broke(&error);
    let base = bench.stage.request.connection.base_url.clone();
    let metadata = discovery::platform(&bench.stage.http, &base).await.map_err(broke)?;
    let Some(redirect) =
        listener.map(|own| own.redirect.clone()).or_else(|| asked.redirects.first().cloned())
    else {
        let said = "The client has no address to return to.";
        return Err(bench.fail(step, said, "Register one on the client application, or give another."));
    };
    let attempt = Attempt::new(&bench.stage, metadata, redirect.clone()).map_err(broke)?;
    let url = Url::parse(&attempt.url)
        .map_err(|_| bench.fail(step, "The platform's authorize address cannot be used.", ""))?;
    let answer = bench.stage.http.get(&url).await.map_err(broke)?;
    let client = bench.run().title;
    if !(300..400).contains(&answer.status) {
        let error = answer.refused(base.host());
        let words = error.refusal().map_or_else(String::new, |refusal| refusal.text.to_string());
        let cause = cause_of(&words);
        let next = cause.as_ref().map_or_else(String::new, |cause| cause.next.clone());
        let means = cause.map_or_else(String::new, |cause| format!(": {}", cause.means));
        return Err(bench.fail(step, format!("The platform refuses: “{words}”{means}."), next));
    }
    let place = Url::parse(&answer.location).ok();
    let get = |name: &str| {
        let pairs = place.as_ref()?.query_pairs();
        pairs.into_iter().find(|(own, _)| own == name).map(|(_, value)| Text::from(&*value))
    };
    if let Some(error) = get("error") {
        let words = get("error_description").map_or_else(String::new, |words| format!(", “{words}”"));
        let said = format!("The platform refuses the request: {error}{words}.");
        return Err(bench.fail(step, said, "Check the scope and what the client application allows."));
    }
    let app = app_of(&answer.location).map_or_else(
        || "somewhere that is not a sign-in page".to_owned(),
        |app| format!("the sign-in page at {}", host_of(&app)),
    );
    bench.done(
        step,
        format!(
            "Accepted: client {client}, back to exactly {}, PKCE S256, state and nonce. Apps are sent on to {app}.",
            Text::from(redirect)
        ),
    );
    Ok(attempt)
}

/// Step 2. An app with its own identity provider goes there; else the domain of the address decides.
async fn route(bench: &Bench, asked: &ThreeLegged, attempt: &Attempt) -> Result<Destination, Over> {
    let step = StepId::Route;
    bench.begin(step, "Asking where the address goes.");
    let by_page =
        || Destination { url: attempt.url.clone(), expecting: attempt.expecting.clone(), idp: None };
    if asked.by_page {
        bench.done(step, "The platform's own page asks for the address and decides.");
        return Ok(by_page());
    }
    if let Some(provider) = &asked.provider {
        let Ok(url) = Url::parse(provider.authorize_url.raw()) else {
            let said = format!(
                "The client's own identity provider has {} as address, which is none.",
                provider.authorize_url
            );
            return Err(bench.fail(step, said, "Set its authorize address on the client application."));
        };
        let host = host_of(&url);
        bench.done(step, format!("To the client's own identity provider, {host}."));
        return Ok(to_idp(bench, asked, attempt, url, None, Some(provider)));
    }
    let Some(email) = &asked.email else {
        bench.done(step, "No address is given; the platform's own page asks for it and decides.");
        return Ok(by_page());
    };
    let base = bench.stage.request.connection.base_url.clone();
    let broke = |error: AuthError| bench.broke(&error);
    let url = base
        .url()
        .join("auth/method")
        .map_err(|_| bench.fail(step, "The platform's address cannot be used.", ""))?;
    let answer = bench.stage.http.post_json(&url, &json!({ "email": email })).await.map_err(broke)?;
    let answer = answer.json(&base.host()).map_err(broke)?;
    let Some(address) = answer["authorizeUrl"].as_str() else {
        bench.done(
            step,
            format!(
                "{} has no identity provider of its own: the platform asks for a password.",
                domain(email)
            ),
        );
        return Ok(by_page());
    };
    let Ok(url) = Url::parse(address) else {
        let said =
            format!("The platform sends {} to {}, which is no address.", domain(email), Text::from(address));
        return Err(bench.fail(step, said, "Set the authorize address of the domain route."));
    };
    let domain = answer["domain"].as_str().unwrap_or_default().to_owned();
    bench.done(step, format!("{} goes to {}.", Text::from(domain.as_str()), host_of(&url)));
    Ok(to_idp(bench, asked, attempt, url, Some(domain), None))
}

fn domain(email: &str) -> Text {
    Text::from(email.rsplit('@').next().unwrap_or_default())
}

/// The identity provider's address with the state that the platform's page would make (platform-api §10.2).
fn to_idp(
    bench: &Bench,
    asked: &ThreeLegged,
    attempt: &Attempt,
    mut url: Url,
    domain: Option<String>,
    own: Option<&IdentityProvider>,
) -> Destination {
    let of_attempt = |name: &str| {
        let url = Url::parse(&attempt.url).ok()?;
        url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    };
    let mut state = json!({
        "clientId": bench.stage.request.client_id(),
        "scope": bench.stage.request.scope(),
        "nonce": of_attempt("nonce"),
        "codeChallenge": of_attempt("code_challenge"),
        "codeChallengeMethod": "S256",
        "redirectUri": of_attempt("redirect_uri"),
    });
    if let Some(domain) = domain {
        state["domain"] = json!(domain);
    }
    if let Some(project) = &asked.project {
        state["projectId"] = json!(project.as_str());
    }
    let state = state.to_string();
    let callback = format!("{}auth/external", bench.stage.request.connection.base_url);
    let mut parameters = vec![("state", state.as_str())];
    let challenge = of_attempt("code_challenge").unwrap_or_default();
    if let Some(provider) = own {
        parameters.extend([
            ("client_id", provider.client_id.raw()),
            ("redirect_uri", callback.as_str()),
            ("response_type", "code"),
            ("scope", IDP_SCOPE),
        ]);
        if provider.use_pkce == Some(true) {
            bench.note(
                "The configuration asks the identity provider with PKCE. The platform sends the challenge itself as \
                 verifier, which works with the plain method only; that one is used.",
            );
            parameters.extend([("code_challenge", challenge.as_str()), ("code_challenge_method", "plain")]);
        }
    }
    if let Some(email) = &asked.email {
        parameters.push(("login_hint", email));
    }
    set(&mut url, &parameters);
    let idp = Some(host_of(&url));
    Destination { url: url.into(), expecting: Expecting::by_proof(), idp }
}

/// Steps 3 to 6: what the person and the platform do in the browser, and what comes back.
async fn person(
    bench: &mut Bench,
    listener: Option<Listener>,
    to: &Destination,
    redirect: &str,
) -> Result<SecretString, Over> {
    let where_ = to.idp.clone().unwrap_or_else(|| "the platform's page".to_owned());
    let here = listener.is_some();
    let end = if here { "" } else { " Paste the address on which the browser ends." };
    bench.begin(StepId::Person, format!("Sign in at {where_} in your browser.{end}"));
    browser_went(bench, &to.url, Err("The browser asks; what it gets is not seen from here."));
    let base = bench.stage.request.connection.base_url.clone();
    let serving = listener.map(|listener| listener.serve(to.expecting.clone()));
    let expecting = to.expecting.clone();
    let read = |text: &SecretString| pasted::read(text, &base, redirect, &expecting);
    let came = wait(bench, serving, &to.url, read).await;
    let (code, here) = match came {
        Ok(Came::Here(code)) => (code, true),
        Ok(Came::Pasted(Landed::Code(code))) => (code, false),
        Ok(Came::Pasted(Landed::Login(login))) => return unfinished(bench, to, &login).await,
        Ok(Came::Pasted(landed)) => return Err(refused(bench, to, &landed)),
        Err(error @ AuthError::Refused { .. }) => {
            passed(bench, to, "what the platform's page returned");
            bench.begin(StepId::PlatformReturns, "");
            return Err(bench.broke(&error));
        }
        Err(error) => return Err(bench.broke(&error)),
    };
    passed(bench, to, "step 6");
    bench.begin(StepId::PlatformReturns, "");
    let mut address = redirect.to_owned();
    if let Ok(mut url) = Url::parse(redirect) {
        url.query_pairs_mut().append_pair("code", "x");
        address = url.into();
    }
    let got = if here {
        Ok(Got { status: 200, headers: Vec::new(), body: None })
    } else {
        Err("The address was pasted; what answered there is not seen from here.")
    };
    browser_went(bench, &address, got);
    bench.done(StepId::PlatformReturns, format!("To {} with a code.", Text::from(redirect)));
    Ok(code)
}

/// Steps 3 to 5 cannot be seen, and follow from what came after them.
fn passed(bench: &Bench, to: &Destination, from: &str) {
    bench.done(StepId::Person, "The person has signed in.");
    if to.idp.is_some() {
        let callback = format!("{}auth/external", bench.stage.request.connection.base_url);
        bench.done(
            StepId::IdpReturns,
            format!("To {callback}; not visible from here, it follows from {from}."),
        );
        bench
            .done(StepId::Swap, format!("It found the user; not visible from here, it follows from {from}."));
    } else {
        bench.skip(
            StepId::IdpReturns,
            "The platform's page leads; whether an identity provider takes part is not visible from here.",
        );
        bench
            .done(StepId::Swap, format!("It knows the user; not visible from here, it follows from {from}."));
    }
}

/// The platform sent the browser to its own page with a login: several memberships fit, or no redirect did. The lab goes
/// on with it as that page would.
async fn unfinished(bench: &mut Bench, to: &Destination, login: &str) -> Result<SecretString, Over> {
    passed(bench, to, "the login in the pasted address");
    bench.begin(StepId::PlatformReturns, "The platform wants something more before it returns.");
    let code = direct::resume(&mut bench.stage, login).await;
    let code = code.map_err(|error| bench.broke(&error))?;
    let said = "To its own page, because more than one membership fits; one was chosen, and the code came.";
    bench.done(StepId::PlatformReturns, said);
    Ok(code)
}

/// The browser ended on an error; where it did says at which step.
fn refused(bench: &Bench, to: &Destination, landed: &Landed) -> Over {
    let idp = to.idp.clone().unwrap_or_else(|| "the identity provider".to_owned());
    match landed {
        Landed::IdpError { code, words } => {
            bench.done(StepId::Person, "The person came back from the identity provider.");
            let words = words.as_ref().map_or_else(String::new, |words| format!(", “{words}”"));
            let said = format!("{idp} returned no code: {code}{words}. The platform says “Missing code”.");
            let next = match code.raw() {
                "access_denied" => {
                    "The person, or a rule of the identity provider, refused. Check who may use this client."
                }
                "invalid_scope" => "Allow openid, profile and email to this client at the identity provider.",
                _ => "Ask whoever runs the identity provider; its log has the reason.",
            };
            bench.fail(StepId::IdpReturns, said, next)
        }
        Landed::Says(page) => {
            let Some(cause) = cause_of(page.raw()) else {
                bench.done(StepId::Person, "The browser ended on a page.");
                let short: String = page.raw().chars().take(200).collect();
                let said = format!(
                    "The page says “{}”, which is not one of the platform's refusals.",
                    Text::from(short)
                );
                return bench.fail(
                    StepId::Swap,
                    said,
                    "Read it there; it is of whoever's address stands in the browser.",
                );
            };
            let step = if cause.step == StepId::Authorize { StepId::Swap } else { cause.step };
            bench.done(StepId::Person, "The person came back from the identity provider.");
            if step > StepId::IdpReturns {
                bench.done(StepId::IdpReturns, "With a code: the platform got as far as looking at it.");
            }
            if step > StepId::Swap {
                bench.done(StepId::Swap, "It found the user: the refusal is of what comes after.");
            }
            let said = format!("The platform says “{}”: {}.", cause.message, cause.means);
            let over = bench.fail(step, said, cause.next.clone());
            bench.change(|run| run.cause = Some(cause));
            over
        }
        _ => {
            bench.done(StepId::Person, "The person came back from the identity provider.");
            bench.done(StepId::IdpReturns, "With a code and the state of this attempt.");
            let said = "The platform refused; its address does not say why, its page does.";
            bench.fail(
                StepId::Swap,
                said,
                "Run it again and paste what the page says. The doctor's guess stands below.",
            )
        }
    }
}
