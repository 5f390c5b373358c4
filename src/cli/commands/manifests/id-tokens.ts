// What goes into a cluster that verifies ID tokens itself: the issuer's address, how names come about, and its
// authority where that is none of the public ones.
import { posix, resolve } from "node:path";
import { isSeq, type Node, parseDocument } from "yaml";
import { readIfThere } from "../../../node/files.ts";
import { authenticationConfiguration } from "../../../node/sign-in-files.ts";
import { asksForSignIn } from "../../../worker/config/client-table.ts";
import { readClusterPolicy } from "../../../worker/config/cluster.ts";
import { clusterVariableName } from "../../../worker/config/config.ts";
import { type Context, cliError, type Diagnostic } from "../../command.ts";
import { findClusterSignIn } from "../../config-file/clusters.ts";
import { warningAt } from "../../config-file/file.ts";
import { askReleases } from "../../kubernetes/kubectl.ts";
import { featuresOf, type KubernetesRelease } from "../../kubernetes/releases.ts";
import { type Bundle, bundleFiles, type MadeFiles } from "./bundle.ts";
import type { Fillings } from "./fill-in.ts";
import { type Guide, readGuide, stepsFor } from "./guide.ts";
import type { NameForm } from "./names.ts";
import { rbacFor } from "./rbac.ts";
import { type ChosenTarget, type IdTokenTarget, issuerFillings, type TrustedIssuer } from "./targets.ts";

export interface IdTokenOptions {
  readonly cluster: string;
  readonly config: string;
  readonly signInHostname?: string;
  readonly kubernetes?: KubernetesRelease;
  readonly kubeconfig?: string;
  readonly issuerCa?: string;
  readonly workforcePool?: string;
}

/** @throws CliError where the configuration is missing or wrong, or does not fit to the cluster */
export async function makeIdTokenBundle(
  { target, name, folder }: ChosenTarget<IdTokenTarget>,
  options: IdTokenOptions,
  context: Context,
): Promise<Bundle> {
  const { cluster } = options;
  const { issuerUrl, file, clusterVariable } = await findClusterSignIn(options, context);
  const setting = clusterVariableName(cluster);
  const policy = readClusterPolicy(setting, clusterVariable);
  if (!policy.ok) throw cliError(`${file.path}: ${setting}`, "is wrong", "octogate check says what it is");
  const authority = options.issuerCa === undefined ? null : await readAuthority(options.issuerCa, context);
  const release = options.kubernetes ?? (await releaseAt(options.kubeconfig, context));
  const issuer: TrustedIssuer = { url: issuerUrl, authority, cluster, prefix: policy.value.prefix };
  const misfit = target.refuse?.(issuer, release) ?? null;
  if (misfit !== null) throw cliError(`--for ${name}`, misfit.message, misfit.hint);

  const guide = readGuide(posix.join(folder, target.guide));
  const pool: Fillings = options.workforcePool === undefined ? {} : { POOL: options.workforcePool };
  const { made, fillings } = idTokenParts(guide, issuer, release, { ...target.fill?.(issuer), ...pool });
  const rbac = rbacFor(cluster, clusterVariable, nameFormOf(target, options.workforcePool));
  const diagnostics: Diagnostic[] = asksForSignIn(clusterVariable)
    ? []
    : [
        warningAt(
          file,
          ["vars", setting, "sign_in"],
          "is not true, so there are no tokens for this cluster",
          `octogate setup --cluster ${cluster} --sign-in-hostname ${new URL(issuerUrl).host} turns it on`,
        ),
      ];
  return {
    hostname: new URL(issuerUrl).host,
    files: bundleFiles({ folder, guide, target: name, made, fillings, rbac: rbac.files }),
    steps: stepsFor(guide, name, target.chapters, { hostname: null, issuerUrl, cluster }, fillings),
    checked: guide.checked,
    notes: [target.note, ...(release === null ? (target.notesWithoutRelease ?? []) : []), ...rbac.notes],
    diagnostics,
    isSecret: () => false,
  };
}

const configurationName = "authentication-configuration.yaml";
const authorityName = "issuer-ca.crt";

/** @param release null: not known, and then the present one */
function idTokenParts(
  guide: Guide,
  issuer: TrustedIssuer,
  release: KubernetesRelease | null,
  own: Fillings,
): { readonly made: MadeFiles; readonly fillings: Fillings } {
  const trust = release === null ? null : featuresOf(release).trust;
  const version = trust?.kind === "structured" ? trust.version : "v1";
  const { url, authority, cluster, prefix } = issuer;
  const host = { issuerUrl: url, authority: authority === null ? null : { certificate: authority } };
  const configuration = authenticationConfiguration(host, cluster, prefix, version);
  const authorityFile = authority === null ? null : (guide.authority ?? null);
  return {
    made: {
      [configurationName]: { content: configuration },
      [authorityName]: authority === null ? null : { content: authority },
    },
    fillings: {
      ...issuerFillings(issuer),
      [configurationName]: configuration,
      // Not as text: as a part of another document.
      "authentication-configuration.jwt": issuersIn(configuration),
      ISSUER_CA_FILE: authorityFile,
      ISSUER_CA_FOLDER: authorityFile === null ? null : posix.dirname(authorityFile),
      ...own,
    },
  };
}

/** @param configuration YAML @returns the list under `jwt`, with its comments */
function issuersIn(configuration: string): Node {
  const issuers = parseDocument(configuration).get("jwt", true);
  if (!isSeq(issuers)) throw new Error("k8s/authentication-configuration.yaml has no list jwt");
  return issuers;
}

function nameFormOf({ names }: IdTokenTarget, pool = "<POOL>"): NameForm {
  return names === "gke" ? { kind: names, pool } : { kind: names };
}

async function releaseAt(kubeconfig: string | undefined, context: Context): Promise<KubernetesRelease | null> {
  return kubeconfig === undefined ? null : (await askReleases(kubeconfig, context)).server;
}

/** @returns PEM @throws CliError where it is none, or more than that: the output is no secret */
async function readAuthority(path: string, { folder }: Context): Promise<string> {
  const text = await readIfThere(resolve(folder, path));
  if (text === null) throw cliError(path, "there is no such file");
  const hint = "name a file with the authority's certificate alone, in PEM";
  if (text.includes("PRIVATE KEY-----")) throw cliError(path, "holds a private key", hint);
  if (!/^-----BEGIN CERTIFICATE-----$/m.test(text)) throw cliError(path, "holds no certificate", hint);
  return text;
}
