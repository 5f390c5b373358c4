// Verifies the token of a workflow: GitHub's signature, then the form of its claims. It runs with every token, and no
// outcome is kept.
import { decodeProtectedHeader } from "jose/decode/protected_header";
import { compactVerify } from "jose/jws/compact/verify";
import { parseJson } from "../json.ts";
import type { ReasonFor } from "../reasons.ts";
import type { Key } from "../sealing.ts";
import { type WorkflowFacts, workflowFactsOf } from "./facts.ts";
import type { ActionsKeys, KeySource } from "./keys.ts";

export type Verification = { readonly source: KeySource } & (
  | { readonly kind: "verified"; readonly facts: WorkflowFacts; readonly time: "current" | "expired" | "not_yet" }
  | {
      readonly kind: "refused";
      readonly reason: ReasonFor<"unauthenticated"> &
        ("workflow_token_forged" | "workflow_key_unknown" | "workflow_claims_malformed");
    }
  | {
      readonly kind: "undetermined";
      readonly reason: ReasonFor<"undetermined"> & ("workflow_key_pending" | "workflow_keys_unavailable");
    }
);

export interface WorkflowVerifier {
  /** `iss` of the tokens that it verifies. */
  readonly issuerUrl: string;
  /** @param token a JWT whose issuer is that one, read without trust */
  verify(token: string): Promise<Verification>;
}

export interface WorkflowVerifierOptions {
  readonly issuerUrl: string;
  /** The host of GitHub's pages. */
  readonly host: string;
  readonly keys: ActionsKeys;
  /** How long after its end a token still counts, for clocks that differ. */
  readonly expiryLeewaySeconds: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** For clocks that differ. */
export const leewaySeconds = 60;

export function createWorkflowVerifier(options: WorkflowVerifierOptions): WorkflowVerifier {
  const { issuerUrl, host, keys, expiryLeewaySeconds, now } = options;

  function timeOf({ expiresAt, notBefore }: WorkflowFacts): (Verification & { kind: "verified" })["time"] {
    const seconds = now() / 1000;
    if (expiresAt + expiryLeewaySeconds <= seconds) return "expired";
    return notBefore - leewaySeconds > seconds ? "not_yet" : "current";
  }

  return {
    issuerUrl,
    async verify(token) {
      const kid = keyIdOf(token);
      if (kid === null) return { kind: "refused", reason: "workflow_token_forged", source: "none" };
      const answer = await keys.find(kid);
      const { source } = answer;
      switch (answer.kind) {
        case "unknown":
          return { kind: "refused", reason: "workflow_key_unknown", source };
        case "pending":
          return { kind: "undetermined", reason: "workflow_key_pending", source };
        case "unavailable":
          return { kind: "undetermined", reason: "workflow_keys_unavailable", source };
        case "found": {
          const claims = await claimsOf(token, answer.key);
          if (claims === null) return { kind: "refused", reason: "workflow_token_forged", source };
          const facts = workflowFactsOf(claims, host);
          return facts === null
            ? { kind: "refused", reason: "workflow_claims_malformed", source }
            : { kind: "verified", facts, time: timeOf(facts), source };
        }
      }
    },
  };
}

/**
 * @returns null for a header that GitHub does not write: another algorithm, no key id, an extension that has to be
 *   understood (`crit`). Keys that a header brings along or points to (`jwk`, `jku`, `x5c`, `x5u`) are not looked at
 */
function keyIdOf(token: string): string | null {
  const { alg, kid, crit } = decodeProtectedHeader(token);
  return alg === "RS256" && crit === undefined && typeof kid === "string" && kid !== "" ? kid : null;
}

/** @returns null where the signature is not of this key */
async function claimsOf(token: string, key: Key): Promise<unknown> {
  try {
    // Whatever the token says: a public key is no secret for HMAC.
    const { payload } = await compactVerify(token, key, { algorithms: ["RS256"] });
    return parseJson(new TextDecoder().decode(payload)) ?? null;
  } catch {
    // The errors of jose: the signature does not hold, or is none.
    return null;
  }
}
