//! Redirect addresses and origins of client applications, as the platform compares them: letter by letter, without an
//! exception for loopback ports and without tolerance for a slash at the end (platform-api §3.2).

use thiserror::Error;
use url::{Host, Url};

use super::text::{Text, is_hidden, shown};

/// An address that a sign-in may end on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    written: Text,
    parsed: Url,
}

/// Why a text is no redirect address. Each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RedirectError {
    /// Nothing there.
    #[error("the address is missing; write it like https://portal.clinic.example/callback")]
    Empty,
    /// White space anywhere: the platform compares it too.
    #[error("there is a space in the address; the platform compares every character")]
    Space,
    /// Something nobody can see.
    #[error("there is a hidden character ({shown}) in the address; type it again by hand")]
    Hidden {
        /// Its visible form.
        shown: String,
    },
    /// The platform knows no patterns.
    #[error(
        "the platform compares addresses letter by letter and knows no wildcard; add each address by itself"
    )]
    Wildcard,
    /// RFC 6749 §3.1.2: never with a fragment.
    #[error("an address with # never works: the code would be lost behind it; leave it out from # on")]
    Fragment,
    /// No scheme, or not readable as an address.
    #[error(
        "this is not a whole address; write it with its scheme, like https://portal.clinic.example/callback"
    )]
    NotWhole,
    /// A name and maybe a password before the host.
    #[error("leave out what stands before the @; it hides which host is meant")]
    UserInfo,
    /// A scheme that runs or shows what it is given.
    #[error("an address of the kind {scheme}: cannot take a sign-in")]
    Scheme {
        /// Which.
        scheme: String,
    },
}

/// Schemes that lead to no application of its own.
const NEVER: &[&str] = &[
    "about",
    "blob",
    "data",
    "file",
    "ftp",
    "javascript",
    "mailto",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

impl Redirect {
    /// Reads an address; nothing is taken away or made pretty, because the platform would not do so either.
    pub fn parse(written: &str) -> Result<Self, RedirectError> {
        let parsed = whole(written)?;
        if written.contains('*') {
            return Err(RedirectError::Wildcard);
        }
        if written.contains('#') {
            return Err(RedirectError::Fragment);
        }
        Ok(Self { written: Text::from(written), parsed })
    }

    /// As it is compared.
    pub fn text(&self) -> &Text {
        &self.written
    }

    /// It leads back to the machine that the browser runs on.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.parsed)
    }

    /// What is to be thought about, in words.
    pub fn doubts(&self) -> Vec<String> {
        let (written, url) = (&self.written, &self.parsed);
        let web = matches!(url.scheme(), "http" | "https");
        let mut doubts = Vec::new();
        if url.scheme() == "http" && !self.is_loopback() {
            doubts.push(format!(
                "{written} is not encrypted: whoever listens on the way takes the code (write https)"
            ));
        }
        if self.is_loopback() && url.scheme() == "http" && url.port().is_none() {
            doubts.push(format!(
                "{written} has no port, so an application has to listen on port 80: the platform makes no exception for \
                 ports of this machine"
            ));
        }
        if web && url.as_str() != written.raw() {
            doubts.push(format!(
                "many libraries would send {} instead of {written}, and the platform takes only what is written here",
                Text::from(url.as_str())
            ));
        }
        if !web && !url.scheme().contains('.') {
            doubts.push(format!(
                "any application on a device can claim {}: for itself; a scheme of your own domain in reverse, like \
                 example.clinic.portal:, is harder to take (RFC 8252 §7.1)",
                url.scheme()
            ));
        }
        doubts
    }
}

/// Web pages that may call the platform from a browser: scheme, host and port, nothing else.
pub fn origin(written: &str) -> Result<Text, String> {
    let url = whole(written).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("an origin begins with https:// or http://".to_owned());
    }
    let plain = url.origin().ascii_serialization();
    if plain == written {
        return Ok(Text::from(written));
    }
    Err(format!("an origin is scheme, host and port alone, in lower case: write {}", shown(&plain)))
}

fn whole(written: &str) -> Result<Url, RedirectError> {
    if written.is_empty() {
        return Err(RedirectError::Empty);
    }
    if written.chars().any(|c| matches!(c, ' ' | '\t' | '\u{a0}')) {
        return Err(RedirectError::Space);
    }
    if let Some(hidden) = written.chars().find(|c| is_hidden(*c) || c.is_whitespace()) {
        return Err(RedirectError::Hidden { shown: shown(&hidden.to_string()).into_owned() });
    }
    let parsed = Url::parse(written).map_err(|_| RedirectError::NotWhole)?;
    let scheme = parsed.scheme();
    if NEVER.contains(&scheme) {
        return Err(RedirectError::Scheme { scheme: scheme.to_owned() });
    }
    let web = matches!(scheme, "http" | "https");
    // `https:portal` is mended by the parser and by nobody else.
    let after = written.get(scheme.len() + 1..).unwrap_or_default();
    if web && (!after.starts_with("//") || after.starts_with("///")) {
        return Err(RedirectError::NotWhole);
    }
    // `localhost:9615` reads as a scheme of its own; so does a host with a port.
    if !web
        && after
            .split('/')
            .next()
            .is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(RedirectError::NotWhole);
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(RedirectError::UserInfo);
    }
    Ok(parsed)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The address among `known` that somebody who wrote `wanted` may have meant: the same but for case, a slash at the end,
