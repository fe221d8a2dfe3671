//! Beside the portal's door stand Port, GitHub and AWS, and a workflow is a script that runs as whoever started them: who
//! may ask them is asked over bare TCP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use port_iam::sandbox::request_log::Api;
use port_iam::sandbox::{Options, Sandbox, cast};
use serde_json::{Value, json};

use crate::counterparts::port_iam;

fn sandbox(runs_workflows: bool) -> Sandbox {
    let options = Options { run_workflows_with: runs_workflows.then(port_iam), ..Options::default() };
    Sandbox::start(&options).unwrap()
}

/// Returns `127.0.0.1:PORT` of an emulator.
fn authority(sandbox: &Sandbox, variable: &str) -> String {
    let all = sandbox.environment();
    let url = all.into_iter().find(|(name, _)| *name == variable).unwrap().1;
    url.strip_prefix("http://").unwrap().to_owned()
}

/// Sends a request with these headers, and returns status and body.
fn ask(authority: &str, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(authority).unwrap();
    let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Something that each of the three answers, whoever asks.
const ANSWERED: [(&str, &str, Api, u16); 3] = [
    ("PORT_API_URL", "GET /v1/blueprints", Api::Port, 401),
    ("GITHUB_API_URL", "GET /meta", Api::Github, 200),
    ("AWS_ENDPOINT_URL", "POST /", Api::Aws, 400),
];

#[test]
fn each_emulator_answers_under_its_own_address_and_under_no_name_that_was_led_to_this_machine() {
    let sandbox = sandbox(false);
    for (variable, line, api, answered) in ANSWERED {
        let authority = authority(&sandbox, variable);
        let port = authority.rsplit(':').next().unwrap();
        for host in [authority.clone(), format!("localhost:{port}")] {
            let (status, body) = ask(&authority, line, &[("Host", &host)], "");
            assert_ne!(status, 421, "{variable} as {host}: {body}");
            assert_eq!(status, answered, "{variable} as {host}: {body}");
        }
        let elsewhere = [
            vec![("Host", "rebound.example")],
            vec![("Host", authority.as_str()), ("Host", "rebound.example")],
            vec![("Host", "127.0.0.1")],
            vec![("Host", "")],
            vec![],
        ];
        for headers in elsewhere.iter().map(Vec::as_slice) {
            let (status, body) = ask(&authority, line, headers, "");
            assert_eq!((status, body.as_str()), (421, ""), "{variable} as {headers:?}");
        }
        let rebound = format!("rebound.example:{port}");
        assert_eq!(ask(&authority, line, &[("Host", &rebound)], "").0, 421, "{variable}");
        let absolute = line.replace(" /", " http://rebound.example/");
        assert_eq!(ask(&authority, &absolute, &[("Host", &authority)], "").0, 421, "{variable}");
        // Whoever looks into the log sees that somebody tried.
        let refused =
            sandbox.log.exchanges().into_iter().filter(|exchange| exchange.api == api && exchange.status == 421);
        assert_eq!(refused.count(), 7, "{variable}");
    }
}

#[test]
fn no_page_of_a_browser_is_a_client_of_an_emulator() {
    let sandbox = sandbox(false);
    for (variable, line, _, answered) in ANSWERED {
        let authority = authority(&sandbox, variable);
        let own = format!("http://{authority}");
        let with = |header: (&str, &str)| ask(&authority, line, &[("Host", &authority), header], "").0;
        for origin in ["http://evil.example", "null", "", "http://127.0.0.1:1", &own.replace("http:", "https:")] {
            assert_eq!(with(("Origin", origin)), 403, "{variable}: {origin}");
        }
        for site in ["cross-site", "same-site"] {
            assert_eq!(with(("Sec-Fetch-Site", site)), 403, "{variable}: {site}");
        }
        for header in [("Origin", own.as_str()), ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "same-origin")] {
            assert_eq!(with(header), answered, "{variable}: {header:?}");
        }
        let twice = [("Host", authority.as_str()), ("Origin", own.as_str()), ("Origin", "http://evil.example")];
        assert_eq!(ask(&authority, line, &twice, "").0, 403, "{variable}");
    }
}

