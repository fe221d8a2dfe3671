//! A click starts processes: who may click is asked over bare TCP, where every header can be said.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use base64::Engine as _;
use port_iam::domain::names::Names;
use port_iam::portal::Portal;
use port_iam::sandbox::{Options, Sandbox};
use sha2::Digest as _;

#[cfg(target_os = "linux")]
use super::served::Served;
use super::served::spawned;
use crate::canary::Canary;

/// A portal that is served in a thread of its own, over an empty sandbox.
struct Opened {
    sandbox: Arc<Sandbox>,
    /// `127.0.0.1:PORT`
    authority: String,
    /// Path and query of the first visit.
    first: String,
}

/// What was answered.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

impl Opened {
    fn new() -> Self {
        let sandbox = Arc::new(Sandbox::start(&Options::default()).unwrap());
        let (portal, listener) = Portal::open(Arc::clone(&sandbox), Names::default()).unwrap();
        let address = portal.address();
        let (authority, first) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let (authority, first) = (authority.to_owned(), format!("/{first}"));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(portal.serve(listener))
        });
        Self { sandbox, authority, first }
    }

    /// Sends a request with these headers and no other but what ends the connection.
    fn ask(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.authority).unwrap();
        let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        if !body.is_empty() {
            request.push_str("Content-Type: application/x-www-form-urlencoded\r\n");
        }
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Opens the printed address, and returns the cookie.
    fn cookie(&self) -> String {
        let answer = self.ask(&format!("GET {}", self.first), &[("Host", &self.authority)], "");
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{}", answer.head);
        let set = answer.header("set-cookie").unwrap();
        assert!(set.contains("HttpOnly") && set.contains("SameSite=Strict"), "{set}");
        set.split(';').next().unwrap().to_owned()
    }
}

const AN_HOUR: &str = "minutes=60&back=%2Fruns";

#[test]
fn the_address_is_on_loopback_and_opens_the_pages_for_the_browser_that_has_it() {
    let opened = Opened::new();
    assert!(opened.authority.starts_with("127.0.0.1:"), "{}", opened.authority);
    let cookie = opened.cookie();
    let page = opened.ask("GET /", &[("Host", &opened.authority), ("Cookie", &cookie)], "");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("The catalog is empty"), "{}", page.body);
    let style = opened.ask("GET /portal.css", &[("Host", &opened.authority), ("Cookie", &cookie)], "");
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css; charset=utf-8")));
}

#[test]
fn a_name_that_was_led_to_this_machine_is_refused_before_anything_else() {
    let opened = Opened::new();
    let cookie = opened.cookie();
    let port = opened.authority.rsplit(':').next().unwrap();
    for host in [format!("rebound.example:{port}"), format!("localhost:{port}"), "127.0.0.1".to_owned()] {
        for line in ["GET /", "GET /runs", "POST /time", &format!("GET {}", opened.first)] {
            let answer = opened.ask(line, &[("Host", &host), ("Cookie", &cookie)], "");
            assert_eq!(answer.status, 421, "{line} of {host}: {}", answer.head);
            assert_eq!(answer.header("set-cookie"), None);
        }
    }
    let absolute = opened.ask("GET http://rebound.example/", &[("Host", &opened.authority), ("Cookie", &cookie)], "");
    assert_eq!(absolute.status, 421);
}

#[test]
fn nothing_is_shown_and_nothing_done_without_the_token_of_this_start() {
    let (opened, other) = (Opened::new(), Opened::new());
    let host = ("Host", opened.authority.as_str());
    let origin = format!("http://{}", opened.authority);
    // The name of the cookie tells two portals apart; its value has to be right besides.
    let value = other.cookie();
    let forged = format!(
        "port-iam-portal-{}={}",
        opened.authority.rsplit(':').next().unwrap(),
        value.split_once('=').unwrap().1
    );
    let before = opened.sandbox.clock.now();
    for line in
        ["GET /", "GET /?token=", "GET /portal.js", "GET /aws", "GET /no-such-page", "POST /time", "POST /person"]
    {
        for cookie in ["", value.as_str(), forged.as_str()] {
            let answer = opened.ask(line, &[host, ("Origin", &origin), ("Cookie", cookie)], AN_HOUR);
            assert_eq!(answer.status, 401, "{line} with {cookie:?}: {}", answer.head);
            assert_eq!(answer.header("set-cookie"), None);
        }
    }
    assert!(opened.sandbox.clock.now().duration_since(before).as_secs() < 600);
}

