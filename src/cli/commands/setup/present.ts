// What setup says at its end: what there is now, and what comes next.
import { currentPair, kubeconfigFile } from "../../certificates/pair-files.ts";
import { type DeploymentFile, readCluster } from "../../config-file/clusters.ts";
import { githubAppLines } from "./github-app.ts";
import type { Existing } from "./inspect.ts";
import type { SetupRequest } from "./request.ts";

/** @param changeCount how much was changed */
export function linesFor(request: SetupRequest, deployment: DeploymentFile, changeCount: number): string[] {
  const { hostname, clusterName } = request;
  const next = [
    ...(hasUnpinned(request, deployment)
      ? ["  npx octogate pin", "    and this setup again: then no later owner of a name in allow gets in"]
      : []),
    ...(hostname === null
      ? []
      : [
          `  npx octogate manifests --for kubeadm --cluster ${clusterName} --output .clusters/${clusterName}/for-nodes`,
          "    writes what kube-apiserver needs into that folder, with the steps",
          "    (or --for k3s, rke2, talos, kops)",
        ]),
  ];
  return [
    changeCount === 0 ? "Nothing had to be changed." : `${clusterName} is set up.`,
    ...(hostname === null
      ? []
      : [`https://${hostname} answers ${clusterName}'s reviews,`, "and refuses requests without a certificate."]),
    ...(next.length === 0 ? [] : ["Next:", ...next]),
  ];
}

/** A name without its number admits each later owner of the name. */
function hasUnpinned({ allow, variable }: SetupRequest, file: DeploymentFile): boolean {
  const cluster = readCluster(file, variable);
  const entries = cluster === null || cluster.isExample ? allow : cluster.allow;
  return entries.some((entry) => entry !== "anyone" && !entry.includes("#"));
}

export function signInLines({ signIn, allow, clusterName }: SetupRequest, deployment: DeploymentFile): string[] {
  if (signIn === null) return [];
  return [
    `https://${signIn.hostname} is where people sign in.`,
    `  octogate manifests --for structured --cluster ${clusterName}`,
    "    prints what its kube-apiserver needs to take their tokens (eks, aks, gke and others: --help); docs/sign-in.md",
    "    has what people need",
    ...githubAppLines({ hostname: signIn.hostname, allow }, deployment),
  ];
}

export function filesOf({ folder }: Existing) {
  const inFolder = (name: string) => `${folder.name}/${name}`;
  return {
    certificate: inFolder(`${currentPair}.crt`),
    key: inFolder(`${currentPair}.key`),
    kubeconfig: inFolder(kubeconfigFile),
  };
}
