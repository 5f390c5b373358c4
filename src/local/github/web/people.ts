// The people on GitHub's pages: the accounts that one can choose from, and who of them may authorise an app.
import type { StandInAccount } from "../accounts.ts";
import type { StandInApp } from "../apps.ts";
import type { GitHub } from "../context.ts";
import { directTeams, isActiveMember } from "../organisations.ts";
import type { Choice } from "./html.ts";

/** @returns the accounts that can sign in, each with its organisations and teams */
export function choicesOfPeople(github: GitHub): Choice[] {
  return github.accounts.people().map((account) => ({
    value: account.login,
    label: account.login,
    detail: membershipsOf(github, account),
  }));
}

function membershipsOf({ organisations }: GitHub, account: StandInAccount): string {
  const memberships = organisations.of(account).map((organisation) => {
    if (!isActiveMember(organisation, account)) return `invited to ${organisation.login}`;
    const teams = directTeams(organisation, account).map(({ slug }) => slug);
    return teams.length === 0 ? organisation.login : `${organisation.login} (${teams.join(", ")})`;
  });
  return memberships.length === 0 ? "in no organisation" : memberships.join(", ");
}

/** @param login as the form sends it */
export function personNamed({ accounts }: GitHub, login: string | undefined): StandInAccount | null {
  return accounts.people().find((account) => account.login === login) ?? null;
}

/** A private app is for its owner: an account, or the members of an organisation. */
export function mayAuthorise({ visibility, owner }: StandInApp, account: StandInAccount): boolean {
  if (visibility === "public") return true;
  if (owner === null) return false;
  return "members" in owner ? isActiveMember(owner, account) : owner === account;
}
