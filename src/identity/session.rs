//! Sessions: a Login of the platform without its secrets (platform-api §4, §9.6).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::{ProjectId, Reference, SessionId, VersionId};
use super::text::Text;

/// One sign-in and the session that came out of it. `code`, `cookie` and `refreshSecret` are never read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginSession {
    /// The Login.
    pub id: SessionId,
    /// The version that was read; absent where `/auth/me` told of it.
    pub version: Option<VersionId>,
    /// Whose; its display is the address at the time of the sign-in.
    pub user: Option<Reference>,
    /// In which project; absent when a sign-in got no further than the password.
    pub project: Option<ProjectId>,
    /// Through which client application.
    pub client: Option<Reference>,
    /// `password`, `google`, `external`, `exchange`, `client` …
    pub method: Text,
    /// From which network address.
    pub address: Text,
    /// Browser or program.
    pub browser: Text,
    /// When it began, where that is told.
    pub began: Option<Timestamp>,
    /// When it was last written: at the sign-in and with every refresh.
    pub last_used: Option<Timestamp>,
    /// A token was given out.
    pub granted: bool,
    /// Ended.
    pub revoked: bool,
}

impl LoginSession {
    /// It can still be used, as far as its record says.
    pub fn is_alive(&self) -> bool {
        self.granted && !self.revoked
    }

    /// `password, Firefox, Linux from 10.0.0.7`
    pub fn words(&self) -> String {
        let method = if self.method.is_empty() { "sign-in".to_owned() } else { self.method.to_string() };
        let browser = if self.browser.is_empty() { String::new() } else { format!(", {}", self.browser) };
        let from = if self.address.is_empty() { String::new() } else { format!(" from {}", self.address) };
        format!("{method}{browser}{from}")
    }
}

/// Name of the browser and the system in a `User-Agent`; the text itself where it is no browser's.
pub fn browser(agent: &str) -> Text {
    let first = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iOS"),
        ("iPad", "iOS"),
        ("Mac OS X", "Mac OS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => Text::from(format!("{browser}, {system}")),
        (Some(browser), None) => Text::from(browser),
        (None, _) => Text::from(agent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_and_a_program_keeps_its_own_name() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        assert_eq!(browser(firefox).raw(), "Firefox, Linux");
        assert_eq!(browser("clinic-sweep/1.4").raw(), "clinic-sweep/1.4");
        assert_eq!(browser("").raw(), "");
    }
}
