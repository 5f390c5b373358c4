// Facts that GitHub knows about the owner of a token, and the outcomes of asking for them. Policy builds on facts; the
// cache keeps them.
import type { Candidates, TokenKind } from "../config/cluster.ts";
import type { UserEntry } from "../config/entries.ts";
import type { OrganisationReference } from "../config/organisations.ts";
import type { ReasonFor } from "../reasons.ts";

export interface Account {
  /** GitHub's number for the account: it stays when the login changes, and is never given out again. */
  readonly id: number;
  /** As GitHub writes it. It can be changed, and another account can take it then. */
  readonly login: string;
  /** "User" for people. "Bot", "Organization" and all other types are not people. */
  readonly type: string;
}

/** When the token itself ends. An end that cannot be read never counts as "never". */
export type TokenExpiry =
  | { readonly kind: "never" }
  | { readonly kind: "at"; readonly epochMs: number }
  | { readonly kind: "unreadable" };

export interface Team {
  readonly id: number;
  /**
   * Lower case as GitHub makes it from the team's name; unlike the name, it cannot be chosen freely. Empty where GitHub
   * made none, or one of an unknown form: the team has its number alone then.
   */
  readonly slug: string;
}

/**
 * Why a token may not see whether its owner belongs to an organisation, or to which of its teams. The user can put it
 * right.
 */
export const hiddenReasons = [
  "scope_missing",
  "sso_required",
  "app_not_approved",
  "ip_allow_list",
  "other_resource_owner",
  "token_kind_forbidden",
  "organisation_forbidden",
  "two_factor_required",
  "token_lifetime",
  "token_sees_nothing",
  "too_many_teams",
  "other_organisation_forbids",
] as const satisfies ReasonFor<"denied">[];
export type HiddenReason = (typeof hiddenReasons)[number];

/** Why something about one organisation is not known: the token may not see it, or GitHub failed about it. */
export type MissingReason = HiddenReason | LimitedReason | UnavailableReason;

