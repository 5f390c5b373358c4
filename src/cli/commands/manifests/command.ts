// `octogate manifests`: what goes into a cluster, for each way to run a kube-apiserver of one's own.
// It has files, steps, the way back and the repair.
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { keepOutOfGit } from "../../../node/files.ts";
import type { CredentialData } from "../../../node/kubeconfig.ts";
import { readClusterPolicy } from "../../../worker/config/cluster.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { clusterFolderName, readClientCredential } from "../../certificates/pair-files.ts";
import { type CommandMaker, type CommandResult, type Context, done } from "../../command.ts";
import { findClusterDeployment, stringsIn } from "../../config-file/clusters.ts";
import { certificatesOption, clusterOption, configOption, examples, hostnameOption } from "../../options.ts";
import {
  type Bundle,
  type BundleFile,
  type Distribution,
  distributions,
  embedsKey,
  makeBundle,
  stepsFor,
} from "./bundle.ts";
import { type WrittenFile, writeBundleFolder } from "./bundle-folder.ts";
import { type Rbac, renderRbac } from "./rbac.ts";

interface ManifestsOptions {
  readonly for: Distribution;
  readonly cluster: string;
  readonly config: string;
  readonly hostname?: string;
  readonly certificates?: string;
  readonly output?: string;
}

const guideName = "STEPS.md";

export const manifestsCommand: CommandMaker = (context, run) =>
  new Command("manifests")
    .description("prints what makes a cluster ask Octogate: files, ordered steps, the way back, and how to repair")
    .addOption(
      new Option("--for <distribution>", "how the cluster's kube-apiserver is run")
        .choices(distributions)
        .makeOptionMandatory(),
    )
    .addOption(clusterOption())
    .addOption(configOption())
    .addOption(hostnameOption())
    .addOption(certificatesOption())
    .addOption(
      new Option(
        "-o, --output <folder>",
        "writes everything into this folder, with the certificate and its key, to copy to the nodes",
      ),
    )
    .addHelpText(
      "after",
      examples("manifests --for kubeadm --cluster production --output .clusters/production/for-nodes"),
    )
    .action((options: ManifestsOptions) => run(() => manifests(options, context)));

async function manifests(options: ManifestsOptions, context: Context): Promise<CommandResult> {
  const { for: distribution, cluster, output } = options;
  const { hostname, clusterVariable } = await findClusterDeployment(options, context);

  const certificates = options.certificates ?? clusterFolderName(cluster);
  const needsKey = output !== undefined || embedsKey(distribution);
  const credential: CredentialData | null = needsKey ? await readClientCredential(certificates, context) : null;
  const rbac = rbacFor(cluster, clusterVariable);
  const bundle = makeBundle({ distribution, hostname, credential, rbac: rbac.files });
  const notes = [
    "kube-apiserver knows one webhook for tokens: the first step looks whether one is set already.",
    ...(credential === null ? [] : ["The output holds the private key: keep it as you keep the key."]),
    ...rbac.notes,
  ];
  for (const note of notes) context.terminal.note(note);

  const about = { distribution, cluster, hostname, notes };
  if (output === undefined) {
    return done(linesOf(bundle, certificates), {
      ...about,
      checked: bundle.guide.checked,
      ...jsonOf(bundle, certificates),
    });
  }
  const folder = resolve(context.folder, output);
  const files = filesIn(bundle);
  const { diagnostics, ...names } = await writeBundleFolder(folder, output, { distribution, cluster }, files);
  const secret = files.filter(({ content }) => holds(content, credential?.key ?? ""));
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
  return done(lines, { ...about, written, kept }, diagnostics);
}

/** Where the policy is missing or wrong, the rest is of use all the same. */
function rbacFor(cluster: string, clusterVariable: unknown): Rbac {
  const asItIs = (why: string) => ({
    ...renderRbac(null, []),
    notes: [`rbac/ is not filled in and admits no user yet: ${why}`],
  });
  if (clusterVariable === null) return asItIs("there is no configuration here to take the policy from.");
  const setting = clusterVariableName(cluster);
  const policy = readClusterPolicy(setting, clusterVariable);
  if (!policy.ok) return asItIs(`${setting} is wrong; octogate check says what it is.`);
  const entries = [...stringsIn(clusterVariable, "allow"), ...stringsIn(clusterVariable, "groups_from")];
  return renderRbac(policy.value, entries);
}

function linesOf({ guide, hostname, files }: Bundle, certificates: string): string[] {
  return [
    ...files.flatMap((file) => [
      `==> ${headingOf(file)}`,
      ...(file.content?.trimEnd().split(/\r?\n/) ?? [`(${join(certificates, file.name)})`]),
      "",
    ]),
    `==> ${guideName}`,
    ...stepsFor(guide, hostname).trimEnd().split("\n"),
    "",
    guide.checked,
  ];
}

function headingOf({ name, path, mode }: BundleFile): string {
  return path === null ? name : `${name}: goes to ${path}${mode === null ? "" : `, mode ${mode}`}`;
}

function jsonOf({ guide, hostname, files }: Bundle, certificates: string) {
  return {
    files: files.map(({ name, path, mode, content }) => ({
      name,
      path,
      mode,
      ...(content === null ? { copyOf: join(certificates, name) } : { content }),
    })),
    guide: stepsFor(guide, hostname),
  };
}

/** @returns every file of the bundle with its content, and the steps */
function filesIn({ guide, hostname, files }: Bundle): WrittenFile[] {
  const steps = { name: guideName, content: `${stepsFor(guide, hostname)}\n${guide.checked}\n` };
  return [...files.map(({ name, content }) => ({ name, content: content ?? "" })), steps];
}

/** Whether a text holds the key: as it is, perhaps with an indentation, or in base64. */
function holds(text: string, key: string): boolean {
  const [, line = ""] = key.split(/\r?\n/);
  return line !== "" && (text.includes(line) || text.includes(Buffer.from(key).toString("base64")));
}
