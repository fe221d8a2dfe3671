# The run: a login, a line of its log, and its status.
port() { curl --silent --show-error --fail --header 'content-type: application/json' "$@"; }
answer=$(port --data "{\"clientId\":\"$PORT_CLIENT_ID\",\"clientSecret\":\"$PORT_CLIENT_SECRET\"}" \
  "$PORT_API_URL/v1/auth/access_token")
token=${answer#*\"accessToken\":\"} token=${token%%\"*}
port --header "authorization: Bearer $token" --data "{\"message\":\"$GRANT is there\"}" --output log-answer \
  "$PORT_API_URL/v1/actions/runs/$RUN/logs"
port --header "authorization: Bearer $token" --request PATCH --data '{"status":"SUCCESS"}' --output run-answer \
  "$PORT_API_URL/v1/actions/runs/$RUN"
