//! The platform's own clock: system time plus an offset that tests may move.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;

/// System time plus an offset, so that tests can let tokens expire without waiting.
#[derive(Debug, Default)]
pub struct Clock {
    offset_ms: AtomicI64,
}

impl Clock {
    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        #[expect(clippy::disallowed_methods, reason = "the embedded platform has its own clock")]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX) + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Whole seconds since 1970, as tokens write them.
    pub fn now_seconds(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// The present instant as the platform writes it.
    pub fn now_iso(&self) -> String {
        iso(self.now_ms())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

/// `2026-01-05T10:00:00.000Z` of milliseconds since 1970.
pub fn iso(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

/// `Mon, 05 Jan 2026 10:00:00 GMT` of milliseconds since 1970 (RFC 9110 §5.6.7).
pub fn http_date(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .map_or_else(|_| String::new(), |t| t.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

/// Milliseconds since 1970 of an ISO 8601 instant.
pub fn parse_iso(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_the_way_to_text_and_back() {
        assert_eq!(iso(1_767_607_200_005), "2026-01-05T10:00:00.005Z");
        assert_eq!(parse_iso("2026-01-05T10:00:00.005Z"), Some(1_767_607_200_005));
        assert_eq!(http_date(1_767_607_200_005), "Mon, 05 Jan 2026 10:00:00 GMT");
    }

    #[test]
    fn advancing_moves_the_clock_forward() {
        let clock = Clock::default();
        let before = clock.now_ms();
        clock.advance(Duration::from_hours(1));
        assert!(clock.now_ms() - before >= 3_600_000);
    }
}
