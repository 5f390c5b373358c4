// All people of an organisation as GitHub lists them, with their teams and who is invited: whole, or not at all.
//
// A list that comes in pages can change between two of them: who is removed from the first page moves a person from the
// second to the first, and that one is in no page that was read. So such a list is read until it is twice the same.
import type { TeamReference } from "../../../worker/config/organisations.ts";
import { type CallFailure, type GitHubCalls, isOk } from "../../../worker/github/calls.ts";
import type { Endpoint } from "../../../worker/github/endpoints.ts";
import type { Account } from "../../../worker/github/facts.ts";
import { fetchList } from "../../../worker/github/memberships/lists.ts";
import { relationOf } from "../../../worker/github/memberships/source.ts";
import type { TeamWithParent } from "../../../worker/github/schemas.ts";
import { cliError } from "../../command.ts";
import * as endpoints from "./endpoints.ts";
import type { OpenedOrganisation } from "./source.ts";
import { lookupError } from "./words.ts";

export interface Member extends Account {
  readonly role: "admin" | "member";
}

export interface Invitation {
  /** Null where an address was invited: GitHub does not know whose it is. */
  readonly account: Account | null;
  /** Whether it is one to become a member: a billing manager is none. */
  readonly isForMember: boolean;
  readonly email: string | null;
  /** GitHub's word: direct_member, admin, billing_manager, hiring_manager. */
  readonly role: string;
  /** As GitHub writes it, in UTC. */
  readonly since: string;
}

export interface OrganisationPeople {
  readonly id: number;
  readonly login: string;
  /** By number. */
  readonly members: ReadonlyMap<number, Member>;
  /** Empty where no policy needs them. */
  readonly teams: readonly TeamWithParent[];
  /** For each member, the teams with all of their parents, as far as policies need them. */
  readonly teamsOf: ReadonlyMap<number, readonly TeamWithParent[]>;
  /** Null where GitHub has no such list: at an Enterprise Server, and for organisations of managed users. */
  readonly invitations: readonly Invitation[] | null;
}

/** What the policies want to know about the teams. */
export type TeamsNeeded = "none" | "all" | readonly TeamReference[];

export interface Reading {
  readonly calls: GitHubCalls;
  /** Tells how far it is. */
  readonly progress: (text: string) => void;
}

/** A million members. */
const maxPages = 10_000;
/** A list that changes more often while it is read can't be read. */
const maxReadings = 5;

/** @throws CliError where GitHub does not show all of it */
export async function readOrganisation(
  organisation: OpenedOrganisation,
  needed: TeamsNeeded,
  reading: Reading,
): Promise<OrganisationPeople> {
  const { id, login } = organisation;
  const read = createListReader(organisation, reading);
  const readMembers = async () => {
    const all = await read(endpoints.members, { organisation: login, role: "all" }, "members", byId);
    const admins = await read(endpoints.members, { organisation: login, role: "admin" }, "owners", byId);
    const owners = new Set(admins.map((account) => account.id));
    return new Map(
      all.map((account): [number, Member] => [
        account.id,
        { ...account, role: owners.has(account.id) ? "admin" : "member" },
      ]),
    );
  };

  // Before the members: who accepts in the meantime is then in both lists, and not in none.
  const invited = await readInvitations(organisation, read, reading.calls);
  let members = await readMembers();
  const teams = needed === "none" ? [] : await read(endpoints.teams, { organisation: login }, "teams", byId);
  const wanted = needed === "none" || needed === "all" ? teams : withDescendants(teams, needed);
  const membersOf = new Map<number, readonly Account[]>();
  for (const [index, { id: teamId }] of wanted.entries()) {
    reading.progress(`${login}: team ${index + 1} of ${wanted.length}`);
    membersOf.set(teamId, await read(endpoints.teamMembers, { organisationId: id, teamId }, "members of a team", byId));
  }
  const unknown = () => [...membersOf.values()].flat().filter((account) => !members.has(account.id));
  if (unknown().length > 0) members = await readMembers();
  for (const account of new Map(unknown().map((one) => [one.id, one])).values()) {
    await refuseIfMember(organisation, account, reading.calls);
  }
  return {
    id,
    login,
    members,
    teams,
    teamsOf: teamsByMember(teams, membersOf),
    invitations: invited?.filter(({ account }) => account === null || !members.has(account.id)) ?? null,
  };
}

const byId = ({ id }: { readonly id: number }) => String(id);

type ReadList = <Params, Item extends object, Failure extends endpoints.Failure>(
  endpoint: Endpoint<Params, Item[], Failure>,
  params: Params,
  what: string,
  keyOf: (item: Item) => string,
) => Promise<Item[]>;

function createListReader({ login, authorization }: OpenedOrganisation, { calls, progress }: Reading): ReadList {
  return async (endpoint, params, what, keyOf) => {
    let pages = 0;
    let isSecondTry = false;
    /** Counts pages, and tells of them. */
    const counted: GitHubCalls = {
      ...calls,
      async callUrl(...call) {
        const result = await calls.callUrl(...call);
        pages += 1;
        if (pages > 1) progress(`${login}: ${what}, page ${pages}`);
        return result;
      },
    };
    const readOnce = async (): Promise<Map<string, Parameters<typeof keyOf>[0]>> => {
      pages = 0;
      const options = { maxPages, isWorthAnotherTry: async () => true };
      const list = await fetchList(counted, endpoint, await authorization(), params, options);
      if (isList(list)) {
        if (list.leftOut.length > 0)
          throw cliError(login, `GitHub leaves a part of the ${what} out: there is no report`);
        return new Map(list.items.map((item) => [keyOf(item), item]));
      }
      // An installation's token is good for an hour, and the list may have waited for longer.
      if (list.kind === "refused" && !isSecondTry) {
        isSecondTry = true;
        return readOnce();
      }
      throw lookupError(`${login}: ${what}`, list, "does the credential see all of the organisation?");
    };

    let last = await readOnce();
    // One page is of one moment.
    if (pages <= 1) return [...last.values()];
    for (let readings = 2; readings <= maxReadings; readings += 1) {
      const next = await readOnce();
      if (isSame(last, next)) return [...next.values()];
      last = next;
    }
    throw cliError(login, `the ${what} change while they are read: there is no report`, "run this again");
  };
}

