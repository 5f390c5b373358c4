// The ID token (OpenID Connect Core, 2): what its claims say, how long it is good, and how large it may be. Usernames
// and groups come without the cluster's prefix, which the cluster adds itself: so a stolen signing key cannot name
// system:masters.
import type { Decision, WorkflowDecision } from "../authenticate.ts";
import type { OpenIdClient, SignInSettings } from "../config/sign-in.ts";
import { runClaimsOf, workflowCredentialIdOf } from "../policy/workflow-identity.ts";

/** Who a person or workflow is; /userinfo says the same of a person. */
export interface IdentityClaims {
  /** The account's number, or `repository:` and the repository's. */
  readonly sub: string;
  readonly username: string;
  /** Always there: a rule of a cluster may ask for it. */
  readonly groups: readonly string[];
  /** For display: a login can pass to another person. */
  readonly preferred_username: string;
  readonly name: string;
  /** Account numbers are per host. */
  readonly github_host: string;
  readonly credential_id: string;
  readonly credential_kind: string;
  readonly door: "sign-in";
  /** GitHub is unavailable, and its last good answer is used. */
  readonly outage_grace?: true;
  // Of a workflow's run, as far as GitHub's own token says it.
  readonly workflow_ref?: string;
  readonly run_id?: string;
  readonly run_attempt?: string;
  readonly sha?: string;
  readonly event_name?: string;
  readonly actor?: string;
}

/** Never an e-mail address, nor `auth_time`: GitHub does not authenticate anew. No `nbf`: clocks differ. */
export interface IdTokenClaims extends IdentityClaims {
  readonly iss: string;
  /** The client's name alone. */
  readonly aud: string;
  /** Seconds since 1970, as `exp`. */
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly nonce?: string;
}

/** @returns null where the decision admits no one */
export function identityClaimsOf(decision: Decision): IdentityClaims | null {
  if (decision.kind === "workflow") return workflowClaimsOf(decision);
  if (decision.kind !== "evaluated" || decision.facts === null) return null;
  const { verdict, facts, credential } = decision;
  if (verdict.kind !== "authenticated") return null;
  const { login } = facts.account;
  return {
    sub: verdict.user.uid,
    username: verdict.user.username,
    groups: verdict.user.groups,
    preferred_username: login,
    name: login,
    github_host: facts.host,
    credential_id: credential.credentialId,
    credential_kind: credential.tokenKind,
    door: "sign-in",
    ...(decision.graceEndsAt === undefined ? {} : { outage_grace: true }),
  };
}

function workflowClaimsOf({ verdict, facts }: WorkflowDecision): IdentityClaims | null {
  if (verdict.kind !== "authenticated" || facts === null) return null;
  // No login has a colon or a slash.
  const name = `actions:${facts.repository.name}`;
  return {
    sub: verdict.user.uid,
    username: verdict.user.username,
    groups: verdict.user.groups,
    preferred_username: name,
    name,
    github_host: facts.host,
    credential_id: workflowCredentialIdOf(facts),
    credential_kind: "workflow",
    door: "sign-in",
    ...runClaimsOf(facts),
  };
}

/**
 * When an ID token ends: after the client's time, with the GitHub token, or with the grace of an outage.
 *
 * @param tokenEndsAt seconds since 1970; null where nothing but GitHub's own answer says it
 * @param issuedAt seconds since 1970
 * @returns seconds since 1970
 */
export function endOfIdToken(
  { idTokenSeconds }: OpenIdClient,
  decision: Decision,
  tokenEndsAt: number | null,
  issuedAt: number,
): number {
  const ends = [issuedAt + idTokenSeconds];
  if (tokenEndsAt !== null) ends.push(tokenEndsAt);
  if (decision.kind === "workflow" && decision.facts !== null) ends.push(decision.facts.expiresAt);
  if (decision.kind === "evaluated") {
    const { facts, graceEndsAt } = decision;
    if (facts?.expiry.kind === "at") ends.push(facts.expiry.epochMs / 1000);
    if (graceEndsAt !== undefined) ends.push(graceEndsAt / 1000);
  }
  return Math.floor(Math.min(...ends));
}

/** Headers of 8 KB are the most that common servers and proxies take, and kubectl sends the token in one. */
export const maxIdTokenBytes = 7 * 1024;

/** The protected header and the two dots, and the signature of the longest key (3072 bits). */
const headerBytes = 108;
const signatureBytes = 512;
/** The longest values of the claims that are known only when a token is issued: `iat`, `exp` and `jti`. */
const placeholders = { iat: 1e10, exp: 1e10, jti: "0".repeat(22) } as const;

/**
 * @param nonce the client's, which goes into its first ID token
 * @returns the most bytes that an ID token of this identity has
 */
export function idTokenBytes(
  { issuerUrl }: SignInSettings,
  client: OpenIdClient,
  identity: IdentityClaims,
  nonce: string | null,
): number {
  const claims: IdTokenClaims = {
    ...identity,
    ...placeholders,
    iss: issuerUrl,
    aud: client.name,
    ...(nonce === null ? {} : { nonce }),
  };
  const payloadBytes = new TextEncoder().encode(JSON.stringify(claims)).byteLength;
  return headerBytes + Math.ceil((payloadBytes * 4) / 3) + signatureBytes;
}
