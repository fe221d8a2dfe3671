# What the entity says besides.
jq --compact-output . policy.json >policy-in-one-line.json
printf 'https://signin.aws.amazon.com/switchrole?account=%s&roleName=%s&displayName=%s' \
  "$AWS_ACCOUNT_ID" "$GRANT" "$GRANT" >sign-in-url
