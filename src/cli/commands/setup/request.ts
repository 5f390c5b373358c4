// What setup is asked for: the command line, completed from what wrangler.toml says already.
import { InvalidArgumentError } from "commander";
import * as v from "valibot";
import { asksForSignIn } from "../../../worker/config/client-table.ts";
import { clusterNameOf, clusterVariableName } from "../../../worker/config/config.ts";
import { allowEntrySchema } from "../../../worker/config/entries.ts";
import { clientIdPattern } from "../../../worker/config/values.ts";
import { cliError } from "../../command.ts";
import { nearestEntry } from "../../config-file/check/check.ts";
import {
  clusterVariablesIn,
  type DeploymentFile,
  hasWebhook,
  isHostname,
  isPlaceholder,
  readCluster,
} from "../../config-file/clusters.ts";
import type { EdgeOptions } from "../../deployment/verify.ts";
import { nearestTo } from "../../nearest.ts";
import type { ChangeOptions } from "../../options.ts";
import { type SignInRequest, type SignInTarget, signInRequestFor } from "./sign-in-request.ts";

export interface SetupOptions extends EdgeOptions, ChangeOptions {
  readonly hostname?: string;
  readonly cluster: string;
  readonly allow: readonly string[];
  readonly pin: boolean;
  readonly tokenKind: readonly string[];
  readonly validityDays: number;
  /** False with --no-webhook. */
  readonly webhook: boolean;
  readonly signInHostname?: string;
  readonly githubClientId?: string;
  readonly clientSecretFromStdin: boolean;
}

export const defaultTokenKinds: readonly string[] = ["fine_grained", "classic"];

/** The command line, completed from what wrangler.toml says already. */
export interface SetupRequest {
  /** Where this cluster asks for reviews. Null: it asks for none, people sign in to it alone. */
  readonly hostname: string | null;
  readonly clusterName: string;
  readonly variable: string;
  readonly allow: readonly string[];
  readonly tokenKinds: readonly string[];
  readonly validityDays: number;
  /** Null: no person signs in to this deployment. */
  readonly signIn: SignInTarget | null;
}

/** @throws CliError where the command line does not fit wrangler.toml, or says too little */
export function requestFor(
  options: SetupOptions,
  deployment: DeploymentFile,
): Omit<SetupRequest, "signIn"> & { readonly signIn: SignInRequest | null } {
  const { cluster: clusterName, allow, validityDays } = options;
  const { path } = deployment;
  const variable = clusterVariableName(clusterName);
  const asks = asksForReviews(options, deployment);
  const hostname = asks ? (options.hostname ?? deployment.hostname) : null;
  if (hostname === null && asks) {
    const hint =
      "--hostname says where kube-apiserver is to ask, such as auth.acme.dev if acme.dev is a zone of yours; --no-webhook makes none, for clusters that people only sign in to";
    throw cliError(path, "has no route yet", hint);
  }
  if (hostname !== null && deployment.hostname !== null && deployment.hostname !== hostname) {
    const hint = "leave --hostname out, or change the route there first; another hostname can have a clone of its own";
    throw cliError(path, `this deployment answers at ${deployment.hostname}`, hint);
  }
  const cluster = readCluster(deployment, variable);
  const isNew = cluster === null || cluster.isExample;
  if (isNew && allow.length === 0) {
    const hint = "--allow org:NAME, --allow team:ORG/SLUG or --allow user:NAME, as often as you like";
    const nearest = nearestTo(clusterName, clusterVariablesIn(deployment).map(clusterNameOf));
    const nearby = nearest === null || cluster !== null ? "" : `did you mean --cluster ${nearest}? Else `;
    throw cliError(`${path}: ${variable}`, `${clusterName} is new: who gets in?`, `${nearby}${hint}`);
  }
  if (!isNew && allow.length > 0 && !allow.every((entry) => cluster.allow.includes(entry))) {
    const message = `${clusterName} is there already, and lets in ${cluster.allow.join(", ")}`;
    throw cliError(`${path}: ${variable}.allow`, message, "change who gets in there, and leave --allow out");
  }
  if (!isNew && options.tokenKind.length > 0) {
    const message = `${clusterName} is there already, and says itself which tokens it accepts`;
    throw cliError(`${path}: ${variable}.token_kinds`, message, "change that there, and leave --token-kind out");
  }
  const kinds = options.tokenKind.length === 0 ? defaultTokenKinds : options.tokenKind;
  const signIn = signInRequestFor(options, deployment, hostname ?? deployment.hostname);
  if (hostname === null && signIn === null) {
    const hint = "--sign-in-hostname says where they do, such as login.acme.dev";
    throw cliError(`${path}: ISSUER_URL`, `people sign in to ${clusterName}, and it is not said where`, hint);
  }
  return { hostname, clusterName, variable, allow, tokenKinds: kinds, validityDays, signIn };
}

/**
 * A cluster keeps what its table says; naming the clusters' hostname gives it the webhook.
 *
 * @throws CliError where no person could get in, or the table has certificates that would go
 */
function asksForReviews(
  { cluster: clusterName, hostname, signInHostname, webhook }: SetupOptions,
  deployment: DeploymentFile,
): boolean {
  const variable = clusterVariableName(clusterName);
  const cluster = readCluster(deployment, variable);
  const table = cluster === null || cluster.isExample ? null : deployment.settings.vars[variable];
  if (webhook) return hostname !== undefined || table === null || hasWebhook(table);
  if (cluster !== null && cluster.fingerprints.length > 0) {
    const hint = "leave --no-webhook out; or take client_certificates out there, once kube-apiserver asks no more";
    throw cliError(`${deployment.path}: ${variable}`, `${clusterName} has the webhook already`, hint);
  }
  if (signInHostname === undefined && !asksForSignIn(table)) {
    const hint = "--sign-in-hostname says where they do, such as login.acme.dev";
    throw cliError("--no-webhook", "is for a cluster that people sign in to", hint);
  }
  return false;
}

export function parseAllow(entry: string, before: readonly string[]): string[] {
  const parsed = v.safeParse(allowEntrySchema, entry);
  if (parsed.success) return [...before, entry];
  const nearest = nearestEntry(entry);
  throw new InvalidArgumentError(
    `It ${parsed.issues[0].message}.${nearest === null ? "" : ` Did you mean ${nearest}?`}`,
  );
}

export function parseClientId(text: string): string {
  if (clientIdPattern.test(text)) return text;
  throw new InvalidArgumentError("must be the client id of a GitHub App or OAuth App, such as Iv23… or Ov23…");
}

export function parseHostname(text: string): string {
  const hostname = text.toLowerCase().replace(/\.$/, "");
  if (!isHostname(hostname)) throw new InvalidArgumentError("must be a hostname, such as auth.your-zone.com");
  if (isPlaceholder(hostname)) throw new InvalidArgumentError("must be a hostname of yours, not of an example domain");
  return hostname;
}
