//! What the authorize endpoint made of the platform's request.
//!
//! A sign-in page alone says little: some providers look at the client only after the sign-in. So the same is asked with
//! a client id and with an address to return to that nobody registered; only where those are answered otherwise has
//! anything been told.

use url::Url;

use super::super::provider::RouteDraft;
use super::described::no_document;
use super::observed::{Asked, Authorized, Found, Reply, Setting};
use super::verdict::{failed, listed, passed, quoted, unknown, warned};
use super::{Check, CheckId};

/// What an answer comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// It goes on to sign somebody in.
    Accepted,
    /// It says no; whether it came back to the platform with that.
    Refused(Reason, bool),
    /// It is no authorize endpoint, or does not work.
    Broken(String),
    /// It cannot be said.
    NotTold(String),
}

/// Why it says no.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Redirect,
    Client,
    Scope(String),
    ResponseType(String),
    Pkce,
    Other(String),
}

pub(super) fn checks(draft: &RouteDraft, setting: &Setting, found: &Found, seen: &Authorized) -> Vec<Check> {
    let callback = setting.callback.as_str();
    let ours = read(&seen.ours, callback);
    let ours = told_apart(ours, seen, draft, callback);
    let refused = match &ours {
        Answer::Refused(reason, _) => Some(reason),
        _ => None,
    };
    let came_back = matches!(ours, Answer::Refused(_, true));
    vec![
        pkce(draft, found, refused).with(seen.ours.exchange().filter(|_| refused == Some(&Reason::Pkce))),
        response_type(found, refused),
        scopes(found, refused),
        client(&ours, came_back, seen)
            .with([&seen.ours, &seen.other_client].into_iter().filter_map(Asked::exchange)),
        redirect(&ours, came_back, seen, callback)
            .with([&seen.ours, &seen.other_redirect].into_iter().filter_map(Asked::exchange)),
        whole(&ours, seen).with(seen.ours.exchange()),
    ]
}

fn read(asked: &Asked, callback: &str) -> Answer {
    let reply = match asked.told() {
        Ok(reply) => reply,
        Err(why) => return Answer::NotTold(why),
    };
    let words = reply.body.to_ascii_lowercase();
    match reply.status {
        300..400 => sent_on(&reply.location, callback),
        200..300 if words.contains("aadsts50011") => Answer::Refused(Reason::Redirect, false),
        200..300 if words.contains("aadsts700016") || words.contains("aadsts900144") => {
            Answer::Refused(Reason::Client, false)
        }
        200..300 if reply.kind == "text/html" || reply.kind == "application/xhtml+xml" => Answer::Accepted,
        200..300 => {
            Answer::Broken(format!("It answers with {}, not with a page to sign in.", reply.kind_words()))
        }
        404 | 405 | 410 if reason(&words).is_none() => {
            Answer::Broken(format!("There is nothing to sign in at this address: status {}.", reply.status))
        }
        429 => Answer::NotTold("Not told: it asks to come more slowly.".to_owned()),
        400..500 => Answer::Refused(reason(&words).unwrap_or_else(|| Reason::Other(said(reply))), false),
        status => Answer::Broken(format!("It answers with an error of its own: status {status}.")),
    }
}

/// A redirect: back to the platform with an error, to an error page, or on to the sign-in.
fn sent_on(location: &str, callback: &str) -> Answer {
    let query = location.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let value = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let is_back = location.split(['?', '#']).next() == Some(callback);
    let error = value("error").or_else(|| value("authError"));
    let Some(error) = error else {
        if location.is_empty() {
            return Answer::Broken("It sends elsewhere without saying where.".to_owned());
        }
        return Answer::Accepted;
    };
    let described = value("error_description").unwrap_or_default();
    let told = quoted(if described.is_empty() { &error } else { &described });
    // Google packs its words into base64.
    let unpacked = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &error)
        .map(|bytes| String::from_utf8_lossy(&bytes).to_ascii_lowercase())
        .unwrap_or_default();
    let words = format!("{} {} {unpacked}", error.to_ascii_lowercase(), described.to_ascii_lowercase());
    if !is_back {
        return Answer::Refused(reason(&words).unwrap_or(Reason::Other(told)), false);
    }
    match error.as_str() {
        // It would have asked somebody.
        "login_required" | "interaction_required" | "consent_required" | "account_selection_required" => {
            Answer::Accepted
        }
        "invalid_scope" => Answer::Refused(Reason::Scope(told), true),
        "unsupported_response_type" => Answer::Refused(Reason::ResponseType(told), true),
        _ if is_pkce(&words) => Answer::Refused(Reason::Pkce, true),
        _ => Answer::Refused(Reason::Other(told), true),
    }
}

