//! A small scanner of Rust paths: enough to know which room a file names, with no compiler.
//!
//! It sees code only: comments, strings and character literals are blanked first, so a room named in a doc
//! comment does not count.

/// One token: an identifier or a single other character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    Mark(char),
}

impl Token {
    fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Mark(_) => None,
        }
    }
}

/// The code of a source file as tokens, without comments and literals.
pub fn tokens(source: &str) -> Vec<Token> {
    let code = without_literals(source);
    let mut tokens = Vec::new();
    let mut word = String::new();
    for c in code.chars() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(&mut word)));
        }
        if !c.is_whitespace() {
            tokens.push(Token::Mark(c));
        }
    }
    if !word.is_empty() {
        tokens.push(Token::Word(word));
    }
    tokens
}

/// The rooms (first path segments of the crate) that a file of module `home` names.
///
/// `home` is the module path of the file, e.g. `["console", "screens", "members"]`; `crate_name` is how
/// binaries and tests name the library.
pub fn rooms_named(source: &str, home: &[&str], crate_name: &str) -> Vec<String> {
    let tokens = tokens(source);
    let mut rooms = Vec::new();
    // For every open brace: true when it belongs to an inline `mod name {`.
    let mut braces: Vec<bool> = Vec::new();
    let mut depth = 0usize;
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            Token::Mark('{') => {
                let inline =
                    at >= 2 && tokens[at - 2].word() == Some("mod") && tokens[at - 1].word().is_some();
                braces.push(inline);
                depth += usize::from(inline);
            }
            Token::Mark('}') => {
                if braces.pop() == Some(true) {
                    depth -= 1;
                }
            }
            Token::Word(word) if !preceded_by_path(&tokens, at) => {
                let start = match word.as_str() {
                    "crate" => Some((0, at + 1)),
                    name if name == crate_name && follows_path(&tokens, at + 1) => Some((0, at + 1)),
                    "super" => {
                        let (ups, next) = supers(&tokens, at);
                        let full = home.len() + depth;
                        Some((full.saturating_sub(ups), next))
                    }
                    _ => None,
                };
                if let Some((left, next)) = start {
                    if left == 0 {
                        collect_first(&tokens, next, &mut rooms);
                    } else if let Some(room) = home.first() {
                        rooms.push((*room).to_owned());
                    }
                    at = next;
                    continue;
                }
            }
            Token::Word(_) | Token::Mark(_) => {}
        }
        at += 1;
    }
    rooms.sort();
    rooms.dedup();
    rooms
}

fn preceded_by_path(tokens: &[Token], at: usize) -> bool {
    at >= 2 && tokens[at - 1] == Token::Mark(':') && tokens[at - 2] == Token::Mark(':')
}

fn follows_path(tokens: &[Token], at: usize) -> bool {
    tokens.get(at) == Some(&Token::Mark(':')) && tokens.get(at + 1) == Some(&Token::Mark(':'))
}

/// How many `super` stand in a row from `at`, and the token after the last.
fn supers(tokens: &[Token], mut at: usize) -> (usize, usize) {
    let mut ups = 0;
    loop {
        ups += 1;
        if follows_path(tokens, at + 1) && tokens.get(at + 3).and_then(Token::word) == Some("super") {
            at += 3;
        } else {
            return (ups, at + 1);
        }
    }
}

/// Takes the first segment after `::` at `at`, or of every branch when a group follows.
fn collect_first(tokens: &[Token], at: usize, rooms: &mut Vec<String>) {
    if !follows_path(tokens, at) {
        return;
    }
    match tokens.get(at + 2) {
        Some(Token::Word(room)) => rooms.push(room.clone()),
        Some(Token::Mark('{')) => {
            let mut nested = 1;
            let mut begins = true;
            for token in &tokens[at + 3..] {
                match token {
                    Token::Mark('{') => nested += 1,
                    Token::Mark('}') => {
                        nested -= 1;
                        if nested == 0 {
                            return;
                        }
                    }
                    Token::Mark(',') if nested == 1 => begins = true,
                    Token::Word(room) if nested == 1 && begins => {
                        rooms.push(room.clone());
                        begins = false;
                    }
                    Token::Word(_) | Token::Mark(_) => {}
                }
            }
        }
        Some(Token::Mark('*')) => rooms.push("*".to_owned()),
        Some(Token::Mark(_)) | None => {}
    }
}

/// Blanks comments (nested ones too), string and character literals.
fn without_literals(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    while at < chars.len() {
        if starts(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if starts(at, "/*") {
            let mut nested = 0;
            while at < chars.len() {
                if starts(at, "/*") {
                    nested += 1;
                    at += 2;
                } else if starts(at, "*/") {
                    nested -= 1;
                    at += 2;
                    if nested == 0 {
                        break;
                    }
                } else {
                    at += 1;
                }
            }
        } else if let Some(hashes) = raw_string_at(&chars, at) {
            let close: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            at += hashes + 2;
            while at < chars.len() && !starts(at, &close) {
                at += 1;
            }
            at += close.len();
            out.push(' ');
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
            out.push(' ');
        } else if chars[at] == '\'' && (chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\''))
        {
            at += if chars.get(at + 1) == Some(&'\\') { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
            out.push(' ');
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// The number of hashes when `r"…"` or `r#"…"#` begins here.
fn raw_string_at(chars: &[char], at: usize) -> Option<usize> {
    let inside_word =
        at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b';
    if chars[at] != 'r' || inside_word {
        return None;
    }
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

#[cfg(test)]
mod tests {
    use super::rooms_named;
    use rstest::rstest;

    #[rstest]
    #[case::plain("use crate::platform::Client;", &["workflows"], &["platform"])]
    #[case::in_an_expression("fn f() { crate::journal::open() }", &["cli"], &["journal"])]
    #[case::visible_in_crate("pub(crate) fn f() {}", &["cli"], &[])]
    #[case::group("use crate::{auth::{self, Session}, config, journal::Entry as E};", &["cli"], &["auth", "config", "journal"])]
    #[case::own_room("use super::text::Text;", &["identity", "change"], &["identity"])]
    #[case::up_and_out("use super::super::console::App;", &["identity", "change"], &["console"])]
    #[case::inline_tests_look_at_their_file("mod tests { use super::*; }", &["identity", "change"], &["identity"])]
    #[case::after_an_inline_module("mod a { fn f() {} } use super::super::console::X;", &["identity", "change"], &["console"])]
    #[case::comments_and_strings(r#"// crate::console
        /* crate::console /* */ crate::demo */ const A: &str = "crate::demo"; const B: &str = r"crate::demo"; const C: char = '"'; use crate::auth::X;"#, &["cli"], &["auth"])]
    #[case::by_crate_name("use idconsole::cli::run;", &[], &["cli"])]
    #[case::another_crates_path("use other::crate_thing::demo; idconsole.run();", &[], &[])]
    fn the_scanner_names_the_rooms(#[case] source: &str, #[case] home: &[&str], #[case] rooms: &[&str]) {
        assert_eq!(rooms_named(source, home, "idconsole"), rooms);
    }
}
