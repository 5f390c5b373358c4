import { expect, test } from "vitest";
import { bucketIn, getUser, handClock, messageIn, start, startWithToken } from "./support.ts";

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

test("tokens that GitHub does not know are refused once the bucket of their address is used up, known ones never", async () => {
  const clock = handClock();
  const { standIn, askUser } = await startWithToken(undefined, { now: clock.now, anonymousLimit: 2 });
  expect(bucketIn(await getUser(standIn, "wrong-1"))).toEqual(["2", "1", "1"]);
  expect((await getUser(standIn, null)).status).toBe(401);
  const refused = await getUser(standIn, "wrong-2");
  expect(refused.status).toBe(403);
  expect(await messageIn(refused)).toContain("API rate limit exceeded for 127.0.0.1.");
  expect(bucketIn(refused)).toEqual(["2", "0", "2"]);
  expect((await askUser()).status).toBe(200);
  clock.advanceSeconds(3600);
  expect((await getUser(standIn, "wrong-2")).status).toBe(401);
});

test("an address has 60 requests an hour unless the test says otherwise", async () => {
  expect(bucketIn(await getUser(await start(), "wrong"))).toEqual(["60", "59", "1"]);
});
