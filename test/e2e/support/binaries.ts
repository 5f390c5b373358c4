// Where the real programs are: the folder that KUBEBUILDER_ASSETS names, the layout that setup-envtest and its like
// make.
import { accessSync, constants } from "node:fs";
import { join } from "node:path";

const controlPlanePrograms = ["etcd", "kube-apiserver", "kubectl"] as const;

/**
 * The path of one of the programs.
 * @throws if KUBEBUILDER_ASSETS is not set: tests ask {@link whyWithoutControlPlane} first
 */
export function binary(name: "etcd" | "kube-apiserver" | "kubectl" | "authdriver"): string {
  const folder = assetsFolder();
  if (folder === undefined) throw new Error("KUBEBUILDER_ASSETS is not set");
  return join(folder, name);
}

/** Why no control plane can be started here, or null if one can. */
export const whyWithoutControlPlane = whyMissing(controlPlanePrograms);

/** Why kube-apiserver's current client can not be driven here, or null if it can. */
export const whyWithoutAuthdriver = whyMissing(["authdriver"]);

/**
 * Says on the terminal that tests are left out: a run that skips what matters most must not look like one that passed.
 */
export function sayIfSkipped(title: string, why: string | null): void {
  if (why !== null) console.warn(`SKIPPED: ${title}: ${why}`);
}

function assetsFolder(): string | undefined {
  const { KUBEBUILDER_ASSETS } = process.env;
  return KUBEBUILDER_ASSETS || undefined;
}

function whyMissing(names: readonly string[]): string | null {
  const folder = assetsFolder();
  if (folder === undefined) return `KUBEBUILDER_ASSETS is not set; it names the folder that holds ${names.join(", ")}`;
  const missing = names.filter((name) => !isExecutable(join(folder, name)));
  return missing.length === 0 ? null : `${missing.join(", ")} missing in the folder that KUBEBUILDER_ASSETS names`;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
