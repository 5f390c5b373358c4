// Runs the steps of a job on this machine as GitHub's runner does: with its shells, its variables, and the files by
// which a step tells something to the next ones (https://docs.github.com/en/actions/reference/workflows-and-actions).
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a program to its end. */
export type RunProgram<Outcome> = (
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
) => Promise<Outcome>;

export interface Step {
  /** Default: what the runner takes where a workflow names no shell. */
  readonly shell?: keyof typeof shells;
  readonly script: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Runner<Outcome> {
  /** RUNNER_TEMP: it ends with the job. */
  readonly temporaryFolder: string;
  /** The working folder of all steps, where a checkout would be. */
  readonly workspace: string;
  runStep(step: Step): Promise<Outcome>;
  /** Runs a program with a step's environment, without a shell. */
  runProgram(command: string, args: readonly string[]): Promise<Outcome>;
  /** What the steps so far put into GITHUB_OUTPUT. */
  outputs(): Readonly<Record<string, string>>;
  /** Removes the job's folders. */
  end(): Promise<void>;
}

/** With the options of GitHub's documentation for `jobs.<job_id>.steps[*].shell`. */
const shells = {
  default: ["bash", "-e"],
  bash: ["bash", "--noprofile", "--norc", "-eo", "pipefail"],
  sh: ["sh", "-e"],
} as const;

/**
 * @param variables of the job, and of the machine what its programs need, such as PATH
 * @param run runs each program
 */
export async function startRunner<Outcome>(
  variables: Readonly<Record<string, string>>,
  run: RunProgram<Outcome>,
): Promise<Runner<Outcome>> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-job-"));
  const [temporaryFolder, workspace, files] = [join(folder, "_temp"), join(folder, "workspace"), join(folder, "files")];
  for (const path of [temporaryFolder, workspace, files]) await mkdir(path);
  let environment: Readonly<Record<string, string>> = {
    HOME: folder,
    ...variables,
    RUNNER_OS: process.platform === "darwin" ? "macOS" : "Linux",
    RUNNER_TEMP: temporaryFolder,
    GITHUB_WORKSPACE: workspace,
  };
  let outputs: Readonly<Record<string, string>> = {};
  let steps = 0;

  const runProgram = async (command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    steps += 1;
    const [environmentFile, outputFile] = [join(files, `env-${steps}`), join(files, `output-${steps}`)];
    for (const file of [environmentFile, outputFile]) await writeFile(file, "");
    const env = { ...environment, ...more, GITHUB_ENV: environmentFile, GITHUB_OUTPUT: outputFile };
    const outcome = await run(command, args, { cwd: workspace, env });
    environment = { ...environment, ...fileCommands(await readFile(environmentFile, "utf8")) };
    outputs = { ...outputs, ...fileCommands(await readFile(outputFile, "utf8")) };
    return outcome;
  };
  return {
    temporaryFolder,
    workspace,
    async runStep({ shell = "default", script, environment: more }) {
      const [command, ...args] = shells[shell];
      const file = join(temporaryFolder, `step-${steps + 1}.sh`);
      await writeFile(file, script);
      return runProgram(command, [...args, file], more);
    },
    runProgram: (command, args) => runProgram(command, args),
    outputs: () => outputs,
    end: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * @param text `NAME=VALUE`, a line each, and for values of more lines `NAME<<DELIMITER`, the lines, `DELIMITER`
 * @throws Error for anything else, as the runner fails the step
 */
export function fileCommands(text: string): Record<string, string> {
  const values = new Map<string, string>();
  const lines = text.split("\n");
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === "") continue;
    const [, name = "", sign, rest = ""] = /^([^=]*?)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`Invalid format '${line}'`);
    const end = lines.indexOf(rest);
    if (sign === "<<" && end === -1) throw new Error(`Matching delimiter not found '${rest}'`);
    values.set(
      name,
      sign === "="
        ? rest
        : lines
            .splice(0, end + 1)
            .slice(0, -1)
            .join("\n"),
    );
  }
  return Object.fromEntries(values);
}
