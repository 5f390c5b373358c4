// A verdict in words for the operator: the problem, and the hint that puts it right.
import { type Reason, reasons } from "../../../worker/reasons.ts";
import { sentenceOf, type Verdict } from "../../../worker/verdict.ts";

export interface ExplainedVerdict {
  readonly kind: Verdict["kind"];
  readonly reason: Reason;
  readonly sentence: string;
  /** Null for an account that gets in. */
  readonly hint: string | null;
}

export function explainVerdict(verdict: Verdict): ExplainedVerdict {
  const { kind, reason } = verdict;
  const { problem, hint } = reasons[reason];
  const explained = { kind, reason, sentence: sentenceOf({ problem, hint: null }), hint };
  switch (verdict.kind) {
    case "authenticated":
    case "unauthenticated":
      return explained;
    case "undetermined":
      return { ...explained, sentence: verdict.detail ?? explained.sentence };
    case "denied":
      return { ...explained, hint: verdict.detail === null ? hint : `${hint} (${verdict.detail})` };
  }
}
