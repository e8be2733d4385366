//! An ID token as a source of claims.

use serde_json::Value;

use crate::auth::http::Http;
use crate::auth::signature::{self, Checked};
use crate::identity::provider::IdentityProvider;
use crate::identity::sign_in::doctor::{Attempt, Claim, ClientFact, Facts, RouteFact};
use crate::identity::{Seen, Text};
use crate::token::extract::extract;
use crate::token::{Jws, Token};

/// A token of an IdP; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct IdToken {
    /// Taken apart, for checking its signature. Dropped with this value, kept nowhere else.
    token: Token,
    claims: Value,
}

impl std::fmt::Debug for IdToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdToken(..)")
    }
}

impl IdToken {
    /// Reads a signed JWT, alone or in whatever was copied with it (RFC 7519 §7.2); says what is wrong with anything else.
    pub fn read(text: &str) -> Result<Self, String> {
        let found = extract(text).tokens;
        // Of a token endpoint's answer the ID token is meant.
        let meant = found.iter().find(|one| one.from == "`id_token`").or(found.first());
        let text = meant.map_or(text.trim(), |one| one.token.expose());
        let token = Token::parse(text).or_else(|why| {
            Jws::parse_unsigned(text).map(|jws| Token::Signed(Box::new(jws))).map_err(|_| why)
        });
        let token = token.map_err(|why| format!("This is no signed token: {why}."))?;
        let claims = match token.signed().map(|jws| &jws.claims) {
            Some(Ok(claims)) => claims.to_value(),
            Some(Err(why)) => return Err(format!("The middle part of the token {why}.")),
            None => {
                return Err("This is no signed token: it does not have the three parts of a JWT.".to_owned());
            }
        };
        Ok(Self { token, claims })
    }

    /// Who issued it, as it says.
    pub fn issuer(&self) -> Option<Text> {
        self.claims["iss"].as_str().map(Text::from)
    }

    /// Checks the signature, with the keys of its issuer. Only an issuer is asked that is the identity provider of the
    /// sign-in in question: a token alone must not send this machine to a strange host.
    pub async fn verify(&self, http: &Http, facts: &[&Facts], now: jiff::Timestamp) -> Checked {
        let unverified = |why: &str| Checked::Unverified { why: why.to_owned() };
        let Some(issuer) = self.issuer() else { return unverified("it names no issuer") };
        let host = |address: &str| {
            let host = url::Url::parse(address).ok()?.host_str().map(str::to_lowercase)?;
            Some(host)
        };
        let Some(issued_by) = host(issuer.raw()) else { return unverified("its issuer is no web address") };
        let clients = facts.iter().flat_map(|facts| facts.clients.values());
        let mut of_clients = clients.filter_map(|client| match client {
            Seen::Known(ClientFact::Found(client)) => client.provider.as_ref(),
            _ => None,
        });
        let of_client = |provider: &IdentityProvider| {
            [&provider.authorize_url, &provider.token_url, &provider.user_info_url]
                .into_iter()
                .any(|address| host(address.raw()).as_deref() == Some(&issued_by))
        };
        let of_route = facts.iter().flat_map(|facts| facts.routes.values()).any(|route| match route {
            Seen::Known(RouteFact::Idp { host, .. }) => host.raw().eq_ignore_ascii_case(&issued_by),
            _ => false,
        });
        if !of_route && !of_clients.any(of_client) {
            return unverified("its issuer is not the identity provider of this sign-in, and was not asked");
        }
        signature::check(http, &self.token, issuer.raw(), now).await
    }

    /// Takes `email`, `sub` and `fhirUser` (or `ext.fhirUser`, platform-api §10.4) as what the IdP says.
    pub fn claims_into(&self, attempt: &mut Attempt) {
        attempt.email = Claim::from_json(self.claims.get("email"));
        attempt.subject = Claim::from_json(self.claims.get("sub"));
        let profile = self.claims["fhirUser"].as_str().or_else(|| self.claims["ext"]["fhirUser"].as_str());
        attempt.fhir_user = profile.map(Text::from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::sign_in::doctor::Flow;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    #[test]
    fn the_claims_of_a_token_become_what_the_idp_says() {
        let payload =
            URL_SAFE_NO_PAD.encode(r#"{"iss":"https://idp.example","sub":"s-1","email":"a@b.example"}"#);
        let token = IdToken::read(&format!("Bearer e30.{payload}.c2ln\n")).unwrap();
        let mut attempt = Attempt::new(Flow::Browser);
        token.claims_into(&mut attempt);
        assert_eq!(attempt.email, Claim::from("a@b.example"));
        assert_eq!(attempt.subject, Claim::from("s-1"));
        assert_eq!(token.issuer().unwrap().raw(), "https://idp.example");
    }

    #[test]
    fn a_token_with_a_spoiled_signature_still_says_who_it_is_about() {
        let payload = URL_SAFE_NO_PAD.encode(r#"{"sub":"s-1"}"#);
        let mut attempt = Attempt::new(Flow::Browser);
        IdToken::read(&format!("e30.{payload}.cut*out")).unwrap().claims_into(&mut attempt);
        assert_eq!(attempt.subject, Claim::from("s-1"));
    }

    #[test]
    fn what_is_no_token_is_told() {
        assert!(IdToken::read("opaque").unwrap_err().contains("three parts"));
        assert!(IdToken::read("e30.!.c2ln").unwrap_err().contains("base64url"));
        assert!(IdToken::read("e30.W10.c2ln").unwrap_err().contains("not an object"));
    }
}
