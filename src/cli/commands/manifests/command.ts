// `octogate manifests`: what goes into a cluster so that it trusts Octogate, for each kind of cluster and each way.
// It has files, steps, the way back and the repair.
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { keepOutOfGit } from "../../../node/files.ts";
import { clusterFolderName } from "../../certificates/pair-files.ts";
import { type CommandMaker, type CommandResult, type Context, cliError, done } from "../../command.ts";
import { type KubernetesRelease, parseRelease } from "../../kubernetes/releases.ts";
import {
  certificatesOption,
  clusterOption,
  configOption,
  examples,
  hostnameOption,
  signInHostnameOption,
} from "../../options.ts";
import type { Bundle, BundleFile } from "./bundle.ts";
import { writeBundleFolder } from "./bundle-folder.ts";
import { type IdTokenOptions, makeIdTokenBundle } from "./id-tokens.ts";
import { distributions, type Target, type TargetName, targetNames, targets } from "./targets.ts";
import { makeWebhookBundle, type WebhookOptions } from "./webhook.ts";

interface ManifestsOptions extends WebhookOptions, IdTokenOptions {
  readonly for: TargetName;
  readonly distribution?: string;
  readonly output?: string;
}

const guideName = "STEPS.md";

export const manifestsCommand: CommandMaker = (context, run) =>
  new Command("manifests")
    .description("prints what makes a cluster trust Octogate: files, ordered steps, the way back, and how to repair")
    .addOption(
      new Option(
        "--for <target>",
        "how it comes to trust: by webhook, a distribution's name; by ID tokens, structured (Kubernetes 1.30 and later), flags, a managed service's name, or pinniped",
      )
        .choices(targetNames)
        .makeOptionMandatory(),
    )
    .addOption(clusterOption())
    .addOption(
      new Option(
        "--distribution <name>",
        "structured, flags: how the cluster's kube-apiserver is run (default: by itself)",
      ).choices(distributions),
    )
    .addOption(
      new Option(
        "--kubernetes <version>",
        "structured, flags: the cluster's release, such as 1.33 (default: 1.34 or later)",
      )
        .argParser(parseKubernetes)
        .conflicts("kubeconfig"),
    )
    .addOption(new Option("--kubeconfig <file>", "asks this cluster for its release, with kubectl"))
    .addOption(
      new Option(
        "--issuer-ca <file>",
        "the authority of the sign-in hostname's certificate, if it is none of the public ones",
      ),
    )
    .addOption(
      new Option("--workforce-pool <id>", "gke: the pool at Google that its people come from").argParser(
        parseWorkforcePool,
      ),
    )
    .addOption(configOption())
    .addOption(hostnameOption())
    .addOption(signInHostnameOption())
    .addOption(certificatesOption())
    .addOption(
      new Option(
        "-o, --output <folder>",
        "writes everything into this folder, with the certificate and its key, to copy to the nodes",
      ),
    )
    .addHelpText(
      "after",
      examples(
        "manifests --for kubeadm --cluster production --output .clusters/production/for-nodes",
        "manifests --for structured --distribution k3s --kubernetes 1.33 --cluster production",
      ),
    )
    .action((options: ManifestsOptions) => run(() => manifests(options, context)));

async function manifests(options: ManifestsOptions, context: Context): Promise<CommandResult> {
  const { for: name, cluster, output } = options;
  const target = targets[name];
  refuseOptionsOfOthers(target, options);
  const folder = folderOf(target, options);
  if (options.workforcePool !== undefined && target.names !== "gke") {
    throw cliError("--workforce-pool", `is for gke: --for ${name} has no such pool`);
  }
  const bundle =
    target.trust === "webhook"
      ? await makeWebhookBundle({ target, name, folder }, options, context)
      : await makeIdTokenBundle({ target, name, folder }, options, context);
  for (const note of bundle.notes) context.terminal.note(note);

  const certificates = options.certificates ?? clusterFolderName(cluster);
  const about = { for: name, distribution: folder, cluster, hostname: bundle.hostname, notes: bundle.notes };
  if (output === undefined) {
    return done(
      linesOf(bundle, certificates),
      { ...about, checked: bundle.checked, ...jsonOf(bundle, certificates) },
      bundle.diagnostics,
    );
  }
  const owner = { distribution: name === folder ? name : `${folder} (${name})`, cluster };
  return writeBundle(bundle, output, owner, about, context);
}

