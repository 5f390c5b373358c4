// Where the real programs are: the folder that KUBEBUILDER_ASSETS names, the layout that setup-envtest and its like
// make.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { isExecutable } from "./executable.ts";

/**
 * The path of one of the programs.
 * @throws if KUBEBUILDER_ASSETS is not set: tests say what they need first (needs.ts)
 */
export function binary(name: "etcd" | "kube-apiserver" | "kubectl" | "authdriver" | "oauth2-proxy"): string {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (!folder) throw new Error("KUBEBUILDER_ASSETS is not set");
  return join(folder, name);
}

/** @returns why one of the programs can't be started here, or null if all can */
export function whyMissing(...names: readonly string[]): string | null {
  const folder = process.env.KUBEBUILDER_ASSETS;
  if (!folder) return `KUBEBUILDER_ASSETS is not set; it names the folder that holds ${names.join(", ")}`;
  const missing = names.filter((name) => !isExecutable(join(folder, name)));
  return missing.length === 0 ? null : `${missing.join(", ")} missing in the folder that KUBEBUILDER_ASSETS names`;
}

/** @returns the version that a program of a folder names: `1.30.14` */
export function versionIn(folder: string, name: "kube-apiserver" | "kubectl"): string {
  const args = name === "kubectl" ? ["version", "--client"] : ["--version"];
  const printed = execFileSync(join(folder, name), args, { encoding: "utf8" });
  const [, version] = /\bv(1\.\d+\.\d+)/.exec(printed) ?? [];
  if (version === undefined) throw new Error(`${name} names no version: ${printed}`);
  return version;
}
