// Who and what the stand-in knows: accounts, organisations with their teams, apps with their installations. All of it lives in memory.

export interface StandInAccount {
  readonly id: number;
  /** Can be changed at any time: people rename themselves. */
  login: string;
  type: string;
}

export type MembershipState = "active" | "pending";
export type MembershipRole = "admin" | "member" | "billing_manager";

export interface StandInMembership {
  readonly state: MembershipState;
  readonly role: MembershipRole;
}

/** What an organisation demands of tokens, besides membership. */
export interface OrganisationRestrictions {
  /** Single sign-on: only these tokens, and those given to `authoriseSso`, are authorised. Fine-grained ones always are: at their making. */
  readonly sso?: { readonly authorisedTokens?: ReadonlySet<string> | ((token: string) => boolean) };
  /** Client ids of the only apps that are let in. Of GitHub Apps that the stand-in knows, their installation decides. */
  readonly approvedClients?: readonly string[];
  /** Whether this machine's address is not on the organisation's list. */
  readonly ipAllowList?: boolean;
  readonly forbidsClassic?: boolean;
}

export interface StandInOrganisation {
  readonly id: number;
  /** Can be changed at any time; the old name then leads nowhere until somebody else takes it. */
  login: string;
  readonly members: Map<StandInAccount, StandInMembership>;
  /** In the order of their making, which is that of GitHub's lists. */
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
  parent: StandInTeam | null;
  /** Direct members only. */
  readonly members: Set<StandInAccount>;
}

export interface StandInApp {
  readonly appId: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly slug: string;
  /** PKCS#8; made when it is first asked for. */
  readonly privateKeyPem: string;
}

export interface AppPermissions {
  readonly members?: "read" | "write";
}

export interface StandInInstallation {
  readonly id: number;
  readonly app: StandInApp;
  readonly organisation: StandInOrganisation;
  readonly permissions: AppPermissions;
  suspendedAt: Date | null;
}

/** Names of accounts, organisations and teams compare without case. */
export function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
