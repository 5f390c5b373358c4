#!/bin/sh
# Writes a kubeconfig whose only user is this job, and names it to the steps that follow. action.yml runs it.
# In: OCTOGATE_ISSUER, OCTOGATE_CLUSTER, OCTOGATE_EXCHANGE, CLUSTER_SERVER, CLUSTER_AUTHORITY (base64 of PEM, or empty).
set -eu
umask 077
# Ranges such as a-z are those of ASCII.
LC_ALL=C
export LC_ALL

# Values come from the workflow, which may have them from elsewhere: none is repeated, for a line of a log can be a
# command to the runner.
fail() {
  printf '::error title=Octogate::%s\n' "$1"
  exit 1
}

case $OCTOGATE_ISSUER in
  *[!A-Za-z0-9.:/_-]* | */) fail "issuer: must be ISSUER_URL, such as https://login.example.com" ;;
  https://?*) ;;
  *) fail "issuer: must be ISSUER_URL, such as https://login.example.com" ;;
esac
case $OCTOGATE_CLUSTER in
  "" | [!a-z]* | *[!a-z0-9-]*) fail "cluster: must be the cluster's name in wrangler.toml, in lower case" ;;
esac
case $OCTOGATE_EXCHANGE in
  true | false) ;;
  *) fail "exchange: must be true or false" ;;
esac
case $CLUSTER_SERVER in
  *[!A-Za-z0-9.:/_%\[\]-]*) fail "server: must be the address of kube-apiserver, such as https://10.0.0.1:6443" ;;
  https://?*) ;;
  *) fail "server: must be the address of kube-apiserver, such as https://10.0.0.1:6443" ;;
esac
case $CLUSTER_AUTHORITY in
  *[!A-Za-z0-9+/=]*) fail "certificate-authority-data: must be base64 in one line, as in a kubeconfig" ;;
esac
folder=$(mktemp -d "$RUNNER_TEMP/octogate.XXXXXX")
# A copy: what runs for the rest of the job is what this step saw.
cp "$GITHUB_ACTION_PATH/credential.sh" "$folder/credential.sh"
# Once now: if the job gets no token, this step says why, and not the first kubectl.
sh "$folder/credential.sh" >/dev/null || fail "this job gets no token: the lines above say why"
OCTOGATE_PLUGIN=$folder/credential.sh jq -n '{
  apiVersion: "v1", kind: "Config",
  clusters: [{ name: env.OCTOGATE_CLUSTER, cluster: (
    { server: env.CLUSTER_SERVER } +
    if env.CLUSTER_AUTHORITY == "" then {} else { "certificate-authority-data": env.CLUSTER_AUTHORITY } end) }],
  users: [{ name: "github-actions", user: { exec: {
    apiVersion: "client.authentication.k8s.io/v1", interactiveMode: "Never", command: "sh", args: [env.OCTOGATE_PLUGIN],
    env: (["OCTOGATE_ISSUER", "OCTOGATE_CLUSTER", "OCTOGATE_EXCHANGE"] | map({ name: ., value: env[.] })) } } }],
  contexts: [{ name: env.OCTOGATE_CLUSTER, context: { cluster: env.OCTOGATE_CLUSTER, user: "github-actions" } }],
  "current-context": env.OCTOGATE_CLUSTER }' >"$folder/kubeconfig"
printf 'KUBECONFIG=%s\n' "$folder/kubeconfig" >>"$GITHUB_ENV"
printf 'kubeconfig=%s\n' "$folder/kubeconfig" >>"$GITHUB_OUTPUT"
