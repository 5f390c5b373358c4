import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeAppClientId, makeToken } from "../../../../src/local/github/token.ts";
import type { GitHubClient, GitHubReply, GitHubRequest } from "../../../../src/worker/github/client.ts";
import type { LookupFailure } from "../../../../src/worker/github/facts.ts";
import { createGitHubFacts } from "../../../../src/worker/github/github-facts.ts";
import { createAppCredentials } from "../../../../src/worker/github/memberships/app-credentials.ts";
import { createInstalledAppMemberships } from "../../../../src/worker/github/memberships/installed-app.ts";
import { ownTokenMemberships } from "../../../../src/worker/github/memberships/own-token.ts";
import { inconsistentResponses } from "../../../../src/worker/github/outcomes.ts";
import { createTrace, decidingCall, type TracedCall } from "../../../../src/worker/github/trace.ts";
import { partsOf } from "../support.ts";
import {
  appPrivateKey,
  graphqlBody,
  installationBody,
  startMs,
  teamNode,
} from "./memberships/installed-app-support.ts";
import {
  acme,
  api,
  fixedMemberships,
  json,
  linkTo,
  loadFacts,
  membershipBody,
  octocat,
  octocatInAcme,
  paths,
  refusals,
  requestAbout,
  scriptGitHub,
  scriptOfMember,
  teamBody,
} from "./support.ts";

/** A call of the trace; its name is its URL. */
function callOf(url: string, endpoint: string, outcome: TracedCall["outcome"]): TracedCall {
  return {
    endpoint,
    method: "GET",
    url,
    status: 200,
    requestId: null,
    retryAfterMs: null,
    headers: null,
    message: "",
    durationMs: 0,
    outcome,
  };
}

describe("a trace", () => {
  test("has no calls at first", () => {
    expect(createTrace().calls()).toEqual([]);
  });

  test("has the calls that have ended, in the order in which they began", () => {
    const trace = createTrace();
    const [first, second, third] = ["1", "2", "3"].map((url) => callOf(url, "user", { kind: "ok" }));
    const [endFirst, endSecond, endThird] = [trace.begin(), trace.begin(), trace.begin()];
    if (first === undefined || second === undefined || third === undefined) throw new Error("three calls");
    endThird(third);
    expect(trace.calls()).toEqual([third]);
    endFirst(first);
    expect(trace.calls()).toEqual([first, third]);
    endSecond(second);
    expect(trace.calls()).toEqual([first, second, third]);
  });
});

