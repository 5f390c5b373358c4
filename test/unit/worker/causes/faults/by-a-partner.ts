// What the owner of another organisation of the policy can cause: one that is allowed, one that is denied.
import type { OrganisationRestrictions } from "../../../../../src/local/github/organisations.ts";
import { type CausedFault, denyNeedsProof, type Exception, withScopes } from "./fault.ts";

const owned = { partner: "an allowed organisation", evil: "a denied organisation" } as const;

const restrictions: Readonly<Record<string, OrganisationRestrictions>> = {
  "demands single sign-on": { sso: {} },
  "has an IP allow list": { ipAllowList: true },
  "forbids classic tokens": { forbidsClassic: true },
  "approves no app": { approvedClients: [] },
  "limits the lifetime of tokens": { tokenLifetime: true },
  "demands a second factor": { twoFactor: true },
};

const forTheApp = (exception: Exception): Exception => ({ ...exception, sources: ["installed_app"] });

export const byAPartner: readonly CausedFault[] = [
  ...(["partner", "evil"] as const).flatMap(
    (place) =>
      [
        ...Object.entries(restrictions).map(
          ([name, demanded]): CausedFault => ({
            cause: "a partner",
            name: `${owned[place]}: ${name}`,
            happen: (world) => world.github.restrictOrganisation(world[place], demanded),
            ...(place === "evil" && demanded.ipAllowList === true
              ? { exceptions: [forTheApp(denyNeedsProof("an installed app may not ask there any more"))] }
              : {}),
          }),
        ),
        {
          cause: "a partner",
          name: `${owned[place]}: gives the organisation a new name`,
          happen: (world) => {
            world[place].login = `${place}-2`;
          },
        },
        {
          cause: "a partner",
          name: `${owned[place]}: gives it a new name, and takes the old one with another organisation`,
          happen: (world) => {
            world[place].login = `${place}-2`;
            const other = world.github.addOrganisation({ login: place });
            for (const column of ["the partner's", "denied"] as const)
              world.github.addMember(other, world.accountOf(column));
          },
        },
      ] satisfies CausedFault[],
  ),
  {
    cause: "a partner",
    name: "an allowed organisation: takes the name that acme gave up, with a team of the same name",
    happen: (world) => {
      world.acme.login = "acme-2";
      world.partner.login = "acme";
      const team = world.github.addTeam(world.partner, { name: "platform" });
      world.github.addToTeam(team, world.accountOf("the partner's"));
    },
  },
  {
    cause: "a partner",
    name: "an allowed organisation: deletes the organisation",
    endsAccessOf: ["the partner's"],
    happen: ({ github, partner }) => github.deleteOrganisation(partner),
  },
  {
    cause: "a partner",
    name: "a denied organisation: deletes the organisation",
    happen: ({ github, evil }) => github.deleteOrganisation(evil),
    exceptions: [
      {
        ...denyNeedsProof("an organisation that is found nowhere may still be there"),
        sources: [...withScopes, "installed_app"],
      },
    ],
  },
  ...(["partner", "evil"] as const).flatMap((place) => {
    const exceptions = place === "evil" ? [forTheApp(denyNeedsProof("only the app could say who is in it"))] : [];
    const sources = ["installed_app"] as const;
    return [
      {
        cause: "a partner",
        name: `${owned[place]}: suspends the app`,
        sources,
        happen: ({ github, installations }) => github.suspendInstallation(installations[place]),
        exceptions,
      },
      {
        cause: "a partner",
        name: `${owned[place]}: removes the app`,
        sources,
        happen: ({ github, installations }) => github.uninstall(installations[place]),
        exceptions,
      },
      {
        cause: "a partner",
        name: `${owned[place]}: takes the app's permission away`,
        sources,
        happen: ({ github, installations, app, ...places }) => {
          github.uninstall(installations[place]);
          github.installApp(app, places[place], { permissions: {} });
        },
        exceptions,
      },
    ] satisfies CausedFault[];
  }),
];
