// What GitHub says about the owner of a token, and what it can come to when GitHub is asked. Policy builds on the facts; whatever remembers them can be
// put in front of GitHub behind the same interface.
import type { TokenKind } from "../config/cluster.ts";
import type { OrganisationReference } from "../config/organisations.ts";
import type { ReasonFor } from "../reasons.ts";

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

export interface Team {
  readonly id: number;
  /** Lower case as GitHub makes it from the team's name; unlike the name, nobody can choose it freely. */
  readonly slug: string;
}

/** Why a token is not allowed to see whether its owner belongs to an organisation. */
export type HiddenReason = Extract<
  ReasonFor<"denied">,
  | "scope_missing"
  | "sso_required"
  | "app_not_approved"
  | "ip_allow_list"
  | "other_resource_owner"
  | "token_kind_forbidden"
  | "organisation_forbidden"
>;

/** How somebody stands to one organisation. */
export type Membership =
  | {
      readonly kind: "active";
      readonly id: number;
      /** As GitHub writes it. */
      readonly login: string;
      readonly role: string;
      /** The teams that the person is in, and all of their parents, in any order. */
      readonly teams: readonly Team[];
    }
  /** Invited, but no member yet. */
  | { readonly kind: "pending"; readonly id: number; readonly login: string }
  | {
      readonly kind: "none";
      /** The number of the organisation that has the name now, where it is another one than the pinned. */
      readonly nameTakenBy: number | null;
    }
  | {
      readonly kind: "hidden";
      readonly reason: HiddenReason;
      /** Where the person authorises the token for SAML SSO, if GitHub said so. */
      readonly ssoUrl: string | null;
    };

export interface Facts {
  /** The host of GitHub's pages; account numbers are per host. */
  readonly host: string;
  readonly account: Account;
  /** The OAuth or GitHub App that the token was made for, or null for a token that its owner made. */
  readonly oauthClientId: string | null;
  /** The OAuth scopes, or null for a token that has permissions instead. */
  readonly scopes: readonly string[] | null;
  readonly expiry: TokenExpiry;
  /** By `keyOfOrganisation`: every organisation that was asked about. */
  readonly organisations: Readonly<Record<string, Membership>>;
}

/** GitHub does not take the token. */
export type RefusedReason = Extract<ReasonFor<"unauthenticated">, "token_refused" | "token_client_mismatch">;

/** GitHub knows the token, but will not say more now; the person may be the cause. */
export type LimitedReason = Extract<
  ReasonFor<"undetermined">,
  | "github_rate_limit"
  | "github_secondary_limit"
  | "github_not_for_integrations"
  | "github_ip_allow_list"
  | "github_locked_out"
  | "github_forbidden"
  | "new_token_rate_limit"
>;

/** GitHub said nothing that can be believed; nobody's fault. */
export type UnavailableReason = Extract<
  ReasonFor<"undetermined">,
  | "github_unreachable"
  | "github_timeout"
  | "github_server_error"
  | "github_redirect"
  | "github_too_large"
  | "github_invalid_response"
  | "github_inconsistent_responses"
  | "github_version_retired"
  | "github_unexpected_status"
  | "github_app_unavailable"
  | "oauth_client_secret"
>;

export type Unavailable = { readonly kind: "unavailable"; readonly reason: UnavailableReason };

/** Everything but "found". */
export type LookupFailure =
  | { readonly kind: "refused"; readonly reason: RefusedReason }
  | { readonly kind: "unrecognised" }
  | { readonly kind: "suspended" }
  | { readonly kind: "limited"; readonly reason: LimitedReason }
  | Unavailable;

export type FactsOutcome =
  | {
      readonly kind: "found";
      readonly facts: Facts;
      /** Whether the facts are older than they should be, and stand because GitHub is unavailable. */
      readonly outageGrace: boolean;
    }
  | LookupFailure;

/** Where an outcome comes from, for the log. */
export interface ResponseInfo {
  /** "none" where nobody was asked and nothing was known. */
  readonly source: "memory" | "kv" | "github" | "none";
  /** Of the answer that decided; null where there was none. */
  readonly githubStatus: number | null;
  /** GitHub's own name for the request: what its support asks for. */
  readonly githubRequestId: string | null;
  /** How long GitHub asked to be left alone, or null if it did not; milliseconds. */
  readonly retryAfterMs: number | null;
}

export interface FactsAnswer {
  readonly outcome: FactsOutcome;
  readonly responseInfo: ResponseInfo;
}

/** What a policy needs to know. */
export interface FactsRequest {
  /** The asking cluster's name: never-seen tokens are limited for each cluster. */
  readonly cluster: string;
  readonly tokenKind: TokenKind;
  readonly organisations: readonly OrganisationReference[];
  /** The OAuth and GitHub Apps whose tokens the policy accepts. */
  readonly oauthClients: readonly string[];
  /** Whether the organisations can still change anything for this account; if not, nobody asks about them. */
  readonly dependsOnOrganisations: (account: Account) => boolean;
  /** Whether these facts let the person in; facts that do not are believed for a short time only. */
  readonly admits: (facts: Facts) => boolean;
}

export interface FactsSource {
  /** @returns the credential-id of a token that is remembered, or null: a warm review does no cryptography */
  knownCredentialId(token: string): string | null;
  /**
   * @param token a GitHub token, right by its shape
   * @param credentialId its name, see credential/credential-id.ts
   * @returns an outcome, whatever happens: a source does not throw
   */
  load(token: string, credentialId: string, question: FactsRequest): Promise<FactsAnswer>;
}
