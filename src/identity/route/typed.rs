//! What somebody types for a route, field by field: `None` when it will do, else what is wrong and what to write
//! instead. The form, the command and the planning all ask here, so that they agree.

use url::Url;

use crate::identity::domain::Domain;
use crate::identity::text::is_hidden;
use crate::identity::words::capital;

/// How Google's client secrets begin.
const GOOGLE_SECRET: &str = "GOCSPX-";
/// How Google's client ids end.
const GOOGLE_ID: &str = ".apps.googleusercontent.com";
/// From so many letters and digits in a row on, a text is taken for a secret where a name belongs.
const LONG: usize = 40;

/// A domain that a new route may have: a host name in lower case that belongs to one organisation.
pub fn domain(text: &str) -> Option<String> {
    let domain = match Domain::parse(text) {
        Ok(domain) => domain,
        Err(error) => return Some(sentence(&error.to_string())),
    };
    let text = text.trim();
    if text != text.to_lowercase() {
        return Some(format!("The platform never matches capitals; write {}.", text.to_lowercase()));
    }
    if domain.is_shared_host() {
        return Some(format!("{domain} is at a shared host, where each name belongs to somebody else."));
    }
    if domain.is_public_suffix() {
        return Some(format!("{domain} is a public suffix; strangers register names below it."));
    }
    if domain.is_free_mail() {
        return Some(format!(
            "{domain} gives addresses to anybody; a route would send strangers to the provider."
        ));
    }
    None
}

/// An address of the IdP. Plain http is for this machine only: the platform refuses it elsewhere (platform-api §10.2).
pub fn address(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some("The address is missing.".to_owned());
    }
    if text.chars().any(|c| c.is_whitespace() || is_hidden(c)) {
        return Some("There is a blank or a hidden character in the address.".to_owned());
    }
    let Ok(url) = Url::parse(text) else {
        return Some("This is no web address; write all of it, beginning with https://.".to_owned());
    };
    let Some(host) = url.host_str().filter(|_| matches!(url.scheme(), "https" | "http")) else {
        return Some("This is no web address; write all of it, beginning with https://.".to_owned());
    };
    if url.scheme() == "http" && !is_this_machine(host) {
        return Some("This address is not encrypted; the platform refuses http. Write https://.".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("There is a name or a password in the address; leave it out.".to_owned());
    }
    if url.query_pairs().any(|(name, _)| matches!(&*name, "client_secret" | "secret" | "password")) {
        return Some("There is a secret in the address; leave it out.".to_owned());
    }
    if url.fragment().is_some() {
        return Some("Leave out everything from the # on.".to_owned());
    }
    None
}

/// True for names of the machine itself.
pub fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A client id: a name that everybody may read, so a secret must not stand there.
pub fn client_id(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return Some("The client id is missing.".to_owned());
    }
    if text.chars().any(|c| c.is_whitespace() || is_hidden(c)) {
        return Some("There is a blank or a hidden character in the client id.".to_owned());
    }
    if text.contains("://") && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http")) {
        return Some("This is a web address; write the client id alone.".to_owned());
    }
    if looks_secret(text) {
        return Some(
            "This looks like a secret, and the client id is shown to everybody. Put it into the field for the secret, and the client id here."
                .to_owned(),
        );
    }
    None
}

/// A client secret, as far as it can be looked at by itself.
pub fn secret(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("The client secret is missing.".to_owned());
    }
    if text.trim() != text || text.chars().any(|c| c.is_whitespace() || is_hidden(c)) {
        return Some("There is a blank or a hidden character in the secret; copy it once more.".to_owned());
    }
    if text.contains("://") {
        return Some("This is a web address, not the client secret.".to_owned());
    }
    if text.ends_with(GOOGLE_ID) {
        return Some("This is the client id; the secret stands beside it at the provider.".to_owned());
    }
    if text.contains('@') && crate::identity::Email::parse(text).is_ok() {
        return Some("This is an email address, not the client secret.".to_owned());
    }
    None
}

/// A secret beside the rest: the two must not be mixed up. `authorize` is the address of the provider, by which the
/// habits of some are known.
pub fn secret_beside(secret: &str, client_id: &str, authorize: &str) -> Option<String> {
    if secret.trim() == client_id.trim() {
        return Some(
            "The client id and the client secret are the same; one of them stands in the wrong field."
                .to_owned(),
        );
    }
    let entra = Url::parse(authorize.trim())
        .is_ok_and(|url| url.host_str().is_some_and(|host| host.ends_with("login.microsoftonline.com")));
    if entra && is_uuid(secret.trim()) {
        return Some(
            "This is the id of the secret at Entra; its value is shown there once, when it is made."
                .to_owned(),
        );
    }
    None
}

/// An address that a sign-in may end on.
pub fn post_login(text: &str) -> Option<String> {
    addresses(text)
        .find_map(|one| address(one).map(|wrong| format!("{}: {wrong}", crate::identity::text::shown(one))))
}

/// The addresses in a text, separated by blanks or commas.
pub fn addresses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|one| !one.is_empty())
}

