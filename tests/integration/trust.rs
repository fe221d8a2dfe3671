//! Who can use a grant, by the trust mode of the rules file: asked of STS itself.

use aws_sdk_sts::config::{Credentials, Region};
use port_iam::sandbox::cast::{self, Person};
use serde_json::{Value, json};

use crate::installed::{Dispatched, Installed};

impl Installed {
    /// Replaces the trust of the first rules file, which stands on two lines.
    fn set_trust(&self, trust: &str) {
        self.set_rules(|rules| rules.replacen("trust:\n  mode: account\n", &format!("trust:\n{trust}\n"), 1));
    }

    /// Returns AWS's code when this person assumes the role of a grant, `ok` when it lets them.
    pub(crate) fn assume(&self, person: Person, grant: &str) -> String {
        let keys =
            Credentials::new(person.aws_access_key_id, person.aws_secret_access_key, None, None, "integration test");
        let endpoint = self.harness.environment.iter().find(|(name, _)| *name == "AWS_ENDPOINT_URL").unwrap().1.clone();
        let config = aws_sdk_sts::Config::builder()
            .behavior_version_latest()
            .region(Region::new(cast::AWS_REGION))
            .credentials_provider(keys)
            .endpoint_url(endpoint)
            .build();
        let request = aws_sdk_sts::Client::from_conf(config)
            .assume_role()
            .role_arn(format!("arn:aws:iam::{}:role/port-iam/{grant}", cast::AWS_ACCOUNT_ID))
            .role_session_name("session");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        match runtime.block_on(request.send()) {
            Ok(_) => "ok".to_owned(),
            Err(error) => {
                let error = aws_sdk_sts::Error::from(error);
                aws_sdk_sts::error::ProvideErrorMetadata::code(&error).unwrap_or_default().to_owned()
            }
        }
    }

    fn sign_in_url(&self, request: &Dispatched) -> Value {
        let entities = self.entities();
        let entity = entities.iter().find(|entity| entity["identifier"] == request.grant()).unwrap();
        entity["properties"]["sign_in_url"].clone()
    }
}

#[test]
fn a_grant_to_an_iam_user_is_for_this_user_alone() {
    let installed = Installed::new();
    let account = installed.granted();
    assert_eq!(installed.assume(cast::MAX, &account.grant()), "ok", "the whole account is trusted at first");
    installed.harness.run(&["revoke", &account.grant(), "--direct"]).exits(0);
    installed.set_trust("  mode: iam-user\n  name: local-part\n  domains: [acme.example]");
    let request = installed.request();
    let ran = installed.grant(&request).exits(0);
    assert!(ran.stdout.contains("trust `iam-user`: "), "{}", ran.stdout);
    assert_eq!(installed.assume(cast::DANA, &request.grant()), "ok");
    assert_eq!(installed.assume(cast::MAX, &request.grant()), "AccessDenied");
    assert_eq!(installed.assume(cast::ADA, &request.grant()), "AccessDenied");
}

#[test]
fn whoever_has_no_name_in_aws_is_refused_before_anything_is_made() {
    let installed = Installed::new();
    installed.set_trust("  mode: iam-user\n  names: { \"ada@acme.example\": ada }");
    let ran = installed.grant(&installed.request()).exits(5);
    assert!(ran.stdout.contains("requester: ") && ran.stdout.contains("dana@acme.example"), "{}", ran.stdout);
    assert!(installed.roles().is_empty() && installed.policies().is_empty());
}

#[test]
fn a_grant_to_a_source_identity_is_used_by_command_and_by_nobody_without_it() {
    let installed = Installed::new();
    installed.set_trust("  mode: source-identity\n  name: local-part\n  domains: [acme.example]");
    let request = installed.request();
    let ran = installed.grant(&request).exits(0);
    let command = format!("aws sts assume-role --role-arn arn:aws:iam::123456789012:role/port-iam/{}", request.grant());
    assert!(ran.stdout.contains(&command), "{}", ran.stdout);
    assert!(installed.log_of(&request.run_id).contains(&command));
    assert_eq!(installed.sign_in_url(&request), json!(null));
    assert_eq!(installed.assume(cast::DANA, &request.grant()), "AccessDenied");
}

#[test]
fn a_user_who_is_not_there_gets_no_grant_and_nothing_is_left() {
    let installed = Installed::new();
    installed.set_trust("  mode: iam-user\n  names: { \"dana@acme.example\": nobody }");
    let ran = installed.grant(&installed.request()).exits(1);
    assert!(ran.stdout.contains("user/nobody"), "{}\n{}", ran.stdout, ran.stderr);
    assert!(installed.roles().is_empty() && installed.policies().is_empty() && installed.entities().is_empty());
}
