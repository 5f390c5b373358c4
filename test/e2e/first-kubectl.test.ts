// docs/try-with-kubectl.md and docs/developers.md, followed to the letter with a real kube-apiserver: every command,
// and what it prints. Only the ports are others, and the download comes from this machine.
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandIn, commandsIn, examplesIn } from "../support/document-commands.ts";
import { sampleTokenOf } from "../support/edge-client.ts";
import { freePort } from "../support/free-port.ts";
import { type LocalEdge, startLocalEdge } from "../support/local-edge.ts";
import { commandsOf, type Example } from "../support/markdown-commands.ts";
import { run } from "../support/program.ts";
import { until } from "../support/until.ts";
import { repositoryRoot } from "../support/worker-config.ts";
import { binary } from "./support/binaries.ts";
import { needs } from "./support/needs.ts";
import { aggregateRole } from "./support/roles.ts";
import { openTerminal, type Terminal } from "./support/terminal.ts";

const title = "from npm start to a first kubectl";

const page = {
  cluster: commandsIn("docs/try-with-kubectl.md", "Terminal 2: a cluster"),
  who: examplesIn("docs/try-with-kubectl.md", "Who a user is"),
  roles: commandsIn("docs/try-with-kubectl.md", "What a user may do"),
  allowed: examplesIn("docs/try-with-kubectl.md", "What a user may do"),
  workflows: examplesIn("docs/try-with-kubectl.md", "A workflow"),
  workflowRoles: commandsIn("docs/try-with-kubectl.md", "A workflow"),
  end: commandsIn("docs/try-with-kubectl.md", "After a restart"),
  ownAccount: commandsIn("docs/try-with-kubectl.md", "Your own account at GitHub"),
  ownToken: commandIn("docs/try-with-kubectl.md", "kubectl --user=github get pods"),
};
const readme = examplesIn("README.md", "What it looks like");
const developers = {
  kubeconfig: commandsIn("docs/developers.md", "Into the kubeconfig"),
  firstCall: examplesIn("docs/developers.md", "The first call"),
  passwordManager: commandsIn("docs/developers.md", "`gh` and others"),
};

/** kube-apiserver on a busy machine, or RBAC until it knows of a binding. */
const deadlineMs = 90_000;

const refusal = "the server has asked for the client to provide credentials";

