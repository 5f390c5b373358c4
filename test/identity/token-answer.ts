// What the sign-in hostname answers to a request for an ID token: the claims of a token that the published key
// verifies, or OAuth's error.
import { createPublicKey } from "node:crypto";
import { jwtVerify } from "jose";
import * as v from "valibot";
import { credentialIdOf } from "../support/credential-id.ts";
import { makeSigningKey } from "../support/signing-key.ts";
import type { Answer } from "./deployment.ts";

/** Made once: a key takes a while. */
export const signingKey = makeSigningKey();
const publicKey = createPublicKey(signingKey);

/** All that a token says, and nothing besides. */
const claimsSchema = v.strictObject({
  iss: v.string(),
  aud: v.string(),
  sub: v.string(),
  iat: v.number(),
  exp: v.number(),
  jti: v.pipe(v.string(), v.regex(/^[\w-]{22}$/)),
  username: v.string(),
  groups: v.array(v.string()),
  preferred_username: v.string(),
  name: v.string(),
  github_host: v.string(),
  credential_id: v.string(),
  credential_kind: v.string(),
  door: v.literal("sign-in"),
  outage_grace: v.optional(v.literal(true)),
  // Of a workflow alone.
  workflow_ref: v.optional(v.string()),
  run_id: v.optional(v.string()),
  run_attempt: v.optional(v.string()),
  sha: v.optional(v.string()),
  event_name: v.optional(v.string()),
  actor: v.optional(v.string()),
});
export type Claims = v.InferOutput<typeof claimsSchema>;

export type TokenAnswer =
  | { readonly kind: "issued"; readonly idToken: string; readonly claims: Claims }
  /** The person reads the description; the token's name in the log stands there as `GITHUBSHA256=…`. */
  | { readonly kind: "refused"; readonly error: string; readonly description: string };

const errorSchema = v.strictObject({ error: v.string(), error_description: v.string() });
const exchangedSchema = v.object({ access_token: v.string(), issued_token_type: v.string() });
const refreshedSchema = v.object({ id_token: v.string() });

/**
 * @param token GitHub's, of which the answer must say nothing but its name in the log
 * @throws where an ID token does not verify, or has claims that it must not have
 */
export async function tokenAnswerOf(
  { status, body }: Answer,
  token: string,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<TokenAnswer> {
  if (body.includes(token)) throw new Error("the answer holds GitHub's token");
  const json: unknown = JSON.parse(body);
  if (status !== 200) {
    const { error, error_description: description } = v.parse(errorSchema, json);
    const withoutName = description.replace(credentialIdOf(token), "GITHUBSHA256=…").replace(/JTI=\S+$/, "JTI=…");
    return { kind: "refused", error, description: withoutName };
  }
  const exchanged = v.safeParse(exchangedSchema, json);
  const idToken = exchanged.success ? exchanged.output.access_token : v.parse(refreshedSchema, json).id_token;
  const { payload } = await jwtVerify(idToken, publicKey, { ...expected, typ: "JWT" });
  return { kind: "issued", idToken, claims: v.parse(claimsSchema, payload) };
}
