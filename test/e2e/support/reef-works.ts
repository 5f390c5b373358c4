// An organisation whose team the maintainer is in, with the app that people sign in with.
import type { OctogateOptions } from "./octogate.ts";

/** @returns the entry of `allow` for it */
export const addReefWorks: NonNullable<OctogateOptions["addTo"]> = (github, app, maintainer) => {
  const organisation = github.addOrganisation({ login: "Reef-Works" });
  github.installApp(app, organisation);
  github.addMember(organisation, maintainer);
  github.addToTeam(github.addTeam(organisation, { name: "Platform" }), maintainer);
  return [`org:${organisation.login}#${organisation.id}`];
};
