// The entries of `allow`, `deny` and `groups_from`: one row for each kind. policy/match.ts and policy/workflow-match.ts
// say whom an entry matches.
//
// Names are labels, numbers are authority: `#NUMBER` pins an entry to one account, organisation or team. The pin holds
// when that one is renamed, and when another one takes its name. GitHub compares names without case, so they are kept
// in lower case.
import * as v from "valibot";
import type { Problem } from "./checked.ts";
import type { OrganisationReference } from "./organisations.ts";
import {
  type EnvironmentEntry,
  environmentEntryKind,
  type RepositoryEntry,
  repositoryEntryKind,
  type WorkflowEntry,
  workflowEntryKind,
} from "./workflow-entries.ts";

export interface AnyoneEntry {
  readonly kind: "anyone";
}

/** `id` is GitHub's number, or null where the entry is not pinned. */
export interface UserEntry {
  readonly kind: "user";
  readonly login: string;
  readonly id: number | null;
}

export interface OrganisationEntry {
  readonly kind: "organisation";
  readonly login: string;
  readonly id: number | null;
}

export interface TeamEntry {
  readonly kind: "team";
  /** The organisation's login. */
  readonly organisation: string;
  readonly slug: string;
  readonly id: number | null;
}

export interface TokenEntry {
  readonly kind: "token";
  /** `GITHUBSHA256=` and 44 characters of base64, as the decision log names the token. */
  readonly credentialId: string;
}

export type Entry =
  | AnyoneEntry
  | UserEntry
  | OrganisationEntry
  | TeamEntry
  | WorkflowEntry
  | EnvironmentEntry
  | RepositoryEntry
  | TokenEntry;
type List = "allow" | "deny";

/** Gives the key of an organisation, see `keys`. */
type OrganisationKey = (login: string) => string;

interface EntryKind<E extends Entry> {
  /** Where it may stand. */
  readonly lists: readonly List[];
  /** What an operator has to write, for messages. */
  readonly form: string;
  /** @returns null for a text of another form */
  parse(text: string): E | null;
  /** @returns what an operator writes, without the pin */
  print(entry: E): string;
  /** @returns what it says about the organisation that it names, or null if it names none */
  organisation(entry: E): OrganisationReference | null;
  /**
   * @returns its own key, and those of everything that includes it: two entries with one key name the same. A pin alone
   *   makes the key, and an organisation is pinned wherever its name stands.
   */
  keys(entry: E, organisationKey: OrganisationKey): readonly [own: string, ...including: string[]];
}

/** Accounts of GitHub's first years may begin with a dash. */
const login = "[A-Za-z0-9_-]{1,39}";
const pin = "(?:#([1-9][0-9]{0,15}))?";
const userPattern = new RegExp(`^user:(${login})${pin}$`);
const organisationPattern = new RegExp(`^org:(${login})${pin}$`);
const teamPattern = new RegExp(`^team:(${login})/((?:ent:)?(?!\\.{1,2}(?:#|$))[A-Za-z0-9._-]{1,255})${pin}$`);
const tokenPattern = /^token:(GITHUBSHA256=[A-Za-z0-9+/]{43})=?$/;

const entryKinds = {
  anyone: {
    lists: ["allow"],
    form: "anyone",
    parse: (text) => (text === "anyone" ? { kind: "anyone" } : null),
    print: () => "anyone",
    organisation: () => null,
    keys: () => ["anyone"],
  },
  user: {
    lists: ["allow", "deny"],
    form: "user:LOGIN[#NUMBER]",
    parse(text) {
      const [, name, number] = userPattern.exec(text) ?? [];
      const id = parsePin(number);
      return name === undefined || id === "unsafe" ? null : { kind: "user", login: name.toLowerCase(), id };
    },
    print: (entry) => `user:${entry.login}`,
    organisation: () => null,
    keys: (entry) => [entry.id === null ? `user:${entry.login}` : `user#${entry.id}`],
  },
  organisation: {
    lists: ["allow", "deny"],
    form: "org:LOGIN[#NUMBER]",
    parse(text) {
      const [, name, number] = organisationPattern.exec(text) ?? [];
      const id = parsePin(number);
      return name === undefined || id === "unsafe" ? null : { kind: "organisation", login: name.toLowerCase(), id };
    },
    print: (entry) => `org:${entry.login}`,
    organisation: (entry) => ({ login: entry.login, id: entry.id, teams: [], needsTeams: false }),
    keys: (entry, organisationKey) => [organisationKey(entry.login)],
  },
  team: {
    lists: ["allow", "deny"],
    form: "team:LOGIN/SLUG[#NUMBER]",
    parse(text) {
      const [, organisation, slug, number] = teamPattern.exec(text) ?? [];
      const id = parsePin(number);
      if (organisation === undefined || slug === undefined || id === "unsafe") return null;
      return { kind: "team", organisation: organisation.toLowerCase(), slug: slug.toLowerCase(), id };
    },
    print: (entry) => `team:${entry.organisation}/${entry.slug}`,
    organisation: (entry) => ({
      login: entry.organisation,
      id: null,
      teams: [{ slug: entry.slug, id: entry.id, isDenied: false }],
      needsTeams: true,
    }),
    keys(entry, organisationKey) {
      const organisation = organisationKey(entry.organisation);
      return [entry.id === null ? `${organisation}/${entry.slug}` : `team#${entry.id}`, organisation];
    },
  },
  workflow: workflowEntryKind,
  environment: environmentEntryKind,
  repository: repositoryEntryKind,
  token: {
    lists: ["deny"],
    form: "token:GITHUBSHA256= with the 44 characters from the decision log",
    parse(text) {
      const credentialId = tokenPattern.exec(text)?.[1];
      return credentialId === undefined ? null : { kind: "token", credentialId: `${credentialId}=` };
    },
    print: (entry) => `token:${entry.credentialId}`,
    organisation: () => null,
    keys: (entry) => [entry.credentialId],
  },
} as const satisfies { readonly [Kind in Entry["kind"]]: EntryKind<Extract<Entry, { kind: Kind }>> };

