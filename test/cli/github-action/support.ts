// A job on this machine that runs the scripts of k8s/github-action: the stand-in for GitHub gives its ID token, and a
// server of the test's own answers as the sign-in hostname.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { NewJob } from "../../../src/local/github/actions/jobs.ts";
import { type GitHubStandIn, startGitHubStandIn } from "../../../src/local/github/server.ts";
import { type Outcome, run } from "../../support/program.ts";
import { repositoryRoot } from "../../support/worker-config.ts";

export const actionFolder = join(repositoryRoot, "k8s", "github-action");
export const clusterName = "production";
/** Of the folder in which everything lies: a script that forgets its quotes breaks. */
const hostileName = 'octogate action $(exit 1) `exit 1` "; exit 1; #-';

export interface IssuerAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface JobScene {
  readonly github: GitHubStandIn;
  readonly issuerUrl: string;
  /** The forms that came to `POST /token`. */
  readonly exchanges: URLSearchParams[];
  /** RUNNER_TEMP. */
  readonly temporaryFolder: string;
  /** What the job's programs were given as arguments, one call a line. */
  calls(): Promise<string>;
  /** How long the script slept, in seconds, as it said it. */
  sleeps(): Promise<string[]>;
  /** A variable that is undefined is left out. */
  runScript(name: string, options?: ScriptOptions): Promise<Outcome>;
}

export interface ScriptOptions {
  readonly shell?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** @param answers of the sign-in hostname, one after the other; the last one stays */
export async function jobScene(answers: readonly IssuerAnswer[], job: Partial<NewJob> = {}): Promise<JobScene> {
  const github = await startGitHubStandIn();
  onTestFinished(() => github.close());
  const owner = github.addOrganisation({ login: "reef-works" });
  const { variables } = github.startJob({ repository: github.addRepository(owner, { name: "shop" }), ...job });
  const exchanges: URLSearchParams[] = [];
  const issuerUrl = await startIssuer(answers, exchanges);

  const folder = await mkdtemp(join(tmpdir(), hostileName));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [programs, temporaryFolder] = [join(folder, "programs"), join(folder, "temp")];
  for (const path of [programs, temporaryFolder]) await mkdir(path);
  const [calls, sleeps] = [join(folder, "calls"), join(folder, "sleeps")];
  const programNamed = async (name: string, script: string) => {
    await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(programs, name), 0o755);
  };
  // The rest of PATH has the real ones.
  const { PATH = "" } = process.env;
  for (const name of ["curl", "jq", "sed", "tr", "mktemp", "cp"]) {
    await programNamed(name, `printf '%s ' "$@" >>'${calls}'\nPATH='${PATH}' exec ${name} "$@"`);
  }
  await programNamed("sleep", `printf '%s\\n' "$1" >>'${sleeps}'`);
  const readText = (path: string) => readFile(path, "utf8").catch(() => "");
  return {
    github,
    issuerUrl,
    exchanges,
    temporaryFolder,
    calls: () => readText(calls),
    sleeps: async () => (await readText(sleeps)).split("\n").slice(0, -1),
    runScript: (name, { shell = "sh", environment = {} } = {}) => {
      const env: NodeJS.ProcessEnv = {
        PATH: `${programs}:${PATH}`,
        HOME: folder,
        ...variables,
        RUNNER_TEMP: temporaryFolder,
        GITHUB_ENV: join(folder, "env"),
        GITHUB_OUTPUT: join(folder, "output"),
        GITHUB_ACTION_PATH: actionFolder,
        OCTOGATE_ISSUER: issuerUrl,
        OCTOGATE_CLUSTER: clusterName,
        OCTOGATE_EXCHANGE: "true",
        ...environment,
      };
      const given = Object.entries(env).filter(([, value]) => value !== undefined);
      return run(shell, [join(actionFolder, name)], { env: Object.fromEntries(given), cwd: folder });
    },
  };
}

async function startIssuer(answers: readonly IssuerAnswer[], exchanges: URLSearchParams[]): Promise<string> {
  const server = createServer((request: IncomingMessage, response) => {
    void text(request).then((body) => {
      exchanges.push(new URLSearchParams(body));
      const answer = answers[exchanges.length - 1] ?? answers.at(-1) ?? { status: 404, body: "" };
      response.writeHead(request.url === "/token" ? answer.status : 404, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no TCP port");
  return `http://127.0.0.1:${address.port}`;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token whose signature nothing looks at. Its characters use all of base64url's. */
export function unsignedToken(claims: object): string {
  return `${encode({ alg: "RS256" })}.${encode({ ...claims, text: "\u{1f419}>>>???~~~ÿÿþ" })}.c2ln`;
}
