//! Scripted faults: what a network, a proxy or a busy platform does to a request, on demand (platform-api §16).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value};

/// What happens to a request that a rule fits.
#[derive(Debug, Clone)]
pub enum Effect {
    /// The answer comes this much later.
    Latency(Duration),
    /// The connection is cut without an answer.
    Reset,
    /// No answer ever; the client must give up.
    Hang,
    /// 429 with a `RateLimit` header that resets in this many seconds; nothing is done.
    TooManyRequests {
        /// Seconds until the window ends.
        reset: u64,
    },
    /// 500 `{"msg":"Internal Server Error"}`; nothing is done.
    Broken,
    /// The request is done, and the answer is cut in the middle of its body.
    Truncated,
    /// Somebody else changes these members of the addressed resource first, so that a known version is stale.
    SomebodyWrites(Map<String, Value>),
    /// A text, such as a proxy's, instead of the answer; nothing is done.
    Text {
        /// HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The platform's own refusal, an `OperationOutcome` of this id (platform-api §1.4) with this text; nothing is done.
    Refused {
        /// The id, which decides the status.
        id: String,
        /// What it says.
        text: String,
    },
    /// The page for unknown paths, as of a platform without this endpoint; nothing is done.
    NoRoute,
    /// The request is done, and the connection is cut before the answer: the client cannot know.
    ResetAfter,
}

/// Which requests an effect is for.
#[derive(Debug, Clone)]
pub struct Rule {
    /// HTTP method; none: any.
    method: Option<String>,
    /// Path in which `*` stands for any characters, slashes too.
    path: String,
    skip: u64,
    times: Option<u64>,
    effect: Effect,
}

impl Rule {
    /// The effect on every request of this path (`*` stands for anything).
    pub fn on(path: &str, effect: Effect) -> Self {
        Self { method: None, path: path.to_owned(), skip: 0, times: None, effect }
    }

    /// Only this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_owned());
        self
    }

    /// Not before this many requests have passed.
    #[must_use]
    pub fn after(mut self, requests: u64) -> Self {
        self.skip = requests;
        self
    }

    /// Only so often.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only once.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }
}

/// The script of a running platform.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Mutex<Vec<Rule>>,
}

impl Faults {
    /// Adds a rule; earlier rules go first, and the first that fits is used.
    pub fn add(&self, rule: Rule) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    /// Forgets all rules.
    pub fn clear(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The effect on this request; counts it.
    pub fn take(&self, method: &str, path: &str) -> Option<Effect> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        for rule in rules.iter_mut() {
            if rule.method.as_deref().is_some_and(|m| m != method) || !glob(&rule.path, path) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            match &mut rule.times {
                Some(0) => {}
                Some(times) => {
                    *times -= 1;
                    return Some(rule.effect.clone());
                }
                None => return Some(rule.effect.clone()),
            }
        }
        None
    }
}

fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            text.char_indices().map(|(i, _)| i).chain([text.len()]).any(|i| glob(rest, &text[i..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/fhir/R4/User/*", "/fhir/R4/User/1", true)]
    #[case("/fhir/R4/User/*", "/fhir/R4/User", false)]
    #[case("*", "/anything", true)]
    #[case("/fhir/*/User/*/$update-email", "/fhir/R4/User/1/$update-email", true)]
    #[case("/fhir/*/User/*/$update-email", "/fhir/R4/User/1/$rescope", false)]
    fn a_star_stands_for_anything(#[case] pattern: &str, #[case] path: &str, #[case] fits: bool) {
        assert_eq!(glob(pattern, path), fits);
    }

    #[test]
    fn a_rule_waits_and_wears_out() {
        let faults = Faults::default();
        faults.add(Rule::on("/a", Effect::Broken).method("GET").after(1).times(2));
        let hits: Vec<bool> = (0..5).map(|_| faults.take("GET", "/a").is_some()).collect();
        assert_eq!(hits, [false, true, true, false, false]);
        assert!(faults.take("POST", "/a").is_none());
    }
}
