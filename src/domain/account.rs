//! The AWS account, and the ARNs of what lies in it.

use percent_encoding::utf8_percent_encode;

use super::identifier::{AccountId, GrantId};
use super::names::{Names, OIDC_ISSUER};
use super::part::part_name;
use super::refusal::{Refusal, RefusalCode};
use super::url::COMPONENT;

/// Beginnings of regions, and the partition that they lie in; every other one lies in `aws` (AWS Fault Isolation
/// Boundaries, "Partitions"; the patterns of regions in `partitions.json` of AWS's SDKs).
const PARTITIONS_BY_REGION: [(&str, &str); 8] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// The account that a caller's credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsAccount {
    /// The account id.
    pub id: AccountId,
    /// The partition, for example `aws`.
    pub partition: String,
}

impl AwsAccount {
    /// Returns the account of an id in a partition; `field` names where the id stands.
    ///
    /// # Errors
    ///
    /// Refuses an id that is none.
    pub fn parse(field: &'static str, id: &str, partition: &str) -> Result<Self, Refusal> {
        Ok(Self { id: AccountId::parse(field, id)?, partition: partition.to_owned() })
    }

    /// Returns the account in the partition that a region is part of.
    pub fn in_region(id: AccountId, region: &str) -> Self {
        let found = PARTITIONS_BY_REGION.iter().find(|(beginning, _)| region.starts_with(beginning));
        Self { id, partition: found.map_or("aws", |(_, partition)| partition).to_owned() }
    }

