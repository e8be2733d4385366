//! A curl command, as it is copied out of a terminal, a browser or a document: what it asks, and the tokens in it.

use serde_json::Value;
use url::Url;

use super::extract::{Paste, Request, basic_user, bearer, clean};
use super::redact::looks_like_a_token;
use super::shell::as_posix;
use crate::identity::Text;
use crate::identity::trace::REDACTED;

/// What a command holds.
pub(super) struct Curl {
    pub request: Option<Request>,
    /// Each with where it stood.
    pub tokens: Vec<(String, String)>,
}

/// Short options that want a value; curl takes letters together, and the first of these takes the rest for it.
const WITH_VALUE: &str = "ACDEFHKPQTUXYbcdehmortuwxyz";

/// Long ones whose value says nothing here.
const VALUES: &str = "--abstract-unix-socket --alt-svc --aws-sigv4 --cacert --capath --cert --cert-type --ciphers \
    --config --connect-timeout --connect-to --continue-at --cookie --cookie-jar \
    --create-file-mode --crlfile --curves --delegation --dns-interface --dns-ipv4-addr \
    --dns-ipv6-addr --dns-servers --doh-url --dump-header --ech --egd-file --engine \
    --etag-compare --etag-save --expect100-timeout --ftp-account --ftp-alternative-to-user \
    --ftp-method --ftp-port --ftp-ssl-ccc-mode --happy-eyeballs-timeout-ms --haproxy-clientip \
    --hostpubmd5 --hostpubsha256 --hsts --interface --ip-tos --ipfs-gateway --keepalive-cnt \
    --keepalive-time --key --key-type --krb --libcurl --limit-rate --local-port --login-options \
    --mail-auth --mail-from --mail-rcpt --max-filesize --max-redirs --max-time --netrc-file \
    --noproxy --output --output-dir --parallel-max --parallel-max-host --pass --pinnedpubkey \
    --preproxy --proto --proto-default --proto-redir --proxy --proxy-cacert --proxy-capath \
    --proxy-cert --proxy-cert-type --proxy-ciphers --proxy-crlfile --proxy-header --proxy-key \
    --proxy-key-type --proxy-pass --proxy-pinnedpubkey --proxy-service-name \
    --proxy-tls13-ciphers --proxy-tlsauthtype --proxy-tlspassword --proxy-tlsuser --proxy-user \
    --proxy1.0 --pubkey --quote --random-file --range --rate --referer --request-target \
    --resolve --retry --retry-delay --retry-max-time --sasl-authzid --service-name --sigalgs \
    --socks4 --socks4a --socks5 --socks5-gssapi-service --socks5-hostname --speed-limit \
    --speed-time --stderr --telnet-option --tftp-blksize --time-cond --tls-max --tls13-ciphers \
    --tlsauthtype --tlspassword --tlsuser --trace --trace-ascii --trace-config --unix-socket \
    --upload-flags --user-agent --variable --vlan-priority --write-out";

/// Reads a command, with its quotes and line ends as the shells read them; line ends are `\n`.
pub(super) fn read(text: &str) -> Option<Curl> {
    let text = text.trim_start_matches(['$', '>', '%', ' ']);
    if !text.starts_with("curl") {
        return None;
    }
    let mut words = shlex::split(&as_posix(text))?.into_iter();
    if !matches!(words.next()?.as_str(), "curl" | "curl.exe") {
        return None;
    }
    // What follows is another command.
    let words = words.take_while(|word| !matches!(word.as_str(), "|" | "||" | "&&" | ";" | "&"));
    let words: Vec<String> = words.flat_map(|word| short_options(&word)).collect();
    Some(Reading::default().of(words.into_iter()))
}

/// What was read of a command so far.
#[derive(Default)]
struct Reading {
    method: Option<String>,
    url: Option<Address>,
    acting_for: Option<Text>,
    basic: Option<Text>,
    tokens: Vec<(String, String)>,
    /// Bodies, and with `-G` parts of the query.
    data: Vec<String>,
    /// Parts of the query by `--url-query`.
    query: Vec<String>,
    get: bool,
    head: bool,
    upload: bool,
}

