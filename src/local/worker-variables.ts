// Policy files and the command line → the variables that the Worker gets. The Worker's own configuration checks them
// before anything runs: a mistyped setting is named at the start, not by the first review.
import { readFile } from "node:fs/promises";
import { problemsIn, readConfig } from "../worker/config/config.ts";

/** Why the local edge cannot start, for the user to put right. main.ts shows it as a message without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}

interface PolicySource {
  /** `CLUSTER_…` or `CLIENT_…`. */
  readonly variable: string;
  /** Where a mistake is corrected: a policy file's path. */
  readonly source: string;
  readonly policy: Readonly<Record<string, unknown>>;
}

type WorkerVariables = Readonly<Record<string, unknown>>;

/**
 * @param path as it was given on the command line
 * @throws StartError if the file cannot be read or holds no JSON object
 */
export async function readPolicyFile(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new StartError(`${path}: cannot be read: ${messageOf(error)}`);
  });
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch (error) {
    throw new StartError(`${path}: is no JSON: ${messageOf(error)}`);
  }
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) {
    throw new StartError(`${path}: must hold a JSON object such as {"allow": ["anyone"], "token_kinds": ["classic"]}`);
  }
  return { ...policy };
}

/**
 * @param policy as the file holds it; fingerprints that it lists count, too
 * @param fingerprint of the certificate that the edge made for this cluster
 */
export function withClientCertificate(
  policy: Readonly<Record<string, unknown>>,
  fingerprint: string,
): Record<string, unknown> {
  const { client_certificates: listed } = policy;
  if (listed === undefined) return { ...policy, client_certificates: [fingerprint] };
  // Anything but a list stays as it is: the Worker's check names it.
  if (!Array.isArray(listed)) return { ...policy };
  return { ...policy, client_certificates: [fingerprint, ...listed.filter((entry) => entry !== fingerprint)] };
}

/**
 * @param policies of clusters, each with its certificate filled in, and of web applications
 * @param own variables that the edge sets
 * @param given variables from the command line, which win
 * @throws StartError naming file or variable, key and what is allowed
 */
export function workerVariables(
  policies: readonly PolicySource[],
  own: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
): WorkerVariables {
  const tables = policies.map(({ variable, policy }) => [variable, policy]);
  const variables = { ...Object.fromEntries(tables), ...own, ...given };
  const messages = problemsIn(readConfig(variables)).map(({ setting, message }) => {
    const [variable = setting] = /^\w+/.exec(setting) ?? [];
    if (variable in given) return `--var ${setting}: ${message}`;
    const policy = policies.find((one) => one.variable === variable);
    if (policy === undefined) return `${setting}: ${message}`;
    const key = setting.slice(variable.length).replace(/^\./, "");
    return key === "" ? `${policy.source}: ${message}` : `${policy.source}: ${key}: ${message}`;
  });
  if (messages.length > 0) throw new StartError(messages.join("\n"));
  return variables;
}

/** @param error of the operating system, or a SyntaxError */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
