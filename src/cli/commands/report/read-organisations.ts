// All organisations that the policies name, each read once.
import { keyOfOrganisation, type OrganisationReference } from "../../../worker/config/organisations.ts";
import { type Context, cliError } from "../../command.ts";
import type { PatientCalls } from "./patient-calls.ts";
import type { ReportedPolicy } from "./policies.ts";
import { type OrganisationPeople, readOrganisation, type TeamsNeeded } from "./read-organisation.ts";
import type { Source } from "./source.ts";

/** @returns by `keyOfOrganisation`; each organisation is read once, under whichever names and pins policies have it */
export async function readOrganisations(
  policies: readonly ReportedPolicy[],
  source: Source,
  calls: PatientCalls,
  { terminal, now }: Context,
): Promise<Map<string, OrganisationPeople>> {
  const references = new Map<string, OrganisationReference[]>();
  for (const { policy } of policies) {
    for (const reference of policy.organisations) {
      const key = keyOfOrganisation(reference);
      references.set(key, [...(references.get(key) ?? []), reference]);
    }
  }
  const givingGroups = new Set(
    policies.flatMap(({ policy }) =>
      policy.groupsFrom.flatMap((one) => (one.kind === "organisation" ? [one.login] : [])),
    ),
  );
  const opened = new Map<number, { first: OrganisationReference; all: OrganisationReference[] }>();
  const idByKey = new Map<string, number>();
  for (const [key, [first, ...others]] of references) {
    if (first === undefined) continue;
    const { id } = await source.open(first);
    idByKey.set(key, id);
    const known = opened.get(id);
    opened.set(id, { first: known?.first ?? first, all: [...(known?.all ?? []), first, ...others] });
  }

  let toldAt = now();
  const progress = (text: string) => {
    if (now() - toldAt < progressMs) return;
    toldAt = now();
    terminal.note(`${text} (${calls.count()} requests)`);
  };
  const read = new Map<number, OrganisationPeople>();
  for (const [id, { first, all }] of opened) {
    const isWhole = all.some(({ login }) => givingGroups.has(login));
    const needed: TeamsNeeded = !all.some(({ needsTeams }) => needsTeams)
      ? "none"
      : isWhole
        ? "all"
        : all.flatMap(({ teams }) => teams);
    read.set(id, await readOrganisation(await source.open(first), needed, { calls, progress }));
    // The name may have been given up and taken again while its lists were read.
    if ((await source.open(first)).id !== id) {
      throw cliError(first.login, "the name belongs to another organisation by now: there is no report");
    }
  }
  return new Map(
    [...idByKey].flatMap(([key, id]) => {
      const people = read.get(id);
      return people === undefined ? [] : [[key, people] as const];
    }),
  );
}

const progressMs = 5_000;
