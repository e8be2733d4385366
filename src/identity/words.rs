//! How words are put together everywhere: capitals at the beginning of a sentence, groups in a number.

/// With a capital letter at the beginning.
pub fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// With a small letter at the beginning, for what stands in the middle of a sentence. What is spelt in capitals, like an
/// ID token, stays so.
pub fn small(words: &str) -> String {
    let mut letters = words.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(_), Some(second)) if second.is_uppercase() => words.to_owned(),
        (Some(first), _) => first.to_lowercase().chain(letters).collect(),
        (None, _) => String::new(),
    }
}

/// `100 312`
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "", "")]
    #[case("change email", "Change email", "change email")]
    #[case("Change email", "Change email", "change email")]
    #[case("ID token", "ID token", "ID token")]
    #[case("élan", "Élan", "élan")]
    #[case("A", "A", "a")]
    fn a_word_begins_as_its_place_wants(#[case] words: &str, #[case] large: &str, #[case] little: &str) {
        assert_eq!((&*capital(words), &*small(words)), (large, little));
    }
}
