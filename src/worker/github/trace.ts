// Calls to GitHub that one review made: for its line in the decision log, for backing off, and for `octogate explain`.
import type { LookupFailure } from "./facts.ts";
import { isLookupFailure } from "./outcomes.ts";

/** One call that has ended. Nothing in it holds a token. */
export interface TracedCall {
  /** Its name in the table of endpoints. */
  readonly endpoint: string;
  readonly method: "GET" | "POST";
  readonly url: string;
  /** Null where no response came; 304 where the body of an earlier time still holds. */
  readonly status: number | null;
  /** GitHub's own name for the request, which its support asks for. */
  readonly requestId: string | null;
  /** How long GitHub asked to be left alone, or null if it did not; milliseconds. */
  readonly retryAfterMs: number | null;
  /** Null where no response came. */
  readonly headers: Headers | null;
  /** `message` of an error body, in GitHub's own words; "" where there is none. */
  readonly message: string;
  readonly durationMs: number;
  /** "ok", or the outcome of the endpoint's row that fitted the response: the very value that the caller got. */
  readonly outcome: { readonly kind: string; readonly reason?: string };
}

export interface Trace {
  /** The calls that have ended, in the order in which they began. */
  calls(): readonly TracedCall[];
  /** @returns a function that takes the call when it has ended */
  begin(): (call: TracedCall) => void;
}

export function createTrace(): Trace {
  const calls: (TracedCall | null)[] = [];
  return {
    calls: () => calls.filter((call) => call !== null),
    begin() {
      const index = calls.push(null) - 1;
      return (call) => {
        calls[index] = call;
      };
    },
  };
}

/**
 * @param outcome what the calls of the trace came to together
 * @returns the call on which the outcome rests, or null where GitHub was not called
 */
export function decidingCall(trace: Trace, outcome: { readonly kind: "found" } | LookupFailure): TracedCall | null {
  const calls = trace.calls();
  // The last one: a review whose policy has changed may load twice.
  if (outcome.kind === "found")
    return calls.findLast((call) => isOwnerCall(call) && call.outcome.kind === "ok") ?? null;
  const deciding = calls.find((call) => call.outcome === outcome);
  // A quota that all users share may allow no call.
  if (deciding !== undefined || (outcome.kind === "limited" && outcome.reason.startsWith("shared_quota"))) {
    return deciding ?? null;
  }
  // The outcome was made of several responses: the first that failed, or else the last, if possible not the owner's.
  const failed = calls.find((call) => isLookupFailure(call.outcome));
  return failed ?? calls.findLast((call) => !isOwnerCall(call)) ?? calls.at(-1) ?? null;
}

function isOwnerCall({ endpoint }: TracedCall): boolean {
  return endpoint === "user" || endpoint === "checkToken";
}
