// The folder that `octogate manifests --output` writes. It remembers what was written, so that a later run keeps what
// the operator edited since, and never mixes the files of two clusters or distributions.
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import { hasCode, readIfThere, writePrivately } from "../../../node/files.ts";
import { cliError, type Diagnostic, warning } from "../../command.ts";

export interface Owner {
  readonly distribution: string;
  readonly cluster: string;
}

export interface WrittenFile {
  readonly name: string;
  readonly content: string;
}

export interface WrittenFolder {
  /** Names of the files that are new or have changed. */
  readonly written: readonly string[];
  /** Names of the files that the operator edited, and that are as the operator left them. */
  readonly kept: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

const recordName = ".octogate-manifests.json";

const recordSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    distribution: v.string(),
    cluster: v.string(),
    /** SHA-256 in hex by the file's name. */
    files: v.record(v.string(), v.string()),
  }),
);

type FolderRecord = v.InferOutput<typeof recordSchema>;

/**
 * Writes the files into the folder.
 *
 * @param folder absolute
 * @param shown the folder as the operator gave it
 * @throws CliError if the folder belongs to another cluster or distribution
 */
export async function writeBundleFolder(
  folder: string,
  shown: string,
  owner: Owner,
  files: readonly WrittenFile[],
): Promise<WrittenFolder> {
  const record = await readRecord(folder, shown, owner);
  const written: string[] = [];
  const kept: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const hashes = new Map<string, string>();
  for (const { name, content } of files) {
    const path = join(folder, name);
    const there = await readIfThere(path);
    const before = record?.files[name];
    hashes.set(name, hashOf(content));
    if (there === content) continue;
    if (there === null || hashOf(there) === before) {
      await writePrivately(path, content);
      written.push(name);
      continue;
    }
    kept.push(name);
    // Without news for it, an edited file needs no word.
    if (before === hashOf(content)) continue;
    await writePrivately(`${path}.new`, content);
    diagnostics.push(
      warning(
        join(shown, name),
        "was edited, and is kept as it is",
        `take over from ${join(shown, name)}.new what you need, or put that file in its place`,
      ),
    );
  }
  const next: FolderRecord = { ...owner, files: Object.fromEntries(hashes) };
  await writePrivately(join(folder, recordName), `${JSON.stringify(next, null, 2)}\n`);
  return { written, kept, diagnostics };
}

async function readRecord(folder: string, shown: string, owner: Owner): Promise<FolderRecord | null> {
  const text = await readIfThere(join(folder, recordName));
  const parsed = v.safeParse(recordSchema, text);
  if (!parsed.success) {
    // Of an earlier release, or never one of ours: nothing in it may be lost.
    const isGuideThere = (await namesIn(folder)).includes("STEPS.md");
    if (isGuideThere) {
      throw cliError(
        shown,
        "holds steps already, and nothing says for which cluster",
        "give --output another folder, or remove this one",
      );
    }
    return null;
  }
  const { distribution, cluster } = parsed.output;
  if (distribution !== owner.distribution || cluster !== owner.cluster) {
    const message = `holds the files of ${cluster} for ${distribution}`;
    throw cliError(shown, message, "give --output another folder, or remove this one");
  }
  return parsed.output;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}

function hashOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
