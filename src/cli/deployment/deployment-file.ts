// The deployment's wrangler.toml, opened for commands that change it, and the folder it lies in: the clone's.
import { readFile, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { writeWhole } from "../../node/files.ts";
import type { Context } from "../context.ts";
import { StepFailure } from "../step-failure.ts";
import { hostnameOf, parseWranglerToml, type WranglerDocument } from "../wrangler-toml/document.ts";
import { isHostname } from "../wrangler-toml/hostname.ts";
import { readWranglerToml } from "../wrangler-toml/read.ts";

export interface DeploymentFile {
  /** As it was given. */
  readonly path: string;
  readonly absolutePath: string;
  readonly folder: string;
  /** With line ends of one character, whatever the file has. */
  readonly text: string;
  /** The file's own. */
  readonly lineEnd: "\n" | "\r\n";
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
  const lineEnd = file.text.includes("\r\n") ? "\r\n" : "\n";
  return fromText({ path, absolutePath, folder: dirname(absolutePath), lineEnd }, withShortLineEnds(file.text));
}

/**
 * Writes a changed text, whole or not at all.
 *
 * @throws StepFailure if somebody changed the file since it was opened: what they wrote would be lost, and with the next deployment the cluster that they added
 */
export async function saveDeployment(deployment: DeploymentFile, text: string): Promise<DeploymentFile> {
  const changed = fromText(deployment, text);
  // A link stays one: the file may lie in a repository of its own.
  const target = await realpath(deployment.absolutePath);
  if (withShortLineEnds(await readFile(target, "utf8")) !== deployment.text) {
    throw new StepFailure({
      where: deployment.path,
      message: "was changed while this command ran",
      cure: "run the command again: it goes on from where it stopped",
    });
  }
  if (text === deployment.text) return deployment;
  await writeWhole(target, text.replaceAll("\n", deployment.lineEnd), (await stat(target)).mode & 0o777);
  return changed;
}

/** @throws StepFailure if setup has not been there */
export function requireHostname({ path, hostname }: DeploymentFile): string {
  if (hostname !== null) return hostname;
  throw new StepFailure({ where: path, message: "has no route yet", cure: "run octogate setup first" });
}

function withShortLineEnds(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

type Place = Pick<DeploymentFile, "path" | "absolutePath" | "folder" | "lineEnd">;

function fromText({ path, absolutePath, folder, lineEnd }: Place, text: string): DeploymentFile {
  const parsed = parseWranglerToml(path, text);
  if (parsed.kind === "wrong") throw new StepFailure(parsed.trouble);
  const { document } = parsed;
  if (document.name === undefined) throw new StepFailure({ where: `${path}: name`, message: "is required" });
  const hostname = hostnameOf(document);
  if (hostname !== null && !isHostname(hostname)) {
    const message = `${hostname} is no hostname in lower case`;
    throw new StepFailure({ where: `${path}: routes`, message, cure: "write it as DNS has it: auth.acme.dev" });
  }
  return {
    path,
    absolutePath,
    folder,
    lineEnd,
    text,
    document,
    workerName: document.name,
    hostname,
  };
}
