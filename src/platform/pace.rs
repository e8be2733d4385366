//! Pacing by the `RateLimit` header (platform-api §1.9; standards H1): pure bookkeeping, time is passed in.
//!
//! Every answer tells how many points are left and when they come back. A request takes its points here before it
//! goes out; when they are not there it waits for the reset instead of being refused. Bulk work leaves a share for
//! interactive calls. Right after a reset nothing is known yet, so the last known size of the window is assumed.

use std::time::Duration;

use tokio::time::Instant;

/// Part of a window that bulk work leaves to interactive calls.
const HEADROOM: u64 = 10;

/// Windows end on the platform's clock, and the answer took a while to get here.
const MARGIN: Duration = Duration::from_millis(100);

/// How long at most to wait for the first answer of a new window before looking again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A limiter at the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Limiter {
    /// `/auth/*` except `/auth/me`: by address.
    Auth,
    /// Everything else: by address.
    Requests,
    /// Work on records, by cost: read 1, history 10, search 20, write 100; by membership.
    Fhir,
}

impl Limiter {
    /// The name in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Auth => "sign-in requests",
            Self::Requests => "requests",
            Self::Fhir => "record work",
        }
    }

    fn place(self) -> usize {
        match self {
            Self::Auth => 0,
            Self::Requests => 1,
            Self::Fhir => 2,
        }
    }
}

/// Whose request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Urgency {
    /// Somebody waits for it.
    #[default]
    Interactive,
    /// One of many: loads and bulk runs. Leaves headroom.
    Background,
}

/// What a request costs as work on records; every request costs one at the limiter of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cost {
    /// No work on records that is counted.
    Plain,
    /// A read.
    Read,
    /// A history.
    History,
    /// A search.
    Search,
    /// A write.
    Write,
}

/// What a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Points {
    /// [`Limiter::Auth`] or [`Limiter::Requests`]: one point.
    limiter: Limiter,
    /// Points of [`Limiter::Fhir`].
    fhir: u64,
}

impl Points {
    /// The points of a request to this path (platform-api §1.9). Every limiter of a path is called `requests` in
    /// the header, so only the path tells them apart.
    pub(super) fn of_request(path: &str, cost: Cost) -> Self {
        let signing_in =
            ["/auth/", "/oauth2/"].iter().any(|part| path.contains(part)) && !path.ends_with("/auth/me");
        Self {
            limiter: if signing_in { Limiter::Auth } else { Limiter::Requests },
            fhir: match cost {
                Cost::Plain => 0,
                Cost::Read => 1,
                Cost::History => 10,
                Cost::Search => 20,
                Cost::Write => 100,
            },
        }
    }

    fn of(self, limiter: Limiter) -> u64 {
        match limiter {
            Limiter::Fhir => self.fhir,
            other => u64::from(other == self.limiter),
        }
    }
}

/// A limit as the platform last told it, for screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Points left, less what is on its way.
    pub remaining: u64,
    /// Most points ever seen left: the best guess of the limit itself.
    pub largest: u64,
    /// Until the points come back; zero when they are back.
    pub resets_in: Duration,
}

#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// As told by the answers so far, less what went out since.
    remaining: u64,
    full: u64,
    /// Points of requests that went out and have not been answered.
    open: u64,
    resets: Option<Instant>,
}

/// The bookkeeping of all limits of one session.
#[derive(Debug, Default)]
pub(super) struct Pace {
    windows: [Option<Window>; 3],
}

/// Whether a request may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Now; its points are taken.
    Go,
    /// Not before then, or before something was learned.
    Wait(Instant),
}

const LIMITERS: [Limiter; 3] = [Limiter::Auth, Limiter::Requests, Limiter::Fhir];

