//! Whoever is told of a break-glass grant, before anything is made.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::harness::Harness;

/// A webhook that answers `status`, and what it was told at which point of the request log.
pub(super) struct Webhook {
    pub(super) address: String,
    pub(super) told: Arc<Mutex<Vec<(Value, usize)>>>,
}

impl Webhook {
    /// What it is told is told to the canary of the harness too.
    pub(super) fn answering(status: u16, harness: &Harness) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hooks/a-secret-path", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Vec::new()));
        let (heard, log) = (Arc::clone(&told), Arc::clone(&harness.sandbox.log));
        let canary = harness.canary.heard();
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut bytes, mut some) = (Vec::new(), [0; 4096]);
                let body = loop {
                    let count = stream.read(&mut some).unwrap();
                    bytes.extend_from_slice(&some[..count]);
                    let text = String::from_utf8_lossy(&bytes);
                    if let Some((_, body)) = text.split_once("\r\n\r\n")
                        && let Ok(body) = serde_json::from_str::<Value>(body)
                    {
                        break body;
                    }
                };
                canary.lock().unwrap().push(String::from_utf8_lossy(&bytes).into_owned());
                heard.lock().unwrap().push((body, log.len()));
                write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            }
        });
        Self { address, told }
    }
}
