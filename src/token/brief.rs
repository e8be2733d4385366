//! Values of a token in sentences: a stranger decides how long they are.

use crate::identity::Text;

/// Longest value in a sentence, in characters.
pub const LONGEST: usize = 200;

/// Most entries of a list in a sentence.
const MOST: usize = 8;

/// A value in visible form; of a long one its beginning, its end and its length.
pub fn brief(text: &Text) -> String {
    cut(&text.shown(), LONGEST)
}

/// Entries one after the other; of many the first, and how many more there are.
pub fn brief_list<'a>(all: impl IntoIterator<Item = &'a Text>) -> String {
    let mut all = all.into_iter();
    let mut words: Vec<String> = all.by_ref().take(MOST).map(brief).collect();
    let more = all.count();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words.join(", ")
}

/// A text in visible form that is longer than `most` characters by its beginning, its end and its length.
pub fn cut(shown: &str, most: usize) -> String {
    if shown.len() <= most {
        return shown.to_owned();
    }
    let count = shown.chars().count();
    if count <= most {
        return shown.to_owned();
    }
    let head: String = shown.chars().take(most * 2 / 3).collect();
    let tail: String = shown.chars().skip(count - most / 4).collect();
    format!("{head}…{tail} ({count} characters)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_told_by_their_ends_and_their_length() {
        assert_eq!(brief(&"https://api.clinic.example/".into()), "https://api.clinic.example/");
        let long = brief(&format!("begin{}end", "é".repeat(700_000)).into());
        assert!(long.starts_with("begin") && long.ends_with("end (700008 characters)"), "{long}");
        assert!(long.chars().count() < LONGEST + 20);
        let many: Vec<Text> = (0..10_000).map(|n| Text::from(n.to_string())).collect();
        assert_eq!(brief_list(&many), "0, 1, 2, 3, 4, 5, 6, 7, and 9992 more");
    }
}
