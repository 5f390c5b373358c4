// docs/command.md: the commands that its chapters on kubeconfig, manifests and doctor show, as they stand; and what
// doctor prints, but for what is another each time.
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGitHubStandIn } from "../../src/local/github/server.ts";
import { parseKubeconfig } from "../support/cluster-files.ts";
import { commandsIn, examplesIn } from "../support/document-commands.ts";
import { octogateProgram, openDocumentShell } from "../support/document-shell.ts";
import { startLocalEdge } from "../support/local-edge.ts";
import { writeClientCertificate } from "./support/client-certificate.ts";
import { deploymentOf } from "./support/deployment-folder.ts";
import { startScene } from "./support/doctor-scene.ts";

test("kubeconfig and manifests write what the page says", async () => {
  const shell = await openDocumentShell({ octogate: octogateProgram() });
  const toml = deploymentOf(["org:acme#1234"], "sign_in = true");
  const vars = '[vars]\nISSUER_URL = "https://login.acme.test"';
  await writeFile(join(shell.folder, "wrangler.toml"), toml.replace("[vars]", vars));
  await writeClientCertificate(join(shell.folder, ".clusters/production"));

  for (const script of commandsIn("docs/command.md", "kubeconfig", "manifests")) {
    const { exitCode, stdout } = await shell.run(script);
    expect(exitCode, stdout).toBe(0);
  }

  const [script = "", ...others] = commandsIn("docs/sign-in.md", "The cluster");
  expect(others).toEqual([]);
  const { stdout } = await shell.run(script.replace("npx ", ""));
  expect(stdout).toContain("url: https://login.acme.test\n");

  const kubeconfig = await readFile(join(shell.folder, "webhook-kubeconfig.yaml"), "utf8");
  expect(parseKubeconfig(kubeconfig).clusters[0].cluster.server).toBe("https://auth.acme.test/authenticate");
  expect(await readdir(join(shell.folder, ".clusters/production/for-nodes"))).toContain("STEPS.md");
});

test("kubeconfig --for-people writes a file for everybody, as the page says", async () => {
  const shell = await openDocumentShell({ octogate: octogateProgram() });
  const clusters = ["production", "staging"];
  const tables = clusters.map(
    (name) => `[vars.CLUSTER_${name.toUpperCase()}]\nsign_in = true\nallow = ["org:acme#1234"]\n`,
  );
  const deployment = `name = "octogate"\n[vars]\nISSUER_URL = "https://login.acme.test"\n${tables.join("")}`;
  await writeFile(join(shell.folder, "wrangler.toml"), deployment);
  const operators = {
    clusters: clusters.map((name) => ({ name, cluster: { server: `https://${name}.acme.test` } })),
    contexts: clusters.map((name) => ({ name, context: { cluster: name, user: "admin" } })),
  };
  await shell.run(`mkdir -p ~/.kube && echo "$CONFIG" > ~/.kube/config`, {
    env: { CONFIG: JSON.stringify(operators) },
  });

  for (const script of commandsIn("docs/command.md", "kubeconfig for people")) {
    const { exitCode, stdout } = await shell.run(script);
    expect(exitCode, stdout).toBe(0);
  }

  const written = async (name: string) => parseKubeconfig(await readFile(join(shell.folder, name), "utf8"));
  expect((await written("production.yaml"))["current-context"]).toBe("production");
  expect((await written("acme.yaml")).contexts.map(({ name }) => name)).toEqual(clusters);
});

test("doctor finds nothing broken, with the deployment's wrangler.toml or with the files alone", async () => {
  const scene = await startScene();
  try {
    const more = ["--connect", `127.0.0.1:${scene.port}`, "--ca-file", "ca.crt"];
    const shell = await openDocumentShell({ octogate: octogateProgram(more) });
    await cp(scene.folder, shell.folder, { recursive: true });

    for (const script of commandsIn("docs/command.md", "doctor")) {
      const here = script
        .replace("auth.acme.dev", "localhost")
        .replace("/etc/kubernetes/octogate", ".clusters/production");
      const { exitCode, stdout } = await shell.run(here);
      expect(exitCode, stdout).toBe(0);
      expect(stdout).not.toMatch(/^[!✗]/mu);
    }
  } finally {
    await scene.close();
  }
});

const examples = examplesIn("docs/command.md", "doctor");
const withoutOutput = examples.filter(({ output }) => output === "").map(({ command }) => command);
const readsToken = (command: string) => command.includes("--token-from-stdin");
const withOutput = examples.filter(({ output }) => output !== "");

test("doctor has a person's token reviewed, out of the file that keeps it", async () => {
  const github = await startGitHubStandIn();
  const token = github.issueToken(github.addAccount({ login: "olga-octopus", id: 77 }), { kind: "classic" });
  const scene = await startScene({ env: { GITHUB_API_URL: github.url } });
  try {
    const more = ["--connect", `127.0.0.1:${scene.port}`, "--ca-file", "ca.crt"];
    const shell = await openDocumentShell({ octogate: octogateProgram(more) });
    await cp(scene.folder, shell.folder, { recursive: true });

    const [command = "", ...others] = withoutOutput.filter(readsToken);
    expect(others).toEqual([]);
    const keepToken = `mkdir -p ~/.kube && echo "$TOKEN" > ~/.kube/github-token`;
    const { exitCode, stdout } = await shell.run(`${keepToken}\n${command}`, { env: { TOKEN: token } });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toContain("github:olga-octopus:77");
    expect(stdout).not.toContain(token);
  } finally {
    await scene.close();
    await github.close();
  }
});

test("doctor says of the local edge what the page says", async () => {
  const shell = await openDocumentShell({ octogate: octogateProgram() });
  const edge = await startLocalEdge({ stateDir: join(shell.folder, ".octogate") });
  try {
    for (const command of withoutOutput.filter((line) => !readsToken(line))) {
      const { exitCode, stdout } = await shell.run(command);
      expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    }
    expect(withOutput).toHaveLength(1);
    for (const { command, output } of withOutput) {
      const ports = [
        ["localhost:8443", `localhost:${edge.port}`],
        ["localhost:8444", `localhost:${edge.signInPort}`],
      ] as const;
      const here = ports.reduce((text, [shown, real]) => text.replaceAll(shown, real), command);
      const { exitCode, stdout } = await shell.run(here);
      const printed = ports.reduce((text, [shown, real]) => text.replaceAll(real, shown), stdout);
      expect(withoutChance(printed)).toBe(withoutChance(output));
      expect(exitCode).toBe(output.includes("✗") ? 1 : 0);
    }
  } finally {
    await edge.stop();
  }
});

/** Addresses of localhost, times, and the certificate, which is made at the first start. */
function withoutChance(output: string): string {
  return output
    .replace(/^(. DNS +)[0-9a-f.:, ]+(?= \()/gmu, "$1…")
    .replace(/\b[0-9a-f]{16}…, \d+ days/g, "…, … days")
    .replace(/\b\d+ (m?s)\b/g, "… $1");
}