/// Where the request goes.
struct Address {
    word: String,
    /// It says so itself: by `--url`, or by its scheme.
    sure: bool,
}

impl Reading {
    fn of(mut self, mut words: impl Iterator<Item = String>) -> Curl {
        while let Some(word) = words.next() {
            let (name, mut given) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
                _ => (word.clone(), None),
            };
            let mut value = || given.take().or_else(|| words.next()).unwrap_or_default();
            match name.as_str() {
                "-X" | "--request" => self.method = Some(value()),
                "-H" | "--header" => self.header(&value()),
                "-u" | "--user" => {
                    let user = value();
                    let name = user.split(':').next().filter(|name| !name.is_empty());
                    self.basic = self.basic.or(name.map(Text::from));
                }
                "--oauth2-bearer" => self.token(&value(), "`--oauth2-bearer`"),
                "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii" | "--json" | "-F"
                | "--form" | "--form-string" => self.body(value()),
                "--data-urlencode" => self.body(encoded(&value())),
                "--url" => self.url = Some(Address { word: value(), sure: true }),
                "--url-query" => {
                    let given = value();
                    // What follows a plus is taken as it is.
                    self.query.push(given.strip_prefix('+').map_or_else(|| encoded(&given), str::to_owned));
                }
                "-G" | "--get" => self.get = true,
                "-I" | "--head" => self.head = true,
                "-T" | "--upload-file" => {
                    value();
                    self.upload = true;
                }
                other if VALUES.split(' ').any(|name| name == other) || is_short_with_value(other) => {
                    drop(value());
                }
                option if option.starts_with('-') => {}
                bare => self.bare(bare),
            }
        }
        self.done()
    }

    fn done(self) -> Curl {
        let (body, query) =
            if self.get { (Vec::new(), [self.data, self.query].concat()) } else { (self.data, self.query) };
        // An explicit method stands, whatever else was given.
        let method = self.method.unwrap_or_else(|| {
            let method = match (self.head, self.get, self.upload) {
                (true, ..) => "HEAD",
                (_, true, _) => "GET",
                (_, _, true) => "PUT",
                _ if !body.is_empty() => "POST",
                _ => "GET",
            };
            method.to_owned()
        });
        let request = self.url.map(|url| Request {
            method: Text::from(method),
            url: clean(&with_query(&url.word, &query)),
            acting_for: self.acting_for,
            basic: self.basic,
        });
        Curl { request, tokens: self.tokens }
    }

    /// A word by itself is the address, or the value of an option that is not known, which can be a secret.
    fn bare(&mut self, word: &str) {
        let sure = word.contains("://");
        let better = self.url.as_ref().is_none_or(|known| sure && !known.sure);
        if better && (sure || is_address(word)) {
            self.url = Some(Address { word: word.to_owned(), sure });
        }
    }

    fn header(&mut self, header: &str) {
        let Some((name, value)) = header.split_once(':') else { return };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "authorization" => {
                if let Some(token) = bearer(value) {
                    self.token(token, "the Authorization header");
                }
                self.basic = self.basic.take().or_else(|| basic_user(value));
            }
            "x-medplum-on-behalf-of" => self.acting_for = Some(Text::from(value)),
            _ => {}
        }
    }

    /// A variable that the shell would have filled in is no token (RFC 6750 §2.1).
    fn token(&mut self, token: &str, from: &str) {
        let is_one = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if !token.is_empty() && token.chars().all(is_one) {
            self.tokens.push((token.to_owned(), from.to_owned()));
        }
    }

    fn body(&mut self, body: String) {
        self.inner(&body);
        self.data.push(body);
    }

    fn inner(&mut self, body: &str) {
        let mut inner = Paste::default();
        match serde_json::from_str::<Value>(body) {
            Ok(json) => inner.json(&json, 0),
            Err(_) => inner.word(body),
        }
        let found = inner.tokens.into_iter().map(|one| (one.token.expose().to_owned(), one.from));
        self.tokens.extend(found);
    }
}