/** The relation of an account to one organisation. Only the full one counts: role "admin" or "member", and active. */
export type Membership =
  | {
      readonly kind: "active";
      readonly id: number;
      /** As GitHub writes it. */
      readonly login: string;
      readonly role: "admin" | "member";
      /** The teams that the user is in, and all of their parents, in any order; empty where the policy needs none. */
      readonly teams: readonly Team[];
      /** Why there may be more teams than these; null where the list is complete. */
      readonly teamsHidden: MissingReason | null;
      /**
       * Whether the user is in the teams that the policy names, by `keyOfTeam`: each was asked about by itself, because
       * `teams` does not decide. Null where that is not known either.
       */
      readonly namedTeams?: Readonly<Record<string, boolean | null>> | undefined;
    }
  /** Invited, but no member yet. */
  | { readonly kind: "pending"; readonly id: number; readonly login: string }
  | {
      readonly kind: "none";
      /** The number of the organisation that has the name now, where it is another one than the pinned. */
      readonly nameTakenBy: number | null;
      /**
       * Whether GitHub said so about the organisation of the policy itself. An organisation that was found nowhere by
       * its number is no proof: `deny` does not take it for "no".
       */
      readonly isProven: boolean;
    }
  | {
      readonly kind: "hidden";
      readonly reason: MissingReason;
      /** Where the user authorises the token for SAML SSO, if GitHub said so. */
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

/** GitHub does not accept the token. */
export type RefusedReason = Extract<ReasonFor<"unauthenticated">, "token_refused" | "token_client_mismatch">;

/** GitHub knows the token, but will not say more now; the user may be the cause. */
export const limitedReasons = [
  "github_rate_limit",
  "github_secondary_limit",
  "github_not_for_integrations",
  "github_ip_allow_list",
  "github_locked_out",
  "github_forbidden",
  "new_token_rate_limit",
  "shared_quota_reserved",
  "shared_quota_spent",
] as const satisfies ReasonFor<"undetermined">[];
export type LimitedReason = (typeof limitedReasons)[number];

/** GitHub said nothing that can be relied on. */
export const unavailableReasons = [
  "github_unreachable",
  "github_timeout",
  "github_server_error",
  "github_redirect",
  "github_too_large",
  "github_invalid_response",
  "github_inconsistent_responses",
  "github_version_retired",
  "github_unexpected_status",
  "github_app_unavailable",
  "oauth_client_secret",
] as const satisfies ReasonFor<"undetermined">[];
export type UnavailableReason = (typeof unavailableReasons)[number];

/** GitHub turns the token away altogether, for a reason that the user can put right. */
export type DeniedTokenReason = Extract<
  HiddenReason,
  "token_kind_forbidden" | "token_lifetime" | "two_factor_required"
>;

export type Unavailable = { readonly kind: "unavailable"; readonly reason: UnavailableReason };

/** Every outcome but "found". */
export type LookupFailure =
  | { readonly kind: "refused"; readonly reason: RefusedReason }
  | { readonly kind: "unrecognised" }
  | { readonly kind: "suspended" }
  | { readonly kind: "denied"; readonly reason: DeniedTokenReason }
  | { readonly kind: "limited"; readonly reason: LimitedReason }
  | Unavailable;

/** What a policy needs to know about the owner of a token. */
export interface FactsRequest {
  /** The asking cluster's name: never-seen tokens are limited for each cluster. */
  readonly cluster: string;
  readonly tokenKind: TokenKind;
  readonly organisations: readonly OrganisationReference[];
  /** The OAuth and GitHub Apps whose tokens the policy accepts. */
  readonly oauthClients: readonly string[];
  /** The accounts that the policy could admit at all, by any organisations: asking about others wastes quota. */
  readonly candidates: Candidates;
}

/** @returns whether the memberships of this account can change anything */
export function needsOrganisations({ candidates: { only, except } }: FactsRequest, account: Account): boolean {
  const isNamed = ({ login, id }: UserEntry) =>
    id === null ? login === account.login.toLowerCase() : id === account.id;
  return account.type === "User" && !except.some(isNamed) && (only === null || only.some(isNamed));
}

/** Whose doing a failure can be. Only GitHub's own earns grace: the others could bring it about to stay in. */
type Cause = "github" | "user" | "partner" | "deployment";

const causes: Readonly<Record<LimitedReason | UnavailableReason, Cause>> = {
  github_unreachable: "github",
  github_timeout: "github",
  github_server_error: "github",
  github_redirect: "github",
  github_invalid_response: "github",
  github_inconsistent_responses: "github",
  github_version_retired: "github",
  github_unexpected_status: "github",
  // A user who is in very many teams.
  github_too_large: "user",
  github_rate_limit: "user",
  github_secondary_limit: "user",
  github_not_for_integrations: "user",
  github_locked_out: "user",
  github_forbidden: "user",
  // The owners of an organisation.
  github_ip_allow_list: "partner",
  github_app_unavailable: "partner",
  oauth_client_secret: "deployment",
  new_token_rate_limit: "deployment",
  shared_quota_reserved: "deployment",
  shared_quota_spent: "deployment",
};

/** Whether the reason is a failure, which the user cannot put right. */
export function isFailure(reason: string): reason is LimitedReason | UnavailableReason {
  return Object.hasOwn(causes, reason);
}

/** Whether stale facts may be used in place of what failed. */
export function earnsGrace(reason: LimitedReason | UnavailableReason): boolean {
  return causes[reason] === "github";
}

/**
 * @returns the failure because of which the membership, or a part of its teams, is not known; null where it is known
 */
export function failureIn(membership: Membership): LimitedReason | UnavailableReason | null {
  const reason =
    membership.kind === "hidden" ? membership.reason : membership.kind === "active" ? membership.teamsHidden : null;
  return reason !== null && isFailure(reason) ? reason : null;
}
