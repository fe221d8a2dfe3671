# The entity: a login, and the entity itself.
port() { curl --silent --show-error --fail --header 'content-type: application/json' "$@"; }
answer=$(port --data "{\"clientId\":\"$PORT_CLIENT_ID\",\"clientSecret\":\"$PORT_CLIENT_SECRET\"}" \
  "$PORT_API_URL/v1/auth/access_token")
token=${answer#*\"accessToken\":\"} token=${token%%\"*}
entity="{\"identifier\":\"$GRANT\",\"title\":\"$GRANT\",\"properties\":{\"iam_policy\":$(<policy-in-one-line.json),
  \"requester\":\"$EMAIL\",\"sign_in_url\":\"$(<sign-in-url)\",\"role_arn\":\"$(<role-arn)\",
  \"policy_arn\":\"$(<policy-arn)\"},\"relations\":{\"aws_resource\":\"$RESOURCE\",\"permissions\":$(<permissions.json)}}"
port --header "authorization: Bearer $token" --data "$entity" --output entity-answer \
  "$PORT_API_URL/v1/blueprints/provisioned_permissions/entities?upsert=true&merge=true"