#[test]
fn a_page_of_somebody_else_changes_nothing_though_the_browser_sends_the_cookie() {
    let opened = Opened::new();
    let cookie = opened.cookie();
    let own = format!("http://{}", opened.authority);
    let before = opened.sandbox.clock.now();
    let posted = |headers: &[(&str, &str)]| {
        let known = [("Host", opened.authority.as_str()), ("Cookie", cookie.as_str())];
        opened.ask("POST /time", &[&known, headers].concat(), AN_HOUR)
    };
    for headers in [
        vec![],
        vec![("Origin", "http://evil.example")],
        vec![("Origin", "null")],
        // Another program's page on this machine is same-site, and another origin.
        vec![("Origin", "http://127.0.0.1:1")],
        vec![("Origin", own.as_str()), ("Sec-Fetch-Site", "cross-site")],
        vec![("Referer", own.as_str())],
    ] {
        let answer = posted(&headers);
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.head);
    }
    let preflight = opened.ask(
        "OPTIONS /time",
        &[("Host", &opened.authority), ("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")],
        "",
    );
    assert_eq!(preflight.status, 403);
    assert!(!preflight.head.to_lowercase().contains("access-control"), "{}", preflight.head);
    assert!(opened.sandbox.clock.now().duration_since(before).as_secs() < 600);

    // The same from our own page: so it was the origin that was refused.
    let answer = posted(&[("Origin", &own), ("Sec-Fetch-Site", "same-origin")]);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/runs")), "{}", answer.head);
    assert!(opened.sandbox.clock.now().duration_since(before).as_secs() >= 3600);
}

#[test]
fn every_answer_tells_the_browser_what_it_may_do_with_it() {
    let opened = Opened::new();
    let cookie = opened.cookie();
    let host = opened.authority.clone();
    let pages = ["/", "/portal.css", "/portal.js", "/no-such-page", "/catalog/none", "/audit"]
        .map(|path| opened.ask(&format!("GET {path}"), &[("Host", &host), ("Cookie", &cookie)], ""));
    let refused = [
        opened.ask("GET /", &[("Host", &host)], ""),
        opened.ask("GET /", &[("Host", "evil.example")], ""),
        opened.ask("POST /time", &[("Host", &host), ("Cookie", &cookie)], ""),
        opened.ask(&format!("GET {}", opened.first), &[("Host", &host)], ""),
    ];
    let canary = Canary::of(&opened.sandbox);
    for answer in pages.iter().chain(&refused) {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src '"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!answer.head.to_lowercase().contains("access-control"), "{}", answer.head);
        // Nothing that the policy would keep from running.
        assert!(!answer.body.contains(" style="), "{}", answer.body);
        assert!(!answer.body.contains("<script>") && !answer.body.contains(" onclick="), "{}", answer.body);
        canary.check("a page of the portal", &answer.body);
    }
    for answer in &pages {
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("style-src 'self'; script-src 'self';") && !answer.body.contains("<style"), "{policy}");
    }
}

#[test]
fn a_page_of_who_is_not_let_in_has_the_style_that_its_policy_allows_and_may_nothing_else() {
    let opened = Opened::new();
    let refused = opened.ask("GET /", &[("Host", &opened.authority)], "");
    let style = refused.body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    let policy = refused.header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("style-src 'sha256-{digest}';")), "{policy}");
    assert!(!policy.contains("script-src") && !policy.contains("'self'"), "{policy}");
    assert!(refused.body.contains("name=\"color-scheme\" content=\"light dark\""), "{}", refused.body);
}

