//! Folding: the form in which text is searched and sorted, so that case and accents make no difference.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::identity::text::shown;

/// Longest folded field in bytes; what a stranger writes beyond that is shown but not searched.
const LONGEST: usize = 2048;

/// Appends the folded form of `raw` to `out`.
///
/// What is folded is the *visible* form, so a person finds what stands on the screen. The result holds no
/// control characters; separators can therefore never be part of a match.
pub fn fold_into(raw: &str, out: &mut String) {
    let raw = &raw[..floor_boundary(raw, LONGEST)];
    if raw.is_ascii() && !raw.bytes().any(|b| b.is_ascii_control()) && !raw.contains(['\\', '<']) {
        out.extend(raw.bytes().map(|b| char::from(b.to_ascii_lowercase())));
        return;
    }
    for c in shown(raw).nfkd() {
        if is_combining_mark(c) || crate::identity::text::is_hidden(c) {
            continue;
        }
        match c {
            'ß' | 'ẞ' => out.push_str("ss"),
            'æ' | 'Æ' => out.push_str("ae"),
            'œ' | 'Œ' => out.push_str("oe"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => out.push('d'),
            'þ' | 'Þ' => out.push_str("th"),
            'ı' => out.push('i'),
            _ => out.extend(c.to_lowercase().filter(|c| !is_combining_mark(*c))),
        }
    }
}

/// The folded form of `raw`.
pub fn fold(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    fold_into(raw, &mut out);
    out
}

/// Which characters occur in folded text: one bit per letter, digit and frequent sign. Text that lacks a bit
/// of the needle cannot match it, not even loosely.
pub fn letters(folded: &str) -> u64 {
    folded.bytes().fold(0, |mask, b| {
        mask | match b {
            b'a'..=b'z' => 1 << (b - b'a'),
            b'0'..=b'9' => 1 << (26 + b - b'0'),
            b'.' => 1 << 36,
            b'-' => 1 << 37,
            b'_' => 1 << 38,
            b'@' => 1 << 39,
            128.. => 1 << 40,
            _ => 0,
        }
    })
}

fn floor_boundary(text: &str, at: usize) -> usize {
    if text.len() <= at {
        text.len()
    } else {
        (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("Zoë ÅNGSTRÖM", "zoe angstrom")]
    #[case("Łukasz Weiß", "lukasz weiss")]
    #[case("JSmith@Clinic.Example", "jsmith@clinic.example")]
    #[case("山田", "山田")]
    #[case("İpek", "ipek")]
    #[case("ev\x1bil", "ev\\x1bil")]
    fn case_and_accents_make_no_difference(#[case] raw: &str, #[case] folded: &str) {
        assert_eq!(fold(raw), folded);
    }

    proptest! {
        #[test]
        fn folded_text_holds_no_separator(raw in ".{0,40}") {
            prop_assert!(!fold(&raw).contains(|c: char| c.is_control()));
        }

        #[test]
        fn folding_twice_changes_nothing(raw in "[a-zA-ZäÖüßéŁø@. ]{0,30}") {
            prop_assert_eq!(fold(&fold(&raw)), fold(&raw));
        }
    }
}