type KindIn<L extends List> = {
  [Kind in Entry["kind"]]: L extends (typeof entryKinds)[Kind]["lists"][number] ? Kind : never;
}[Entry["kind"]];
type EntryOf<L extends List> = Extract<Entry, { kind: KindIn<L> }>;

export type AllowEntry = EntryOf<"allow">;
export type DenyEntry = EntryOf<"deny">;

export const allowEntrySchema = entrySchemaOf("allow");
export const denyEntrySchema = entrySchemaOf("deny");
export type GroupSource = OrganisationEntry | TeamEntry;
export const groupSourceSchema = entrySchema<GroupSource>(
  (text) => entryKinds.team.parse(text) ?? entryKinds.organisation.parse(`org:${text}`),
  'must be the login of an organisation, or team:LOGIN/SLUG, with "#NUMBER" behind it or without',
);

/** @returns the login of the organisation that gives groups, or whose team does */
export function organisationOf(source: GroupSource): string {
  return source.kind === "team" ? source.organisation : source.login;
}

/** Whether it admits workflows, and no person. */
export function isForWorkflows(entry: AllowEntry): entry is WorkflowEntry | EnvironmentEntry {
  return entry.kind === "workflow" || entry.kind === "environment";
}

/** @returns the entry as an operator writes it, without its pin: "team:acme/platform" */
export function printEntry(entry: Entry): string {
  return kindOf(entry).print(entry);
}

/**
 * @param entries everything in which an organisation can be named
 * @param denied those of `deny` among them
 * @returns a reference for each organisation, in the order of its first mention; the first pin of a name counts for all
 */
export function organisationsNamedIn(
  entries: readonly Entry[],
  denied: readonly Entry[] = [],
): OrganisationReference[] {
  const references = new Map<string, OrganisationReference>();
  for (const entry of entries) {
    const reference = organisationIn(entry);
    if (reference === null) continue;
    const { id = null, teams = [], needsTeams = false } = references.get(reference.login) ?? {};
    const isDenied = denied.includes(entry);
    references.set(reference.login, {
      login: reference.login,
      id: id ?? reference.id,
      teams: [...teams, ...reference.teams.map((team) => ({ ...team, isDenied }))],
      needsTeams: needsTeams || reference.needsTeams,
    });
  }
  return [...references.values()];
}

/** @returns a problem for each name that is pinned to two numbers, since it is unclear which of them counts */
export function pinConflictsIn(setting: string, entries: readonly Entry[]): Problem[] {
  const pins = new Map<string, number>();
  return entries.map(organisationIn).flatMap((reference) => {
    if (reference === null || reference.id === null) return [];
    const { login: name, id } = reference;
    const earlier = pins.get(name);
    pins.set(name, id);
    if (earlier === undefined || earlier === id) return [];
    return [{ setting, message: `names the organisation ${name} with two numbers, #${earlier} and #${id}` }];
  });
}

/** @returns whether `deny` takes back every entry of `allow`, as far as the entries alone show it */
export function deniesAll(
  allow: readonly Entry[],
  deny: readonly Entry[],
  organisations: readonly OrganisationReference[],
): boolean {
  const organisationKey: OrganisationKey = (name) => {
    const id = organisations.find((organisation) => organisation.login === name)?.id ?? null;
    return id === null ? `organisation:${name}` : `organisation#${id}`;
  };
  const keysOf = (entry: Entry) => kindOf(entry).keys(entry, organisationKey);
  const denied = new Set(deny.map((entry) => keysOf(entry)[0]));
  return allow.every((entry) => keysOf(entry).some((key) => denied.has(key)));
}

function organisationIn(entry: Entry): OrganisationReference | null {
  return kindOf(entry).organisation(entry);
}

function kindOf<E extends Entry>(entry: E): EntryKind<E> {
  // The table has each kind's row under its name.
  return entryKinds[entry.kind] as EntryKind<E>;
}

function entrySchemaOf<L extends List>(list: L) {
  const kinds: readonly EntryKind<Entry>[] = Object.values(entryKinds).filter(({ lists }) =>
    (lists as readonly List[]).includes(list),
  );
  const parse = (text: string) => {
    for (const kind of kinds) {
      const entry = kind.parse(text);
      // The kinds are those of the list.
      if (entry !== null) return entry as EntryOf<L>;
    }
    return null;
  };
  return entrySchema<EntryOf<L>>(parse, `must be one of ${kinds.map(({ form }) => form).join(", ")}`);
}

function entrySchema<E>(parse: (text: string) => E | null, message: string) {
  return v.pipe(
    v.string(message),
    v.rawTransform<string, E>(({ dataset, addIssue, NEVER }) => {
      const entry = parse(dataset.value);
      if (entry !== null) return entry;
      addIssue({ message });
      return NEVER;
    }),
  );
}

function parsePin(digits: string | undefined): number | null | "unsafe" {
  if (digits === undefined) return null;
  const id = Number(digits);
  return Number.isSafeInteger(id) ? id : "unsafe";
}
