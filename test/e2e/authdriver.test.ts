// What a current kube-apiserver makes of Octogate's answers: its own client code asks, with its own retries, in both
// versions.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { review } from "./support/authdriver.ts";
import { decisionsFromHere, untilDecided } from "./support/decisions.ts";
import { makeForeignCaller } from "./support/foreign-caller.ts";
import { needs } from "./support/needs.ts";
import { type Octogate, personOf, startOctogate } from "./support/octogate.ts";

const title = "a current kube-apiserver's client";

/** For how long kube-apiserver waits for an answer. */
const patienceMs = 30_000;

describe(title, needs("authdriver"), () => {
  let octogate: Octogate;
  beforeAll(async () => {
    octogate = await startOctogate();
  });
  afterAll(() => octogate?.stop());

  const versions = ["v1", "v1beta1"] as const;

  /** Has one token reviewed, and finds the decisions that this took: retries would make them many. */
  async function reviewAndCount(version: (typeof versions)[number], token: string) {
    const { github, maintainer, edge, webhookKubeconfig } = octogate;
    // Whatever was asked about the token is in the log once a later review is. That one is told apart by its reason.
    const last = github.issueToken(maintainer, { kind: "classic" });
    github.setFault(last, { kind: "redirect", status: 302, location: github.url });
    const decisions = decisionsFromHere(edge());
    const [reviewed] = await review(webhookKubeconfig, [token, last], { version });
    await untilDecided(decisions, ({ reason }) => reason === "github_redirect");
    return {
      reviewed,
      decided: decisions()
        .map(({ verdict, reason }) => `${verdict}: ${reason}`)
        .slice(0, -1),
    };
  }

  describe.each(versions)("in %s", (version) => {
    test("is told once who a person is", async () => {
      const { github, maintainer } = octogate;
      const token = github.issueToken(maintainer, { kind: "fine_grained" });

      const { reviewed, decided } = await reviewAndCount(version, token);

      expect(reviewed).toMatchObject({
        ok: true,
        user: `github:${personOf(maintainer)}`,
        uid: String(maintainer.id),
      });
      expect(reviewed?.err).toBeUndefined();
      expect(decided).toEqual(["authenticated: admitted"]);
    });

    test("is told a plain no once about an outsider", async () => {
      const { github, outsider } = octogate;
      const token = github.issueToken(outsider, { kind: "classic" });

      const { reviewed, decided } = await reviewAndCount(version, token);

      expect(reviewed?.ok).toBe(false);
      expect(reviewed?.err).toBeUndefined();
      expect(decided).toEqual(["unauthenticated: not_allowed"]);
    });

    test("is told a plain no once about a token that GitHub refuses", async () => {
      const { github, maintainer } = octogate;
      const token = github.issueToken(maintainer, { kind: "classic" });
      github.revokeToken(token);

      const { reviewed, decided } = await reviewAndCount(version, token);

      expect(reviewed?.ok).toBe(false);
      expect(reviewed?.err).toBeUndefined();
      expect(decided).toEqual(["unauthenticated: token_refused"]);
    });

    test("is told once why a person who could put it right is denied", async () => {
      const { github, maintainer } = octogate;
      const token = github.issueToken(maintainer, { kind: "classic" });
      github.setFault(token, { kind: "suspended" });

      const { reviewed, decided } = await reviewAndCount(version, token);

      expect(reviewed).toMatchObject({ ok: false, err: expect.stringContaining("account_suspended") });
      expect(decided).toEqual(["denied: account_suspended"]);
    });

    test("is told once that nothing is known while GitHub is down", async () => {
      const { github, maintainer } = octogate;
      const token = github.issueToken(maintainer, { kind: "classic" });
      github.setFault(token, { kind: "server_error", status: 503, body: "unicorn_html" });

      const { reviewed, decided } = await reviewAndCount(version, token);

      expect(reviewed).toMatchObject({ ok: false, err: expect.stringContaining("github_server_error") });
      expect(decided).toEqual(["undetermined: github_server_error"]);
    });

    test("is told a plain no about tokens that are not GitHub's, which never get there", async () => {
      const { github, webhookKubeconfig } = octogate;
      const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const jwt = `${base64url({ alg: "RS256" })}.${base64url({ sub: "system:serviceaccount:a:b" })}.${base64url({})}`;
      const refreshToken = github.issueToken(octogate.maintainer, { kind: "refresh" });
      const foreign = [jwt, refreshToken, "abcdef.0123456789abcdef", "words"];
      github.requests.length = 0;

      for (const reviewed of await review(webhookKubeconfig, foreign, { version })) {
        expect(reviewed.ok).toBe(false);
        expect(reviewed.err).toBeUndefined();
      }

      expect(github.requests).toEqual([]);
    });

    test("does not authenticate anybody for a foreign audience", async () => {
      const { github, maintainer, webhookKubeconfig } = octogate;
      const token = github.issueToken(maintainer, { kind: "classic" });

      const [reviewed] = await review(webhookKubeconfig, [token], { version, audience: "vault" });

      expect(reviewed?.ok).toBe(false);
      expect(reviewed?.user).toBeUndefined();
    });
  });

  test("is told once, long before it gives up, that GitHub does not answer", async () => {
    const { github, maintainer } = octogate;
    const token = github.issueToken(maintainer, { kind: "classic" });
    github.setFault(token, { kind: "hang" });

    const { reviewed, decided } = await reviewAndCount("v1", token);

    expect(reviewed).toMatchObject({ ok: false, err: expect.stringContaining("github_timeout") });
    expect(reviewed?.ms).toBeLessThan(patienceMs / 3);
    expect(decided).toEqual(["undetermined: github_timeout"]);
  });

  test("learns the fingerprint to list if its certificate is no cluster's", async () => {
    const { github, maintainer, folder, webhookKubeconfig } = octogate;
    const foreign = await makeForeignCaller(folder, webhookKubeconfig);
    const token = github.issueToken(maintainer, { kind: "classic" });

    const [reviewed] = await review(foreign.webhookKubeconfig, [token]);

    expect(reviewed).toMatchObject({ ok: false, err: expect.stringContaining(foreign.fingerprint) });
    expect(github.requests.filter((request) => request.token === token)).toEqual([]);
  });
});
