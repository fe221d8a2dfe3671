//! Serves one emulator on loopback in a thread of its own, logs every exchange and injects the planned faults.

use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, header};
use futures_util::StreamExt as _;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::addressee::{Addressee, Misdirected};
use super::clock::SandboxClock;
use super::fault::{Fault, Faults, Seen};
use super::nth_request::kind;
use super::past::Past;
use super::request_log::{Api, RequestLog, exchange, may_change};

/// What all three emulators share.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) clock: SandboxClock,
    pub(crate) log: Arc<RequestLog>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) past: Arc<Past>,
}

/// A listening emulator. It ends when this value is dropped.
#[derive(Debug)]
pub struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Returns the base address, `http://127.0.0.1:PORT` without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns how many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes a free loopback port. The address is known before anything is served on it.
pub(crate) fn listen() -> std::io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Serves `router` on `listener` in a new thread; `background` runs beside it in the same thread.
pub(crate) fn serve<F>(
    api: Api,
    listener: TcpListener,
    router: Router,
    wire: Wire,
    background: F,
) -> std::io::Result<Server>
where
    F: Future<Output = ()> + Send + 'static,
{
    let address = listener.local_addr()?;
    let (url, addressee) = (format!("http://{address}"), Addressee::on_port(address.port()));
    let connections = Arc::new(AtomicUsize::new(0));
    let (stop, stopped) = watch::channel(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let counter = Arc::clone(&connections);
    let thread = std::thread::Builder::new().name(format!("sandbox-{api:?}").to_lowercase()).spawn(move || {
        runtime.block_on(async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            tokio::spawn(background);
            let emulator = Emulator { api, addressee, router, wire };
            accept(listener, emulator, counter, stopped).await;
        });
        // Dropping the runtime here ends every connection that is still open.
    })?;
    Ok(Server { url, connections, stop, thread: Some(thread) })
}

/// What a connection is served with.
#[derive(Clone)]
struct Emulator {
    api: Api,
    addressee: Addressee,
    router: Router,
    wire: Wire,
}

