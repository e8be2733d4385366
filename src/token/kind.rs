//! What a token is for, told from what it says (J8; RFC 8725 §3.11–3.12).

use super::json::Node;
use super::jws::Jws;
use crate::identity::Text;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Goes with requests.
    Access,
    /// Says who signed in; goes to the client and no further.
    Id,
    /// Fetches new tokens.
    Refresh,
    /// A client proves itself with it (RFC 7523).
    ClientAssertion,
    /// Of another issuer than the platform, which takes it in exchange only (RFC 8693, platform-api §10.3).
    Subject,
    /// Tells a client that somebody signed out (OpenID Connect Back-Channel Logout).
    Logout,
    /// Cannot be told.
    Unclear,
}

impl Kind {
    /// In words, with an article.
    pub fn words(self) -> &'static str {
        match self {
            Self::Access => "an access token",
            Self::Id => "an ID token",
            Self::Refresh => "a refresh token",
            Self::ClientAssertion => "a client assertion",
            Self::Subject => "a token of an identity provider",
            Self::Logout => "a logout token",
            Self::Unclear => "a signed token of no kind that is known here",
        }
    }
}

/// A kind and what it was told from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is.
    pub kind: Kind,
    /// From what, each as a clause: "it carries `refresh_secret`".
    pub evidence: Vec<String>,
}

/// Tells the kind. `platform` is the platform's issuer, when somebody is connected.
pub fn tell(jws: &Jws, platform: Option<&str>) -> Told {
    let told = |kind, evidence: &[&str]| Told {
        kind,
        evidence: evidence.iter().map(|clause| (*clause).to_owned()).collect(),
    };
    let has = |name: &str| jws.claim(name).is_some();
    let typ = jws.typ().map(|typ| typ.raw().to_ascii_lowercase()).unwrap_or_default();
    match typ.trim_start_matches("application/") {
        "at+jwt" => return told(Kind::Access, &["its type is `at+jwt` (RFC 9068)"]),
        "logout+jwt" => return told(Kind::Logout, &["its type is `logout+jwt`"]),
        "client-authentication+jwt" => {
            return told(Kind::ClientAssertion, &["its type is `client-authentication+jwt`"]);
        }
        _ => {}
    }
    if has("refresh_secret") {
        return told(Kind::Refresh, &["it carries `refresh_secret`"]);
    }
    let issuer = jws.claim_text("iss").map(Text::raw);
    let foreign = platform.is_some_and(|platform| issuer.is_some_and(|issuer| issuer != platform));
    if let Some((kind, clause)) = by_word(jws) {
        return match kind {
            Kind::Access | Kind::Id if foreign => told(Kind::Subject, &[clause]).foreign(true),
            kind => told(kind, &[clause]),
        };
    }
    match jws.claim("events") {
        // OpenID Connect Back-Channel Logout §2.4
        Some(Node::Object(events)) if events.get(SIGNED_OUT).is_some() && !has("nonce") => {
            return told(Kind::Logout, &["it tells that somebody signed out (`events`) and has no `nonce`"]);
        }
        Some(_) => {
            return told(Kind::Unclear, &["it tells events (`events`), as security events do (RFC 8417)"]);
        }
        None => {}
    }
    let audience = jws.claim("aud").and_then(Node::texts).unwrap_or_default();
    let to_issuer = audience.iter().any(|aud| Some(aud.raw()) == issuer);
    if issuer.is_some() && issuer == jws.claim_text("sub").map(Text::raw) {
        return told(Kind::ClientAssertion, &["its issuer is its own subject (RFC 7523 §3)"]);
    }
    let of_id = ["nonce", "auth_time", "at_hash", "c_hash", "fhirUser"];
    let marks: Vec<&str> = of_id.into_iter().filter(|name| has(name)).collect();
    let scoped = has("scope") || has("scp");
    if !scoped && (!marks.is_empty() || has("azp")) {
        let clause = match marks.first() {
            Some(mark) => format!("it carries `{mark}` and no scope"),
            None => "it names an authorized party and no scope".to_owned(),
        };
        return Told { kind: if foreign { Kind::Subject } else { Kind::Id }, evidence: vec![clause] }
            .foreign(foreign);
    }
    if scoped {
        let clauses: &[&str] = match (to_issuer, has("login_id")) {
            (true, true) => {
                &["it carries a scope and a session (`login_id`)", "its audience is its own issuer"]
            }
            (true, false) => &["it carries a scope", "its audience is its own issuer"],
            (false, _) => &["it carries a scope"],
        };
        return told(if foreign { Kind::Subject } else { Kind::Access }, clauses).foreign(foreign);
    }
    if foreign {
        return told(Kind::Subject, &[]).foreign(true);
    }
    told(Kind::Unclear, &["it carries none of the claims that tell kinds apart"])
}

