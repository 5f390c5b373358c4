// What both sources of memberships have in common: the question, and the answer.
import type { OrganisationReference } from "../../config/organisations.ts";
import type { TokenOwner } from "../account.ts";
import type { WithResponse } from "../call.ts";
import type { GitHubClient } from "../client.ts";
import type { LookupFailure, Membership } from "../facts.ts";

export interface MembershipsRequest {
  readonly token: string;
  /** For calls with the person's own token. */
  readonly client: GitHubClient;
  /** From an earlier time where everything is asked in parallel. */
  readonly owner: Pick<TokenOwner, "account" | "scopes">;
  readonly organisations: readonly OrganisationReference[];
  /** Fine-grained tokens see the one organisation that they were made for, and no lists of organisations. */
  readonly isFineGrained: boolean;
  /** Whether tokens of this kind have OAuth scopes. */
  readonly hasScopes: boolean;
}

export type MembershipsResult =
  /** A standing for each organisation, in the order of the question. */
  | {
      readonly kind: "known";
      readonly standings: readonly Membership[];
      /** Whether GitHub took the person's own token for it. */
      readonly tookToken: boolean;
    }
  | { readonly kind: "failed"; readonly asked: WithResponse<LookupFailure> };

export interface MembershipSource {
  /** @returns all standings or none */
  load(question: MembershipsRequest, deadline: AbortSignal): Promise<MembershipsResult>;
}