impl Pace {
    /// Takes the points of a request, or tells when to ask again.
    pub(super) fn admit(&mut self, cost: Points, urgency: Urgency, now: Instant) -> Admission {
        let mut until = None;
        for limiter in LIMITERS {
            let points = cost.of(limiter);
            if points == 0 {
                continue;
            }
            if let Some(window) = &mut self.windows[limiter.place()] {
                window.roll(now);
                if !window.has(points, urgency) {
                    // With no end known, somebody is finding out; their answer wakes whoever waits.
                    until = until.max(Some(window.resets.unwrap_or(now + LOOK_AGAIN)));
                }
            }
        }
        if let Some(until) = until {
            return Admission::Wait(until);
        }
        for limiter in LIMITERS {
            if let Some(window) = &mut self.windows[limiter.place()] {
                window.open += cost.of(limiter);
            }
        }
        Admission::Go
    }

    /// A request is over, answered or not. Its points stay taken for as long as nothing better is known.
    pub(super) fn done(&mut self, cost: Points, answered: bool) {
        for limiter in LIMITERS {
            if let Some(window) = &mut self.windows[limiter.place()] {
                let points = cost.of(limiter);
                window.open = window.open.saturating_sub(points);
                if !answered {
                    window.remaining = window.remaining.saturating_sub(points);
                }
            }
        }
    }

    /// Learns from the `RateLimit` header of an answer to a request of this cost.
    pub(super) fn learn(&mut self, header: &str, cost: Points, now: Instant) {
        for (name, remaining, seconds) in items(header) {
            let limiter = if name == "fhirInteractions" { Limiter::Fhir } else { cost.limiter };
            let resets = now + Duration::from_secs(seconds) + MARGIN;
            let window = self.windows[limiter.place()].get_or_insert_default();
            // Answers overtake each other: of one window, the lowest number is the newest.
            let same = window.resets.is_some_and(|known| known > now && known.abs_diff(resets) <= SLACK);
            window.remaining = if same { window.remaining.min(remaining) } else { remaining };
            window.resets = if same { window.resets.min(Some(resets)) } else { Some(resets) };
            window.full = window.full.max(remaining);
        }
    }

    /// The platform has refused: nothing is left until then.
    pub(super) fn exhausted(&mut self, cost: Points, reset: Duration, now: Instant) {
        // Without a header it is not told which limit it was; the dearer one is the likely one.
        let limiter = if cost.fhir > 0 { Limiter::Fhir } else { cost.limiter };
        let empty = LIMITERS.into_iter().any(|limiter| {
            cost.of(limiter) > 0
                && self.windows[limiter.place()]
                    .is_some_and(|window| window.remaining == 0 && window.resets > Some(now))
        });
        if !empty {
            let window = self.windows[limiter.place()].get_or_insert_default();
            window.remaining = 0;
            window.resets = Some(now + reset + MARGIN);
        }
    }

    /// All limits seen so far.
    pub(super) fn limits(&self, now: Instant) -> Vec<(Limiter, Limit)> {
        let seen = LIMITERS.into_iter().filter_map(|limiter| Some((limiter, self.windows[limiter.place()]?)));
        seen.map(|(limiter, mut window)| {
            window.roll(now);
            let resets_in = window.resets.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
            let remaining = window.remaining.saturating_sub(window.open);
            (limiter, Limit { remaining, largest: window.full, resets_in })
        })
        .collect()
    }
}

/// Two headers of the same window differ by the rounding of seconds and the time on the way.
const SLACK: Duration = Duration::from_secs(2);

trait AbsDiff {
    fn abs_diff(self, other: Self) -> Duration;
}

impl AbsDiff for Instant {
    fn abs_diff(self, other: Self) -> Duration {
        self.saturating_duration_since(other).max(other.saturating_duration_since(self))
    }
}

impl Window {
    /// Begins the next window when this one has ended.
    fn roll(&mut self, now: Instant) {
        if self.resets.is_some_and(|at| at <= now) {
            self.remaining = self.full;
            self.resets = None;
        }
    }

    fn has(&self, points: u64, urgency: Urgency) -> bool {
        // With no end of the window known, waiting would never end: one request finds out.
        if self.resets.is_none() {
            return self.open == 0 || self.remaining >= self.open + points;
        }
        let left = self.remaining.saturating_sub(self.open);
        let headroom = match urgency {
            Urgency::Interactive => 0,
            // Never so much that a request of this cost could not go out at all.
            Urgency::Background => (self.full / HEADROOM).min(self.full.saturating_sub(points)),
        };
        left >= points + headroom
    }
}

