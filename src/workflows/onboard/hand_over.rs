//! The text for the partner's IT: what to set up, what to send back and how, what not to do. It holds no secret.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use super::kinds::Idp;
use super::state::State;
use crate::identity::Text;
use crate::identity::text::shown;

/// Scopes that the platform asks for (platform-api §11); it asks for no others.
const SCOPES: &str = "openid profile email";

/// Columns of the text in a file or in a mail.
const WIDTH: usize = 78;
/// Columns before a value with a name.
const LABEL: usize = 19;

/// The text as it is sent.
pub fn hand_over(state: &State) -> String {
    hand_over_in(state, WIDTH)
}

/// The same, laid out in so many columns. Nothing of it drives a terminal (standards S1).
pub fn hand_over_in(state: &State, width: usize) -> String {
    let mut sheet = Sheet { text: String::new(), width: width.max(LABEL + 16) };
    let domain = state.domain.to_string();
    let idp = state.answers.idp;
    sheet.words(&format!("Sign-in for {domain} with your own identity provider"));
    sheet.gap();
    sheet.words(&format!(
        "People with an address of {domain} are to sign in to {} with the account they have at {}. This is what we need from you.",
        state.platform,
        idp.map_or("your identity provider", Idp::name)
    ));
    sheet.heading("1. Set up an application");
    sheet.item("kind", "confidential web application, authorization code flow (OpenID Connect)");
    sheet.item("redirect URI", &shown(&state.redirect_uri()));
    sheet.item("", "exactly this, one address, no star");
    sheet.item("scopes", SCOPES);
    sheet.item("grant types", "authorization code; no refresh token, no implicit flow");
    sheet.item("PKCE", "not required");
    sheet.heading("2. Let the ID token say who it is");
    sheet.item(
        "email",
        &format!("the person's address at {domain}, in lower case; without it nobody gets in"),
    );
    sheet.item("sub", "any lasting identifier");
    sheet.item("names", "given_name and family_name if you like; they are not needed");
    sheet.point(&format!("Addresses of other domains, aliases and sub-domains of {domain} are refused."));
    sheet.point(
        "Whoever may use the application gets in if we have an account for the address. Assign it to those people only, and ask them for a second factor: we do not ask for one after yours.",
    );
    sheet.heading("3. Send us");
    match (idp.and_then(Idp::place), state.issuer()) {
        (Some((what, example)), _) if state.answers.place.is_none() => {
            sheet.point(&format!("{what}, like {example}"));
        }
        (_, Some(issuer)) => {
            sheet.point(&format!(
                "nothing about the issuer: we have {}. Tell us if that is wrong",
                shown(&issuer)
            ));
        }
        (_, None) => sheet.point("the issuer: the address before /.well-known/openid-configuration"),
    }
    sheet.point("the client id, by mail");
    sheet.point(
        "the client secret, by a way that only the two of us can read (a password manager's share, a telephone call); never by mail or ticket. Tell us on which day it expires",
    );
    sheet.point("one or two people who can try it before it is switched on, with their addresses");
    sheet.heading("4. Please do not");
    sheet.point("send the secret together with the client id");
    sheet.point("add other redirect addresses, or a star");
    sheet.point(&format!(
        "change the issuer, the client id or the secret afterwards without telling us: everybody of {domain} would be locked out"
    ));
    sheet.point("take people's present passwords away before we have tried it together");
    if let Some(idp) = idp {
        sheet.heading(&format!("Where that is in {}", idp.name()));
        for hint in idp.hints() {
            sheet.point(&format!("{}: {}", hint.what, hint.at));
        }
    }
    sheet.heading("What happens next");
    sheet.point(
        "We test the addresses, the keys and a sign-in of one of you, before anything is switched on.",
    );
    sheet.point(&format!("On the day, people of {domain} type their address and are sent to you."));
    sheet.heading("Contacts");
    let contact =
        |contact: Option<&Text>| contact.map_or_else(|| "to be named".to_owned(), ToString::to_string);
    sheet.item("on our side", &contact(state.answers.our_contact.as_ref()));
    sheet.item("on your side", &contact(state.answers.their_contact.as_ref()));
    sheet.text
}

/// The text as it grows.
struct Sheet {
    text: String,
    width: usize,
}

impl Sheet {
    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn words(&mut self, words: &str) {
        self.hang("", words, 0);
    }

    fn heading(&mut self, words: &str) {
        self.gap();
        self.words(words);
    }

    /// A value with its name before it.
    fn item(&mut self, name: &str, value: &str) {
        self.hang(&format!("   {name:<width$}", width = LABEL - 3), value, LABEL);
    }

    /// A point of a list.
    fn point(&mut self, words: &str) {
        self.hang("   - ", words, 5);
    }

    /// Words behind a lead, wrapped under themselves. A word that is too long stands out rather than being cut.
    fn hang(&mut self, lead: &str, words: &str, indent: usize) {
        let mut line = lead.to_owned();
        let mut used = indent;
        let mut first = true;
        for word in words.split(' ') {
            let wide = word.width();
            if !first && used + 1 + wide > self.width {
                let _ = writeln!(self.text, "{}", line.trim_end());
                line = " ".repeat(indent);
                used = indent;
                first = true;
            }
            if !first {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += wide;
            first = false;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{}", line.trim_end());
    }
}
