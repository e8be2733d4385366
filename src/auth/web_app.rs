//! Where the platform's web app is. No document tells; but whoever asks to sign in by browser is sent there
//! (platform-api §3.2), so the address stands in that answer. It is asked for without a cookie and not followed:
//! nothing begins.

use url::Url;

use super::client::{BUILT_IN_CLIENT, Redirects};
use super::error::AuthError;
use super::session::Session;

impl Session {
    /// Address of the web app, ending in `/`; `None` when the platform does not tell.
    pub async fn web_app(&self) -> Result<Option<Url>, AuthError> {
        let inner = self.inner();
        let Ok(endpoint) = Url::parse(self.issuer()).and_then(|base| base.join("oauth2/authorize")) else {
            return Ok(None);
        };
        let own = inner.signed_in().client_id;
        for client in own.as_deref().into_iter().chain([BUILT_IN_CLIENT]) {
            let redirects = Redirects::of(client);
            let Some(port) = redirects.ports.first() else { continue };
            let mut url = endpoint.clone();
            url.query_pairs_mut()
                .append_pair("client_id", client)
                .append_pair("redirect_uri", &redirects.address(*port))
                .append_pair("response_type", "code")
                .append_pair("scope", "openid");
            let answer = inner.http.get(&url).await?;
            if !(300..400).contains(&answer.status) {
                continue;
            }
            if let Some(app) = app_of(&answer.location).filter(|app| inner.http.trusts(app)) {
                return Ok(Some(app));
            }
        }
        Ok(None)
    }
}

/// The app's base out of `<base>oauth?…`. Anything else, such as a redirect with an error, is none.
pub(crate) fn app_of(location: &str) -> Option<Url> {
    let mut url = Url::parse(location).ok()?;
    let base = url.path().strip_suffix("oauth").filter(|base| base.ends_with('/'))?.to_owned();
    if url.host_str().is_none_or(str::is_empty) || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.set_path(&base);
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_app_is_where_a_browser_is_sent_to_sign_in() {
        let of = |location: &str| app_of(location).map(String::from);
        let told = Some("https://app.clinic.example/".to_owned());
        assert_eq!(of("https://app.clinic.example/oauth?client_id=x&scope=openid"), told);
        assert_eq!(of("https://x.example/sub/oauth"), Some("https://x.example/sub/".to_owned()));
        for other in [
            "http://localhost:9615/?error=login_required",
            "http://127.0.0.1:9615/callback?code=1",
            "https://app.clinic.example/signin",
            "https://app.clinic.example/notoauth",
            "https://user:word@app.clinic.example/oauth",
            "/oauth",
            "",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
