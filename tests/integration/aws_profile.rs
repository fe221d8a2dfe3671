//! Where a profile of the AWS CLI says that AWS is: checked as any other address, and never that of one service alone.

use std::process::Command;

use port_iam::sandbox::cast;

use crate::harness::Ran;
use crate::installed::{Installed, REPOSITORY};

/// Nobody listens there.
const CLOSED: &str = "http://127.0.0.1:9";
const PLAIN: &str = "endpoint_url of the AWS profile uses plain http, which is allowed on loopback only";

/// Runs the program itself, whose AWS SDK reads profiles, with those of Ada, which go on with `lines`; `variables` come
/// beside the engineer's, whose key and address of AWS are not there.
fn run(installed: &Installed, lines: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let profile = |name: &str, rest: &str| {
        let (id, secret) = (cast::ADA.aws_access_key_id, cast::ADA.aws_secret_access_key);
        format!("[{name}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\nregion = us-east-1\n{rest}\n")
    };
    let config = profile("default", "") + &profile("profile ada", lines);
    let file = installed.harness.file("aws-config", &config);
    let of_aws = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"];
    let own = installed.harness.environment.iter().filter(|(name, _)| !of_aws.contains(name));
    let output = Command::new(env!("CARGO_BIN_EXE_port-iam"))
        .args(arguments)
        .env_clear()
        .envs(own.map(|(name, value)| (*name, value.as_str())))
        .envs([("AWS_CONFIG_FILE", file.as_str()), ("NO_PROXY", "127.0.0.1"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .env("AWS_PROFILE", "ada")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    installed.harness.heard(&format!("{arguments:?}"), &output)
}

#[test]
fn a_profile_that_sends_credentials_in_the_clear_is_refused_before_anything_is_sent() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let since = installed.harness.sandbox.log.len();
    let address = "endpoint_url = http://iam.internal";
    let direct = ["revoke", &grant, "--direct"];
    let of_aws_alone = ["revoke", &grant, "--direct", "--aws-only"];
    let sweep = ["sweep", "--repository", REPOSITORY];
    for arguments in [&direct[..], &of_aws_alone, &["credentials", &grant], &sweep] {
        let ran = run(&installed, address, &[], arguments).exits(2);
        assert!(ran.stderr.contains(PLAIN), "{arguments:?}: {}", ran.stderr);
    }
    // One that a flag names, though the other one is sound.
    let ran = run(&installed, address, &[("AWS_PROFILE", "default")], &["credentials", &grant, "--profile", "ada"]);
    assert!(ran.exits(2).stderr.contains(PLAIN));
    assert_eq!(installed.harness.sandbox.log.len(), since);
    assert_eq!(installed.roles(), [grant]);
}

#[test]
fn a_profile_that_leads_elsewhere_than_the_sandbox_is_a_mixture_and_one_that_leads_into_it_is_not() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let since = installed.harness.sandbox.log.len();
    let elsewhere = "endpoint_url = https://iam.internal.example";
    let ran = run(&installed, elsewhere, &[], &["revoke", &grant, "--direct"]).exits(2);
    let told = "a sandbox and the real systems are mixed: on this machine is Port (PORT_API_URL), and elsewhere AWS \
                (endpoint_url of the AWS profile)";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert_eq!(installed.harness.sandbox.log.len(), since);
    let here = format!("endpoint_url = {}", installed.harness.variable("AWS_ENDPOINT_URL"));
    run(&installed, &here, &[], &["revoke", &grant, "--direct"]).exits(0);
    assert!(installed.roles().is_empty());
}

#[test]
fn a_profile_of_a_further_account_leads_to_where_the_first_one_does() {
    let installed = Installed::new();
    let here = format!("endpoint_url = {}", installed.harness.variable("AWS_ENDPOINT_URL"));
    // That profile has no address of its own.
    let further = format!("{}=default", cast::SECOND_AWS_ACCOUNT_ID);
    let ran = run(&installed, &here, &[], &["list", "--account-profile", &further, "--output", "json"]).exits(0);
    let told =
        "a sandbox and the real systems are mixed: AWS is on this machine, and for the account 210987654321 elsewhere";
    assert_eq!(ran.json()["aws"]["accounts_not_looked_at"][0]["why_not"], told, "{}", ran.stdout);
}

/// Whoever has credentials of Port alone has no region either.
#[test]
fn a_region_that_is_not_there_leaves_aws_out_and_is_no_mistake_of_the_settings() {
    let mut installed = Installed::new();
    installed.harness.set("AWS_REGION", None);
    let ran = run(&installed, "", &[("AWS_PROFILE", "nobody")], &["list"]).exits(0);
    assert!(ran.stdout.starts_with("AWS not looked at: no AWS region is set"), "{}", ran.stdout);
}

/// What the SDK says of it names neither.
#[test]
fn a_profile_without_credentials_is_named_with_where_it_is_named_and_where_profiles_are_kept() {
    let installed = Installed::new();
    let grant = "Permission-r_1";
    let address = installed.harness.variable("AWS_ENDPOINT_URL");
    let of_variable = [("AWS_PROFILE", "nope"), ("AWS_ENDPOINT_URL", &address)];
    let other = [("AWS_PROFILE", "ada"), ("AWS_ENDPOINT_URL", address.as_str())];
    for (arguments, variables, told) in [
        (&["plan"][..], &of_variable[..], "the AWS profile `nope` of AWS_PROFILE gives no credentials"),
        (
            &["sweep", "--repository", REPOSITORY],
            &of_variable,
            "the AWS profile `nope` of AWS_PROFILE gives no credentials",
        ),
        (
            &["credentials", grant, "--profile", "nope"],
            &other,
            "the AWS profile `nope` of --profile gives no credentials",
        ),
        (&["plan", "--aws-profile", "nope"], &other, "the AWS profile `nope` of --aws-profile gives no credentials"),
    ] {
        let ran = run(&installed, "", variables, arguments).exits(4);
        assert!(ran.stderr.contains(told), "{arguments:?}: {}", ran.stderr);
        let kept = format!(
            "hint: profiles are kept in {} and ~/.aws/credentials",
            installed.harness.folder.path().join("aws-config").display()
        );
        assert!(ran.stderr.contains(&kept), "{arguments:?}: {}", ran.stderr);
    }
    let further = ["list", "--account-profile", "210987654321=nope"];
    let ran = run(&installed, "", &other, &further).exits(0);
    let told = "the AWS profile `nope` of --account-profile gives no credentials";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let of_environment = [&other[..], &[("PORT_IAM_AWS_PROFILES", "210987654321=nope")]].concat();
    let ran = run(&installed, "", &of_environment, &["list"]).exits(0);
    assert!(ran.stdout.contains("the AWS profile `nope` of PORT_IAM_AWS_PROFILES gives"), "{}", ran.stdout);
    // Whose key AWS does not take is told too.
    let nobody =
        "[profile wrong]\naws_access_key_id = AKIA0000000000NOBODY\naws_secret_access_key = x\nregion = us-east-1";
    let variables = [("AWS_PROFILE", "wrong"), ("AWS_ENDPOINT_URL", address.as_str())];
    let ran = run(&installed, nobody, &variables, &["revoke", grant, "--direct", "--aws-only"]).exits(4);
    assert!(
        ran.stderr.contains("InvalidClientTokenId") && ran.stderr.contains("`wrong` of AWS_PROFILE"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_address_of_one_service_takes_no_part_in_the_environment_nor_in_a_profile() {
    let installed = Installed::new();
    let address = installed.harness.variable("AWS_ENDPOINT_URL");
    let services = format!("services = closed\n[services closed]\niam =\n  endpoint_url = {CLOSED}");
    let closed = [("AWS_ENDPOINT_URL", address.as_str()), ("AWS_ENDPOINT_URL_IAM", CLOSED)];
    let closed = [&closed[..], &[("AWS_ENDPOINT_URL_STS", CLOSED)]].concat();
    for (lines, variables) in [("", &closed[..]), (services.as_str(), &closed[..1])] {
        let grant = installed.granted().grant();
        run(&installed, lines, variables, &["revoke", &grant, "--direct"]).exits(0);
        assert!(installed.roles().is_empty(), "{lines}");
    }
}

#[test]
fn whoever_sets_an_address_of_one_service_is_warned_that_it_takes_no_part() {
    const ELSEWHERE: &str = "https://aws.internal.example";
    let installed = Installed::new();
    let address = installed.harness.variable("AWS_ENDPOINT_URL");
    let variables = [
        ("AWS_ENDPOINT_URL", address.as_str()),
        ("AWS_ENDPOINT_URL_IAM", ELSEWHERE),
        ("AWS_ENDPOINT_URL_STS", ELSEWHERE),
        // Nothing is asked of it.
        ("AWS_ENDPOINT_URL_S3", ELSEWHERE),
    ];
    // As much where a key of the environment comes first, for which the SDK looks at no profile.
    let keys = [
        ("AWS_ACCESS_KEY_ID", cast::ADA.aws_access_key_id),
        ("AWS_SECRET_ACCESS_KEY", cast::ADA.aws_secret_access_key),
    ];
    for variables in [variables.to_vec(), [&variables[..], &keys].concat()] {
        let ran = run(&installed, "", &variables, &["list", "--live"]).exits(0);
        for told in ["IAM is set and takes no part", "STS is set and takes part only where the credentials"] {
            let told = format!("AWS_ENDPOINT_URL_{told}");
            assert_eq!(ran.stderr.matches(&told).count(), 1, "{}", ran.stderr);
        }
        assert!(!ran.stderr.contains("AWS_ENDPOINT_URL_S3") && !ran.stderr.contains(ELSEWHERE), "{}", ran.stderr);
    }
    let lines = format!(
        "endpoint_url = {address}\nservices = mine\n[services mine]\niam =\n  endpoint_url = {ELSEWHERE}\ns3 =\n  endpoint_url = {ELSEWHERE}"
    );
    let ran = run(&installed, &lines, &[], &["list", "--live"]).exits(0);
    let told = "endpoint_url of IAM under `services` of the AWS profile takes no part";
    assert_eq!(ran.stderr.matches(told).count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("takes no part").count(), 1, "{}", ran.stderr);
    let plain = run(&installed, &format!("endpoint_url = {address}"), &[], &["list", "--live"]).exits(0);
    assert!(!plain.stderr.contains("takes no part"), "{}", plain.stderr);
}

#[test]
fn the_sdk_asks_nobody_for_credentials_in_the_clear() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let address = installed.harness.variable("AWS_ENDPOINT_URL");
    let plain = [("AWS_ENDPOINT_URL", address.as_str()), ("AWS_ENDPOINT_URL_STS", "http://sts.internal")];
    let ran = run(&installed, "", &plain, &["revoke", &grant, "--direct"]).exits(2);
    assert!(ran.stderr.contains("the address of STS in the AWS profile or the environment uses plain http"), "{ran:?}");
    assert_eq!(installed.roles(), [grant]);
}