fn is_pkce(words: &str) -> bool {
    words.contains("code_challenge") || words.contains("code challenge") || words.contains("pkce")
}

/// What the words of a refusal are about, when they are about one thing.
fn reason(words: &str) -> Option<Reason> {
    const REDIRECT: [&str; 9] = [
        "redirect_uri",
        "redirect uri",
        "redirect url",
        "redirect_url",
        "callback url",
        "reply url",
        "redirection uri",
        "aadsts50011",
        "redirect address",
    ];
    const CLIENT: [&str; 10] = [
        "invalid_client",
        "invalid client",
        "unknown client",
        "client not found",
        "client_id",
        "client id",
        "client is invalid",
        "aadsts700016",
        "client does not exist",
        "unauthorized_client",
    ];
    let about = |list: &[&str]| list.iter().any(|one| words.contains(one));
    match (is_pkce(words), about(&REDIRECT), about(&CLIENT)) {
        (true, false, _) => Some(Reason::Pkce),
        (_, true, false) => Some(Reason::Redirect),
        (_, false, true) => Some(Reason::Client),
        (false, false, false) if words.contains("invalid_scope") => {
            Some(Reason::Scope("invalid_scope".to_owned()))
        }
        (false, false, false) if words.contains("unsupported_response_type") => {
            Some(Reason::ResponseType("unsupported_response_type".to_owned()))
        }
        _ => None,
    }
}

/// A refusal that names no single thing: it is about whatever the changed request is refused for in the same way, when
/// the other changed request is not.
fn told_apart(ours: Answer, seen: &Authorized, draft: &RouteDraft, callback: &str) -> Answer {
    let Answer::Refused(Reason::Other(words), false) = ours else { return ours };
    let print = |asked: &Asked| asked.reply().map(|reply| fingerprint(reply, draft, callback));
    let (Some(own), Some(redirect), Some(client)) =
        (print(&seen.ours), print(&seen.other_redirect), print(&seen.other_client))
    else {
        return Answer::Refused(Reason::Other(words), false);
    };
    let reason = match (own == redirect, own == client) {
        (true, false) => Reason::Redirect,
        (false, true) => Reason::Client,
        _ => Reason::Other(words),
    };
    Answer::Refused(reason, false)
}

/// The address to return to that nobody registered.
pub const OTHER_CALLBACK: &str = "https://nobody-registered-this.invalid/auth/external";
/// The client id that nobody registered.
pub const OTHER_CLIENT: &str = "idconsole-nobody-registered-this";

/// An answer without what was sent.
fn fingerprint(reply: &Reply, draft: &RouteDraft, callback: &str) -> String {
    let mut text = format!("{} {}", reply.status, reply.body);
    for sent in [callback, OTHER_CALLBACK, OTHER_CLIENT, draft.provider.client_id.raw()] {
        if sent.len() >= 3 {
            let coded: String = url::form_urlencoded::byte_serialize(sent.as_bytes()).collect();
            text = text.replace(sent, "").replace(&coded, "");
        }
    }
    text
}

/// The words of a page, without its markup.
fn said(reply: &Reply) -> String {
    if let Some(json) = &reply.json {
        let text = json["error_description"]
            .as_str()
            .or_else(|| json["error"].as_str())
            .or_else(|| json["message"].as_str());
        if let Some(text) = text {
            return quoted(text);
        }
    }
    let mut plain = String::new();
    let mut inside = false;
    for c in reply.body.chars().take(8_000) {
        match c {
            '<' => inside = true,
            '>' => {
                inside = false;
                plain.push(' ');
            }
            c if !inside => plain.push(if c.is_whitespace() { ' ' } else { c }),
            _ => {}
        }
    }
    let plain = plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if plain.is_empty() { format!("status {}", reply.status) } else { quoted(&plain) }
}

