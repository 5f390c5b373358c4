// Entries for workflows: two numbers are looked up, and whether an environment keeps anything out.
import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../../../../src/cli/command.ts";
import { createLookup } from "../../../../../src/cli/commands/pin/lookup.ts";
import { namedEntriesIn } from "../../../../../src/cli/commands/pin/named-entries.ts";
import { planPins } from "../../../../../src/cli/commands/pin/plan.ts";
import { settingOf } from "../../../../../src/cli/config-file/file.ts";
import type { GitHubReply, GitHubRequest } from "../../../../../src/worker/github/client.ts";
import { configFile } from "../../support/config-file.ts";

const restUrl = "https://github.test";
const shop = { id: 9001, full_name: "Acme/shop", owner: { id: 1234, login: "Acme" } };
const shopPath = "/repos/acme/shop";
const production = `${shopPath}/environments/production`;
const reviewed = { name: "production", protection_rules: [{ id: 1, type: "required_reviewers" }] };
const unprotected = { name: "production", protection_rules: [], deployment_branch_policy: null };

const workflow = "workflow:acme/shop/.github/workflows/deploy.yml@refs/heads/main";

/** @param answers by path; anything else is not there */
async function pin(entry: string, answers: Readonly<Record<string, unknown>>, statuses: Record<string, number> = {}) {
  const requests: GitHubRequest[] = [];
  const client = {
    async send(request: GitHubRequest): Promise<GitHubReply> {
      requests.push(request);
      const path = request.url.slice(restUrl.length);
      const status = statuses[path] ?? (path in answers ? 200 : 404);
      return { kind: "answered", status, headers: new Headers(), text: JSON.stringify(answers[path] ?? {}) };
    },
  };
  const lookup = createLookup({ client, restUrl, token: "a-token" });
  const list = entry.startsWith("repository:") ? "deny" : "allow";
  const { settings } = configFile(`[vars.CLUSTER_A]\n${list} = [${JSON.stringify(entry)}]`);
  const answered = await Promise.all(
    namedEntriesIn(settings).map(async (one) => ({ entry: one, lookedUp: await lookup(one.named) })),
  );
  const { pins, diagnostics } = planPins(answered, {
    locate: (path) => ({ file: "f", line: 1, setting: settingOf(path.slice(1)) }),
    restUrl,
  });
  const of = (wanted: Diagnostic["severity"]) =>
    diagnostics.filter(({ severity }) => severity === wanted).map(({ message, hint }) => `${message} (${hint})`);
  return {
    pins: pins.map((one) => one.entry.text + one.pin),
    errors: of("error"),
    warnings: of("warning"),
    paths: requests.map(({ url }) => url.slice(restUrl.length)),
  };
}

describe("an entry without its numbers", () => {
  test.each([workflow, "repository:acme/shop"])("gets the owner's and the repository's: %s", async (entry) => {
    expect(await pin(entry, { [shopPath]: shop })).toEqual({
      pins: [`${entry}#1234/9001`],
      errors: [],
      warnings: [],
      paths: [shopPath],
    });
  });

  test("for an environment with rules gets them without a warning", async () => {
    expect(await pin("environment:acme/shop/production", { [shopPath]: shop, [production]: reviewed })).toEqual({
      pins: ["environment:acme/shop/production#1234/9001"],
      errors: [],
      warnings: [],
      paths: [shopPath, production],
    });
  });

  test.each([
    ["is not there", {}, /GitHub shows no environment of that name: any workflow of the repository can make it/],
    ["has no rules", { [production]: unprotected }, /the environment has no rules: any workflow on any branch/],
    [
      "has a timer alone",
      { [production]: { protection_rules: [{ type: "wait_timer" }] } },
      /the environment has no rules/,
    ],
  ])("for an environment that %s gets them with a warning", async (_, answers, warning) => {
    const { pins, errors, warnings } = await pin("environment:acme/shop/production", { [shopPath]: shop, ...answers });
    expect({ pins: pins.length, errors }).toEqual({ pins: 1, errors: [] });
    expect(warnings).toEqual([expect.stringMatching(warning)]);
    expect(warnings[0]).toContain("required reviewers, or the branches that may deploy to it");
  });

  test("names an environment with blanks and slashes as GitHub's address wants it", async () => {
    const path = `${shopPath}/environments/prod%20%2F%20eu%20%C3%B6`;
    const { paths } = await pin("environment:acme/shop/prod / eu ö", { [shopPath]: shop, [path]: reviewed });
    expect(paths).toEqual([shopPath, path]);
  });

  test.each([
    ["that GitHub does not show", {}, {}, "GitHub shows this token no such repository"],
    ["that was renamed", {}, { [shopPath]: 301 }, "the repository has another name or owner by now"],
    ["that is another one", { [shopPath]: { ...shop, full_name: "eve/shop" } }, {}, "GitHub's answer does not have"],
    ["with a number that is none", { [shopPath]: { ...shop, id: 0 } }, {}, "GitHub's answer does not have"],
    ["with an owner that is none", { [shopPath]: { ...shop, owner: null } }, {}, "GitHub's answer does not have"],
  ])("of a repository %s is an error, and no redirect is followed", async (_, answers, statuses, message) => {
    const { pins, errors, paths } = await pin(workflow, answers, statuses);
    expect(pins).toEqual([]);
    expect(errors).toEqual([expect.stringContaining(message)]);
    expect(paths).toEqual([shopPath]);
  });
});

describe("an entry with its numbers", () => {
  test("is as it was where they are right", async () => {
    const { pins, errors, warnings } = await pin(`${workflow}#1234/9001`, { [shopPath]: shop });
    expect({ pins, errors, warnings }).toEqual({ pins: [], errors: [], warnings: [] });
  });

  test.each([
    ["was made anew", { [shopPath]: { ...shop, id: 9002 } }, {}, "the name belongs to #1234/9002 now"],
    ["went to another owner", { [shopPath]: { ...shop, owner: { id: 7 } } }, {}, "the name belongs to #7/9001 now"],
    ["was renamed", {}, { [shopPath]: 301 }, "the repository has another name or owner by now"],
    ["is not shown", {}, {}, "GitHub shows this token no such repository"],
  ])("is warned about where the repository %s", async (_, answers, statuses, message) => {
    const { pins, errors, warnings } = await pin(`${workflow}#1234/9001`, answers, statuses);
    expect({ pins, errors }).toEqual({ pins: [], errors: [] });
    expect(warnings).toEqual([expect.stringContaining(message)]);
    expect(warnings[0]).toContain("https://github.test/repositories/9001 shows what it is called now");
  });

  test("is warned about where its environment has no rules", async () => {
    const entry = "environment:acme/shop/production#1234/9001";
    const { warnings } = await pin(entry, { [shopPath]: shop, [production]: unprotected });
    expect(warnings).toEqual([expect.stringContaining("the environment has no rules")]);
  });
});
