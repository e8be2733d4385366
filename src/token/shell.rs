//! A command that was written for cmd, PowerShell or bash, as a POSIX shell reads it.

/// A command of another shell as POSIX writes it: Windows' cmd breaks lines and quotes with `^`, PowerShell breaks them
/// with a backtick, and bash has `$'…'`.
pub(super) fn as_posix(text: &str) -> String {
    let text =
        if text.contains("^\n") || text.contains("^\"") { without_carets(text) } else { text.to_owned() };
    // A line end that is taken back would be a word by itself, and be taken for the address.
    let text = text.replace("\\\n", "").replace("`\n", " ");
    if text.contains("$'") { without_dollar_quotes(&text) } else { text }
}

/// cmd: a caret takes the next character as it is, and a line end away.
fn without_carets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '^' => match chars.next() {
                Some('\n') => out.push(' '),
                Some(next) => out.push(next),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

/// bash: `$'…'` with its escapes, written as `'…'`. Elsewhere in quotes it means nothing.
fn without_dollar_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '$') if chars.peek() == Some(&'\'') => {
                chars.next();
                out.push('\'');
                dollar_quoted(&mut chars, &mut out);
                out.push('\'');
            }
            (None | Some('"'), '\\') => {
                out.push(c);
                out.extend(chars.next());
            }
            (None, '\'' | '"') => {
                quote = Some(c);
                out.push(c);
            }
            (Some(open), c) if open == c => {
                quote = None;
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// What stands between `$'` and its end.
fn dollar_quoted(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let mut put = |c: char| match c {
        '\'' => out.push_str("'\\''"),
        c => out.push(c),
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' => return,
            '\\' => match chars.next() {
                Some('n') => put('\n'),
                Some('t') => put('\t'),
                Some('r') => put('\r'),
                Some(kind @ ('x' | 'u' | 'U')) => {
                    let most = match kind {
                        'x' => 2,
                        'u' => 4,
                        _ => 8,
                    };
                    let mut code = 0;
                    for _ in 0..most {
                        let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)) else { break };
                        code = code * 16 + digit;
                        chars.next();
                    }
                    char::from_u32(code).into_iter().for_each(&mut put);
                }
                Some(other) => put(other),
                None => return,
            },
            c => put(c),
        }
    }
}
