// What any member of an organisation can cause about another.
import { addChain, type CausedFault, putIn } from "./fault.ts";

export const byAColleague: readonly CausedFault[] = [
  ...[22, 60, 102].map(
    (depth): CausedFault => ({
      cause: "a colleague",
      name: `puts all into the last of a chain of ${depth} teams`,
      happen: (world) => putIn(world, addChain(world, depth)),
    }),
  ),
  {
    cause: "a colleague",
    name: "puts all into 101 teams with a parent each",
    happen: (world) => {
      for (let pair = 0; pair < 101; pair += 1) {
        const parent = world.github.addTeam(world.acme, { name: `parent-${pair}` });
        putIn(world, world.github.addTeam(world.acme, { name: `child-${pair}`, parent }));
      }
    },
  },
  {
    cause: "a colleague",
    name: "puts all into 1,001 teams",
    sources: ["classic", "installed_app"],
    happen: (world) => {
      for (let team = 0; team < 1001; team += 1) {
        putIn(world, world.github.addTeam(world.acme, { name: `team-${team}` }));
      }
    },
  },
  {
    cause: "a colleague",
    name: "puts all into teams with odd names",
    happen: (world) => {
      const names = ["\u{1f419}", "system:masters", "constructor", "__proto__", "a".repeat(300)];
      for (const name of names) putIn(world, world.github.addTeam(world.acme, { name }));
      putIn(world, world.github.addTeam(world.acme, { name: "\u958b\u767a", slug: "\u958b\u767a" }));
      putIn(world, world.github.addTeam(world.acme, { name: "all", type: "enterprise", shownOrganisation: "absent" }));
    },
  },
  {
    cause: "a colleague",
    name: "takes the logins that the leavers gave up",
    happen: ({ github, platform, addColleague, accountOf }) => {
      for (const column of ["left the organisation", "left the team"] as const) {
        const [leaver, colleague] = [accountOf(column), addColleague()];
        const { login } = leaver;
        leaver.login = `${login}-2`;
        colleague.login = login;
        github.addToTeam(platform, colleague);
      }
    },
  },
  {
    cause: "a colleague",
    name: "lets own look-ups hang, so that GitHub seems to be down",
    sources: ["classic", "oauth"],
    goOn: async (world) => {
      const colleague = world.addColleague();
      for (let token = 0; token < 4; token += 1) {
        const own = world.tokenFor(colleague);
        world.hang(new RegExp(`/user/teams.*${own}`));
        await world.review(own, "team");
      }
    },
  },
  {
    cause: "a colleague",
    name: "spends the shared quota with 500 tokens, at two clusters",
    sources: ["client_secret", "installed_app"],
    happen: async (world) => {
      const colleague = world.addColleague();
      for (let token = 0; token < 250; token += 1) {
        for (const cluster of ["partners", "team"] as const) await world.review(world.tokenFor(colleague), cluster);
      }
    },
  },
];
