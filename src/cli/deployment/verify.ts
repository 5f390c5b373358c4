// The last step: does the deployment, seen from outside, do what it is for?
// A new hostname needs its DNS record and its certificate first, and Cloudflare takes a while for changes. So this is
// tried again until it succeeds or the time is up.
import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import * as v from "valibot";
import { type Endpoint, type HostAndPort, type HttpsResponse, sendRequest } from "../../node/https.ts";
import type { CredentialData } from "../../node/kubeconfig.ts";
import { checksumOf } from "../../worker/credential/checksum.ts";
import { readEdgeError } from "../cloudflare/edge-errors.ts";
import { lookAgain } from "../cloudflare/patience.ts";
import { type Context, cliError, type Diagnostic, error } from "../command.ts";
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
export async function endpointFor(hostname: string, options: EdgeOptions, { folder }: Context): Promise<Endpoint> {
  const { connect = { host: hostname, port: 443 }, caFile } = options;
  const endpoint = { hostname, connect, timeoutMs };
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

/** @returns what is not as it should be, or null */
export async function verifyFromOutside(
  endpoint: Endpoint,
  credential: CredentialData,
  waitMs: number,
  context: Context,
): Promise<Diagnostic | null> {
  return lookAgain(context, {
    found: await verifyOnce(endpoint, credential),
    look: () => verifyOnce(endpoint, credential),
    isThere: (found) => found === null,
    until: (found) => `it answers: ${found?.message}`,
    maxMs: waitMs,
  });
}

async function verifyOnce(endpoint: Endpoint, credential: CredentialData): Promise<Diagnostic | null> {
  const address = `https://${endpoint.hostname}${reviewPath}`;
  const review = { path: reviewPath, method: "POST", body: tokenReviewBody(madeUpToken()) } as const;
  const outsider = await sendRequest(endpoint, { ...review, credential: null });
  if (outsider.kind === "failed") return error(address, `cannot be reached: ${outsider.why}`);
  const inPlace = readEdgeError(outsider);
  if (outsider.status !== 403 || inPlace?.isForAllCallers === true) {
    const message = `without a client certificate answered ${describe(outsider)}, not 403 for the missing certificate`;
    return error(address, message, inPlace?.hint ?? "look at the zone's custom rules, and run octogate doctor");
  }
  const cluster = await sendRequest(endpoint, { ...review, credential });
  if (isPlainNo(cluster)) return null;
  return error(
    address,
    `with the cluster's certificate answered ${describe(cluster)}, not a TokenReview that says “authenticated: false”`,
    readEdgeError(cluster)?.hint ?? "run octogate doctor: it says at which step the chain breaks",
  );
}

const reviewSchema = v.object({ kind: v.literal("TokenReview"), status: v.object({ authenticated: v.boolean() }) });

function isPlainNo(answer: HttpsResponse): boolean {
  if (answer.kind !== "answered" || answer.status !== 200) return false;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), reviewSchema), answer.body);
  return parsed.success && !parsed.output.status.authenticated;
}

function describe(answer: HttpsResponse): string {
  if (answer.kind === "failed") return `nothing (${answer.why})`;
  const inPlace = readEdgeError(answer);
  if (inPlace !== null) return `${inPlace.seen} (${inPlace.problem})`;
  const start = answer.body.replaceAll(/\s+/g, " ").trim().slice(0, 200);
  return start === "" ? String(answer.status) : `${answer.status} “${start}”`;
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Well-formed, so that the Worker forwards it to GitHub, which rejects it. */
function madeUpToken(): string {
  const random = Array.from({ length: 30 }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
  return `ghp_${random}${checksumOf(random)}`;
}

/** @returns JSON */
export function tokenReviewBody(token: string): string {
  return JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
}

function parseSeconds(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text)) throw new InvalidArgumentError("must be a number of seconds");
  return Number(text);
}
