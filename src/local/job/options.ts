// Command line of `npm run job`. Pure: it reads no file and sends nothing.
import { Command } from "commander";
import { defaultStateFolder } from "../state-folder.ts";

export interface JobOptions {
  readonly state: string;
  readonly cluster: string;
  readonly repository: string;
  readonly workflow: string;
  readonly ref: string;
  readonly event: string;
  readonly environment?: string;
  /** False for a workflow without the permission `id-token: write`. */
  readonly idToken: boolean;
  /** False: the cluster asks the webhook about the job's own token. */
  readonly exchange: boolean;
  readonly server: string;
  readonly certificateAuthority?: string;
}

/** @param run what the command does; `program` is empty where none was named */
export function createJobCommand(run: (options: JobOptions, program: readonly string[]) => Promise<void>): Command {
  return new Command("npm run job --")
    .description(
      "Runs a job of a GitHub Actions workflow against the clusters of npm start, which has to run: with GitHub's " +
        "variables, the action of k8s/github-action and then a program such as kubectl. Without a program it shows " +
        "what the cluster would get to see.",
    )
    .usage("[options] [PROGRAM ARGUMENTS...]")
    .helpOption("--help", "show this text")
    .option("--state <FOLDER>", "the state folder of npm start", defaultStateFolder)
    .option("--cluster <NAME>", "the cluster", "local")
    .option("--repository <OWNER/REPOSITORY>", "a repository of the stand-in", "reef-works/shop")
    .option("--workflow <FILE>", "the workflow's file in .github/workflows", "deploy.yml")
    .option("--ref <REF>", "what the workflow runs on", "refs/heads/main")
    .option("--event <NAME>", "what began the workflow", "push")
    .option("--environment <NAME>", "the environment that the job names")
    .option("--no-id-token", "without the permission id-token: write, as a pull request from a fork")
    .option("--no-exchange", "shows the cluster the job's own token, about which the cluster asks the webhook")
    .option("--server <URL>", "kube-apiserver's address", "https://127.0.0.1:6443")
    .option("--certificate-authority <FILE>", "kube-apiserver's authority; default: that of docs/try-with-kubectl.md")
    .argument("[program...]")
    .passThroughOptions()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "octogate: ")) })
    .showHelpAfterError("Try: npm run job -- --help")
    .action((program: readonly string[], options: JobOptions) => run(options, program));
}
