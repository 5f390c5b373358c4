// The entries of all policies in a wrangler.toml that name a person, an organisation, a team or a repository.
import * as v from "valibot";
import type { TomlPath } from "../../../node/toml.ts";
import { policyKindOf } from "../../../worker/config/config.ts";
import {
  allowEntrySchema,
  denyEntrySchema,
  groupSourceSchema,
  type OrganisationEntry,
  type TeamEntry,
  type UserEntry,
} from "../../../worker/config/entries.ts";
import {
  type EnvironmentEntry,
  printPin,
  type RepositoryEntry,
  type WorkflowEntry,
} from "../../../worker/config/workflow-entries.ts";
import type { Settings } from "../../config-file/file.ts";

/** An entry for workflows: what it names lies in a repository. */
export type NamedRepository = WorkflowEntry | EnvironmentEntry | RepositoryEntry;

/** The account, the team or the repository that an entry names. */
export type Named = UserEntry | OrganisationEntry | TeamEntry | NamedRepository;

export interface NamedEntry {
  readonly path: TomlPath;
  /** As the file has it. */
  readonly text: string;
  readonly named: Named;
  /** The number to which the same policy pins the organisation somewhere else, or null: such a pin counts here, too. */
  readonly organisationPin: number | null;
}

export function isInRepository(named: Named): named is NamedRepository {
  return named.kind === "workflow" || named.kind === "environment" || named.kind === "repository";
}

/** @returns what pins the entry, as it stands behind the name: `#1234`, `#1234/9001`; null where nothing does */
export function pinOf(named: Named): string | null {
  if (isInRepository(named)) return named.pin === null ? null : printPin(named.pin);
  return named.id === null ? null : `#${named.id}`;
}

const lists = { allow: allowEntrySchema, deny: denyEntrySchema, groups_from: groupSourceSchema } as const;

/** @returns what can be read: a policy that is wrong elsewhere can be pinned all the same */
export function namedEntriesIn({ vars }: Settings): NamedEntry[] {
  return Object.entries(vars).flatMap(([variable, policy]) =>
    policyKindOf(variable) !== null ? withOrganisationPins(entriesOf(variable, policy)) : [],
  );
}

type Entry = Omit<NamedEntry, "organisationPin">;

function entriesOf(variable: string, policy: unknown): Entry[] {
  const table = v.safeParse(v.record(v.string(), v.unknown()), policy);
  if (!table.success) return [];
  return Object.entries(lists).flatMap(([list, schema]) => {
    const entries = table.output[list];
    return (Array.isArray(entries) ? entries : []).flatMap((text: unknown, index): Entry[] => {
      const entry = v.safeParse(schema, text);
      if (!entry.success || typeof text !== "string") return [];
      const { output } = entry;
      if (output.kind === "anyone" || output.kind === "token") return [];
      return [{ path: ["vars", variable, list, index], text, named: output }];
    });
  });
}

function withOrganisationPins(entries: readonly Entry[]): NamedEntry[] {
  const pins = new Map(
    entries.flatMap(({ named }) =>
      named.kind === "organisation" && named.id !== null ? [[named.login, named.id] as const] : [],
    ),
  );
  return entries.map((entry) => {
    const { named } = entry;
    const login = named.kind === "team" ? named.organisation : named.kind === "organisation" ? named.login : "";
    return { ...entry, organisationPin: pins.get(login) ?? null };
  });
}
