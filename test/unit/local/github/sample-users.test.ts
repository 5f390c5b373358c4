// Names and tokens of the sample users. What each of them shows is proven where the Worker decides:
// test/worker/local-edge/sample-users.test.ts, and the test of `octogate explain` for the sample users.
import { expect, test } from "vitest";
import { addSampleUsers } from "../../../../src/local/github/sample-users.ts";
import { start } from "./support.ts";

test("each sample user has a name, a token of their own and a line that says what it shows", async () => {
  const { users } = addSampleUsers(await start());
  expect(users.map(({ name }) => name)).toEqual([
    ...["admitted", "outsider", "blocked", "revoked", "unlisted-app", "github-down"],
    ...["org-member", "team-member", "invited", "no-scope", "no-sso", "other-owner", "left-team"],
  ]);
  expect(new Set(users.map(({ token }) => token)).size).toBe(users.length);
  for (const { shows } of users) expect(shows).toMatch(/^(authenticated|unauthenticated|denied|undetermined)\b.*\S$/);
});

test("the tokens of an earlier start are issued again, but none that is damaged or belongs to another user", async () => {
  const before = addSampleUsers(await start()).users;
  const tokens = new Map(before.map(({ name, token }) => [name, token]));
  expect(addSampleUsers(await start(), tokens).users).toEqual(before);

  const admitted = tokens.get("admitted") ?? "";
  const damaged = new Map([...tokens, ["outsider", "no-token"], ["blocked", admitted]]);
  const changed = addSampleUsers(await start(), damaged).users.filter(({ name, token }) => tokens.get(name) !== token);
  expect(changed.map(({ name }) => name)).toEqual(["outsider", "blocked"]);
  expect(changed.map(({ token }) => token)).not.toContain(admitted);
});
