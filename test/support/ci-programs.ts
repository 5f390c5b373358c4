// What a runner of GitHub Actions has, and this machine perhaps not: the scripts of k8s/github-action need it.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const programs = ["bash", "curl", "dash", "jq"];

/** Why the scripts can't run here, or null if they can. */
export const whyWithoutCiPrograms = missingPrograms();

function missingPrograms(): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const missing = programs.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return missing.length === 0 ? null : `${missing.join(", ")} not installed`;
}
