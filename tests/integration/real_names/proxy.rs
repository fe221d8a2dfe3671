//! A proxy of HTTPS that leads the names of the real systems to a sandbox: the program is configured as in an organisation
//! behind a proxy that has a certificate of its own, and nothing in it knows that it is tested.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, Response, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::certificate::Certificate;

/// Where one name leads.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) name: String,
    /// The address of the emulator.
    pub(super) address: String,
    /// What stands in its answers for its own address, the longest beginning first.
    pub(super) instead: Vec<(String, String)>,
}

/// A proxy that listens for as long as the process of the tests lives.
pub(super) struct Proxy {
    pub(super) address: String,
    /// The file of what is to be trusted.
    pub(super) trusted: PathBuf,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Proxy {
    pub(super) fn start(folder: &Path, places: Vec<Place>) -> Self {
        let names: Vec<&str> = places.iter().map(|place| place.name.as_str()).collect();
        let certificate = Certificate::of(&names);
        let trusted = folder.join("trusted.pem");
        certificate.write(&trusted);
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(certificate.der)], PrivateKeyDer::Pkcs8(certificate.key.into()))
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<BTreeSet<String>>> = Arc::default();
        let door =
            Door { tls: TlsAcceptor::from(Arc::new(config)), places: Arc::new(places), asked: Arc::clone(&asked) };
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                let client = reqwest::Client::builder().no_proxy().build().unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(door.clone().lets_in(stream, client.clone()));
                }
            });
        });
        Self { address, trusted, asked }
    }

    /// Returns the names that were asked for.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().cloned().collect()
    }
}

#[derive(Clone)]
struct Door {
    tls: TlsAcceptor,
    places: Arc<Vec<Place>>,
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Door {
    /// Answers `CONNECT NAME:443`, and then whatever is asked of that name.
    async fn lets_in(self, mut stream: TcpStream, client: reqwest::Client) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let name = head.strip_prefix("CONNECT ").and_then(|rest| rest.split(':').next()).unwrap_or_default().to_owned();
        self.asked.lock().unwrap().insert(name.clone());
        let Some(place) = self.places.iter().find(|place| place.name == name).cloned() else {
            _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
            return;
        };
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let Ok(stream) = self.tls.accept(stream).await else { return };
        let service = service_fn(|request: Request<hyper::body::Incoming>| leads(&client, &place, request));
        // Whoever is asked may leave in the middle.
        _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }
}

/// Asks the emulator, and gives its answer back with the names that the caller knows.
async fn leads(
    client: &reqwest::Client,
    place: &Place,
    request: Request<hyper::body::Incoming>,
) -> Result<Response<Body>, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let body = to_bytes(Body::new(body), usize::MAX).await?;
    let asked = client.request(parts.method, format!("{}{path}", place.address));
    let answer = asked.headers(without_length(parts.headers)).body(body).send().await?;
    let (status, headers) = (answer.status(), without_length(answer.headers().clone()));
    let body = renamed(place, answer.bytes().await?);
    let mut answer = Response::new(Body::from(body));
    (*answer.status_mut(), *answer.headers_mut()) = (status, headers);
    Ok(answer)
}

fn renamed(place: &Place, body: Bytes) -> Vec<u8> {
    let Ok(mut text) = String::from_utf8(body.to_vec()) else { return body.to_vec() };
    for (own, known) in &place.instead {
        text = text.replace(own, known);
    }
    text.into_bytes()
}

/// What the next hop says anew.
fn without_length(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::HOST, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION] {
        headers.remove(name);
    }
    headers
}
