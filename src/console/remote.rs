//! Something that was asked for and may not be here yet.

use jiff::Timestamp;

/// A value from elsewhere. A failed reload never blanks what was there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Remote<T, E = super::failure::Failure> {
    /// Not asked for.
    #[default]
    Idle,
    /// Asked for.
    Loading {
        /// Since when; a spinner appears only after a while.
        since: Timestamp,
        /// What was there before.
        stale: Option<T>,
    },
    /// Here.
    Ready {
        /// The value.
        value: T,
        /// When it came.
        at: Timestamp,
    },
    /// Could not be had.
    Failed {
        /// Why.
        error: E,
        /// What was there before.
        stale: Option<T>,
    },
}

impl<T, E> Remote<T, E> {
    /// The value, fresh or stale.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Idle => None,
            Self::Loading { stale, .. } | Self::Failed { stale, .. } => stale.as_ref(),
            Self::Ready { value, .. } => Some(value),
        }
    }

    /// The value, fresh or stale, to be changed in place.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Idle => None,
            Self::Loading { stale, .. } | Self::Failed { stale, .. } => stale.as_mut(),
            Self::Ready { value, .. } => Some(value),
        }
    }

    /// Why it could not be had.
    pub fn error(&self) -> Option<&E> {
        match self {
            Self::Failed { error, .. } => Some(error),
            Self::Idle | Self::Loading { .. } | Self::Ready { .. } => None,
        }
    }

    /// Since when it is being asked for.
    pub fn loading_since(&self) -> Option<Timestamp> {
        match self {
            Self::Loading { since, .. } => Some(*since),
            Self::Idle | Self::Ready { .. } | Self::Failed { .. } => None,
        }
    }

    /// Asks; what was there stays.
    pub fn ask(&mut self, now: Timestamp) {
        let stale = self.take();
        *self = Self::Loading { since: now, stale };
    }

    /// The answer came.
    pub fn answer(&mut self, answer: Result<T, E>, now: Timestamp) {
        *self = match answer {
            Ok(value) => Self::Ready { value, at: now },
            Err(error) => Self::Failed { error, stale: self.take() },
        };
    }

    /// The answer is no longer waited for; what was there stays.
    pub fn give_up(&mut self, now: Timestamp) {
        *self = self.take().map_or(Self::Idle, |value| Self::Ready { value, at: now });
    }

    fn take(&mut self) -> Option<T> {
        match std::mem::replace(self, Self::Idle) {
            Self::Idle => None,
            Self::Loading { stale, .. } | Self::Failed { stale, .. } => stale,
            Self::Ready { value, .. } => Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_reload_keeps_what_was_there() {
        let now = Timestamp::UNIX_EPOCH;
        let mut remote: Remote<u8, &str> = Remote::default();
        remote.ask(now);
        remote.answer(Ok(7), now);
        remote.ask(now);
        assert_eq!(remote, Remote::Loading { since: now, stale: Some(7) });
        remote.answer(Err("no"), now);
        assert_eq!((remote.value(), remote.error()), (Some(&7), Some(&"no")));
    }
}
