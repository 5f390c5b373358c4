// `octogate manifests`: what goes into a cluster, for each way to run a kube-apiserver of one's own.
// It has files, steps, the way back and the repair.
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { keepOutOfGit, writePrivately } from "../../../node/files.ts";
import type { CredentialData } from "../../../node/kubeconfig.ts";
import { readClusterPolicy } from "../../../worker/config/cluster.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { clusterFolderName, readClientCredential } from "../../certificates/pair-files.ts";
import { type CommandMaker, type CommandResult, type Context, done } from "../../command.ts";
import { findClusterDeployment, stringsIn } from "../../config-file/clusters.ts";
import { certificatesOption, clusterOption, configOption, examples, hostnameOption } from "../../options.ts";
import { type Bundle, type BundleFile, type Distribution, distributions, embedsKey, makeBundle } from "./bundle.ts";
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
        "--output <folder>",
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
    ...(credential === null ? [] : ["It holds the private key: keep it as you keep the key."]),
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
  const written = await writeBundle(bundle, credential?.key ?? "", output, context);
  return done([...written.map((path) => `${path} is written.`), `Begin with ${join(output, guideName)}.`], {
    ...about,
    written,
  });
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

function linesOf({ guide, files }: Bundle, certificates: string): string[] {
  return [
    ...files.flatMap((file) => [
      `==> ${headingOf(file)}`,
      ...(file.content?.trimEnd().split(/\r?\n/) ?? [`(${join(certificates, file.name)})`]),
      "",
    ]),
    `==> ${guideName}`,
    ...guide.text.trimEnd().split("\n"),
    "",
    guide.checked,
  ];
}

function headingOf({ name, path, mode }: BundleFile): string {
  return path === null ? name : `${name}: goes to ${path}${mode === null ? "" : `, mode ${mode}`}`;
}

function jsonOf({ guide, files }: Bundle, certificates: string) {
  return {
    files: files.map(({ name, path, mode, content }) => ({
      name,
      path,
      mode,
      ...(content === null ? { copyOf: join(certificates, name) } : { content }),
    })),
    guide: guide.text,
  };
}

async function writeBundle(
  { guide, files }: Bundle,
  key: string,
  output: string,
  { folder }: Context,
): Promise<string[]> {
  const contents = [
    ...files.map(({ name, content }) => ({ name, content: content ?? "" })),
    { name: guideName, content: `${guide.text.trimEnd()}\n\n${guide.checked}\n` },
  ];
  const secret = contents.filter(({ content }) => holds(content, key));
  if (secret.length > 0) {
    await keepOutOfGit(
      resolve(folder, output),
      secret.map(({ name }) => `/${name}`),
    );
  }
  for (const { name, content } of contents) await writePrivately(resolve(folder, output, name), content);
  return contents.map(({ name }) => join(output, name));
}

/** Whether a text holds the key: as it is, perhaps with an indentation, or in base64. */
function holds(text: string, key: string): boolean {
  const [, line = ""] = key.split(/\r?\n/);
  return line !== "" && (text.includes(line) || text.includes(Buffer.from(key).toString("base64")));
}