/// The address with what `-G` and `--url-query` add to it. A value is encoded where curl would, or it would end early.
fn with_query(url: &str, parts: &[String]) -> String {
    if parts.is_empty() {
        return url.to_owned();
    }
    let (front, fragment) = url.split_once('#').map_or((url, None), |(front, rest)| (front, Some(rest)));
    let joined = parts.join("&").replace(' ', "%20").replace('#', "%23");
    let mark = if front.contains('?') { '&' } else { '?' };
    let fragment = fragment.map_or_else(String::new, |fragment| format!("#{fragment}"));
    format!("{front}{mark}{joined}{fragment}")
}

/// A part of a form as `--data-urlencode` makes it: what follows the first `=` is encoded, the name is not. What would be
/// read from a file is not at hand, and stands there as taken out.
fn encoded(given: &str) -> String {
    let encode = |value: &str| -> String {
        let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
        encoded.replace('+', "%20")
    };
    match (given.split_once('='), given.split_once('@')) {
        (Some(("", value)), _) => encode(value),
        (Some((name, value)), _) => format!("{name}={}", encode(value)),
        (None, Some((name, _))) => format!("{name}={REDACTED}"),
        (None, None) => encode(given),
    }
}

/// An address without its scheme: a host that has a dot, or this machine.
fn is_address(word: &str) -> bool {
    let host = Url::parse(&format!("http://{word}")).ok().and_then(|url| url.host_str().map(str::to_owned));
    let host = host.filter(|_| !looks_like_a_token(word));
    host.is_some_and(|host| {
        host == "localhost" || host.contains('.') && word.contains('.') || host.starts_with('[')
    })
}

fn is_short_with_value(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|letter| letter.len() == 1 && WITH_VALUE.contains(letter))
}

