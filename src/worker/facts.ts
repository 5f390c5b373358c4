// What GitHub says about the holder of a token, and what it can come to when GitHub is asked. Policy builds on the facts; whatever remembers them can be
// put in front of GitHub behind the same interface.
import type { ReasonFor } from "./reason.ts";

export interface Account {
  /** GitHub's number for the account: it stays when the login changes, and is never given out again. */
  readonly id: number;
  /** As GitHub writes it. It can be changed, and then be taken by somebody else. */
  readonly login: string;
  /** "User" for people; "Bot", "Organization" and whatever else comes are not people. */
  readonly type: string;
}

/** When the token itself ends. One that cannot be read never counts as "never". */
export type TokenExpiry =
  | { readonly kind: "never" }
  | { readonly kind: "at"; readonly epochMs: number }
  | { readonly kind: "unreadable" };

export interface Facts {
  readonly account: Account;
  /** The OAuth or GitHub App that the token was made for, or null for a token that its owner made. */
  readonly oauthClientId: string | null;
  readonly expiry: TokenExpiry;
}

/** GitHub knows the token, but will not say more now; the person may be the cause. */
export type LimitedReason = Extract<
  ReasonFor<"undetermined">,
  | "github_rate_limit"
  | "github_secondary_limit"
  | "github_not_for_integrations"
  | "github_ip_allow_list"
  | "github_locked_out"
  | "github_forbidden"
>;

/** GitHub said nothing that can be believed; nobody's fault. */
export type UnavailableReason = Extract<
  ReasonFor<"undetermined">,
  | "github_unreachable"
  | "github_timeout"
  | "github_server_error"
  | "github_redirect"
  | "github_too_large"
  | "github_nonsense"
  | "github_version_retired"
  | "github_unexpected_status"
>;

export type FactsOutcome =
  | { readonly kind: "found"; readonly facts: Facts }
  | { readonly kind: "refused" }
  | { readonly kind: "unrecognised" }
  | { readonly kind: "suspended" }
  | { readonly kind: "limited"; readonly reason: LimitedReason }
  | { readonly kind: "unavailable"; readonly reason: UnavailableReason };

/** Where an outcome comes from, for the log. */
export interface Evidence {
  readonly source: "github";
  /** Null where there was no answer. */
  readonly githubStatus: number | null;
  /** GitHub's own name for the request: what its support asks for. */
  readonly githubRequestId: string | null;
}

/** What a policy needs to know; the account is the only thing so far. */
export interface Question {
  readonly about: "account";
}

export interface FactsSource {
  /**
   * @param token a GitHub token, right by its shape
   * @returns an outcome, whatever happens: a source does not throw
   */
  ask(token: string, question: Question): Promise<{ readonly outcome: FactsOutcome; readonly evidence: Evidence }>;
}