/** Which options only one way to trust has. */
const optionsOf: Readonly<Record<Target["trust"], readonly (readonly [keyof ManifestsOptions, string])[]>> = {
  webhook: [
    ["hostname", "--hostname"],
    ["certificates", "--certificates"],
  ],
  "id-tokens": [
    ["kubernetes", "--kubernetes"],
    ["kubeconfig", "--kubeconfig"],
    ["issuerCa", "--issuer-ca"],
    ["signInHostname", "--sign-in-hostname"],
  ],
};

/** @throws CliError where an option would be left aside without a word */
function refuseOptionsOfOthers({ trust }: Target, options: ManifestsOptions): void {
  const others = optionsOf[trust === "webhook" ? "id-tokens" : "webhook"];
  const [, option] = others.find(([key]) => options[key] !== undefined) ?? [];
  if (option === undefined) return;
  const way = trust === "webhook" ? "by webhook" : "by ID tokens";
  throw cliError(option, `has no meaning here: --for ${options.for} makes the cluster trust ${way}`);
}

/** @returns the folder of k8s/ with the guide @throws CliError where the target has no guide for the distribution */
function folderOf({ folders }: Target, { for: name, distribution }: ManifestsOptions): string {
  const [first] = folders;
  if (distribution === undefined || distribution === first) return first;
  if (folders.includes(distribution)) return distribution;
  throw cliError("--distribution", `is for structured and flags: --for ${name} is about one kind of cluster`);
}

async function writeBundle(
  bundle: Bundle,
  output: string,
  owner: { readonly distribution: string; readonly cluster: string },
  about: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<CommandResult> {
  const folder = resolve(context.folder, output);
  const steps = { name: guideName, content: `${bundle.steps}\n${bundle.checked}\n` };
  const files = [...bundle.files.map(({ name, content }) => ({ name, content: content ?? "" })), steps];
  const { diagnostics, ...names } = await writeBundleFolder(folder, output, owner, files);
  const secret = files.filter(({ content }) => bundle.isSecret(content));
  if (secret.length > 0)
    await keepOutOfGit(
      folder,
      secret.map(({ name }) => `/${name}`),
    );
  const pathsOf = (list: readonly string[]) => list.map((name) => join(output, name));
  const [written, kept] = [pathsOf(names.written), pathsOf(names.kept)];
  const lines = [
    ...written.map((path) => `${path} is written.`),
    ...kept.map((path) => `${path} is kept as you edited it.`),
    ...(written.length + kept.length === 0 ? ["Everything is there already."] : []),
    `Begin with ${join(output, guideName)}.`,
  ];
  return done(lines, { ...about, written, kept }, [...bundle.diagnostics, ...diagnostics]);
}

function linesOf({ files, steps, checked }: Bundle, certificates: string): string[] {
  return [
    ...files.flatMap((file) => [
      `==> ${headingOf(file)}`,
      ...(file.content?.trimEnd().split(/\r?\n/) ?? [`(${join(certificates, file.name)})`]),
      "",
    ]),
    `==> ${guideName}`,
    ...steps.trimEnd().split("\n"),
    "",
    checked,
  ];
}

function headingOf({ name, path, mode }: BundleFile): string {
  return path === null ? name : `${name}: goes to ${path}${mode === null ? "" : `, mode ${mode}`}`;
}

function jsonOf({ files, steps }: Bundle, certificates: string) {
  return {
    files: files.map(({ name, path, mode, content }) => ({
      name,
      path,
      mode,
      ...(content === null ? { copyOf: join(certificates, name) } : { content }),
    })),
    guide: steps,
  };
}

function parseKubernetes(text: string): KubernetesRelease {
  const release = parseRelease(text);
  if (release === null) throw new InvalidArgumentError("must be a version of Kubernetes, such as 1.33");
  return release;
}

/** https://cloud.google.com/iam/docs/reference/rest/v1/locations.workforcePools/create, workforcePoolId */
function parseWorkforcePool(text: string): string {
  if (/^(?!gcp-)[a-z](?:[a-z0-9-]{4,61})[a-z0-9]$/.test(text)) return text;
  throw new InvalidArgumentError("must be 6 to 63 lower-case letters, digits and dashes, and begin with a letter");
}
