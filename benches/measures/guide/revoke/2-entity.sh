# The entity: a login, and its deletion.
port() { curl --silent --show-error --fail --header 'content-type: application/json' "$@"; }
answer=$(port --data "{\"clientId\":\"$PORT_CLIENT_ID\",\"clientSecret\":\"$PORT_CLIENT_SECRET\"}" \
  "$PORT_API_URL/v1/auth/access_token")
token=${answer#*\"accessToken\":\"} token=${token%%\"*}
port --header "authorization: Bearer $token" --request DELETE --output entity-answer \
  "$PORT_API_URL/v1/blueprints/provisioned_permissions/entities/$GRANT"