// The pages have the files of `npm start` as they are.
describe(title, needs("structured authentication v1"), () => {
  let folder: string;
  let edge: LocalEdge;
  let env: { readonly PATH: string; readonly HOME: string; readonly TMPDIR: string };
  let ports: { readonly etcd: number; readonly etcdPeers: number; readonly apiserver: number };
  let terminal: Terminal;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "octogate-first-kubectl-"));
    ports = { etcd: await freePort(), etcdPeers: await freePort(), apiserver: await freePort() };
    const bin = await makeDownload(folder);
    env = { PATH: `${bin}:${process.env.PATH}`, HOME: join(folder, "home"), TMPDIR: folder };
    await startEdge();
    terminal = openTerminal(folder, env, deadlineMs);
  });
  afterAll(async () => {
    await terminal?.close();
    await edge?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function startEdge(args: readonly string[] = []): Promise<void> {
    edge = await startLocalEdge({ stateDir: join(folder, ".octogate"), args });
    const kubeconfig = join(edge.stateDir, "kubeconfig");
    await writeFile(kubeconfig, withPorts(await readFile(kubeconfig, "utf8")));
  }

  /** The page's text with this run's ports. */
  function withPorts(text: string): string {
    const etcdUrl = `http://127.0.0.1:${ports.etcd}`;
    const etcdFlags = [
      `--listen-client-urls=${etcdUrl} --advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=http://127.0.0.1:${ports.etcdPeers}`,
    ];
    return text
      .replace(/^etcd /, `etcd ${etcdFlags.join(" ")} `)
      .replaceAll(":2379", `:${ports.etcd}`)
      .replaceAll("6443", String(ports.apiserver));
  }

  async function succeeds(where: Terminal, blocks: readonly string[], stdin = ""): Promise<void> {
    for (const command of blocks.flatMap((text) => commandsOf({ isTranscript: false, text }))) {
      const { exitCode, output } = await where.type(withPorts(command), stdin);
      expect(`${exitCode}: ${output}`, command).toMatch(/^0: /);
    }
  }

  /** What a user sees who tries again until it is as the page says, since nothing here is there at once. */
  async function shows(where: Terminal, { command, output }: Example): Promise<void> {
    let printed = "";
    const isAsSaid = async () => {
      printed = withoutChance((await where.type(command)).output);
      return printed === withoutChance(output);
    };
    await until(isAsSaid, deadlineMs, command).catch(() => expect(printed).toBe(withoutChance(output)));
  }

  test("docs/try-with-kubectl.md leads to pods that a user and a team may list", async () => {
    await succeeds(terminal, page.cluster);
    const archive = await readFile(join(folder, "curl-arguments"), "utf8");
    expect(archive).toMatch(
      / https:\/\/github\.com\/\S+\/envtest-v[\d.]+-(?:linux|darwin)-(?:amd64|arm64)\.tar\.gz\n$/,
    );

    expect(page.who).toHaveLength(5);
    for (const example of page.who) await shows(terminal, example);
    expect(edge.decisions()).toContainEqual(expect.objectContaining({ reason: "not_allowed" }));
    await succeeds(terminal, page.roles);
    expect(page.allowed).toHaveLength(2);
    for (const example of page.allowed) await shows(terminal, example);
  });

  test("docs/try-with-kubectl.md shows what a workflow may do", needs("the programs of a runner"), async () => {
    // The job needs the real one.
    await rm(join(folder, "bin", "curl"));
    // npm runs the clone's script from the clone's folder; the state folder is here.
    const job = `exec ${process.execPath} ${join(repositoryRoot, "src", "local", "job", "main.ts")}`;
    await writeFile(join(folder, "package.json"), JSON.stringify({ scripts: { job } }));
    const [forbidden, ...others] = page.workflows.map(({ command, output }) => ({
      command: command.replace(" job -- ", ` job -- --server https://127.0.0.1:${ports.apiserver} `),
      output,
    }));
    if (forbidden === undefined) throw new Error("docs/try-with-kubectl.md shows no job");
    await shows(terminal, forbidden);
    await succeeds(terminal, page.workflowRoles);
    expect(others).toHaveLength(2);
    for (const example of others) await shows(terminal, example);
  });

  test("after a restart of npm start the users sign in as before", async () => {
    await edge.stop();
    await startEdge(["--port", String(edge.port)]);
    for (const example of page.allowed) await shows(terminal, example);
  });

  test("README.md shows what a role binding to a team does", async () => {
    const [binding, firstCall, ...others] = readme.map(({ command, output }) => ({
      command: command.replace("acme", "trench-labs"),
      output: output.replaceAll("/platform created", "/team created"),
    }));
    if (binding === undefined || firstCall === undefined) throw new Error("README.md shows nothing");
    expect(others).toEqual([]);
    await aggregateRole(async (args, options) => {
      const command = `kubectl --context=admin ${args.map((arg) => `'${arg}'`).join(" ")}`;
      const { exitCode, output } = await terminal.type(command, options?.stdin);
      return { exitCode, stdout: output, stderr: output, durationMs: 0 };
    }, "view");
    await succeeds(terminal, ["kubectl --context=admin delete rolebinding platform\n"]);
    const isForbidden = async () =>
      (await terminal.type("kubectl --user=team-member get pods")).output.includes("Forbidden");
    await until(isForbidden, deadlineMs, "the team may not list pods any more");

    await shows(terminal, {
      command: binding.command
        .replace("kubectl", "kubectl --context=admin")
        .replace("rolebinding platform", "rolebinding team"),
      output: binding.output,
    });
    await shows(terminal, {
      ...firstCall,
      command: firstCall.command.replace("kubectl", "kubectl --user=team-member"),
    });
  });

  test("docs/developers.md leads from a kubeconfig without a user to being known by name", async () => {
    await succeeds(terminal, ["kubectl --context=admin delete rolebinding otto\n"]);
    const here = await mkdtemp(join(folder, "developer-"));
    const developer = openTerminal(
      here,
      { ...env, PATH: `${here}:${join(folder, ".octogate/cluster/bin")}:${env.PATH}` },
      deadlineMs,
    );
    try {
      // The kubeconfig that the operator gives out has the certificate inside, or beside it.
      const server = `--server=https://127.0.0.1:${ports.apiserver}`;
      const authority = `--certificate-authority=${join(folder, ".octogate/cluster/apiserver.crt")} --embed-certs`;
      await succeeds(developer, [
        `kubectl config set-cluster try ${server} ${authority}\n`,
        "kubectl config set-context try --cluster=try\nkubectl config use-context try\n",
      ]);

      expect((await developer.type("kubectl get pods")).output).toContain("Please enter Username:");
      await succeeds(developer, developers.kubeconfig, `${sampleTokenOf(edge, "admitted")}\n`);
      expect(developers.firstCall).toHaveLength(1);
      for (const example of developers.firstCall) await shows(developer, example);
      await rm(join(env.HOME, ".kube/github-token"));
      const withoutFile = await developer.type("kubectl get pods");
      expect(withoutFile.output).toMatch(/open \S+\/github-token: no such file or directory/);

      const [program = "", ...intoKubeconfig] = developers.passwordManager;
      await writeFile(join(here, "kubectl-github-token"), program);
      await writeFile(join(here, "pass"), `#!/bin/sh\necho ${sampleTokenOf(edge, "team-member")}\n`);
      for (const name of ["kubectl-github-token", "pass"]) await chmod(join(here, name), 0o700);
      await succeeds(developer, intoKubeconfig);
      await shows(developer, { command: "kubectl get pods", output: "No resources found in default namespace." });
    } finally {
      await developer.close();
    }
  });

  test("a policy for the reader's own account admits it, and nothing remains in the end", async () => {
    const [writePolicy = "", startWithIt = ""] = page.ownAccount.join("").trim().split("\n");
    await succeeds(terminal, [`${writePolicy.replace("YOUR-LOGIN", "otto-inkwell")}\n`]);
    const [, , ...args] = startWithIt.split(" ");
    expect(args).toEqual(["--", "--github", "https://api.github.com", "--cluster", "local=.octogate/policy.json"]);
    const token = sampleTokenOf(edge, "admitted");
    const [, gitHub = ""] = /^ +GitHub +(\S+)/m.exec(edge.stdout()) ?? [];
    const withPolicy = await startLocalEdge({
      args: ["--github", gitHub, "--cluster", `local=${join(folder, ".octogate/policy.json")}`],
    });
    await withPolicy.stop();

    await mkdir(join(env.HOME, ".kube"), { recursive: true });
    await writeFile(join(env.HOME, ".kube/github-token"), token);
    await succeeds(terminal, ['kubectl config set users.github.tokenFile "$HOME/.kube/github-token"\n']);
    const own = await terminal.type(page.ownToken);
    expect(own.output).toContain('Forbidden): pods is forbidden: User "github:otto-inkwell:10000001"');

    await edge.stop();
    await succeeds(terminal, page.end);
  });
});

