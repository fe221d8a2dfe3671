//! A stand-in for `gh release download` in the sandbox's jobs: real HTTP to `$GITHUB_API_URL` with `$GH_TOKEN`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, LOCATION, USER_AGENT};
use reqwest::{Client, Response};
use serde_json::Value;

use super::pattern;

/// What may stand in a part of a path as it is.
const PART: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Why a download failed, in one sentence.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("the environment has no {0}")]
    Setting(&'static str),
    #[error("error connecting to the API: {0}")]
    Transport(#[from] reqwest::Error),
    #[error("HTTP {status}: {message} ({url})")]
    Status { status: u16, message: String, url: String },
    #[error("no assets match the file pattern `{0}`")]
    NoAsset(String),
    #[error("{0} already exists (use `--clobber` to overwrite the file)")]
    Exists(String),
    #[error("cannot write {0}: {1}")]
    Write(String, std::io::Error),
}

/// `gh release download TAG --repo OWNER/NAME --pattern PATTERN --output FILE`
#[derive(Debug, Default)]
struct Download {
    tag: String,
    repository: String,
    pattern: String,
    output: String,
    clobber: bool,
}

/// Does what `gh` would do with `arguments`, and returns its exit code: 0, or 1 with a sentence on standard error.
pub async fn run(arguments: &[String], environment: &BTreeMap<String, String>) -> u8 {
    match download(arguments, environment).await {
        Ok(()) => 0,
        Err(failure) => {
            // Nothing can be said to anybody when standard error is closed; the exit code stays.
            let _ = writeln!(std::io::stderr(), "{failure}");
            1
        }
    }
}

async fn download(arguments: &[String], environment: &BTreeMap<String, String>) -> Result<(), Failure> {
    let wanted = parse(arguments)?;
    let setting =
        |name: &'static str| environment.get(name).filter(|value| !value.is_empty()).ok_or(Failure::Setting(name));
    let (api, token) = (setting("GITHUB_API_URL")?.trim_end_matches('/'), setting("GH_TOKEN")?);
    if !wanted.clobber && wanted.output != "-" && PathBuf::from(&wanted.output).exists() {
        return Err(Failure::Exists(wanted.output));
    }
    // A redirect leads to a store of files that must not see the token: it is followed by hand.
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?;
    let get = |url: String, accept: &'static str| {
        let request = client.get(url).header(ACCEPT, accept).header(USER_AGENT, "gh-sandbox");
        request.header(AUTHORIZATION, format!("Bearer {token}")).send()
    };
    let tag = utf8_percent_encode(&wanted.tag, &PART);
    let url = format!("{api}/repos/{}/releases/tags/{tag}", wanted.repository);
    let release: Value = succeeded(get(url, "application/vnd.github+json").await?).await?.json().await?;
    let assets = release["assets"].as_array().cloned().unwrap_or_default();
    let asset =
        assets.iter().find(|asset| pattern::matches(&wanted.pattern, asset["name"].as_str().unwrap_or_default()));
    let asset = asset.and_then(|asset| asset["id"].as_u64()).ok_or_else(|| Failure::NoAsset(wanted.pattern.clone()))?;
    let url = format!("{api}/repos/{}/releases/assets/{asset}", wanted.repository);
    let mut response = get(url, "application/octet-stream").await?;
    if response.status().is_redirection()
        && let Some(place) = response.headers().get(LOCATION).and_then(|place| place.to_str().ok())
    {
        response = client.get(place).header(USER_AGENT, "gh-sandbox").send().await?;
    }
    let content = succeeded(response).await?.bytes().await?;
    if wanted.output == "-" {
        return std::io::stdout().write_all(&content).map_err(|error| Failure::Write(wanted.output, error));
    }
    std::fs::write(&wanted.output, &content).map_err(|error| Failure::Write(wanted.output, error))
}

async fn succeeded(response: Response) -> Result<Response, Failure> {
    if response.status().is_success() {
        return Ok(response);
    }
    let (status, url) = (response.status().as_u16(), response.url().to_string());
    let body: Value = response.json().await.unwrap_or_default();
    Err(Failure::Status { status, message: body["message"].as_str().unwrap_or("no message").to_owned(), url })
}