/// Reads a header: name, points left, seconds.
fn items(header: &str) -> impl Iterator<Item = (&str, u64, u64)> {
    header.split(',').filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next()?.trim_matches('"');
        let (mut remaining, mut seconds) = (None, None);
        for part in parts {
            if let Some(value) = part.strip_prefix("r=") {
                remaining = value.parse().ok();
            } else if let Some(value) = part.strip_prefix("t=") {
                seconds = value.parse().ok();
            }
        }
        Some((name, remaining?, seconds?))
    })
}

/// Seconds until the exhausted limit of a header resets.
pub(super) fn exhausted_for(header: &str) -> Option<Duration> {
    items(header).filter(|(_, remaining, _)| *remaining == 0).map(|(_, _, t)| Duration::from_secs(t)).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SEARCH: Points = Points { limiter: Limiter::Requests, fhir: 20 };
    const WRITE: Points = Points { limiter: Limiter::Requests, fhir: 100 };
    const AUTH: Points = Points { limiter: Limiter::Auth, fhir: 0 };

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn answered(pace: &mut Pace, cost: Points, header: &str, now: Instant) {
        pace.learn(header, cost, now);
        pace.done(cost, true);
    }

    // platform-api §1.9: two lists in one header
    #[test]
    fn both_lists_of_the_header_are_read() {
        let mut pace = Pace::default();
        let now = Instant::now();
        assert_eq!(pace.admit(SEARCH, Urgency::Background, now), Admission::Go, "nothing is known yet");
        answered(&mut pace, SEARCH, r#""requests";r=599991;t=59, "fhirInteractions";r=49958;t=60"#, now);
        let limits = pace.limits(now);
        let told: Vec<_> = limits.iter().map(|(limiter, limit)| (*limiter, limit.remaining)).collect();
        assert_eq!(told, [(Limiter::Requests, 599_991), (Limiter::Fhir, 49_958)]);
        assert_eq!(limits[1].1.resets_in, seconds(60) + MARGIN);
    }

    #[test]
    fn a_request_waits_for_the_reset_instead_of_being_refused() {
        let mut pace = Pace::default();
        let now = Instant::now();
        answered(&mut pace, WRITE, r#""fhirInteractions";r=150;t=30"#, now);
        assert_eq!(pace.admit(WRITE, Urgency::Interactive, now), Admission::Go);
        let until = now + seconds(30) + MARGIN;
        assert_eq!(
            pace.admit(WRITE, Urgency::Interactive, now),
            Admission::Wait(until),
            "the first one's points are taken although its answer is not here"
        );
        pace.done(WRITE, true);
        assert_eq!(pace.admit(WRITE, Urgency::Interactive, until), Admission::Go, "a new window");
    }

    #[test]
    fn bulk_work_leaves_room_for_somebody_who_waits() {
        let mut pace = Pace::default();
        let now = Instant::now();
        answered(&mut pace, WRITE, r#""fhirInteractions";r=1000;t=60"#, now);
        let mut sent = 0;
        while pace.admit(WRITE, Urgency::Background, now) == Admission::Go {
            sent += 1;
        }
        assert_eq!(sent, 9);
        assert_eq!(pace.admit(SEARCH, Urgency::Interactive, now), Admission::Go);
    }

    #[test]
    fn the_path_tells_which_limiter_counts() {
        let limiter = |path| Points::of_request(path, Cost::Plain).limiter;
        assert_eq!(limiter("/auth/method"), Limiter::Auth);
        assert_eq!(limiter("/medplum/oauth2/token"), Limiter::Auth);
        assert_eq!(limiter("/auth/me"), Limiter::Requests);
        assert_eq!(limiter("/fhir/R4/User"), Limiter::Requests);
    }

    #[test]
    fn the_limits_of_signing_in_do_not_hold_up_records() {
        let mut pace = Pace::default();
        let now = Instant::now();
        answered(&mut pace, AUTH, r#""requests";r=0;t=60"#, now);
        assert!(matches!(pace.admit(AUTH, Urgency::Interactive, now), Admission::Wait(_)));
        assert_eq!(pace.admit(SEARCH, Urgency::Interactive, now), Admission::Go);
    }

    #[test]
    fn a_limit_smaller_than_the_headroom_does_not_wait_for_ever() {
        let mut pace = Pace::default();
        let now = Instant::now();
        answered(&mut pace, WRITE, r#""fhirInteractions";r=100;t=60"#, now);
        assert_eq!(pace.admit(WRITE, Urgency::Background, now), Admission::Go);
    }

    #[test]
    fn a_refusal_without_a_header_is_learned_from() {
        let mut pace = Pace::default();
        let now = Instant::now();
        pace.exhausted(SEARCH, seconds(5), now);
        assert_eq!(pace.admit(SEARCH, Urgency::Interactive, now), Admission::Wait(now + seconds(5) + MARGIN));
        let later = now + seconds(6);
        assert_eq!(pace.admit(SEARCH, Urgency::Interactive, later), Admission::Go, "one finds out");
        assert!(matches!(
            pace.admit(SEARCH, Urgency::Interactive, later),
            Admission::Go | Admission::Wait(_)
        ));
    }

    #[test]
    fn answers_that_overtake_each_other_do_not_give_points_back() {
        let mut pace = Pace::default();
        let now = Instant::now();
        answered(&mut pace, SEARCH, r#""fhirInteractions";r=20;t=60"#, now);
        answered(&mut pace, SEARCH, r#""fhirInteractions";r=40;t=60"#, now);
        assert_eq!(pace.limits(now)[0].1.remaining, 20);
    }

    #[test]
    fn the_exhausted_list_tells_how_long() {
        assert_eq!(exhausted_for(r#""requests";r=599;t=59, "fhirInteractions";r=0;t=12"#), Some(seconds(12)));
        assert_eq!(exhausted_for(r#""requests";r=599;t=59"#), None);
        assert_eq!(exhausted_for("nonsense;;=,"), None);
    }

    proptest! {
        // A platform that counts windows itself is never asked for more than it has, whatever the order of answers.
        #[test]
        fn a_bulk_loop_is_never_refused(
            limit in 100_u64..2_000,
            costs in prop::collection::vec(prop::sample::select(vec![1_u64, 10, 20, 100]), 1..200),
            at_once in 1_usize..6,
        ) {
            let start = Instant::now();
            let mut pace = Pace::default();
            let mut now = start;
            let mut window = (start, 0_u64);
            let mut open: Vec<(Points, String)> = Vec::new();
            for (number, fhir) in costs.into_iter().enumerate() {
                let cost = Points { limiter: Limiter::Requests, fhir };
                // The first answer is waited for: before it nothing can be known.
                if open.len() >= at_once || number == 1 {
                    for (cost, header) in open.drain(..).rev() {
                        pace.learn(&header, cost, now);
                        pace.done(cost, true);
                    }
                }
                loop {
                    match pace.admit(cost, Urgency::Background, now) {
                        Admission::Go => break,
                        Admission::Wait(until) => {
                            prop_assert!(until > now, "waiting for the past");
                            now = until;
                            for (cost, header) in open.drain(..) {
                                pace.learn(&header, cost, now);
                                pace.done(cost, true);
                            }
                        }
                    }
                }
                if now >= window.0 + seconds(60) {
                    window = (now, 0);
                }
                window.1 += fhir;
                prop_assert!(window.1 <= limit, "refused after {} of {limit}", window.1);
                let left = window.0 + seconds(60) - now;
                let header = format!("\"fhirInteractions\";r={};t={}", limit - window.1, left.as_millis().div_ceil(1000));
                open.push((cost, header));
                now += Duration::from_millis(20);
            }
        }
    }
}
