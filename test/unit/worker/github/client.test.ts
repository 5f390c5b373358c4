import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import { createGitHubClient, defaultMaxBytes, defaultTimeoutMs } from "../../../../src/worker/github/client.ts";
import { version } from "../../../../src/worker/version.ts";
import { userAnswer } from "../support.ts";
import { ask } from "./support.ts";

const unavailable = (reason: string) => ({ kind: "unavailable", reason });

/** Never answers, but listens to the signal, as fetch does. */
const hangingFetch: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => {
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
  });

/** An answer whose body is made of these parts and then ends as told. */
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
      apiUrl: "https://github.test/api/v3",
      fetch: async (input, init) => {
        sent.push({ url: String(input), init });
        return userAnswer();
      },
    });
    await client.get("/user", token);
    expect(sent).toEqual([
      {
        url: "https://github.test/api/v3/user",
        init: {
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

  test("is sent once, whatever comes of it", async () => {
    let calls = 0;
    const answers = [() => new Response(null, { status: 500 }), () => Promise.reject(new TypeError("reset"))];
    for (const answer of answers) {
      await ask(async () => {
        calls += 1;
        return answer();
      });
    }
    expect(calls).toBe(answers.length);
  });
});

describe("the limits", () => {
  test("are well below what the apiserver waits, and above any right answer", () => {
    expect(defaultTimeoutMs).toBe(3_000);
    expect(defaultMaxBytes).toBe(1024 * 1024);
  });

  test("an answer of exactly the limit is taken, one byte more is not", async () => {
    const padded = octocat.padEnd(1000);
    expect((await ask(async () => new Response(padded), { maxBytes: 1000 })).outcome.kind).toBe("found");
    expect((await ask(async () => new Response(padded), { maxBytes: 999 })).outcome).toEqual(
      unavailable("github_too_large"),
    );
  });

  test("an answer that declares more than the limit is not read", async () => {
    const answer = new Response(bodyOf([octocat], "hang"), {
      headers: { "content-length": String(defaultMaxBytes + 1) },
    });
    expect((await ask(async () => answer)).outcome).toEqual(unavailable("github_too_large"));
  });

  test("an answer that streams more than the limit is not read to the end", async () => {
    const part = " ".repeat(64 * 1024);
    const answer = new Response(bodyOf([octocat, ...Array.from({ length: 100 }, () => part)], "hang"));
    expect((await ask(async () => answer)).outcome).toEqual(unavailable("github_too_large"));
  });

  test("a refusal larger than the limit refuses nobody", async () => {
    const answer = new Response(JSON.stringify({ message: "Bad credentials" }).padEnd(2000), { status: 401 });
    const { outcome, evidence } = await ask(async () => answer, { maxBytes: 1000 });
    expect(outcome).toEqual(unavailable("github_too_large"));
    expect(evidence.githubStatus).toBe(401);
  });
});

describe("a delivery that goes wrong", () => {
  test("no head within the deadline", async () => {
    const { outcome, evidence } = await ask(hangingFetch, { timeoutMs: 10 });
    expect(outcome).toEqual(unavailable("github_timeout"));
    expect(evidence).toEqual({ source: "github", githubStatus: null, githubRequestId: null });
  });

  test("no end of the body within the deadline, though everything needed has come", async () => {
    const headers = { "x-github-request-id": "8A2C:1F2E" };
    const { outcome, evidence } = await ask(async () => new Response(bodyOf([octocat], "hang"), { headers }), {
      timeoutMs: 10,
    });
    expect(outcome).toEqual(unavailable("github_timeout"));
    expect(evidence).toEqual({ source: "github", githubStatus: 200, githubRequestId: "8A2C:1F2E" });
  });

  test("a body that breaks off, though everything needed has come", async () => {
    const { outcome } = await ask(async () => new Response(bodyOf([octocat], "break")));
    expect(outcome).toEqual(unavailable("github_unreachable"));
  });

  test("a refusal that breaks off refuses nobody", async () => {
    const { outcome } = await ask(async () => new Response(bodyOf(['{"message":"Bad cred'], "break"), { status: 401 }));
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
  ])("%s instead of an answer", async (_, fetch) => {
    expect((await ask(fetch)).outcome).toEqual(unavailable("github_unreachable"));
  });
});

describe("a slow delivery within the deadline is right", () => {
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));

  test("a head that comes late", async () => {
    const { outcome } = await ask(async () => {
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
    expect((await ask(async () => new Response(body))).outcome.kind).toBe("found");
  });
});
