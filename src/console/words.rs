//! Numbers and times in the words of the house.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};

pub use crate::identity::words::number;

/// A path as typed, where a leading `~/` means the home folder.
pub fn home(typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(typed),
    }
}

/// `1 member`, `100 312 members`
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// `just now`, `3 min ago`, `2 h ago`, `yesterday`, `5 d ago`, then the date.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    match seconds {
        ..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        86_400..172_800 => "yesterday".to_owned(),
        172_800..2_592_000 => format!("{} d ago", seconds / 86_400),
        _ => at.strftime("%Y-%m-%d").to_string(),
    }
}

/// A clock that runs down: `1:42`, `1:02:03`; never below `0:00`.
pub fn countdown(until: Timestamp, now: Timestamp) -> String {
    let left = until.duration_since(now).max(SignedDuration::ZERO);
    // Rounded up, so that 0:00 is shown only when nothing is left.
    let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// Shortens in the middle, for emails and ids; at least three columns.
pub fn shorten_middle(text: &str, width: usize, ellipsis: &str) -> String {
    use unicode_width::UnicodeWidthStr as _;
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(ellipsis.width());
    // The end of an address says more than its middle: the tail gets the larger half.
    let head = take_width(text.chars(), room / 2);
    let tail: String = take_width(text.chars().rev(), room - head.width()).chars().rev().collect();
    format!("{head}{ellipsis}{tail}")
}

/// Shortens at the end, for names and sentences.
pub fn shorten_end(text: &str, width: usize, ellipsis: &str) -> String {
    use unicode_width::UnicodeWidthStr as _;
    if text.width() <= width {
        return text.to_owned();
    }
    format!("{}{ellipsis}", take_width(text.chars(), width.saturating_sub(ellipsis.width())))
}

/// Breaks a sentence into lines at blanks; a word that is longer than a line is broken. Takes time by the
/// length of the text and no more: strangers decide how long a word is.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr as _;
    let width = width.max(1);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (mut rest, mut wide) = (word, word.width());
        loop {
            let blank = usize::from(!line.is_empty());
            if used + blank + wide <= width {
                if blank == 1 {
                    line.push(' ');
                }
                line.push_str(rest);
                used += blank + wide;
                break;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0;
                continue;
            }
            let head = take_width(rest.chars(), width);
            // A character wider than the line cannot be broken further.
            if head.is_empty() {
                line.push_str(rest);
                used = wide;
                break;
            }
            rest = &rest[head.len()..];
            wide = wide.saturating_sub(head.width());
            // Signs that belong together may be wider apart; what is left is measured once it could fit.
            if wide <= width {
                wide = rest.width();
            }
            lines.push(head);
        }
    }
    lines.push(line);
    lines
}

fn take_width(chars: impl Iterator<Item = char>, room: usize) -> String {
    use unicode_width::UnicodeWidthChar as _;
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(1_000, "1 000")]
    #[case(100_312, "100 312")]
    fn numbers_are_grouped(#[case] n: u64, #[case] shown: &str) {
        assert_eq!(number(n), shown);
    }

    #[rstest]
    #[case(5, "just now")]
    #[case(185, "3 min ago")]
    #[case(7_300, "2 h ago")]
    #[case(90_000, "yesterday")]
    #[case(5 * 86_400, "5 d ago")]
    fn times_are_told_as_people_do(#[case] seconds: i64, #[case] shown: &str) {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(ago(Timestamp::from_second(1_800_000_000 - seconds).unwrap(), now), shown);
    }

    #[test]
    fn a_countdown_reaches_zero_and_stays() {
        let at = |s: i64| Timestamp::from_second(s).unwrap();
        assert_eq!(countdown(at(102), at(0)), "1:42");
        assert_eq!(countdown(at(3723), at(0)), "1:02:03");
        assert_eq!(countdown(at(0), at(9)), "0:00");
    }

    #[rstest]
    #[case("one two three", 7, &["one two", "three"])]
    #[case("https://a.example/long", 10, &["https://a.", "example/lo", "ng"])]
    #[case("", 5, &[""])]
    fn sentences_break_at_blanks(#[case] text: &str, #[case] width: usize, #[case] lines: &[&str]) {
        assert_eq!(wrap(text, width), lines);
    }

    // A claim is as long as its issuer likes: by the square of its length this would take hours.
    #[test]
    fn a_word_of_megabytes_is_broken_at_once() {
        let lines = wrap(&format!("It is by {}.", "x".repeat(4 << 20)), 80);
        assert_eq!((lines.len(), lines[1].len()), (1 + (4 << 20) / 80 + 1, 80));
    }

    #[test]
    fn addresses_shorten_in_the_middle_and_names_at_the_end() {
        assert_eq!(shorten_middle("jane.smith@clinic.example", 16, "…"), "jane.sm….example");
        assert_eq!(shorten_end("Jane Smith", 7, "…"), "Jane S…");
        assert_eq!(shorten_end("山田太郎", 5, "…"), "山田…");
    }
}
