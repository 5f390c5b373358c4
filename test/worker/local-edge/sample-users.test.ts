// The sample users that `npm start` brings along: each is printed with a token and what it shows, and shows just that.
import { afterAll, beforeAll, expect, it } from "vitest";
import { outcomeOf } from "../../identity/outcome.ts";
import { credentialIdOf } from "../../support/credential-id.ts";
import { call, tokenReview } from "../../support/edge-client.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { until } from "../../support/until.ts";

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startLocalEdge();
});
afterAll(() => edge?.stop());

interface PrintedUser {
  readonly token: string;
  readonly shows: string;
}

/** What stands on the terminal: a name with a token, and below it what it shows. */
function printedUsers(): Map<string, PrintedUser> {
  const lines = edge.stdout().split("\n");
  const start = lines.indexOf("Tokens, made for this run, and what each one shows:");
  const users = new Map<string, PrintedUser>();
  for (let index = start + 2; lines[index] !== ""; index += 2) {
    const [, name = "", token = ""] = /^ {2}(\S+) +(\S+)$/.exec(lines[index] ?? "") ?? [];
    users.set(name, { token, shows: lines[index + 1]?.trim() ?? "" });
  }
  return users;
}

async function tryOut(name: string) {
  const user = printedUsers().get(name);
  if (user === undefined) throw new Error(`no ${name} is printed`);
  const { status, body } = await call(edge, { body: tokenReview(user.token) });
  const isAbout = (record: unknown) => JSON.stringify(record).includes(credentialIdOf(user.token));
  const decision = await until(() => edge.decisions().find(isAbout) ?? false, 10_000, `a decision about ${name}`);
  return { shows: user.shows, outcome: outcomeOf(status, body, decision) };
}

const reasonOf = {
  admitted: "admitted",
  outsider: "not_allowed",
  blocked: "user_denied",
  revoked: "token_refused",
  "unlisted-app": "client_not_listed",
  "github-down": "github_server_error",
  "org-member": "admitted",
  "team-member": "admitted",
  invited: "invitation_pending",
  "no-scope": "scope_missing",
  "no-sso": "sso_required",
  "other-owner": "other_resource_owner",
  "left-team": "not_in_team",
} as const;

it("prints each sample user that this test knows, and no other", () => {
  expect([...printedUsers().keys()]).toEqual(Object.keys(reasonOf));
});

it.each(Object.entries(reasonOf))("%s gets the verdict that is printed, for the reason %s", async (name, reason) => {
  const { shows, outcome } = await tryOut(name);
  expect(outcome.reason).toBe(reason);
  expect(shows).toMatch(new RegExp(`^${outcome.verdict}\\b`));
  // Usernames and groups are printed as RBAC gets to see them, and no others.
  const printedNames = [...shows.matchAll(/github:[\w/:-]+/g)].map(([name]) => name);
  expect(printedNames.sort()).toEqual(outcome.user === null ? [] : [outcome.user, ...outcome.groups].sort());
});
