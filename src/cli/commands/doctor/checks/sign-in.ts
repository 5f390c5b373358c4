// The checks of the sign-in hostname, as a kube-apiserver and an OpenID client see it: no client certificate, and other
// requests than the webhook's.
import {
  type Fault,
  faultInCallback,
  faultInDiscovery,
  faultInKeys,
  faultInPlace,
  faultInReview,
  type SignInAnswers,
} from "../../../deployment/verify-sign-in.ts";
import { broken, type CheckResult, durationText, ok, printable } from "../check.ts";

export interface SignInObservations {
  readonly issuerUrl: string;
  readonly answers: SignInAnswers;
  /** How much the server's clock is ahead of this machine's, in milliseconds; null where no answer states the time. */
  readonly clockErrorMs: number | null;
}

/** Whether something else answers in the Worker's place, or nothing. */
export function checkSignIn({ issuerUrl, answers }: SignInObservations): CheckResult {
  const { discovery } = answers;
  const fault = faultInPlace(discovery);
  if (fault !== null || discovery.kind === "failed") return resultOf(fault, "");
  return ok(`${issuerUrl} answers in ${durationText(discovery.durationMs)}; no challenge page, no redirect`);
}

export function checkDiscovery({ issuerUrl, answers }: SignInObservations): CheckResult {
  const fault = faultInDiscovery(answers.discovery, issuerUrl);
  return resultOf(fault, "names this issuer, for some minutes, to pages of all origins");
}

export function checkKeys({ answers }: SignInObservations): CheckResult {
  return resultOf(faultInKeys(answers.keys), "public keys for some minutes, to pages of all origins");
}

export function checkCallback({ answers }: SignInObservations): CheckResult {
  return resultOf(faultInCallback(answers.callback), "answers with a page; whether GitHub has it, a sign-in shows");
}

export function checkClosed({ answers }: SignInObservations): CheckResult {
  return resultOf(faultInReview(answers.review), "/authenticate is 404 there");
}

function resultOf(fault: Fault | null, seen: string): CheckResult {
  return fault === null ? ok(seen) : broken(printable(fault.seen), fault.hint);
}
