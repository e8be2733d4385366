//! Holding a run: pause, go on, stop. Always between two changes; what is on its way is done to its end.

use std::sync::Arc;

use tokio::sync::watch;

/// What somebody wants of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wish {
    /// Go on.
    #[default]
    Run,
    /// Nothing more goes out until it is told to go on.
    Pause,
    /// Nothing more goes out; what is left can be gone on with from the journal.
    Stop,
}

/// The hold on a run. Clones hold the same run.
#[derive(Debug, Clone)]
pub struct Control {
    wish: Arc<watch::Sender<Wish>>,
}

impl Default for Control {
    fn default() -> Self {
        Self { wish: Arc::new(watch::Sender::new(Wish::Run)) }
    }
}

impl Control {
    /// Nothing more goes out until [`Control::resume`].
    pub fn pause(&self) {
        self.change(Wish::Pause);
    }

    /// Goes on.
    pub fn resume(&self) {
        self.change(Wish::Run);
    }

    /// Ends the run after what is on its way. There is no way back: what is left is resumed from the journal.
    pub fn stop(&self) {
        self.change(Wish::Stop);
    }

    /// What is wanted now.
    pub fn wish(&self) -> Wish {
        *self.wish.borrow()
    }

    fn change(&self, to: Wish) {
        self.wish.send_if_modified(|wish| {
            let changes = *wish != Wish::Stop && *wish != to;
            if changes {
                *wish = to;
            }
            changes
        });
    }

    pub(super) fn listen(&self) -> watch::Receiver<Wish> {
        self.wish.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_not_taken_back() {
        let control = Control::default();
        let other = control.clone();
        control.pause();
        assert_eq!(other.wish(), Wish::Pause);
        other.resume();
        assert_eq!(control.wish(), Wish::Run);
        control.stop();
        control.resume();
        assert_eq!(control.wish(), Wish::Stop);
    }
}
