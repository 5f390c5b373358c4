// What never happens, whatever comes: an answer that is not in the table, an exception that gets out, a token that gets
// written down.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import { credentialIdOf } from "../../../src/worker/credential/credential-id.ts";
import {
  cfOf,
  clusterTable,
  environment,
  errorAnswer,
  partsOf,
  recordIn,
  startApp,
  startOfTests,
  statusIn,
  userAnswer,
} from "./support.ts";

describe("an exception", () => {
  /** A clock that breaks down at its n-th use, with a message that quotes what is being worked on. */
  function brokenClock(uses: number, error: () => unknown) {
    let count = 0;
    return () => {
      count += 1;
      if (count === uses) throw error();
      return startOfTests;
    };
  }

  test("is a 503, with its stack and without the token in the log", async () => {
    const token = makeToken("classic");
    const messages = [`token ${token}`, `\n    at ${token}`, `x\n    at ${token} (file.ts:1:1)\n    at y`];
    for (const message of messages) {
      const now = brokenClock(2, () => new TypeError(message));
      const { review, errors, lines } = startApp({ now, github: async () => userAnswer() });
      const response = await review(token);
      expect([...response.headers.keys()]).toEqual(["content-type"]);
      expect(await statusIn(response)).toMatchObject({
        code: 503,
        message: expect.stringMatching(/^internal_error: /),
      });
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(/^an exception: TypeError\n\s+at .*app-invariants\.test\.ts/);
      expect(lines.map(recordIn)).toMatchObject([
        { cluster: "production", verdict: "undetermined", reason: "internal_error" },
      ]);
      for (const part of partsOf(token)) expect(errors.concat(lines).join("\n")).not.toContain(part);
    }
  });

  test("of a kind of its own, without a stack, with the token in its name: still nothing of it in the log", async () => {
    const token = makeToken("classic");
    for (const changes of [{ stack: undefined }, { stack: `${token}\n` }, { name: token }]) {
      const now = brokenClock(2, () => Object.assign(new Error(token), changes));
      const { review, errors } = startApp({ now, github: async () => userAnswer() });
      expect((await review(token)).status).toBe(503);
      for (const part of partsOf(token)) expect(errors.join("\n")).not.toContain(part);
    }
  });

  test("that is no Error is a 503, too", async () => {
    const token = makeToken("classic");
    for (const thrown of [token, null, undefined, { token }]) {
      const { review, errors } = startApp({ now: brokenClock(2, () => thrown), github: async () => userAnswer() });
      expect((await statusIn(await review(token))).code).toBe(503);
      expect(errors).toHaveLength(1);
      expect(errors.join("\n")).not.toContain(token);
    }
  });

  test("before the caller is known is a 503 without a line in the decision log", async () => {
    const { review, errors, lines } = startApp({ now: brokenClock(1, () => new Error("no clock")) });
    expect((await statusIn(await review("x"))).code).toBe(503);
    expect(errors).toHaveLength(1);
    expect(lines).toEqual([]);
  });
});

const anyGitHub: [description: string, answer: () => Response | Promise<Response>][] = [
  ["a person", () => userAnswer()],
  ["an outsider", () => userAnswer({ id: 2, login: "hubot" })],
  ["a bot", () => userAnswer({ type: "Bot" })],
  ["an app", () => userAnswer({}, { "x-oauth-client-id": "Iv1.a" })],
  ["an invalid response", () => userAnswer({ id: "1" })],
  ["a refusal", () => errorAnswer(401, "Bad credentials")],
  ["a suspension", () => errorAnswer(403, "Sorry. Your account was suspended")],
  ["a limit", () => errorAnswer(429, "Slow", { "retry-after": "60" })],
  ["an anonymous limit", () => errorAnswer(403, "API rate limit exceeded", { "x-ratelimit-limit": "60" })],
  ["an outage", () => new Response("<html>", { status: 502 })],
  ["a redirect", () => Response.redirect("https://evil.test/", 307)],
  ["no answer", () => Promise.reject(new TypeError("reset"))],
];