describe("the call that decides", () => {
  const found = { kind: "found" } as const;
  const ok = { kind: "ok" };
  const timeout: LookupFailure = { kind: "unavailable", reason: "github_timeout" };
  const reserved: LookupFailure = { kind: "limited", reason: "shared_quota_reserved" };

  function decidedBy(outcome: LookupFailure | typeof found, ...calls: TracedCall[]): string | null {
    const trace = createTrace();
    for (const call of calls) trace.begin()(call);
    return decidingCall(trace, outcome)?.url ?? null;
  }

  test("is the call about the owner, where the facts were found", () => {
    const memberships = callOf("memberships", "ownMembership", ok);
    expect(decidedBy(found, memberships, callOf("user", "user", ok))).toBe("user");
    const none = callOf("other check", "checkToken", { kind: "absent" });
    const check = callOf("check", "checkToken", ok);
    expect(decidedBy(found, none, check, memberships)).toBe("check");
    expect(decidedBy(found, check, none, memberships)).toBe("check");
  });

  test("is the later call about the owner, where one review loaded twice", () => {
    expect(decidedBy(found, callOf("first", "user", ok), callOf("second", "user", ok))).toBe("second");
  });

  test("is the call that failed, by its very outcome", () => {
    const calls = [
      callOf("user", "user", ok),
      callOf("first", "ownMembership", { ...timeout }),
      callOf("second", "ownMembership", timeout),
      callOf("third", "ownTeams", { ...timeout }),
    ];
    expect(decidedBy(timeout, ...calls)).toBe("second");
  });

  test("is the one that failed, where responses are inconsistent", () => {
    const refused = callOf("teams", "ownTeams", { kind: "refused", reason: "token_refused" });
    const hidden = callOf("hidden", "ownMembership", { kind: "hidden", reason: "sso_required" });
    expect(decidedBy(inconsistentResponses, callOf("user", "user", ok), hidden, refused)).toBe("teams");
    expect(decidedBy(inconsistentResponses, callOf("user", "user", ok), refused, hidden)).toBe("teams");
  });

  test("is the last one, and not the owner's, where responses are inconsistent and none failed", () => {
    const [owner, membership, teams] = [
      callOf("user", "user", ok),
      callOf("membership", "ownMembership", { kind: "absent" }),
      callOf("teams", "ownTeams", ok),
    ];
    expect(decidedBy(inconsistentResponses, owner, membership, teams)).toBe("teams");
    expect(decidedBy(inconsistentResponses, membership, teams, owner)).toBe("teams");
    expect(decidedBy(inconsistentResponses, membership, callOf("check", "checkToken", ok))).toBe("membership");
    expect(decidedBy(inconsistentResponses, callOf("other", "user", ok), owner)).toBe("user");
  });

  test("is the last check where the token is none of the cluster's clients", () => {
    const check = (url: string) => callOf(url, "checkToken", { kind: "absent" });
    const mismatch: LookupFailure = { kind: "refused", reason: "token_client_mismatch" };
    expect(decidedBy(mismatch, check("first"), check("second"))).toBe("second");
  });

  test("is none where the quota that all users share allows no call", () => {
    expect(decidedBy(reserved, callOf("user", "user", ok))).toBeNull();
    const unrelated = callOf("teams", "teamsOfUser", { ...timeout });
    expect(decidedBy(reserved, callOf("user", "user", ok), unrelated)).toBeNull();
    expect(decidedBy(reserved, callOf("check", "checkToken", reserved))).toBe("check");
  });

  test("is none where GitHub was not called", () => {
    for (const outcome of [found, timeout, reserved, inconsistentResponses]) {
      expect(decidedBy(outcome)).toBeNull();
    }
  });
});

describe("the call that decides, in a whole lookup", () => {
  test.each(refusals)("is the one that is inconsistent with the owner: %s", async (_, answer) => {
    const github = scriptGitHub({ ...scriptOfMember(), [paths.teams]: answer });
    const { outcome, call } = await loadFacts(github);
    expect(outcome).toEqual(inconsistentResponses);
    expect(call?.status).toBe((await answer({ authorization: null, headers: new Headers(), body: "" })).status);
  });

  test("is the page that failed, and not an earlier one of the same list", async () => {
    const second = "/user/teams?per_page=100&page=2";
    const { call } = await loadFacts(
      scriptGitHub({
        ...scriptOfMember(),
        [paths.teams]: json([teamBody(55, "platform")], { ...linkTo(second), "x-github-request-id": "A:1" }),
        [`GET ${second}`]: () =>
          Response.json(
            { message: "Bad credentials" },
            { status: 401, headers: { "retry-after": "7", "x-github-request-id": "A:2" } },
          ),
      }),
    );
    expect(call).toEqual({ status: 401, requestId: "A:2", retryAfterMs: 7_000 });
  });

  test("is the last one, where the owner is inconsistent with an earlier one", async () => {
    const github = scriptGitHub({
      ...scriptOfMember(),
      [paths.membership("acme")]: json(membershipBody(), { "x-github-request-id": "A:1" }),
      [paths.teams]: json([], { "x-github-request-id": "A:2" }),
    });
    const known = { scopes: ["read:org"], oauthClientId: null, expiry: { kind: "never" }, hasAdmitted: true } as const;
    const earlier = { ...known, account: { ...octocat, id: 1 }, validators: null };
    const { outcome, call } = await loadFacts(github, { earlier });
    expect(outcome).toEqual(inconsistentResponses);
    expect(call).toMatchObject({ status: 200, requestId: "A:2" });
  });

  test("is the owner's where a source of memberships makes no call", async () => {
    const github = scriptGitHub({ [paths.user]: json(octocat, { "x-github-request-id": "A:1" }) });
    const { call } = await loadFacts(github, { memberships: fixedMemberships(octocatInAcme).source });
    expect(call).toMatchObject({ status: 200, requestId: "A:1" });
  });
});

