// Where the real programs are: the folder that KUBEBUILDER_ASSETS names, the layout that setup-envtest and its like
// make.
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const controlPlanePrograms = ["etcd", "kube-apiserver", "kubectl"] as const;

/** Releases of Kubernetes besides the present one, and the variable that names the folder with each. */
const olderReleases = { "1.30": "KUBEBUILDER_ASSETS_1_30", "1.20": "KUBEBUILDER_ASSETS_1_20" } as const;

export type OlderRelease = keyof typeof olderReleases;

/**
 * The path of one of the programs.
 * @param release default: the present one
 * @throws if KUBEBUILDER_ASSETS is not set: tests ask {@link whyWithoutControlPlane} first
 */
export function binary(
  name: "etcd" | "kube-apiserver" | "kubectl" | "authdriver" | "oauth2-proxy",
  release?: OlderRelease,
): string {
  const variable = release === undefined ? "KUBEBUILDER_ASSETS" : olderReleases[release];
  const folder = folderIn(variable);
  if (folder === undefined) throw new Error(`${variable} is not set`);
  return join(folder, name);
}

/** Why no control plane can be started here, or null if one can. */
export const whyWithoutControlPlane = whyMissing(controlPlanePrograms);

/** Why no control plane of an older release can be started here, or null if one can. */
export function whyWithoutRelease(release: OlderRelease): string | null {
  return whyWithoutControlPlane ?? whyMissing(["kube-apiserver"], olderReleases[release]);
}

/** Why no oauth2-proxy can be started here, or null if one can. */
export const whyWithoutOAuth2Proxy = whyMissing(["oauth2-proxy"]);

/** Why kube-apiserver's current client can not be driven here, or null if it can. */
export const whyWithoutAuthdriver = whyMissing(["authdriver"]);

/**
 * Says on the terminal that tests are left out: a run that skips what matters most must not look like one that passed.
 */
export function sayIfSkipped(title: string, why: string | null): void {
  if (why !== null) console.warn(`SKIPPED: ${title}: ${why}`);
}

function folderIn(variable: string): string | undefined {
  return process.env[variable] || undefined;
}

function whyMissing(names: readonly string[], variable = "KUBEBUILDER_ASSETS"): string | null {
  const folder = folderIn(variable);
  if (folder === undefined) return `${variable} is not set; it names the folder that holds ${names.join(", ")}`;
  const missing = names.filter((name) => !isExecutable(join(folder, name)));
  return missing.length === 0 ? null : `${missing.join(", ")} missing in the folder that ${variable} names`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
