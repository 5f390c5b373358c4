// `wrangler deploy --dry-run` with the real wrangler.toml: as it ships it is refused, filled in it passes, and the
// bundle stays small.
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commandIn } from "../support/document-commands.ts";
import { repositoryRoot } from "../support/worker-config.ts";

/**
 * A Worker that starts slowly makes kubectl slow; the free plan would allow 3 MB. Of these, Hono, valibot and jose are
 * some 16 KiB, the OpenID provider some 18 (its pages, grants, errors and what a refused person is told), and workflows
 * some 6. A router that looks a path up in one step is 1 of it.
 */
const maxGzipKib = 75;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "octogate-deploy-"));
  for (const name of ["src", "package.json", "tsconfig.json", "wrangler.toml"]) {
    cpSync(join(repositoryRoot, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(repositoryRoot, "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("what ships is refused for its placeholders, each named, and for a wrong setting, by its name", async () => {
  change((toml) => toml.replace(/^token_kinds = .*$/m, 'token_kinds = ["telepathy"]'));
  const { code, output } = await deploy();
  expect(code).not.toBe(0);
  expect(output).toContain("routes[0].pattern: error: must be your own hostname");
  expect(output).toContain("CLUSTER_PRODUCTION.client_certificates[0]: error: must be the SHA-256 fingerprint");
  expect(output).toContain(
    "CLUSTER_PRODUCTION.token_kinds[0]: error: “telepathy” must be one of fine_grained, classic",
  );
});

test(`what is filled in passes, its bundle has at most ${maxGzipKib} KiB gzip, and metrics are on without the #`, async () => {
  change((toml) =>
    toml
      .replace(/<auth\.example\.com>/, "auth.octogate.test")
      .replace(/<sha256 fingerprint[^>]*>/, "a".repeat(64))
      .replace(/^allow = .*$/m, 'allow = ["org:globex#7"]')
      .replace(/^# (?=\[\[analytics_engine_datasets|binding = "METRICS"|dataset = )/gm, ""),
  );
  const { code, output } = await deploy();
  expect(output).toContain("--dry-run: exiting now");
  expect(code).toBe(0);
  const [upload, gzipKib] = /Total Upload: .* gzip: ([\d.]+) KiB/.exec(output) ?? [];
  console.log(upload);
  expect(Number(gzipKib)).toBeGreaterThan(0);
  expect(Number(gzipKib)).toBeLessThanOrEqual(maxGzipKib);
  expect(output).toMatch(/env\.METRICS \(octogate\)/);
});

function change(edit: (toml: string) => string): void {
  const path = join(folder, "wrangler.toml");
  writeFileSync(path, edit(readFileSync(path, "utf8")));
}

/** As docs/upgrading.md says. */
function deploy(): Promise<{ code: number; output: string }> {
  const [, , ...args] = commandIn("docs/upgrading.md", "npx wrangler deploy --config wrangler.toml --dry-run").split(
    " ",
  );
  const wrangler = join(repositoryRoot, "node_modules/wrangler/bin/wrangler.js");
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", XDG_CONFIG_HOME: folder };
  return new Promise((resolve) => {
    execFile(process.execPath, [wrangler, ...args], { cwd: folder, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
    );
  });
}
