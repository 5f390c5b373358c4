// The organisations that the stand-in knows, and what can be done to them.
import {
  isSameName,
  type MembershipRole,
  type MembershipState,
  type StandInAccount,
  type StandInOrganisation,
  type StandInTeam,
} from "./entities.ts";

export interface NewOrganisation {
  readonly login: string;
  readonly id?: number;
}

export interface NewTeam {
  readonly name: string;
  /** Default: made from the name, as GitHub does. */
  readonly slug?: string;
  readonly id?: number;
  readonly parent?: StandInTeam;
}

export interface NewMembership {
  /** Default: active. */
  readonly state?: MembershipState;
  /** Default: member. */
  readonly role?: MembershipRole;
}

const firstOrganisationId = 90_000_001;
const firstTeamId = 6_000_001;

export class Organisations {
  readonly #organisations: StandInOrganisation[] = [];
  #nextOrganisationId = firstOrganisationId;
  #nextTeamId = firstTeamId;

  add({ login, id }: NewOrganisation): StandInOrganisation {
    const organisation: StandInOrganisation = {
      id: id ?? this.#nextOrganisationId++,
      login,
      members: new Map(),
      teams: [],
      restrictions: {},
      ssoAuthorisedTokens: new Set(),
    };
    this.#organisations.push(organisation);
    return organisation;
  }

  addTeam(organisation: StandInOrganisation, { name, slug, id, parent }: NewTeam): StandInTeam {
    const team: StandInTeam = {
      id: id ?? this.#nextTeamId++,
      organisation,
      name,
      slug: slug ?? slugOf(name),
      parent: parent ?? null,
      members: new Set(),
    };
    organisation.teams.push(team);
    return team;
  }

  addMember(organisation: StandInOrganisation, account: StandInAccount, membership: NewMembership = {}): void {
    const { state = "active", role = "member" } = membership;
    organisation.members.set(account, { state, role });
  }

  removeMember(organisation: StandInOrganisation, account: StandInAccount): void {
    organisation.members.delete(account);
    for (const { members } of organisation.teams) members.delete(account);
  }

  addToTeam({ organisation, slug, members }: StandInTeam, account: StandInAccount): void {
    if (!organisation.members.has(account)) {
      throw new Error(`${account.login} is no member of ${organisation.login}, so can't be in its team ${slug}`);
    }
    members.add(account);
  }

  removeFromTeam({ members }: StandInTeam, account: StandInAccount): void {
    members.delete(account);
  }

  byLogin(login: string): StandInOrganisation | null {
    return this.#organisations.find((organisation) => isSameName(organisation.login, login)) ?? null;
  }

  /** The organisations that somebody is in or invited to. */
  of(account: StandInAccount): StandInOrganisation[] {
    return this.#organisations.filter(({ members }) => members.has(account));
  }
}

export function isActiveMember({ members }: StandInOrganisation, account: StandInAccount): boolean {
  return members.get(account)?.state === "active";
}

/** Somebody who is only invited yet is in no team, whatever teams wait for them. */
export function directTeams(organisation: StandInOrganisation, account: StandInAccount): StandInTeam[] {
  if (!isActiveMember(organisation, account)) return [];
  return organisation.teams.filter(({ members }) => members.has(account));
}

/** Its parent, and that one's, and so on up. */
export function ancestorsOf({ parent }: StandInTeam): StandInTeam[] {
  return parent === null ? [] : [parent, ...ancestorsOf(parent)];
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
