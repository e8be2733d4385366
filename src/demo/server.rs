//! Start and stop, and the path of every request: faults → who asks → rate limit → body → route → headers.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, State as Shared_};
use axum::http::{HeaderName, HeaderValue, Request as HttpRequest, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::bootstrap;
use super::caller::{Credentials, authenticate};
use super::faults::{Effect, Faults};
use super::idp::Provider;
use super::limits::{Category, category};
use super::listener::{Listener, Peer};
use super::older;
use super::outcome::{FHIR_JSON, Issue, JSON, Outcome, Refusal, respond};
use super::request::{Request, read_content};
use super::search::query::pairs;
use super::seed::{self, Facts, Seed};
use super::settings::Settings;
use super::sign_in;
use super::state::{Shared, State};
use super::store::Author;

/// Forms may be smaller than JSON (platform-api recordings: 200 kB are refused at the token endpoint).
const MAX_FORM: usize = 100 * 1024;

/// How to start a platform.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub addr: SocketAddr,
    /// Configuration.
    pub settings: Settings,
    /// E-mail and password of the one super admin that a fresh platform has.
    pub super_admin: (String, String),
    /// The demonstration's tenant; none leaves the platform as fresh as it is installed.
    pub seed: Option<Seed>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            settings: Settings::default(),
            super_admin: ("admin@example.com".into(), "medplum_admin".into()),
            seed: None,
        }
    }
}

/// Why a platform did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken or not ours.
    #[error("the embedded platform cannot listen on {addr}: {source}; choose another address or port 0")]
    Listen {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// No threads, no randomness: the machine is in trouble.
    #[error("the embedded platform cannot start: {0}")]
    System(String),
}

/// The embedded platform.
#[derive(Debug, Clone, Copy)]
pub struct Platform;

/// A running platform; it stops when this handle is dropped.
#[derive(Debug)]
pub struct Running {
    /// `http://localhost:PORT/`.
    pub base_url: String,
    /// The sign-in app, with a slash at the end.
    pub app_url: String,
    /// Where it listens.
    pub addr: SocketAddr,
    /// Everything the routes share: store, clock, faults, mailbox.
    pub state: Shared,
    /// The identity provider beside the platform, at `<base_url>idp`.
    pub provider: Arc<Provider>,
    /// What to know about the seeded tenant; none without a seed.
    pub facts: Option<Facts>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Running {
    /// The script of faults.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }
}

impl Platform {
    /// Starts a platform on threads of its own, so that it can be used from any thread, async or not.
    pub fn start(options: Options) -> Result<Running, StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("demo-platform")
            .enable_all()
            .build()
            .map_err(|e| StartError::System(e.to_string()))?;
        let (listener, addr) = {
            // Sockets are bound the blocking way: the caller may be on an async thread, where nothing may block_on.
            let _inside = runtime.enter();
            listen(options.addr).map_err(|source| StartError::Listen { addr: options.addr, source })?
        };
        let base_url = format!("http://localhost:{}/", addr.port());
        let app_url = format!("{base_url}app/");
        let state = Arc::new(State::new(options.settings, base_url.clone(), app_url.clone()));
        bootstrap::fill(&state, &options.super_admin).map_err(StartError::System)?;
        let (signing, provider) = sign_in::assemble(&state, addr).map_err(StartError::System)?;
        let facts = match options.seed {
            Some(seed) => {
                Some(seed::fill(&state, seed, &options.super_admin, &provider).map_err(StartError::System)?)
            }
            None => None,
        };
        let service = router(Arc::clone(&state), signing).into_make_service_with_connect_info::<Peer>();
        runtime.spawn(async move {
            // Serving ends only with the runtime.
            let _ = axum::serve(listener, service).await;
        });
        Ok(Running { base_url, app_url, addr, state, provider, facts, runtime: Some(runtime) })
    }
}

