// GitHub Enterprise Server: its API lies under a path of its own, numbers mean something on their host alone, and it
// says early what it is going to take away.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { Source } from "../identity/case.ts";
import { people, type Scene, startScene } from "../identity/scene.ts";
import { type GitHubUnderPrefix, startGitHubUnderPrefix } from "../support/github-under-prefix.ts";
import { logDeadline, useWorker } from "../support/worker-harness.ts";

let scene: Scene;
let enterprise: GitHubUnderPrefix;
beforeAll(async () => {
  scene = await startScene();
  enterprise = await startGitHubUnderPrefix(scene.github.url);
});
afterAll(async () => {
  await enterprise.close();
  await scene.close();
});
beforeEach(() => {
  enterprise.requests.length = 0;
});

const clusters = {
  acme: { allow: ["org:acme#1234"], token_kinds: ["classic", "oauth"], oauth_clients: ["Ov23.acme-cli"] },
  crowd: { allow: ["org:crowd#8001"], token_kinds: ["classic"] },
};

function useEnterprise(source: Source) {
  return useWorker(async () => ({
    githubApiUrl: enterprise.restUrl,
    vars: { ...scene.settingsOf(source), GITHUB_API_URL: enterprise.restUrl },
    clusters,
  }));
}

describe("with people's own tokens", () => {
  const worker = useEnterprise("own_token");

  test("every call stays under the path, and the host is part of the identity", async () => {
    const { review } = worker();
    const token = scene.tokenOf("ada", { kind: "classic", scopes: ["read:org"] });
    const { user } = JSON.parse((await review(token)).body).status;
    expect(user).toMatchObject({
      username: "github:ada:101",
      uid: String(people.ada.id),
      groups: ["github:Acme", "github:Acme/backups", "github:Acme/platform", "github:Acme/storage"],
    });
    expect(user.extra["octogate.dev/github-host"]).toEqual([enterprise.host]);
    expect(enterprise.requests.sort()).toEqual([
      "GET /api/v3/orgs/Acme/teams/platform",
      "GET /api/v3/orgs/Acme/teams/storage",
      "GET /api/v3/user",
      "GET /api/v3/user/memberships/orgs/acme",
      "GET /api/v3/user/teams?per_page=100",
    ]);
  });

  test("lists are followed under the path, to their end", async () => {
    const token = scene.tokenOf("sven", { kind: "classic", scopes: ["read:org"] });
    const { status } = JSON.parse((await worker().review(token, { cluster: "crowd" })).body);
    expect(status).toMatchObject({ authenticated: true, user: { groups: ["github:crowd"] } });
    expect(enterprise.requests.filter((request) => request.includes("/user/teams"))).toHaveLength(11);
  });

  test("Deprecation and Sunset are noticed, and said once", async () => {
    const { review, logLines } = worker();
    const notices = () => logLines().filter((line) => line.includes("is going to retire an API"));
    scene.github.extraHeaders = { deprecation: "@1767225600", sunset: "Fri, 10 Mar 2028 00:00:00 GMT" };
    try {
      for (const person of ["ada", "ben"] as const) {
        await review(scene.tokenOf(person, { kind: "classic", scopes: ["read:org"] }));
      }
    } finally {
      scene.github.extraHeaders = {};
    }
    await vi.waitFor(() => expect(notices()).toHaveLength(1), logDeadline);
    expect(notices()[0]).toContain("it works until Fri, 10 Mar 2028 00:00:00 GMT");
  });
});

describe("with an installed app", () => {
  const worker = useEnterprise("installed_app");

  test("GraphQL lies beside the REST API", async () => {
    const token = scene.tokenOf("ben", { kind: "classic" });
    const { status } = JSON.parse((await worker().review(token)).body);
    expect(status).toMatchObject({ authenticated: true, user: { groups: ["github:Acme", "github:Acme/platform"] } });
    expect(enterprise.requests.map((request) => request.replace(/\d{6,}/, "N")).sort()).toEqual([
      "GET /api/v3/orgs/Acme/memberships/ben",
      "GET /api/v3/orgs/acme/installation",
      "GET /api/v3/user",
      "POST /api/graphql",
      "POST /api/v3/app/installations/N/access_tokens",
    ]);
  });
});

describe("with check-token", () => {
  const worker = useEnterprise("check_token");

  test("an app is asked about under the path", async () => {
    const token = scene.tokenOf("ben", { kind: "oauth", client: "acme-cli", scopes: ["read:org"] });
    expect(JSON.parse((await worker().review(token)).body).status.authenticated).toBe(true);
    expect(enterprise.requests).toContain("POST /api/v3/applications/Ov23.acme-cli/token");
  });
});
