// All reasons with what they lead to: for the command, the tests and the documents. The Worker itself has no use for it.
import {
  authenticatedReasons,
  deniedReasons,
  type Reason,
  unauthenticatedReasons,
  undeterminedReasons,
  type VerdictKind,
} from "./reason.ts";

export interface ReasonEntry {
  readonly verdict: VerdictKind;
  /** One sentence; for "denied" it says how the person can put it right. */
  readonly sentence: string;
}

export const reasons: Readonly<Record<Reason, ReasonEntry>> = {
  ...entries("authenticated", authenticatedReasons),
  ...entries("unauthenticated", unauthenticatedReasons),
  ...entries("denied", deniedReasons),
  ...entries("undetermined", undeterminedReasons),
};

function entries<R extends Reason>(
  verdict: VerdictKind,
  sentences: Readonly<Record<R, string>>,
): Record<R, ReasonEntry> {
  const named = Object.entries<string>(sentences).map(([reason, sentence]) => [reason, { verdict, sentence }]);
  // The same keys.
  return Object.fromEntries(named) as Record<R, ReasonEntry>;
}
