//! Who is let in. A click on a page starts processes, so that nothing but the browser of whoever started the portal may
//! ask for one here: not another machine, not a page of another site, not another program's page on this machine.
//!
//! The emulators, through which a click takes effect, have doors of their own: what they refuse, and why nobody else has
//! their secrets, is told in `sandbox::addressee` and `sandbox::keys`.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::Portal;
use super::pages::closed;

/// What the pages may load and do. Nothing is loaded from elsewhere and nothing runs inline.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Returns what the page of who is not let in may: to have its own style, known by its digest.
fn closed_policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(closed::STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Returns what a browser is told with every answer, refusals too.
fn told() -> [(HeaderName, &'static str); 6] {
    [
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The address of the first request holds the token. "no-referrer" would take the origin from forms, too.
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ]
}

/// What opens the portal.
#[derive(Clone, Debug)]
pub(super) struct Door {
    /// The one address that may stand in `Host`.
    authority: String,
    token: String,
    /// Cookies are the same for all ports of a machine: the name tells two portals apart.
    cookie: String,
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// The request names another host: somebody else's name leads here.
    Elsewhere,
    /// What may change something comes from a page of somebody else.
    CrossSite,
    /// The token is missing or wrong.
    NoToken,
}

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    /// It is answered.
    Open,
    /// It brings the token in its address: the browser is given the cookie and sent on.
    FirstVisit,
}

impl Door {
    /// Creates a door with a token of its own.
    ///
    /// # Errors
    ///
    /// Fails when the machine has no randomness.
    pub(super) fn new(authority: &str) -> std::io::Result<Self> {
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
        let token = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let port = authority.rsplit(':').next().unwrap_or_default();
        Ok(Self { authority: authority.to_owned(), token, cookie: format!("port-iam-portal-{port}") })
    }

    /// Returns the address that opens the portal.
    pub(super) fn address(&self) -> String {
        format!("http://{}/?token={}", self.authority, self.token)
    }

    fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<Entry, Closed> {
        let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let is_here = |authority: Option<&str>| authority == Some(self.authority.as_str());
        let several = headers.get_all(header::HOST).iter().count() != 1;
        if several
            || !is_here(text(header::HOST))
            || uri.authority().is_some_and(|named| !is_here(Some(named.as_str())))
        {
            return Err(Closed::Elsewhere);
        }
        let is_read = method == Method::GET || method == Method::HEAD;
        if !is_read && !self.is_same_origin(text(header::ORIGIN), text(HeaderName::from_static("sec-fetch-site"))) {
            return Err(Closed::CrossSite);
        }
        // Asked first: whoever opens the printed address again shall not keep the token in theirs either.
        match uri.query().and_then(|query| query.strip_prefix("token=")) {
            Some(token) if is_read && uri.path() == "/" && is_same(token, &self.token) => Ok(Entry::FirstVisit),
            _ if self.cookies(headers).any(|value| is_same(value, &self.token)) => Ok(Entry::Open),
            _ => Err(Closed::NoToken),
        }
    }

    /// Returns whether the browser says that one of our own pages asks. Every browser sends `Origin` with what is no
    /// read; `Sec-Fetch-Site` may be missing, and must not say otherwise.
    fn is_same_origin(&self, origin: Option<&str>, site: Option<&str>) -> bool {
        origin.and_then(|origin| origin.strip_prefix("http://")) == Some(self.authority.as_str())
            && site.is_none_or(|site| site == "same-origin")
    }

    fn cookies<'a>(&'a self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.filter(|(name, _)| *name == self.cookie).map(|(_, value)| value)
    }

    fn set_cookie(&self) -> String {
        format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie, self.token)
    }
}

/// Returns whether both texts are the same, in a time that does not tell how much of them is.
fn is_same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

