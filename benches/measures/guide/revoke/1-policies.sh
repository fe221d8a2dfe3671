# The policy off the role, then both of them away.
aws iam detach-role-policy --role-name "$GRANT" --policy-arn "$POLICY_ARN"
aws iam delete-policy --policy-arn "$POLICY_ARN" --no-cli-pager
aws iam delete-role --role-name "$GRANT" --no-cli-pager
