//! What a person pastes when the browser did not end where it should have: its last address, or what the page says.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::back::Read;
use crate::auth::code::{Expecting, Judged};
use crate::config::BaseUrl;
use crate::identity::Text;

/// More than an address or a page's words.
const LONGEST: usize = 16 * 1024;

/// Where the browser ended.
pub(super) enum Landed {
    /// At the app, with the platform's code.
    Code(SecretString),
    /// At the platform's own page, with a sign-in that is not finished (platform-api §10.2 step 11).
    Login(String),
    /// At the platform, with an error of the identity provider.
    IdpError {
        /// `access_denied` …
        code: Text,
        /// Its words.
        words: Option<Text>,
    },
    /// At the platform, which refused; the address does not say why.
    Refused,
    /// A page that says this.
    Says(Text),
}

/// Reads it.
pub(super) fn read(
    pasted: &SecretString,
    base: &BaseUrl,
    redirect: &str,
    expecting: &Expecting,
) -> Read<Landed> {
    let text = pasted.expose_secret().trim();
    if text.is_empty() || text.len() > LONGEST {
        return Read::Again("what was pasted is neither an address nor what a page says");
    }
    let Some(url) = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return Read::Taken(Landed::Says(Text::from(text)));
    };
    let get = |name: &str| {
        url.query_pairs()
            .find(|(own, value)| own == name && !value.is_empty())
            .map(|(_, value)| value.into_owned())
    };
    let is = |place: &str| {
        Url::parse(place).is_ok_and(|place| place.origin() == url.origin() && place.path() == url.path())
    };
    if is(&format!("{base}auth/external")) {
        return match (get("error"), get("code")) {
            (Some(code), _) => Read::Taken(Landed::IdpError {
                code: Text::from(code),
                words: get("error_description").map(Text::from),
            }),
            (None, Some(_)) => Read::Taken(Landed::Refused),
            (None, None) => Read::Again("the pasted address holds neither a code nor an error"),
        };
    }
    if is(redirect) {
        return match expecting.judge(url.query().unwrap_or_default()) {
            Judged::Code(code) => Read::Taken(Landed::Code(code)),
            Judged::Failed(error) => Read::Over(error),
            Judged::NotOurs(why) => Read::Again(why),
        };
    }
    match get("login") {
        Some(login) => Read::Taken(Landed::Login(login)),
        None => Read::Again("the pasted address is neither the app's nor the platform's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pasted: &str) -> Read<Landed> {
        let base = BaseUrl::parse("https://api.clinic.example/").unwrap();
        read(&pasted.into(), &base, "https://app.example/cb", &Expecting::by_proof())
    }

    #[test]
    fn the_address_tells_where_the_browser_ended() {
        assert!(matches!(
            of("https://app.example/cb?login=l&code=c"),
            Read::Taken(Landed::Code(code)) if code.expose_secret() == "c"
        ));
        assert!(matches!(
            of("https://app.clinic.example/signin?login=l1&scope=openid"),
            Read::Taken(Landed::Login(login)) if login == "l1"
        ));
        assert!(matches!(
            of("https://api.clinic.example/auth/external?error=access_denied&state=%7B%7D"),
            Read::Taken(Landed::IdpError { code, .. }) if code.raw() == "access_denied"
        ));
        assert!(matches!(
            of("https://api.clinic.example/auth/external?code=c&state=%7B%7D"),
            Read::Taken(Landed::Refused)
        ));
        assert!(matches!(of("User not found"), Read::Taken(Landed::Says(_))));
    }

    // L4
    #[test]
    fn anything_else_is_asked_for_again() {
        for pasted in
            ["", "https://app.example/cb", "https://evil.example/cb?code=c", "https://app.example/cb?error=x"]
        {
            assert!(matches!(of(pasted), Read::Again(_)), "{pasted}");
        }
    }
}
