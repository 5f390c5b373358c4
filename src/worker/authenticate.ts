// The way of one token: credential → facts → policy → verdict. Each step can end it. Nothing here knows of HTTP, and
// nothing but the facts cache and the keys of workflows' tokens calls out.
import type { FactsCache } from "./cache/facts-cache.ts";
import type { LookupResult } from "./cache/lookup.ts";
import { type Checked, describeProblems, type Problem } from "./config/checked.ts";
import type { ClusterPolicy } from "./config/cluster.ts";
import type { TokenShape } from "./config/service.ts";
import { credentialIdOf } from "./credential/credential-id.ts";
import { type ForeignKind, isWorkflowToken, recogniseCredential } from "./credential/kind.ts";
import type { Facts } from "./github/facts.ts";
import { createTrace, type TracedCall } from "./github/trace.ts";
import { evaluateCredential, factsRequestOf } from "./policy/evaluate.ts";
import { evaluateWorkflow } from "./policy/evaluate-workflow.ts";
import { evaluationOf } from "./policy/evaluation.ts";
import type { PresentedCredential } from "./policy/identity.ts";
import { findWorkflowWarnings } from "./policy/name-warnings.ts";
import { workflowCredentialIdOf } from "./policy/workflow-identity.ts";
import { denied, unauthenticated, undetermined, type Verdict } from "./verdict.ts";
import type { WorkflowFacts } from "./workflows/facts.ts";
import type { KeySource } from "./workflows/keys.ts";
import type { Verification, WorkflowVerifier } from "./workflows/verify.ts";

/** What the deployment brings along for every review. */
export interface Service {
  readonly factsCache: FactsCache;
  readonly tokenShape: TokenShape;
  /** Null where no token of a workflow is taken. */
  readonly workflows: WorkflowVerifier | null;
  /** Counts one more denial of a credential at a cluster; true where it repeats too often, see repeated-denials.ts. */
  readonly isRepeatedDenial: (cluster: string, credentialId: string) => boolean;
}

/** A verdict and what it rests on, for the decision log. */
export type Decision =
  | { readonly kind: "misconfigured"; readonly problems: readonly Problem[]; readonly verdict: Verdict }
  | { readonly kind: "foreign"; readonly foreignKind: ForeignKind; readonly verdict: Verdict }
  | {
      readonly kind: "evaluated";
      readonly credential: PresentedCredential;
      readonly verdict: Verdict;
      /** "none" where GitHub was not asked and nothing was known. */
      readonly source: LookupResult["source"];
      /** The call to GitHub on which the verdict rests; null where there was none. */
      readonly call: TracedCall | null;
      /** Null where they are not known. */
      readonly facts: Facts | null;
      /** Set where they are not known now, but GitHub once accepted the token. */
      readonly isKnownToken?: true;
      /**
       * Set where the facts are stale, and used because GitHub is unavailable: until when they may be; milliseconds.
       */
      readonly graceEndsAt?: number;
      /** Set where a denial repeats so often that kube-apiserver gets a plain no, which it caches. */
      readonly repeated?: true;
      /** What the facts show to be uncertain about the policy's names. */
      readonly nameWarnings: readonly string[];
    }
  | WorkflowDecision;

export interface WorkflowDecision {
  readonly kind: "workflow";
  readonly verdict: Verdict;
  /** Where GitHub's key came from. */
  readonly source: KeySource;
  /** Null where GitHub's signature does not hold, or the claims have another form. */
  readonly facts: WorkflowFacts | null;
  /** As above. */
  readonly repeated?: true;
  readonly nameWarnings: readonly string[];
}

/**
 * Decides about one token. Checks, in this order:
 *
 * 1. the configuration of the deployment and of the cluster is right; otherwise undetermined
 * 2. the token is one that GitHub gives to people or workflows, by its shape alone; a foreign token ends here, never
 *    sent or logged
 * 3. the token is not denied by name, and its kind is allowed at this cluster
 * 4. GitHub's facts about the owner: memory → KV → GitHub; a failure ends here
 * 5. the policy, on these facts
 * 6. a denial that repeats too often is marked
 *
 * A workflow's token is verified in place of 3 and 4 (workflows/verify.ts).
 *
 * @param token as it came: any string that is not empty
 * @param cluster the asking cluster's name
 * @param checkedPolicy the asking cluster's; a wrong one leaves its reviews undetermined
 * @param service the deployment's; a wrong one leaves all reviews undetermined
 * @param trace takes the calls to GitHub
 */
