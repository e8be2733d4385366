//! The client: one platform, one caller; cheap to clone. Dropping a future cancels its request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::de::DeserializeOwned;
use url::Url;

use super::credentials::Credentials;
use super::error::{Error, Kind};
use super::pace::{Cost, Limit, Urgency};
use super::transport::{Answer, Ask, Options, Transport};
use super::wire::WireBundle;
use crate::identity::Platform;

/// A typed view of one platform for one caller.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) transport: Arc<Transport>,
    base: Arc<Url>,
    urgency: Urgency,
    /// What is known of the platform itself, for all clones.
    pub(super) about: Arc<Mutex<Platform>>,
}

impl Client {
    /// A client for the platform at `base`: https, or http on this machine (M3). Nothing is sent yet.
    pub fn new(mut base: Url, credentials: Arc<dyn Credentials>, options: Options) -> Result<Self, Error> {
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let transport = Arc::new(Transport::new(&base, credentials, options)?);
        Ok(Self { transport, base: Arc::new(base), urgency: Urgency::Interactive, about: Arc::default() })
    }

    /// The same client for loads and bulk runs, which leave room for interactive work.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self { urgency: Urgency::Background, ..self.clone() }
    }

    /// Where it speaks to.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The platform's limits as last heard (§1.9), named for a person; empty while it has told none.
    pub fn rate_limits(&self) -> Vec<(String, Limit)> {
        self.transport.limits()
    }

    /// For how long requests are still held back, by a limit or before one is asked again (H1); for a countdown.
    pub fn held_back(&self) -> Option<Duration> {
        self.transport.held_back()
    }

    /// An address below the base; each segment is escaped, so an id can never leave its place in the path.
    pub(super) fn at(&self, segments: &[&str]) -> Url {
        let mut url = (*self.base).clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    pub(super) async fn send(&self, ask: Ask) -> Result<Answer, Error> {
        self.transport.send(ask, self.urgency).await
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, kind: &str, id: &str) -> Result<T, Error> {
        check_id(kind, id)?;
        self.send(Ask::get(self.at(&["fhir", "R4", kind, id]), Cost::Read)).await?.read()
    }

    pub(super) fn search_url(&self, kind: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.at(&["fhir", "R4", kind]);
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// All pages of a search, up to `at_most` records; true when those were all.
    pub(super) async fn search<T: DeserializeOwned>(
        &self,
        kind: &str,
        query: &[(&str, &str)],
        at_most: usize,
    ) -> Result<(Vec<T>, bool), Error> {
        let mut url = self.search_url(kind, query);
        let mut found = Vec::new();
        loop {
            let answer = self.send(Ask::get(url, Cost::Search)).await?;
            let mut bundle: WireBundle<T> = answer.read()?;
            let next = self.next_page(&std::mem::take(&mut bundle.link))?;
            found.extend(bundle.into_records());
            match next {
                Some(_) if found.len() >= at_most => return Ok((found, false)),
                Some(next) => url = next,
                None => return Ok((found, true)),
            }
        }
    }

    /// The `next` link on our own host: the platform writes its configured base into links (pitfall 14.16).
    pub(super) fn next_page(&self, links: &[super::wire::WireLink]) -> Result<Option<Url>, Error> {
        let Some(link) = links.iter().find(|link| link.relation == "next") else {
            return Ok(None);
        };
        let unreadable = |_| Error::new(Kind::Unreadable, "the link to the next page is not an address");
        let told = Url::parse(&link.url).or_else(|_| self.base.join(&link.url)).map_err(unreadable)?;
        // Everything from `fhir/` on is the platform's, everything before is ours.
        let Some(at) = told.path().rfind("/fhir/") else {
            return Err(Error::new(Kind::Unreadable, "the link to the next page leads elsewhere"));
        };
        let mut url = self.base.join(&told.path()[at + 1..]).map_err(unreadable)?;
        url.set_query(told.query());
        Ok(Some(url))
    }
}

/// No record has an id of other characters (§16), and `..` would name another path.
pub(super) fn check_id(kind: &str, id: &str) -> Result<(), Error> {
    if !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Ok(());
    }
    let mut error =
        Error::new(Kind::NotFound, format!("no {} has such an id", crate::identity::text::shown(kind)));
    error.request = format!("GET {}", crate::identity::text::shown(kind)).into();
    Err(error)
}

/// A value in a search: `,` means or and `\` escapes, so both are escaped (§1.11, §17).
pub(super) fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,")
}

/// One of several values in a search.
pub(super) fn any_of(values: &[String]) -> String {
    values.iter().map(|value| escaped(value)).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::platform::FixedToken;
    use crate::platform::wire::WireLink;

    fn client(base: &str) -> Client {
        let token = Arc::new(FixedToken(SecretString::from("t")));
        Client::new(Url::parse(base).unwrap(), token, Options::default()).unwrap()
    }

    #[test]
    fn the_next_page_is_asked_of_our_own_host() {
        let client = client("https://api.clinic.example/medplum/");
        let link = |url: &str| [WireLink { relation: "next".into(), url: url.into() }];
        let next =
            client.next_page(&link("http://internal:8103/fhir/R4/User?_cursor=a%2Cb")).unwrap().unwrap();
        assert_eq!(next.as_str(), "https://api.clinic.example/medplum/fhir/R4/User?_cursor=a%2Cb");
        assert!(client.next_page(&link("https://evil.example/steal")).is_err());
        assert!(client.next_page(&[]).unwrap().is_none());
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_the_path() {
        let url = client("https://api.clinic.example/").at(&["fhir", "R4", "User", "../../oauth2/token?x#y"]);
        assert_eq!(url.path(), "/fhir/R4/User/..%2F..%2Foauth2%2Ftoken%3Fx%23y");
    }

    #[test]
    fn commas_and_backslashes_are_escaped_in_searches() {
        assert_eq!(escaped(r"a,b\c"), r"a\,b\\c");
    }

    #[test]
    fn debug_of_a_client_holds_no_token() {
        let token = Arc::new(FixedToken(SecretString::from("very-secret-token")));
        let client =
            Client::new(Url::parse("https://x.example/").unwrap(), token, Options::default()).unwrap();
        assert!(!format!("{client:?}").contains("very-secret-token"));
    }
}
