//! Texts of the platform that repeat secrets, cleaned where they enter (platform-api §1.8, §14.12).

use std::borrow::Cow;

/// What stands in place of a secret.
const GONE: &str = "[redacted]";

/// Names whose values are secrets wherever they turn up.
const SECRET_NAMES: [&str; 13] = [
    "passwordHash",
    "password",
    "mfaSecret",
    "enrollUri",
    "secret",
    "retiringSecret",
    "clientSecret",
    "userInfoApiKey",
    "refreshSecret",
    "access_token",
    "refresh_token",
    "id_token",
    "code_verifier",
];

/// A text from the platform without the secrets that it may repeat: the values of a failed `test`, bcrypt hashes,
/// JWTs, `otpauth:` addresses and quoted values of secret names.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    if let Some(at) = text.find("Test failed:") {
        // Both sides go: the right one is what was sent, and may be a guess at a secret.
        return Cow::Owned(format!("{}Test failed: {GONE}", &text[..at]));
    }
    // The links of invitation, reset and verification mails let their reader in.
    let link = ["/setpassword/", "/resetpassword/", "/verifyemail/"].iter().find_map(|part| text.find(part));
    if let Some(at) = text.find("otpauth").into_iter().chain(link).min() {
        let end = text[at..].find(|c: char| c.is_whitespace() || c == '"').map_or(text.len(), |end| at + end);
        return Cow::Owned(format!("{}{GONE}{}", &text[..at], redact(&text[end..])));
    }
    if !text.split(is_end).any(is_secret) && !SECRET_NAMES.iter().any(|name| text.contains(name)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut name_before = false;
    while !rest.is_empty() {
        let end = rest.find(is_end).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        if word.is_empty() {
            let mut chars = tail.chars();
            if let Some(mark) = chars.next() {
                out.push(mark);
                name_before &= matches!(mark, '"' | '\'' | ':' | '=' | ' ');
            }
            rest = chars.as_str();
            continue;
        }
        let hide = is_secret(word) || (name_before && follows_a_sign(&out));
        out.push_str(if hide { GONE } else { word });
        name_before = SECRET_NAMES.contains(&word);
        rest = tail;
    }
    Cow::Owned(out)
}

/// True when the last marks before a word make it the value of a name: `name: `, `name=`, `"name":"`.
fn follows_a_sign(out: &str) -> bool {
    out.trim_end_matches(['"', '\'', ' ']).ends_with([':', '='])
}

fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '(' | ')' | '{' | '}' | '[' | ']' | ':' | '=')
}

fn is_secret(word: &str) -> bool {
    let hash = ["$2a$", "$2b$", "$2y$"].iter().any(|start| word.starts_with(start));
    let token = word.len() > 40 && word.starts_with("eyJ") && word.contains('.');
    hash || token
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Test failed: JBSWY3DPEHPK3PXP != x", "JBSWY3DPEHPK3PXP")]
    #[case("bad value $2b$10$abcdefghijklmnopqrstuv here", "$2b$10$")]
    #[case("token eyJhbGciOiJFUzM4NCJ9.eyJpc3MiOiJ4In0.abcdefghijklmnop", "eyJpc3MiOiJ4In0")]
    #[case(r#"got {"mfaSecret":"JBSWY3DPEHPK3PXP","id":"1"}"#, "JBSWY3DPEHPK3PXP")]
    #[case("clientSecret = hunter2 is wrong", "hunter2")]
    #[case("mail with https://app.example/setpassword/1f2e/Zq8vSecret failed", "Zq8vSecret")]
    #[case("scan otpauth://totp/x?secret=JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP")]
    fn secrets_do_not_come_through(#[case] text: &str, #[case] secret: &str) {
        let clean = redact(text);
        assert!(!clean.contains(secret), "{clean}");
        assert!(clean.contains(GONE));
    }

    #[rstest]
    #[case("Not found")]
    #[case("Constraint user-1 not met: Email must be all lowercase")]
    #[case("Key (project, email)=(Project/1, a@clinic.example) already exists.")]
    #[case("Password must be at least 8 characters")]
    #[case("Invalid secret")]
    #[case("Provided secret does not match client")]
    fn ordinary_texts_stay_as_they_are(#[case] text: &str) {
        assert_eq!(redact(text), text);
    }
}
