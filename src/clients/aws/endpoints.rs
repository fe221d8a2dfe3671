//! Where IAM and STS are, in every partition: the SDK derives it from the region, and nothing here overrides it.

use aws_sdk_iam::config::endpoint::ResolveEndpoint as _;
use aws_sdk_sts::config::endpoint::ResolveEndpoint as _;
use futures_util::FutureExt as _;

/// A region of each partition, and the end of the names of its hosts (AWS's SDKs, `partitions.json`).
const PARTITIONS: [(&str, &str); 8] = [
    ("eu-west-1", ".amazonaws.com"),
    ("cn-north-1", ".amazonaws.com.cn"),
    ("us-gov-west-1", ".amazonaws.com"),
    ("eusc-de-east-1", ".amazonaws.eu"),
    ("us-iso-east-1", ".c2s.ic.gov"),
    ("us-isob-east-1", ".sc2s.sgov.gov"),
    ("eu-isoe-west-1", ".cloud.adc-e.uk"),
    ("us-isof-south-1", ".csp.hci.ic.gov"),
];

fn sts(region: &str) -> String {
    let parameters = aws_sdk_sts::config::endpoint::Params::builder().region(region).build().unwrap();
    let resolver = aws_sdk_sts::config::endpoint::DefaultResolver::new();
    let endpoint = resolver.resolve_endpoint(&parameters).now_or_never().unwrap();
    endpoint.unwrap().url().to_owned()
}

fn iam(region: &str) -> String {
    let parameters = aws_sdk_iam::config::endpoint::Params::builder().region(region).build().unwrap();
    let resolver = aws_sdk_iam::config::endpoint::DefaultResolver::new();
    let endpoint = resolver.resolve_endpoint(&parameters).now_or_never().unwrap();
    endpoint.unwrap().url().to_owned()
}

#[test]
fn iam_and_sts_are_found_in_the_partition_of_the_region() {
    for (region, suffix) in PARTITIONS {
        for (service, url) in [("iam", iam(region)), ("sts", sts(region))] {
            assert!(url.starts_with(&format!("https://{service}.")) && url.ends_with(suffix), "{region}: {url}");
        }
    }
    assert_eq!(sts("us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com");
    assert_eq!(iam("us-gov-west-1"), "https://iam.us-gov.amazonaws.com");
}
