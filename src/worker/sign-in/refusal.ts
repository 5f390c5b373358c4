// What a person is told who is not signed in. A refusal must not tell outsiders who is admitted, so everything that
// would is one identical answer. The reference leads the operator to the line of the decision log, which says it all.
import type { Decision } from "../authenticate.ts";
import type { Facts } from "../github/facts.ts";
import { workflowCredentialIdOf } from "../policy/workflow-identity.ts";
import { deniedReasons, type ReasonRow, unauthenticatedReasons, undeterminedReasons } from "../reasons.ts";
import { sentenceOf, type Verdict } from "../verdict.ts";
import { unknownKeyPauseMs } from "../workflows/keys.ts";

export interface Refusal {
  /** "undetermined": nothing is known about the person, for the fault is elsewhere, and a later try can succeed. */
  readonly kind: "refused" | "undetermined";
  readonly problem: string;
  readonly hint: string;
  /** The credential id of the decision log; null where the token had none. */
  readonly reference: string | null;
  /** Whether it is the one answer for all who must not learn who is admitted. */
  readonly isGeneral: boolean;
  /** All of it as OAuth's `error_description`. */
  readonly description: string;
  /** Where it is known when a later try succeeds. */
  readonly retryAfterSeconds?: number;
}

type Text = Pick<Refusal, "problem" | "hint">;

const notAdmittedText: Text = {
  problem: "This GitHub account is not admitted here",
  hint: "is it the right account? Has the organisation approved the app, and does it want single sign-on first? The people who run this cluster give access",
};

const workflowNotAdmittedText: Text = {
  problem: "This workflow is not admitted here",
  hint: "does an entry name it, with the repository's present numbers? The people who run this cluster give access",
};

const cannotDecide: Text = {
  problem: "It cannot be decided at the moment whether this account is admitted",
  hint: "try again later, and tell the people who run this cluster if it stays so",
};

const signInAgain: Text = { problem: "GitHub no longer accepts this sign-in", hint: "sign in again" };

/** A person who signs in by a browser has no token to make anew. */
const signInTexts: Readonly<Record<string, Partial<Text>>> = {
  token_refused: signInAgain,
  token_unrecognised: signInAgain,
  token_client_mismatch: signInAgain,
  sso_required: { hint: "open the organisation's single sign-on page at GitHub, then sign in again" },
  token_sees_nothing: { hint: "ask an owner of the organisation to install the app" },
};

/** @returns null where the person is admitted */
export function refusalOf(decision: Decision): Refusal | null {
  const { verdict } = decision;
  if (verdict.kind === "authenticated") return null;
  const evaluated = decision.kind === "evaluated" ? decision : null;
  const told = refusal(
    verdict.kind === "undetermined" ? "undetermined" : "refused",
    textFor(
      verdict,
      evaluated?.facts ?? null,
      decision.kind === "workflow" ? workflowNotAdmittedText : notAdmittedText,
    ),
    referenceOf(decision),
  );
  return verdict.reason === "workflow_key_pending" ? { ...told, retryAfterSeconds: keyPendingSeconds } : told;
}

/** After two tries the pause has ended: a job with a new key gets in, however many made-up ids others send. */
const keyPendingSeconds = unknownKeyPauseMs / 1000 / 2;

function referenceOf(decision: Decision): string | null {
  if (decision.kind === "evaluated") return decision.credential.credentialId;
  if (decision.kind !== "workflow" || decision.facts === null) return null;
  return workflowCredentialIdOf(decision.facts);
}

/** A refusal that no decision made: GitHub declined, a code was used before, and so on. */
export function refusal(kind: Refusal["kind"], { problem, hint }: Text, reference: string | null = null): Refusal {
  const sentence = sentenceOf({ problem, hint });
  return {
    kind,
    problem,
    hint,
    reference,
    isGeneral: problem === notAdmittedText.problem || problem === workflowNotAdmittedText.problem,
    description: descriptionOf(sentence, reference === null ? "" : ` Reference: ${reference}`),
  };
}

/** The one answer for all who must not learn who is admitted. */
export function notAdmitted(subject: "person" | "workflow", reference: string | null): Refusal {
  return refusal("refused", subject === "person" ? notAdmittedText : workflowNotAdmittedText, reference);
}

/** @param general the one answer */
function textFor(verdict: Exclude<Verdict, { kind: "authenticated" }>, facts: Facts | null, general: Text): Text {
  const row = rowOf(verdict);
  const mayKnow = row.audience === "bearer" || (row.audience === "member" && isNamedByGitHub(verdict, facts));
  if (!mayKnow) return verdict.kind === "undetermined" ? cannotDecide : general;
  const text = { problem: row.problem, hint: row.hint ?? "", ...signInTexts[verdict.reason] };
  // The detail of an undetermined verdict is the operator's: it names settings.
  const detail = verdict.kind === "denied" ? verdict.detail : null;
  return detail === null ? text : { ...text, problem: `${text.problem} (${detail})` };
}

function rowOf(verdict: Exclude<Verdict, { kind: "authenticated" }>): ReasonRow {
  switch (verdict.kind) {
    case "unauthenticated":
      return unauthenticatedReasons[verdict.reason];
    case "denied":
      return deniedReasons[verdict.reason];
    case "undetermined":
      return undeterminedReasons[verdict.reason];
  }
}

/**
 * Whether GitHub itself shows that the person belongs to an organisation of the policy: as a member, by an
 * invitation, or by the address of that organisation's single sign-on.
 */
function isNamedByGitHub(verdict: Verdict, facts: Facts | null): boolean {
  const memberships = Object.values(facts?.organisations ?? {});
  return memberships.some(
    (membership) =>
      membership.kind === "active" ||
      (membership.kind === "pending" && verdict.reason === "invitation_pending") ||
      (membership.kind === "hidden" && membership.ssoUrl !== null && verdict.reason === "sso_required"),
  );
}

const maxDescriptionLength = 300;

/** RFC 6749, 4.1.2.1: printable ASCII without quotation mark and backslash. kubectl prints it as one line. */
function descriptionOf(sentence: string, reference: string): string {
  const text = sentence.replaceAll(/[^\x20-\x7e]|["\\]/g, "'");
  return text.slice(0, maxDescriptionLength - reference.length) + reference;
}
