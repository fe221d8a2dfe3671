//! GitHub's address and token, and the target repository.

use secrecy::SecretString;

use super::variables::{GH_TOKEN, GITHUB_API_URL, GITHUB_TOKEN, PORT_IAM_GITHUB_ORG, PORT_IAM_REPOSITORY};
use super::{Setting, Source, flag_or_variable, trace_credentials};
use crate::clients::http::ApiUrl;
use crate::domain::github_host::GitHubHost;
use crate::failure::Failure;
use crate::world::World;

/// GitHub's own API.
const GITHUB_COM: &str = "https://api.github.com";
/// The guide's name for the target repository.
pub const REPOSITORY: &str = "port-iam-permissions";

/// How GitHub is reached.
#[derive(Clone, Debug)]
pub struct GitHubSettings {
    /// The address.
    pub url: ApiUrl,
    /// The token.
    pub token: SecretString,
}

impl GitHubSettings {
    /// Reads the settings: `GH_TOKEN`, `GITHUB_TOKEN`, then the GitHub CLI.
    ///
    /// # Errors
    ///
    /// Fails on a wrong address, and with "login needed" when there is no token.
    pub fn read(world: &World) -> Result<Self, Failure> {
        let url = address(world)?.value;
        if let Some(token) = flag_or_variable(world, None, &[GH_TOKEN, GITHUB_TOKEN]) {
            trace_credentials("GitHub", token.source);
            return Ok(Self { url, token: token.value.into() });
        }
        // A token for the real GitHub is not shown to a sandbox.
        if !url.is_loopback()
            && let Some(token) = world.gh_token(&host_name(&url))
        {
            trace_credentials("GitHub", Source::Program("gh auth token"));
            return Ok(Self { url, token });
        }
        Err(Failure::login("no GitHub token is set").hint("set GH_TOKEN, or run `gh auth login -s workflow`"))
    }
}

/// Returns which kind of GitHub has this address.
pub fn host(url: &ApiUrl) -> GitHubHost {
    match url.as_str() {
        GITHUB_COM => GitHubHost::GithubCom,
        _ if is_sandbox(url) => GitHubHost::GithubCom,
        _ if host_name(url).ends_with(".ghe.com") => GitHubHost::GheCom,
        _ => GitHubHost::EnterpriseServer,
    }
}

/// Returns whether the OIDC tokens of a GitHub's workflows come from github.com's issuer, which AWS knows by that name.
/// Enterprise Server and ghe.com have issuers of their own.
pub fn issues_tokens_for_aws(url: &ApiUrl) -> bool {
    host(url) == GitHubHost::GithubCom
}

/// The sandbox speaks for github.com, except at the path of an Enterprise Server.
fn is_sandbox(url: &ApiUrl) -> bool {
    url.is_loopback() && !url.as_str().ends_with("/api/v3")
}

/// Returns GitHub's address alone. No token is looked for.
///
/// # Errors
///
/// Fails on a wrong address.
pub fn address(world: &World) -> Result<Setting<ApiUrl>, Failure> {
    match flag_or_variable(world, None, &[GITHUB_API_URL]) {
        Some(given) => Ok(Setting::new(ApiUrl::parse(GITHUB_API_URL, &given.value)?, given.source)),
        None => Ok(Setting::new(ApiUrl::parse("the default", GITHUB_COM)?, Source::Default)),
    }
}

/// Returns the host that the GitHub CLI knows for an API address.
fn host_name(url: &ApiUrl) -> String {
    let host = url.as_str().trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split(['/', ':']).next().unwrap_or_default();
    if host == "api.github.com" { "github.com".to_owned() } else { host.trim_start_matches("api.").to_owned() }
}

/// Returns the owner of the target repository; a person is asked when it is not given.
///
/// # Errors
///
/// Fails when it is not given and nobody can be asked.
pub fn owner(world: &World, flag: Option<&str>) -> Result<Setting<String>, Failure> {
    if let Some(given) = flag_or_variable(world, flag.map(|value| (value, "--github-org")), &[PORT_IAM_GITHUB_ORG]) {
        return Ok(given);
    }
    if !world.terminal.is_interactive() {
        return Err(Failure::usage("the GitHub organisation is not given")
            .hint("pass --github-org, or set PORT_IAM_GITHUB_ORG"));
    }
    let answer = world
        .terminal
        .text("GitHub organisation")
        .map_err(|error| Failure::usage(format!("could not ask for --github-org: {error}")))?;
    Ok(Setting::new(answer, Source::Prompt))
}

/// Returns the name of the target repository.
pub fn repository(world: &World, flag: Option<&str>) -> Setting<String> {
    flag_or_variable(world, flag.map(|value| (value, "--repository")), &[PORT_IAM_REPOSITORY])
        .unwrap_or_else(|| Setting::new(REPOSITORY.to_owned(), Source::Default))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_of_one_kind_of_github_and_roles_trust_the_tokens_of_one_alone() {
        for (address, kind) in [
            ("https://api.github.com", GitHubHost::GithubCom),
            ("http://127.0.0.1:4000", GitHubHost::GithubCom),
            ("https://api.acme.ghe.com", GitHubHost::GheCom),
            ("https://github.acme.example/api/v3", GitHubHost::EnterpriseServer),
            ("http://127.0.0.1:4000/api/v3", GitHubHost::EnterpriseServer),
            ("https://ghe.com.acme.example", GitHubHost::EnterpriseServer),
            ("https://api.acmeghe.com", GitHubHost::EnterpriseServer),
            ("https://proxy.acme.example/api.acme.ghe.com", GitHubHost::EnterpriseServer),
        ] {
            let url = ApiUrl::parse("GITHUB_API_URL", address).unwrap();
            assert_eq!(host(&url), kind, "{address}");
            assert_eq!(issues_tokens_for_aws(&url), kind == GitHubHost::GithubCom, "{address}");
        }
    }

    #[test]
    fn the_github_cli_is_asked_for_the_token_of_the_host_that_it_knows() {
        for (address, known) in [
            ("https://api.github.com", "github.com"),
            ("https://api.acme.ghe.com", "acme.ghe.com"),
            ("https://github.acme.example/api/v3", "github.acme.example"),
        ] {
            assert_eq!(host_name(&ApiUrl::parse("GITHUB_API_URL", address).unwrap()), known);
        }
    }
}
