import { describe, expect, test } from "vitest";
import { RateLimits } from "../../../../src/local/github/rate-limit.ts";
import type { GitHubStandIn } from "../../../../src/local/github/server.ts";
import { bucketIn, get, getUser, handClock, messageIn, objectIn, start, startWithToken } from "./support.ts";

test("all tokens of a person count in one bucket, until its hour is over", async () => {
  const clock = handClock();
  const { standIn, account, askUser } = await startWithToken(undefined, { now: clock.now });
  const first = await askUser();
  expect(bucketIn(first)).toEqual(["5000", "4999", "1"]);
  expect(first.headers.get("x-ratelimit-reset")).toBe(String(clock.now().getTime() / 1000 + 3600));
  expect(first.headers.get("x-ratelimit-resource")).toBe("core");

  clock.advanceSeconds(3599);
  const second = await getUser(standIn, standIn.issueToken(account, { kind: "fine_grained" }));
  expect(bucketIn(second)).toEqual(["5000", "4998", "2"]);
  expect(second.headers.get("x-ratelimit-reset")).toBe(first.headers.get("x-ratelimit-reset"));
  const other = standIn.issueToken(standIn.addAccount({ login: "octo-writer" }), { kind: "app" });
  expect(bucketIn(await getUser(standIn, other))).toEqual(["5000", "4999", "1"]);

  clock.advanceSeconds(1);
  expect(bucketIn(await askUser())).toEqual(["5000", "4999", "1"]);
});

test("a person whose bucket is used up is refused, and no other person", async () => {
  const { standIn, askUser } = await startWithToken(undefined, { userLimit: 1 });
  await askUser();
  const refused = await askUser();
  expect(refused.status).toBe(403);
  expect(await messageIn(refused)).toContain("API rate limit exceeded for user ID 4711.");
  expect(bucketIn(refused)).toEqual(["1", "0", "1"]);
  const other = standIn.issueToken(standIn.addAccount({ login: "octo-writer" }), { kind: "classic" });
  expect((await getUser(standIn, other)).status).toBe(200);
});

describe("the bucket of an address", () => {
  test("counts requests without a credential; when it is used up, another server refuses them", async () => {
    const clock = handClock();
    const { standIn, askUser } = await startWithToken(undefined, { now: clock.now, anonymousLimit: 2 });
    expect(bucketIn(await getUser(standIn, null))).toEqual(["2", "1", "1"]);
    expect((await getUser(standIn, null)).status).toBe(401);
    const refused = await getUser(standIn, null, { headers: { "x-github-api-version": "none" } });
    expect(refused.status).toBe(403);
    expect(refused.headers.get("server")).toBe("Varnish");
    expect(refused.headers.has("x-github-request-id")).toBe(true);
    expect(refused.headers.has("x-github-media-type")).toBe(false);
    expect(bucketIn(refused)).toEqual(["2", "0", "2"]);
    const body = await objectIn(refused);
    expect(body.message).toContain("API rate limit exceeded for 127.0.0.1.");
    expect(body).not.toHaveProperty("status");
    expect((await askUser()).status).toBe(200);
    clock.advanceSeconds(3600);
    expect((await getUser(standIn, null)).status).toBe(401);
  });

  test("counts no credential that GitHub does not know, and is shown to none", async () => {
    const standIn = await start({ anonymousLimit: 1 });
    await getUser(standIn, null);
    for (const authorization of ["Bearer wrong", "Bearer", "Basic Zm9vOmJhcg=="]) {
      const response = await getUser(standIn, null, { headers: { authorization } });
      expect(response.status).toBe(401);
      expect(bucketIn(response)).toEqual([null, null, null]);
    }
  });

  test("counts them in GitHub's earlier form, and refuses them when it is used up, known ones never", async () => {
    const { standIn, askUser } = await startWithToken(undefined, { anonymousLimit: 2, counted401: true });
    expect(bucketIn(await getUser(standIn, "wrong-1"))).toEqual(["2", "1", "1"]);
    expect(bucketIn(await getUser(standIn, null))).toEqual(["2", "0", "2"]);
    expect((await getUser(standIn, "wrong-2")).status).toBe(403);
    expect((await askUser()).status).toBe(200);
    standIn.counted401 = false;
    expect((await getUser(standIn, "wrong-2")).status).toBe(401);
  });

  test("holds 60 requests an hour unless the test says otherwise", async () => {
    expect(bucketIn(await getUser(await start(), null))).toEqual(["60", "59", "1"]);
  });
});

describe("GET /rate_limit", () => {
  const ask = (standIn: GitHubStandIn, token: string | null, version = "2022-11-28") =>
    get(standIn, "/rate_limit", token, { headers: { "x-github-api-version": version } });

  test("costs nothing, and shows the bucket of the token's owner", async () => {
    const { standIn, token, askUser } = await startWithToken();
    await askUser();
    for (let count = 0; count < 2; count += 1) {
      expect(await objectIn(await ask(standIn, token))).toMatchObject({ rate: { limit: 5000, used: 1 } });
    }
    expect((await ask(standIn, "wrong")).status).toBe(401);
    expect((await ask(standIn, token, "none")).status).toBe(400);
  });

  test("answers without a token whatever is asked, even with nothing left", async () => {
    const standIn = await start({ anonymousLimit: 1 });
    await getUser(standIn, null);
    const response = await ask(standIn, null, "none");
    expect(response.status).toBe(200);
    expect(await objectIn(response)).toMatchObject({ rate: { limit: 1, remaining: 0, used: 1 } });
  });
});

test("an app has 2,000 token requests and 50 entered codes an hour", () => {
  const { tokenRequests, enteredCodes } = new RateLimits({}, handClock().now).signInsOf({});
  for (const [bucket, limit] of [
    [tokenRequests, 2000],
    [enteredCodes, 50],
  ] as const) {
    for (let count = 1; count < limit; count += 1) bucket.spend();
    expect(bucket.isExhausted()).toBe(false);
    bucket.spend();
    expect(bucket.isExhausted()).toBe(true);
  }
});
