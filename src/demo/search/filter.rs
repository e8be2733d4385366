//! `_filter`: comparisons joined by `and`, `or`, `not` and parentheses (FHIR R4 §3.1.3).

use super::super::outcome::Outcome;
use super::super::store::Store;
use super::matching::{Test, test};
use super::query::{Condition, Operator};

/// Reads a filter expression into a test.
pub fn parse(store: &Store, kind: &str, text: &str) -> Result<Test, Outcome> {
    let tokens = tokens(text)?;
    let mut reader = Reader { store, kind, tokens: &tokens, at: 0 };
    let whole = reader.expression()?;
    if reader.at < tokens.len() {
        return Err(unreadable(text));
    }
    Ok(whole)
}

fn unreadable(text: &str) -> Outcome {
    Outcome::bad_request(format!("Invalid _filter expression: {text}"))
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
    Quoted(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, Outcome> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            '"' => {
                let mut value = String::new();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => value.extend(chars.next()),
                        Some(c) => value.push(c),
                        None => return Err(unreadable(text)),
                    }
                }
                out.push(Token::Quoted(value));
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| !c.is_whitespace() && !"()".contains(*c)) {
                    word.push(c);
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}

struct Reader<'a> {
    store: &'a Store,
    kind: &'a str,
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<&Token> {
        let token = self.tokens.get(self.at);
        self.at += 1;
        token
    }

    fn word(&self) -> Option<&str> {
        match self.tokens.get(self.at) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    // `and` binds tighter than `or`.
    fn expression(&mut self) -> Result<Test, Outcome> {
        let mut tests = vec![self.conjunction()?];
        while self.word() == Some("or") {
            self.at += 1;
            tests.push(self.conjunction()?);
        }
        Ok(Test::Any(tests))
    }

    fn conjunction(&mut self) -> Result<Test, Outcome> {
        let mut tests = vec![self.operand()?];
        while self.word() == Some("and") {
            self.at += 1;
            tests.push(self.operand()?);
        }
        Ok(Test::All(tests))
    }

    fn operand(&mut self) -> Result<Test, Outcome> {
        if self.word() == Some("not") {
            self.at += 1;
            return Ok(Test::Not(Box::new(self.operand()?)));
        }
        match self.next().cloned() {
            Some(Token::Open) => {
                let inner = self.expression()?;
                if self.next() == Some(&Token::Close) { Ok(inner) } else { Err(unreadable("missing \")\"")) }
            }
            Some(Token::Word(code)) => self.comparison(code),
            _ => Err(unreadable("missing operand")),
        }
    }

    fn comparison(&mut self, code: String) -> Result<Test, Outcome> {
        let Some(Token::Word(name)) = self.next().cloned() else {
            return Err(unreadable("missing operator"));
        };
        let value = match self.next() {
            Some(Token::Word(value) | Token::Quoted(value)) => value.clone(),
            _ => return Err(unreadable("missing value")),
        };
        // A value of a filter holds no alternatives.
        let value = value.replace('\\', "\\\\").replace(',', "\\,");
        let operator = match name.as_str() {
            "eq" => Operator::Exact,
            "sw" => Operator::Equals,
            "co" => Operator::Contains,
            "pr" => Operator::Present,
            other => Operator::of_prefix(other)
                .ok_or_else(|| Outcome::bad_request(format!("Invalid filter operator: {other}")))?,
        };
        test(self.store, self.kind, &Condition { code, operator, value })
    }
}
