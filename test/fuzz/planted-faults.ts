// Faults that are put into the code to see whether `npm run fuzz` finds them: each takes one rule away.

export interface PlantedFault {
  /** What is wrong with the code then. */
  readonly name: string;
  /** A file below src/. */
  readonly file: string;
  /** Stands there once. */
  readonly from: string;
  readonly to: string;
  /** The target that has to find it: a file of `targets`. */
  readonly foundBy: string;
}

export const plantedFaults: readonly PlantedFault[] = [
  {
    name: "a certificate that Cloudflare did not verify speaks for a cluster",
    file: "worker/http/client-certificate.ts",
    from: 'if (certificate.certVerified !== "SUCCESS") {',
    to: 'if (certificate.certVerified === "") {',
    foundBy: "review-bodies.test.ts",
  },
  {
    name: "a body that is no JSON is an exception",
    file: "worker/json.ts",
    from: "return undefined;",
    to: "throw new TypeError();",
    foundBy: "review-bodies.test.ts",
  },
  {
    name: "blanks around a token do not count",
    file: "worker/http/token-review.ts",
    from: "review: { apiVersion, token } }",
    to: "review: { apiVersion, token: token.trim() } }",
    foundBy: "tokens.test.ts",
  },
  {
    name: "a membership counts in any state",
    file: "worker/github/memberships/source.ts",
    from: 'if (state === "active") return role;',
    to: 'if (state !== "pending") return role;',
    foundBy: "github-answers.test.ts",
  },
  {
    name: "accounts of every type are people",
    file: "worker/policy/evaluate.ts",
    from: 'if (facts.account.type !== "User")',
    to: 'if (facts.account.type === "")',
    foundBy: "github-answers.test.ts",
  },
  {
    name: "an entry of KV's is not bound to its token",
    file: "worker/sealing.ts",
    from: "additionalData: encoder.encode(context)",
    to: "additionalData: encoder.encode(context.slice(0, 2))",
    foundBy: "kv-values.test.ts",
  },
  {
    name: "the grace has no end",
    file: "worker/cache/freshness.ts",
    from: "areYounger(dated.toldAt, now, lifetimes.ttlMs + lifetimes.graceMs)",
    to: "areYounger(dated.toldAt, now, lifetimes.ttlMs + 9e9)",
    foundBy: "kv-values.test.ts",
  },
  {
    name: "a sealed value has more than one spelling",
    file: "worker/sign-in/sealer.ts",
    from: "return base64url(bytes) === text ? bytes : null;",
    to: "return bytes;",
    foundBy: "sealed-values.test.ts",
  },
  {
    name: "a code is good without its verifier",
    file: "worker/sign-in/code-grant.ts",
    from: "return isEqual(await sha256(verifier), challenge)",
    to: "return isEqual(challenge, challenge)",
    foundBy: "sign-in-requests.test.ts",
  },
  {
    name: "a workflow's token is good at every audience",
    file: "worker/policy/evaluate-workflow.ts",
    from: "facts.audience !== workflowAudience",
    to: "facts.audience === workflowAudience.length.toString()",
    foundBy: "workflow-tokens.test.ts",
  },
  {
    name: "a wrong value in wrangler.toml breaks the command",
    file: "cli/config-file/file.ts",
    from: "const [outer] = parsed.issues;",
    to: "const [outer] = parsed.issues.slice(1) as unknown as typeof parsed.issues;",
    foundBy: "wrangler-file.test.ts",
  },
];
