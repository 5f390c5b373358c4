// The files of k8s/: the one source of everything that is printed about a cluster's side.
// They lie beside src/ and beside dist/ alike, so this finds them in a clone and in the npm package.
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("../../k8s/", import.meta.url);

/**
 * @param name the path inside k8s/
 * @throws where it is missing: the package is broken
 */
export function readClusterFile(name: string): string {
  return readFileSync(new URL(name, folder), "utf8");
}

/**
 * @param name a folder inside k8s/ that holds files alone
 * @returns their names, in alphabetical order
 */
export function listClusterFiles(name: string): string[] {
  return readdirSync(new URL(name, folder)).sort();
}
