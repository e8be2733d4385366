//! The system's browser.

use crate::ports::Browser;

/// Opens addresses in the person's own browser, detached and without a shell (RFC 8252 §8.12; L7).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemBrowser;

impl Browser for SystemBrowser {
    fn open(&self, url: &str) -> std::io::Result<()> {
        let web = url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        if !web {
            return Err(std::io::Error::other("not a web address"));
        }
        open::that_detached(url)
    }
}