fn listen(addr: SocketAddr) -> std::io::Result<(Listener, SocketAddr)> {
    let bind = |addr: SocketAddr| {
        let socket = std::net::TcpListener::bind(addr)?;
        socket.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(socket)
    };
    let first = bind(addr)?;
    let addr = first.local_addr()?;
    let second = match addr.ip() {
        IpAddr::V4(ip) if ip.is_loopback() => bind(SocketAddr::from((Ipv6Addr::LOCALHOST, addr.port()))).ok(),
        _ => None,
    };
    Ok((Listener { first, second }, addr))
}

/// All routes behind the pipeline. Routes are written without the prefixes of platform-api §1.1.
fn router(state: Shared, signing: Router) -> Router {
    let routes = Router::new().fallback(no_route).with_state(Arc::clone(&state)).merge(signing);
    // The outer router has no routes of its own, so that the pipeline may rewrite the path before the inner one looks.
    Router::new().fallback_service(routes).layer(from_fn_with_state(state, pipeline))
}

async fn no_route(Extension(request): Extension<Arc<Request>>) -> Refusal {
    Refusal::NoRoute(request.method.to_string(), request.original_path.clone())
}

async fn pipeline(
    Shared_(state): Shared_<Shared>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    http: HttpRequest<Body>,
    next: Next,
) -> Response {
    let method = http.method().to_string();
    let original_path = http.uri().path().to_owned();
    let (path, url_project) = without_prefix(&original_path);
    let effect = state.faults.take(&method, &path);
    match &effect {
        Some(Effect::Latency(delay)) => tokio::time::sleep(*delay).await,
        Some(Effect::Hang) => std::future::pending::<()>().await,
        Some(Effect::Reset) => {
            peer.cut();
            return StatusCode::BAD_GATEWAY.into_response();
        }
        Some(Effect::SomebodyWrites(members)) => somebody_writes(&state, &path, members),
        _ => {}
    }
    let mut answer = Answer::new(&state, &http);
    let response = answer.handle(http, &peer, path, original_path, url_project, effect.as_ref(), next).await;
    let response = answer.finish(response).await;
    match effect {
        Some(Effect::ResetAfter) => {
            peer.cut();
            response
        }
        Some(Effect::Truncated) => truncate(response).await,
        _ => response,
    }
}

// What is known about an answer before its route has spoken.
struct Answer {
    state: Shared,
    request_id: String,
    trace_id: String,
    pretty: bool,
    limits: Vec<String>,
    request: Option<Arc<Request>>,
}

