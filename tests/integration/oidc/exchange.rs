//! The exchange itself: what goes wrong on the way, how long a session is used, and where its secrets do not turn up.

use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use port_iam::clients::aws::{Aws, AwsCredentials, AwsSettings, GitHubOidc, IdTokenUrl};
use port_iam::clients::http::ApiUrl;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use port_iam::world::{Sink, World};

use super::{GRANTER, PROVIDER, REVOKER, aws_calls, installed, run_of, step};
use crate::harness::Capture;

#[test]
fn a_job_that_may_not_ask_for_a_token_is_told_which_permission_it_lacks() {
    let installed = installed();
    let request = installed.request();
    for (variables, word) in [
        (&[("ACTIONS_ID_TOKEN_REQUEST_URL", "")][..], "gives this job no OIDC token"),
        (&[("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "not-one-of-a-job")], "HTTP 401"),
    ] {
        let ran = step(&installed, "grant", GRANTER, &request, variables).exits(4);
        assert!(ran.stdout.contains("id-token: write") && ran.stdout.contains(word), "{}", ran.stdout);
    }
}

#[test]
fn a_role_beside_an_access_key_is_an_error_that_names_both() {
    let installed = installed();
    let request = installed.request();
    let since = installed.harness.sandbox.log.len();
    let ran = step(&installed, "grant", GRANTER, &request, &[("AWS_ACCESS_KEY_ID", "AKIAX")]).exits(2);
    assert!(ran.stdout.contains("PORT_IAM_AWS_ROLE_ARN and AWS_ACCESS_KEY_ID"), "{}", ran.stdout);
    let other = "arn:aws:iam::999999999999:role/port-iam-granter";
    step(&installed, "grant", other, &request, &[]).exits(5);
    assert_eq!(aws_calls(&installed, since), Vec::<String>::new());
}

#[test]
fn a_provider_that_is_missing_is_told_with_what_makes_it() {
    let installed = installed();
    let request = installed.request();
    installed.harness.with_aws(async |iam| {
        let request = iam.delete_open_id_connect_provider().open_id_connect_provider_arn(PROVIDER);
        request.send().await.unwrap();
    });
    let ran = step(&installed, "grant", GRANTER, &request, &[]).exits(4);
    assert!(ran.stdout.contains("No OpenIDConnect provider found in your account"), "{}", ran.stdout);
    assert!(ran.stdout.contains("port-iam init --aws-setup"), "{}", ran.stdout);
}

#[test]
fn a_service_that_stumbles_once_is_asked_again() {
    let installed = installed();
    for (person, fault) in [
        (cast::DANA, Fault::Status { status: 503, retry_after: None }),
        (cast::ADA, Fault::DropBefore),
        (cast::MAX, Fault::DropAfter),
    ] {
        for place in ["GET /idtoken", "AssumeRoleWithWebIdentity"] {
            installed.harness.sandbox.faults.plan_matching(place, 0, 1, fault.clone());
        }
        let request = installed.request_by(person);
        step(&installed, "grant", GRANTER, &request, &[]).exits(0);
    }
}

#[test]
fn no_secret_of_the_exchange_turns_up_anywhere() {
    let installed = installed();
    let request = installed.request();
    let ran = step(&installed, "grant", GRANTER, &request, &[("RUNNER_DEBUG", "1")]).exits(0);
    // Standard output may be a document that goes to a file.
    let (masked, log): (Vec<&str>, Vec<&str>) = ran.stderr.lines().partition(|line| line.starts_with("::add-mask::"));
    // The token, and the three parts of the key, each hidden before anything else is said of them.
    let secrets: Vec<&str> = masked.iter().map(|line| line.trim_start_matches("::add-mask::")).collect();
    assert_eq!(secrets.len(), 4, "{masked:?}");
    assert!(secrets[0].starts_with("eyJ") && secrets[1].starts_with("ASIA"), "{secrets:?}");
    // The canary knows the token and the key, and what the job asked for the token with.
    let known = installed.harness.sandbox.secrets().known();
    for secret in secrets.iter().filter(|secret| !secret.starts_with("ASIA")) {
        assert!(known.contains(&(*secret).to_owned()), "{secret} is none of {known:?}");
    }
    assert!(known.iter().any(|secret| secret.starts_with("sandboxIdTokenRequest")), "{known:?}");
    let written = installed.harness.sandbox.log.exchanges();
    let told = [log.join("\n"), ran.stdout, installed.log_of(&request.run_id), format!("{:?}", installed.entities())];
    for secret in secrets {
        for text in &told {
            assert!(!text.contains(secret), "{text}");
        }
        for exchange in &written {
            // The id of a key is no secret to AWS, which every signature names.
            let line = serde_json::to_string(exchange).unwrap();
            assert!(!line.contains(secret) || secret.starts_with("ASIA"), "{line}");
        }
    }
}

#[test]
fn nothing_is_hidden_by_telling_it_where_no_runner_listens() {
    let installed = installed();
    let request = installed.request();
    let ran = step(&installed, "grant", GRANTER, &request, &[("GITHUB_ACTIONS", "")]);
    for text in [&ran.stdout, &ran.stderr] {
        assert!(!text.contains("add-mask") && !text.contains("ASIA"), "{text}");
    }
}

/// A sweep of many grants takes longer than the 900 seconds of a session.
#[test]
fn a_session_that_ends_soon_by_aws_s_clock_is_replaced_by_a_new_one() {
    let installed = installed();
    installed.request();
    let sandbox = &installed.harness.sandbox;
    sandbox.github.forge_claim(
        "job_workflow_ref",
        Some("acme/port-iam-permissions/.github/workflows/sweep-iam-permissions.yaml@refs/heads/main".into()),
    );
    let tokens = sandbox.github.open_id_tokens(&run_of(&installed), Some("port-iam")).unwrap();
    let settings = AwsSettings {
        further: Vec::new(),
        credentials: AwsCredentials::GitHubOidc(GitHubOidc {
            role_arn: REVOKER.to_owned(),
            session_name: "port-iam-sweep-1".to_owned(),
            request_url: IdTokenUrl::parse("URL", &tokens.url).unwrap(),
            request_token: tokens.token.into(),
        }),
        region: Some("us-east-1".to_owned()),
        endpoint: Some(ApiUrl::parse("URL", &installed.harness.variable("AWS_ENDPOINT_URL")).unwrap()),
    };
    let sink = || Sink::new(Capture::default());
    let world = World::isolated(Default::default(), "port-iam".into(), sink(), sink()).without_pauses();
    let since = sandbox.log.len();
    let exchanged = Arc::new(Mutex::new(Vec::new()));
    let count = || {
        let calls = aws_calls(&installed, since);
        let count = calls.iter().filter(|call| *call == "AssumeRoleWithWebIdentity").count();
        exchanged.lock().unwrap().push(count);
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let aws = Aws::new(&world, &settings).await.unwrap();
        for seconds in [0, 700, 100, 100, 900] {
            sandbox.clock.advance(SignedDuration::from_secs(seconds));
            if seconds == 900 {
                // A pause that nobody could foresee: the answer tells the time, and the next call has a new session.
                assert!(aws.caller().await.is_err());
            }
            aws.caller().await.unwrap();
            count();
        }
    });
    // After 800 seconds a session of 900 is used no more.
    assert_eq!(*exchanged.lock().unwrap(), [1, 1, 1, 2, 3]);
    assert_eq!(sandbox.log.exchanges().iter().filter(|exchange| exchange.api == Api::Actions).count(), 3);
}