/// Lets a request in, or not.
pub(super) async fn guard(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let door = portal.door();
    let mut response = match door.judge(request.method(), request.uri(), request.headers()) {
        Ok(Entry::Open) => next.run(request).await,
        Ok(Entry::FirstVisit) => {
            // Without the token in its address, which would stay in the history and on screenshots.
            let mut response = Redirect::to("/").into_response();
            if let Ok(cookie) = HeaderValue::from_str(&door.set_cookie()) {
                response.headers_mut().insert(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(closed) => {
            let policy = [(header::CONTENT_SECURITY_POLICY, closed_policy())];
            (closed.status(), policy, closed::page(closed)).into_response()
        }
    };
    let policy = HeaderValue::from_static(POLICY);
    response.headers_mut().entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    for (name, value) in told() {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

impl Closed {
    fn status(self) -> StatusCode {
        match self {
            Self::Elsewhere => StatusCode::MISDIRECTED_REQUEST,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NoToken => StatusCode::UNAUTHORIZED,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "127.0.0.1:4000";

    fn door() -> Door {
        Door::new(HERE).unwrap()
    }

    fn judged(door: &Door, method: Method, uri: &str, headers: &[(&'static str, &str)]) -> Result<Entry, Closed> {
        let named = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in named {
            map.append(name, value);
        }
        door.judge(&method, &uri.parse().unwrap(), &map)
    }

    #[test]
    fn the_printed_address_opens_the_door_once_and_the_cookie_from_then_on() {
        let door = door();
        let address = door.address();
        let path = address.strip_prefix("http://127.0.0.1:4000").unwrap();
        assert_eq!(judged(&door, Method::GET, path, &[("host", HERE)]), Ok(Entry::FirstVisit));
        let set = door.set_cookie();
        let cookie = set.split(';').next().unwrap();
        let with_cookie = [("host", HERE), ("cookie", cookie)];
        assert_eq!(judged(&door, Method::GET, "/runs", &with_cookie), Ok(Entry::Open));
        assert_eq!(
            judged(&door, Method::GET, path, &with_cookie),
            Ok(Entry::FirstVisit),
            "the address is opened again"
        );
        let among_others = format!("theme=dark; {cookie}");
        assert_eq!(judged(&door, Method::GET, "/runs", &[("host", HERE), ("cookie", &among_others)]), Ok(Entry::Open));
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"));
    }

    #[test]
    fn another_name_that_leads_here_is_refused_with_the_cookie_too() {
        let door = door();
        let set = door.set_cookie();
        let cookie = ("cookie", set.split(';').next().unwrap());
        for host in
            ["evil.example:4000", "localhost:4000", "127.0.0.1", "127.0.0.1:4001", "127.0.0.1:4000.evil.example", ""]
        {
            assert_eq!(judged(&door, Method::GET, "/", &[("host", host), cookie]), Err(Closed::Elsewhere), "{host}");
        }
        assert_eq!(judged(&door, Method::GET, "/", &[cookie]), Err(Closed::Elsewhere));
        let twice = [("host", HERE), ("host", "evil.example"), cookie];
        assert_eq!(judged(&door, Method::GET, "/", &twice), Err(Closed::Elsewhere));
        assert_eq!(
            judged(&door, Method::GET, "http://evil.example/", &[("host", HERE), cookie]),
            Err(Closed::Elsewhere)
        );
    }

    #[test]
    fn nothing_is_answered_without_the_token() {
        let (door, other) = (door(), door());
        let stolen = other.set_cookie();
        let name = format!("{}=", door.cookie);
        for cookie in [stolen.split(';').next().unwrap(), name.as_str(), "other=1"] {
            let asked = judged(&door, Method::GET, "/", &[("host", HERE), ("cookie", cookie)]);
            assert_eq!(asked, Err(Closed::NoToken), "{cookie}");
        }
        for path in ["/", "/?token=", "/?token=0", "/portal.css"] {
            assert_eq!(judged(&door, Method::GET, path, &[("host", HERE)]), Err(Closed::NoToken), "{path}");
        }
        let elsewhere = format!("/runs?token={}", door.token);
        assert_eq!(judged(&door, Method::GET, &elsewhere, &[("host", HERE)]), Err(Closed::NoToken));
    }

    #[test]
    fn a_change_is_taken_from_our_own_pages_alone() {
        let door = door();
        let set = door.set_cookie();
        let own = [("host", HERE), ("cookie", set.split(';').next().unwrap())];
        let with = |more: &[(&'static str, &str)]| {
            let all: Vec<_> = own.iter().chain(more).copied().collect();
            judged(&door, Method::POST, "/time", &all)
        };
        let ours = ("origin", "http://127.0.0.1:4000");
        assert_eq!(with(&[ours]), Ok(Entry::Open));
        assert_eq!(with(&[ours, ("sec-fetch-site", "same-origin")]), Ok(Entry::Open));
        for origin in ["http://evil.example", "http://127.0.0.1:4001", "https://127.0.0.1:4000", "null", ""] {
            assert_eq!(with(&[("origin", origin)]), Err(Closed::CrossSite), "{origin}");
        }
        assert_eq!(with(&[]), Err(Closed::CrossSite));
        assert_eq!(with(&[ours, ("sec-fetch-site", "same-site")]), Err(Closed::CrossSite));
        let token = format!("/?token={}", door.token);
        assert_eq!(judged(&door, Method::POST, &token, &[("host", HERE), ours]), Err(Closed::NoToken));
    }
}