fn parse(arguments: &[String]) -> Result<Download, Failure> {
    let usage =
        |message: String| Failure::Usage(format!("the sandbox's gh only knows `gh release download`: {message}"));
    let [group, command, rest @ ..] = arguments else { return Err(usage("no command".to_owned())) };
    if (group.as_str(), command.as_str()) != ("release", "download") {
        return Err(usage(format!("unknown command \"{group} {command}\"")));
    }
    let mut wanted = Download::default();
    let mut rest = rest.iter();
    while let Some(argument) = rest.next() {
        let (flag, attached) = match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        let place = match flag {
            "--clobber" => {
                wanted.clobber = true;
                continue;
            }
            "--repo" | "-R" => &mut wanted.repository,
            "--pattern" | "-p" => &mut wanted.pattern,
            "--output" | "-O" => &mut wanted.output,
            _ if !flag.starts_with('-') && wanted.tag.is_empty() => {
                wanted.tag.clone_from(argument);
                continue;
            }
            _ => return Err(usage(format!("unknown argument {argument}"))),
        };
        let value = attached.or_else(|| rest.next().cloned());
        *place = value.ok_or_else(|| usage(format!("flag needs an argument: {flag}")))?;
    }
    for (name, value) in [
        ("TAG", &wanted.tag),
        ("--repo", &wanted.repository),
        ("--pattern", &wanted.pattern),
        ("--output", &wanted.output),
    ] {
        if value.is_empty() {
            return Err(usage(format!("{name} is missing")));
        }
    }
    let parts: Vec<&str> = wanted.repository.split('/').collect();
    let plain = |part: &&str| {
        !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    };
    if parts.len() != 2 || !parts.iter().all(plain) {
        return Err(usage(format!("expected the \"OWNER/REPO\" format, got {}", wanted.repository)));
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::response::IntoResponse as _;
    use axum::routing::get;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn short_and_long_flags_mean_the_same() {
        let long = parse(&words("release download v1 --repo a/b --pattern=x* --output f")).unwrap();
        let short = parse(&words("release download -R a/b v1 -p x* -O f")).unwrap();
        assert_eq!(format!("{long:?}"), format!("{short:?}"));
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for (line, named) in [
            ("release download --repo a/b --pattern x --output f", "TAG is missing"),
            ("release download v1 --repo a/b --pattern x", "--output is missing"),
            ("release download v1 --repo a/../b --pattern x --output f", "OWNER/REPO"),
            ("release download v1 --dir x", "unknown argument --dir"),
            ("release view v1", "unknown command \"release view\""),
            ("release download v1 --repo", "flag needs an argument: --repo"),
        ] {
            let message = parse(&words(line)).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
    }

    /// Real GitHub sends the file from a store on another host.
    #[tokio::test]
    async fn a_redirect_is_followed_without_the_token() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let store = format!("{api}/store");
        let router = Router::new()
            .route("/repos/a/b/releases/tags/v1", get(|| async { r#"{"assets":[{"name":"tool","id":7}]}"# }))
            .route("/repos/a/b/releases/assets/7", get(|| async move { (StatusCode::FOUND, [(LOCATION, store)]) }))
            .route(
                "/store",
                get(|headers: HeaderMap| async move {
                    match headers.contains_key(AUTHORIZATION) {
                        true => StatusCode::BAD_REQUEST.into_response(),
                        false => "the bytes".into_response(),
                    }
                }),
            );
        tokio::spawn(async move { axum::serve(listener, router).await });
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("tool");
        let arguments = words(&format!("release download v1 -R a/b -p tool -O {}", output.display()));
        let environment = [("GITHUB_API_URL".to_owned(), api), ("GH_TOKEN".to_owned(), "t".to_owned())];
        assert_eq!(run(&arguments, &environment.into()).await, 0);
        assert_eq!(std::fs::read_to_string(output).unwrap(), "the bytes");
    }
}
