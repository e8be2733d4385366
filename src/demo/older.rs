//! An older platform, by `--set older=true`: it says another version and lacks endpoints that came later. Which
//! version of a real one brought which endpoint is not what this says; it is there to see how a client copes.

use super::outcome::{Outcome, Refusal};

/// What it calls itself.
pub const VERSION: &str = "4.1.0-embedded";

/// The refusal of what it does not have: the page for unknown paths, and for an operation on a record the same 404 as
/// for an unknown record (platform-api §1.4).
pub fn lacks(method: &str, path: &str, original_path: &str) -> Option<Refusal> {
    if method != "POST" {
        return None;
    }
    let member = path.starts_with("/admin/projects/") && path.contains("/members/");
    if member && (path.ends_with("/mfa/reset") || path.ends_with("/resetpassword"))
        || path == "/auth/mfa/disable"
    {
        return Some(Refusal::NoRoute(method.to_owned(), original_path.to_owned()));
    }
    let operation = path.starts_with("/fhir/")
        && (path.ends_with("/$rescope") || path.ends_with("/$refresh-reference-display"));
    operation.then(|| Outcome::not_found().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_later_is_lacking() {
        let of = |path: &str| lacks("POST", path, path).is_some();
        assert!(of("/admin/projects/p/members/m/mfa/reset"));
        assert!(of("/fhir/R4/User/u/$rescope"));
        assert!(!of("/admin/projects/p/members/m"));
        assert!(!of("/fhir/R4/User/u/$update-email"));
    }
}