fn client(ours: &Answer, came_back: bool, seen: &Authorized) -> Check {
    let id = CheckId::ClientKnown;
    let other = read(&seen.other_client, OTHER_CALLBACK);
    match ours {
        Answer::Refused(Reason::Client, _) => failed(
            id,
            "The provider does not know this client id.",
            "Copy the client id from the provider once more; look that it is the right tenant.",
        ),
        _ if came_back => passed(id, "It knows the client: it came back to its address."),
        Answer::Accepted
        | Answer::Refused(Reason::Redirect | Reason::Pkce | Reason::Scope(_) | Reason::ResponseType(_), _) => {
            match other {
                Answer::Refused(reason, _) if !matches!(ours, Answer::Refused(own, _) if *own == reason) => {
                    passed(id, "It knows this client id, and refuses one that nobody registered.")
                }
                Answer::NotTold(why) => unknown(id, why),
                Answer::Broken(_) if *ours == Answer::Accepted => {
                    passed(id, "It knows this client id, and refuses one that nobody registered.")
                }
                _ => unknown(
                    id,
                    "It answers an invented client id in the same way: it tells only after the sign-in.",
                )
                .then("The test sign-in tells."),
            }
        }
        Answer::Refused(Reason::Other(_), _) | Answer::Broken(_) => {
            unknown(id, "Not told: the request was refused as a whole.")
        }
        Answer::NotTold(why) => unknown(id, why.clone()),
    }
}

fn redirect(ours: &Answer, came_back: bool, seen: &Authorized, callback: &str) -> Check {
    let id = CheckId::Redirect;
    let other = read(&seen.other_redirect, OTHER_CALLBACK);
    match ours {
        Answer::Refused(Reason::Redirect, _) => failed(
            id,
            format!("The provider does not send people back to {}.", quoted(callback)),
            "Have its administration register that address, to the letter.",
        ),
        _ if came_back => passed(id, format!("It came back to {}.", quoted(callback))),
        Answer::Accepted => match other {
            Answer::Refused(..) | Answer::Broken(_) => {
                passed(id, format!("It takes {}, and refuses an address that nobody registered.", quoted(callback)))
            }
            Answer::NotTold(why) => unknown(id, why),
            Answer::Accepted => {
                unknown(id, "It takes an address that nobody registered in the same way: it tells only after the sign-in.")
                    .then("The test sign-in tells.")
            }
        },
        Answer::Refused(..) | Answer::Broken(_) => unknown(id, "Not told: the request was refused for another reason."),
        Answer::NotTold(why) => unknown(id, why.clone()),
    }
}

fn whole(ours: &Answer, seen: &Authorized) -> Check {
    let id = CheckId::Authorize;
    let next = "Try the authorize address in a browser; the provider's log says more.";
    match ours {
        Answer::Accepted => {
            let on = seen.ours.reply().is_some_and(|reply| (300..400).contains(&reply.status));
            passed(id, if on { "It goes on to sign people in." } else { "It shows its sign-in page." })
        }
        Answer::Refused(Reason::Other(words), _) => {
            failed(id, format!("It refuses the platform's request: {words}."), next)
        }
        Answer::Refused(..) => unknown(id, "Not told: it refuses for the reason that another check names."),
        Answer::Broken(words) => failed(id, words.clone(), "Check the authorize address."),
        Answer::NotTold(why) => unknown(id, why.clone()),
    }
}

fn pkce(draft: &RouteDraft, found: &Found, refused: Option<&Reason>) -> Check {
    let id = CheckId::Pkce;
    if refused == Some(&Reason::Pkce) {
        return failed(
            id,
            "The provider demands PKCE, and the platform sends people of a domain there without it.",
            "Have the provider make PKCE optional for this client; its secret protects the swap.",
        );
    }
    if draft.provider.use_pkce != Some(true) {
        return passed(id, "It is not used; the client's secret protects the swap.");
    }
    let next = "Switch usePkce off; the client's secret protects the swap.";
    // platform-api §9.4: what is sent as the verifier is the challenge itself.
    match found.document.as_ref().and_then(|document| document.pkce.as_ref()) {
        Some(methods) if !methods.iter().any(|one| one == "plain") => failed(
            id,
            format!(
                "The platform sends the challenge itself as the verifier, which only the method plain allows; the provider offers {}.",
                listed(methods)
            ),
            next,
        ),
        Some(_) => warned(id, "It can work by the method plain alone, which protects nothing.", next),
        None => warned(
            id,
            "The platform can do the method plain alone, and the provider does not say whether it can.",
            next,
        ),
    }
}

