// An explanation as text for people: the calls, the facts, each entry of the policy, and what to write into RBAC.
import { columns } from "../../../node/columns.ts";
import type { Facts, Membership, TokenExpiry } from "../../../worker/github/facts.ts";
import type { UserInfo } from "../../../worker/verdict.ts";
import type { WorkflowFacts } from "../../../worker/workflows/facts.ts";
import type { ExplainedEntry } from "./entry-reasons.ts";
import type { Explanation, ShownCall } from "./explain.ts";

export function presentExplanation(explanation: Omit<Explanation, "nameWarnings">): string[] {
  const { token, calls, facts, workflow, entries, cluster, githubApiUrl, verdict, user } = explanation;
  return [
    "The token",
    ...("foreignKind" in token
      ? [`  no token that GitHub gives to people (${token.foreignKind}): it goes no further`]
      : columns([
          ["kind", token.tokenKind],
          ["credential-id", token.credentialId ?? "not known: GitHub has not signed the token"],
        ])),
    "",
    `Calls to ${githubApiUrl}`,
    ...(calls.length === 0 ? ["  none"] : presentCalls(calls)),
    ...(facts === null ? [] : ["", "Facts", ...presentFacts(facts)]),
    ...(workflow === null ? [] : ["", "Facts", ...presentWorkflow(workflow)]),
    ...(entries.length === 0 ? [] : ["", `Policy of ${cluster}`, ...presentEntries(entries, facts ?? workflow)]),
    "",
    `Verdict: ${verdict.kind} (${verdict.reason})`,
    `  ${verdict.sentence}`,
    ...(verdict.hint === null ? [] : [`  → ${verdict.hint}`]),
    ...(user === null ? [] : ["", ...presentUser(user)]),
  ];
}

function presentCalls(calls: readonly ShownCall[]): string[] {
  const rows = columns(
    calls.map(({ method, path, status, outcome, reason, durationMs }) => [
      `${method} ${path}`,
      status === null ? "no answer" : String(status),
      reason === null ? outcome : `${outcome} (${reason})`,
      `${durationMs} ms`,
    ]),
  );
  return rows.flatMap((row, index) => [row, ...detailsOf(calls[index]).map((detail) => `      ${detail}`)]);
}

/** What GitHub said besides, where it matters: to whom the token belongs, and why something is hidden. */
function detailsOf(call: ShownCall | undefined): string[] {
  if (call === undefined) return [];
  const { path, outcome, headers } = call;
  // "No member" is an answer like any other.
  const isRefusal = outcome !== "ok" && outcome !== "absent";
  const message = isRefusal ? call.message : null;
  const isAccount = path === "/user";
  const shown = (name: string, when: boolean) => {
    const value = headers[name];
    return when && value !== undefined ? [`${name}: ${value === "" ? "(none)" : value}`] : [];
  };
  return [
    ...shown("x-oauth-scopes", isAccount || isRefusal),
    ...shown("x-accepted-oauth-scopes", isRefusal),
    ...shown("x-accepted-github-permissions", isRefusal),
    ...shown("x-oauth-client-id", isAccount),
    ...shown("github-authentication-token-expiration", isAccount),
    ...shown("x-github-sso", true),
    ...shown("x-ratelimit-limit", isRefusal),
    ...shown("x-ratelimit-remaining", isRefusal || isAccount),
    ...shown("retry-after", true),
    ...shown("x-github-request-id", isRefusal),
    ...(message === null ? [] : [`GitHub: ${message}`]),
  ];
}

function presentFacts({ account, host, oauthClientId, scopes, expiry, organisations }: Facts): string[] {
  return columns([
    ["account", `${account.login}#${account.id}, of type ${account.type}, at ${host}`],
    ["client", oauthClientId ?? "none: made by hand"],
    ["scopes", scopes === null ? "none: it has permissions, which GitHub does not tell" : listOf(scopes)],
    ["expires", presentExpiry(expiry)],
    ...Object.entries(organisations).map(([key, membership]) => [key, presentMembership(membership)]),
  ]);
}

function presentExpiry(expiry: TokenExpiry): string {
  switch (expiry.kind) {
    case "never":
      return "never";
    case "at":
      return new Date(expiry.epochMs).toISOString();
    case "unreadable":
      return "at a time that can't be read";
  }
}

function presentMembership(membership: Membership): string {
  switch (membership.kind) {
    case "active": {
      const teams = membership.teams.map(({ slug, id }) => `${slug}#${id}`).sort();
      return `${membership.role} of ${membership.login}#${membership.id}, teams: ${listOf(teams)}`;
    }
    case "pending":
      return `invited to ${membership.login}#${membership.id}, not accepted yet`;
    case "none":
      return `no member${membership.nameTakenBy === null ? "" : `; the name belongs to #${membership.nameTakenBy} now`}`;
    case "hidden":
      return `not to be seen with this token: ${membership.reason}`;
  }
}

/** What a token says is GitHub's, but other people choose its names. */
function presentWorkflow(facts: WorkflowFacts): string[] {
  const { repository, runId, runAttempt, expiresAt } = facts;
  const rows = [
    ["repository", `${repository.name}#${repository.ownerId}/${repository.id}, at ${facts.host}`],
    ["workflow", facts.workflowRef ?? "not said"],
    ["environment", facts.environment ?? "none"],
    ["event", facts.event],
    ["started by", facts.actor === null ? "not said" : `${facts.actor}#${facts.actorId ?? "?"}`],
    ["run", `${runId ?? "?"}, attempt ${runAttempt ?? "?"}, commit ${facts.sha ?? "?"}`],
    ["audience", facts.audience ?? "none, or several"],
    ["expires", new Date(expiresAt * 1000).toISOString()],
  ];
  return columns(rows.map((row) => row.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "?"))));
}

function presentEntries(entries: readonly ExplainedEntry[], facts: Facts | WorkflowFacts | null): string[] {
  if (facts === null && entries.every(({ matches }) => matches !== true)) {
    return ["  not looked at: nothing is known about the owner of the token"];
  }
  const sign = (matches: boolean | null) => (matches === null ? "?" : matches ? "✓" : "✗");
  return columns(entries.map(({ setting, matches, entry, why }) => [sign(matches), setting, entry, why]));
}

function presentUser({ username, uid, groups, extra }: UserInfo): string[] {
  const subject = (kind: "User" | "Group", name: string) =>
    `  - { apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: ${JSON.stringify(name)} }`;
  return [
    "In the cluster",
    ...columns([
      ["username", username],
      ["uid", uid],
      ...(groups.length === 0
        ? [["groups", "none"]]
        : groups.map((group, index) => [index === 0 ? "groups" : "", group])),
      ...Object.entries(extra).map(([key, values], index) => [
        index === 0 ? "extra" : "",
        `${key} = ${values.join(", ")}`,
      ]),
    ]),
    "",
    "Subjects for a RoleBinding or ClusterRoleBinding: take the one that you mean",
    subject("User", username),
    ...groups.map((group) => subject("Group", group)),
  ];
}

function listOf(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}
