//! Answers that are kept: what is there, what is not there, and what may not be seen. Anything else may pass and is
//! asked for again.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::workflows::refusals::Cause;
use crate::workflows::remote::Trouble;

/// Answers by what was asked.
pub(super) struct Memo<T>(Mutex<HashMap<String, Result<T, Trouble>>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> fmt::Debug for Memo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memo({})", self.lock().len())
    }
}

impl<T> Memo<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Result<T, Trouble>>> {
        // Nothing panics while it holds this.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Memo<T> {
    /// The kept answer, else the one that `ask` brings.
    pub async fn get(
        &self,
        key: String,
        ask: impl Future<Output = Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        if let Some(known) = self.lock().get(&key) {
            return known.clone();
        }
        let answer = ask.await;
        let lasts = match &answer {
            Ok(_) => true,
            Err(trouble) => matches!(trouble.cause, Cause::NotFound | Cause::Gone | Cause::Forbidden),
        };
        if lasts {
            self.lock().insert(key, answer.clone());
        }
        answer
    }

    /// A kept answer that is there.
    pub fn known(&self, key: &str) -> Option<T> {
        self.lock().get(key).and_then(|answer| answer.as_ref().ok().cloned())
    }
}