/** A curl that gives the archive of the control plane, as GitHub has it. @returns the folder of the program */
async function makeDownload(folder: string): Promise<string> {
  const [bin, archived] = [join(folder, "bin"), join(folder, "controller-tools", "envtest")];
  for (const path of [bin, archived]) await mkdir(path, { recursive: true });
  for (const name of ["etcd", "kube-apiserver", "kubectl"] as const) await symlink(binary(name), join(archived, name));
  const { exitCode, stderr } = await run("tar", ["-czf", "envtest.tar.gz", "controller-tools"], {
    cwd: folder,
    env: process.env,
  });
  expect(exitCode, stderr).toBe(0);
  const curl = `#!/bin/sh\necho "$*" > "${folder}/curl-arguments"\ncat "${folder}/envtest.tar.gz"\n`;
  await writeFile(join(bin, "curl"), curl, { mode: 0o700 });
  return bin;
}

/** What kubectl says about a refusal at a first call differs by time, process and version. */
function withoutChance(output: string): string {
  return output
    .trim()
    .replace(
      /^E.* memcache\.go:\d+\] .*the server has asked for the client to provide credentials"\n\(four more .*\)$/m,
      `5 x ${refusal}`,
    )
    .replace(
      /^(?:E.* memcache\.go:\d+\] .*the server has asked for the client to provide credentials"\n){5}/m,
      `5 x ${refusal}\n`,
    );
}
