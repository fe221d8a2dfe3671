//! What the workflows of an installation say about it, read from their texts: enough to write them once more.
//!
//! Whoever writes a workflow writes these as well. They are taken for nothing but what they are: shown, and held against
//! what is known elsewhere.

use super::account::AwsAccount;
use super::identifier::AccountId;
use super::port_address::is_port;
use super::workflow_literal::literal;

/// What all workflows of an installation name alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowSettings {
    /// The account of the grants.
    pub account: AccountId,
    /// Its partition.
    pub partition: String,
    /// The region.
    pub region: String,
    /// Address of Port.
    pub port_api_url: String,
    /// Address of AWS, where it is not AWS's own.
    pub aws_endpoint_url: Option<String>,
}

/// The addresses that this program knows to be right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownAddresses {
    /// Of Port, as the operator's own settings say.
    pub port: String,
    /// Of AWS, where the operator's own settings name another than AWS's own.
    pub aws: Option<String>,
}

impl WorkflowSettings {
    /// Returns what the workflows of these texts name; none where one of them names something else than another, or nothing.
    pub fn of(texts: &[&str]) -> Option<Self> {
        let all = texts.join("\n");
        let account = AccountId::parse("AWS_ACCOUNT_ID", &literal(&all, "AWS_ACCOUNT_ID")?).ok()?;
        let region = literal(&all, "AWS_REGION")?;
        let of_role = texts.iter().find_map(|text| {
            let arn = literal(text, "PORT_IAM_AWS_ROLE_ARN")?;
            Some(arn.strip_prefix("arn:")?.split_once(':')?.0.to_owned())
        });
        let partition = of_role.unwrap_or_else(|| AwsAccount::in_region(account.clone(), &region).partition);
        let aws_endpoint_url = literal(&all, "AWS_ENDPOINT_URL");
        Some(Self { account, partition, region, port_api_url: literal(&all, "PORT_API_URL")?, aws_endpoint_url })
    }

    /// Returns the address that is neither Port's or AWS's own nor one of the operator's: whoever answers there gets
    /// credentials.
    pub fn strange_address(&self, known: &KnownAddresses) -> Option<&str> {
        if self.port_api_url != known.port && !is_port(&self.port_api_url) {
            return Some(&self.port_api_url);
        }
        self.aws_endpoint_url.as_deref().filter(|address| known.aws.as_deref() != Some(*address))
    }
}

/// Returns the roles of further accounts that the workflow of this text names.
pub fn further_roles(text: &str) -> Vec<String> {
    let mut lines = text.lines().filter_map(|line| line.trim().strip_prefix("PORT_IAM_FURTHER_AWS_ROLE_ARNS:"));
    let (Some(value), None) = (lines.next(), lines.next()) else { return Vec::new() };
    value.trim().trim_matches('"').split(',').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(account: &str, port: &str, more: &str) -> String {
        format!(
            "env:\n  PORT_API_URL: \"{port}\"\n  AWS_ACCOUNT_ID: \"{account}\"\n  AWS_REGION: \"eu-west-1\"\n{more}"
        )
    }

    fn strange(port: &str, more: &str) -> Option<String> {
        let settings = WorkflowSettings::of(&[&text("123456789012", port, more)]).unwrap();
        let known = KnownAddresses { port: "https://port.acme.example".to_owned(), aws: None };
        settings.strange_address(&known).map(str::to_owned)
    }

    #[test]
    fn what_all_workflows_name_alike_is_known_and_nothing_else() {
        let ours = text("123456789012", "https://api.port.io", "");
        let settings = WorkflowSettings::of(&[&ours, &ours]).unwrap();
        assert_eq!((settings.account.as_str(), settings.partition.as_str()), ("123456789012", "aws"));
        let role = "  PORT_IAM_AWS_ROLE_ARN: \"arn:aws-cn:iam::123456789012:role/port-iam-granter\"\n";
        let of_role = WorkflowSettings::of(&[&text("123456789012", "https://api.port.io", role)]).unwrap();
        assert_eq!(of_role.partition, "aws-cn");
        for other in [
            text("210987654321", "https://api.port.io", ""),
            text("123456789012", "https://evil.example", ""),
            text("12", "https://api.port.io", ""),
        ] {
            assert_eq!(WorkflowSettings::of(&[&ours, &other]), None, "{other}");
        }
        assert_eq!(WorkflowSettings::of(&[]), None);
    }

    #[test]
    fn whoever_is_not_port_or_aws_and_gets_credentials_is_found() {
        for port in ["https://api.port.io", "https://api.us.port.io", "https://port.acme.example"] {
            assert_eq!(strange(port, ""), None, "{port}");
        }
        for port in ["https://api.port.io.evil.example", "https://evil.example", "https://api.port.io/v1"] {
            assert_eq!(strange(port, "").as_deref(), Some(port));
        }
        let endpoint = "  AWS_ENDPOINT_URL: \"https://evil.example\"\n";
        assert_eq!(strange("https://api.port.io", endpoint).as_deref(), Some("https://evil.example"));
    }

    #[test]
    fn further_roles_are_read_where_they_are_said_once() {
        let line = "  PORT_IAM_FURTHER_AWS_ROLE_ARNS: \"arn:aws:iam::1:role/a,arn:aws:iam::2:role/a\"\n";
        assert_eq!(further_roles(line), ["arn:aws:iam::1:role/a", "arn:aws:iam::2:role/a"]);
        assert_eq!(further_roles(&line.repeat(2)), [""; 0]);
        assert_eq!(further_roles("on: push\n"), [""; 0]);
    }
}
