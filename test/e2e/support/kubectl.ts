// The real kubectl as a user has it: a kubeconfig, and nothing of the machine's own settings or caches.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Credential, type Kubeconfig, parseKubeconfig, readClusterFile } from "../../support/cluster-files.ts";
import { type Outcome, type ProgramOptions, run } from "../../support/program.ts";
import { binary } from "./binaries.ts";

export type Kubectl = (args: readonly string[], options?: ProgramOptions) => Promise<Outcome>;

/** Gives people their kubectl for one cluster. */
export interface KubectlMaker {
  /** For a user with a GitHub token, set up with k8s/user-kubeconfig.yaml as its comments say. */
  withGitHubToken(token: string): Promise<Kubectl>;
  /** For anybody else. */
  with(credential: Credential): Promise<Kubectl>;
  /**
   * With a kubeconfig as it is, but for the cluster's address.
   * @param programs what stands in PATH; default: nothing
   */
  withKubeconfig(kubeconfig: Kubeconfig, programs?: string): Promise<Kubectl>;
}

/**
 * @param folder a folder that is removed later: everybody gets a home in it
 * @param url the cluster's address
 * @param certificateAuthority the path of its certificate
 */
export function makeKubectlMaker(folder: string, url: string, certificateAuthority: string): KubectlMaker {
  let homes = 0;
  async function makeHome(): Promise<string> {
    homes += 1;
    const home = join(folder, `home-${homes}`);
    await mkdir(home);
    return home;
  }

  async function kubectlOf(home: string, kubeconfig: Kubeconfig, programs?: string): Promise<Kubectl> {
    kubeconfig.clusters[0].cluster = { server: url, "certificate-authority": certificateAuthority };
    const path = join(home, "kubeconfig");
    // JSON is YAML.
    await writeFile(path, JSON.stringify(kubeconfig));
    return (args, options = {}) =>
      run(binary("kubectl"), [`--kubeconfig=${path}`, `--cache-dir=${join(home, "cache")}`, ...args], {
        ...options,
        env: { HOME: home, ...(programs === undefined ? {} : { PATH: programs }) },
      });
  }

  return {
    async withGitHubToken(token) {
      const home = await makeHome();
      const kubeconfig = parseKubeconfig(readClusterFile("user-kubeconfig.yaml"));
      const { tokenFile } = kubeconfig.users[0].user;
      if (tokenFile === undefined) throw new Error("k8s/user-kubeconfig.yaml names no tokenFile");
      await writeFile(join(home, tokenFile), `${token}\n`, { mode: 0o600 });
      return kubectlOf(home, kubeconfig);
    },
    async with(credential) {
      const kubeconfig = parseKubeconfig(readClusterFile("user-kubeconfig.yaml"));
      kubeconfig.users[0].user = credential;
      return kubectlOf(await makeHome(), kubeconfig);
    },
    async withKubeconfig(kubeconfig, programs) {
      return kubectlOf(await makeHome(), kubeconfig, programs);
    },
  };
}
