// What a review costs at GitHub, exactly, on the real runtime; test/unit/worker/github-calls.test.ts has the crowds.
// Nothing is remembered yet but whom the installed app was told to be no member: every review of a person asks anew.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { classic, fineGrained } from "../identity/case.ts";
import { type Scene, startScene } from "../identity/scene.ts";
import { countCalls } from "../support/github-calls.ts";
import { useWorker, type WorkerUnderTest } from "../support/worker-harness.ts";

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.github.requests.length = 0;
});

const clusters = {
  acme: { allow: ["org:acme#1234"], token_kinds: ["classic", "fine_grained"] },
  both: { allow: ["org:acme#1234", "org:globex#2345"], token_kinds: ["classic", "fine_grained"] },
  renamed: { allow: ["org:wonka#7003"], token_kinds: ["classic"] },
  "by-name": { allow: ["user:ada#101"], groups_from: ["acme#1234"], token_kinds: ["classic"] },
  clients: { allow: ["org:acme#1234"], token_kinds: ["oauth"], oauth_clients: ["Ov23.acme-cli", "Iv23.acme-portal"] },
};
type Cluster = keyof typeof clusters;

const reads = classic("read:org");

/** @returns the calls to GitHub by endpoint while a token is reviewed so many times */
async function costOf(worker: WorkerUnderTest, cluster: Cluster, token: string, times: number) {
  for (let time = 0; time < times; time += 1) await worker.review(token, { cluster });
  return countCalls(scene.github.requests);
}

/** One request of kubectl is one review, and the first command of a user is five of them. */
const requestsOfKubectl = 5;

/** How many reviews asked GitHub: values are remembered, never promises, so those that overlap each ask. */
function roundsOf(requests: readonly { readonly path: string }[]): number {
  const rounds = requests.filter(({ path }) => path === "/user").length;
  expect(rounds).toBeGreaterThanOrEqual(1);
  expect(rounds).toBeLessThanOrEqual(100);
  return rounds;
}

describe("with people's own tokens", () => {
  const worker = useWorker(async () => ({
    githubApiUrl: scene.github.url,
    vars: scene.settingsOf("own_token"),
    clusters,
  }));

  test.each<[string, Cluster, Parameters<Scene["tokenOf"]>, Record<string, number>]>([
    ["one organisation", "acme", ["cleo", reads], membership(1)],
    ["a fine-grained token", "acme", ["cleo", fineGrained("acme")], membership(1)],
    ["two organisations", "both", ["gina", reads], membership(2)],
    ["each parent team", "acme", ["ada", reads], { ...membership(1), "GET /orgs/{org}/teams/{team}": 2 }],
    [
      "a renamed organisation",
      "renamed",
      ["nora", reads],
      { ...membership(1), "GET /user/memberships/orgs/{org}": 2, "GET /user/{id}": 1 },
    ],
    ["a token without the scope", "acme", ["cleo", classic()], { "GET /user": 1 }],
    ["a person whom no entry could admit", "by-name", ["cleo", reads], { "GET /user": 1 }],
    ["a refused token", "acme", ["cleo", { ...reads, fate: { kind: "revoked" } }], { "GET /user": 1 }],
    ["a kind that is not welcome", "acme", ["cleo", { kind: "oauth" }], {}],
    ["a token that is not from GitHub", "acme", ["cleo", { kind: "service_account" }], {}],
  ])("one person: %s", async (_, cluster, [person, spec], calls) => {
    expect(await costOf(worker(), cluster, scene.tokenOf(person, spec), 1)).toEqual(calls);
  });

  test("five requests of one kubectl cost no more than the first of them", async () => {
    const token = scene.tokenOf("cleo", reads);
    expect(await costOf(worker(), "acme", token, requestsOfKubectl)).toEqual(membership(1));
  });

  test("100 parallel reviews of one token cost at most as much as those that came before the first was answered", async () => {
    const token = scene.tokenOf("cleo", reads);
    await Promise.all(Array.from({ length: 100 }, () => worker().review(token, { cluster: "acme" })));
    expect(await costOf(worker(), "acme", token, 1)).toEqual(times(roundsOf(scene.github.requests), membership(1)));
  });
});

describe("with an installed app", () => {
  const worker = useWorker(async () => ({
    githubApiUrl: scene.github.url,
    vars: scene.settingsOf("installed_app"),
    clusters,
  }));

  test("the first review in an isolate asks for the installations and a token, once for everybody", async () => {
    const calls = await costOf(worker(), "acme", scene.tokenOf("ada", classic()), 1);
    expect(calls).toEqual({
      ...byApp(1),
      "GET /orgs/{org}/installation": 1,
      "POST /app/installations/{id}/access_tokens": 1,
    });
    scene.github.requests.length = 0;
    expect(await costOf(worker(), "acme", scene.tokenOf("cleo", fineGrained()), 1)).toEqual(byApp(1));
  });

  test("five requests of one kubectl cost no more than the first of them", async () => {
    const token = scene.tokenOf("ada", classic());
    expect(await costOf(worker(), "acme", token, requestsOfKubectl)).toEqual(byApp(1));
  });

  test("100 parallel reviews of one token cost at most as much as those that came before the first was answered", async () => {
    const token = scene.tokenOf("cleo", classic());
    await Promise.all(Array.from({ length: 100 }, () => worker().review(token, { cluster: "acme" })));
    expect(await costOf(worker(), "acme", token, 1)).toEqual(times(roundsOf(scene.github.requests), byApp(1)));
  });

  test("an outsider who comes back costs no call for a while", async () => {
    const token = scene.tokenOf("emil", classic());
    const calls = await costOf(worker(), "acme", token, 20);
    expect(calls).toEqual(byApp(1));
  });
});

describe("with check-token", () => {
  const worker = useWorker(async () => ({
    githubApiUrl: scene.github.url,
    vars: scene.settingsOf("check_token"),
    clusters,
  }));

  test("one call for each listed client comes before GET /user", async () => {
    const token = scene.tokenOf("cleo", { kind: "oauth", client: "acme-cli", scopes: ["read:org"] });
    expect(await costOf(worker(), "clients", token, 1)).toEqual({
      ...membership(1),
      "POST /applications/{client}/token": 2,
    });
  });
});

function membership(organisations: number): Record<string, number> {
  return { "GET /user": 1, "GET /user/teams": 1, "GET /user/memberships/orgs/{org}": organisations };
}

function byApp(people: number): Record<string, number> {
  return { "GET /user": people, "GET /orgs/{org}/memberships/{login}": people, "POST /graphql": people };
}

function times(factor: number, calls: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(calls).map(([name, count]) => [name, count * factor]));
}