/// The event of a logout token.
const SIGNED_OUT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// Issuers that say in a claim what a token is for: Keycloak in `typ`, Cognito in `token_use`.
fn by_word(jws: &Jws) -> Option<(Kind, &'static str)> {
    let says = |claim: &str| jws.claim_text(claim).map(|text| text.raw().to_ascii_lowercase());
    match says("typ").as_deref() {
        Some("bearer") => return Some((Kind::Access, "its claim `typ` is `Bearer`")),
        Some("id") => return Some((Kind::Id, "its claim `typ` is `ID`")),
        Some("refresh" | "offline") => {
            return Some((Kind::Refresh, "its claim `typ` says that it is for fetching new ones"));
        }
        Some("logout") => return Some((Kind::Logout, "its claim `typ` is `Logout`")),
        _ => {}
    }
    match says("token_use").as_deref() {
        Some("access") => Some((Kind::Access, "its `token_use` is `access`")),
        Some("id") => Some((Kind::Id, "its `token_use` is `id`")),
        _ => None,
    }
}

impl Told {
    fn foreign(mut self, foreign: bool) -> Self {
        if foreign {
            self.evidence.push("its issuer is not the platform".to_owned());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use rstest::rstest;

    const PLATFORM: &str = "https://api.clinic.example/";

    // J8, platform-api §3.4
    #[rstest]
    #[case("{}", r#"{"iss":"https://api.clinic.example/","aud":"https://api.clinic.example/","scope":"openid","profile":"Practitioner/1","login_id":"l"}"#, Kind::Access)]
    #[case(
        "{}",
        r#"{"iss":"https://api.clinic.example/","aud":"c","nonce":"n","auth_time":1.5,"login_id":"l"}"#,
        Kind::Id
    )]
    #[case(
        "{}",
        r#"{"iss":"https://api.clinic.example/","login_id":"l","refresh_secret":"s"}"#,
        Kind::Refresh
    )]
    #[case(
        "{}",
        r#"{"iss":"c1","sub":"c1","aud":"https://api.clinic.example/oauth2/token","jti":"1"}"#,
        Kind::ClientAssertion
    )]
    #[case("{}", r#"{"iss":"https://idp.example","aud":"c","nonce":"n","sub":"00u"}"#, Kind::Subject)]
    #[case("{}", r#"{"iss":"https://idp.example","scp":["openid"],"sub":"00u"}"#, Kind::Subject)]
    #[case(r#"{"typ":"at+jwt"}"#, r#"{"iss":"https://idp.example","nonce":"n"}"#, Kind::Access)]
    #[case("{}", r#"{"iss":"https://api.clinic.example/"}"#, Kind::Unclear)]
    #[case(
        "{}",
        r#"{"iss":"https://kc.example/realms/a","typ":"Bearer","azp":"app","auth_time":1}"#,
        Kind::Subject
    )]
    #[case("{}", r#"{"iss":"https://kc.example/realms/a","typ":"Offline","scope":"openid"}"#, Kind::Refresh)]
    #[case("{}", r#"{"iss":"https://kc.example/realms/a","typ":"Refresh","azp":"app"}"#, Kind::Refresh)]
    #[case("{}", r#"{"iss":"https://cognito.example/p","token_use":"access","auth_time":1}"#, Kind::Subject)]
    #[case("{}", r#"{"iss":"https://api.clinic.example/","token_use":"id","scope":"x"}"#, Kind::Id)]
    #[case("{}", r#"{"iss":"https://i.example","sub":"s","events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#, Kind::Logout)]
    #[case("{}", r#"{"iss":"https://i.example","sub":"s","events":{"https://schemas.openid.net/secevent/risc/event-type/account-disabled":{}}}"#, Kind::Unclear)]
    fn the_kind_follows_from_what_a_token_says(
        #[case] header: &str,
        #[case] claims: &str,
        #[case] kind: Kind,
    ) {
        let jws =
            Jws::parse(&format!("{}.{}.AA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims)))
                .unwrap();
        let told = tell(&jws, Some(PLATFORM));
        assert_eq!(told.kind, kind);
        assert!(!told.evidence.is_empty());
    }
}