describe("the token", () => {
  test.each(anyGitHub)(
    "is written down nowhere, nor is a part of it, when GitHub's answer is %s",
    async (_, answer) => {
      // GitHub itself may repeat what it was sent: also then nothing of it goes on.
      for (const kind of ["classic", "fine_grained", "oauth", "app", "legacy"] as const) {
        const token = makeToken(kind);
        const env = environment({
          CLUSTER_PRODUCTION: clusterTable({ token_kinds: ["classic", "fine_grained", "app", "legacy"] }),
        });
        const github = async () => {
          const response = await answer();
          return new Response(response.body, {
            status: response.status,
            headers: { ...Object.fromEntries(response.headers), "x-echo": token },
          });
        };
        const { review, lines, errors } = startApp({ env, github });
        const written = [await (await review(token)).text(), ...lines, ...errors].join("\n");
        for (const part of partsOf(token)) expect(written).not.toContain(part);
        // Its hash is the one thing that may be, and has to be.
        expect(lines.map(recordIn)).toMatchObject([{ credentialId: await credentialIdOf(token) }]);
      }
    },
  );

  test("is repeated by no answer and no line where it gets no further than its shape, its certificate or its review", async () => {
    const token = makeToken("classic");
    const { review, send, lines, errors } = startApp();
    const responses = [
      await review(`${token}x`),
      await review(makeToken("installation")),
      await review(token, { cf: null }),
      await review(token, { cf: cfOf({ certVerified: "FAILED" }) }),
      await review(token, { apiVersion: token }),
      await review({ token }),
      await send("/authenticate", { method: "POST", body: token }),
      await send("/authenticate", { method: "POST", body: `{"spec":{"token":"${token}"` }),
      await send(`/${token}`, { method: "POST" }),
      await send(`/authenticate?token=${token}`, { method: "PUT", headers: { authorization: `Bearer ${token}` } }),
    ];
    const texts = await Promise.all(responses.map((response) => response.text()));
    const written = [...texts, ...lines, ...errors].join("\n");
    for (const part of partsOf(token)) expect(written).not.toContain(part);
  });
});

describe("whatever comes", () => {
  /** No answer may make kube-apiserver try again, wait, or go elsewhere. */
  async function expectOneOfTheTable(response: Response, codes: readonly number[]): Promise<void> {
    expect(codes).toContain(response.status);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.has("retry-after")).toBe(false);
    expect(response.headers.has("location")).toBe(false);
    if (response.status === 200) {
      const answer: unknown = await response.json();
      expect(answer).toMatchObject({ kind: "TokenReview", status: { authenticated: expect.any(Boolean) } });
    } else {
      expect((await statusIn(response)).code).toBe(response.status);
    }
  }

  test("as body, the answer is one of the table's", async () => {
    const nearReview = fc.record(
      {
        apiVersion: fc.constantFrom("authentication.k8s.io/v1", "v1"),
        kind: fc.constantFrom("TokenReview", "x"),
        spec: fc.oneof(fc.record({ token: fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue()) }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
      fc.json(),
      nearReview.map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        const { send } = startApp({ github: async () => errorAnswer(401, "Bad credentials") });
        await expectOneOfTheTable(await send("/authenticate", { method: "POST", body: bytes }), [200, 400]);
      }),
      { numRuns: 500 },
    );
  });

  test("as token and as GitHub's answer, the answer is one of the table's", async () => {
    const kinds = fc.constantFrom(
      "classic",
      "fine_grained",
      "oauth",
      "app",
      "legacy",
      "installation",
      "refresh" as const,
    );
    const tokens = fc.oneof(fc.string({ unit: "binary", minLength: 1 }), kinds.map(makeToken));
    const answers = fc.constantFrom(...anyGitHub.map(([, answer]) => answer));
    await fc.assert(
      fc.asyncProperty(tokens, answers, async (token, answer) => {
        const { review, lines } = startApp({ github: async () => answer() });
        await expectOneOfTheTable(await review(token), [200, 503]);
        expect(lines.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  test("as cf, as method and as path, the answer is one of the table's", async () => {
    const methods = fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "X");
    const paths = fc.oneof(
      fc.constantFrom("/authenticate", "/healthz", "/authenticate/", "/%61uthenticate", "/%"),
      fc.webPath(),
    );
    await fc.assert(
      fc.asyncProperty(fc.anything(), methods, paths, async (cf, method, path) => {
        const response = await startApp().send(path, { method }, cf ?? null);
        if (method === "HEAD" || (method === "GET" && path === "/healthz")) {
          expect([200, 404, 405]).toContain(response.status);
          expect(response.headers.has("location")).toBe(false);
        } else {
          await expectOneOfTheTable(response, [403, 404, 405]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
