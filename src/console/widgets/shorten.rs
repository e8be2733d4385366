//! Making text fit: where it is cut depends on what it is. Widths are columns of the terminal; a combining
//! character stays with its letter, a wide one is never halved.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Where a text may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Names and sentences lose their end.
    End,
    /// Ids lose their middle.
    Middle,
    /// Emails keep their domain as long as there is room for it.
    Email,
}

/// `text` in at most `width` columns.
pub fn shorten(text: &str, width: usize, cut: Cut, ellipsis: &str) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let dots = ellipsis.width();
    if width <= dots {
        return head(text, width);
    }
    let room = width - dots;
    match cut {
        Cut::End => format!("{}{ellipsis}", head(text, room)),
        Cut::Middle => middle(text, room, ellipsis),
        Cut::Email => match text.rfind('@') {
            // At least three letters of the person, then the whole domain.
            Some(at) if text[at..].width() + 3 <= room => {
                format!("{}{ellipsis}{}", head(&text[..at], room - text[at..].width()), &text[at..])
            }
            Some(_) | None => middle(text, room, ellipsis),
        },
    }
}

fn middle(text: &str, room: usize, ellipsis: &str) -> String {
    let start = head(text, room / 2);
    let end = tail(text, room - start.width());
    format!("{start}{ellipsis}{end}")
}

fn head(text: &str, room: usize) -> String {
    let mut used = 0;
    text.graphemes(true)
        .take_while(|g| {
            used += g.width();
            used <= room
        })
        .collect()
}

fn tail(text: &str, room: usize) -> String {
    let mut used = 0;
    let mut kept: Vec<&str> = text
        .graphemes(true)
        .rev()
        .take_while(|g| {
            used += g.width();
            used <= room
        })
        .collect();
    kept.reverse();
    kept.concat()
}

/// Breaks `text` into lines of at most `width` columns: at blanks where there are any, else within the word.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let gap = usize::from(!line.is_empty());
        if line.width() + gap + word.width() <= width {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for g in word.graphemes(true) {
            if !line.is_empty() && line.width() + g.width() > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(g);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("jane.smith.longer@clinic.example", 24, Cut::Email, "jane.smi…@clinic.example")]
    #[case("jane.smith@clinic.example", 12, Cut::Email, "jane.…xample")]
    #[case("ab12cd34ef569f", 7, Cut::Middle, "ab1…69f")]
    #[case("Jane Smith", 7, Cut::End, "Jane S…")]
    #[case("山田太郎", 6, Cut::End, "山田…")]
    #[case("e\u{301}e\u{301}e\u{301}", 2, Cut::End, "e\u{301}…")]
    #[case("fits", 4, Cut::End, "fits")]
    #[case("none", 0, Cut::End, "")]
    fn text_is_cut_where_it_says_least(
        #[case] text: &str,
        #[case] width: usize,
        #[case] cut: Cut,
        #[case] shown: &str,
    ) {
        assert_eq!(shorten(text, width, cut, "…"), shown);
    }

    #[test]
    fn long_words_are_broken_and_blanks_are_preferred() {
        assert_eq!(wrap("a mail goes to abcdefghij", 7), ["a mail", "goes to", "abcdefg", "hij"]);
        assert_eq!(wrap("", 7), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_its_room(text in "[a-z@. 山e\u{301}👩]{0,40}", width in 0usize..40) {
            for cut in [Cut::End, Cut::Middle, Cut::Email] {
                prop_assert!(shorten(&text, width, cut, "…").width() <= width);
            }
            for line in wrap(&text, width.max(2)) {
                prop_assert!(line.width() <= width.max(2), "{line:?}");
            }
        }
    }
}
