// `octogate kubeconfig`: the file that kube-apiserver's --authentication-token-webhook-config-file takes.
import { posix, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { writePrivately } from "../../node/files.ts";
import { webhookKubeconfig } from "../../node/kubeconfig.ts";
import { clusterFolderName, readClientCredential } from "../certificates/pair-files.ts";
import { type CommandMaker, type CommandResult, type Context, done } from "../command.ts";
import { findClusterDeployment } from "../config-file/clusters.ts";
import { certificatesOption, clusterOption, configOption, examples, hostnameOption } from "../options.ts";

interface KubeconfigOptions {
  readonly cluster: string;
  readonly config: string;
  readonly hostname?: string;
  readonly inline: boolean;
  readonly folder: string;
  readonly certificates?: string;
  readonly output?: string;
}

export const kubeconfigCommand: CommandMaker = (context, run) =>
  new Command("kubeconfig")
    .description("prints the file by which kube-apiserver finds Octogate; it is not one for kubectl")
    .addOption(clusterOption())
    .addOption(configOption())
    .addOption(hostnameOption())
    .addOption(
      new Option("--folder <path>", "holds client.crt and client.key on the control-plane nodes")
        .argParser(parseNodeFolder)
        .default("/etc/kubernetes/octogate"),
    )
    .addOption(
      new Option("--inline", "the certificate and its key inside, in place of file names")
        .default(false)
        .conflicts("folder"),
    )
    .addOption(certificatesOption())
    .addOption(new Option("-o, --output <file>", "writes this file, readable by its owner only, in place of stdout"))
    .addHelpText("after", examples("kubeconfig --cluster production > webhook-kubeconfig.yaml"))
    .action((options: KubeconfigOptions) => run(() => kubeconfig(options, context)));

async function kubeconfig(options: KubeconfigOptions, context: Context): Promise<CommandResult> {
  const { hostname } = await findClusterDeployment(options, context);

  let text: string;
  if (options.inline) {
    const folder = options.certificates ?? clusterFolderName(options.cluster);
    text = webhookKubeconfig({ hostname, ...(await readClientCredential(folder, context)) });
    context.terminal.note("The output holds the private key: keep it as you keep the key.");
  } else {
    const inFolder = (name: string) => posix.join(options.folder, name);
    const files = { certificateFile: inFolder("client.crt"), keyFile: inFolder("client.key") };
    text = webhookKubeconfig({ hostname, ...files });
  }

  if (options.output === undefined) return done(text.trimEnd().split(/\r?\n/), { kubeconfig: text });
  await writePrivately(resolve(context.folder, options.output), text);
  return done([`${options.output} is written.`], { output: options.output });
}

/**
 * kube-apiserver looks for relative names in the kubeconfig's own folder. An absolute one works wherever the file lies.
 */
function parseNodeFolder(folder: string): string {
  if (!posix.isAbsolute(folder)) throw new InvalidArgumentError("must be an absolute path");
  return folder;
}
