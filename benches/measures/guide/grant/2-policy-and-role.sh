# Policy, role, and the one attached to the other.
aws iam create-policy --policy-name "$GRANT" --policy-document file://policy.json --no-cli-pager |
  jq --raw-output '.Policy.Arn' >policy-arn
aws iam create-role --role-name "$GRANT" --assume-role-policy-document file://trust.json --no-cli-pager |
  jq --raw-output '.Role.Arn' >role-arn
aws iam attach-role-policy --role-name "$GRANT" --policy-arn "arn:aws:iam::$AWS_ACCOUNT_ID:policy/$GRANT"
