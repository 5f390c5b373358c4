// What the provider gives out sealed: nothing of it can be read, changed, moved to another purpose, client or
// deployment, or spelt in another way; it ends; and it stays short.
import { createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeToken } from "../../../../src/local/github/token.ts";
import type { SealedPurpose, SealedValues } from "../../../../src/worker/sign-in/sealed-values.ts";
import { createSignInSealer, maxSealedLengths } from "../../../../src/worker/sign-in/sealer.ts";
import { settings } from "./support/provider.ts";

const start = Date.parse("2026-11-27T10:00:00Z");
const endsAt = start / 1000 + 60;
const secretOf = () => new Uint8Array(randomBytes(32));

function sealerOf(changes: Partial<typeof settings> = {}, now = () => start) {
  return createSignInSealer({ ...settings, ...changes }, now);
}

const session = { token: makeToken("app"), tokenEndsAt: start / 1000 + 8 * 3600 };
const request = {
  redirectUri: "http://localhost:8000",
  state: "d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9",
  nonce: "d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9",
  challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  needsSecret: false,
};
const id = "A".repeat(22);

/** As kubelogin leads to them. */
const values: SealedValues = {
  transaction: { ...request, id, client: "production", githubVerifier: "v".repeat(43) },
  consent: { ...request, ...session, client: "production", browser: id, isShared: true },
  code: { ...request, ...session, id, isShared: true },
  refresh_token: { ...session, needsSecret: false, isShared: true },
  access_token: { ...session, client: "production" },
  device_code: { githubDeviceCode: "a1".repeat(20), startedAt: start / 1000, intervalSeconds: 5 },
  session: { ...session, login: "octocat" },
  sign_out: { browser: id },
};
// The keys of a literal are those of its type.
const purposes = Object.keys(values) as SealedPurpose[];

describe.each(purposes)("a sealed %s", (purpose) => {
  const sealAt = (client = "production") => sealerOf().seal(purpose, client, values[purpose], endsAt);

  test("opens to what it was, and holds nothing readable", async () => {
    const sealed = await sealAt();
    expect(sealed).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(await sealerOf().open(purpose, "production", sealed)).toEqual({
      kind: "opened",
      value: values[purpose],
      endsAt,
    });
    const plain = Buffer.from(sealed, "base64url").toString("latin1");
    for (const text of [session.token.slice(0, 8), "production", "localhost", "octocat"]) {
      expect(sealed).not.toContain(text);
      expect(plain).not.toContain(text);
    }
    expect(await sealAt()).not.toBe(sealed);
  });

  test("ends", async () => {
    const sealed = await sealAt();
    expect((await sealerOf({}, () => start + 59_999).open(purpose, "production", sealed)).kind).toBe("opened");
    expect(await sealerOf({}, () => start + 60_000).open(purpose, "production", sealed)).toEqual({ kind: "ended" });
  });

  test("is nothing with any byte changed, or cut anywhere, also after its end", async () => {
    const sealed = Buffer.from(await sealAt(), "base64url");
    for (const now of [start, start + 3_600_000]) {
      const sealer = sealerOf({}, () => now);
      for (let index = 0; index < sealed.length; index += 1) {
        const changed = Buffer.from(sealed);
        changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
        for (const bytes of [changed, sealed.subarray(0, index), sealed.subarray(index + 1)]) {
          const opened = await sealer.open(purpose, "production", bytes.toString("base64url"));
          expect(opened).toEqual({ kind: "unknown" });
        }
      }
    }
  });

  test("is nothing at another purpose, another client, another hostname and another secret", async () => {
    const sealed = await sealAt();
    for (const other of purposes) {
      if (other !== purpose) expect(await sealerOf().open(other, "production", sealed)).toEqual({ kind: "unknown" });
    }
    for (const client of ["staging", "", "Production", "production "]) {
      expect(await sealerOf().open(purpose, client, sealed)).toEqual({ kind: "unknown" });
    }
    for (const changes of [{ issuerUrl: "https://login.other.test" }, { cacheSecret: secretOf() }]) {
      expect(await sealerOf(changes).open(purpose, "production", sealed)).toEqual({ kind: "unknown" });
    }
  });

  test("has one spelling", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const sealed = await sealAt();
    const last = alphabet.indexOf(sealed.slice(-1));
    const spareBits = { 0: 0, 2: 4, 3: 2 }[sealed.length % 4] ?? 0;
    const others = [
      ...Array.from({ length: 2 ** spareBits - 1 }, (_, bits) => sealed.slice(0, -1) + alphabet[last ^ (bits + 1)]),
      ...[`${sealed}=`, `${sealed}==`, ` ${sealed}`, `${sealed}\n`, `${sealed}.`, `${sealed}A`],
      Buffer.from(sealed, "base64url").toString("base64"),
    ].filter((spelling) => spelling !== sealed);
    for (const spelling of others) {
      expect(await sealerOf().open(purpose, "production", spelling), spelling).toEqual({ kind: "unknown" });
    }
  });
});

