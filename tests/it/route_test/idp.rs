//! An identity provider with one switch per fault, over TLS with certificates of every kind.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use idconsole::ports::{Clock as _, SystemClock};
use jiff::SignedDuration;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

pub const CLIENT: &str = "partner-client";
pub const SECRET: &str = "S3cret-of-the-partner";
pub const CALLBACK: &str = "http://127.0.0.1:8103/auth/external";

/// The certificate it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    Good,
    EndsSoon,
    Expired,
    NotYet,
    OtherName,
    SelfSigned,
}

/// What is broken at the server; the document is changed apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    NoDiscovery,
    DiscoveryIsAPage,
    DiscoveryUntyped,
    OnlyInsertedPath,
    KeysMissing,
    KeysArePage,
    KeysWeak,
    KeysPrivate,
    KeysForEncryption,
    AuthorizeBroken,
    AuthorizeMissing,
    AuthorizeRefuses,
    OtherRedirect,
    OtherClient,
    RefusalWithoutReason,
    DemandsPkce,
    ScopeRefused,
    TypeRefused,
    AcceptsAnything,
    TokenIsPage,
    TokenRedirects,
    TokenGivesAnybody,
    SecretOnlyInForm,
    CodeBeforeClient,
    SecretEchoed,
    ClientMayNot,
    UserInfoOpen,
    UserInfoMissing,
    UserInfoWithoutChallenge,
    ClockAhead,
    ClockSlow,
    Huge,
}

pub type Change = fn(&mut Value, &str);

struct Shared {
    base: String,
    fault: Fault,
    change: Change,
    asked: Arc<Mutex<Vec<String>>>,
}

/// Stops when dropped.
pub struct Idp {
    /// `https://127.0.0.1:PORT`
    pub base: String,
    /// The authority that signed its certificate.
    pub authority: PathBuf,
    _folder: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Idp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Idp {
    pub async fn start(shows: Shows, fault: Fault, change: Change) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (config, pem) = certificates(shows);
        let authority = folder.path().join("authority.pem");
        std::fs::write(&authority, pem).unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://{}", socket.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new(Shared { base: base.clone(), fault, change, asked: Arc::clone(&asked) });
        let app = Router::new().fallback(answer).with_state(shared);
        let listener = Tls { socket, acceptor: TlsAcceptor::from(Arc::new(config)) };
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.unwrap();
        });
        Self { base, authority, _folder: folder, asked, task }
    }

    /// Every request, as `METHOD path?query authorization body`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

struct Tls {
    socket: TcpListener,
    acceptor: TlsAcceptor,
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.socket.accept().await else { continue };
            // Whoever does not like the certificate goes away here.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.socket.local_addr()
    }
}

/// A server's configuration and the authority to trust, as PEM.
fn certificates(shows: Shows) -> (ServerConfig, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::OrganizationName, "Test Authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let names = match shows {
        Shows::OtherName => vec!["somebody-else.example".to_owned()],
        _ => vec!["127.0.0.1".to_owned(), "localhost".to_owned()],
    };
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(names).unwrap();
    let day = |from_now: i64| {
        let at = SystemClock.now() + SignedDuration::from_hours(24 * from_now);
        let at = at.to_zoned(jiff::tz::TimeZone::UTC);
        date_time_ymd(i32::from(at.year()), at.month().unsigned_abs(), at.day().unsigned_abs())
    };
    (own.not_before, own.not_after) = match shows {
        Shows::Expired => (day(-30), day(-2)),
        Shows::NotYet => (day(5), day(60)),
        Shows::EndsSoon => (day(-30), day(12)),
        Shows::Good | Shows::OtherName | Shows::SelfSigned => (day(-30), day(90)),
    };
    let certificate = match shows {
        Shows::SelfSigned => own.self_signed(&key).unwrap(),
        _ => own.signed_by(&key, &authority).unwrap(),
    };
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    (config, authority.pem())
}

/// What a good provider says of itself.
pub fn document(base: &str) -> Value {
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "userinfo_endpoint": format!("{base}/userinfo"),
        "jwks_uri": format!("{base}/keys"),
        "response_types_supported": ["code", "id_token"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "email", "name"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    })
}

