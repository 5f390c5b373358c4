// `octogate kubeconfig`: the file by which kube-apiserver finds Octogate, or with --for-people the one by which people
// reach their clusters with kubectl.
import { posix, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { writePrivately } from "../../../node/files.ts";
import { type CommandMaker, type CommandResult, type Context, type Diagnostic, done } from "../../command.ts";
import {
  addOptions,
  certificatesOption,
  clustersOption,
  configOption,
  examples,
  hostnameOption,
  signInHostnameOption,
} from "../../options.ts";
import { entriesForPeople, type PeopleOptions } from "./entries.ts";
import { mergeIntoFile } from "./merge-file.ts";
import { peopleKubeconfig } from "./people.ts";
import { defaultNodeFolder, type WebhookOptions, webhookFile } from "./webhook.ts";

interface KubeconfigOptions extends WebhookOptions, PeopleOptions {
  readonly cluster: readonly string[];
  readonly forPeople: boolean;
  readonly merge?: string;
  readonly output?: string;
}

/** What a file for people has no use for. */
const webhookOptions = [
  hostnameOption(),
  new Option(
    "--folder <path>",
    `holds client.crt and client.key on the control-plane nodes (default: ${defaultNodeFolder})`,
  ).argParser(parseNodeFolder),
  new Option("--inline", "the certificate and its key inside, in place of file names").conflicts("folder"),
  certificatesOption(),
];

/** What the webhook's file has no use for. */
const peopleOptions = [
  new Option(
    "--kubeconfig <file>",
    "yours: has the clusters' addresses and authorities (default: $KUBECONFIG, or ~/.kube/config)",
  ),
  new Option(
    "--context <name>",
    "of yours: one for each --cluster, in the same order (default: those with the clusters' names, and for one cluster the current one)",
  ).argParser(listed),
  new Option("--server <url>", "the address of the kube-apiserver for people, if it is not in your kubeconfig"),
  new Option("--server-ca-file <file>", "the authorities of the kube-apiserver's certificate, beside --server"),
  signInHostnameOption(),
  new Option(
    "--sign-in-ca-file <file>",
    "the authorities of the sign-in hostname's certificate, if they are not the system's",
  ),
  new Option("--headless", "for machines without a browser: by a code, or by a port that ssh leads to a browser"),
  new Option("--keyring", "tokens are kept in the system's keyring, in place of a file"),
  new Option("--login <name>", "for one of a person's accounts at GitHub: contexts are called LOGIN@CLUSTER").argParser(
    parseLogin,
  ),
  new Option("--merge <file>", "adds to this kubeconfig, and keeps a copy of it").conflicts("output"),
];

export const kubeconfigCommand: CommandMaker = (context, run) =>
  addOptions(
    new Command("kubeconfig").description(
      "prints the file by which kube-apiserver finds Octogate, or the one for people",
    ),
    clustersOption(),
    configOption(),
    ...webhookOptions,
    new Option("--for-people", "prints a kubeconfig for kubectl, with which people sign in; it holds no secret")
      .default(false)
      .conflicts(webhookOptions.map((option) => option.attributeName())),
    ...peopleOptions,
    new Option("-o, --output <file>", "writes this file, readable by its owner only, in place of stdout"),
  )
    .addHelpText(
      "after",
      examples(
        "kubeconfig --cluster production > webhook-kubeconfig.yaml",
        "kubeconfig --for-people --cluster production > production.kubeconfig",
        "kubeconfig --for-people --cluster production --cluster staging --merge ~/.kube/config",
      ),
    )
    .action((options: KubeconfigOptions, command: Command) => {
      refuseMixed(options, command);
      return run(() => (options.forPeople ? forPeople(options, context) : forWebhook(options, context)));
    });

function refuseMixed({ forPeople: isForPeople, cluster }: KubeconfigOptions, command: Command): void {
  if (isForPeople) return;
  const [given] = peopleOptions.filter((option) => command.getOptionValue(option.attributeName()) !== undefined);
  if (given !== undefined) command.error(`error: option '${given.flags}' needs --for-people`);
  if (cluster.length > 1) command.error("error: several --cluster need --for-people: one file is for one cluster");
}

async function forWebhook(options: KubeconfigOptions, context: Context): Promise<CommandResult> {
  const [cluster = ""] = options.cluster;
  return printOrWrite(await webhookFile(options, cluster, context), options, context, []);
}

async function forPeople(options: KubeconfigOptions, context: Context): Promise<CommandResult> {
  const { entries, diagnostics } = await entriesForPeople(options, context);
  for (const { cluster, source } of entries)
    context.terminal.note(`${cluster.name}: ${cluster.cluster.server}, ${source}`);
  if (options.merge !== undefined) return mergeIntoFile(options.merge, entries, diagnostics, context);
  return printOrWrite(peopleKubeconfig(entries), options, context, diagnostics);
}

async function printOrWrite(
  text: string,
  { output }: KubeconfigOptions,
  { folder }: Context,
  diagnostics: readonly Diagnostic[],
): Promise<CommandResult> {
  if (output === undefined) return done(text.trimEnd().split(/\r?\n/), { kubeconfig: text }, diagnostics);
  await writePrivately(resolve(folder, output), text);
  return done([`${output} is written.`], { output }, diagnostics);
}

/**
 * kube-apiserver looks for relative names in the kubeconfig's own folder. An absolute one works wherever the file lies.
 */
function parseNodeFolder(folder: string): string {
  if (!posix.isAbsolute(folder)) throw new InvalidArgumentError("must be an absolute path");
  return folder;
}

function listed(name: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, name];
}

/** As GitHub gives them out; it becomes a part of file names. */
function parseLogin(login: string): string {
  if (!/^[A-Za-z0-9_-]{1,39}$/.test(login)) throw new InvalidArgumentError("must be a login at GitHub");
  return login;
}
