// The workflows of docs/ci.md, run on this machine as GitHub's runner runs them: with the action of k8s/github-action,
// and a job that the stand-in for GitHub knows.
import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { NewJob, StandInJob } from "../../../src/local/github/actions/jobs.ts";
import { actionSteps } from "../../../src/local/job/composite-action.ts";
import { type Runner, startRunner } from "../../../src/local/job/runner.ts";
import type { DocumentedStep, DocumentedWorkflow } from "../../support/documented-workflows.ts";
import { type Outcome, run } from "../../support/program.ts";
import { repositoryRoot } from "../../support/worker-config.ts";
import { binary } from "./binaries.ts";
import type { ControlPlane } from "./control-plane.ts";
import { clusterName, type Octogate } from "./octogate.ts";
import { succeed } from "./roles.ts";

const action = join(repositoryRoot, "k8s", "github-action");

export interface LocalJob extends Pick<Runner<Outcome>, "runProgram" | "temporaryFolder" | "end"> {
  readonly started: StandInJob;
  /** The action's steps, with the inputs of this cluster. */
  useAction(inputs?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** The plugin alone, as kubectl runs it. */
  runPlugin(): Promise<Outcome>;
  /** kubectl as a later step has it. */
  kubectl(args: readonly string[]): Promise<Outcome>;
  /** The steps of a workflow of the page, up to the first that fails, with this cluster's addresses in place of its. */
  runWorkflow(workflow: DocumentedWorkflow): Promise<Outcome[]>;
}

/** Begins a job, which the caller ends. */
export async function beginJob(
  { github, stateDir, edge }: Octogate,
  controlPlane: ControlPlane,
  job: NewJob,
): Promise<LocalJob> {
  const started = github.startJob(job);
  const runner = await startRunner<Outcome>(
    {
      // kubectl, and what a runner has.
      PATH: [process.env.KUBEBUILDER_ASSETS, process.env.PATH].join(delimiter),
      ...started.variables,
      GITHUB_ACTION_PATH: action,
      // curl's, for the certificate of the local sign-in hostname.
      CURL_CA_BUNDLE: join(stateDir, "ca.crt"),
    },
    (command, args, options) => run(command, args, options),
  );
  const issuer = `https://localhost:${edge().signInPort}`;
  const authority = (await readFile(controlPlane.authorityFile)).toString("base64");
  const inputs = { issuer, cluster: clusterName, server: controlPlane.url, "certificate-authority-data": authority };
  const useAction = async (more: Readonly<Record<string, string>> = {}) => {
    const [step] = actionSteps(await readFile(join(action, "action.yml"), "utf8"), { ...inputs, ...more });
    if (step === undefined) throw new Error("the action has no step");
    return runner.runStep(step);
  };
  const runStep = (step: DocumentedStep) =>
    step.uses === undefined
      ? runner.runStep({
          script: step.run ?? "",
          ...(step.shell === undefined ? {} : { shell: step.shell }),
          environment: { ISSUER: issuer, CLUSTER: clusterName, SERVER: controlPlane.url, CA: authority },
        })
      : useAction();
  return {
    started,
    temporaryFolder: runner.temporaryFolder,
    runProgram: runner.runProgram,
    end: runner.end,
    useAction,
    runPlugin: () =>
      runner.runStep({
        shell: "sh",
        script: 'sh "$GITHUB_ACTION_PATH/credential.sh"',
        environment: { OCTOGATE_ISSUER: issuer, OCTOGATE_CLUSTER: clusterName, OCTOGATE_EXCHANGE: "true" },
      }),
    kubectl: (args) => runner.runProgram(binary("kubectl"), args),
    async runWorkflow({ steps }) {
      const outcomes: Outcome[] = [];
      for (const step of steps) {
        const outcome = await runStep(step);
        outcomes.push(outcome);
        if (outcome.exitCode !== 0) break;
      }
      return outcomes;
    },
  };
}

/** Lets a group look at pods. */
export async function letSeePods(controlPlane: ControlPlane, name: string, group: string): Promise<void> {
  await succeed(controlPlane.admin, ["create", "rolebinding", name, "--clusterrole=view", `--group=${group}`]);
}
