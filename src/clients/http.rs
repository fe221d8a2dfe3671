//! One HTTP client for Port and GitHub: timeouts set, redirects off, addresses checked.

use std::fmt;
use std::time::Duration;

use url::{Host, Url};

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

/// Creates the HTTP client for the API at `base`.
///
/// # Errors
///
/// Fails when the TLS provider cannot be set up.
pub fn client(world: &World, base: &ApiUrl) -> Result<reqwest::Client, Failure> {
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(world.patience)
        // A redirect would turn a POST into a GET, and could carry a token to another host.
        .redirect(reqwest::redirect::Policy::none())
        // The one place that repeats requests is `retry`.
        .retry(reqwest::retry::never())
        .user_agent(concat!("port-iam/", env!("CARGO_PKG_VERSION")));
    if base.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Failure::failed(format!("could not set up HTTP: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_trailing_slash_and_version_are_taken_off() {
        assert_eq!(
            ApiUrl::parse("X", "https://api.port.io/v1/").unwrap().without_suffix("/v1").as_str(),
            "https://api.port.io"
        );
    }
}
