// Reads a cluster's policy from a JSON file and fills in the certificate that the edge made for the cluster. What the
// keys and values mean is the Worker's own business: see settings.ts.
import { readFile } from "node:fs/promises";
import { StartFailure } from "./start-failure.ts";

/**
 * @param path as it was given on the command line
 * @throws StartFailure if the file cannot be read or holds no JSON object
 */
export async function readPolicyFile(path: string): Promise<Record<string, unknown>> {
  const policy = parse(path, await read(path));
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) {
    throw new StartFailure(
      `${path}: must hold a JSON object such as {"allow": ["anyone"], "token_kinds": ["classic"]}`,
    );
  }
  return { ...policy };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new StartFailure(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StartFailure(`${path}: is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
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
