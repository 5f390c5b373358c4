// A folder with a deployment's wrangler.toml in it, which ends with the test.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export interface DeploymentFolder {
  readonly path: string;
  readConfiguration(): Promise<string>;
}

/** @param toml the text of wrangler.toml */
export async function makeDeploymentFolder(toml: string): Promise<DeploymentFolder> {
  const path = await mkdtemp(join(tmpdir(), "octogate-cli-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  const file = join(path, "wrangler.toml");
  await writeFile(file, toml);
  return { path, readConfiguration: () => readFile(file, "utf8") };
}
