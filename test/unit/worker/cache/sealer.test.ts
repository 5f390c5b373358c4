import { createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createSealer } from "../../../../src/worker/cache/sealer.ts";
import { newToken, testSealer } from "./support.ts";

const scope = "https://api.github.test";

describe("a sealer", () => {
  test("opens what it sealed, also another one of the same secret and address", async () => {
    const secret = new Uint8Array(randomBytes(32));
    const [one, other] = [createSealer(secret, scope), createSealer(secret, scope)];
    const token = newToken();
    const name = await one.nameOf(token);
    expect(await other.nameOf(token)).toBe(name);
    expect(await other.open(name, await one.seal(name, "Grüße"))).toBe("Grüße");
  });

  test("gives names that hold no part of the token, of one form and within KV's limit", async () => {
    const token = newToken();
    const name = await testSealer().nameOf(token);
    expect(name).toMatch(/^v2:[0-9a-f]{64}$/);
    expect(await testSealer().nameOf(token)).not.toBe(name);
  });

  test("gives each token a name of its own", async () => {
    const sealer = testSealer();
    expect(await sealer.nameOf(newToken())).not.toBe(await sealer.nameOf(newToken()));
  });

  test("seals the same text to something else each time, with nothing of it readable", async () => {
    const sealer = testSealer();
    const sealed = [await sealer.seal("n", "octocat"), await sealer.seal("n", "octocat")];
    const [one, other] = sealed.map((bytes) => Buffer.from(bytes).toString("latin1"));
    expect(one).not.toBe(other);
    expect(one?.slice(0, 12)).not.toBe(other?.slice(0, 12));
    expect(one).not.toContain("octocat");
    // A nonce of 12 bytes, the text, and a tag of 16 bytes.
    expect(sealed[0]?.length).toBe(12 + "octocat".length + 16);
  });

  test("does not open what was moved to another name", async () => {
    const sealer = testSealer();
    expect(await sealer.open("b", await sealer.seal("a", "x"))).toBeNull();
  });

  test("does not open what was changed or cut anywhere", async () => {
    const sealer = testSealer();
    const sealed = await sealer.seal("a", "text");
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = sealed.slice();
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(await sealer.open("a", changed)).toBeNull();
      expect(await sealer.open("a", sealed.slice(0, index))).toBeNull();
    }
  });

  test("does not open what another secret or another GitHub's deployment sealed, and does not share names with it", async () => {
    const secret = new Uint8Array(randomBytes(32));
    const own = createSealer(secret, scope);
    const foreign = [
      createSealer(secret, "https://api.other.test"),
      createSealer(new Uint8Array(randomBytes(32)), scope),
    ];
    for (const sealer of foreign) {
      expect(await sealer.nameOf("t")).not.toBe(await own.nameOf("t"));
      expect(await own.open("a", await sealer.seal("a", "x"))).toBeNull();
    }
  });

  test("derives keys that no other use of the secret has", async () => {
    const secret = new Uint8Array(randomBytes(32));
    const plain = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const digest = await crypto.subtle.sign("HMAC", plain, new TextEncoder().encode("t"));
    expect(await createSealer(secret, scope).nameOf("t")).not.toBe(`v2:${Buffer.from(digest).toString("hex")}`);
  });

  test("keeps to the format that other releases of the same version have written to KV", async () => {
    const secret = new Uint8Array(randomBytes(32));
    const keyFor = (purpose: string) =>
      Buffer.from(hkdfSync("sha256", secret, "", `octogate v2 ${purpose} ${scope}`, 32));
    const sealer = createSealer(secret, scope);
    const token = newToken();
    const name = await sealer.nameOf(token);
    expect(name).toBe(`v2:${createHmac("sha256", keyFor("name")).update(token).digest("hex")}`);

    const sealed = Buffer.from(await sealer.seal(name, "Grüße"));
    const decipher = createDecipheriv("aes-256-gcm", keyFor("value"), sealed.subarray(0, 12));
    decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-16));
    expect(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString()).toBe("Grüße");
  });

  test("derives its keys once, and does not hand them out", async () => {
    const derive = vi.spyOn(crypto.subtle, "deriveKey");
    onTestFinished(() => derive.mockRestore());
    const sealer = testSealer();
    for (let use = 0; use < 3; use += 1) await sealer.open("a", await sealer.seal(await sealer.nameOf("t"), "x"));
    const keys = await Promise.all(derive.mock.results.map(({ value }) => value));
    expect(keys.map(({ extractable }) => extractable)).toEqual([false, false]);
  });
});
