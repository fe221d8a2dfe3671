//! For whom a request is meant, and who asks. No web page is a client of the emulators: not one of the web whose name was
//! led to this machine, and not one of another program here.

use axum::http::request::Parts;
use axum::http::{HeaderName, header};

/// The addresses under which one emulator is asked.
#[derive(Clone, Debug)]
pub(super) struct Addressee {
    /// The address that it hands out, and the one other name of loopback that nobody can lead elsewhere.
    authorities: [String; 2],
}

/// Why a request is refused before anything else is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misdirected {
    /// It names another host: somebody else's name leads here.
    Elsewhere,
    /// A browser sends it for a page that is not ours.
    FromAPage,
}

impl Misdirected {
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Elsewhere => 421,
            Self::FromAPage => 403,
        }
    }
}

impl Addressee {
    /// Returns whoever listens on this port of loopback.
    pub(super) fn on_port(port: u16) -> Self {
        Self { authorities: [format!("127.0.0.1:{port}"), format!("localhost:{port}")] }
    }

    /// Returns whether the request is meant for this emulator, and asked by no page of somebody else.
    ///
    /// # Errors
    ///
    /// Says why it is not.
    pub(super) fn judge(&self, parts: &Parts) -> Result<(), Misdirected> {
        let only = |name: HeaderName| {
            let mut values = parts.headers.get_all(name).iter();
            let first = values.next().map(|value| value.to_str().unwrap_or_default());
            (first, values.next().is_some())
        };
        let (host, several_hosts) = only(header::HOST);
        let named = parts.uri.authority().map(axum::http::uri::Authority::as_str);
        if several_hosts || !host.is_some_and(|host| self.is_here(host)) || named.is_some_and(|it| !self.is_here(it)) {
            return Err(Misdirected::Elsewhere);
        }
        let (origin, several_origins) = only(header::ORIGIN);
        let is_own = |origin: &str| origin.strip_prefix("http://").is_some_and(|it| self.is_here(it));
        let (site, _) = only(HeaderName::from_static("sec-fetch-site"));
        if several_origins
            || origin.is_some_and(|origin| !is_own(origin))
            || site.is_some_and(|site| !["same-origin", "none"].contains(&site))
        {
            return Err(Misdirected::FromAPage);
        }
        Ok(())
    }

    fn is_here(&self, authority: &str) -> bool {
        self.authorities.iter().any(|own| own == authority)
    }
}
