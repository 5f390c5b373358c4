// The local edge with web applications beside its cluster, for OpenID clients.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { redirectUri } from "./openid-client.ts";

export interface EdgeWithApplications {
  readonly edge: LocalEdge;
  stop(): Promise<void>;
}

/** @param secrets by the applications' names; null for one without a secret. All of them let anyone in. */
export async function startEdgeWithApplications(
  secrets: Readonly<Record<string, string | null>>,
): Promise<EdgeWithApplications> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-applications-"));
  const policy = join(folder, "policy.json");
  await writeFile(policy, JSON.stringify({ allow: ["anyone"], token_kinds: [], redirect_uris: [redirectUri] }));
  const applications = Object.keys(secrets).flatMap((name) => ["--client", `${name}=${policy}`]);
  const withSecret = Object.entries(secrets).filter(([, secret]) => secret !== null);
  const variable = `OIDC_CLIENT_SECRETS=${JSON.stringify(Object.fromEntries(withSecret))}`;
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const edge = await startLocalEdge({ args: [...applications, "--var", variable] });
    const stop = async () => {
      await edge.stop();
      await removeFolder();
    };
    return { edge, stop };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
