//! A job of GitHub Actions never asks the machine that it runs on for credentials.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::{Harness, Ran};

/// A metadata service that is switched off, as IMDS tells it: whoever asks is told so at once.
struct MetadataService {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl MetadataService {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&asked);
        // It ends with the process of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let mut stream = stream.unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
                _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        Self { url, asked }
    }
}

/// Sweeps in a process of its own, with Port's and GitHub's credentials and none of AWS.
fn sweep_without_aws_credentials(harness: &Harness, service: &MetadataService, changes: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_port-iam"));
    let folder = harness.folder.path();
    command.env_clear().envs(harness.environment.iter().cloned()).env("HOME", folder);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY").env_remove("AWS_SESSION_TOKEN");
    command
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &service.url)
        .env("GITHUB_REPOSITORY", "acme/port-iam-permissions");
    command.envs(changes.iter().copied()).arg("sweep");
    harness.heard("sweep", &command.output().unwrap())
}

#[test]
fn a_job_without_credentials_is_told_so_and_no_metadata_service_is_asked() {
    let (harness, service) = (Harness::new(), MetadataService::start());
    let in_actions = [("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/heads/main")];
    let ran = sweep_without_aws_credentials(&harness, &service, &in_actions).exits(4);
    assert_eq!(service.asked.load(Ordering::SeqCst), 0, "{}", ran.stderr);
    let without_region = [in_actions.as_slice(), &[("AWS_REGION", "")]].concat();
    let ran = sweep_without_aws_credentials(&harness, &service, &without_region).exits(2);
    assert_eq!(service.asked.load(Ordering::SeqCst), 0, "{}", ran.stderr);
}

#[test]
fn whoever_runs_it_elsewhere_may_have_the_rights_of_the_machine() {
    let (harness, service) = (Harness::new(), MetadataService::start());
    let ran = sweep_without_aws_credentials(&harness, &service, &[]).exits(4);
    assert_ne!(service.asked.load(Ordering::SeqCst), 0, "{}", ran.stderr);
}