describe("a trace holds no token, no secret and no part of one", () => {
  const clientId = makeAppClientId();
  const bodies: Record<string, unknown> = {
    [`/applications/${clientId}/token`]: { app: { client_id: clientId }, scopes: null, user: octocat },
    "/user": octocat,
    "/user/memberships/orgs/acme": membershipBody(),
    "/user/teams?per_page=100": [teamBody(55, "platform", { parent: { id: 7, slug: "all" } })],
    "/orgs/Acme/teams/all": teamBody(7, "all"),
    "/orgs/acme/installation": installationBody(),
    "/orgs/Acme/memberships/octocat": membershipBody(),
    "/graphql": graphqlBody([teamNode(55, "platform")]),
  };
  const expires_at = "2026-11-20T11:00:00Z";
  const failures: readonly GitHubReply[] = [
    { kind: "failed", reason: "github_timeout", status: null, headers: null },
    ...[401, 403, 404, 422, 429, 500].map(
      (status): GitHubReply => ({ kind: "answered", status, headers: new Headers(), text: '{"message":"No"}' }),
    ),
  ];

  /** GitHub, with these failures at these calls; and all credentials that it gets or issues. */
  function gitHubFailing(failing: readonly (number | null)[]) {
    const credentials: string[] = [];
    let calls = 0;
    const client: GitHubClient = {
      async send({ url, authorization, body }: GitHubRequest) {
        credentials.push(authorization?.split(" ")[1] ?? "");
        if (typeof body === "object" && body !== null && "access_token" in body) {
          credentials.push(String(body.access_token));
        }
        const failure = failures[failing[calls] ?? -1];
        calls += 1;
        if (failure !== undefined) return failure;
        const path = url.slice(api.restUrl.length);
        const issued = path.endsWith("/access_tokens") ? makeToken("installation") : null;
        if (issued !== null) credentials.push(issued);
        const status = issued === null ? 200 : 201;
        const text = JSON.stringify(issued === null ? bodies[path] : { token: issued, expires_at });
        return { kind: "answered", status, headers: new Headers({ "x-github-request-id": "A:1" }), text };
      },
    };
    return { client, credentials };
  }

  test("whichever calls fail", async () => {
    let checked = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("classic", "oauth", "app", "fine_grained", "legacy"),
        fc.boolean(),
        fc.array(fc.option(fc.nat(failures.length - 1), { freq: 3 }), { maxLength: 6 }),
        async (tokenKind, byApp, failing) => {
          const { client, credentials } = gitHubFailing(failing);
          const now = () => startMs;
          const secret = makeToken("legacy");
          const memberships = byApp
            ? createInstalledAppMemberships(
                createAppCredentials({ id: "1", privateKey: appPrivateKey }, now),
                now,
                async () => {},
              )
            : ownTokenMemberships;
          const clientSecrets = new Map([[clientId, secret]]);
          const source = createGitHubFacts({ client, api, memberships, clientSecrets, now });
          const trace = createTrace();
          const token = makeToken(tokenKind);
          const request = { ...requestAbout([acme]), tokenKind, oauthClients: [clientId] };
          await source.load(token, request, null, trace);
          const calls = trace.calls();
          expect(calls.length).toBeGreaterThan(0);
          const written = JSON.stringify(calls.map((call) => ({ ...call, headers: [...(call.headers ?? [])] })));
          for (const credential of [token, secret, ...credentials]) {
            const shown = partsOf(credential).filter((part) => written.includes(part));
            expect(shown).toEqual([]);
            checked += 1;
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(checked).toBeGreaterThan(300);
  });
});
