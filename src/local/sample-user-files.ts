// Files of the sample users in the state folder: their tokens, which outlive a restart, and a kubeconfig for kubectl.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { writePrivately } from "../node/files.ts";
import type { SampleUser } from "./github/sample-users.ts";
import type { StateFolder } from "./state-folder.ts";

type UserToken = Pick<SampleUser, "name" | "token">;

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
  users: readonly UserToken[],
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

/** The cluster and its administrator are those of docs/try-with-kubectl.md. Paths count from the file's own folder. */
function userKubeconfig(users: readonly UserToken[]): string {
  const credentials = [
    // Not as `tokenFile`, over which kubectl's own --token would have no power.
    ...users.map(({ name, token }) => ({ name, user: { token } })),
    { name: "admin", user: { tokenFile: "cluster/admin-token" } },
  ];
  const cluster = { server: "https://127.0.0.1:6443", "certificate-authority": "cluster/apiserver.crt" };
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "try", cluster }],
    users: credentials,
    contexts: credentials.map(({ name }) => ({ name, context: { cluster: "try", user: name } })),
    "current-context": users[0]?.name,
  };
  return `# Written by each npm start, for docs/try-with-kubectl.md.\n${stringify(kubeconfig, { lineWidth: 0 })}`;
}
