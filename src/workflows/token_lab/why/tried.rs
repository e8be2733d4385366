//! What was tried with a token: an address or a record, and whether it can be tried again without doing anything.

use url::Url;

use crate::config::BaseUrl;
use crate::identity::Text;
use crate::identity::access::Interaction;
use crate::identity::trace::REDACTED;
use crate::token::extract::Request;
use crate::workflows::access::Wish;

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tried {
    /// `GET`, `POST` …; empty: a read.
    pub method: Text,
    /// Where; an address, or a path on the platform.
    pub url: Option<Text>,
    /// Instead of an address: a type or a record, and what is done to it.
    pub wish: Option<Wish>,
    /// `X-Medplum-On-Behalf-Of` (platform-api §1.10).
    pub acting_for: Option<Text>,
    /// The client that signs in by `Basic`.
    pub basic: Option<Text>,
}

impl From<&Request> for Tried {
    fn from(request: &Request) -> Self {
        Self {
            method: request.method.clone(),
            url: Some(request.url.clone()),
            wish: None,
            acting_for: request.acting_for.clone(),
            basic: request.basic.clone(),
        }
    }
}

/// Which part of the platform an address belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Area {
    /// Records of a type; one of them; what is done to it.
    Fhir(Wish),
    /// `/admin/*` and `/scim/*`: for admins (platform-api §6, §7).
    Admin,
    /// `/auth/me`.
    Me,
    /// Where tokens are fetched and exchanged (platform-api §3.3, §10.3): what is given there is no bearer.
    Tokens,
    /// Anything else.
    Other,
}

/// An address, as the platform reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Whole.
    pub(super) url: Url,
    /// It is on the platform.
    pub(super) here: bool,
    /// `projects/<id>/` in front: another issuer (platform-api §1.1).
    pub(super) project: Option<String>,
    /// What it belongs to.
    pub(super) area: Area,
    /// It can be asked with GET without anything happening.
    pub(super) safe: bool,
    /// A secret was taken out of it, so that it is not what was asked for any more.
    pub(super) cut: bool,
}

impl Tried {
    fn is_read(&self) -> bool {
        self.method.is_empty() || matches!(self.method.raw(), "GET" | "HEAD")
    }

    /// The address that is meant, where there is one.
    pub(super) fn target(&self, base: Option<&BaseUrl>) -> Option<Target> {
        let base = base.map(BaseUrl::url);
        if let Some(wish) = &self.wish {
            return Some(of_wish(wish, base?));
        }
        // Where nothing in particular was tried, the question is whether the platform takes the token at all.
        let typed = self.url.as_ref().map_or("auth/me", Text::raw);
        let url = match Url::parse(typed) {
            Ok(url) if url.has_host() => url,
            _ => base?.join(typed.trim_start_matches('/')).ok()?,
        };
        let path =
            base.filter(|base| same_place(base, &url)).and_then(|base| url.path().strip_prefix(base.path()));
        let Some(path) = path else {
            return Some(Target {
                url,
                here: false,
                project: None,
                area: Area::Other,
                safe: false,
                cut: false,
            });
        };
        let mut parts: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if parts.first().is_some_and(|part| part == "api") {
            parts.remove(0);
        }
        let project = (parts.len() > 1 && parts[0] == "projects").then(|| parts[1].clone());
        if project.is_some() {
            parts.drain(..2);
        }
        let area = self.area(&parts, &url);
        // `GET /oauth2/logout` ends the session, `GET /auth/mfa/status` writes, and who knows about operations
        // (platform-api §3.6, §14.18).
        let plain = !path.contains('$') && !path.contains("..") && !path.contains('%');
        let cut = url.password().is_some() || url.query_pairs().any(|(_, value)| value == REDACTED);
        let safe = plain && !cut && self.is_read() && !matches!(area, Area::Tokens | Area::Other);
        Some(Target { url, here: true, project, area, safe, cut })
    }

