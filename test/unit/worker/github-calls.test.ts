// The calls to GitHub that many visitors cost, exactly: a visitor of a cluster must not be able to spend what others
// need.
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { makeToken, type StandInTokenKind } from "../../../src/local/github/token.ts";
import { createDeployment, type Deployment } from "../../identity/deployment.ts";
import { type Scene, startScene } from "../../identity/scene.ts";
import { countCalls } from "../../support/github-calls.ts";

/** More than the 60 calls that GitHub allows an address without a token. */
const many = 100;
const clusters = {
  acme: { allow: ["org:acme#1234"], token_kinds: ["classic"] },
  "by-name": { allow: ["user:ada#101"], groups_from: ["acme#1234"], token_kinds: ["classic"] },
  clients: { allow: ["org:acme#1234"], token_kinds: ["oauth"], oauth_clients: ["Ov23.acme-cli", "Iv23.acme-portal"] },
};

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene.close());
beforeEach(() => {
  scene.github.requests.length = 0;
});

const madeUp = (kind: StandInTokenKind) => Array.from({ length: many }, () => makeToken(kind));

let passersBy = 0;
/** Accounts that are in no organisation, each with a good token. */
function outsiders(scopes: readonly string[]): string[] {
  const { github } = scene;
  return Array.from({ length: many }, () => {
    passersBy += 1;
    return github.issueToken(github.addAccount({ login: `passer-by-${passersBy}` }), { kind: "classic", scopes });
  });
}

type Review = Deployment["review"];

/** Reviews all tokens, a few at a time. @returns how often each reason was the outcome */
async function reviewAll(review: Review, cluster: string, tokens: readonly string[]) {
  const reasons: Record<string, number> = {};
  const atOnce = 50;
  for (let start = 0; start < tokens.length; start += atOnce) {
    const outcomes = tokens.slice(start, start + atOnce).map((token) => review(cluster, token));
    for (const { reason } of await Promise.all(outcomes)) reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return reasons;
}

describe("with people's own tokens", () => {
  const startReviewer = () => createDeployment({ settings: scene.settingsOf("own_token"), clusters }).review;

  test("made-up tokens with right checksums cost one call each, and are a plain no to the last", async () => {
    expect(await reviewAll(startReviewer(), "acme", madeUp("classic"))).toEqual({
      token_refused: 20,
      // The others are summed up in the log.
      not_github_token: many - 20,
    });
    expect(countCalls(scene.github.requests)).toEqual({ "GET /user": many });
  });

  test("where GitHub counts them as anonymous, they are a plain no when it answers none of them any more", async () => {
    scene.github.counted401 = true;
    onTestFinished(() => {
      scene.github.counted401 = false;
    });
    // The address's anonymous quota is spent after 60 of them: what GitHub does not know then is no outage.
    expect(await reviewAll(startReviewer(), "acme", madeUp("classic"))).toEqual({
      // Tokens that may be made up have twenty lines in the log for each reason, and a plain no without a line then.
      token_refused: 20,
      token_unrecognised: 20,
      not_github_token: many - 40,
    });
    expect(countCalls(scene.github.requests)).toEqual({ "GET /user": many });
  });

  test("a user with a good token gets in while made-up ones have spent the anonymous quota", async () => {
    const token = scene.tokenOf("ben", { kind: "classic", scopes: ["read:org"] });
    expect(await startReviewer()("acme", token)).toMatchObject({ reason: "admitted" });
  });

  test("genuine outsiders are asked about on their own quota", async () => {
    expect(await reviewAll(startReviewer(), "acme", outsiders(["read:org"]))).toEqual({ not_allowed: many });
    expect(countCalls(scene.github.requests)).toEqual({
      "GET /user": many,
      "GET /user/teams": many,
      "GET /user/memberships/orgs/{org}": many,
      // Where the organisation is pinned: it may have another name by now.
      "GET /user/{id}": many,
    });
    expect(new Set(scene.github.requests.map(({ token }) => token)).size).toBe(many);
  });

  test("genuine outsiders cost one call each where no organisation could let them in", async () => {
    expect(await reviewAll(startReviewer(), "by-name", outsiders(["read:org"]))).toEqual({ not_allowed: many });
    expect(countCalls(scene.github.requests)).toEqual({ "GET /user": many });
  });
});

describe("with an installed app", () => {
  const startReviewer = (now?: () => number) =>
    createDeployment({ settings: scene.settingsOf("installed_app"), clusters, ...(now === undefined ? {} : { now }) })
      .review;
  const person = { "GET /orgs/{org}/memberships/{login}": 1, "POST /graphql": 1 };

  /** For so long the app's own token is new, and a call that GitHub refuses is made once more. */
  const newTokenMs = 5_000;

  /** Lets a reviewer have its installation and a token. */
  async function warm(review: Review): Promise<Review> {
    await review("acme", scene.tokenOf("ben", { kind: "classic" }));
    scene.github.requests.length = 0;
    return review;
  }

  test("genuine outsiders cost the app one question each, even if they come again", async () => {
    let now = Date.now();
    const review = await warm(startReviewer(() => now));
    now += newTokenMs;
    const tokens = outsiders([]);
    for (const _visit of [1, 2, 3]) expect(await reviewAll(review, "acme", tokens)).toEqual({ not_allowed: many });
    expect(countCalls(scene.github.requests)).toEqual({
      "GET /user": many,
      "GET /orgs/{org}/memberships/{login}": many,
      "POST /graphql": many,
    });
  });

  test("GitHub is asked about an outsider anew after 10 s: a person who was let in a moment ago gets in", async () => {
    let now = Date.now();
    const review = await warm(startReviewer(() => now));
    now += newTokenMs;
    const token = scene.tokenOf("emil", { kind: "classic" });
    const countOf = async (waitMs: number) => {
      now += waitMs;
      scene.github.requests.length = 0;
      await review("acme", token);
      return countCalls(scene.github.requests);
    };
    expect(await countOf(0)).toEqual({ "GET /user": 1, ...person });
    expect(await countOf(9_999)).toEqual({});
    expect(await countOf(1)).toEqual({ "GET /user": 1, ...person });
  });

  test.each(["acme", "by-name"])("made-up tokens cost the app nothing: %s", async (cluster) => {
    await reviewAll(startReviewer(), cluster, madeUp("classic"));
    expect(countCalls(scene.github.requests)).toEqual({ "GET /user": many });
  });

  test("genuine outsiders cost the app nothing where no organisation could let them in", async () => {
    expect(await reviewAll(startReviewer(), "by-name", outsiders([]))).toEqual({ not_allowed: many });
    expect(countCalls(scene.github.requests)).toEqual({ "GET /user": many });
  });
});

test("with check-token, made-up tokens cost nothing of the anonymous quota", async () => {
  const { review } = createDeployment({ settings: scene.settingsOf("check_token"), clusters });
  expect(await reviewAll(review, "clients", madeUp("oauth"))).toEqual({
    token_client_mismatch: 20,
    not_github_token: many - 20,
  });
  expect(countCalls(scene.github.requests)).toEqual({ "POST /applications/{client}/token": 2 * many });
});
