//! The text for the partner's IT: what to set up, what to send back and how, what not to do. It holds no secret.

use std::fmt::Write as _;

use super::kinds::Idp;
use super::state::State;
use crate::identity::text::shown;

/// Scopes that the platform asks for (platform-api §11); it asks for no others.
const SCOPES: &str = "openid profile email";

/// The whole text. Nothing of it drives a terminal (standards S1).
pub fn hand_over(state: &State) -> String {
    let mut text = String::new();
    let domain = state.domain.to_string();
    let idp = state.answers.idp;
    let mut line = |words: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{words}");
    };
    line(&format!("Sign-in for {domain} with your own identity provider"));
    line("");
    line(&format!(
        "People with an address of {domain} are to sign in to {} with the account they have at {}.",
        state.platform,
        idp.map_or("your identity provider", Idp::name)
    ));
    line("This is what we need from you.");
    line("");
    line("1. Set up an application");
    line("   kind            confidential web application, authorization code flow (OpenID Connect)");
    line(&format!(
        "   redirect URI    {}   (exactly this, one address, no star)",
        shown(&state.redirect_uri())
    ));
    line(&format!("   scopes          {SCOPES}"));
    line("   grant types     authorization code; no refresh token, no implicit flow");
    line("   PKCE            not required");
    line("");
    line("2. Let the ID token say who it is");
    line(&format!(
        "   email           the person's address at {domain}, in lower case; without it nobody gets in"
    ));
    line("   sub             any lasting identifier");
    line("   name            given_name and family_name if you like; they are not needed");
    line(&format!("   Addresses of other domains, aliases and sub-domains of {domain} are refused."));
    line("   Whoever may use the application gets in if we have an account for the address. Assign it to");
    line("   those people only, and ask them for a second factor: we do not ask for one after yours.");
    line("");
    line("3. Send us");
    match idp.and_then(Idp::place) {
        Some((what, example)) if state.answers.place.is_none() => {
            line(&format!("   {what}, like {example}"));
        }
        _ => {
            if let Some(issuer) = state.issuer() {
                line(&format!(
                    "   nothing about the issuer: we have {}. Tell us if that is wrong",
                    shown(&issuer)
                ));
            } else {
                line("   the issuer: the address before /.well-known/openid-configuration");
            }
        }
    }
    line("   the client id, by mail");
    line("   the client secret, by a way that only the two of us can read (a password manager's share, a");
    line("   telephone call); never by mail or ticket. Tell us on which day it expires");
    line("   one or two people who can try it before it is switched on, with their addresses");
    line("");
    line("4. Please do not");
    line("   send the secret together with the client id");
    line("   add other redirect addresses, or a star");
    line("   change the issuer, the client id or the secret afterwards without telling us: everybody of");
    line(&format!("   {domain} would be locked out"));
    line("   take people's present passwords away before we have tried it together");
    if let Some(idp) = idp {
        line("");
        line(&format!("Where that is in {}", idp.name()));
        for hint in idp.hints() {
            line(&format!("   {}: {}", hint.what, hint.at));
        }
    }
    line("");
    line("What happens next");
    line("   We test the addresses, the keys and a sign-in of one of you, before anything is switched on.");
    line(&format!("   On the day, people of {domain} type their address and are sent to you."));
    line("");
    line("Contacts");
    let contact = |contact: Option<&crate::identity::Text>| {
        contact.map_or_else(|| "to be named".to_owned(), ToString::to_string)
    };
    line(&format!("   on our side     {}", contact(state.answers.our_contact.as_ref())));
    line(&format!("   on your side    {}", contact(state.answers.their_contact.as_ref())));
    text
}
