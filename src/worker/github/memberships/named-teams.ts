// The teams that a policy names, one by one, where the list of a user's teams does not decide about them: it is not
// complete, or a team of `deny` may be elsewhere by now.
import { keyOfTeam, type OrganisationReference, type TeamReference, teamsToProve } from "../../config/organisations.ts";
import { team as teamEndpoint, teamMembership } from "../endpoints.ts";
import type { Membership, Team } from "../facts.ts";
import type { OrganisationBody } from "../schemas.ts";
import type { CallForTeams } from "./own-lookup.ts";

export type KnownTeams = Pick<Membership & { kind: "active" }, "teams" | "teamsHidden" | "namedTeams">;

interface Answer {
  readonly isIn: boolean | null;
  /** The team, where the list does not have it. */
  readonly team?: Team;
}

const unknown: Answer = { isIn: null };
const outside: Answer = { isIn: false };

/**
 * @param organisation under its present name
 * @param login the user's
 * @param known what the list of the user's teams says
 * @returns the same, with an answer for each team that the policy names, and with those that the user is in
 */
export async function askNamedTeams(
  reference: OrganisationReference,
  organisation: OrganisationBody,
  login: string,
  known: KnownTeams,
  call: CallForTeams,
): Promise<KnownTeams> {
  const { teams, teamsHidden } = known;
  const unproven = teamsToProve(reference);
  if (reference.teams.length === 0 || (teamsHidden === null && unproven.length === 0)) return known;

  async function ask(team: TeamReference): Promise<Answer> {
    const isListed = teams.some(({ id, slug }) =>
      team.id === null ? slug.toLowerCase() === team.slug : id === team.id,
    );
    if (isListed) return { isIn: true };
    // A complete list says it, and where single sign-on may hide the team, no other answer does.
    if (teamsHidden === null && !unproven.includes(team)) return outside;
    if (teamsHidden === "sso_required" && !unproven.includes(team)) return unknown;
    if (teamsHidden !== null) {
      const membership = await call(teamMembership, { organisation, team, login });
      if (membership.kind === "ok") return readMembership(team, membership.body);
      if (membership.kind !== "absent") return unknown;
    }
    const isHere = reference.id !== null || team.id === null || (await findTeam(organisation, team, call)) !== null;
    return isHere ? outside : unknown;
  }

  async function readMembership(team: TeamReference, { state, role }: { state?: unknown; role?: unknown }) {
    if (state === "pending") return outside;
    if (state !== "active" || (role !== "member" && role !== "maintainer")) return unknown;
    const found = await findTeam(organisation, team, call);
    if (found !== null) return { isIn: true, team: found };
    return team.id === null ? unknown : { isIn: true, team: { id: team.id, slug: "" } };
  }

  const answers = await Promise.all(
    reference.teams.map(async (team) => ({ key: keyOfTeam(team), ...(await ask(team)) })),
  );
  return {
    teams: [...teams, ...answers.flatMap(({ team }) => team ?? [])],
    teamsHidden,
    namedTeams: Object.fromEntries(answers.map(({ key, isIn }) => [key, isIn])),
  };
}

/**
 * Where `deny` pins a team and not its organisation, a "no" about the organisation's name proves nothing: the
 * organisation may have another name by now.
 *
 * @param isHere whether a team is in the organisation that has the name
 */
export async function unlessElsewhere(
  reference: OrganisationReference,
  found: Membership,
  isHere: (team: TeamReference) => Promise<boolean>,
): Promise<Membership> {
  if (found.kind === "active" || found.kind === "hidden") return found;
  const proofs = await Promise.all(teamsToProve(reference).map(isHere));
  return proofs.every((isProof) => isProof) ? found : { kind: "none", nameTakenBy: null, isProven: false };
}

/** @returns the team under its present name, or null where GitHub does not show it in the organisation */
export async function findTeam(
  organisation: OrganisationBody,
  team: TeamReference,
  call: CallForTeams,
): Promise<Team | null> {
  const found = await call(teamEndpoint, { organisation, team });
  if (found.kind !== "ok") return null;
  const { id, slug, organization } = found.body;
  return organization.id === organisation.id && (team.id === null || team.id === id) ? { id, slug } : null;
}
