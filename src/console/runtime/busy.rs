//! The busy counter.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts what is under way: tasks and messages not yet handled.
#[derive(Debug, Clone, Default)]
pub struct Busy(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    count: AtomicUsize,
    fell: Notify,
}

/// One thing under way; falls when dropped.
#[derive(Debug)]
pub struct BusyGuard(Busy);

impl Busy {
    /// One thing more.
    pub fn raise(&self) -> BusyGuard {
        self.0.count.fetch_add(1, Ordering::SeqCst);
        BusyGuard(self.clone())
    }

    /// Nothing is under way.
    pub fn is_idle(&self) -> bool {
        self.0.count.load(Ordering::SeqCst) == 0
    }

    /// Waits until something has ended.
    pub async fn fell(&self) {
        self.0.fell.notified().await;
    }
}

impl Clone for BusyGuard {
    fn clone(&self) -> Self {
        self.0.raise()
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        self.0.0.count.fetch_sub(1, Ordering::SeqCst);
        self.0.0.fell.notify_one();
    }
}
