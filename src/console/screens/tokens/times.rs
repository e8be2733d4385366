//! Times of a token in words, and when the words change. Nothing ticks unless something visible changes.

use jiff::{SignedDuration, Timestamp};
use ratatui::text::{Line, Span};

use super::held::Held;
use super::lines::Listing;
use crate::console::theme::Role;
use crate::console::widgets::fields::pad;
use crate::console::words::{ago, countdown};
use crate::token::ladder::span;
use crate::token::meaning;
use crate::token::time::{Standing, When, standing};
use crate::workflows::token_lab::inspect::Moment;

/// From here on the end is counted down by the second.
const CLOSE: SignedDuration = SignedDuration::from_mins(5);

/// Longest bar of a life time.
const BAR: usize = 32;

/// `in 54 min`, `in 4:59`, `3 h ago`
pub(super) fn relative(when: When, now: Timestamp) -> String {
    let Some(at) = when.at() else { return "outside of all years".to_owned() };
    let left = now.duration_until(at);
    if left <= SignedDuration::ZERO {
        ago(at, now)
    } else if left <= CLOSE {
        format!("in {}", countdown(at, now))
    } else {
        format!("in {}", span(left.as_secs_f64()))
    }
}

/// `ends in 54 min`, `ended 3 h ago`
pub(super) fn ending(when: When, now: Timestamp) -> String {
    let over = when.from(now) <= 0.0;
    format!("{} {}", if over { "ended" } else { "ends" }, relative(when, now))
}

/// When [`relative`] says something else.
pub(super) fn next_change(when: When, now: Timestamp) -> Option<Timestamp> {
    let at = when.at()?;
    let left = now.duration_until(at);
    let next = if left <= SignedDuration::ZERO {
        let gone = at.duration_until(now).as_secs();
        let steps = |unit: i64| (gone / unit + 1) * unit;
        let until = match gone {
            ..60 => 60,
            60..3_600 => steps(60),
            3_600..86_400 => steps(3_600),
            86_400..172_800 => 172_800,
            172_800..2_592_000 => steps(86_400),
            _ => return None,
        };
        at.checked_add(SignedDuration::from_secs(until))
    } else if left <= CLOSE {
        let shown = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        at.checked_sub(SignedDuration::from_secs(shown - 1))
    } else {
        let unit = match left.as_secs() {
            ..86_400 => 60,
            86_400..864_000 => 3_600,
            _ => 86_400,
        };
        let kept = left.as_secs() / unit * unit;
        // At the very moment the words are still the same.
        at.checked_sub(SignedDuration::from_secs(kept))
            .and_then(|at| at.checked_add(SignedDuration::from_millis(1)))
    };
    next.ok().filter(|next| *next > now)
}

/// Each time as the machine's, as UTC, and from now; then how much of its life is over.
pub(super) fn lines(held: &Held, out: &mut Listing<'_, '_>) {
    let Some(seen) = held.seen.as_ref().filter(|seen| seen.jws().is_some()) else {
        out.say("It names no times that could be read.", Role::Muted);
        return;
    };
    if seen.moments.is_empty() {
        out.say("It names no times: not when it was made, not when it ends.", Role::Warn);
        return;
    }
    let view = out.view;
    for moment in &seen.moments {
        let what = meaning::of(moment.claim).map_or("", |known| known.0);
        let local = moment.local(view.zone);
        let role = if moment.claim == "exp" && moment.when.from(view.now) <= 0.0 {
            Role::Danger
        } else if moment.claim == "exp" {
            Role::Title
        } else {
            Role::Text
        };
        let from_now = relative(moment.when, view.now);
        let head = vec![
            Span::styled(pad(what, 22), view.style(Role::Text)),
            Span::styled(pad(moment.claim, 10), view.style(Role::Muted)),
        ];
        // Where local time is UTC it would only be said twice.
        let local = if local.is_empty() || local.ends_with(" UTC") { String::new() } else { local };
        if out.width >= 100 {
            let mut line = head;
            line.push(Span::styled(pad(&from_now, 16), view.style(role)));
            line.push(Span::styled(pad(&moment.utc(), 25), view.style(Role::Muted)));
            line.push(Span::styled(local, view.style(Role::Muted)));
            out.lines.push(Line::from(line));
        } else {
            let mut line = head;
            line.push(Span::styled(from_now, view.style(role)));
            out.lines.push(Line::from(line));
            let dot = view.glyphs.dot;
            let both =
                if local.is_empty() { moment.utc() } else { format!("{} {dot} {local}", moment.utc()) };
            out.indented(&both, 2, Role::Muted);
        }
    }
    if let Some(jws) = seen.jws() {
        life(&seen.moments, out);
        out.gap();
        let (glyph, role, words) = match standing(jws, view.now) {
            Standing::Valid(_) => (view.glyphs.ok, Role::Muted, "By its times it counts now.".to_owned()),
            Standing::JustEnded(_) => (
                view.glyphs.warning,
                Role::Warn,
                "It has ended, within the minute that clocks may differ by.".to_owned(),
            ),
            Standing::Ended(_) => (view.glyphs.failed, Role::Danger, "It has ended.".to_owned()),
            Standing::NotYet(left) => (
                view.glyphs.failed,
                Role::Danger,
                format!("It counts only from {} on; perhaps a clock is off.", span(left)),
            ),
            Standing::FromTheFuture(ahead) => (
                view.glyphs.warning,
                Role::Warn,
                format!(
                    "It was made {} in the future: its issuer's clock or this machine's is off.",
                    span(ahead)
                ),
            ),
            Standing::Endless => {
                (view.glyphs.failed, Role::Danger, "It names no end, so nobody should take it.".to_owned())
            }
            Standing::Odd(name) => (view.glyphs.failed, Role::Danger, format!("Its `{name}` is no number.")),
        };
        out.point(glyph, role, &words, Role::Text);
    }
}