    /// Returns the ARN of an IAM object: `kind` is `role` or `policy`, `name` begins behind the slash.
    pub fn iam_arn(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}/{name}", self.partition, self.id)
    }

    /// Returns the ARN of the account as a principal (IAM User Guide, "AWS JSON policy elements: Principal").
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.id)
    }

    /// Returns the ARN of an IAM object that lies right under our path: `kind` is `role` or `policy`.
    pub fn under_path(&self, names: &Names, kind: &str, name: &str) -> String {
        self.iam_arn(&format!("{kind}{}", names.iam_path.trim_end_matches('/')), name)
    }

    /// Returns the ARN of a role under our path.
    pub fn role_arn(&self, names: &Names, grant: &GrantId) -> String {
        self.under_path(names, "role", grant.as_str())
    }

    /// Returns the ARN of the first of a grant's policies under our path.
    pub fn policy_arn(&self, names: &Names, grant: &GrantId) -> String {
        self.part_arn(names, grant, 1)
    }

    /// Returns the ARN of one of a grant's policies under our path, counted from 1: the first bears the grant's name,
    /// the others `.2`, `.3` … behind it: a run's id holds no dot, so that no other grant bears such a name.
    pub fn part_arn(&self, names: &Names, grant: &GrantId, number: usize) -> String {
        self.under_path(names, "policy", &part_name(grant, number))
    }

    /// Returns the ARN of the permissions boundary.
    pub fn boundary_arn(&self, names: &Names) -> String {
        self.iam_arn("policy", &names.boundary)
    }

    /// Returns the ARN of the identity provider for GitHub's tokens.
    pub fn github_provider_arn(&self) -> String {
        self.iam_arn("oidc-provider", OIDC_ISSUER.trim_start_matches("https://"))
    }

    /// Returns the ARN of AWS's managed policy that denies everything.
    pub fn deny_all_arn(&self) -> String {
        format!("arn:{}:iam::aws:policy/AWSDenyAll", self.partition)
    }

    /// Returns the host of the console's sign-in pages; none where it is not known.
    ///
    /// Sources: IAM User Guide, "Switching to a role" (aws); AWS General Reference, "AWS Sign-In endpoints" and the
    /// endpoint rules of AWS's SDKs for the service `signin` (all); the sign-in addresses for SAML of AWS's CDK
    /// (aws-cn, aws-us-gov, aws-iso, aws-iso-b); AWS Marketplace Seller Guide (aws-eusc, which has one region and no
    /// host without it). For aws-iso-e and aws-iso-f only hosts with a region are documented. Nobody here could open
    /// the pages of the isolated partitions.
    fn sign_in_host(&self) -> Option<&'static str> {
        match self.partition.as_str() {
            "aws" => Some("signin.aws.amazon.com"),
            "aws-cn" => Some("signin.amazonaws.cn"),
            "aws-us-gov" => Some("signin.amazonaws-us-gov.com"),
            "aws-eusc" => Some("eusc-de-east-1.signin.amazonaws-eusc.eu"),
            "aws-iso" => Some("signin.c2shome.ic.gov"),
            "aws-iso-b" => Some("signin.sc2shome.sgov.gov"),
            _ => None,
        }
    }

    /// Returns the region in which AWS logs what goes to the partition's global addresses and the console; none where it is
    /// not known (CloudTrail User Guide, "Global service events").
    pub fn global_region(&self) -> Option<&'static str> {
        match self.partition.as_str() {
            "aws" => Some("us-east-1"),
            "aws-cn" => Some("cn-north-1"),
            "aws-us-gov" => Some("us-gov-west-1"),
            _ => None,
        }
    }

    /// Returns the link with which the console switches to the role of a grant (IAM User Guide, "Switching to a role");
    /// none where its host is not known.
    pub fn switch_role_url(&self, names: &Names, grant: &GrantId) -> Option<String> {
        let host = self.sign_in_host()?;
        let encode = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
        let role = encode(&format!("{}{grant}", names.iam_path.trim_start_matches('/')));
        let (account, shown) = (&self.id, encode(grant.as_str()));
        Some(format!("https://{host}/switchrole?account={account}&roleName={role}&displayName={shown}"))
    }

    /// Checks that it is the account whose credentials a person said to use, where one did.
    ///
    /// # Errors
    ///
    /// Refuses another one.
    pub fn check_credentials(&self, expected: Option<&AccountId>) -> Result<(), Refusal> {
        match expected {
            Some(expected) if *expected != self.id => {
                let reason = format!("the AWS credentials are of the account {}, and {expected} was expected", self.id);
                let remedy = "use credentials of that account, or unset the variable";
                Err(Refusal::new(RefusalCode::OtherAccount, "AWS_ACCOUNT_ID", reason, remedy))
            }
            _ => Ok(()),
        }
    }

    /// Checks that it is the account that a workflow is for, where that is known.
    ///
    /// # Errors
    ///
    /// Refuses another one.
    pub fn check_expected(&self, expected: Option<&AccountId>) -> Result<(), Refusal> {
        match expected {
            Some(expected) if *expected != self.id => {
                let reason = format!("the credentials belong to {}, the workflow is for {expected}", self.id);
                Err(Refusal::new(
                    RefusalCode::OtherAccount,
                    "AWS_ACCOUNT_ID",
                    reason,
                    "check the secrets of the workflow",
                ))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::arn::PARTITIONS;
    use crate::domain::identifier::RunId;
    use crate::domain::rehearsal::account_of;
    use crate::domain::rules::Rules;

    fn link(partition: &str) -> Option<String> {
        let id = AccountId::parse("account", "123456789012").expect("an account");
        let account = AwsAccount { id, partition: partition.to_owned() };
        account.switch_role_url(&Names::default(), &RunId::parse("r_1").expect("a run id").grant_id())
    }

    #[test]
    fn every_partition_signs_in_at_its_own_host_or_at_none() {
        let links: Vec<String> = PARTITIONS.iter().filter_map(|partition| link(partition)).collect();
        let hosts: std::collections::BTreeSet<_> = links
            .iter()
            .filter_map(|link| {
                link.strip_suffix(
                    "/switchrole?account=123456789012&roleName=port-iam%2FPermission-r_1&displayName=Permission-r_1",
                )
            })
            .collect();
        assert_eq!((links.len(), hosts.len()), (6, 6), "{links:?}");
        assert!(hosts.iter().all(|host| host.starts_with("https://") && host.contains("signin.")), "{hosts:?}");
        assert_eq!(link("aws-new"), None);
    }

    #[test]
    fn the_region_of_the_global_addresses_is_one_of_the_partition() {
        let id = || AccountId::parse("account", "123456789012").expect("an account");
        let mut known = 0;
        for partition in PARTITIONS {
            let account = AwsAccount { id: id(), partition: partition.to_owned() };
            if let Some(region) = account.global_region() {
                assert_eq!(AwsAccount::in_region(id(), region).partition, partition, "{region}");
                known += 1;
            }
        }
        assert_eq!(known, 3);
    }

    #[test]
    fn every_partition_is_told_by_its_regions_and_by_one_table_alone() {
        let id = AccountId::parse("account", "123456789012").expect("an account");
        let regions = [
            ("ap-southeast-4", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eu-isof-west-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ];
        for (region, partition) in regions {
            assert_eq!(AwsAccount::in_region(id.clone(), region).partition, partition, "{region}");
            let rules = format!(
                "version: 1\naccounts: {{\"{id}\": {{regions: [{region}]}}}}\ntrust: {{mode: account}}\nrules: []\n"
            );
            let rules = Rules::parse(&rules).expect("usable rules");
            // What an example of the rules file is tried in, a grant is made in.
            assert_eq!(account_of(&rules, &[], None).expect("an account").partition, partition, "{region}");
        }
        assert!(PARTITIONS.iter().all(|known| regions.iter().any(|(_, partition)| partition == known)));
    }

    #[test]
    fn another_account_than_the_workflow_s_is_refused() {
        let id = |text: &str| AccountId::parse("account", text).unwrap();
        let account = AwsAccount { id: id("123456789012"), partition: "aws".to_owned() };
        assert!(account.check_expected(None).is_ok() && account.check_expected(Some(&account.id)).is_ok());
        assert_eq!(account.check_expected(Some(&id("210987654321"))).unwrap_err().code.as_str(), "other-account");
    }
}
