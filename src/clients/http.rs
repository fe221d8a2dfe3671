//! One HTTP client for Port and GitHub: timeouts set, redirects off, addresses checked.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use url::{Host, Url};

use crate::domain::runtime::own_version;
use crate::failure::Failure;
use crate::world::World;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Base address of an API: `https`, or `http` on loopback; without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl(String);

impl ApiUrl {
    /// Parses a base address; `setting` names where it was given.
    ///
    /// # Errors
    ///
    /// Fails on anything that is no such address: other schemes, user names, queries, plain `http` beyond loopback.
    pub fn parse(setting: &str, text: &str) -> Result<Self, Failure> {
        let fail = |reason: &str| {
            Failure::usage(format!("{setting} {reason}"))
                .hint(format!("set {setting} to an address such as https://api.example.com"))
        };
        let url = Url::parse(text.trim()).map_err(|_| fail("is not an address"))?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(fail("must be a plain base address, without user name, query or fragment"));
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(fail("uses plain http, which is allowed on loopback only")),
            _ => return Err(fail("must begin with https://")),
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// Returns the address without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the address is this machine's own.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.0).is_ok_and(|url| is_loopback(&url))
    }

    /// Returns the address with `suffix` taken off its end, if it is there.
    #[must_use]
    pub fn without_suffix(&self, suffix: &str) -> Self {
        Self(self.0.strip_suffix(suffix).unwrap_or(&self.0).to_owned())
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Parses a `Date` header (RFC 9110: IMF-fixdate), which is always in GMT.
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix(" GMT")?;
    let time = DateTime::strptime("%a, %d %b %Y %H:%M:%S", text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// What two clients have to have in common to be one: their patience, and whether they reach this machine alone.
type Kind = (Duration, bool);

tokio::task_local! {
    static SHARED: RefCell<Option<(Kind, reqwest::Client)>>;
}

/// Does `work`, in which one HTTP client serves all APIs: making it reads every certificate that this machine trusts, which
/// takes longer than all else that is done before the first request. Its connections end with the work.
pub async fn sharing<T>(work: impl Future<Output = T>) -> T {
    SHARED.scope(RefCell::default(), work).await
}

/// Returns the HTTP client for the API at `base`: within [`sharing`] the one that is there, where it is of the same kind.
///
/// # Errors
///
/// Fails when the TLS provider cannot be set up.
pub fn client(world: &World, base: &ApiUrl) -> Result<reqwest::Client, Failure> {
    let kind = (world.patience, base.is_loopback());
    let of_kind = |shared: &RefCell<Option<(Kind, reqwest::Client)>>| {
        shared.borrow().as_ref().filter(|(there, _)| *there == kind).map(|(_, client)| client.clone())
    };
    if let Ok(Some(client)) = SHARED.try_with(of_kind) {
        return Ok(client);
    }
    let client = new_client(world, base)?;
    // Outside of it there is nobody to share with.
    _ = SHARED.try_with(|shared| *shared.borrow_mut() = Some((kind, client.clone())));
    Ok(client)
}

fn new_client(world: &World, base: &ApiUrl) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(world.patience)
        // A redirect would turn a POST into a GET, and could carry a token to another host.
        .redirect(reqwest::redirect::Policy::none())
        // The one place that repeats requests is `retry`.
        .retry(reqwest::retry::never())
        .user_agent(format!("port-iam/{}", own_version()));
    if base.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Failure::failed(format!("could not set up HTTP: {error}")))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read_as_gmt() {
        assert_eq!(parse_date("Mon, 23 Nov 2026 20:00:00 GMT").unwrap().to_string(), "2026-11-23T20:00:00Z");
        assert_eq!(parse_date("yesterday"), None);
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        for text in ["https://api.port.io", "http://127.0.0.1:1", "http://localhost:1/", "http://[::1]:1"] {
            assert!(ApiUrl::parse("X", text).is_ok(), "{text}");
        }
        for text in [
            "http://api.port.io",
            "http://127.0.0.1.example.com",
            "ftp://127.0.0.1",
            "",
            "https://u:p@x",
            "https://x?a=b",
            "http://10.0.0.1",
        ] {
            assert!(ApiUrl::parse("X", text).is_err(), "{text}");
        }
    }

    /// Answers every request of a connection, and returns where, and how many connections there were.
    fn server() -> (ApiUrl, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let accepted: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&accepted);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    for line in lines.map_while(Result::ok) {
                        if line.is_empty() {
                            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
                        }
                    }
                });
            }
        });
        (ApiUrl::parse("X", &url).unwrap(), accepted)
    }

    #[test]
    fn one_client_serves_all_and_outside_each_has_its_own() {
        let world = World::system();
        let (base, accepted) = server();
        let ask_twice = async || {
            for _ in 0..2 {
                client(&world, &base).unwrap().get(base.as_str()).send().await.unwrap();
                // A connection goes back when the task that drives it has its turn.
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(sharing(ask_twice()));
        assert_eq!(accepted.load(Ordering::SeqCst), 1);
        runtime.block_on(ask_twice());
        assert_eq!(accepted.load(Ordering::SeqCst), 3);
    }

    #[test]
    fn a_trailing_slash_and_version_are_taken_off() {
        assert_eq!(
            ApiUrl::parse("X", "https://api.port.io/v1/").unwrap().without_suffix("/v1").as_str(),
            "https://api.port.io"
        );
    }
}
