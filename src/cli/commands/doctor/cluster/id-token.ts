// What an ID token says of itself, and whether it is what kube-apiserver wants: issuer, audience, signature, time.
import { type CompactJWSHeaderParameters, compactVerify, createLocalJWKSet, decodeJwt, type JSONWebKeySet } from "jose";
import * as v from "valibot";
import type { HttpsResponse } from "../../../../node/https.ts";
import { broken, type CheckResult, ok, printable, warning } from "../check.ts";
import { noticedClockErrorMs } from "../checks/network.ts";
import type { Found } from "./chain.ts";

const claimsSchema = v.looseObject({
  iss: v.string(),
  aud: v.union([v.string(), v.array(v.string())]),
  sub: v.string(),
  exp: v.number(),
  iat: v.optional(v.number()),
  username: v.string(),
  groups: v.array(v.string()),
  preferred_username: v.string(),
});

export type IdTokenClaims = v.InferOutput<typeof claimsSchema>;

export interface Surroundings {
  /** The audience is the cluster's name; null where nothing says where people sign in. */
  readonly expected: { readonly issuerUrl: string; readonly audience: string } | null;
  /** The provider's answer with its public keys. */
  readonly keys: HttpsResponse | null;
  /** Milliseconds: this machine's clock. */
  readonly now: number;
  /** How much the provider's and kube-apiserver's clocks are ahead of it; null: unknown. */
  readonly providerClockErrorMs: number | null;
  readonly clusterClockErrorMs: number | null;
}

/** Whether a token has the form of an ID token; nothing in it is checked. */
export function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}

export async function checkIdToken(token: string, around: Surroundings): Promise<Found<IdTokenClaims>> {
  const { expected, keys } = around;
  if (expected === null || keys === null) {
    const hint = "run this beside wrangler.toml, or with a kubeconfig of octogate kubeconfig --for-people";
    return { result: broken("is an ID token, and nothing here says of which issuer", hint), value: null };
  }
  const claims = claimsIn(token);
  if (claims === null) {
    const hint =
      "another program made it: octogate kubeconfig --for-people prints the entry that makes kubectl ask Octogate";
    return { result: broken("is no ID token of Octogate's: a claim is missing", hint), value: null };
  }
  const fault = faultInClaims(claims, expected) ?? (await faultInSignature(token, keys)) ?? timeOf(claims, around);
  return { result: fault, value: fault.state === "broken" ? null : claims };
}

function claimsIn(token: string): IdTokenClaims | null {
  try {
    const parsed = v.safeParse(claimsSchema, decodeJwt(token));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

function faultInClaims(
  { iss, aud }: IdTokenClaims,
  { issuerUrl, audience }: { readonly issuerUrl: string; readonly audience: string },
): CheckResult | null {
  if (iss !== issuerUrl) {
    return broken(`its issuer is ${printable(iss)}, not ${issuerUrl}`, "the two are compared letter by letter");
  }
  const audiences = [aud].flat();
  if (audiences.length === 1 && audiences[0] === audience) return null;
  const seen = `it is for ${printable(audiences.join(", "))}, not for ${audience}`;
  return broken(seen, `--oidc-client-id=${audience} in the kubeconfig asks for one of this cluster`);
}

async function faultInSignature(token: string, keys: HttpsResponse): Promise<CheckResult | null> {
  const keySet = createLocalJWKSet(keySetIn(keys));
  let header: CompactJWSHeaderParameters;
  try {
    header = (await compactVerify(token, keySet)).protectedHeader;
  } catch {
    const hint =
      "sign in anew: kubectl oidc-login clean forgets the old one; a key that is not published signs nothing";
    return broken("no published key signed it", hint);
  }
  return header.alg === "RS256"
    ? null
    : broken(`is signed by ${printable(header.alg)}, not RS256`, "deploy Octogate anew");
}

function keySetIn(answer: HttpsResponse): JSONWebKeySet {
  // The check of the keys has found them to be in order.
  return answer.kind === "answered" ? (JSON.parse(answer.body) as JSONWebKeySet) : { keys: [] };
}

function timeOf({ exp, iat = exp }: IdTokenClaims, around: Surroundings): CheckResult {
  const { now, providerClockErrorMs, clusterClockErrorMs } = around;
  const left = (clockErrorMs: number) => Math.round(exp - (now + clockErrorMs) / 1000);
  const here = left(0);
  const atProvider = left(providerClockErrorMs ?? 0);
  if (here <= 0 && atProvider > 0) {
    const seen = `has ended ${-here} s ago by this machine's clock, and has ${atProvider} s left by the provider's`;
    return broken(seen, "set this machine's clock, and keep it by NTP: kubelogin takes every token for ended");
  }
  if (here <= 0) return broken(`has ended ${-here} s ago`, "sign in anew: kubectl oidc-login clean, then any command");
  if (clusterClockErrorMs !== null && left(clusterClockErrorMs) <= 0) {
    const seen = `has ended by kube-apiserver's clock, which is ${Math.round(clusterClockErrorMs / 1000)} s ahead of this machine's`;
    return broken(seen, "set the clock of the control plane, and keep it by NTP");
  }
  const early = Math.round(iat - now / 1000);
  if (early * 1000 > noticedClockErrorMs) {
    return warning(
      `was issued ${early} s from now, by this machine's clock`,
      "set this machine's clock, and keep it by NTP",
    );
  }
  return ok(`issuer, audience, signature and time are right; ${here} of ${exp - iat} s left`);
}
