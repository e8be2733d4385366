//! Rate limits in fixed windows of a minute (platform-api §1.9).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::outcome::Outcome;

/// How long a window is unless it is set otherwise.
pub const WINDOW_MS: i64 = 60_000;

/// What a limiter said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Points left in this window.
    pub remaining: u64,
    /// Milliseconds until the window ends.
    pub ms: i64,
    /// Points taken in this window, those over the limit too.
    pub consumed: u64,
    /// The limit.
    pub limit: u64,
    first: bool,
}

impl Standing {
    /// One list member of the `RateLimit` header.
    pub fn header(&self, name: &str) -> String {
        format!("\"{name}\";r={};t={}", self.remaining, (self.ms + 999) / 1000)
    }

    /// The refusal, with the limiter's state as the platform writes it.
    pub fn refusal(&self) -> Outcome {
        Outcome::throttled(
            json!({
                "_remainingPoints": self.remaining,
                "_msBeforeNext": self.ms,
                "_consumedPoints": self.consumed,
                "_isFirstInDuration": self.first,
                "limit": self.limit,
            })
            .to_string(),
        )
    }
}

#[derive(Debug, Default)]
struct Window {
    until: i64,
    consumed: u64,
}

/// All counters of the platform.
#[derive(Debug)]
pub struct Limits {
    windows: Mutex<HashMap<String, Window>>,
    window_ms: i64,
    refused: AtomicU64,
}

impl Default for Limits {
    fn default() -> Self {
        Self::with_window(WINDOW_MS)
    }
}

impl Limits {
    /// With windows of so many milliseconds.
    pub fn with_window(window_ms: i64) -> Self {
        Self { windows: Mutex::default(), window_ms, refused: AtomicU64::new(0) }
    }

    /// How often somebody was refused for being too fast.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Takes points; an error when more were taken than the window allows.
    pub fn consume(&self, key: &str, points: u64, limit: u64, now_ms: i64) -> Result<Standing, Standing> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = windows.entry(key.to_owned()).or_default();
        if window.until <= now_ms {
            *window = Window { until: now_ms + self.window_ms, consumed: 0 };
        }
        window.consumed += points;
        let standing = Standing {
            remaining: limit.saturating_sub(window.consumed),
            ms: window.until - now_ms,
            consumed: window.consumed,
            limit,
            first: window.consumed == points,
        };
        if window.consumed > limit {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(standing);
        }
        Ok(standing)
    }

    /// The standing of a counter without taking anything.
    pub fn standing(&self, key: &str, limit: u64, now_ms: i64) -> Standing {
        let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let (consumed, ms) = match windows.get(key) {
            Some(window) if window.until > now_ms => (window.consumed, window.until - now_ms),
            _ => (0, 0),
        };
        Standing { remaining: limit.saturating_sub(consumed), ms, consumed, limit, first: false }
    }
}

/// The limiter of a path: its name in keys, and which setting rules it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Sign-in and registration.
    Login,
    /// Other `/auth/*` and `/oauth2/*`.
    Auth,
    /// Everything else.
    Default,
}

/// The limiter of a path.
pub fn category(path: &str) -> Category {
    match path {
        "/auth/login" | "/auth/newuser" | "/auth/newproject" => Category::Login,
        "/auth/me" => Category::Default,
        p if p.starts_with("/auth/") || p.starts_with("/oauth2/") => Category::Auth,
        _ => Category::Default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_come_back_when_the_window_ends() {
        let limits = Limits::default();
        assert_eq!(limits.consume("a", 60, 100, 0).unwrap().remaining, 40);
        let over = limits.consume("a", 60, 100, 1_000).unwrap_err();
        assert_eq!((over.remaining, over.consumed, over.ms), (0, 120, 59_000));
        assert_eq!(
            limits.consume("b", 1, 100, 1_000).unwrap().remaining,
            99,
            "another key has its own window"
        );
        assert_eq!(limits.consume("a", 1, 100, 60_000).unwrap().remaining, 99);
    }

    #[test]
    fn the_header_rounds_the_wait_up() {
        let limits = Limits::default();
        let standing = limits.consume("a", 1, 5, 0).unwrap();
        assert_eq!(standing.header("requests"), "\"requests\";r=4;t=60");
        assert_eq!(limits.consume("a", 1, 5, 1).unwrap().header("requests"), "\"requests\";r=3;t=60");
    }

    #[test]
    fn paths_fall_into_three_categories() {
        assert_eq!(category("/auth/login"), Category::Login);
        assert_eq!(category("/auth/me"), Category::Default);
        assert_eq!(category("/oauth2/token"), Category::Auth);
        assert_eq!(category("/fhir/R4/User"), Category::Default);
    }
}
