#!/bin/sh
# An exec plugin for kubectl in a GitHub Actions job: prints a token that was made for this run and ends within minutes.
# It writes no file, and no token is among a program's arguments or in what it prints to the log.
# In: OCTOGATE_ISSUER, OCTOGATE_CLUSTER, OCTOGATE_EXCHANGE (false: the cluster's webhook takes the job's own token).
set -eu
# A job whose shells trace what they do would print tokens.
set +x
# Classes of characters are those of ASCII.
LC_ALL=C
export LC_ALL

fail() {
  printf 'octogate: %s\n' "$1" >&2
  exit 1
}

if [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}" ]; then
  fail "this job may not ask GitHub for an ID token. Add to the job, or to the whole workflow:
    permissions:
      id-token: write
  The job that calls a reusable workflow needs it, too. A pull request from a fork does not get it."
fi
for program in curl jq; do
  command -v "$program" >/dev/null || fail "$program is missing on this runner"
done

newline='
'
carriage_return=$(printf '\r')

# ask WHOM CURL-ARGUMENTS…: sets $status and $answer. curl's standard input is $secret. What passes by itself is tried
# again, three times.
ask() {
  whom=$1
  shift
  attempt=0
  while :; do
    # --disable: no .curlrc, which could log what is sent.
    response=$(printf '%s' "$secret" | curl --disable --silent --show-error --connect-timeout 10 --max-time 30 \
      --suppress-connect-headers --dump-header - --write-out '\n%{http_code}' "$@") || response=${newline}000
    status=${response##*"$newline"}
    answer=$(printf '%s' "${response%"$newline"*}" | sed "/^HTTP\//,/^$carriage_return*\$/d")
    case $status in
      000 | 429 | 502 | 503 | 504) ;;
      *) break ;;
    esac
    attempt=$((attempt + 1))
    seconds=$(printf '%s' "$response" |
      sed -n "s/^[Rr]etry-[Aa]fter: *\([0-9]\{1,6\}\)$carriage_return*\$/\1/p" | tail -n 1)
    seconds=${seconds:-$attempt}
    if [ "$attempt" -gt 3 ] || [ "$seconds" -gt 60 ]; then break; fi
    printf 'octogate: %s cannot answer now (%s): next try in %s s\n' "$whom" "$status" "$seconds" >&2
    sleep "$seconds"
  done
  if [ "$status" != 200 ]; then
    # What an OAuth error says, in one line and without "#": the start of a line can be a command to the runner, and so
    # can "##[" anywhere in it (actions/runner, ActionCommand.cs).
    said=$(printf '%s' "$answer" |
      jq -r '[.error, .error_description] | map(strings) | join(": ")' 2>/dev/null | tr -cd ' -"$-~')
    fail "$whom answered $status${said:+: $said}"
  fi
}

secret="Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN"
ask GitHub --get --header @- --data-urlencode "audience=$OCTOGATE_ISSUER/clusters/$OCTOGATE_CLUSTER" \
  "$ACTIONS_ID_TOKEN_REQUEST_URL"
token=$(printf '%s' "$answer" | jq -r '.value | strings' 2>/dev/null) || token=
[ -n "$token" ] || fail "GitHub's answer has no token"

if [ "${OCTOGATE_EXCHANGE:-true}" = true ]; then
  secret=$token
  ask "$OCTOGATE_ISSUER" --data-urlencode grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
    --data-urlencode subject_token_type=urn:ietf:params:oauth:token-type:jwt \
    --data-urlencode "audience=$OCTOGATE_CLUSTER" --data-urlencode subject_token@- "$OCTOGATE_ISSUER/token"
  token=$(printf '%s' "$answer" | jq -r '.access_token | strings' 2>/dev/null) || token=
  [ -n "$token" ] || fail "the answer of $OCTOGATE_ISSUER has no token"
fi

# kubectl asks again a minute before the token ends.
credential=$(printf '%s' "$token" | jq -Rce '. as $token
  | split(".")[1] | split("-") | join("+") | split("_") | join("/") | @base64d | fromjson
  | { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential",
      status: { token: $token, expirationTimestamp: (.exp - 60 | todate) } }' 2>/dev/null) ||
  fail "the token is no JWT that says when it ends"
printf '%s\n' "$credential"