export async function authenticate(
  token: string,
  cluster: string,
  checkedPolicy: Checked<ClusterPolicy>,
  service: Checked<Service>,
  trace = createTrace(),
): Promise<Decision> {
  if (!service.ok || !checkedPolicy.ok) {
    const problems = [service, checkedPolicy].flatMap((part) => (part.ok ? [] : part.problems));
    return { kind: "misconfigured", problems, verdict: undetermined("configuration", describeProblems(problems)) };
  }
  const { factsCache, tokenShape, workflows, isRepeatedDenial } = service.value;
  const policy = checkedPolicy.value;

  if (workflows !== null && isWorkflowToken(token, workflows.issuerUrl)) {
    return decideAboutWorkflow(await workflows.verify(token), cluster, policy, service.value);
  }
  const recognised = recogniseCredential(token, tokenShape);
  if (recognised.kind === "foreign") {
    return { kind: "foreign", foreignKind: recognised.foreignKind, verdict: unauthenticated("not_github_token") };
  }
  const credentialId = factsCache.credentialIdOf(token) ?? (await credentialIdOf(token));
  const credential = { tokenKind: recognised.tokenKind, credentialId };

  const repetition = ({ kind }: Verdict) =>
    kind === "denied" && isRepeatedDenial(cluster, credentialId) ? ({ repeated: true } as const) : {};
  const known = () => (factsCache.isKnown(token) ? ({ isKnownToken: true } as const) : {});
  const early = evaluateCredential(policy, credential);
  if (early !== null) {
    const nothingKnown = { source: "none", call: null, facts: null, nameWarnings: [] } as const;
    return { kind: "evaluated", credential, verdict: early, ...nothingKnown, ...known(), ...repetition(early) };
  }

  const { outcome, source, call } = await factsCache.load({
    token,
    credentialId,
    request: factsRequestOf(cluster, policy, credential),
    evaluate: (facts) => evaluationOf(policy, credential, facts).verdict,
    trace,
  });
  const facts = outcome.kind === "found" ? outcome.facts : null;
  const verdict = verdictOf(outcome);
  return {
    kind: "evaluated",
    credential,
    verdict,
    source,
    call,
    facts,
    ...(facts === null ? known() : {}),
    ...(outcome.kind === "found" && outcome.isStale ? { graceEndsAt: outcome.graceEndsAt } : {}),
    ...repetition(verdict),
    nameWarnings: facts === null ? [] : evaluationOf(policy, credential, facts).nameWarnings,
  };
}

function decideAboutWorkflow(
  verification: Verification,
  cluster: string,
  policy: ClusterPolicy,
  { isRepeatedDenial }: Service,
): WorkflowDecision {
  const { source } = verification;
  const nothingKnown = { kind: "workflow", source, facts: null, nameWarnings: [] } as const;
  if (verification.kind === "refused") return { ...nothingKnown, verdict: unauthenticated(verification.reason) };
  if (verification.kind === "undetermined") return { ...nothingKnown, verdict: undetermined(verification.reason) };
  const { facts, time } = verification;
  const verdict = evaluateWorkflow(policy, facts, time);
  const isRepeated = verdict.kind === "denied" && isRepeatedDenial(cluster, workflowCredentialIdOf(facts));
  return {
    kind: "workflow",
    verdict,
    source,
    facts,
    ...(isRepeated ? { repeated: true } : {}),
    nameWarnings: findWorkflowWarnings(policy, facts),
  };
}

function verdictOf(outcome: LookupResult["outcome"]): Verdict {
  switch (outcome.kind) {
    case "found":
      return outcome.isStale ? markStale(outcome.verdict) : outcome.verdict;
    case "refused":
      return unauthenticated(outcome.reason);
    case "unrecognised":
      return unauthenticated("token_unrecognised");
    case "suspended":
      return denied("account_suspended");
    case "denied":
      return denied(outcome.reason);
    case "limited":
    case "unavailable":
      return undetermined(outcome.reason);
  }
}

/** A user who is admitted on stale facts is marked, so that the cluster's audit log shows it. */
function markStale(verdict: Verdict): Verdict {
  if (verdict.kind !== "authenticated") return verdict;
  const { user } = verdict;
  return { ...verdict, user: { ...user, extra: { ...user.extra, "octogate.dev/outage-grace": ["true"] } } };
}
