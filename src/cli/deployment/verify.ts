// The last step: does the deployment, seen from outside, do what it is for?
// Only the way to the Worker counts: from the certificate to the policy of the right cluster. GitHub's state and the
// quotas are reported beside it, so neither a flood nor an outage keeps an operator from replacing a stolen key.
// A new hostname needs its DNS record and its certificate first, and Cloudflare takes a while for changes. So this is
// tried again until it succeeds or the time is up.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import * as v from "valibot";
import { type Endpoint, type HostAndPort, type HttpsResponse, sendRequest } from "../../node/https.ts";
import type { CredentialData } from "../../node/kubeconfig.ts";
import { openedTlsHint, proxyFor } from "../../node/proxy.ts";
import { readEdgeError } from "../cloudflare/edge-errors.ts";
import { lookAgain } from "../cloudflare/patience.ts";
import { type Context, cliError, type Diagnostic, error, warning } from "../command.ts";
import { caFileOption, connectOption } from "../options.ts";

/** What all commands have that verify a deployment from outside. */
export interface EdgeOptions {
  readonly connect?: HostAndPort;
  readonly caFile?: string;
  /** Seconds. */
  readonly wait: number;
}

export const edgeOptions = () => [
  connectOption(),
  caFileOption(),
  new Option("--wait <seconds>", "how long to wait until the deployment answers as it should")
    .argParser(parseSeconds)
    .default(300),
];

const timeoutMs = 10_000;

/** @throws CliError if the CA file cannot be read */
export async function endpointFor(hostname: string, options: EdgeOptions, { folder, env }: Context): Promise<Endpoint> {
  const { connect = { host: hostname, port: 443 }, caFile } = options;
  const endpoint = { hostname, connect, timeoutMs, proxy: proxyFor(connect, env) };
  if (caFile === undefined) return { ...endpoint, authorities: null };
  try {
    return { ...endpoint, authorities: await readFile(resolve(folder, caFile), "utf8") };
  } catch (failure) {
    if (!(failure instanceof Error && "code" in failure)) throw failure;
    throw cliError(caFile, `cannot be read (${failure.code})`);
  }
}

/** Where kube-apiserver sends its reviews. */
export const reviewPath = "/authenticate";
const readinessPath = "/readyz";

export interface Verification {
  /** What is not as it should be, or null. */
  readonly failure: Diagnostic | null;
  /** What keeps users from signing in although the way to the Worker is right. */
  readonly warnings: readonly Diagnostic[];
}

/** @param clusterName the cluster that the certificate has to speak for */
export async function verifyFromOutside(
  endpoint: Endpoint,
  credential: CredentialData,
  clusterName: string,
  waitMs: number,
  context: Context,
): Promise<Verification> {
  return lookAgain(context, {
    found: await verifyOnce(endpoint, credential, clusterName),
    look: () => verifyOnce(endpoint, credential, clusterName),
    isThere: ({ failure }) => failure === null,
    until: ({ failure }) => `it answers: ${failure?.message}`,
    maxMs: waitMs,
  });
}

async function verifyOnce(endpoint: Endpoint, credential: CredentialData, clusterName: string): Promise<Verification> {
  const address = `https://${endpoint.hostname}${reviewPath}`;
  const failed = (message: string, hint?: string) => ({ failure: error(address, message, hint), warnings: [] });
  // No GitHub token by its shape: the Worker says no at once, without GitHub, limit or quota.
  const review = { path: reviewPath, method: "POST", body: tokenReviewBody(foreignToken) } as const;
  const outsider = await sendRequest(endpoint, { ...review, credential: null });
  if (outsider.kind === "failed") return failed(`cannot be reached: ${outsider.why}`);
  const inPlace = readEdgeError(outsider);
  if (outsider.status !== 403 || inPlace?.isForAllCallers === true) {
    const message = `without a client certificate answered ${describe(outsider)}, not 403 for the missing certificate`;
    return failed(message, inPlace?.hint ?? "look at the zone's custom rules, and run octogate doctor");
  }
  const doctor = "run octogate doctor: it says at which step the chain breaks";
  const [cluster, answer] = await Promise.all([
    sendRequest(endpoint, { ...review, credential }),
    sendRequest(endpoint, { path: readinessPath, method: "GET", credential }),
  ]);
  if (!isPlainNo(cluster)) {
    const seen = describe(cluster);
    const wanted = "a TokenReview that says “authenticated: false”";
    const hint = readEdgeError(cluster)?.hint ?? openedTlsHint(endpoint.proxy, endpoint.hostname) ?? doctor;
    return failed(`with the cluster's certificate answered ${seen}, not ${wanted}`, hint);
  }
  const readiness = readReadiness(answer);
  if (readiness === null)
    return failed(`${readinessPath} answered ${describe(answer)}, not the Worker's state`, doctor);
  if (readiness.cluster !== clusterName) {
    const message = `the Worker takes this certificate for the cluster ${readiness.cluster}'s, not for ${clusterName}'s`;
    return failed(message, "octogate certificate list shows whose each certificate is");
  }
  const { configuration, kv, github } = readiness.parts;
  if (configuration.state === "failed") {
    return failed(`the Worker's configuration is wrong: ${configuration.problem ?? ""}`, "run octogate check");
  }
  const partWarnings = [["KV", kv] as const, ["GitHub", github] as const]
    .filter(([, { state }]) => state === "failed")
    .map(([name, { problem = "failed" }]) =>
      warning(
        address,
        `${name} ${problem}`,
        `the way to the Worker is right all the same; octogate doctor looks again`,
      ),
    );
  return { failure: null, warnings: partWarnings };
}

const partSchema = v.object({ state: v.string(), problem: v.optional(v.string()) });
const readinessSchema = v.object({
  cluster: v.string(),
  parts: v.object({ configuration: partSchema, kv: partSchema, github: partSchema }),
});

/** Also of a Worker that is not ready: it says so with 503, and says which part is not. */
function readReadiness(answer: HttpsResponse): v.InferOutput<typeof readinessSchema> | null {
  if (answer.kind !== "answered" || (answer.status !== 200 && answer.status !== 503)) return null;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), readinessSchema), answer.body);
  return parsed.success ? parsed.output : null;
}

const reviewSchema = v.object({ kind: v.literal("TokenReview"), status: v.object({ authenticated: v.boolean() }) });

function isPlainNo(answer: HttpsResponse): boolean {
  if (answer.kind !== "answered" || answer.status !== 200) return false;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), reviewSchema), answer.body);
  return parsed.success && !parsed.output.status.authenticated;
}

export function describe(answer: HttpsResponse): string {
  if (answer.kind === "failed") return `nothing (${answer.why})`;
  const inPlace = readEdgeError(answer);
  if (inPlace !== null) return `${inPlace.seen} (${inPlace.problem})`;
  const start = answer.body.replaceAll(/\s+/g, " ").trim().slice(0, 200);
  return start === "" ? String(answer.status) : `${answer.status} “${start}”`;
}

/** No GitHub token by its shape, in no setting of TOKEN_SHAPE: the Worker answers a plain no and sends it nowhere. */
export const foreignToken = "made-up-by-octogate";

/** @returns JSON */
export function tokenReviewBody(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}

function parseSeconds(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text)) throw new InvalidArgumentError("must be a number of seconds");
  return Number(text);
}
