// Imports run one way. Each list names the parts of a source folder (its files and folders) from the top to the bottom;
// a part imports only what stands below it.
import { globSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..", "..");

const partsFromTheTop: Readonly<Record<string, readonly string[]>> = {
  "src/worker": [
    ...["index", "app", "services", "bindings", "readiness", "sign-in", "log", "http", "authenticate"],
    ...[
      "cache",
      "policy",
      "credential",
      "verdict",
      "workflows",
      "github",
      "repeated-denials",
      "rs256",
      "sealing",
      "bounded-map",
      "bounded-body",
      "with-timeout",
      "version",
      "reasons",
    ],
    ...["config", "json"],
  ],
  "src/local": [
    ...[
      "main",
      "job",
      "decision-line",
      "start",
      "banner",
      "options",
      "worker-variables",
      "edge",
      "certificates",
      "state-folder",
    ],
    ...["github", "worker", "sample-program", "shutdown"],
  ],
  "src/node": [...["https", "proxy", "sign-in-files", "kubeconfig", "certificates", "toml", "files", "columns"]],
  "src/cli": [
    ...[
      "main",
      "program",
      "check-before-deploy",
      "commands",
      "certificates",
      "deployment",
      "config-file",
      "cloudflare",
      "kubernetes",
    ],
    ...["options", "command", "terminal", "line-breaks", "nearest"],
  ],
};

interface Import {
  readonly from: string;
  /** A file of ours as a path from the repository's root, or a package's name. */
  readonly to: string;
}

const imports = globSync("src/**/*.ts", { cwd: root }).flatMap((from): Import[] => {
  const text = readFileSync(join(root, from), "utf8");
  const named = [...text.matchAll(/\b(?:from|import) "([^"]+)";$|\bimport\("([^"]+)"\)/gm)];
  return named.map(([, declared, called]) => {
    const name = declared ?? called ?? "";
    return { from, to: name.startsWith(".") ? join(from, "..", name) : name };
  });
});

/** @returns the part of a source folder that a file belongs to, or null if it is of another folder */
function partOf(folder: string, file: string): string | null {
  const path = relative(folder, file);
  return path.startsWith("..") ? null : (path.split("/")[0]?.replace(/\.ts$/, "") ?? null);
}

/** Everything that a file needs, by way of others too. */
function reachedFrom(start: (file: string) => boolean): Set<string> {
  const reached = new Set(imports.map(({ from }) => from).filter(start));
  for (const file of reached) for (const { from, to } of imports) if (from === file) reached.add(to);
  return reached;
}

describe.each(Object.entries(partsFromTheTop))("in %s", (folder, parts) => {
  const inside = imports.filter(({ from }) => partOf(folder, from) !== null);

  test("every part has its place", () => {
    const there = globSync(`${folder}/**/*.ts`, { cwd: root }).map((file) => partOf(folder, file));
    expect([...new Set(there)].sort()).toEqual([...parts].sort());
  });

  test("imports run downwards", () => {
    const upwards = inside.filter(({ from, to }) => {
      const [importing, imported] = [partOf(folder, from), partOf(folder, to)];
      if (importing === null || imported === null) return false;
      return parts.indexOf(importing) > parts.indexOf(imported);
    });
    expect(upwards).toEqual([]);
  });
});

test("the Worker needs nothing that does not ship with it", () => {
  const foreign = imports.filter(
    ({ from, to }) => partOf("src/worker", from) !== null && !to.startsWith("src/worker/"),
  );
  // The runtime's own module, and packages.
  const names = [
    ...["cloudflare:workers", "hono", "hono/hono-base", "hono/router/reg-exp-router"],
    ...["jose/jws/compact/sign", "jose/jws/compact/verify", "valibot"],
  ];
  expect([...new Set(foreign.map(({ to }) => to))].sort()).toEqual(names);
});

test.each([
  ["src/local", ["src/worker", "src/node"]],
  ["src/cli", ["src/worker", "src/node"]],
  ["src/node", []],
])("%s shares code with %j and with no other folder", (folder, shared) => {
  const others = imports.filter(({ from, to }) => partOf(folder, from) !== null && /^(?:src|test)\//.test(to));
  expect(others.filter(({ to }) => [folder, ...shared].every((part) => partOf(part, to) === null))).toEqual([]);
});

test.each(["policy", "credential"])("the Worker's %s has no way to GitHub or to the cache", (part) => {
  const reached = [...reachedFrom((file) => partOf("src/worker", file) === part)];
  expect(reached.length).toBeGreaterThan(3);
  // Types and tables without a call in them.
  const pure = ["src/worker/github/facts.ts", "src/worker/github/scopes.ts"];
  const others = reached.filter((file) => /^src\/worker\/(?:github|cache)\//.test(file) && !pure.includes(file));
  expect(others).toEqual([]);
});

test("no file needs itself by way of others", () => {
  const files = [...new Set(imports.map(({ from }) => from))];
  const importedBy = (file: string) => imports.flatMap(({ from, to }) => (from === file ? [to] : []));
  const inCircles = files.filter((file) => {
    const needed = new Set(importedBy(file));
    for (const one of needed) for (const next of importedBy(one)) needed.add(next);
    return needed.has(file);
  });
  expect(inCircles).toEqual([]);
});