/// `-sXPOST` as `-s -X POST`.
fn short_options(word: &str) -> Vec<String> {
    let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-') && rest.len() > 1) else {
        return vec![word.to_owned()];
    };
    let mut out = Vec::new();
    for (at, letter) in letters.char_indices() {
        out.push(format!("-{letter}"));
        if WITH_VALUE.contains(letter) {
            let value = &letters[at + letter.len_utf8()..];
            if !value.is_empty() {
                out.push(value.to_owned());
            }
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::extract::extract;
    use proptest::prelude::*;
    use rstest::rstest;

    const JWT: &str = "eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiIxIn0.c2ln";

    // The token and what was asked, whatever the command was written for.
    #[rstest]
    #[case(
        "curl -G https://a.example/Patient -d name=smith -H 'Authorization: Bearer JWT'",
        "GET https://a.example/Patient?name=smith"
    )]
    #[case(
        "curl -H 'Authorization: Bearer JWT' --get --data-urlencode 'name=jo smith' --url 'https://a.example/P?a=1#x'",
        "GET https://a.example/P?a=1&name=jo%20smith#x"
    )]
    #[case(
        "curl -G --data-urlencode 'name=Smith & Co=1' --oauth2-bearer JWT https://a.example/Patient",
        "GET https://a.example/Patient?name=Smith%20%26%20Co%3D1"
    )]
    #[case(
        "curl -G --data-urlencode name@file --data-urlencode '=a b' --oauth2-bearer JWT https://a.example/x",
        "GET https://a.example/x?name=[redacted]&a%20b"
    )]
    #[case(
        "curl --url-query 'name=a&b' --url-query +c=1 --oauth2-bearer JWT https://a.example/x",
        "GET https://a.example/x?name=a%26b&c=1"
    )]
    #[case("curl --url https://a.example/x --oauth2-bearer JWT", "GET https://a.example/x")]
    #[case("curl -X PUT -G --oauth2-bearer JWT https://a.example/x", "PUT https://a.example/x")]
    #[case("curl --oauth2-bearer JWT --json '{\"a\":1}' https://a.example/x", "POST https://a.example/x")]
    #[case(
        "curl --oauth2-bearer JWT -c jar.txt -D head.txt -U proxy:pw -r 0-9 --retry 3 https://a.example/x",
        "GET https://a.example/x"
    )]
    #[case("curl --oauth2-bearer JWT -T file https://a.example/x | jq -r .id", "PUT https://a.example/x")]
    #[case("curl --oauth2-bearer JWT -F 'a=@b' https://a.example/x", "POST https://a.example/x")]
    #[case(
        "curl 'https://a.example/x' -H $'Authorization: Bearer JWT' --data-raw $'{\"name\":\"O\\'Neill \\u0021\\n\"}'",
        "POST https://a.example/x"
    )]
    #[case("curl --oauth2-bearer JWT -d \"it costs $'5\" https://a.example/x", "POST https://a.example/x")]
    #[case(
        "curl.exe ^\"https://a.example/x?a=1^&b=2^\" ^\n  -H ^\"authorization: Bearer JWT^\" ^\n  --data-raw ^\"^{^\\^\"a^\\^\":1^}^\"",
        "POST https://a.example/x?a=1&b=2"
    )]
    #[case("curl `\n  -H \"Authorization: Bearer JWT\" `\n  https://a.example/x", "GET https://a.example/x")]
    #[case("curl \\\n  --oauth2-bearer JWT \\\n  https://a.example/x", "GET https://a.example/x")]
    fn a_command_says_what_was_asked(#[case] command: &str, #[case] asked: &str) {
        let paste = extract(&command.replace("JWT", JWT));
        let request = paste.request.unwrap();
        assert_eq!(format!("{} {}", request.method, request.url), asked);
        assert_eq!(paste.tokens.iter().map(|one| one.token.expose()).collect::<Vec<_>>(), [JWT]);
    }

    #[test]
    fn what_the_shell_would_have_filled_in_is_no_token() {
        let paste =
            extract("curl -H \"Authorization: Bearer $TOKEN\" --oauth2-bearer '' https://a.example/x");
        assert!(paste.tokens.is_empty());
        assert_eq!(paste.request.unwrap().url.raw(), "https://a.example/x");
    }

    // S2: the value of an option that is not known can be a secret.
    #[rstest]
    #[case("curl --proxy-pass hunter2 https://a.example/x", Some("https://a.example/x"))]
    #[case("curl --of-next-year hunter2 https://a.example/x", Some("https://a.example/x"))]
    #[case("curl --of-next-year hunter.2 https://a.example/x", Some("https://a.example/x"))]
    #[case("curl --of-next-year hunter2 a.example/x", Some("http://a.example/x"))]
    #[case("curl --of-next-year hunter2 localhost:8103/x", Some("http://localhost:8103/x"))]
    #[case("curl --of-next-year hunter2", None)]
    #[case("curl --of-next-year 12345", None)]
    #[case("curl --of-next-year me:hunter2", None)]
    #[case("curl --url a.example/x --trace-ascii - hunter2", Some("http://a.example/x"))]
    fn a_word_that_is_no_address_is_not_shown(#[case] command: &str, #[case] address: Option<&str>) {
        let request = extract(command).request;
        assert_eq!(request.as_ref().map(|request| request.url.raw()), address);
    }

    #[test]
    fn a_sentence_that_begins_like_it_is_no_command() {
        let paste = extract(&format!("curly braces, then {JWT}"));
        assert_eq!((paste.request, paste.tokens.len()), (None, 1));
        assert_eq!(extract("curl -u : https://a.example/").request.unwrap().basic, None);
    }

    proptest! {
        #[test]
        fn any_command_is_answered(tail in "[ -~\\n]{0,200}") {
            let _ = extract(&format!("curl {tail}"));
        }

        #[test]
        fn any_quotes_are_answered(tail in "[\\$'\"\\\\^`xuU0-9a \\n]{0,60}") {
            let _ = extract(&format!("curl {tail}"));
        }
    }
}
