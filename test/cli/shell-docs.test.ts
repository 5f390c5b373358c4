// Commands that the documents mention by the way, for openssl, curl and vitest: each run as it is written.
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { version } from "../../src/worker/version.ts";
import { commandIn } from "../support/document-commands.ts";
import { openDocumentShell } from "../support/document-shell.ts";
import { startLocalEdge } from "../support/local-edge.ts";
import { run } from "../support/program.ts";
import { repositoryRoot } from "../support/worker-config.ts";

const { exitCode: missing } = await run("sh", ["-c", "command -v openssl && command -v curl"], { env: process.env });

test.skipIf(missing !== 0)("CACHE_SECRET comes as 32 bytes in base64", async () => {
  const shell = await openDocumentShell();
  const { stdout } = await shell.run(commandIn("docs/configuration.md", "openssl rand -base64 32"));
  expect(stdout).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
});

test.skipIf(missing !== 0)("a GitHub App's key is turned into PKCS#8, and stays the same key", async () => {
  const shell = await openDocumentShell();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const fromGitHub = privateKey.export({ type: "pkcs1", format: "pem" });
  await writeFile(join(shell.folder, "the-key-from-github.pem"), fromGitHub);

  const { exitCode, stdout } = await shell.run(
    commandIn("docs/configuration.md", "openssl pkcs8 -topk8 -nocrypt -in the-key-from-github.pem"),
  );

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^-{5}BEGIN PRIVATE KEY-{5}\n/);
  expect(createPrivateKey(stdout).equals(privateKey)).toBe(true);
});

test.skipIf(missing !== 0)("the header that chooses a version is no problem for the server", async () => {
  const edge = await startLocalEdge();
  try {
    const shell = await openDocumentShell();
    // The name stands for the operator's own, and leads to the local edge.
    const curlrc = `connect-to = "auth.example.com:443:localhost:${edge.port}"\ninsecure\nsilent\n`;
    await writeFile(join(shell.folder, ".curlrc"), curlrc);
    const command = commandIn(
      "docs/upgrading.md",
      `curl --cert client.crt --key client.key -H 'Cloudflare-Workers-Version-Overrides: octogate="VERSION-ID"' https://auth.example.com/healthz`,
    );
    const own = command.replaceAll("client.", join(edge.stateDir, "local."));
    const { exitCode, stdout } = await shell.run(own, { env: { CURL_HOME: shell.folder } });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain(version);
  } finally {
    await edge.stop();
  }
});

test("contributors get the newer Node, and can run one file of tests", async () => {
  const shell = await openDocumentShell();
  const path = commandIn("CONTRIBUTING.md", "export PATH=$PWD/node_modules/.bin:$PATH");
  const oneFile = commandIn("CONTRIBUTING.md", "npx vitest run test/unit/worker/http/client-certificate.test.ts");
  const { exitCode, stdout } = await shell.run([path, "node --version", oneFile].join("\n"), { cwd: repositoryRoot });
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toMatch(/^v24\./);
  expect(stdout).toMatch(/Test Files .*1 passed/);
});
