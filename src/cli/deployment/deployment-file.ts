// The deployment's wrangler.toml, opened for commands that change it, and the folder it lies in: the clone's.
import { rename, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Context } from "../context.ts";
import { StepFailure } from "../step-failure.ts";
import { hostnameOf, parseWranglerToml, type WranglerDocument } from "../wrangler-toml/document.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";

export interface DeploymentFile {
  /** As it was given. */
  readonly path: string;
  readonly absolutePath: string;
  readonly folder: string;
  readonly text: string;
  readonly document: WranglerDocument;
  readonly workerName: string;
  /** Null: still to be chosen. */
  readonly hostname: string | null;
}

/** @throws StepFailure if it cannot be read, or is not what wrangler documents */
export async function openDeployment(path: string, context: Context): Promise<DeploymentFile> {
  const file = await readWranglerToml(path, context);
  if (file.kind === "unreadable") throw new StepFailure(file.trouble);
  const absolutePath = resolve(context.folder, path);
  return fromText({ path, absolutePath, folder: dirname(absolutePath) }, file.text);
}

/** Writes a changed text, whole or not at all. @returns the deployment as it is now */
export async function saveDeployment(deployment: DeploymentFile, text: string): Promise<DeploymentFile> {
  if (text === deployment.text) return deployment;
  const changed = fromText(deployment, text);
  const temporary = `${deployment.absolutePath}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, deployment.absolutePath);
  return changed;
}

/** @throws StepFailure if setup has not been there */
export function requireHostname({ path, hostname }: DeploymentFile): string {
  if (hostname !== null) return hostname;
  throw new StepFailure({ where: path, message: "has no route yet", cure: "run octogate setup first" });
}

type Place = Pick<DeploymentFile, "path" | "absolutePath" | "folder">;

function fromText({ path, absolutePath, folder }: Place, text: string): DeploymentFile {
  const parsed = parseWranglerToml(path, text);
  if (parsed.kind === "wrong") throw new StepFailure(parsed.trouble);
  const { document } = parsed;
  if (document.name === undefined) throw new StepFailure({ where: `${path}: name`, message: "is required" });
  return {
    path,
    absolutePath,
    folder,
    text,
    document,
    workerName: document.name,
    hostname: hostnameOf(document),
  };
}
