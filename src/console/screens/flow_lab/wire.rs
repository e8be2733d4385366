//! What went over the wire, as lines: an address without its query, then its parameters one a line, bodies likewise.

use ratatui::text::{Line, Span};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;
use url::Url;

use crate::console::model::View;
use crate::console::theme::Role;
use crate::console::words::wrap;
use crate::identity::Text;
use crate::identity::text::shown;
use crate::identity::trace::Exchange;

/// Columns before what belongs to a request or an answer.
const INDENT: usize = 2;
/// Longer names do not widen the column of the others.
const USUAL: usize = 24;

/// Lines being put together.
struct Sheet<'a, 'b> {
    lines: Vec<Line<'static>>,
    width: usize,
    view: &'a View<'b>,
}

impl Sheet<'_, '_> {
    /// A sign, then words that go on beside it.
    fn head(&mut self, sign: &str, role: Role, words: &str) {
        let indent = sign.width() + 1;
        let mut front = Span::styled(format!("{sign} "), self.view.style(role));
        for part in wrap(words, self.width.saturating_sub(indent)) {
            self.lines.push(Line::from(vec![front, Span::styled(part, self.view.style(Role::Text))]));
            front = Span::raw(" ".repeat(indent));
        }
    }

    /// Names with their values beside them, in one column as far as the names are of a usual length.
    fn pairs(&mut self, pairs: &[(String, String)]) {
        let usual = |(name, _): &&(String, String)| name.width() <= USUAL;
        let column = pairs.iter().filter(usual).map(|(name, _)| name.width()).max().unwrap_or(0);
        for (name, value) in pairs {
            self.pair(name, value, column.max(name.width()), INDENT);
        }
    }

    fn pair(&mut self, name: &str, value: &str, column: usize, indent: usize) {
        let shift = (indent + column + 2).min(self.width / 2);
        let front = format!("{}{name}", " ".repeat(indent));
        let front = format!("{front}{}", " ".repeat(shift.saturating_sub(front.width()).max(1)));
        let mut front = Span::styled(front, self.view.style(Role::Muted));
        // What an app keeps in `state` is JSON: member by member it can be read.
        if let Ok(Value::Object(members)) = serde_json::from_str::<Value>(value) {
            self.lines.push(Line::from(front));
            let members: Vec<(String, String)> =
                members.iter().map(|(name, value)| (shown(name).into_owned(), plain(value))).collect();
            let column = members.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
            for (name, value) in &members {
                self.pair(name, value, column, indent + INDENT);
            }
            return;
        }
        let room = self.width.saturating_sub(shift).max(8);
        for part in wrap(value, room) {
            let role = if part == "[redacted]" { Role::Muted } else { Role::Text };
            self.lines.push(Line::from(vec![front, Span::styled(part, self.view.style(role))]));
            front = Span::raw(" ".repeat(shift));
        }
    }

    fn plain(&mut self, words: &str, role: Role) {
        for part in wrap(words, self.width.saturating_sub(INDENT)) {
            let part = format!("{}{part}", " ".repeat(INDENT));
            self.lines.push(Line::styled(part, self.view.style(role)));
        }
    }

    fn query(&mut self, query: &str) {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let pairs = pairs.map(|(name, value)| (shown(&name).into_owned(), shown(&value).into_owned()));
        self.pairs(&pairs.collect::<Vec<_>>());
    }

    /// A body: JSON member by member, a form field by field, anything else as it is.
    fn body(&mut self, body: &Text) {
        match serde_json::from_str::<Value>(body.raw()) {
            Ok(Value::Object(members)) => {
                let pairs = members.iter().map(|(name, value)| (shown(name).into_owned(), plain(value)));
                self.pairs(&pairs.collect::<Vec<_>>());
            }
            _ if is_form(body.raw()) => self.query(body.raw()),
            _ => self.plain(&body.shown(), Role::Text),
        }
    }

    fn headers(&mut self, headers: &[(String, Text)]) {
        let telling = |(name, _): &&(String, Text)| !matches!(name.as_str(), "accept" | "content-type");
        for (name, value) in headers.iter().filter(telling) {
            match Url::parse(value.raw()).ok().filter(|_| name == "location") {
                Some(mut url) => {
                    let query = url.query().map(str::to_owned);
                    url.set_query(None);
                    self.pair(name, &shown(url.as_str()), name.width(), INDENT);
                    if let Some(query) = query {
                        self.query(&query);
                    }
                }
                None => self.pair(name, &value.shown(), name.width(), INDENT),
            }
        }
    }
}

/// A JSON value in one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text).into_owned(),
        other => shown(&other.to_string()).into_owned(),
    }
}

fn is_form(body: &str) -> bool {
    body.contains('=') && !body.contains(['<', ' ', '{', '\n'])
}

/// One exchange.
pub(super) fn lines(exchange: &Exchange, width: usize, view: &View<'_>) -> Vec<Line<'static>> {
    let mut out = Sheet { lines: Vec::new(), width, view };
    let arrows = if view.glyphs.ascii { ("->", "<-") } else { ("→", "←") };
    let sent = &exchange.sent;
    let url = Url::parse(sent.url.raw()).ok();
    let bare = url.clone().map_or_else(
        || sent.url.to_string(),
        |mut url| {
            url.set_query(None);
            shown(url.as_str()).into_owned()
        },
    );
    out.head(arrows.0, Role::Accent, &format!("{} {bare}", sent.method));
    if let Some(query) = url.as_ref().and_then(Url::query) {
        out.query(query);
    }
    out.headers(&sent.headers);
    if let Some(body) = &sent.body {
        out.body(body);
    }
    match &exchange.got {
        Ok(got) => {
            let role = if got.status < 400 { Role::Accent } else { Role::Danger };
            out.head(arrows.1, role, &format!("{}{}", got.status, reason(got.status)));
            out.headers(&got.headers);
            if let Some(body) = &got.body {
                out.body(body);
            }
        }
        Err(why) => out.head(arrows.1, Role::Muted, &why.shown()),
    }
    out.lines
}

/// What a status means (RFC 9110 §15), for those that come up here.
fn reason(status: u16) -> &'static str {
    match status {
        200 => " OK",
        302 => " Found",
        303 => " See other",
        400 => " Bad request",
        401 => " Unauthorized",
        403 => " Forbidden",
        404 => " Not found",
        429 => " Too many requests",
        _ => "",
    }
}
