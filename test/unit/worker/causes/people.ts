// Who is reviewed, at which clusters, and who may get in there.

/** How memberships are asked for, and with which kind of token. */
export const sources = ["classic", "fine_grained", "oauth", "client_secret", "installed_app"] as const;
export type Source = (typeof sources)[number];

/**
 * The people who are reviewed, at which clusters. From the moment of the fault on, the three leavers have left. The
 * first two show each installation's token to be good; until then a 404 is asked about twice.
 */
export const columns = {
  denied: { id: 101, isIn: ["acme", "platform", "evil"], asks: ["denying", "partners"] },
  "the partner's": { id: 102, isIn: ["partner"], asks: ["partners", "named"] },
  bystander: { id: 103, isIn: ["acme", "platform"], asks: ["organisation", "team", "partners", "denying", "named"] },
  "at work": { id: 104, isIn: ["acme", "backend"], asks: ["organisation", "team", "partners", "denying", "named"] },
  newcomer: { id: 105, isIn: ["acme", "backend"], asks: ["organisation", "team", "partners", "denying"] },
  "left the organisation": { id: 106, isIn: ["acme", "platform"], asks: ["organisation", "denying"] },
  "left the team": { id: 107, isIn: ["acme", "platform"], asks: ["team", "denying"] },
  "token revoked": { id: 108, isIn: ["acme", "platform"], asks: ["organisation", "team"] },
  outsider: { id: 109, isIn: [], asks: ["organisation", "partners"] },
} as const satisfies Readonly<Record<string, Person>>;
export type Column = keyof typeof columns;
export const columnNames = Object.keys(columns) as Column[]; // its keys

interface Person {
  readonly id: number;
  readonly isIn: readonly Place[];
  readonly asks: readonly Cluster[];
}

/** Three organisations, the team of acme that counts, and one two levels below it. */
type Place = "acme" | "platform" | "backend" | "partner" | "evil";

/** Policies by the cluster's name. */
export const policies = {
  organisation: { allow: ["org:acme#1234"], groups_from: [] },
  team: { allow: ["team:acme/platform#55"], groups_from: ["acme#1234"] },
  partners: { allow: ["org:acme#1234", "org:partner#2345"] },
  denying: { allow: ["org:acme#1234"], deny: ["org:evil#6666"] },
  named: { allow: ["user:bystander#103", "user:at-work#104", "org:partner#2345"] },
} as const;
export type Cluster = keyof typeof policies;
export const clusterNames = Object.keys(policies) as Cluster[]; // its keys

/** Whom GitHub's truth and the policies let in from the moment of the fault on. */
export function isEntitled(column: Column, cluster: Cluster): boolean {
  if (column === "bystander" || column === "at work") return true;
  if (column === "newcomer") return cluster !== "named";
  if (column === "left the team") return ["organisation", "partners", "denying"].includes(cluster);
  if (column === "denied") return ["organisation", "team", "partners"].includes(cluster);
  return column === "the partner's" && ["partners", "named"].includes(cluster);
}
