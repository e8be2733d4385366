//! A failure as the person is told it: what happened, why, what to do next.

/// Told in the error dialog, in a toast or in place of what could not be loaded. Holds only text that is safe
/// to show: what comes from the platform goes through [`crate::identity::Text`] first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened, in a sentence.
    pub what: String,
    /// Why, in a sentence; empty when `what` says it.
    pub why: String,
    /// What to do next, in a sentence; empty when there is nothing.
    pub next: String,
    /// The platform's request id, for its operator.
    pub request_id: Option<String>,
    /// Nobody is signed in: signing in helps.
    pub signed_out: bool,
    /// The platform said so: the session has ended, whatever the clock says.
    pub ended: bool,
}

impl Failure {
    /// A failure that one sentence tells.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: String::new(),
            next: String::new(),
            request_id: None,
            signed_out: false,
            ended: false,
        }
    }

    /// With its cause.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// With the next step.
    #[must_use]
    pub fn then(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.what)?;
        for more in [&self.why, &self.next] {
            if !more.is_empty() {
                write!(f, " {more}")?;
            }
        }
        Ok(())
    }
}
