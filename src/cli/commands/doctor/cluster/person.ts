// How a person reaches a cluster, by their kubeconfig: the cluster, and how kubectl comes by a token.
import { resolve } from "node:path";
import * as v from "valibot";
import { readIfThere } from "../../../../node/files.ts";
import { type Context, cliError } from "../../../command.ts";
import { type ClusterAccess, readAuthorities, readKubeconfigContext } from "../../../kubernetes/kubeconfig.ts";
import { broken, type CheckResult, ok, printable } from "../check.ts";
import type { Found } from "./chain.ts";
import type { Deployment } from "./deployment.ts";

/** A program that prints a token (client.authentication.k8s.io), such as kubelogin. */
export interface ExecPlugin {
  readonly kind: "exec";
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint: string | null;
  /** Whether it wants a person at the terminal. */
  readonly needsTerminal: boolean;
}

export type PersonUser =
  | ExecPlugin
  | { readonly kind: "token"; readonly token: string }
  /** In words: a client certificate, for instance. */
  | { readonly kind: "other"; readonly what: string };

/** Where and as whose client a person signs in, as the kubeconfig says it. */
export interface PersonProvider {
  readonly issuerUrl: string;
  readonly clientId: string;
  /** PEM; null: the system's. */
  readonly authorities: string | null;
  readonly isInsecure: boolean;
}

export interface Person {
  readonly contextName: string;
  readonly folder: string;
  readonly cluster: ClusterAccess;
  readonly user: PersonUser;
  /** Null where the kubeconfig names none: a token at hand, or another program. */
  readonly provider: PersonProvider | null;
}

const execSchema = v.looseObject({
  apiVersion: v.string(),
  command: v.string(),
  args: v.optional(v.nullable(v.array(v.string())), []),
  env: v.optional(v.nullable(v.array(v.object({ name: v.string(), value: v.string() }))), []),
  installHint: v.optional(v.string()),
  interactiveMode: v.optional(v.string()),
});

/** kubectl's own `oidc`, which it keeps although it is deprecated. */
const authProviderSchema = v.looseObject({
  name: v.literal("oidc"),
  config: v.looseObject({
    "id-token": v.optional(v.string(), ""),
    "idp-issuer-url": v.string(),
    "client-id": v.string(),
    "idp-certificate-authority": v.optional(v.string(), ""),
  }),
});

interface PersonOptions {
  readonly cluster: string;
  readonly kubeconfig: string;
  readonly context?: string;
}

/** @throws CliError with what is wrong with the file */
export async function checkPerson(
  { cluster, kubeconfig, context: contextName }: PersonOptions,
  deployment: Deployment | null,
  context: Context,
): Promise<Found<Person>> {
  const person = await readPerson(kubeconfig, contextName, context);
  const fault = person.provider === null ? null : faultInProvider(person.provider, cluster, deployment);
  if (fault !== null) return { result: fault, value: null };
  return { result: ok(`${person.contextName}: ${person.cluster.server}`), value: person };
}

function faultInProvider(
  { issuerUrl, clientId, isInsecure }: PersonProvider,
  cluster: string,
  deployment: Deployment | null,
): CheckResult | null {
  const hint = "octogate kubeconfig --for-people prints the entry as it should be";
  if (isInsecure)
    return broken("kubelogin has --insecure-skip-tls-verify: any server can take part in the sign-in", hint);
  if (clientId !== cluster) return broken(`signs in to ${printable(clientId)}, not to ${cluster}`, hint);
  const deployed = deployment?.issuerUrl ?? issuerUrl;
  if (deployed === issuerUrl) return null;
  return broken(`signs in at ${issuerUrl}, and ISSUER_URL is ${printable(deployed)}`, hint);
}

async function readPerson(path: string, contextName: string | undefined, context: Context): Promise<Person> {
  const found = await readKubeconfigContext(path, { name: contextName, orCurrent: false }, context);
  const { name, folder, cluster, user } = found;
  const base = { contextName: name, folder, cluster };
  const exec = v.safeParse(execSchema, user.exec);
  if (exec.success) {
    const { apiVersion, command, args, env, installHint, interactiveMode } = exec.output;
    const plugin: ExecPlugin = {
      kind: "exec",
      ...{ apiVersion, command, args: args ?? [], env: env ?? [] },
      installHint: installHint ?? null,
      needsTerminal: interactiveMode === "Always",
    };
    return { ...base, user: plugin, provider: await providerOf(plugin.args, context) };
  }
  const authProvider = v.safeParse(authProviderSchema, user["auth-provider"]);
  if (authProvider.success) {
    const { "id-token": token, "idp-issuer-url": issuerUrl, ...config } = authProvider.output.config;
    const file = config["idp-certificate-authority"];
    const authorities = file === "" ? null : await readAuthorities(resolve(folder, file), file);
    const provider = { issuerUrl, clientId: config["client-id"], authorities, isInsecure: false };
    return { ...base, user: { kind: "token", token }, provider };
  }
  return { ...base, user: await tokenOf(user, folder), provider: null };
}

/** @returns null where the arguments are not those of kubelogin's get-token */
async function providerOf(args: readonly string[], context: Context): Promise<PersonProvider | null> {
  const valuesOf = (option: string) =>
    args.flatMap((argument, index) => {
      if (argument === option) return [args[index + 1] ?? ""];
      return argument.startsWith(`${option}=`) ? [argument.slice(option.length + 1)] : [];
    });
  const [issuerUrl] = valuesOf("--oidc-issuer-url");
  const [clientId] = valuesOf("--oidc-client-id");
  if (issuerUrl === undefined || clientId === undefined || !/^https:\/\/[^/?#]+$/.test(issuerUrl)) return null;
  const home = context.env.HOME ?? "";
  const files = valuesOf("--certificate-authority").map((file) => file.replace(/^~/, home));
  const texts = await Promise.all(files.map((file) => readAuthorities(resolve(context.folder, file), file)));
  const data = valuesOf("--certificate-authority-data").map((text) => Buffer.from(text, "base64").toString());
  const authorities = [...texts, ...data].join("\n");
  const isInsecure = args.some((argument) => /^--insecure-skip-tls-verify(?:=true)?$/.test(argument));
  return { issuerUrl, clientId, authorities: authorities === "" ? null : authorities, isInsecure };
}

async function tokenOf(user: Readonly<Record<string, unknown>>, folder: string): Promise<PersonUser> {
  const { token, tokenFile } = user;
  // kubectl takes the file where both are there.
  if (typeof tokenFile === "string" && tokenFile !== "") {
    const text = await readIfThere(resolve(folder, tokenFile));
    if (text === null)
      throw cliError(tokenFile, "there is no such file", "write the token into it, for yourself alone");
    return { kind: "token", token: text.trim() };
  }
  if (typeof token === "string" && token !== "") return { kind: "token", token };
  const isCertificate = "client-certificate" in user || "client-certificate-data" in user;
  return { kind: "other", what: isCertificate ? "a client certificate" : "no credential that a person signs in with" };
}
