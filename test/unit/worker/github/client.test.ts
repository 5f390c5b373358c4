import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { createGitHubClient, defaultMaxBytes, defaultTimeoutMs } from "../../../../src/worker/github/client.ts";
import { version } from "../../../../src/worker/version.ts";
import { userAnswer } from "../support.ts";
import { loadOwner } from "./support.ts";

const unavailable = (reason: string) => ({ kind: "unavailable", reason });

/** Never responds, but listens to the signal, as fetch does. */
const hangingFetch: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
  });

/** A body that is made of these parts and then ends as told. */
function bodyOf(parts: readonly string[], atEnd: "close" | "break" | "hang"): ReadableStream<Uint8Array> {
  const rest = [...parts];
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = rest.shift();
      if (part !== undefined) controller.enqueue(new TextEncoder().encode(part));
      else if (atEnd === "close") controller.close();
      else if (atEnd === "break") controller.error(new TypeError("terminated"));
      else return new Promise<void>(() => {});
      return undefined;
    },
  });
}

const octocat = JSON.stringify({ id: 583231, login: "octocat", type: "User" });

describe("what is sent", () => {
  test("is the documented request, with the token in no place but one", async () => {
    const sent: { url: string; init: RequestInit | undefined }[] = [];
    const token = makeToken("classic");
    const client = createGitHubClient({
      fetch: async (input, init) => {
        sent.push({ url: String(input), init });
        return userAnswer();
      },
    });
    await client.send({ url: "https://github.test/api/v3/user", authorization: `Bearer ${token}` });
    expect(sent).toEqual([
      {
        url: "https://github.test/api/v3/user",
        init: {
          method: "GET",
          headers: {
            Accept: "application/vnd.github+json",
            Authorization: `Bearer ${token}`,
            "User-Agent": `octogate/${version}`,
            "X-GitHub-Api-Version": "2022-11-28",
          },
          redirect: "manual",
          cache: "no-store",
          signal: expect.any(AbortSignal),
        },
      },
    ]);
  });

  test("holds no token where GitHub answers every caller", async () => {
    const sent: Headers[] = [];
    const client = createGitHubClient({
      fetch: async (_, init) => {
        sent.push(new Headers(init?.headers));
        return userAnswer();
      },
    });
    await client.send({ url: "https://github.test/users/octocat", authorization: null });
    expect(sent[0]?.has("authorization")).toBe(false);
    expect(sent[0]?.get("user-agent")).toBe(`octogate/${version}`);
  });

  test("asks GitHub's pages for JSON, and names no version of the API", async () => {
    const sent: Headers[] = [];
    const client = createGitHubClient({
      fetch: async (_, init) => {
        sent.push(new Headers(init?.headers));
        return userAnswer();
      },
    });
    await client.send({ url: "https://github.test/login/oauth/access_token", host: "web", authorization: null });
    expect(sent[0]?.get("accept")).toBe("application/json");
    expect(sent[0]?.has("x-github-api-version")).toBe(false);
  });

  test("is a POST with JSON, where there is something to say", async () => {
    const sent: RequestInit[] = [];
    const client = createGitHubClient({
      fetch: async (_, init) => {
        sent.push(init ?? {});
        return Response.json({});
      },
    });
    await client.send({ method: "POST", url: "https://github.test/graphql", authorization: "x", body: { a: ["b"] } });
    expect(sent).toMatchObject([{ method: "POST", body: '{"a":["b"]}', redirect: "manual", cache: "no-store" }]);
    expect(new Headers(sent[0]?.headers).get("content-type")).toBe("application/json");
  });

  test("is sent once, also if it fails", async () => {
    let calls = 0;
    const answers = [() => new Response(null, { status: 500 }), () => Promise.reject(new TypeError("reset"))];
    for (const answer of answers) {
      await loadOwner(async () => {
        calls += 1;
        return answer();
      });
    }
    expect(calls).toBe(answers.length);
  });
});

describe("the limits", () => {
  test("are well below what kube-apiserver waits, and above any valid response", () => {
    expect(defaultTimeoutMs).toBe(3_000);
    expect(defaultMaxBytes).toBe(1024 * 1024);
  });

  test("a response of exactly the limit is accepted, one byte more is not", async () => {
    const padded = octocat.padEnd(1000);
    expect((await loadOwner(async () => new Response(padded), { maxBytes: 1000 })).outcome.kind).toBe("found");
    expect((await loadOwner(async () => new Response(padded), { maxBytes: 999 })).outcome).toEqual(
      unavailable("github_too_large"),
    );
  });

  test("a response that declares more than the limit is not read", async () => {
    const answer = new Response(bodyOf([octocat], "hang"), {
      headers: { "content-length": String(defaultMaxBytes + 1) },
    });
    expect((await loadOwner(async () => answer)).outcome).toEqual(unavailable("github_too_large"));
  });

  test("a response that streams more than the limit is not read to the end", async () => {
    const part = " ".repeat(64 * 1024);
    const answer = new Response(bodyOf([octocat, ...Array.from({ length: 100 }, () => part)], "hang"));
    expect((await loadOwner(async () => answer)).outcome).toEqual(unavailable("github_too_large"));
  });

  test("a refusal larger than the limit refuses no user", async () => {
    const answer = new Response(JSON.stringify({ message: "Bad credentials" }).padEnd(2000), { status: 401 });
    const { outcome, call } = await loadOwner(async () => answer, { maxBytes: 1000 });
    expect(outcome).toEqual(unavailable("github_too_large"));
    expect(call?.status).toBe(401);
  });
});

