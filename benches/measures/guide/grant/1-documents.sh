# The documents of the grant, from the inputs of the dispatch and the two templates.
permissions=$(jq --compact-output '[.permissions[].identifier]' <<<"$PROPERTIES")
printf '%s' "$permissions" >permissions.json
jq --argjson permissions "$permissions" --arg resource "$RESOURCE/*" \
  '.Statement[0].Action = $permissions | .Statement[0].Resource = $resource' policy-template.json >policy.json
jq --arg account "$AWS_ACCOUNT_ID" '.Statement[0].Principal.AWS = "arn:aws:iam::" + $account + ":root"' \
  trust-template.json >trust.json
