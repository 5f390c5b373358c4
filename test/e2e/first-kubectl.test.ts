// docs/try-with-kubectl.md and docs/developers.md, followed to the letter with a real kube-apiserver: every command, and what it prints. Only the ports are others.
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/free-port.ts";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import { type RunningProgram, start } from "../support/program.ts";
import { until } from "../support/until.ts";
import { binary, sayIfSkipped, whyWithoutControlPlane } from "./support/binaries.ts";
import { type Block, type Example, examplesOf, openShell, readBlocks, type Shell } from "./support/page.ts";

const title = "from npm start to a first kubectl";
sayIfSkipped(title, whyWithoutControlPlane);

/** kube-apiserver on a busy machine, or RBAC until it knows of a binding. */
const deadlineMs = 90_000;

describe.skipIf(whyWithoutControlPlane !== null)(title, () => {
  const running: RunningProgram[] = [];
  let folder: string;
  let edge: LocalEdge;
  let env: { readonly PATH: string; readonly HOME: string };
  let ports: { readonly etcd: number; readonly apiserver: number };
  let kubectl: Shell;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "octogate-first-kubectl-"));
    ports = { etcd: await freePort(), apiserver: await freePort() };
    env = { PATH: `${dirname(binary("kubectl"))}:${process.env.PATH}`, HOME: join(folder, "home") };
    edge = await startLocalEdge({ stateDir: join(folder, ".octogate") });
    kubectl = openShell(folder, env);
  });
  afterAll(async () => {
    for (const program of running.reverse()) await program.stop();
    await edge?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** The page's text with this run's ports and tokens. */
  const filledIn = (text: string) =>
    text
      .replaceAll(":2379", `:${ports.etcd}`)
      .replaceAll("6443", String(ports.apiserver))
      .replaceAll(/<the token of ([a-z-]+)>/g, (_, name: string) => tokenOf(name));

  function tokenOf(name: string): string {
    const [, token] = new RegExp(`^ +${name} +(\\S+)$`, "m").exec(edge.stdout()) ?? [];
    if (token === undefined) throw new Error(`npm start shows no token of ${name}`);
    return token;
  }

  /** Leaves a program running, as in a terminal of its own: the last command of the block. */
  function leaveRunning(block: Block | undefined, program: string, more: readonly string[] = []): void {
    const commands = filledIn(block?.text ?? "").replace(new RegExp(`^${program} `, "m"), `exec ${program} `);
    running.push(start("bash", ["-c", [`set -e\n${commands}`, ...more].join(" ")], { cwd: folder, env }));
  }

  async function succeeds(shell: Shell, commands: string, stdin = ""): Promise<void> {
    const { exitCode, stdout, stderr } = await shell(filledIn(commands), { stdin });
    expect(`${exitCode}: ${stdout}${stderr}`).toMatch(/^0: /);
  }

  /** What a person sees who tries again until it is as the page says, since nothing here is there at once. */
  async function shows(shell: Shell, { command, output }: Example): Promise<void> {
    let printed = "";
    const isAsSaid = async () => {
      const { stdout, stderr } = await shell(`${command} || true`);
      printed = (stdout + stderr).trim();
      return printed === output;
    };
    await until(isAsSaid, deadlineMs, command).catch(() => expect(printed).toBe(output));
  }

  test("docs/try-with-kubectl.md leads to pods that a team may list", async () => {
    const blocks = readBlocks("try-with-kubectl.md");
    const under = (terminal: string) => blocks.filter(({ heading }) => heading.startsWith(`Terminal ${terminal}:`));
    expect(under("1").map(({ text }) => text)).toEqual(["npm start"]);
    const own = [`http://127.0.0.1:${ports.etcd}`, `http://127.0.0.1:${await freePort()}`] as const;
    leaveRunning(under("2")[0], "etcd", [
      `--listen-client-urls=${own[0]}`,
      `--advertise-client-urls=${own[0]}`,
      `--listen-peer-urls=${own[1]}`,
    ]);
    await until(() => isListening(ports.etcd), deadlineMs, "etcd listens");
    leaveRunning(under("3")[0], "kube-apiserver");
    await until(() => isListening(ports.apiserver), deadlineMs, "kube-apiserver listens").catch(() =>
      expect(running.map((program) => program.output())).toEqual([]),
    );

    expect(under("4")).toHaveLength(6);
    for (const block of under("4")) {
      if (block.language === "sh") await succeeds(kubectl, block.text);
      else for (const example of examplesOf(block)) await shows(kubectl, example);
    }
    expect(edge.decisions()).toContainEqual(expect.objectContaining({ reason: "stranger" }));
  });

  test("docs/developers.md leads from a kubeconfig without a user to being known by name", async () => {
    const [intoKubeconfig, firstCall, ownProgram, passToken] = readBlocks("developers.md");
    await succeeds(kubectl, 'kubectl --token="$admin" delete rolebinding otto-looks');
    await mkdir(join(env.HOME, ".kube"), { recursive: true });
    await copyFile(join(folder, ".octogate/cluster/kubeconfig"), join(env.HOME, ".kube/config"));
    const here = await mkdtemp(join(folder, "developer-"));
    const developer = openShell(here, { ...env, PATH: `${here}:${env.PATH}` });
    // The kubeconfig that somebody gets has the certificate beside it, or inside.
    const authority = join(folder, ".octogate/cluster/apiserver.crt");
    await succeeds(developer, `kubectl config set-cluster try --certificate-authority=${authority} --embed-certs`);

    const withoutUser = await developer("kubectl get pods");
    expect(withoutUser.stdout).toContain("Please enter Username:");
    await succeeds(developer, intoKubeconfig?.text ?? "", `${tokenOf("admitted")}\n`);
    const [forbidden, ...others] = firstCall === undefined ? [] : examplesOf(firstCall);
    expect(others).toEqual([]);
    expect(forbidden?.output).toContain("Forbidden");
    if (forbidden !== undefined) await shows(developer, forbidden);
    await rm(join(env.HOME, ".kube/github-token"));
    const withoutFile = await developer("kubectl get pods");
    expect(withoutFile.stderr).toMatch(/open \S+\/github-token: no such file or directory/);

    await writeFile(join(here, "kubectl-github-token"), `${ownProgram?.text}\n`);
    await writeFile(join(here, "pass"), `#!/bin/sh\necho ${tokenOf("team-member")}\n`);
    for (const program of ["kubectl-github-token", "pass"]) await chmod(join(here, program), 0o700);
    await succeeds(developer, passToken?.text ?? "");
    await shows(developer, { command: "kubectl get pods", output: "No resources found in default namespace." });
  });
});

async function isListening(port: number): Promise<boolean> {
  // Whatever answers, listens: TLS that nobody vouches for here is a refusal of ours.
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  );
}
