// The sample users of `npm start`: each is printed with what it shows, and shows just that.
import { afterAll, beforeAll, expect, it } from "vitest";
import { outcomeOf } from "../../identity/outcome.ts";
import { credentialIdOf } from "../../support/credential-id.ts";
import { call, sampleTokenOf, tokenReview } from "../../support/edge-client.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { until } from "../../support/until.ts";

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startLocalEdge();
});
afterAll(() => edge?.stop());

/** What the terminal says that each sample user shows, by name. */
function printedUsers(): Map<string, string> {
  const lines = edge.stdout().split("\n");
  const first = lines.indexOf("Sample users, and what each one shows:") + 2;
  const users = new Map<string, string>();
  let current = "";
  for (const line of lines.slice(first, lines.indexOf("", first))) {
    const [, name = "", text = ""] = /^ {2}(\S*) +(\S.*)$/.exec(line) ?? [];
    if (name !== "") current = name;
    users.set(current, [users.get(current) ?? "", text].join(" ").trim());
  }
  return users;
}

async function tryOut(name: string) {
  const shows = printedUsers().get(name);
  if (shows === undefined) throw new Error(`no ${name} is printed`);
  const token = sampleTokenOf(edge, name);
  const { status, body } = await call(edge, { body: tokenReview(token) });
  const isAbout = (record: unknown) => JSON.stringify(record).includes(credentialIdOf(token));
  const decision = await until(() => edge.decisions().find(isAbout) ?? false, 10_000, `a decision about ${name}`);
  return { shows, outcome: outcomeOf(status, body, decision) };
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

it("prints the sample users of whom it is known here what they show", () => {
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
