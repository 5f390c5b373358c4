// docs/try-with-kubectl.md and docs/developers.md, followed to the letter with a real kube-apiserver: every command,
// and what it prints. Only the ports are others.
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandIn, commandsIn, examplesIn } from "../support/document-commands.ts";
import { freePort } from "../support/free-port.ts";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import type { Example } from "../support/markdown-commands.ts";
import { type RunningProgram, start } from "../support/program.ts";
import { until } from "../support/until.ts";
import { binary, sayIfSkipped, whyWithoutControlPlane } from "./support/binaries.ts";
import { aggregateRole } from "./support/roles.ts";
import { openShell, type Shell } from "./support/shell.ts";

const title = "from npm start to a first kubectl";
sayIfSkipped(title, whyWithoutControlPlane);

const page = {
  etcd: commandsIn("docs/try-with-kubectl.md", "Terminal 2: etcd"),
  apiserver: commandsIn("docs/try-with-kubectl.md", "Terminal 3: kube-apiserver"),
  kubectl: commandsIn("docs/try-with-kubectl.md", "Terminal 4: kubectl"),
  who: examplesIn("docs/try-with-kubectl.md", "Who somebody is"),
  roles: commandsIn("docs/try-with-kubectl.md", "What somebody may do"),
  allowed: examplesIn("docs/try-with-kubectl.md", "What somebody may do"),
  end: commandIn("docs/try-with-kubectl.md", "rm -r .octogate"),
  ownAccount: commandsIn("docs/try-with-kubectl.md", "Your own account at GitHub"),
};
const readme = examplesIn("README.md", "What it looks like");
const developers = {
  kubeconfig: commandsIn("docs/developers.md", "Into the kubeconfig"),
  firstCall: examplesIn("docs/developers.md", "The first call"),
  passwordManager: commandsIn("docs/developers.md", "`gh` and others"),
};

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
    await end();
    await rm(folder, { recursive: true, force: true });
  });

  async function end(): Promise<void> {
    for (const program of running.reverse()) await program.stop();
    running.length = 0;
    await edge?.stop();
  }

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
  async function leaveRunning(block: readonly string[], program: string, port: number, more: readonly string[] = []) {
    const commands = filledIn(block.join("\n")).replace(new RegExp(`^${program} `, "m"), `exec ${program} `);
    const left = start("bash", ["-c", [`set -e\n${commands.trimEnd()}`, ...more].join(" ")], { cwd: folder, env });
    running.push(left);
    const isListening = async () => {
      if (left.hasEnded()) throw new Error(left.output());
      // Whatever answers, listens: over http, kube-apiserver says 400.
      return (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) !== undefined;
    };
    await until(isListening, deadlineMs, `${program} listens`);
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
      printed = stdout + stderr;
      return printed.trim() === output.trim();
    };
    await until(isAsSaid, deadlineMs, command).catch(() => expect(printed.trim()).toBe(output.trim()));
  }

  test("docs/try-with-kubectl.md leads to pods that a person and a team may list", async () => {
    const etcdUrl = `http://127.0.0.1:${ports.etcd}`;
    await leaveRunning(page.etcd, "etcd", ports.etcd, [
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=http://127.0.0.1:${await freePort()}`,
    ]);
    await leaveRunning(page.apiserver, "kube-apiserver", ports.apiserver);

    for (const commands of page.kubectl) await succeeds(kubectl, commands);
    expect(page.who).toHaveLength(2);
    for (const example of page.who) await shows(kubectl, example);
    expect(edge.decisions()).toContainEqual(expect.objectContaining({ reason: "not_allowed" }));
    for (const commands of page.roles) await succeeds(kubectl, commands);
    expect(page.allowed).toHaveLength(2);
    for (const example of page.allowed) await shows(kubectl, example);
  });

  test("README.md shows what a role binding to a team does", async () => {
    const [binding, firstCall, ...others] = readme.map(({ command, output }) => ({
      command: command.replace("acme", "trench-labs"),
      output,
    }));
    if (binding === undefined || firstCall === undefined) throw new Error("README.md shows nothing");
    expect(others).toEqual([]);
    await aggregateRole(
      (args, options) => kubectl(`kubectl --token="$admin" ${args.map((arg) => `'${arg}'`).join(" ")}`, options),
      "view",
    );
    await succeeds(kubectl, 'kubectl --token="$admin" delete rolebinding platform-looks');
    const team = { ...firstCall, command: firstCall.command.replace("kubectl", 'kubectl --token="$team_member"') };
    const isForbidden = async () => (await kubectl(team.command)).stderr.includes("Forbidden");
    await until(isForbidden, deadlineMs, "the team may not list pods any more");

    await shows(kubectl, { ...binding, command: binding.command.replace("kubectl", 'kubectl --token="$admin"') });
    await shows(kubectl, team);
  });

  test("docs/developers.md leads from a kubeconfig without a user to being known by name", async () => {
    await succeeds(kubectl, 'kubectl --token="$admin" delete rolebinding otto-looks');
    await mkdir(join(env.HOME, ".kube"), { recursive: true });
    await copyFile(join(folder, ".octogate/cluster/kubeconfig"), join(env.HOME, ".kube/config"));
    const here = await mkdtemp(join(folder, "developer-"));
    const developer = openShell(here, { ...env, PATH: `${here}:${env.PATH}` });
    // The kubeconfig that a user gets has the certificate beside it, or inside.
    const authority = join(folder, ".octogate/cluster/apiserver.crt");
    await succeeds(developer, `kubectl config set-cluster try --certificate-authority=${authority} --embed-certs`);

    expect((await developer("kubectl get pods")).stdout).toContain("Please enter Username:");
    for (const commands of developers.kubeconfig) await succeeds(developer, commands, `${tokenOf("admitted")}\n`);
    expect(developers.firstCall).toHaveLength(1);
    for (const example of developers.firstCall) await shows(developer, example);
    await rm(join(env.HOME, ".kube/github-token"));
    const withoutFile = await developer("kubectl get pods");
    expect(withoutFile.stderr).toMatch(/open \S+\/github-token: no such file or directory/);

    const [program = "", ...intoKubeconfig] = developers.passwordManager;
    await writeFile(join(here, "kubectl-github-token"), program);
    await writeFile(join(here, "pass"), `#!/bin/sh\necho ${tokenOf("team-member")}\n`);
    for (const name of ["kubectl-github-token", "pass"]) await chmod(join(here, name), 0o700);
    for (const commands of intoKubeconfig) await succeeds(developer, commands);
    await shows(developer, { command: "kubectl get pods", output: "No resources found in default namespace." });
  });

  test("the policy for one's own account starts the edge, and nothing remains in the end", async () => {
    const [writePolicy = "", startWithIt = ""] = page.ownAccount.join("").trim().split("\n");
    await succeeds(kubectl, writePolicy.replace("YOUR-LOGIN", "otto-inkwell"));
    const [, , ...args] = startWithIt.split(" ");
    expect(args).toEqual(["--", "--github", "https://api.github.com", "--cluster", "local=policy.json"]);
    const [, gitHub = ""] = /^ +GitHub +(\S+)/m.exec(edge.stdout()) ?? [];
    const withPolicy = await startLocalEdge({
      args: ["--github", gitHub, "--cluster", `local=${join(folder, "policy.json")}`],
    });
    await withPolicy.stop();

    await end();
    await succeeds(kubectl, page.end);
  });
});
