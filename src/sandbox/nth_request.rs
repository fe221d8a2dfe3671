//! One request among those of a command, found again when the command runs another time: what is sent at once comes in
//! another order each time.

use super::request_log::{Api, Exchange};

/// Which request of a command is meant: that to this API, for this, before which so many others for the same came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NthRequest {
    /// Whom it asks.
    pub api: Api,
    /// What it is for, as [`kind`] tells it.
    pub kind: String,
    /// How many for the same come before.
    pub before: usize,
}

impl NthRequest {
    /// Returns each request of a command that ran, in the order in which they came.
    pub fn all(exchanges: &[Exchange]) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for exchange in exchanges {
            let (api, kind) = (exchange.api, kind(exchange));
            let before = all.iter().filter(|it| it.api == api && it.kind == kind).count();
            all.push(Self { api, kind, before });
        }
        all
    }
}

/// Returns what a request is for: the call of AWS, else method and path, in which names of runs and grants, numbers and
/// digests are left out, since each time they are others.
pub fn kind(exchange: &Exchange) -> String {
    match exchange.aws_action() {
        Some(action) => action.to_owned(),
        None => {
            let of_segment = |segment| if is_another_each_time(segment) { "*" } else { segment };
            let path: Vec<&str> = exchange.path.split('/').map(of_segment).collect();
            format!("{} {}", exchange.method, path.join("/"))
        }
    }
}

fn is_another_each_time(segment: &str) -> bool {
    let is_of_digits = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let is_digest = segment.len() >= 40 && segment.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_run = segment.split('-').any(|part| part.starts_with("r_") || part == "bg");
    is_of_digits || is_digest || is_run
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Map, Value, json};

    use super::*;

    fn exchange(api: Api, method: &str, path: &str, body: Value) -> Exchange {
        Exchange {
            api,
            method: method.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: Map::new(),
            body,
            status: 200,
            response: Value::Null,
            span: (Duration::ZERO, Duration::ZERO),
        }
    }

    #[test]
    fn a_request_is_told_by_what_it_is_for_whatever_the_run_is_called() {
        let entity = |name: &str| format!("/v1/blueprints/permission_records/entities/{name}");
        for (path, kind) in [
            ("/v1/actions/runs/r_0a1B", "GET /v1/actions/runs/*"),
            (&entity("Permission-r_0a1B"), "GET /v1/blueprints/permission_records/entities/*"),
            (&entity("Permission-bg-20261128T011500Z-0a1b2c3d"), "GET /v1/blueprints/permission_records/entities/*"),
            (&entity("arn:aws:s3:::bucket"), "GET /v1/blueprints/permission_records/entities/arn:aws:s3:::bucket"),
            ("/repos/acme/iam/actions/runs/17", "GET /repos/acme/iam/actions/runs/*"),
            (&format!("/repos/acme/iam/commits/{}", "0a".repeat(20)), "GET /repos/acme/iam/commits/*"),
            ("/", "GET /"),
        ] {
            assert_eq!(super::kind(&exchange(Api::Port, "GET", path, Value::Null)), kind);
        }
        assert_eq!(super::kind(&exchange(Api::Aws, "POST", "/", json!({ "Action": "GetRole" }))), "GetRole");
    }

    #[test]
    fn each_request_is_counted_among_those_of_its_own_kind_and_system() {
        let exchanges = [
            exchange(Api::Port, "GET", "/v1/actions/runs/r_1", Value::Null),
            exchange(Api::Aws, "POST", "/", json!({ "Action": "GetRole" })),
            exchange(Api::Port, "PATCH", "/v1/actions/runs/r_1", Value::Null),
            exchange(Api::Port, "GET", "/v1/actions/runs/r_2", Value::Null),
            exchange(Api::Github, "GET", "/v1/actions/runs/r_1", Value::Null),
            exchange(Api::Aws, "POST", "/", json!({ "Action": "GetRole" })),
        ];
        let before: Vec<usize> = NthRequest::all(&exchanges).iter().map(|request| request.before).collect();
        assert_eq!(before, [0, 0, 0, 1, 0, 1]);
    }
}