#[test]
fn what_cannot_be_read_is_answered_with_a_page_of_the_portal() {
    let opened = Opened::new();
    let (cookie, origin) = (opened.cookie(), format!("http://{}", opened.authority));
    let headers = [("Host", opened.authority.as_str()), ("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
    let before = opened.sandbox.clock.now();
    for (line, body, status) in [
        ("GET /actions/request_permissions", "", 400),
        ("GET /actions/%ff?entity=x", "", 400),
        ("GET /catalog/%ff", "", 400),
        ("GET /catalog/aws_resource/%ff", "", 400),
        ("GET /runs/%ff", "", 400),
        ("GET /aws?role=a&role=b", "", 400),
        ("POST /actions/request_permissions", "a=b", 400),
        ("POST /time", "minutes=many&back=%2F", 422),
        ("POST /time", "", 415),
        ("POST /person", "email=x", 422),
        ("POST /runs/r_1/approval", "decision=maybe", 422),
        ("GET /runs/r_1/approval", "", 405),
        ("GET /time", "", 405),
        ("POST /runs", "a=b", 405),
    ] {
        let answer = opened.ask(line, &headers, body);
        assert_eq!(answer.status, status, "{line} {body}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{line} {body}");
        assert!(answer.body.contains("<h1>The portal cannot read this</h1>"), "{line} {body}: {}", answer.body);
        assert!(answer.body.contains("href=\"/portal.css\""), "{line} {body}: {}", answer.body);
    }
    assert!(opened.sandbox.clock.now().duration_since(before).as_secs() < 600);
}

#[test]
fn a_name_that_a_path_folds_away_asks_port_for_nothing_else() {
    let opened = Opened::new();
    let cookie = opened.cookie();
    let headers = [("Host", opened.authority.as_str()), ("Cookie", cookie.as_str())];
    for path in ["/runs/%2e%2e", "/runs/..", "/runs/%2E", "/catalog/%2e%2e", "/catalog/aws_resource/%2e%2e"] {
        let answer = opened.ask(&format!("GET {path}"), &headers, "");
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
        assert!(answer.body.contains("<h1>This is not there</h1>"), "{path}: {}", answer.body);
    }
    let asked = opened.sandbox.log.exchanges();
    let folded = asked.iter().find(|exchange| exchange.path.ends_with('/') || exchange.path.contains("/."));
    assert!(!asked.is_empty() && folded.is_none(), "{folded:?}");
}

#[test]
fn the_sandbox_prints_the_address_of_its_portal_first_and_a_shell_can_read_all_of_it() {
    let mut sandbox = spawned(&["sandbox", "--serve"]);
    let lines = BufReader::new(sandbox.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told: Vec<String> = lines.take(3).collect();
    let address = told[0].strip_prefix("# The portal: http://").unwrap();
    let answered = TcpStream::connect(address.split_once('/').unwrap().0);
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    assert!(answered.is_ok(), "{answered:?}");
    assert!(told[1..].iter().all(|line| line.contains('=') && !line.contains(' ')), "{told:?}");
}

/// Asked of the kernel: an address that is printed tells nothing of a socket that nobody prints.
#[cfg(target_os = "linux")]
#[test]
fn whatever_the_sandbox_listens_on_is_bound_to_loopback_alone() {
    let served = Served::start(&["sandbox", "--serve"]);
    // The kernel prints the four bytes as one number of this machine.
    let loopback = format!("{:08X}:", u32::from_ne_bytes([127, 0, 0, 1]));
    let listening = listening(served.command.id());
    let elsewhere: Vec<&String> = listening.iter().filter(|address| !address.starts_with(&loopback)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    // Port, GitHub with the service of its ID tokens, AWS and the portal.
    assert_eq!(listening.len(), 5, "{listening:?}");
}

/// Returns the addresses that a process listens on by TCP, as the kernel prints them (proc(5), "/proc/net/tcp").
#[cfg(target_os = "linux")]
fn listening(process: u32) -> Vec<String> {
    let of_process = std::path::PathBuf::from(format!("/proc/{process}"));
    let files = std::fs::read_dir(of_process.join("fd")).unwrap().map(Result::unwrap);
    let socket = |path: std::path::PathBuf| {
        // It may have been closed since it was listed.
        let target = std::fs::read_link(path).ok()?;
        Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())
    };
    let sockets: Vec<String> = files.filter_map(|file| socket(file.path())).collect();
    // A machine without IPv6 has no second table.
    let tables = ["tcp", "tcp6"].map(|name| std::fs::read_to_string(of_process.join("net").join(name)));
    let text = tables.into_iter().filter_map(Result::ok).collect::<String>();
    let sockets_of_all = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listening = sockets_of_all.filter(|fields| {
        // `0A` is TCP_LISTEN; the number of the inode comes tenth.
        fields.get(3) == Some(&"0A") && fields.get(9).is_some_and(|inode| sockets.iter().any(|socket| socket == inode))
    });
    listening.map(|fields| fields[1].to_owned()).collect()
}
