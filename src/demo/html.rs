//! The few bits of HTML that the sign-in pages are made of. They work without scripts.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

const STYLE: &str = "
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif;--accent:#0b5fae}
@media(prefers-color-scheme:dark){:root{--accent:#7ab7f0}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}
main{width:min(26rem,90vw);padding:2rem 0}
h1{font-size:1.3rem;margin:0 0 .2rem}p{margin:.4rem 0}.quiet{opacity:.75;font-size:.9rem}
label{display:block;margin:.9rem 0 .2rem}
input[type=text],input[type=email],input[type=password]{width:100%;box-sizing:border-box;padding:.55rem;font:inherit;border:1px solid GrayText;border-radius:.35rem}
:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.choice{display:flex;align-items:baseline;gap:.6rem;margin:.5rem 0;padding:.55rem .7rem;border:1px solid GrayText;border-radius:.35rem;cursor:pointer}
.choice:has(:checked){border-color:var(--accent)}
button{margin:1.1rem .5rem 0 0;padding:.55rem 1.1rem;font:inherit;border:1px solid GrayText;border-radius:.35rem;cursor:pointer;background:none;color:inherit}
button.first{background:#0b5fae;color:#fff;border-color:#0b5fae}
.error{border-left:.25rem solid #b3261e;padding-left:.7rem;margin:.8rem 0}
code{font-size:1.1rem;word-break:break-all}.quiet code{font-size:inherit;word-break:normal}img{width:12rem;background:#fff;border-radius:.35rem}
footer{margin-top:2.2rem;font-size:.85rem;opacity:.75}
";

/// Text as HTML text or attribute value.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// A hidden form field.
pub fn hidden(name: &str, value: &str) -> String {
    format!(r#"<input type="hidden" name="{}" value="{}">"#, escape(name), escape(value))
}

/// A labelled field; `kind` is the HTML input type. The first empty field of a page has the cursor.
pub fn field(label: &str, name: &str, kind: &str, value: &str, autocomplete: &str) -> String {
    let (label, name, value) = (escape(label), escape(name), escape(value));
    let mut more = if value.is_empty() { " autofocus" } else { "" }.to_owned();
    if autocomplete == "one-time-code" {
        more.push_str(r#" inputmode="numeric""#);
    }
    format!(
        r#"<label for="{name}">{label}</label><input id="{name}" name="{name}" type="{kind}" value="{value}" autocomplete="{autocomplete}" required{more}>"#
    )
}

/// A line in the background; empty when there is nothing to say.
pub fn quiet(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(r#"<p class="quiet">{}</p>"#, escape(text)) }
}

/// A message that something was refused; empty when there is none.
pub fn error(message: Option<&str>) -> String {
    message.map_or_else(String::new, |m| format!(r#"<p class="error" role="alert">{}</p>"#, escape(m)))
}

/// A whole page; `body` is HTML.
pub fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body><main><h1>{title}</h1>\n{body}\n\
         <footer>Part of idconsole\u{2019}s demonstration platform.</footer></main></body></html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
            ),
        ),
    ];
    (status, headers, html).into_response()
}

/// `302` to an address.
pub fn redirect(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Err(_) => page(
            StatusCode::BAD_REQUEST,
            "Cannot go on",
            "<p>The address to return to is not an address.</p>",
        ),
    }
}

/// `base` with the pairs added to its query.
pub fn with_query(base: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value);
    }
    let joint = if base.contains('?') { '&' } else { '?' };
    format!("{base}{joint}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_a_value_stays_text() {
        assert_eq!(
            hidden("a", "\"><b>'&"),
            r#"<input type="hidden" name="a" value="&quot;&gt;&lt;b&gt;&#39;&amp;">"#
        );
    }

    #[test]
    fn a_query_is_added_to_what_is_there() {
        assert_eq!(with_query("http://x/cb", &[("code", "a b")]), "http://x/cb?code=a+b");
        assert_eq!(with_query("http://x/cb?y=1", &[("code", "c")]), "http://x/cb?y=1&code=c");
    }
}