/// `life  ━━━━━━━━━━──────────  54 min of 1 h left`
fn life(moments: &[Moment], out: &mut Listing<'_, '_>) {
    let seconds = |claim: &str| moments.iter().find(|m| m.claim == claim).map(|m| m.when.seconds);
    let (Some(made), Some(ends)) = (seconds("iat"), seconds("exp")) else { return };
    let whole = ends - made;
    if whole <= 0.0 || !whole.is_finite() {
        return;
    }
    let view = out.view;
    let left = When { seconds: ends }.from(view.now).clamp(0.0, whole);
    let room = out.width.saturating_sub(36).clamp(8, BAR);
    // Rounded up, so that an empty bar means that nothing is left.
    let full = ((left / whole) * room as f64).ceil() as usize;
    let words = if left > 0.0 {
        format!("{} of {} left", span(left), span(whole))
    } else {
        format!("{}, all over", span(whole))
    };
    out.gap();
    out.lines.push(Line::from(vec![
        Span::styled("life  ", view.style(Role::Muted)),
        Span::styled(view.glyphs.progress.repeat(full), view.style(Role::Accent)),
        Span::styled(view.glyphs.rest.repeat(room - full.min(room)), view.style(Role::Border)),
        Span::styled(format!("  {words}"), view.style(Role::Text)),
    ]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: f64) -> (When, Timestamp) {
        (When { seconds }, Timestamp::from_second(1_767_607_200).unwrap())
    }

    #[test]
    fn times_are_told_from_now() {
        let said = |left: f64| relative(at(1_767_607_200.0 + left).0, at(0.0).1);
        assert_eq!(said(3_240.0), "in 54 min");
        assert_eq!(said(299.5), "in 5:00");
        assert_eq!(said(61.0), "in 1:01");
        assert_eq!(said(-7_300.0), "2 h ago");
        assert_eq!(said(1e15), "outside of all years");
        assert_eq!(ending(at(1_767_607_140.0).0, at(0.0).1), "ended 1 min ago");
    }

    // The words are never out of date, and nothing wakes without a change.
    proptest! {
        #[test]
        fn the_next_change_is_when_the_words_change(left in -200_000i64..2_000_000, millis in 0i32..1000) {
            let now = Timestamp::from_second(1_767_607_200).unwrap();
            let when = When { seconds: (1_767_607_200 + left) as f64 + f64::from(millis) / 1000.0 };
            if let Some(next) = next_change(when, now) {
                let before = next - SignedDuration::from_millis(2);
                prop_assert!(next > now);
                prop_assert_eq!(relative(when, now), relative(when, before.max(now)));
                prop_assert_ne!(relative(when, now), relative(when, next + SignedDuration::from_millis(1)));
            }
        }
    }
}
