// What a user can cause about the own account, the own tokens and own organisations.
import type { Fault } from "../../../../../src/local/github/faults.ts";
import type { StandInOrganisation } from "../../../../../src/local/github/organisations.ts";
import { tokenLifetime } from "../../../../../src/local/github/sentences.ts";
import type { World } from "../world.ts";
import { actors, addChain, allClusters, type CausedFault, ownTokens, putIn, serverError, withScopes } from "./fault.ts";

const userFails = (name: string, fault: Fault, path?: RegExp): CausedFault => ({
  cause: "the user",
  name,
  happen: ({ failFor }) => failFor(actors, fault, path === undefined ? {} : { path }),
});

export const byTheUser: readonly CausedFault[] = [
  userFails("spent the own quota", { kind: "primary_limit", status: 403, headers: "full" }),
  userFails("asked too fast", { kind: "secondary_limit", status: 429, headers: "retry_after" }),
  userFails("failed too often to sign in", { kind: "lockout" }),
  userFails("is suspended", { kind: "suspended" }),
  userFails("uses a token that GitHub turns away", { kind: "resource_not_accessible" }, /^\/user$/),
  {
    cause: "the user",
    name: "is in 101 teams with a parent each",
    happen: (world) => {
      for (let pair = 0; pair < 101; pair += 1) {
        const parent = world.github.addTeam(world.acme, { name: `parent-${pair}` });
        putIn(world, world.github.addTeam(world.acme, { name: `child-${pair}`, parent }), actors);
      }
    },
  },
  {
    cause: "the user",
    name: "is at the end of a chain of 60 teams",
    happen: (world) => putIn(world, addChain(world, 60), actors),
  },
  {
    cause: "the user",
    name: "is in 2,100 teams of an own organisation",
    sources: ["classic"],
    happen: (world) => {
      const own = joinOwnOrganisation(world);
      const teams = Array.from({ length: 2100 }, (_, index) => world.github.addTeam(own, { name: `own-${index}` }));
      for (const team of teams) for (const column of actors) world.github.addToTeam(team, world.accountOf(column));
    },
  },
  {
    cause: "the user",
    name: "is in so many teams that GitHub fails at pages of any size",
    sources: ownTokens,
    happen: ({ failFor }) => failFor(actors, serverError, { path: /^\/user\/teams/ }),
    exceptions: [
      {
        to: "grace",
        columns: ["at work", "left the team", "denied", "the partner's"],
        clusters: allClusters,
        why: "a 502 does not tell its cause, so teams count as before for as long as the grace of an outage",
      },
    ],
  },
  {
    cause: "the user",
    name: "has an own organisation behind single sign-on",
    happen: (world) => world.github.restrictOrganisation(joinOwnOrganisation(world), { sso: {} }),
  },
  {
    cause: "the user",
    name: "has an own organisation that forbids such tokens, and GitHub says so for all lists",
    sources: ownTokens,
    happen: ({ failFor }) =>
      failFor(
        actors,
        { kind: "forbidden", message: tokenLifetime("organization", "own") },
        { path: /^\/user\/(?:teams|memberships\/orgs\?)/ },
      ),
  },
  {
    cause: "the user",
    name: "took the scope away from the token",
    sources: withScopes,
    happen: ({ scopesOf }) => {
      for (const column of actors) scopesOf(column).length = 0;
    },
  },
  {
    cause: "the user",
    name: "has a new login",
    victims: [],
    happen: ({ accountOf }) => {
      for (const column of actors) accountOf(column).login += "-2";
    },
  },
  {
    cause: "the user",
    name: "has a new login at every look",
    victims: [],
    goOn: ({ accountOf, time }) => {
      for (const column of actors) accountOf(column).login = `u${accountOf(column).id}-${time.now() % 100_000}`;
    },
  },
  {
    cause: "the user",
    name: "is hidden by GitHub",
    victims: [],
    happen: ({ accountOf }) => {
      for (const column of actors) accountOf(column).visibility = "hidden";
    },
  },
];

function joinOwnOrganisation({ github, accountOf }: World): StandInOrganisation {
  const own = github.addOrganisation({ login: "own" });
  for (const column of actors) github.addMember(own, accountOf(column));
  return own;
}