/// True for an id of the usual form.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// Secrets of the known makers, and what is long and random where a name is expected.
pub fn looks_secret(text: &str) -> bool {
    if text.starts_with(GOOGLE_SECRET) || text.starts_with("eyJ") && text.contains('.') {
        return true;
    }
    if text.ends_with(GOOGLE_ID) {
        return false;
    }
    // Entra's: 40 characters with a tilde in them.
    if text.contains('~') && text.len() >= 30 {
        return true;
    }
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '='));
    let mixed = text.chars().any(|c| c.is_ascii_digit()) && text.chars().any(|c| c.is_ascii_alphabetic());
    plain && mixed && text.len() >= LONG && !is_uuid(text)
}

/// Begins with a capital and ends with a stop.
fn sentence(words: &str) -> String {
    format!("{}.", capital(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    // platform-api §11: each of these saves with 201 and matches nothing
    #[rstest]
    #[case("", "missing")]
    #[case("Partner.example", "write partner.example")]
    #[case("partner.example.", "dot at the end")]
    #[case("https://partner.example", "web address")]
    #[case("at@partner.example", "after the @")]
    #[case("partner example", "space")]
    #[case("partner", "no dot")]
    #[case("10.0.0.1", "IP address")]
    #[case("partner.example:443", "no port")]
    #[case("co.uk", "public suffix")]
    #[case("somebody.github.io", "shared host")]
    #[case("gmail.com", "anybody")]
    #[case("part\u{200b}ner.example", "hidden character")]
    fn a_domain_that_cannot_be_a_route_says_what_to_write(#[case] typed: &str, #[case] said: &str) {
        let wrong = domain(typed).unwrap();
        assert!(wrong.contains(said) && wrong.ends_with('.'), "{wrong}");
    }

    #[rstest]
    #[case("partner.example")]
    #[case("mail.partner.co.uk")]
    #[case("münchen.example")]
    #[case("xn--mnchen-3ya.example")]
    fn a_host_name_in_lower_case_will_do(#[case] typed: &str) {
        assert_eq!(domain(typed), None);
    }

    #[rstest]
    #[case("", "missing")]
    #[case("idp.partner.example/authorize", "no web address")]
    #[case("mailto:x@partner.example", "no web address")]
    #[case("http://idp.partner.example/authorize", "not encrypted")]
    #[case("https://user:pw@idp.example/", "password in the address")]
    #[case("https://idp.example/?client_secret=a", "secret in the address")]
    #[case("https://idp.example/#a", "from the # on")]
    #[case("https://idp.example/a b", "blank")]
    fn an_address_that_will_not_do_says_why(#[case] typed: &str, #[case] said: &str) {
        let wrong = address(typed).unwrap();
        assert!(wrong.contains(said), "{wrong}");
    }

    #[test]
    fn https_will_do_and_http_on_this_machine_only() {
        for typed in [
            "https://idp.example/authorize?p=1",
            "http://127.0.0.1:9000/a",
            "http://localhost/a",
            "http://[::1]:1/",
        ] {
            assert_eq!(address(typed), None, "{typed}");
        }
    }

    #[rstest]
    #[case("GOCSPX-abcdefghijklmnop", "looks like a secret")]
    #[case("abc8Q~3Zk1LmNopQrStUvWxYz0123456789abcd", "looks like a secret")]
    #[case("Zk1LmNopQrStUvWxYz0123456789abcdefghijklmnopqrstuv", "looks like a secret")]
    #[case("https://idp.example", "web address")]
    #[case("a b", "blank")]
    fn a_secret_in_the_field_of_the_client_id_is_noticed(#[case] typed: &str, #[case] said: &str) {
        let wrong = client_id(typed).unwrap();
        assert!(wrong.contains(said), "{wrong}");
    }

    #[rstest]
    #[case("0oa1bcdefgHIJKLmn5d7")]
    #[case("2f1c7e52-4a8e-4f0e-9b4e-0c8d0a5a9d11")]
    #[case("1234567890-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com")]
    #[case("AbCdEfGhIjKlMnOpQrStUvWxYz012345")]
    #[case("medplum")]
    fn client_ids_of_the_known_makers_are_none(#[case] typed: &str) {
        assert_eq!(client_id(typed), None);
    }

    #[rstest]
    #[case("https://idp.example", "web address")]
    #[case("1234-abc.apps.googleusercontent.com", "client id")]
    #[case(" with blanks ", "blank")]
    #[case("jane@partner.example", "email address")]
    #[case("", "missing")]
    fn something_else_in_the_field_of_the_secret_is_noticed(#[case] typed: &str, #[case] said: &str) {
        let wrong = secret(typed).unwrap();
        assert!(wrong.contains(said), "{wrong}");
        assert!(typed.trim().is_empty() || !wrong.contains(typed), "it repeats what was typed");
    }

    #[test]
    fn a_secret_and_its_client_are_not_mixed_up() {
        assert!(secret_beside("medplum", "medplum", "https://idp.example").is_some());
        let entra = "https://login.microsoftonline.com/t/oauth2/v2.0/authorize";
        let uuid = "2f1c7e52-4a8e-4f0e-9b4e-0c8d0a5a9d11";
        assert!(
            secret_beside(uuid, "medplum", entra).is_some_and(|wrong| wrong.contains("id of the secret"))
        );
        assert_eq!(
            secret_beside(uuid, "medplum", "https://keycloak.example/auth"),
            None,
            "its older ones look so"
        );
    }
}