async fn accept(
    listener: tokio::net::TcpListener,
    emulator: Emulator,
    connections: Arc<AtomicUsize>,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let stream = tokio::select! {
            _ = stopped.changed() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        connections.fetch_add(1, Ordering::SeqCst);
        let _ = stream.set_nodelay(true);
        let emulator = emulator.clone();
        tokio::spawn(async move {
            let service = hyper::service::service_fn(move |request| answer(request, emulator.clone()));
            // An error here is a connection that was cut, by the peer or by a fault: nothing to tell anybody.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut")]
struct Cut;

/// What is sent: a whole body, or a part of one.
type Sent = UnsyncBoxBody<Bytes, Cut>;

async fn answer(request: Request<Incoming>, emulator: Emulator) -> Result<Response<Sent>, Cut> {
    let Emulator { api, addressee, router, wire } = emulator;
    let arrived = wire.log.now();
    let (parts, body) = request.into_parts();
    if let Err(misdirected) = addressee.judge(&parts) {
        // Neither read nor counted as what a test has planned a fault for; but seen.
        let outcome = Outcome::misdirected(misdirected);
        wire.log.record(arrived, exchange(api, &parts, &Bytes::new(), outcome.status, &outcome.headers, &outcome.body));
        return Ok(outcome.into_response(&wire.clock));
    }
    let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
    let text = String::from_utf8_lossy(&body);
    let kind = kind(&exchange(api, &parts, &body, 0, &HeaderMap::new(), &[]));
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let fault = wire.faults.take(&Seen { api, method, path, body: &text, kind: &kind });
    let latency = wire.faults.latency();
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let (outcome, is_hit) = match &fault {
        None => (Outcome::from_router(&parts, &body, router).await, false),
        Some(Fault::DropBefore | Fault::HangBefore) => (Outcome::cut(), true),
        Some(Fault::Status { status, retry_after }) => (Outcome::status(*status, *retry_after), true),
        Some(Fault::Html) => (Outcome::html(), true),
        Some(Fault::Forged { pointer, value }) => {
            (Outcome::from_router(&parts, &body, router).await.forged(pointer, value), true)
        }
        Some(Fault::StaleRead) => Outcome::stale(api, &parts, &body, router, &wire).await,
        Some(Fault::DropAfter | Fault::Hang) => (Outcome::from_router(&parts, &body, router).await, true),
        Some(Fault::Truncated) => {
            let whole = Outcome::from_router(&parts, &body, router).await;
            let has_body = !whole.body.is_empty();
            (whole, has_body)
        }
    };
    let is_answered = !matches!(fault, Some(Fault::DropBefore | Fault::DropAfter | Fault::Hang | Fault::HangBefore));
    let status = if is_answered { outcome.status } else { 0 };
    wire.log.record(arrived, exchange(api, &parts, &body, status, &outcome.headers, &outcome.body));
    if is_hit {
        wire.faults.note_hit();
    }
    match fault {
        Some(Fault::DropBefore | Fault::DropAfter) => Err(Cut),
        Some(Fault::Hang | Fault::HangBefore) => std::future::pending().await,
        Some(Fault::Truncated) => Ok(outcome.truncated()),
        _ => Ok(outcome.into_response(&wire.clock)),
    }
}

struct Outcome {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Outcome {
    async fn from_router(parts: &Parts, body: &Bytes, router: Router) -> Self {
        let request = Request::from_parts(parts.clone(), Body::from(body.clone()));
        let Ok(response) = router.oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Self { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Answers from what was remembered, and returns whether that differs from the present answer.
    async fn stale(api: Api, parts: &Parts, body: &Bytes, router: Router, wire: &Wire) -> (Self, bool) {
        let is_login = parts.uri.path().ends_with("/auth/access_token");
        let changes = may_change(api, parts, body);
        let past = wire.past.router(api).filter(|_| !is_login && (!changes || api == Api::Aws));
        let Some(past) = past else { return (Self::from_router(parts, body, router).await, false) };
        let then = Self::from_router(parts, body, past).await;
        if changes && then.status >= 400 {
            return (then, true);
        }
        let now = Self::from_router(parts, body, router).await;
        if changes {
            return (now, false);
        }
        let differs = then.status != now.status || then.without_request_id() != now.without_request_id();
        (then, differs)
    }

    /// Returns the body up to the id of the request, which AWS puts at the end.
    fn without_request_id(&self) -> &[u8] {
        const REQUEST_ID: &[u8] = b"<RequestId>";
        let end = self.body.windows(REQUEST_ID.len()).position(|window| window == REQUEST_ID);
        &self.body[..end.unwrap_or(self.body.len())]
    }

    fn cut() -> Self {
        Self { status: 0, headers: HeaderMap::new(), body: Bytes::new() }
    }

    fn misdirected(misdirected: Misdirected) -> Self {
        Self { status: misdirected.status(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    fn status(status: u16, retry_after: Option<u64>) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        Self { status, headers, body: Bytes::new() }
    }

    fn html() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        Self { status: 502, headers, body: Bytes::from_static(b"<html><body>Bad Gateway</body></html>") }
    }

    /// Puts `value` at `pointer`. An answer that has no such place stays as it is, so that a test of it fails.
    fn forged(self, pointer: &str, value: &serde_json::Value) -> Self {
        let Ok(mut answer) = serde_json::from_slice::<serde_json::Value>(&self.body) else { return self };
        let Some((parent, member)) = pointer.rsplit_once('/') else { return self };
        match answer.pointer_mut(parent) {
            Some(serde_json::Value::Object(members)) => {
                members.insert(member.to_owned(), value.clone());
            }
            Some(serde_json::Value::Array(items)) => {
                match member.parse::<usize>().ok().filter(|at| *at < items.len()) {
                    Some(at) => items[at] = value.clone(),
                    None => items.push(value.clone()),
                }
            }
            _ => return self,
        }
        let mut headers = self.headers;
        headers.remove(header::CONTENT_LENGTH);
        Self { status: self.status, headers, body: answer.to_string().into() }
    }

    fn into_response(self, clock: &SandboxClock) -> Response<Sent> {
        let whole = Full::new(self.body).map_err(|never| match never {});
        let mut response = Response::new(whole.boxed_unsync());
        *response.status_mut() =
            axum::http::StatusCode::from_u16(self.status).unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        let date = clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = HeaderValue::from_str(&date) {
            response.headers_mut().insert(header::DATE, date);
        }
        response
    }

    /// Announces the whole body, sends half of it and cuts the connection.
    fn truncated(self) -> Response<Sent> {
        let length = self.body.len();
        let half = self.body.slice(..length / 2);
        let cut = async {
            // So that the half has gone out before.
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            Err(Cut)
        };
        let parts = stream::iter([Ok(Frame::data(half))]).chain(stream::once(cut));
        let mut response = Response::new(StreamBody::new(parts).boxed_unsync());
        *response.status_mut() =
            axum::http::StatusCode::from_u16(self.status).unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        response
    }
}
