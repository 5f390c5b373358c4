// kubectl of a person who signs in with the kubeconfig that `npm start` writes for people: kubectl runs its plugin
// oidc-login, which is the one of the tests here (kubelogin.ts).
import { mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseKubeconfig } from "../../support/cluster-files.ts";
import { binary } from "./binaries.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Kubectl } from "./kubectl.ts";

export interface SignIn {
  /** A kubeconfig for people. */
  readonly kubeconfig: string;
  /** The person's login. */
  readonly person: string;
  /** Of the stand-in's pages. */
  readonly githubWebUrl: string;
  /** Default: as kubelogin does, once the ID token has ended. */
  readonly refreshBeforeSeconds?: number;
}

export interface SignInKubectl {
  readonly kubectl: Kubectl;
  /** The ID token that the plugin keeps, after the first use. */
  idToken(): Promise<string>;
  refreshToken(): Promise<string>;
}

const plugin = join(import.meta.dirname, "kubelogin.ts");

/** What a person has installed. */
export interface InstalledPrograms {
  /** For PATH: kubectl, and the plugin in kubelogin's place. */
  readonly path: string;
  /** The plugin's file of tokens. */
  readonly cache: string;
}

export async function installPrograms(
  { folder }: Pick<ControlPlane, "folder">,
  signIn: Omit<SignIn, "kubeconfig">,
): Promise<InstalledPrograms> {
  const path = await mkdtemp(join(folder, "programs-"));
  const cache = join(path, "tokens.json");
  const given = [
    ["person", signIn.person],
    ["github-web-url", signIn.githubWebUrl],
    ["cache", cache],
    ["refresh-before", String(signIn.refreshBeforeSeconds ?? 0)],
  ];
  const options = given.map(([name, value]) => `--${name}=${value}`).join(" ");
  await symlink(binary("kubectl"), join(path, "kubectl"));
  const script = `#!/bin/sh\nexec ${process.execPath} ${plugin} "$@" ${options}\n`;
  await writeFile(join(path, "kubectl-oidc_login"), script, { mode: 0o700 });
  return { path, cache };
}

export async function signInKubectl(controlPlane: ControlPlane, signIn: SignIn): Promise<SignInKubectl> {
  const { path, cache } = await installPrograms(controlPlane, signIn);
  const kubeconfig = parseKubeconfig(await readFile(signIn.kubeconfig, "utf8"));
  const kept = async (name: "idToken" | "refreshToken") => {
    // The plugin's own file.
    const tokens = JSON.parse(await readFile(cache, "utf8")) as { idToken: string; refreshToken: string };
    return tokens[name];
  };
  return {
    kubectl: await controlPlane.kubectl.withKubeconfig(kubeconfig, path),
    idToken: () => kept("idToken"),
    refreshToken: () => kept("refreshToken"),
  };
}
