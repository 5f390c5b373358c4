// Versions that have to go together when one of them is updated.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const root = new URL("../../../", import.meta.url);
const readManifest = (path: string) => JSON.parse(readFileSync(new URL(path, root), "utf8")) as Manifest; // npm's own format
const project = readManifest("package.json");
const wrangler = readManifest("node_modules/wrangler/package.json");

describe("package.json", () => {
  test("has the miniflare that wrangler depends on: one workerd, not two", () => {
    expect(project.devDependencies.miniflare).toBe(wrangler.dependencies.miniflare);
  });

  test("has Node 24 for npm's scripts, and its types", () => {
    expect(project.devDependencies.node).toMatch(/^24\.\d+\.\d+$/);
    expect(project.devDependencies["@types/node"]).toMatch(/^24\./);
  });

  test("names exact versions alone", () => {
    const versions = Object.values({ ...project.dependencies, ...project.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });
});
