# The run: a login, and a line of its log.
port() { curl --silent --show-error --fail --header 'content-type: application/json' "$@"; }
answer=$(port --data "{\"clientId\":\"$PORT_CLIENT_ID\",\"clientSecret\":\"$PORT_CLIENT_SECRET\"}" \
  "$PORT_API_URL/v1/auth/access_token")
token=${answer#*\"accessToken\":\"} token=${token%%\"*}
port --header "authorization: Bearer $token" --data "{\"message\":\"$GRANT is gone\"}" --output log-answer \
  "$PORT_API_URL/v1/actions/runs/$RUN/logs"
