// Memberships of a token's owner: what both sources of them are asked, and what they return.
import type { OrganisationReference } from "../../config/organisations.ts";
import type { TokenOwner } from "../account.ts";
import type { GitHubCalls } from "../calls.ts";
import type { LookupFailure, Membership } from "../facts.ts";
import type { MembershipBody } from "../schemas.ts";

export interface MembershipsRequest {
  readonly token: string;
  /** Whether this token never let its owner in: what all users share is not spent on it to the end. */
  readonly isNeverSeen: boolean;
  /** From an earlier time where all questions are asked in parallel. */
  readonly owner: Pick<TokenOwner, "account" | "scopes">;
  readonly organisations: readonly OrganisationReference[];
  /** Fine-grained tokens see the one organisation that they were made for, and no lists of organisations. */
  readonly isFineGrained: boolean;
  /** Whether tokens of this kind have OAuth scopes. */
  readonly hasScopes: boolean;
}

export type MembershipsResult =
  | {
      readonly kind: "known";
      /** One for each organisation, in the order of the request. */
      readonly memberships: readonly Membership[];
      /** Whether GitHub accepted the user's own token for it. */
      readonly tookToken: boolean;
    }
  | { readonly kind: "failed"; readonly failure: LookupFailure };

export interface MembershipSource {
  /** @returns one membership for each organisation, unless GitHub says something about the token or its owner */
  load(request: MembershipsRequest, calls: GitHubCalls): Promise<MembershipsResult>;
}

/**
 * @returns what a membership amounts to. Only the full relation counts: the role billing_manager and all that is not
 *   known here is none, whatever its state
 */
export function relationOf({
  state,
  role,
}: Pick<MembershipBody, "state" | "role">): "admin" | "member" | "pending" | "none" {
  if (role !== "admin" && role !== "member") return "none";
  if (state === "active") return role;
  return state === "pending" ? "pending" : "none";
}
