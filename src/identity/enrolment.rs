//! What it takes to enrol an authenticator app (platform-api §5: `GET /auth/mfa/status`).

use super::secret::Secret;

/// The key of the signed-in person's authenticator app. All of it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// `otpauth://totp/…`, as it stands in the QR code.
    pub uri: Secret,
    /// An app is enrolled with this key already; then it is in use and not to be shown.
    pub in_use: bool,
}

impl Enrolment {
    /// The key as text, to be typed into an app that cannot scan; `None` where the platform named none.
    pub fn key(&self) -> Option<Secret> {
        let (_, query) = self.uri.expose().split_once('?')?;
        let key = query.split('&').find_map(|part| part.strip_prefix("secret="))?;
        (!key.is_empty()).then(|| Secret::from(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // platform-api §14.12
    #[test]
    fn the_key_is_read_out_of_the_uri_and_neither_shows_itself() {
        let uri = "otpauth://totp/Clinic:pat%40clinic.example?secret=JBSWY3DPEHPK3PXP&issuer=Clinic";
        let enrolment = Enrolment { uri: Secret::from(uri), in_use: false };
        assert_eq!(enrolment.key(), Some(Secret::from("JBSWY3DPEHPK3PXP")));
        let shown = format!("{enrolment:?} {:?}", enrolment.key());
        assert!(!shown.contains("JBSWY3DP") && !shown.contains("otpauth"), "{shown}");
        assert_eq!(
            Enrolment { uri: Secret::from("otpauth://totp/Clinic?secret="), in_use: false }.key(),
            None
        );
    }
}