function isList<Item, Failure extends CallFailure>(
  result: { readonly kind: "ok"; readonly items: readonly Item[]; readonly leftOut: readonly number[] } | Failure,
): result is { readonly kind: "ok"; readonly items: readonly Item[]; readonly leftOut: readonly number[] } {
  return result.kind === "ok";
}

/** Pages that shift may show an item twice, and in another order. */
function isSame<Item>(one: ReadonlyMap<string, Item>, other: ReadonlyMap<string, Item>): boolean {
  return (
    one.size === other.size &&
    [...one].every(([key, item]) => JSON.stringify(item) === JSON.stringify(other.get(key) ?? null))
  );
}

/** The teams that entries name, with all below them: their members are members of the named ones, too. */
function withDescendants(teams: readonly TeamWithParent[], named: readonly TeamReference[]): TeamWithParent[] {
  const wanted = new Set(
    teams.filter(({ id, slug }) =>
      named.some((one) => (one.id === null ? slug.toLowerCase() === one.slug : id === one.id)),
    ),
  );
  const parents = parentsByTeam(teams);
  return teams.filter((team) => wanted.has(team) || ancestorsOf(team, parents).some((one) => wanted.has(one)));
}

function parentsByTeam(teams: readonly TeamWithParent[]): Map<number, TeamWithParent> {
  const known = new Map(teams.map((team) => [team.id, team]));
  return new Map(
    teams.flatMap(({ id, slug, parent }) => {
      if (parent === null) return [];
      const found = known.get(parent.id);
      if (found !== undefined) return [[id, found] as const];
      throw cliError(slug, "has a parent team that GitHub does not list: there is no report", "run this again");
    }),
  );
}

/**
 * @returns the parent, its parent, and so on; GitHub has no circles, and a change while it was read may look like one
 */
function ancestorsOf(team: TeamWithParent, parents: ReadonlyMap<number, TeamWithParent>): TeamWithParent[] {
  const ancestors: TeamWithParent[] = [];
  for (let parent = parents.get(team.id); parent !== undefined; parent = parents.get(parent.id)) {
    if (parent === team || ancestors.includes(parent)) break;
    ancestors.push(parent);
  }
  return ancestors;
}

/** GitHub's lists have the members of child teams; whether they do is not relied on. */
function teamsByMember(
  teams: readonly TeamWithParent[],
  membersOf: ReadonlyMap<number, readonly Account[]>,
): Map<number, readonly TeamWithParent[]> {
  const parents = parentsByTeam(teams);
  const byMember = new Map<number, Set<TeamWithParent>>();
  for (const team of teams) {
    const withParents = [team, ...ancestorsOf(team, parents)];
    for (const { id } of membersOf.get(team.id) ?? []) {
      const known = byMember.get(id) ?? new Set();
      byMember.set(id, known);
      for (const one of withParents) known.add(one);
    }
  }
  return new Map([...byMember].map(([id, known]) => [id, [...known]]));
}

/**
 * A list of a team's members may be a moment newer than that of the organisation's. A member who is in no list of the
 * organisation's would be missing in the report.
 */
async function refuseIfMember(
  { login, authorization }: OpenedOrganisation,
  account: Account,
  calls: GitHubCalls,
): Promise<void> {
  const params = { organisation: login, login: account.login };
  const result = await calls.call(endpoints.membership, params, { authorization: await authorization() });
  if (result.kind === "absent") return;
  if (!isOk(result)) throw lookupError(`${login}: ${account.login}`, result);
  if (relationOf(result.body) === "none" || relationOf(result.body) === "pending") return;
  throw cliError(
    login,
    `GitHub does not list ${account.login}, who is a member: the list is not complete, and there is no report`,
    "run this again",
  );
}

async function readInvitations(
  { login, authorization }: OpenedOrganisation,
  read: ReadList,
  calls: GitHubCalls,
): Promise<Invitation[] | null> {
  const probe = await calls.call(
    endpoints.invitations,
    { organisation: login },
    { authorization: await authorization() },
  );
  if (probe.kind === "absent") return null;
  const items = await read(endpoints.invitations, { organisation: login }, "invitations", byId);
  const invitations: Invitation[] = [];
  for (const { login: invited, email, role, created_at: since } of items) {
    const known =
      invited === null ? { account: null, isForMember: role !== "billing_manager" } : await membershipOf(invited);
    invitations.push({ ...known, email, role, since });
  }
  return invitations;

  /** The list has no numbers. */
  async function membershipOf(invited: string): Promise<Pick<Invitation, "account" | "isForMember">> {
    const params = { organisation: login, login: invited };
    const result = await calls.call(endpoints.membership, params, { authorization: await authorization() });
    const subject = `${login}: ${invited}`;
    if (!isOk(result)) throw lookupError(subject, result, "the invitation has ended while this ran: run it again");
    const { user } = result.body;
    if (user == null) throw lookupError(subject, { kind: "unavailable", reason: "github_invalid_response" });
    return {
      account: { id: user.id, login: invited, type: "User" },
      isForMember: relationOf(result.body) !== "none",
    };
  }
}