fn response_type(found: &Found, refused: Option<&Reason>) -> Check {
    let id = CheckId::ResponseType;
    let next = "The provider has to allow the response type code for this client.";
    if let Some(Reason::ResponseType(words)) = refused {
        return failed(id, format!("The provider does not hand out codes: {words}."), next);
    }
    let Some(document) = &found.document else { return unknown(id, no_document(found)) };
    match &document.response_types {
        None => passed(id, "It does not list them; codes are what everybody offers."),
        Some(types) if types.iter().any(|one| one == "code") => passed(id, "It hands out codes."),
        Some(types) => failed(id, format!("It offers {} and no code.", listed(types)), next),
    }
}

fn scopes(found: &Found, refused: Option<&Reason>) -> Check {
    let id = CheckId::Scopes;
    let next = "The provider has to allow openid, profile and email for this client; the platform always asks for them.";
    if let Some(Reason::Scope(words)) = refused {
        return failed(id, format!("The provider refuses what is asked for: {words}."), next);
    }
    let Some(document) = &found.document else { return unknown(id, no_document(found)) };
    let Some(scopes) = &document.scopes else {
        return passed(id, "It does not list them; the test sign-in shows what comes.");
    };
    let missing: Vec<&str> = ["openid", "email", "profile"]
        .into_iter()
        .filter(|one| !scopes.iter().any(|scope| scope == one))
        .collect();
    match missing[..] {
        [] => passed(id, "It offers openid, email and profile."),
        ["profile"] => warned(id, "It does not offer profile; names may not come.", next),
        _ => failed(
            id,
            format!("It does not offer {}, without which nobody is found.", listed(&missing)),
            next,
        ),
    }
}

/// The platform's own request (`packages/server/src/auth/method.ts`; platform-api §11): what `/auth/method` hands to the
/// page, and the state that the page adds. The state is not one that the platform would take.
pub fn request(authorize: &Url, client: &str, callback: &str) -> Url {
    let mut url = authorize.clone();
    let ours = ["client_id", "redirect_uri", "response_type", "scope", "state"];
    let kept: Vec<(String, String)> =
        authorize.query_pairs().into_owned().filter(|(name, _)| !ours.contains(&name.as_str())).collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("client_id", client)
        .append_pair("redirect_uri", callback)
        .append_pair("response_type", "code")
        .append_pair("scope", "openid profile email")
        .append_pair("state", "idconsole-route-test");
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const BACK: &str = "https://api.clinic.example/auth/external";

    #[rstest]
    #[case("https://idp.example/login?x=1", Answer::Accepted)]
    #[case("/login", Answer::Accepted)]
    #[case("https://api.clinic.example/auth/external?error=login_required", Answer::Accepted)]
    #[case("https://api.clinic.example/auth/external?error=invalid_scope", Answer::Refused(Reason::Scope("invalid_scope".into()), true))]
    #[case(
        "https://api.clinic.example/auth/external?error=invalid_request&error_description=code_challenge+missing",
        Answer::Refused(Reason::Pkce, true)
    )]
    #[case(
        "https://accounts.google.com/signin/oauth/error?authError=ChVyZWRpcmVjdF91cmlfbWlzbWF0Y2g%3D",
        Answer::Refused(Reason::Redirect, false)
    )]
    fn a_redirect_is_read_by_where_it_goes(#[case] location: &str, #[case] answer: Answer) {
        assert_eq!(sent_on(location, BACK), answer);
    }

    // How providers word it.
    #[rstest]
    #[case(
        "the 'redirect_uri' parameter must be a login redirect uri in the client app settings",
        Some(Reason::Redirect)
    )]
    #[case("invalid parameter: redirect_uri", Some(Reason::Redirect))]
    #[case("redirect_uri did not match any of the client's registered redirect_uris", Some(Reason::Redirect))]
    #[case("client not found.", Some(Reason::Client))]
    #[case("unknown client: abc", Some(Reason::Client))]
    #[case("pkce is required", Some(Reason::Pkce))]
    #[case("something went wrong", None)]
    fn a_refusal_is_about_what_it_names(#[case] words: &str, #[case] about: Option<Reason>) {
        assert_eq!(reason(words), about);
    }

    // platform-api §11: the query of the stored address is kept.
    #[test]
    fn the_request_is_the_platforms_own() {
        let at = Url::parse("https://idp.example/authorize?prompt=login&scope=x").unwrap();
        assert_eq!(
            request(&at, "c 1", BACK).as_str(),
            "https://idp.example/authorize?prompt=login&client_id=c+1&redirect_uri=https%3A%2F%2Fapi.clinic.example\
             %2Fauth%2Fexternal&response_type=code&scope=openid+profile+email&state=idconsole-route-test"
        );
    }
}
