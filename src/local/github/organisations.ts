// Organisations with their members, teams and demands. All of it lives in memory.
import { isSameName, type StandInAccount } from "./accounts.ts";

/** GitHub publishes two states and three roles; any other word is one that it might add. */
export interface StandInMembership {
  /** "active" or "pending". */
  readonly state: string;
  /** "admin", "member" or "billing_manager"; null where the membership tells none. */
  readonly role: string | null;
}

/** What an organisation demands of tokens, besides membership. */
export interface OrganisationRestrictions {
  /**
   * Single sign-on: only these tokens, and those given to `authoriseSso`, are authorised. A fine-grained token always
   * is: its owner authorises it while making it.
   */
  readonly sso?: { readonly authorisedTokens?: ReadonlySet<string> | ((token: string) => boolean) };
  /** Client ids of the only apps that are let in. For a GitHub App of the stand-in its installation decides. */
  readonly approvedClients?: readonly string[];
  /** Whether the organisation has an IP allow list without this machine's address. */
  readonly ipAllowList?: boolean;
  readonly forbidsClassic?: boolean;
  /** Whether every fine-grained token lives longer than the organisation allows. */
  readonly tokenLifetime?: boolean;
  /** Whether the organisation demands a second factor that its members lack. */
  readonly twoFactor?: boolean;
  /** Whether the law forbids access to the organisation. */
  readonly legalReasons?: boolean;
}

export interface StandInOrganisation {
  readonly id: number;
  /** Can be changed at any time; the old name then leads nowhere until another account takes it. */
  login: string;
  readonly members: Map<StandInAccount, StandInMembership>;
  /** E-mail addresses that are invited; GitHub does not know whose they are. */
  readonly invitedAddresses: string[];
  /** In the order in which they were added, as in GitHub's lists. */
  readonly teams: StandInTeam[];
  restrictions: OrganisationRestrictions;
  readonly ssoAuthorisedTokens: Set<string>;
}

export interface StandInTeam {
  readonly id: number;
  readonly organisation: StandInOrganisation;
  name: string;
  /** Can be changed at any time, as GitHub does when the name changes. */
  slug: string;
  readonly type: "organization" | "enterprise";
  /** Only its members and the organisation's owners see a secret one. */
  readonly privacy: "closed" | "secret";
  /** What the list of a person's teams tells about the organisation: that is not published for enterprise teams. */
  readonly shownOrganisation: "full" | "null" | "absent";
  parent: StandInTeam | null;
  /** Direct members only. */
  readonly members: Set<StandInAccount>;
}

export interface NewOrganisation {
  readonly login: string;
  readonly id?: number;
}

export interface NewTeam extends Partial<Pick<StandInTeam, "id" | "type" | "privacy" | "shownOrganisation">> {
  readonly name: string;
  /** Default: made from the name, as GitHub does: empty for a name without a Latin letter. */
  readonly slug?: string;
  readonly parent?: StandInTeam;
}

/** Default: an active member. */
export type NewMembership = Partial<StandInMembership>;

const firstOrganisationId = 90_000_001;
const firstTeamId = 6_000_001;

export class Organisations {
  readonly #organisations: StandInOrganisation[] = [];
  #nextId = firstOrganisationId;
  #nextTeamId = firstTeamId;

  add({ login, id }: NewOrganisation): StandInOrganisation {
    const organisation: StandInOrganisation = {
      id: id ?? this.#nextId++,
      login,
      members: new Map(),
      invitedAddresses: [],
      teams: [],
      restrictions: {},
      ssoAuthorisedTokens: new Set(),
    };
    this.#organisations.push(organisation);
    return organisation;
  }

  delete(organisation: StandInOrganisation): void {
    const index = this.#organisations.indexOf(organisation);
    if (index >= 0) this.#organisations.splice(index, 1);
  }

  addTeam(organisation: StandInOrganisation, { name, ...options }: NewTeam): StandInTeam {
    const { type = "organization" } = options;
    const team: StandInTeam = {
      id: this.#nextTeamId++,
      privacy: "closed",
      shownOrganisation: "full",
      slug: type === "enterprise" ? `ent:${slugOf(name)}` : slugOf(name),
      type,
      parent: null,
      ...options,
      organisation,
      name,
      members: new Set(),
    };
    organisation.teams.push(team);
    return team;
  }

  byLogin(login: string): StandInOrganisation | null {
    return this.#organisations.find((organisation) => isSameName(organisation.login, login)) ?? null;
  }

  byId(id: number): StandInOrganisation | null {
    return this.#organisations.find((organisation) => organisation.id === id) ?? null;
  }

  /** The organisations that an account is in or invited to. */
  of(account: StandInAccount): StandInOrganisation[] {
    return this.#organisations.filter(({ members }) => members.has(account));
  }
}

/** The account leaves the organisation's teams, too. */
export function removeMember({ members, teams }: StandInOrganisation, account: StandInAccount): void {
  members.delete(account);
  for (const team of teams) team.members.delete(account);
}

/** @throws Error for an account that is neither in the team's organisation nor invited to it */
export function addToTeam({ organisation, slug, members }: StandInTeam, account: StandInAccount): void {
  if (!organisation.members.has(account)) {
    throw new Error(`${account.login} is no member of ${organisation.login}, so can't be in its team ${slug}`);
  }
  members.add(account);
}

export function isActiveMember({ members }: StandInOrganisation, account: StandInAccount): boolean {
  return members.get(account)?.state === "active";
}

/** Billing managers and invited people are no members. */
export function isFullMember({ state, role }: StandInMembership): boolean {
  return state === "active" && (role === "admin" || role === "member");
}

/** An invited person is in no team yet, even if teams wait for them. */
export function directTeams(organisation: StandInOrganisation, account: StandInAccount): StandInTeam[] {
  if (!isActiveMember(organisation, account)) return [];
  return organisation.teams.filter(({ members }) => members.has(account));
}

/** The team's parent, the parent's parent, and so on to the top. */
export function ancestorsOf({ parent }: StandInTeam): StandInTeam[] {
  return parent === null ? [] : [parent, ...ancestorsOf(parent)];
}

/** Members of child teams belong to the team, too. An invited person has the invitation's teams in wait. */
export function isInTeam(team: StandInTeam, account: StandInAccount): boolean {
  if (!team.organisation.members.has(account)) return false;
  return team.organisation.teams.some((one) => {
    return one.members.has(account) && (one === team || ancestorsOf(one).includes(team));
  });
}

/** Those who are in the team or in a child team of it, each with whether it is by a child team alone. */
export function membersOfTeam(team: StandInTeam): { readonly account: StandInAccount; readonly inherited: boolean }[] {
  const { members, teams } = team.organisation;
  const accounts = new Set<StandInAccount>(team.members);
  for (const other of teams) {
    if (ancestorsOf(other).includes(team)) for (const account of other.members) accounts.add(account);
  }
  return [...accounts].flatMap((account) => {
    const isIn = members.get(account)?.state === "active";
    return isIn ? [{ account, inherited: !team.members.has(account) }] : [];
  });
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
