// What kube-apiserver says to a person: its release, and who they are there.
import * as v from "valibot";
import { type Endpoint, type HttpsResponse, sendRequest } from "../../../../node/https.ts";
import { proxyFor } from "../../../../node/proxy.ts";
import { cliError } from "../../../command.ts";
import type { ClusterAccess } from "../../../kubernetes/kubeconfig.ts";

/** Where kube-apiserver is; its address may have a path, as Rancher's has. */
export interface ApiEndpoint extends Endpoint {
  readonly basePath: string;
}

/** kube-apiserver, where it answers. */
export interface SeenApi {
  readonly endpoint: ApiEndpoint;
  /** How much its clock is ahead of this machine's, in milliseconds; null where it does not state the time. */
  readonly clockErrorMs: number | null;
}

/** @throws CliError where the proxy is of a kind that is not known here */
export function apiEndpointOf(
  { server, authorities, tlsServerName, proxyUrl }: ClusterAccess,
  timeoutMs: number,
  env: Readonly<Record<string, string | undefined>>,
): ApiEndpoint {
  const url = new URL(server);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const connect = { host, port: url.port === "" ? 443 : Number(url.port) };
  return {
    hostname: tlsServerName ?? host,
    connect,
    authorities,
    timeoutMs,
    proxy: proxyUrl === null ? proxyFor(connect, env) : httpProxy(proxyUrl),
    basePath: url.pathname.replace(/\/$/, ""),
  };
}

function httpProxy(proxyUrl: string): URL {
  const url = URL.canParse(proxyUrl) ? new URL(proxyUrl) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url;
  throw cliError("proxy-url", "is no http or https proxy, and others are not tried here", "try kubectl auth whoami");
}

const versionSchema = v.looseObject({ gitVersion: v.string() });

/** Asks as `kubectl version` does, without a credential. */
export function askVersion(endpoint: ApiEndpoint): Promise<HttpsResponse> {
  return sendRequest(endpoint, { method: "GET", path: `${endpoint.basePath}/version`, credential: null });
}

/** @returns "v1.37.2"; null where the answer is none: a cluster may tell only people whom it knows */
export function versionIn(answer: HttpsResponse): string | null {
  const parsed = v.safeParse(versionSchema, answer.kind === "answered" ? parseJson(answer.body) : null);
  return parsed.success ? parsed.output.gitVersion : null;
}

/** A person as kube-apiserver sees them. */
export interface WhoAmI {
  readonly username: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export type WhoAmIAnswer =
  | { readonly kind: "known"; readonly user: WhoAmI }
  /** Older than 1.28: the name alone, out of a refusal. */
  | { readonly kind: "named"; readonly username: string }
  | { readonly kind: "refused" }
  /** Older than 1.28, and the person may do everything. */
  | { readonly kind: "unnamed" }
  | { readonly kind: "failed"; readonly why: string };

const reviewSchema = v.looseObject({
  kind: v.literal("SelfSubjectReview"),
  status: v.looseObject({
    userInfo: v.looseObject({
      username: v.string(),
      uid: v.optional(v.string(), ""),
      groups: v.optional(v.array(v.string()), []),
      extra: v.optional(v.record(v.string(), v.array(v.string())), {}),
    }),
  }),
});

const statusSchema = v.looseObject({ kind: v.literal("Status"), message: v.string() });

/** Whether it is kube-apiserver's own refusal. */
export function isStatus({ body }: HttpsResponse & { readonly kind: "answered" }): boolean {
  return v.is(statusSchema, parseJson(body));
}

/** What `kubectl auth whoami` asks; from 1.28 on every person who is known may. */
const reviewPath = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const reviewBody = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" });

export async function askWhoAmI(endpoint: ApiEndpoint, token: string): Promise<WhoAmIAnswer> {
  const path = `${endpoint.basePath}${reviewPath}`;
  const answer = await sendRequest(endpoint, {
    ...{ method: "POST", path, body: reviewBody, credential: null },
    bearerToken: token,
  });
  return readWhoAmI(answer);
}

/** @param answer to a SelfSubjectReview; a server that has no such thing still names whom it forbids it */
export function readWhoAmI(answer: HttpsResponse): WhoAmIAnswer {
  if (answer.kind === "failed") return answer;
  const { status, body } = answer;
  if (status === 401) return { kind: "refused" };
  const json = parseJson(body);
  const review = v.safeParse(reviewSchema, json);
  if ((status === 200 || status === 201) && review.success) {
    const { username, uid, groups, extra } = review.output.status.userInfo;
    return { kind: "known", user: { username, uid, groups, extra } };
  }
  const message = v.safeParse(statusSchema, json);
  if (status === 403 && message.success) {
    const [, username] = /\bUser "((?:[^"\\]|\\.)+)" cannot /.exec(message.output.message) ?? [];
    if (username !== undefined && username !== "system:anonymous") return { kind: "named", username };
    return { kind: "refused" };
  }
  if (status === 404 && message.success) return { kind: "unnamed" };
  return { kind: "failed", why: `HTTP ${status}, and no answer of kube-apiserver's` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
