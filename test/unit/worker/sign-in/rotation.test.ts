// A rotation of the signing key as octogate signing-key goes through it: every token that a client holds verifies at
// every moment, at a kube-apiserver that keeps the keys it has read for 5 minutes, and at one that read them just now.
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import {
  type DeployedKeys,
  planCompromised,
  planCreate,
  planRotate,
  type Step,
} from "../../../../src/cli/commands/signing-key/plan.ts";
import { idTokenSeconds } from "../../../../src/worker/config/client-table.ts";
import type { SigningKeySlot } from "../../../../src/worker/config/sign-in.ts";
import { selectSigningKeys } from "../../../../src/worker/config/signing-keys.ts";
import { createSigningKeys, type SigningKeys } from "../../../../src/worker/sign-in/signing-keys.ts";
import { makeSigningKey } from "../../../support/signing-key.ts";
import { idTokenClaims } from "./support/id-token-claims.ts";

const minute = 60_000;
const hour = 60 * minute;
/** `Cache-Control: max-age` of the key set. */
const keptMs = 5 * minute;
const start = Date.parse("2026-11-27T10:00:00Z");

/** A Worker whose table and secrets change at one moment each, and all who verify what it signs. */
class Deployment {
  now = start;
  keys: DeployedKeys = { table: null, slots: [] };
  readonly #secrets: Record<SigningKeySlot, string | undefined> = { a: undefined, b: undefined };
  #signing: SigningKeys | null = null;
  #isNew = true;
  #tokens: { readonly token: string; readonly endsAt: number }[] = [];
  #keptSet: { readonly set: JSONWebKeySet; readonly readAt: number } | null = null;

  async deploy(step: Step): Promise<void> {
    if (step.kind !== "go") throw new Error(step.message);
    for (const slot of step.newKeys) this.#secrets[slot] = makeSigningKey();
    const settings = selectSigningKeys({ SIGNING_KEY_A: this.#secrets.a, SIGNING_KEY_B: this.#secrets.b }, step.table);
    const keys = settings.ok ? await createSigningKeys(settings.value, () => {})() : settings;
    if (!keys.ok) throw new Error(JSON.stringify(keys.problems));
    this.#signing = keys.value;
    this.#isNew = true;
    this.keys = { table: step.table, slots: ["a", "b"] };
  }

  /**
   * Signs one that lives as long as any, and verifies all that live. @returns how many were verified, and how many
   * refused
   */
  async minutePasses(): Promise<{ verified: number; refused: number }> {
    const signing = this.#signing;
    if (signing === null) throw new Error("nothing is deployed");
    this.now += minute;
    const endsAt = this.now + idTokenSeconds.max * 1000;
    this.#tokens = this.#tokens.filter((one) => one.endsAt > this.now);
    if (this.#isNew || (this.now - start) % (5 * minute) === 0) {
      this.#tokens.push({
        token: await signing.sign(
          idTokenClaims({ iat: Math.floor(Date.now() / 1000), exp: Math.floor(endsAt / 1000) }),
        ),
        endsAt,
      });
      this.#isNew = false;
    }
    const fresh: JSONWebKeySet = { keys: [...signing.published] };
    let [verified, refused] = [0, 0];
    for (const { token } of this.#tokens) {
      for (const isVerified of [await this.#verifies(token, fresh), await this.#verifiesWithKept(token, fresh)]) {
        if (isVerified) verified += 1;
        else refused += 1;
      }
    }
    return { verified, refused };
  }

  /** As kube-apiserver's go-oidc does: an unknown key leads to the key set again, but only once the kept one is old. */
  async #verifiesWithKept(token: string, fresh: JSONWebKeySet): Promise<boolean> {
    this.#keptSet ??= { set: fresh, readAt: this.now };
    if (await this.#verifies(token, this.#keptSet.set)) return true;
    if (this.now - this.#keptSet.readAt < keptMs) return false;
    this.#keptSet = { set: fresh, readAt: this.now };
    return this.#verifies(token, fresh);
  }

  async #verifies(token: string, set: JSONWebKeySet): Promise<boolean> {
    try {
      await jwtVerify(token, createLocalJWKSet(set), { currentDate: new Date(this.now) });
      return true;
    } catch {
      return false;
    }
  }
}

test("two rotations at their earliest moments: no token is refused, at any minute", { timeout: 120_000 }, async () => {
  const deployment = new Deployment();
  await deployment.deploy(planCreate(deployment.keys, deployment.now));
  const sums = { verified: 0, refused: 0, steps: 0 };
  for (let minutes = 0; minutes < 6 * 60; minutes += 1) {
    const counted = await deployment.minutePasses();
    sums.verified += counted.verified;
    sums.refused += counted.refused;
    for (const step of [planCreate(deployment.keys, deployment.now), planRotate(deployment.keys, deployment.now)]) {
      if (step.kind === "refused") continue;
      await deployment.deploy(step);
      sums.steps += 1;
      break;
    }
  }
  console.log(JSON.stringify(sums));
  expect(sums.steps).toBeGreaterThanOrEqual(4);
  expect(sums.refused).toBe(0);
});

test("a key that signs before its hour, or goes before its tokens end, is refused: the test can tell", async () => {
  const deployment = new Deployment();
  await deployment.deploy(planCreate(deployment.keys, deployment.now));
  await deployment.minutePasses();
  await deployment.deploy(planCreate(deployment.keys, deployment.now));
  const { table } = deployment.keys;
  if (table === null) throw new Error("there is a table");
  await deployment.deploy({ kind: "go", table: { ...table, signs: "b" }, newKeys: [] });
  expect((await deployment.minutePasses()).refused).toBeGreaterThan(0);
});

test("a compromised key verifies nothing with the key set from then on, and what follows it does", async () => {
  const deployment = new Deployment();
  await deployment.deploy(planCreate(deployment.keys, deployment.now));
  await deployment.minutePasses();
  await deployment.deploy(planCompromised(deployment.keys, null, deployment.now));
  const { verified, refused } = await deployment.minutePasses();
  // The old token with the new key set; the new token where the old set is kept, for 5 minutes.
  expect({ verified, refused }).toEqual({ verified: 2, refused: 2 });
  deployment.now += hour + keptMs;
  expect((await deployment.minutePasses()).refused).toBe(0);
});
