// The repository that `npm start` brings along: jobs of its workflows reach the cluster, and others do not.
import type { StandInOrganisation } from "./organisations.ts";
import { fullNameOf } from "./repositories.ts";
import type { GitHubStandIn } from "./server.ts";

/** @returns the entries of `allow` that admit its jobs: one workflow on one branch, and one environment */
export function addSampleRepository(standIn: GitHubStandIn, owner: StandInOrganisation): string[] {
  const repository = standIn.addRepository(owner, { name: "shop" });
  const pin = `#${owner.id}/${repository.id}`;
  const name = fullNameOf(repository);
  return [
    `workflow:${name}/.github/workflows/deploy.yml@refs/heads/main${pin}`,
    `environment:${name}/production${pin}`,
  ];
}