struct Answer(u16, Vec<(&'static str, String)>, String);

fn as_json(status: u16, body: &Value) -> Answer {
    Answer(status, vec![("content-type", "application/json".to_owned())], body.to_string())
}

fn page(status: u16, words: &str) -> Answer {
    let body = format!("<html><head><title>Sign in</title></head><body><p>{words}</p></body></html>");
    Answer(status, vec![("content-type", "text/html; charset=utf-8".to_owned())], body)
}

fn sent_to(place: &str) -> Answer {
    Answer(302, vec![("location", place.to_owned())], String::new())
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: axum::http::Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let sent = String::from_utf8_lossy(&body).into_owned();
    let line = format!("{method} {uri} {} {sent}", text("authorization"));
    shared.asked.lock().unwrap().push(line);
    let Answer(status, mut head, content) = reply(&shared, &uri, text("authorization"), &body);
    let apart = match shared.fault {
        Fault::ClockAhead => 600,
        Fault::ClockSlow => -120,
        _ => 0,
    };
    if apart != 0 {
        let at = SystemClock.now() + SignedDuration::from_secs(apart);
        head.push(("date", at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()));
    }
    let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
    for (name, value) in head {
        response = response.header(name, value);
    }
    response.body(Body::from(content)).unwrap()
}

fn reply(shared: &Shared, uri: &Uri, authorization: &str, body: &[u8]) -> Answer {
    let fault = shared.fault;
    match uri.path() {
        "/.well-known/openid-configuration" if fault == Fault::OnlyInsertedPath => page(404, "Not found"),
        "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" => match fault {
            Fault::NoDiscovery => page(404, "Not found"),
            Fault::DiscoveryIsAPage => page(200, "Welcome"),
            Fault::Huge => as_json(200, &json!({ "x": "y".repeat(2_000_000) })),
            _ => {
                let mut document = document(&shared.base);
                (shared.change)(&mut document, &shared.base);
                let mut answer = as_json(200, &document);
                if fault == Fault::DiscoveryUntyped {
                    answer.1 = vec![("content-type", "text/plain".to_owned())];
                }
                answer
            }
        },
        "/keys" => keys(fault),
        "/authorize" => authorize(fault, uri),
        "/token" => token(fault, authorization, body),
        "/userinfo" => match fault {
            Fault::UserInfoOpen => as_json(200, &json!({"sub": "1", "email": "jane@partner.example"})),
            Fault::UserInfoMissing => page(404, "Not found"),
            Fault::UserInfoWithoutChallenge => as_json(403, &json!({})),
            _ => Answer(401, vec![("www-authenticate", "Bearer realm=\"idp\"".to_owned())], String::new()),
        },
        _ => page(404, "Not found"),
    }
}

fn keys(fault: Fault) -> Answer {
    let number = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xc5_u8; bytes]);
    let rsa = |bytes: usize| json!({"kty": "RSA", "use": "sig", "kid": "r", "n": number(bytes), "e": "AQAB"});
    let list = match fault {
        Fault::KeysMissing => return page(404, "Not found"),
        Fault::KeysArePage => return page(200, "Keys"),
        Fault::KeysWeak => vec![rsa(128)],
        Fault::KeysForEncryption => {
            let mut key = rsa(256);
            key["use"] = json!("enc");
            vec![key]
        }
        Fault::KeysPrivate => {
            let mut key = rsa(256);
            key["d"] = json!(number(256));
            vec![key]
        }
        _ => {
            vec![rsa(256), json!({"kty": "EC", "crv": "P-256", "x": number(32), "y": number(32), "kid": "e"})]
        }
    };
    as_json(200, &json!({ "keys": list }))
}

fn authorize(fault: Fault, uri: &Uri) -> Answer {
    let value = |wanted: &str| {
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let (client, redirect) = (value("client_id"), value("redirect_uri"));
    let back = |error: &str, words: &str| {
        let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        sent_to(&format!("{redirect}?error={error}&error_description={words}&state=x"))
    };
    let known = if fault == Fault::OtherClient { "another-client" } else { CLIENT };
    let registered = match fault {
        Fault::OtherRedirect | Fault::RefusalWithoutReason => "https://elsewhere.example/callback",
        _ => CALLBACK,
    };
    match fault {
        Fault::AcceptsAnything => return page(200, "Your name and password"),
        Fault::AuthorizeBroken => return page(500, "Something went wrong"),
        Fault::AuthorizeMissing => return page(404, "Nothing here"),
        _ => {}
    }
    if client != known {
        return page(400, "Unknown client.");
    }
    if redirect != registered {
        let words =
            if fault == Fault::RefusalWithoutReason { "Sorry." } else { "Invalid parameter: redirect_uri" };
        return page(400, words);
    }
    match fault {
        Fault::AuthorizeRefuses => back("access_denied", "This application is switched off"),
        Fault::DemandsPkce => back("invalid_request", "code_challenge is required"),
        Fault::ScopeRefused => back("invalid_scope", "email is not allowed"),
        Fault::TypeRefused => back("unsupported_response_type", "code is not allowed"),
        _ => sent_to("/login"),
    }
}

fn token(fault: Fault, authorization: &str, body: &[u8]) -> Answer {
    match fault {
        Fault::TokenIsPage => return page(200, "Welcome"),
        Fault::TokenRedirects => return sent_to("/elsewhere"),
        Fault::TokenGivesAnybody => {
            return as_json(200, &json!({"access_token": "x", "token_type": "Bearer"}));
        }
        _ => {}
    }
    let value = |wanted: &str| {
        url::form_urlencoded::parse(body)
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let basic = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
    let in_header = authorization == format!("Basic {basic}") && fault != Fault::SecretOnlyInForm;
    let in_form = value("client_id") == CLIENT && value("client_secret") == SECRET;
    if fault == Fault::CodeBeforeClient {
        return as_json(400, &json!({"error": "invalid_grant"}));
    }
    if fault == Fault::SecretEchoed && !authorization.is_empty() {
        let words = format!("{SECRET} as {authorization} is not what we have");
        return as_json(401, &json!({"error": "invalid_client", "error_description": words}));
    }
    if !in_header && !in_form {
        return as_json(
            401,
            &json!({"error": "invalid_client", "error_description": "Client authentication failed"}),
        );
    }
    if fault == Fault::ClientMayNot {
        return as_json(400, &json!({"error": "unauthorized_client"}));
    }
    assert_eq!(value("redirect_uri"), CALLBACK);
    as_json(400, &json!({"error": "invalid_grant", "error_description": "Code not found"}))
}