/// the port or `localhost` for 127.0.0.1, none of which the platform overlooks.
pub fn near<'a>(wanted: &str, known: &'a [Text]) -> Option<&'a Text> {
    let loose = |text: &str| {
        let text = text.trim().trim_end_matches('/').to_lowercase();
        let Ok(mut url) = Url::parse(&text) else { return text };
        if is_loopback(&url) {
            // Neither can fail on an address of this kind.
            let _ = url.set_port(None);
            let _ = url.set_host(Some("localhost"));
        }
        url.as_str().trim_end_matches('/').to_owned()
    };
    let wanted_loose = loose(wanted);
    known.iter().find(|uri| uri.raw() != wanted && loose(uri.raw()) == wanted_loose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://portal.clinic.example/callback")]
    #[case("https://portal.clinic.example/callback?tenant=a")]
    #[case("http://127.0.0.1:9615/callback")]
    #[case("http://localhost:9615/")]
    #[case("http://[::1]:9615/callback")]
    #[case("example.clinic.portal:/callback")]
    #[case("example.clinic.portal://callback")]
    fn what_a_client_may_return_to_is_taken_without_doubt(#[case] written: &str) {
        let redirect = Redirect::parse(written).unwrap();
        assert_eq!(redirect.text().raw(), written);
        assert_eq!(redirect.doubts(), Vec::<String>::new());
    }

    // platform-api §3.2; RFC 6749 §3.1.2
    #[rstest]
    #[case("", RedirectError::Empty)]
    #[case("https://a.example/ b", RedirectError::Space)]
    #[case(" https://a.example/b", RedirectError::Space)]
    #[case("https://a.example/b\n", RedirectError::Hidden { shown: "\\x0a".into() })]
    #[case("https://a.example/\u{202e}b", RedirectError::Hidden { shown: "<U+202E>".into() })]
    #[case("https://*.clinic.example/cb", RedirectError::Wildcard)]
    #[case("https://a.example/*", RedirectError::Wildcard)]
    #[case("https://a.example/#/cb", RedirectError::Fragment)]
    #[case("/callback", RedirectError::NotWhole)]
    #[case("portal.clinic.example", RedirectError::NotWhole)]
    #[case("localhost:9615/callback", RedirectError::NotWhole)]
    #[case("https:a.example", RedirectError::NotWhole)]
    #[case("https:///a.example", RedirectError::NotWhole)]
    #[case("https://", RedirectError::NotWhole)]
    #[case("https://clinic.example@evil.example/cb", RedirectError::UserInfo)]
    #[case("javascript:alert(1)", RedirectError::Scheme { scheme: "javascript".into() })]
    #[case("data:text/html,x", RedirectError::Scheme { scheme: "data".into() })]
    #[case("file:///etc/passwd", RedirectError::Scheme { scheme: "file".into() })]
    fn what_could_never_work_or_never_safely_is_refused(#[case] written: &str, #[case] why: RedirectError) {
        assert_eq!(Redirect::parse(written), Err(why));
    }

    #[rstest]
    #[case("http://portal.clinic.example/cb", "not encrypted")]
    #[case("http://127.0.0.1/callback", "port 80")]
    #[case("https://portal.clinic.example", "instead of")]
    #[case("https://Portal.clinic.example/cb", "instead of")]
    #[case("https://portal.clinic.example:443/cb", "instead of")]
    #[case("myportal://cb", "any application")]
    fn what_works_and_is_doubtful_is_said(#[case] written: &str, #[case] said: &str) {
        let doubts = Redirect::parse(written).unwrap().doubts();
        assert!(doubts.iter().any(|doubt| doubt.contains(said)), "{doubts:?}");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_alone() {
        assert_eq!(origin("https://portal.clinic.example"), Ok("https://portal.clinic.example".into()));
        assert_eq!(origin("http://localhost:3000"), Ok("http://localhost:3000".into()));
        for wrong in [
            "https://portal.clinic.example/",
            "https://Portal.clinic.example",
            "*",
            "clinic.example",
            "myapp://x",
        ] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
        assert!(origin("https://a.example/x").unwrap_err().ends_with("write https://a.example"));
    }

    #[test]
    fn an_address_that_is_only_nearly_registered_is_named() {
        let known: Vec<Text> = vec!["http://127.0.0.1:9615/callback".into(), "https://a.example/cb".into()];
        assert_eq!(near("http://localhost:8080/callback", &known), Some(&known[0]));
        assert_eq!(near("https://a.example/cb/", &known), Some(&known[1]));
        assert_eq!(near("https://a.example/cb", &known), None, "it is the same");
        assert_eq!(near("https://b.example/cb", &known), None);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            if let Ok(redirect) = Redirect::parse(&text) {
                prop_assert_eq!(redirect.text().raw(), text.as_str());
                let _ = redirect.doubts();
            }
            let _ = origin(&text);
        }
    }
}