impl Answer {
    fn new(state: &Shared, http: &HttpRequest<Body>) -> Self {
        let header = |name: &str| http.headers().get(name).and_then(|v| v.to_str().ok());
        let trace_id = header("x-trace-id")
            .filter(|t| t.parse::<Uuid>().is_ok())
            .or_else(|| header("traceparent"))
            .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
        let query = http.uri().query().unwrap_or_default();
        Self {
            state: Arc::clone(state),
            request_id: Uuid::new_v4().to_string(),
            trace_id,
            pretty: query.contains("_pretty=true"),
            limits: Vec::new(),
            request: None,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one request, taken apart once")]
    async fn handle(
        &mut self,
        http: HttpRequest<Body>,
        peer: &Peer,
        path: String,
        original_path: String,
        url_project: Option<String>,
        effect: Option<&Effect>,
        next: Next,
    ) -> Response {
        match effect {
            Some(Effect::TooManyRequests { reset }) => {
                self.limits.push(format!("\"requests\";r=0;t={reset}"));
                let mut outcome = Outcome::throttled(
                    json!({"_remainingPoints": 0, "_msBeforeNext": reset * 1000, "_consumedPoints": 1,
                        "_isFirstInDuration": false, "limit": 0})
                    .to_string(),
                );
                outcome.bare = true;
                return outcome.into_response();
            }
            Some(Effect::Broken) => return Refusal::Broken.into_response(),
            Some(Effect::NoRoute) => {
                return Refusal::NoRoute(http.method().to_string(), original_path).into_response();
            }
            Some(Effect::Refused { id, text }) => {
                let issues = vec![Issue::error("invalid", text.as_str())];
                return Outcome { id: Some(id.clone()), issues, bare: false }.into_response();
            }
            Some(Effect::Text { status, body }) => {
                let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
                return respond(status, "text/plain; charset=utf-8", body.clone());
            }
            _ => {}
        }
        let (mut parts, body) = http.into_parts();
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok());
        let address = peer.text();
        let issuer = match &url_project {
            Some(project) => format!("{}projects/{project}/", self.state.base_url),
            None => self.state.base_url.clone(),
        };
        let credentials = Credentials {
            authorization: header("authorization"),
            on_behalf_of: header("x-medplum-on-behalf-of"),
            extended: header("x-medplum") == Some("extended"),
            address: &address,
            issuer: &issuer,
        };
        let caller = match authenticate(&self.state, credentials) {
            Ok(caller) => caller.map(Arc::new),
            Err(outcome) => return outcome.into_response(),
        };
        if let Err(outcome) = self.count(&path, &address) {
            return outcome.into_response();
        }
        let is_form =
            header("content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
        let limit = if is_form { MAX_FORM } else { self.state.settings.max_body };
        let Ok(body) = to_bytes(body, limit).await else {
            return Outcome::too_large().into_response();
        };
        let content = match read_content(&parts.headers, &body) {
            Ok(content) => content,
            Err(outcome) => return outcome.into_response(),
        };
        if self.state.settings.older
            && let Some(refusal) = older::lacks(parts.method.as_str(), &path, &original_path)
        {
            return refusal.into_response();
        }
        let request = Arc::new(Request {
            method: parts.method.clone(),
            query: pairs(parts.uri.query().unwrap_or_default()),
            path: path.clone(),
            original_path,
            headers: parts.headers.clone(),
            content,
            caller,
            address,
            url_project,
            request_id: self.request_id.clone(),
            trace_id: self.trace_id.clone(),
        });
        self.request = Some(Arc::clone(&request));
        let query = parts.uri.query().map_or_else(String::new, |q| format!("?{q}"));
        if let Ok(uri) = format!("{path}{query}").parse() {
            parts.uri = uri;
        }
        parts.extensions.insert(request);
        next.run(HttpRequest::from_parts(parts, Body::from(body))).await
    }

    fn count(&mut self, path: &str, address: &str) -> Result<(), Outcome> {
        let settings = &self.state.settings;
        if !settings.rate_limits_enabled {
            return Ok(());
        }
        let (name, limit) = match category(path) {
            Category::Login => (":login", settings.default_login_rate_limit),
            Category::Auth => (":auth", settings.default_auth_rate_limit),
            Category::Default => ("", settings.default_rate_limit),
        };
        let key = format!("requests:{address}{name}");
        match self.state.limits.consume(&key, 1, limit, self.state.clock.now_ms()) {
            Ok(standing) => {
                self.limits.push(standing.header("requests"));
                Ok(())
            }
            Err(standing) => {
                self.limits.push(standing.header("requests"));
                Err(Outcome { bare: true, ..standing.refusal() })
            }
        }
    }

    async fn finish(&mut self, mut response: Response) -> Response {
        if let Some(outcome) = response.extensions_mut().remove::<Outcome>() {
            let (content_type, body) = if outcome.bare {
                (JSON, outcome.json())
            } else {
                (FHIR_JSON, outcome.traced(&self.request_id, &self.trace_id))
            };
            if outcome.is("unauthorized") {
                let scheme = self
                    .request
                    .as_ref()
                    .and_then(|r| r.header("authorization"))
                    .and_then(|a| a.split(' ').next())
                    .unwrap_or("Bearer");
                let realm = format!("{scheme} realm=\"{}\"", self.state.base_url);
                insert(&mut response, header::WWW_AUTHENTICATE, &realm);
            }
            insert(&mut response, header::CONTENT_TYPE, content_type);
            // The router has counted the empty body that stood in for this one.
            response.headers_mut().remove(header::CONTENT_LENGTH);
            *response.body_mut() = Body::from(body.to_string());
        }
        let fhir = self.request.as_ref().filter(|r| r.path.starts_with("/fhir/"));
        if let Some(standing) = fhir.and_then(|r| r.caller.as_ref()).and_then(|c| c.standing()) {
            self.limits.push(standing.header("fhirInteractions"));
        }
        if !self.limits.is_empty() {
            insert(&mut response, HeaderName::from_static("ratelimit"), &self.limits.join(", "));
        }
        insert(&mut response, header::CACHE_CONTROL, "no-store, no-cache, must-revalidate");
        if self.pretty { prettified(response).await } else { response }
    }
}

fn insert(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

async fn whole(body: Body) -> Bytes {
    to_bytes(body, usize::MAX).await.unwrap_or_default()
}

async fn prettified(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = whole(body).await;
    let pretty = serde_json::from_slice::<Value>(&body).and_then(|v| serde_json::to_string_pretty(&v));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, pretty.map_or_else(|_| Body::from(body), Body::from))
}

// Announces the whole length and breaks off in the middle.
async fn truncate(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = whole(body).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let half = body.slice(..body.len() / 2);
    let pieces: [std::io::Result<Bytes>; 2] = [Ok(half), Err(std::io::ErrorKind::ConnectionReset.into())];
    // A pause lets the first half leave before the connection breaks.
    let stream = futures::stream::unfold(pieces.into_iter(), async |mut pieces| {
        let piece = pieces.next()?;
        if piece.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some((piece, pieces))
    });
    Response::from_parts(parts, Body::from_stream(stream))
}

fn somebody_writes(state: &Shared, path: &str, members: &serde_json::Map<String, Value>) {
    let mut segments = path.split('/').filter(|s| !s.is_empty());
    let found = match (segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some("fhir"), Some("R4"), Some(kind), Some(id)) => Some((kind, id)),
        (Some("admin"), Some("projects"), Some(_), Some("members")) => {
            segments.next().map(|id| ("ProjectMembership", id))
        }
        _ => None,
    };
    let Some((kind, id)) = found else { return };
    let mut store = state.write();
    let Some(mut resource) = store.get(kind, id) else { return };
    for (name, value) in members {
        resource[name] = value.clone();
    }
    let author = Author { reference: json!({"reference": "system"}), on_behalf_of: None };
    // Should the write be refused, the record simply stays as it was.
    let _ = store.update(resource, &author);
}

/// Takes off `api/`, `projects/{id}/` and a doubled slash (platform-api §1.1).
fn without_prefix(path: &str) -> (String, Option<String>) {
    let mut rest = path.strip_prefix("/api").filter(|r| r.starts_with('/')).unwrap_or(path);
    let mut project = None;
    if let Some(tail) = rest.strip_prefix("/projects/") {
        let (id, tail) = tail.split_at(tail.find('/').unwrap_or(tail.len()));
        project = Some(id.to_owned());
        rest = if tail.is_empty() { "/" } else { tail };
    }
    (rest.to_owned(), project)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/fhir/R4/User", "/fhir/R4/User", None)]
    #[case("/api/fhir/R4/User", "/fhir/R4/User", None)]
    #[case("/projects/p1/auth/me", "/auth/me", Some("p1"))]
    #[case("/api/projects/p1/auth/me", "/auth/me", Some("p1"))]
    #[case("/apiary", "/apiary", None)]
    fn prefixes_are_taken_off(#[case] path: &str, #[case] rest: &str, #[case] project: Option<&str>) {
        assert_eq!(without_prefix(path), (rest.to_owned(), project.map(str::to_owned)));
    }
}
