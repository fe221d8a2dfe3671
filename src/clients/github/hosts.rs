//! Where a GitHub host has what: github.com and ghe.com have hosts of their own for the API and for uploads, Enterprise
//! Server has paths (GitHub Enterprise Server documentation, "About the REST API" and "About the GraphQL API").

use crate::clients::http::ApiUrl;

/// Path of the REST API on Enterprise Server.
const REST: &str = "/api/v3";

/// Addresses of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hosts {
    /// What GraphQL's route and addresses of uploads belong to: the host itself.
    pub(super) root: String,
    /// Route of GraphQL below that.
    pub(super) graphql: &'static str,
    /// The host that takes uploads, where it is another one.
    pub(super) uploads: Option<String>,
}

impl Hosts {
    pub(super) fn of(base: &ApiUrl) -> Self {
        let base = base.as_str().trim_end_matches('/');
        if let Some(root) = base.strip_suffix(REST) {
            return Self { root: root.to_owned(), graphql: "/api/graphql", uploads: None };
        }
        let uploads = base.strip_prefix("https://api.").map(|host| format!("https://uploads.{host}"));
        Self { root: base.to_owned(), graphql: "/graphql", uploads }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_host_has_graphql_and_uploads_elsewhere() {
        let of = |base: &str| {
            let Hosts { root, graphql, uploads } = Hosts::of(&ApiUrl::parse("GITHUB_API_URL", base).unwrap());
            (format!("{root}{graphql}"), uploads)
        };
        let uploads = |host: &str| Some(format!("https://uploads.{host}"));
        assert_eq!(of("https://api.github.com"), ("https://api.github.com/graphql".to_owned(), uploads("github.com")));
        assert_eq!(
            of("https://api.acme.ghe.com"),
            ("https://api.acme.ghe.com/graphql".to_owned(), uploads("acme.ghe.com"))
        );
        assert_eq!(
            of("https://github.acme.example/api/v3"),
            ("https://github.acme.example/api/graphql".to_owned(), None)
        );
    }
}
