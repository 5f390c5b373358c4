// What anyone on the internet can cause.
import { makeToken } from "../../../../../src/local/github/token.ts";
import type { World } from "../world.ts";
import type { CausedFault } from "./fault.ts";

export const byAnOutsider: readonly CausedFault[] = [
  {
    cause: "an outsider",
    name: "makes up 250 tokens before each look",
    goOn: (world) => floodWith(world, 250),
  },
  {
    cause: "an outsider",
    name: "makes up 350 tokens before each look, more than a cluster's limit",
    goOn: (world) => floodWith(world, 350),
    exceptions: [
      {
        to: "locked out",
        columns: ["newcomer"],
        clusters: ["organisation"],
        why: "above the limit on tokens that were never seen, newcomers of that cluster wait for a minute",
      },
    ],
  },
  {
    cause: "an outsider",
    name: "comes with 14 accounts, again and again",
    goOn: async (world) => {
      const accounts = Array.from({ length: 14 }, (_, index) =>
        world.github.addAccount({ login: `outsider-${index}-${world.time.now() % 1_000_000}` }),
      );
      const tokens = accounts.map((account) => world.tokenFor(account));
      for (let round = 0; round < 24; round += 1) {
        for (const token of tokens) await world.review(token, "organisation");
        world.time.advance(5_000);
      }
    },
  },
  {
    cause: "an outsider",
    name: "takes the login that a user gave up",
    happen: ({ accountOf }) => {
      const [old, outsider] = [accountOf("bystander"), accountOf("outsider")];
      const { login } = old;
      old.login = "bystander-2";
      outsider.login = login;
    },
  },
  {
    cause: "an outsider",
    name: "takes the name that acme gave up, with a team of the same name",
    happen: (world) => {
      const { github, acme, accountOf } = world;
      acme.login = "acme-2";
      const other = github.addOrganisation({ login: "acme" });
      github.installApp(world.app, other);
      github.addMember(other, accountOf("outsider"));
      github.addToTeam(github.addTeam(other, { name: "platform" }), accountOf("outsider"));
    },
  },
  {
    cause: "an outsider",
    name: "takes the name that the denied organisation gave up",
    happen: ({ github, evil, accountOf, app }) => {
      evil.login = "evil-2";
      const other = github.addOrganisation({ login: "evil" });
      github.installApp(app, other);
      github.addMember(other, accountOf("denied"));
    },
  },
  {
    cause: "an outsider",
    name: "installs the app with odd accounts, and acme gets a new name",
    sources: ["installed_app"],
    happen: ({ github, acme, app }) => {
      github.findsOrganisationsById = false;
      for (let index = 0; index < 150; index += 1)
        github.installApp(app, github.addAccount({ login: `-odd-${index}` }));
      github.installApp(app, null);
      acme.login = "acme-2";
    },
  },
];

async function floodWith(world: World, count: number): Promise<void> {
  const kind = world.source === "fine_grained" ? "fine_grained" : world.source === "classic" ? "classic" : "oauth";
  for (let token = 0; token < count; token += 1) await world.review(makeToken(kind), "organisation");
}