    fn area(&self, parts: &[String], url: &Url) -> Area {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts[..] {
            ["fhir", "R4", kind, ref rest @ ..] => {
                let interaction = match (self.method.raw(), rest) {
                    ("POST", ["_search"]) => Interaction::Search,
                    ("POST", _) => Interaction::Create,
                    ("PUT" | "PATCH", _) => Interaction::Update,
                    ("DELETE", _) => Interaction::Delete,
                    (_, []) => Interaction::Search,
                    _ => Interaction::Read,
                };
                let target = match rest.first() {
                    Some(id) if *id != "_search" => format!("{kind}/{id}"),
                    _ => kind.to_owned(),
                };
                Wish::parse(interaction, &target).map_or(Area::Other, Area::Fhir)
            }
            ["admin" | "scim", ..] => Area::Admin,
            ["auth", "me"] if url.query().is_none() => Area::Me,
            ["oauth2", "token"] | ["auth", "exchange"] => Area::Tokens,
            _ => Area::Other,
        }
    }
}

/// Scheme, host and port.
fn same_place(base: &Url, url: &Url) -> bool {
    base.origin() == url.origin()
}

fn of_wish(wish: &Wish, base: &Url) -> Target {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(["fhir", "R4", &wish.kind]).extend(&wish.id);
    }
    if wish.id.is_none() {
        url.query_pairs_mut().append_pair("_count", "0");
    }
    let safe =
        matches!((wish.interaction, &wish.id), (Interaction::Search, None) | (Interaction::Read, Some(_)));
    Target { url, here: true, project: None, area: Area::Fhir(wish.clone()), safe, cut: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn tried(method: &str, url: &str) -> Tried {
        Tried { method: method.into(), url: Some(url.into()), ..Tried::default() }
    }

    // platform-api §3.6, §14.18: some GETs do something.
    #[rstest]
    #[case("GET", "https://api.clinic.example/m/fhir/R4/Patient/1", true)]
    #[case("", "fhir/R4/Patient?name=x", true)]
    #[case("GET", "https://api.clinic.example/m/auth/me", true)]
    #[case("GET", "https://api.clinic.example/m/admin/projects/1", true)]
    #[case("POST", "https://api.clinic.example/m/fhir/R4/Patient", false)]
    #[case("GET", "https://api.clinic.example/m/oauth2/logout", false)]
    #[case("GET", "https://api.clinic.example/m/auth/mfa/status", false)]
    #[case("GET", "https://api.clinic.example/m/fhir/R4/Patient/1/$everything", false)]
    #[case("GET", "https://api.clinic.example/m/fhir/R4/%2e%2e/oauth2/logout", false)]
    #[case("GET", "https://api.clinic.example/m/fhir/R4/../../oauth2/logout", false)]
    #[case("GET", "https://api.clinic.example/other/fhir/R4/Patient/1", false)]
    #[case("GET", "https://evil.example/m/fhir/R4/Patient/1", false)]
    #[case("GET", "http://api.clinic.example/m/fhir/R4/Patient/1", false)]
    #[case("GET", "https://api.clinic.example/m/fhir/R4/Observation?code=%5Bredacted%5D", false)]
    #[case("GET", "https://api.clinic.example/m/oauth2/token", false)]
    fn only_reads_of_the_platform_are_tried_again(
        #[case] method: &str,
        #[case] url: &str,
        #[case] safe: bool,
    ) {
        let base = BaseUrl::parse("https://api.clinic.example/m/").unwrap();
        assert_eq!(tried(method, url).target(Some(&base)).unwrap().safe, safe, "{url}");
    }

    #[rstest]
    #[case("GET", "fhir/R4/Patient", "search Patient")]
    #[case("GET", "fhir/R4/Patient/1/_history", "read Patient/1")]
    #[case("PATCH", "projects/p1/fhir/R4/User/1", "update User/1")]
    #[case("POST", "api/fhir/R4/Observation", "create Observation")]
    #[case("POST", "fhir/R4/Observation/_search", "search Observation")]
    fn an_address_says_what_is_done_to_which_record(
        #[case] method: &str,
        #[case] url: &str,
        #[case] words: &str,
    ) {
        let base = BaseUrl::parse("https://api.clinic.example/").unwrap();
        let target = tried(method, url).target(Some(&base)).unwrap();
        let Area::Fhir(wish) = target.area else { panic!("{target:?}") };
        assert_eq!(wish.words(), words);
        assert_eq!(target.project.as_deref(), url.contains("projects/").then_some("p1"));
    }
}
