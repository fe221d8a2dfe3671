//! Actions that AWS checks against a path, and that reach everything beneath it.

use super::*;

#[test]
fn an_action_that_aws_checks_against_a_path_is_never_called_one_on_this_very_resource() {
    const PARAMETER: &str = "arn:aws:ssm:us-east-1:123456789012:parameter/team";
    let by_path = "ssm:GetParametersByPath";
    let refused = judged(PARAMETER, by_path);
    assert_eq!((refused.verdict, refused.resources.len()), (Verdict::PrivilegeEscalation, 0));
    assert!(
        refused.reason.contains("everything beneath it") && refused.remedy.contains("allow-actions"),
        "{refused:?}"
    );
    // Where the rules name it, it is granted for what it is.
    let allowances = rules("allow-actions: [\"ssm:GetParametersByPath\"]\n");
    let allowed = only(judge(&[PARAMETER], &[by_path], &allowances));
    assert_eq!((allowed.verdict, allowed.resources.as_slice()), (Verdict::AllowChildren, &[PARAMETER.to_owned()][..]));
    assert!(allowed.reason.contains(&format!("everything beneath `{PARAMETER}`")), "{}", allowed.reason);
    let all: Vec<_> = reference::services()
        .flat_map(|service| service.actions.into_iter().map(move |action| (service.prefix, action)))
        .filter(|(_, action)| action.goes_by_path)
        .collect();
    assert!(!all.is_empty() && all.iter().all(|(_, action)| action.is_denied), "{all:?}");
    assert_eq!(judged(PARAMETER, "ssm:GetParameter").verdict, Verdict::Allow);
}
