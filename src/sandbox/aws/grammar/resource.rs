//! The resources of a statement.

use super::malformed;
use crate::sandbox::aws::failure::Failure;

/// What S3 names with a Region in its ARN; its buckets and objects have none.
const S3_WITH_REGION: [&str; 6] =
    ["accesspoint/", "access-grants/", "async-request/", "job/", "storage-lens/", "storage-lens-group/"];

/// Refuses what is neither `*` nor a whole ARN.
pub(super) fn check(resource: &str) -> Result<(), Failure> {
    if resource == "*" {
        return Ok(());
    }
    let plain = without_variables(resource);
    let fields: Vec<&str> = plain.splitn(6, ':').collect();
    let [scheme, partition, service, region, account, name] = fields.as_slice() else {
        return Err(not_an_arn(resource));
    };
    if *scheme != "arn" || partition.is_empty() || service.is_empty() || name.is_empty() {
        return Err(not_an_arn(resource));
    }
    if service.contains(['*', '?']) {
        return Err(malformed("Resource vendor must be fully qualified and cannot contain regexes."));
    }
    let no_region = match *service {
        "iam" => true,
        "s3" => {
            account.is_empty() || !(S3_WITH_REGION.iter().any(|kind| name.starts_with(kind)) || name.starts_with('*'))
        }
        _ => false,
    };
    if no_region && !region.is_empty() && *region != "*" {
        return Err(malformed(format!(
            "{} resource {resource} cannot contain region information.",
            service.to_uppercase()
        )));
    }
    Ok(())
}

fn not_an_arn(resource: &str) -> Failure {
    malformed(format!("Resource {resource} must be in ARN format or \"*\"."))
}

/// Takes policy variables such as `${aws:username}` away: their colons are not the ARN's.
fn without_variables(resource: &str) -> String {
    let mut plain = String::new();
    let mut rest = resource;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((_, after)) = after.split_once('}') else { break };
        plain.push_str(before);
        plain.push_str("variable");
        rest = after;
    }
    plain + rest
}
