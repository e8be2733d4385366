//! The word that somebody probably meant.

/// The nearest of `known` to a word that is none of them; `None` where nothing is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace(['_', ' '], "-");
    let wanted = plain(word);
    // One slip in a short word, two or three in a long one.
    let most = (wanted.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|one| (strsim::osa_distance(&wanted, &plain(one)), one))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, one)| (*distance, *one))
        .map(|(_, one)| one)
}

/// `did you mean `quit`?` where something is near, else `expected one of …`.
pub fn suggestion(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("expected one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let known = ["production", "read_only", "method", "quit"];
        assert_eq!(nearest("productoin", known), Some("production"));
        assert_eq!(nearest("Read-Only", known), Some("read_only"));
        assert_eq!(nearest("qiut", known), Some("quit"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("x", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(suggestion("colour", &["a", "b"]), "expected one of a, b");
    }
}
