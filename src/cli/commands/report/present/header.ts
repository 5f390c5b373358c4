// What stands above a report, in each form that people read: from when it is, of what, and from which source.
import type { AccessReport, ClusterReport } from "../report.ts";

/** @returns pairs of a label and a text */
export function headerRows(report: AccessReport): (readonly [string, string])[] {
  const { github, clusters, organisations } = report;
  const { source } = github;
  const sum = (count: (cluster: ClusterReport) => number) =>
    clusters.reduce((total, cluster) => total + count(cluster), 0);
  return [
    ["read from GitHub", `${report.startedAt} to ${report.endedAt} (UTC)`],
    ["made by", `octogate ${report.octogate}`],
    ["configuration", report.configuration],
    ["policy digest", `sha256 ${report.policyDigest}`],
    ["deployed", deployedText(report.deployed)],
    [
      "source",
      `${github.apiUrl}, ${source.kind === "app" ? `the installed App ${source.appId}` : `a token of the owner ${source.login}#${source.id}`}, ${github.calls} requests`,
    ],
    ...organisations.map(
      ({ login, id, members, owners, teams, invitations }) =>
        [
          "organisation",
          `${login}#${id}: ${counted(members, "member")}, ${owners} of them ${owners === 1 ? "owner" : "owners"}; ${counted(teams, "team")}; ${
            invitations === null
              ? "GitHub shows this credential no list of invitations"
              : counted(invitations, "invitation")
          }`,
        ] as const,
    ),
    [
      "people",
      `${sum(({ people }) => people.length)} get in, ${sum(({ invited }) => invited.length)} invited, ${sum(({ keptOut }) => keptOut.length)} kept out; counted once for each cluster`,
    ],
  ];
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

export function deployedText(state: ClusterReport["deployed"]): string {
  switch (state) {
    case "same":
      return "this policy is what Cloudflare runs";
    case "different":
      return "NOT this policy: Cloudflare runs another one";
    case "missing":
      return "NOT deployed: Cloudflare has no such variable";
    case "not compared":
      return "not compared with what Cloudflare runs (--deployed)";
  }
}

export const rolesNotCompared = "roles are not compared: one of the two reports has no bindings";

/** What a reader has to know, and no list can tell. */
export const notKnown: readonly string[] = [
  "Listed is who could get in with a fitting token; whether a person has one is not known.",
  "An account that GitHub or its enterprise has suspended is listed like all others: its tokens work nowhere.",
  "Other ways into a cluster (client certificates, service accounts, other identity providers) are not in this report.",
  "What a role allows stands in the cluster, not here.",
];
