// The way of one token: credential → facts → policy → verdict. Each step can end it; nothing here knows of HTTP, and nothing but the source of facts
// leaves the machine.
import { type Checked, describeProblems, type Problem } from "./config/checked.ts";
import type { ClusterPolicy } from "./config/cluster.ts";
import type { TokenShape } from "./config/service.ts";
import { credentialIdOf } from "./credential/credential-id.ts";
import { type ForeignKind, recogniseCredential } from "./credential/kind.ts";
import type { Facts, FactsOutcome, FactsSource, ResponseInfo } from "./github/facts.ts";
import { evaluateCredential, evaluateFacts } from "./policy/evaluate.ts";
import type { PresentedCredential } from "./policy/identity.ts";
import { findNameWarnings } from "./policy/name-warnings.ts";
import { questionOf } from "./policy/question.ts";
import { denied, unauthenticated, undetermined, type Verdict } from "./verdict.ts";

/** What the deployment brings along for every review. */
export interface Service {
  readonly source: FactsSource;
  readonly tokenShape: TokenShape;
}

/** A verdict and what it rests on, for the decision log. */
export type Decision =
  | { readonly kind: "misconfigured"; readonly problems: readonly Problem[]; readonly verdict: Verdict }
  | { readonly kind: "foreign"; readonly foreignKind: ForeignKind; readonly verdict: Verdict }
  | {
      readonly kind: "judged";
      readonly credential: PresentedCredential;
      readonly verdict: Verdict;
      /** Null where GitHub was not asked. */
      readonly responseInfo: ResponseInfo | null;
      /** Null where they are not known. */
      readonly facts: Facts | null;
      /** Set where they are older than they should be, and stand because GitHub is unavailable. */
      readonly outageGrace?: true;
      /** What these facts show to be uncertain about the policy's names. */
      readonly nameWarnings: readonly string[];
    };

/**
 * @param token as it came: any string that is not empty
 * @param cluster the asking cluster's name
 * @param checkedPolicy the asking cluster's; a wrong one leaves its reviews undetermined
 * @param service the deployment's; a wrong one leaves everybody's undetermined
 */
export async function authenticate(
  token: string,
  cluster: string,
  checkedPolicy: Checked<ClusterPolicy>,
  service: Checked<Service>,
): Promise<Decision> {
  if (!service.ok || !checkedPolicy.ok) {
    const problems = [service, checkedPolicy].flatMap((part) => (part.ok ? [] : part.problems));
    return { kind: "misconfigured", problems, verdict: undetermined("configuration", describeProblems(problems)) };
  }
  const { source, tokenShape } = service.value;
  const policy = checkedPolicy.value;

  const recognised = recogniseCredential(token, tokenShape);
  if (recognised.kind === "foreign") {
    return { kind: "foreign", foreignKind: recognised.foreignKind, verdict: unauthenticated("not_github_token") };
  }
  const credential = {
    tokenKind: recognised.tokenKind,
    credentialId: source.knownCredentialId(token) ?? (await credentialIdOf(token)),
  };

  const early = evaluateCredential(policy, credential);
  if (early !== null)
    return { kind: "judged", credential, verdict: early, responseInfo: null, facts: null, nameWarnings: [] };

  // Memory asks for the verdict, too: facts that let nobody in are believed for a shorter time.
  const judge = rememberLast((facts) => evaluateFacts(policy, credential, facts));
  const question = questionOf(cluster, policy, credential, judge);
  const { outcome, responseInfo } = await source.load(token, credential.credentialId, question);
  const facts = outcome.kind === "found" ? outcome.facts : null;
  return {
    kind: "judged",
    credential,
    verdict: judgeOutcome(outcome, judge),
    responseInfo,
    facts,
    ...(outcome.kind === "found" && outcome.outageGrace ? { outageGrace: true } : {}),
    nameWarnings: facts === null ? [] : findNameWarnings(policy, facts),
  };
}

type Judge = (facts: Facts) => Verdict;

/** @returns the same, but the last facts are not judged again */
function rememberLast(judge: Judge): Judge {
  let last: { readonly facts: Facts; readonly verdict: Verdict } | null = null;
  return (facts) => {
    if (last?.facts !== facts) last = { facts, verdict: judge(facts) };
    return last.verdict;
  };
}

function judgeOutcome(outcome: FactsOutcome, judge: Judge): Verdict {
  switch (outcome.kind) {
    case "found":
      return judgeFound(outcome, judge);
    case "refused":
      return unauthenticated(outcome.reason);
    case "unrecognised":
      return unauthenticated("token_unrecognised");
    case "suspended":
      return denied("account_suspended");
    case "limited":
    case "unavailable":
      return undetermined(outcome.reason);
  }
}

/** Whoever is let in on facts that are older than they should be is marked, so that the cluster's audit log shows it. */
function judgeFound({ facts, outageGrace }: FactsOutcome & { kind: "found" }, judge: Judge): Verdict {
  const verdict = judge(facts);
  if (verdict.kind !== "authenticated" || !outageGrace) return verdict;
  const { user } = verdict;
  return { ...verdict, user: { ...user, extra: { ...user.extra, "octogate.dev/outage-grace": ["true"] } } };
}
