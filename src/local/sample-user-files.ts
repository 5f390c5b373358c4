// Files of the sample users in the state folder: their tokens, which outlive a restart, and a kubeconfig for kubectl.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { writePrivately } from "../node/files.ts";
import type { StateFolder } from "./state-folder.ts";

export interface SampleToken {
  readonly name: string;
  readonly token: string;
}

/** @returns what the files of earlier starts hold, by the users' names; nothing is checked yet */
export async function readSampleTokens({ tokens }: StateFolder): Promise<Map<string, string>> {
  const kept = new Map<string, string>();
  for (const name of await readdir(tokens)) kept.set(name, (await readFile(join(tokens, name), "utf8")).trim());
  return kept;
}

/**
 * Writes tokens that are new, and the kubeconfig.
 *
 * @param kept what the files held before
 * @param warn hears of each file whose token was of no use
 */
export async function writeSampleUserFiles(
  folder: StateFolder,
  users: readonly SampleToken[],
  kept: ReadonlyMap<string, string>,
  warn: (message: string) => void,
): Promise<void> {
  for (const { name, token } of users) {
    if (kept.get(name) === token) continue;
    const path = join(folder.tokens, name);
    if (kept.has(name)) warn(`${path}: was damaged, and has a new token now`);
    await writePrivately(path, `${token}\n`);
  }
  await writePrivately(folder.userKubeconfig, userKubeconfig(users));
}

/**
 * kubectl reads relative paths from the kubeconfig's own folder. The cluster and its administrator are those of
 * docs/try-with-kubectl.md.
 */
function userKubeconfig(users: readonly SampleToken[]): string {
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "try",
        cluster: { server: "https://127.0.0.1:6443", "certificate-authority": "cluster/apiserver.crt" },
      },
    ],
    users: [
      ...users.map(({ name }) => ({ name, user: { tokenFile: `tokens/${name}` } })),
      { name: "admin", user: { tokenFile: "cluster/admin-token" } },
    ],
    contexts: [{ name: "try", context: { cluster: "try", user: users[0]?.name } }],
    "current-context": "try",
  };
  return `# Written by each npm start, for docs/try-with-kubectl.md.\n${stringify(kubeconfig)}`;
}