describe("a delivery that goes wrong", () => {
  test("no head within the deadline", async () => {
    const { outcome, call } = await loadOwner(hangingFetch, { timeoutMs: 10 });
    expect(outcome).toEqual(unavailable("github_timeout"));
    expect(call).toEqual({ status: null, requestId: null, retryAfterMs: null });
  });

  test("no end of the body within the deadline, though everything needed has come", async () => {
    const headers = { "x-github-request-id": "8A2C:1F2E" };
    const { outcome, call } = await loadOwner(async () => new Response(bodyOf([octocat], "hang"), { headers }), {
      timeoutMs: 10,
    });
    expect(outcome).toEqual(unavailable("github_timeout"));
    expect(call).toEqual({ status: 200, requestId: "8A2C:1F2E", retryAfterMs: null });
  });

  test("a body that breaks off, though everything needed has come", async () => {
    const { outcome } = await loadOwner(async () => new Response(bodyOf([octocat], "break")));
    expect(outcome).toEqual(unavailable("github_unreachable"));
  });

  test("a refusal that breaks off refuses no user", async () => {
    const { outcome } = await loadOwner(
      async () => new Response(bodyOf(['{"message":"Bad cred'], "break"), { status: 401 }),
    );
    expect(outcome).toEqual(unavailable("github_unreachable"));
  });

  test.each([
    ["a rejection", () => Promise.reject(new TypeError("fetch failed"))],
    ["a rejection that is no error", () => Promise.reject("reset")],
    [
      "an exception",
      () => {
        throw new TypeError("Invalid URL");
      },
    ],
  ])("%s instead of a response", async (_, fetch) => {
    expect((await loadOwner(fetch)).outcome).toEqual(unavailable("github_unreachable"));
  });
});

describe("a slow delivery within the deadline is accepted", () => {
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));

  test("a head that comes late", async () => {
    const { outcome } = await loadOwner(async () => {
      await later();
      return userAnswer();
    });
    expect(outcome.kind).toBe("found");
  });

  test("a body that comes byte by byte, also within a character", async () => {
    const bytes = new TextEncoder().encode(
      JSON.stringify({ id: 583231, login: "octocat", type: "User", name: "Mönä 🐙" }),
    );
    const rest = [...bytes];
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await later();
        const byte = rest.shift();
        if (byte === undefined) controller.close();
        else controller.enqueue(Uint8Array.of(byte));
      },
    });
    expect((await loadOwner(async () => new Response(body))).outcome.kind).toBe("found");
  });
});

describe("a deadline that several calls share", () => {
  test("ends a call before its own time is up, in its head and in its body", { timeout: 2_000 }, async () => {
    for (const fetch of [hangingFetch, async () => new Response(bodyOf([octocat], "hang"))]) {
      const deadline = new AbortController();
      const client = createGitHubClient({ fetch, timeoutMs: 60_000 });
      const reply = client.send({ url: "https://github.test/", authorization: "x" }, deadline.signal);
      setImmediate(() => deadline.abort());
      expect(await reply).toMatchObject({ kind: "failed", reason: "github_timeout" });
    }
  });

  test("leaves a call its own time limit", async () => {
    const client = createGitHubClient({ fetch: hangingFetch, timeoutMs: 10 });
    const reply = await client.send({ url: "https://github.test/", authorization: "x" }, new AbortController().signal);
    expect(reply).toEqual({ kind: "failed", reason: "github_timeout", status: null, headers: null });
  });
});

describe("GitHub's announcement that something will end", () => {
  /** Sends one call for each of these headers, and returns what was warned of. */
  async function warningsOf(answers: Record<string, string>[]): Promise<string[]> {
    const warnings: string[] = [];
    const rest = [...answers];
    const client = createGitHubClient({
      fetch: async () => new Response("{}", { headers: rest.shift() ?? {} }),
      writeWarning: (text) => warnings.push(text),
    });
    for (const _ of answers) await client.send({ url: "https://github.test/", authorization: "x" });
    return warnings;
  }
  const retires = (date: string) =>
    `GitHub is going to retire an API that is used here: it works until ${date}, so upgrade Octogate before then`;

  test("is warned of once with its date, however often it comes", async () => {
    const headers = { Deprecation: "Fri, 10 Mar 2028 00:00:00 GMT", Sunset: "Sat, 10 Mar 2029 00:00:00 GMT" };
    expect(await warningsOf([headers, {}, headers, headers])).toEqual([retires("Sat, 10 Mar 2029 00:00:00 GMT")]);
  });

  test("is warned of again where it says something new, but not without end", async () => {
    const dates = Array.from({ length: 30 }, (_, day) => ({ Sunset: `in ${day} days` }));
    expect(await warningsOf(dates)).toEqual(Array.from({ length: 10 }, (_, day) => retires(`in ${day} days`)));
  });

  test("may have no date yet; it is cut, and written in printable characters", async () => {
    expect(await warningsOf([{ Deprecation: `\u00e4\t${"x".repeat(200)}` }])).toEqual([
      `GitHub calls an API that is used here outdated (since ${"x".repeat(100)}), and names no end of it yet`,
    ]);
  });

  test("needs no listener, and there is none in a response without it", async () => {
    const client = createGitHubClient({ fetch: async () => new Response("{}", { headers: { Sunset: "now" } }) });
    expect(await client.send({ url: "https://github.test/", authorization: "x" })).toMatchObject({ kind: "answered" });
    expect(await warningsOf([{}, { "x-sunset": "now" }])).toEqual([]);
  });
});