#[test]
fn where_workflows_are_run_no_published_secret_makes_or_dispatches_one() {
    let sandbox = sandbox(true);
    let (github, port) = (authority(&sandbox, "GITHUB_API_URL"), authority(&sandbox, "PORT_API_URL"));
    let make = |token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("Host", github.as_str()), ("Authorization", &bearer), ("Content-Type", "application/json")];
        ask(&github, "POST /user/repos", &headers, &json!({ "name": "mine", "auto_init": true }).to_string()).0
    };
    let log_in = |id: &str, secret: &str| {
        let headers = [("Host", port.as_str()), ("Content-Type", "application/json")];
        let body = json!({ "clientId": id, "clientSecret": secret }).to_string();
        ask(&port, "POST /v1/auth/access_token", &headers, &body).0
    };
    for person in cast::port_users() {
        assert_eq!(make(person.github_token), 401, "{}", person.name);
        assert_eq!(log_in(person.port_client_id, person.port_client_secret), 401, "{}", person.name);
    }
    assert_eq!(make(cast::PORT_APP_TOKEN), 401);
    assert_eq!(log_in(cast::WORKFLOW_PORT_CLIENT_ID, cast::WORKFLOW_PORT_CLIENT_SECRET), 401);

    // Whoever was told the secrets gets in: so it was the secrets that were refused.
    let told = |name: &str| sandbox.environment().into_iter().find(|(known, _)| *known == name).unwrap().1;
    assert_eq!(make(&told("GH_TOKEN")), 201);
    assert_eq!(log_in(&told("PORT_CLIENT_ID"), &told("PORT_CLIENT_SECRET")), 200);
    let workflows = ["PORT_IAM_WORKFLOW_PORT_CLIENT_ID", "PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET"].map(told);
    assert_eq!(log_in(&workflows[0], &workflows[1]), 200);
    // They are of this start alone.
    let other = self::sandbox(true);
    for name in ["GH_TOKEN", "PORT_CLIENT_SECRET", "PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET"] {
        let of_other = other.environment().into_iter().find(|(known, _)| *known == name).unwrap().1;
        assert_ne!(told(name), of_other, "{name}");
    }
}

/// The attack as it would be made from a page of the web, with everything right but where it comes from.
#[test]
fn a_page_that_knows_everything_starts_no_process_on_this_machine() {
    let sandbox = sandbox(true);
    let github = authority(&sandbox, "GITHUB_API_URL");
    let token = format!("Bearer {}", sandbox.keys().github_token(&cast::ADA));
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("was-here");
    let workflow = format!(
        "on: workflow_dispatch\njobs:\n  x:\n    runs-on: ubuntu-latest\n    steps:\n      - run: touch '{}'\n",
        mark.display()
    );
    let content = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, workflow);
    let steps: [(&str, Value); 3] = [
        ("POST /user/repos", json!({ "name": "mine", "auto_init": true })),
        ("PUT /repos/ada/mine/contents/.github/workflows/x.yaml", json!({ "message": "x", "content": content })),
        ("POST /repos/ada/mine/actions/workflows/x.yaml/dispatches", json!({ "ref": "main" })),
    ];
    let attack = |from: &[(&str, &str)]| -> Vec<u16> {
        let known = [("Authorization", token.as_str()), ("Content-Type", "application/json")];
        let send = |(line, body): &(&str, Value)| ask(&github, line, &[&known, from].concat(), &body.to_string()).0;
        steps.iter().map(send).collect()
    };
    let port = github.rsplit(':').next().unwrap();
    assert_eq!(attack(&[("Host", &format!("rebound.example:{port}"))]), [421; 3]);
    assert_eq!(attack(&[("Host", &github), ("Origin", "http://evil.example")]), [403; 3]);
    assert!(sandbox.github.files("ada/mine", "main").is_none());
    // From the terminal of whoever has the token it is what a sandbox is for, and the script runs.
    let own = attack(&[("Host", &github)]);
    assert!(own.iter().all(|status| (200..300).contains(status)), "{own:?}");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !mark.exists() && std::time::Instant::now() < until {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(mark.exists());
}
