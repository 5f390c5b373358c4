// `npm run job`: a job of a workflow on this machine, against the clusters of `npm start`. It exits with the program's
// own code, with 2 after a usage error and with 1 after any other failure.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { decodeJwt } from "jose";
import * as v from "valibot";
import { readIfThere } from "../../node/files.ts";
import { type StateFolder, stateFolderAt } from "../state-folder.ts";
import { actionSteps } from "./composite-action.ts";
import { createJobCommand, type JobOptions } from "./options.ts";
import { type Runner, startRunner } from "./runner.ts";
import { JobError, type LocalJob, startLocalJob } from "./start-job.ts";

const action = join(import.meta.dirname, "..", "..", "..", "k8s", "github-action");
/** What programs need of this machine. */
const passedVariables = ["PATH", "LANG", "TERM", "TMPDIR"];

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const credentialSchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ status: v.object({ token: v.string(), expirationTimestamp: v.string() }) }),
);

interface Ended {
  readonly exitCode: number;
  /** Empty where the program wrote to the terminal. */
  readonly stdout: string;
}

type LocalRunner = Runner<Ended>;

async function run(options: JobOptions, program: readonly string[]): Promise<void> {
  const folder = stateFolderAt(options.state);
  try {
    const job = await startLocalJob(folder, options);
    const machine = passedVariables.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    });
    const isShown = program.length > 0;
    const runner = await startRunner<Ended>(
      {
        ...Object.fromEntries(machine),
        ...job.variables,
        GITHUB_ACTION_PATH: action,
        // curl's, for the certificate of the local sign-in hostname.
        CURL_CA_BUNDLE: folder.authority.certificate,
      },
      (command, args, spawnOptions) => runToItsEnd(command, args, { ...spawnOptions, isShown }),
    );
    try {
      process.exitCode = isShown
        ? await runProgram(runner, program, await actionInputs(folder, options, job))
        : await showCredential(runner, options, job);
    } finally {
      await runner.end();
    }
  } catch (error) {
    if (!(error instanceof JobError)) throw error;
    console.error(`octogate: ${error.message}`);
    process.exitCode = 1;
  }
}

/** First the action's steps, then the program. @returns the exit code of the first that failed, or 0 */
async function runProgram(
  runner: LocalRunner,
  [command = "", ...args]: readonly string[],
  inputs: Readonly<Record<string, string>>,
): Promise<number> {
  for (const step of actionSteps(await readFile(join(action, "action.yml"), "utf8"), inputs)) {
    const { exitCode } = await runner.runStep(step);
    if (exitCode !== 0) return exitCode;
  }
  return (await runner.runProgram(command, args)).exitCode;
}

async function actionInputs(
  folder: StateFolder,
  { cluster, exchange, server, certificateAuthority = folder.cluster("apiserver.crt") }: JobOptions,
  { issuerUrl }: LocalJob,
): Promise<Record<string, string>> {
  const authority = await readIfThere(certificateAuthority);
  return {
    issuer: issuerUrl,
    cluster,
    server,
    exchange: String(exchange),
    "certificate-authority-data": Buffer.from(authority ?? "").toString("base64"),
  };
}

/** Runs the plugin as kubectl does, and prints what is in the token. */
async function showCredential(runner: LocalRunner, options: JobOptions, { issuerUrl }: LocalJob): Promise<number> {
  const { exitCode, stdout } = await runner.runStep({
    shell: "sh",
    script: 'sh "$GITHUB_ACTION_PATH/credential.sh"',
    environment: {
      OCTOGATE_ISSUER: issuerUrl,
      OCTOGATE_CLUSTER: options.cluster,
      OCTOGATE_EXCHANGE: String(options.exchange),
    },
  });
  if (exitCode !== 0) return exitCode;
  const { status } = v.parse(credentialSchema, stdout);
  console.log(`The cluster gets a token until ${status.expirationTimestamp}. It says:`);
  console.log(JSON.stringify(decodeJwt(status.token), null, 2));
  return 0;
}

async function runToItsEnd(
  command: string,
  args: readonly string[],
  { isShown, ...options }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly isShown: boolean },
): Promise<Ended> {
  const child = spawn(command, args, { ...options, stdio: ["inherit", isShown ? "inherit" : "pipe", "inherit"] });
  // The program ends on the signal, and then the job in its own way.
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of signals) process.on(signal, passOn);
  const stdout = child.stdout === null ? "" : text(child.stdout);
  const [exitCode] = await once(child, "close").catch((error: unknown) => {
    throw new JobError(`${command}: ${error instanceof Error ? error.message : error}`);
  });
  for (const signal of signals) process.off(signal, passOn);
  // Null after a signal.
  return { exitCode: exitCode ?? 1, stdout: await stdout };
}

await createJobCommand(run)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parseAsync();
