// Any text in the place of a token: one character more, less or other than a good token lets no one in.
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { makeToken } from "../../../src/local/github/token.ts";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import { type Cluster, holdToPolicy, type Person, personNames, startScene } from "./scene.ts";

const oneOf = fc.constantFrom;
type Change = (token: string) => string;

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const at = (token: string, index: number) => index % (token.length + 1);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.nat(), oneOf(...base62)).map(
    ([index, put]): Change =>
      (token) => {
        const place = index % token.length;
        return token.slice(0, place) + put + token.slice(place + 1);
      },
  ),
  fc.tuple(fc.nat(), fc.string({ unit: "binary", maxLength: 3 })).map(
    ([index, put]): Change =>
      (token) => {
        const place = at(token, index);
        return token.slice(0, place) + put + token.slice(place);
      },
  ),
  fc.nat().map(
    (index): Change =>
      (token) =>
        token.slice(0, at(token, index)),
  ),
  fc.nat().map(
    (index): Change =>
      (token) =>
        token.slice(at(token, index)),
  ),
  oneOf<Change>(
    (token) => ` ${token}`,
    (token) => `${token}\n`,
    (token) => `Bearer ${token}`,
    (token) => token.toUpperCase(),
    (token) => token.toLowerCase(),
    (token) => token.repeat(300),
    (token) => token.replace(/^[a-z]+_/, "ghs_"),
    (token) => token.replace(/^[a-z]+_/, "gho_"),
    (token) => `${token}\u0000`,
    (token) => token.normalize("NFD").replace("g", "\uff47"),
    (token) => Buffer.from(token).toString("base64"),
    (token) => `eyJhbGciOiJub25lIn0.${Buffer.from(token).toString("base64url")}.`,
  ),
);
const kinds = oneOf("classic", "fine_grained", "oauth", "app", "legacy", "installation", "refresh");
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.integer({ min: 0, max: 20_000 }).map((length) => "g".repeat(length)),
  kinds.map((kind) => makeToken(kind)),
  oneOf("ghp_", "github_pat_", "null", "__proto__", "constructor", randomBytes(20).toString("hex")),
);

const asked = fc.record({
  person: oneOf(...personNames),
  cluster: oneOf<Cluster>("production", "staging"),
  changes: fc.oneof(
    { weight: 1, arbitrary: fc.constant<Change[]>([]) },
    fc.array(change, { minLength: 1, maxLength: 2 }),
  ),
  inPlace: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, text),
  passedMs: oneOf(0, 200, 65_000),
});

test("a text lets in only the person whose token it is, letter for letter", { timeout: timeoutMs }, async () => {
  const scene = await startScene();
  const worker = scene.startWorker();
  const tokens = new Map<Person, string>(personNames.map((person) => [person, scene.tokenOf(person)]));
  const counts = { yes: 0, no: 0 };
  await holdForAnyInput(
    "tokens",
    fc.asyncProperty(asked, async ({ person, cluster, changes, inPlace, passedMs }) => {
      scene.clock.nowMs += passedMs;
      const good = tokens.get(person) ?? "";
      const token = inPlace ?? changes.reduce((current, one) => one(current), good);
      const user = await worker.review(token, cluster);
      scene.github.requests.splice(0);
      counts[user === null ? "no" : "yes"] += 1;
      if (user === null) return;
      expect(token).toBe(good);
      holdToPolicy(user, person, cluster);
    }),
    3_000,
  );
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});
