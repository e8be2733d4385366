//! Sign-in with the browser on this machine: its answer comes to a listener on loopback (RFC 8252 §7.3).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::client::Redirects;
use super::code::{Attempt, Expecting, Judged, tell_notes};
use super::discovery;
use super::error::AuthError;
use super::flow::{Answer, BROWSER_PATIENCE, FlowEvent, Stage};
use super::note::Note;
use super::tokens::SignedIn;

/// Shown when the answer was taken. Static: nothing of the request is repeated (L9).
const TAKEN: &str = include_str!("pages/taken.html");
/// Shown for everything else.
const IGNORED: &str = include_str!("pages/ignored.html");

/// How long the browser may take to fetch the closing page.
const CLOSING: Duration = Duration::from_secs(2);

pub(crate) async fn by_browser(stage: &mut Stage) -> Result<SignedIn, AuthError> {
    let metadata = discovery::platform(&stage.http, &stage.request.connection.base_url).await?;
    tell_notes(stage, &metadata);
    let listener = Listener::open(&stage.request.redirects).await?;
    let attempt = Attempt::new(stage, metadata, listener.redirect.clone())?;
    let mut serving = listener.serve(attempt.expecting.clone());
    let client = stage.request.client_id().to_owned();
    let scope = stage.request.scope().to_owned();
    stage.begin(stage.request.connection.base_url.host(), Some(&client), &scope);
    open(stage, &attempt.url);
    stage.tell(FlowEvent::Waiting { until: stage.deps.after(BROWSER_PATIENCE) });
    let mut patience = stage.deps.pause.pause(BROWSER_PATIENCE);
    let code = loop {
        tokio::select! {
            heard = serving.heard.recv() => match heard {
                Some(Judged::NotOurs(why)) => stage.note(Note::Ignored(why)),
                Some(Judged::Failed(error)) => {
                    serving.close().await;
                    return Err(error);
                }
                Some(Judged::Code(code)) => break code,
                None => return Err(AuthError::Cancelled),
            },
            answer = stage.answer() => if matches!(answer?, Answer::OpenAgain) {
                open(stage, &attempt.url);
            },
            () = &mut patience => return Err(AuthError::Expired),
        }
    };
    serving.close().await;
    attempt.redeem(stage, code).await
}

pub(crate) fn open(stage: &Stage, url: &str) {
    let opened = stage.deps.browser.open(url).is_ok();
    stage.tell(FlowEvent::OpenBrowser { url: url.to_owned(), opened });
}

/// The open sockets of one attempt.
pub(crate) struct Listener {
    sockets: Vec<TcpListener>,
    /// The address to return to, as it is registered.
    pub(crate) redirect: String,
    /// The only `Host` that is answered.
    host: String,
    path: String,
}

impl Listener {
    /// Opens the first registered port that is free (L2). For `localhost`, both of its addresses (L1).
    pub(crate) async fn open(redirects: &Redirects) -> Result<Self, AuthError> {
        let places = redirects.ports.iter().map(|&port| Place {
            redirect: redirects.address(port),
            host: redirects.host.to_owned(),
            port,
            path: if redirects.path.is_empty() { "/".to_owned() } else { redirects.path.to_owned() },
        });
        Self::open_one(places.collect()).await
    }

    /// Opens the first of these addresses that is free. Those that are not plain http on this machine are passed over.
    pub(crate) async fn open_at(redirects: &[String]) -> Result<Self, AuthError> {
        Self::open_one(redirects.iter().filter_map(|redirect| Place::of(redirect)).collect()).await
    }

