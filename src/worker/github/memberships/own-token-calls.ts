// The calls about organisations that a person's own token makes, each parsed as far as it goes.
import * as v from "valibot";
import { responseInfoOf, type WithResponse } from "../call.ts";
import type { GitHubClient } from "../client.ts";
import { keepAs } from "../conditional-client.ts";
import type { LookupFailure, Team } from "../facts.ts";
import {
  type Absent,
  type Hidden,
  inconsistentResponses,
  invalidResponse,
  type Ok,
  organisationsLeftOut,
  sortOrganisationReply,
} from "../outcomes.ts";
import { type ListedTeam, type MembershipBody, membershipSchema, teamSchema } from "../schemas.ts";
import { readAllPages } from "./pages.ts";
import type { LookedUpTeam } from "./team-ancestors.ts";

type Unseen = Absent | Hidden | LookupFailure;

/** A complete list, and the numbers of the organisations that GitHub left out of it because of single sign-on. */
type List<Item> = { readonly kind: "ok"; readonly items: readonly Item[]; readonly leftOut: readonly number[] };

export interface PersonalCalls {
  /** The person's membership in one organisation. */
  membership(
    organisationLogin: string,
  ): Promise<WithResponse<{ readonly kind: "ok"; readonly membership: MembershipBody } | Unseen>>;
  /** All memberships: the only way to find an organisation by its number. */
  memberships(): Promise<WithResponse<List<MembershipBody> | Unseen>>;
  /** The teams that the person is a direct member of, in all organisations. */
  teams(): Promise<WithResponse<List<ListedTeam> | Unseen>>;
  /** One team with its parent. */
  team(organisationLogin: string, team: Team): Promise<LookedUpTeam>;
}

/**
 * @param restUrl the API's address
 * @param deadline ends all calls
 */
export function createPersonalCalls(
  client: GitHubClient,
  restUrl: string,
  token: string,
  deadline: AbortSignal,
): PersonalCalls {
  async function get(url: string, schema: v.GenericSchema): Promise<WithResponse<Ok | Unseen>> {
    const reply = await client.send({ url, authorization: `Bearer ${token}`, keep: keepAs(schema) }, deadline);
    const outcome = sortOrganisationReply(reply);
    return { outcome, responseInfo: responseInfoOf(reply) };
  }

  async function getList<Item>(
    path: string,
    schema: v.GenericSchema<unknown, Item>,
  ): Promise<WithResponse<List<Item> | Unseen>> {
    const listSchema = v.array(schema);
    const { outcome, responseInfo } = await readAllPages(
      restUrl + path,
      (url) => get(url, listSchema),
      (json) => {
        const parsed = v.safeParse(listSchema, json);
        return parsed.success ? parsed.output : null;
      },
    );
    if (outcome.kind !== "ok") return { outcome, responseInfo };
    const items: Item[] = [];
    const leftOut: number[] = [];
    for (const page of outcome.pages) {
      const numbers = organisationsLeftOut(page.headers);
      if (numbers === null) return { outcome: invalidResponse, responseInfo };
      items.push(...page.items);
      leftOut.push(...numbers);
    }
    return { outcome: { kind: "ok", items, leftOut }, responseInfo };
  }

  return {
    async membership(organisationLogin) {
      const { outcome, responseInfo } = await get(
        `${restUrl}/user/memberships/orgs/${organisationLogin}`,
        membershipSchema,
      );
      if (outcome.kind !== "ok") return { outcome, responseInfo };
      const parsed = v.safeParse(membershipSchema, outcome.json);
      return { outcome: parsed.success ? { kind: "ok", membership: parsed.output } : invalidResponse, responseInfo };
    },
    memberships: () => getList("/user/memberships/orgs?state=active&per_page=100", membershipSchema),
    teams: () => getList("/user/teams?per_page=100", teamSchema),
    async team(organisationLogin, { id, slug }) {
      const { outcome, responseInfo } = await get(`${restUrl}/orgs/${organisationLogin}/teams/${slug}`, teamSchema);
      if (outcome.kind !== "ok") return { outcome, responseInfo };
      const parsed = v.safeParse(teamSchema, outcome.json);
      if (!parsed.success) return { outcome: invalidResponse, responseInfo };
      // The slug has moved to another team since the list was read.
      return {
        outcome: parsed.output.id === id ? { kind: "ok", team: parsed.output } : inconsistentResponses,
        responseInfo,
      };
    },
  };
}