test("the format is the one that other releases of the same version open: a key, a byte and a context for each purpose", async () => {
  const derive = (label: string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", settings.cacheSecret, "", `octogate sign-in ${label} ${settings.issuerUrl}`, bytes));
  for (const purpose of purposes) {
    const sealed = Buffer.from(await sealerOf().seal(purpose, "production", values[purpose], endsAt), "base64url");
    const [number] = derive("number", 1);
    expect(sealed[0]).toBe(number);
    const decipher = createDecipheriv("aes-256-gcm", derive(purpose, 32), sealed.subarray(1, 13));
    decipher.setAAD(Buffer.from(`v1 ${number} ${purpose} production`)).setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([decipher.update(sealed.subarray(13, -16)), decipher.final()]).toString();
    expect(JSON.parse(plain)).toEqual([endsAt, values[purpose]]);
  }
});

test("nothing that was made up opens as anything", async () => {
  const sealer = sealerOf();
  const anything = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.base64String({ maxLength: 400 }),
    fc.uint8Array({ maxLength: 300 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...purposes), anything, async (purpose, made) => {
      const text = typeof made === "string" ? made : Buffer.from(made).toString("base64url");
      expect(await sealer.open(purpose, "production", text)).toEqual({ kind: "unknown" });
    }),
  );
});

describe("CACHE_SECRET_PREVIOUS", () => {
  const previous = secretOf();
  const before = sealerOf({ cacheSecret: previous });
  const refusedFrom = start + 30_000;

  test("opens what was sealed before a rotation, until its time, and seals nothing", async () => {
    const present = { cacheSecret: secretOf(), previousCacheSecret: { secret: previous, refusedFrom } };
    const sealed = await before.seal("session", "", values.session, endsAt);
    expect((await sealerOf(present, () => refusedFrom - 1).open("session", "", sealed)).kind).toBe("opened");
    expect(await sealerOf(present, () => refusedFrom).open("session", "", sealed)).toEqual({ kind: "unknown" });
    const anew = await sealerOf(present).seal("session", "", values.session, endsAt);
    expect(await before.open("session", "", anew)).toEqual({ kind: "unknown" });
  });

  test("is named by the same byte before and after, and two secrets with the same byte do no harm", async () => {
    const sealed = await before.seal("session", "", values.session, endsAt);
    const byte = sealed.slice(0, 1);
    for (let tries = 0; tries < 2_000; tries += 1) {
      const cacheSecret = secretOf();
      const present = sealerOf({ cacheSecret, previousCacheSecret: { secret: previous, refusedFrom } });
      const own = await present.seal("session", "", values.session, endsAt);
      expect((await present.open("session", "", sealed)).kind).toBe("opened");
      expect((await present.open("session", "", own)).kind).toBe("opened");
      if (own.slice(0, 1) === byte && Buffer.from(own, "base64url")[0] === Buffer.from(sealed, "base64url")[0]) return;
    }
    expect.fail("in 2,000 secrets there is one with the same byte");
  });
});

describe("lengths", () => {
  /** GitHub's tokens have 40 characters, and may grow. */
  const longToken = `ghu_${"a".repeat(8_188)}`;
  /** What each has at most with a token of today; a change of these is a change for cookies, headers and keyrings. */
  const today: Readonly<Record<SealedPurpose, number>> = {
    transaction: 490,
    consent: 530,
    code: 500,
    refresh_token: 220,
    access_token: 210,
    device_code: 200,
    session: 210,
    sign_out: 110,
  };

  test("are short today", async () => {
    const lengths: [SealedPurpose, number][] = [];
    for (const purpose of purposes) {
      const sealed = await sealerOf().seal(purpose, "production", values[purpose], endsAt);
      lengths.push([purpose, sealed.length]);
    }
    console.log(lengths.map(([purpose, length]) => `  sealed ${purpose}: ${length} characters`).join("\n"));
    for (const [purpose, length] of lengths) expect(length, purpose).toBeLessThanOrEqual(today[purpose]);
  });

  test("leave room for tokens of 8 KB where no cookie holds them, and no more", async () => {
    for (const purpose of ["consent", "code", "refresh_token", "access_token"] as const) {
      const value = { ...values[purpose], token: longToken };
      const sealed = await sealerOf().seal(purpose, "production", value, endsAt);
      expect((await sealerOf().open(purpose, "production", sealed)).kind).toBe("opened");
      expect(sealed.length).toBeLessThan(16 * 1024 - 1_000);
    }
  });

  test.each(purposes)("a %s that is longer than it may be opens no more", async (purpose) => {
    const sealer = sealerOf();
    const ofLength = (length: number) => ({ ...values[purpose], token: "a".repeat(length) });
    const fill = async (length: number) => sealer.seal(purpose, "production", ofLength(length), endsAt);
    const most = Math.floor((maxSealedLengths[purpose] - (await fill(0)).length) * 0.75) - 3;
    expect((await sealer.open(purpose, "production", await fill(most))).kind).toBe("opened");
    const tooLong = await fill(most + 12);
    expect(tooLong.length).toBeGreaterThan(maxSealedLengths[purpose]);
    expect(await sealer.open(purpose, "production", tooLong)).toEqual({ kind: "unknown" });
  });
});