    async fn open_one(places: Vec<Place>) -> Result<Self, AuthError> {
        for place in &places {
            let port = place.port;
            let first = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
            let mut sockets = match TcpListener::bind(first).await {
                Ok(socket) => vec![socket],
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => continue,
                Err(error) => {
                    return Err(AuthError::CannotListen {
                        address: first.to_string(),
                        why: error.to_string(),
                    });
                }
            };
            if place.host == "localhost" {
                match TcpListener::bind(SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), port)).await {
                    Ok(socket) => sockets.push(socket),
                    // Somebody else would get the answers that go to this address.
                    Err(error) if error.kind() == io::ErrorKind::AddrInUse => continue,
                    // A machine without IPv6 has no such address to answer on.
                    Err(_) => {}
                }
            }
            return Ok(Self {
                sockets,
                redirect: place.redirect.clone(),
                host: format!("{}:{port}", place.host),
                path: place.path.clone(),
            });
        }
        Err(AuthError::PortsBusy(places.iter().map(|place| place.port).collect()))
    }

    pub(crate) fn serve(self, expecting: Expecting) -> Serving {
        let (tell, heard) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let door = Arc::new(Door {
            expecting,
            host: self.host,
            path: self.path,
            taken: AtomicBool::new(false),
            tell,
        });
        let tasks = self
            .sockets
            .into_iter()
            .map(|socket| {
                let app = axum::Router::new().fallback(answer).with_state(Arc::clone(&door));
                let stopped = stop.clone().cancelled_owned();
                tokio::spawn(async move {
                    // Ends by `stop`; an accept error is retried inside.
                    let _ = axum::serve(socket, app).with_graceful_shutdown(stopped).await;
                })
            })
            .collect();
        Serving { heard, stop, tasks }
    }
}

/// An address on this machine to which a browser can be sent back.
struct Place {
    redirect: String,
    host: String,
    port: u16,
    path: String,
}

impl Place {
    /// Of a registered address: plain http, with a port, at `127.0.0.1` or `localhost` (L1).
    fn of(redirect: &str) -> Option<Self> {
        let url = url::Url::parse(redirect).ok()?;
        let host = url.host_str().filter(|host| matches!(*host, "127.0.0.1" | "localhost"))?;
        let plain = url.scheme() == "http" && url.query().is_none() && url.fragment().is_none();
        let port = url.port().filter(|_| plain)?;
        Some(Self { redirect: redirect.to_owned(), host: host.to_owned(), port, path: url.path().to_owned() })
    }
}

/// True for an address on which this program can listen.
pub(crate) fn can_listen(redirect: &str) -> bool {
    Place::of(redirect).is_some()
}

/// The listener while it listens. Dropping it closes it.
pub(crate) struct Serving {
    /// What came.
    pub(crate) heard: mpsc::UnboundedReceiver<Judged>,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Serving {
    /// Accepts nothing more, lets the browser have its page, and closes (L1).
    pub(crate) async fn close(&mut self) {
        self.stop.cancel();
        let all = futures::future::join_all(self.tasks.iter_mut());
        // A browser that keeps its connection open must not hold up the sign-in.
        let _ = tokio::time::timeout(CLOSING, all).await;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stop.cancel();
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// What every request is held against.
struct Door {
    expecting: Expecting,
    host: String,
    path: String,
    taken: AtomicBool,
    tell: mpsc::UnboundedSender<Judged>,
}

async fn answer(State(door): State<Arc<Door>>, request: Request) -> Response<Body> {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    // L9: another Host can be a page that rebinds its name to this address.
    if host.is_none_or(|host| !host.eq_ignore_ascii_case(&door.host)) {
        return page(StatusCode::MISDIRECTED_REQUEST, IGNORED);
    }
    if request.uri().path() != door.path {
        return page(StatusCode::NOT_FOUND, IGNORED);
    }
    if request.method() != Method::GET {
        return page(StatusCode::METHOD_NOT_ALLOWED, IGNORED);
    }
    let judged = door.expecting.judge(request.uri().query().unwrap_or_default());
    let ours = !matches!(judged, Judged::NotOurs(_));
    if ours && door.taken.swap(true, Ordering::SeqCst) {
        return page(StatusCode::GONE, IGNORED);
    }
    // The flow has ended when nobody hears it.
    let _ = door.tell.send(judged);
    if ours { page(StatusCode::OK, TAKEN) } else { page(StatusCode::BAD_REQUEST, IGNORED) }
}

fn page(status: StatusCode, html: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
