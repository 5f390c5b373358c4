// Everything that the doctor sends, in as few steps as the chain allows: the name, the handshake, then all requests.
import { lookup } from "node:dns/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import {
  codeOf,
  type Endpoint,
  failureText,
  type HttpsRequest,
  type HttpsResponse,
  isAboutTime,
  sendRequest,
  tlsOptionsOf,
} from "../../../node/https.ts";
import type { CredentialData } from "../../../node/kubeconfig.ts";
import { openTunnel, shownProxy } from "../../../node/proxy.ts";
import { foreignToken, tokenReviewBody } from "../../deployment/verify.ts";
import { askSignIn } from "../../deployment/verify-sign-in.ts";
import type { Readings } from "./checks/edge.ts";
import type { SignInObservations } from "./checks/sign-in.ts";
import { type Reading, rayOf, readAnswer } from "./reading.ts";

export interface Observations {
  readonly handshake: Handshake;
  /** How much the server's clock is ahead of this machine's, in milliseconds; null where no answer states the time. */
  readonly clockErrorMs: number | null;
  /** Null where the server is not to be trusted: nothing is sent then. */
  readonly readings: Readings | null;
}

/** @param credential to present, or null if there is none that can be used */
export async function observe(
  endpoint: Endpoint,
  credential: CredentialData | null,
  now: () => number,
): Promise<Observations> {
  const handshake = await shakeHands(endpoint);
  if (handshake.kind !== "complete") return { handshake, clockErrorMs: null, readings: null };
  if (handshake.distrust !== null) {
    // By which clock? A request for the time reveals nothing.
    const answer = isAboutTime(handshake.distrust)
      ? await sendRequest(endpoint, { method: "GET", path: "/healthz", credential: null, trustsAnyServer: true })
      : null;
    return { handshake, clockErrorMs: clockErrorOf(answer, now()), readings: null };
  }
  const review = { method: "POST", path: "/authenticate", body: tokenReviewBody(foreignToken) } as const;
  const get = (path: string) => ({ method: "GET", path }) as const;
  const clockErrors: number[] = [];
  const sendAs = async (presented: CredentialData | null, request: Omit<HttpsRequest, "credential">) => {
    const answer = await sendRequest(endpoint, { ...request, credential: presented });
    const clockError = clockErrorOf(answer, now());
    if (clockError !== null) clockErrors.push(clockError);
    return { ray: rayOf(answer), reading: readAnswer(answer) };
  };
  const withCredential = (request: Omit<HttpsRequest, "credential">) =>
    credential === null ? null : sendAs(credential, request);
  const [outsider, health, readiness, made] = await Promise.all([
    sendAs(null, review),
    withCredential(get("/healthz")),
    withCredential(get("/readyz")),
    withCredential(review),
  ]);
  return {
    handshake,
    // The smallest: a slow answer was dated before it arrived.
    clockErrorMs: clockErrors.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0] ?? null,
    readings: {
      withoutCertificate: outsider.reading,
      health: health?.reading ?? null,
      readiness: readiness?.reading ?? null,
      review: made?.reading ?? null,
      ray:
        [outsider, health, readiness, made].map((asked) => asked?.ray).find((ray) => typeof ray === "string") ?? null,
    },
  };
}

/** Sends a person's token. Only for an endpoint that has been found to be Octogate's. */
export async function reviewToken(endpoint: Endpoint, credential: CredentialData, token: string): Promise<Reading> {
  const body = tokenReviewBody(token);
  return readAnswer(await sendRequest(endpoint, { method: "POST", path: "/authenticate", body, credential }));
}

/** Asks the sign-in hostname. Nothing that it is sent is secret. */
export async function observeSignIn(
  endpoint: Endpoint,
  issuerUrl: string,
  now: () => number,
): Promise<SignInObservations> {
  const answers = await askSignIn(endpoint);
  return { issuerUrl, answers, clockErrorMs: clockErrorOf(answers.discovery, now()) };
}

/** @returns how much the server's clock is ahead, in milliseconds; null where the answer does not state the time */
export function clockErrorOf(answer: HttpsResponse | null, at: number): number | null {
  if (answer?.kind !== "answered") return null;
  const date = Date.parse(answer.headers.date ?? "");
  return Number.isNaN(date) ? null : date - at;
}

export type Resolution =
  | { readonly kind: "resolved"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly why: string };

/** Resolves a name as this machine does (hosts file included): kube-apiserver does the same. */
export async function resolveName(hostname: string, timeoutMs: number): Promise<Resolution> {
  const late = delay(timeoutMs, null, { ref: false });
  try {
    const found = await Promise.race([lookup(hostname, { all: true }), late]);
    if (found === null) return { kind: "failed", why: `the resolver gave no answer within ${timeoutMs / 1000} s` };
    return { kind: "resolved", addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { kind: "failed", why: failureText(error) };
  }
}

export type Handshake =
  | { readonly kind: "no_connection"; readonly why: string }
  | { readonly kind: "no_tls"; readonly tcpMs: number; readonly why: string }
  | {
      readonly kind: "complete";
      readonly tcpMs: number;
      readonly tlsMs: number;
      readonly protocol: string;
      /** OpenSSL's or Node's code for why the server's certificate is not to be trusted, or null. */
      readonly distrust: string | null;
      readonly serverCertificate: { readonly names: string; readonly issuer: string; readonly notAfter: string };
      readonly asksForCertificate: boolean;
    };

/** @returns the connection, or why there is none */
async function connectTo({ connect, proxy, timeoutMs }: Endpoint): Promise<Socket | string> {
  if (proxy !== null) {
    try {
      return await openTunnel(proxy, connect, AbortSignal.timeout(timeoutMs));
    } catch (error) {
      return `${failureText(error)}, through ${shownProxy(proxy)}`;
    }
  }
  const socket = connectTcp({ ...connect });
  return (await settled(socket, "connect", timeoutMs)) ?? socket;
}

/**
 * Opens one TCP connection and one TLS session without a client certificate, to see what the other side is. An
 * untrusted server certificate ends nothing here: the doctor wants to see it. No request is sent.
 */
export async function shakeHands(endpoint: Endpoint): Promise<Handshake> {
  const startedAt = performance.now();
  const socket = await connectTo(endpoint);
  const tcpMs = performance.now() - startedAt;
  if (typeof socket === "string") return { kind: "no_connection", why: socket };

  const secure = connectTls({ ...tlsOptionsOf(endpoint), socket, rejectUnauthorized: false });
  const noTls = await settled(secure, "secureConnect", endpoint.timeoutMs);
  if (noTls !== null) {
    socket.destroy();
    return { kind: "no_tls", tcpMs, why: noTls };
  }
  const certificate = secure.getPeerCertificate();
  const handshake: Handshake = {
    kind: "complete",
    tcpMs,
    tlsMs: performance.now() - startedAt - tcpMs,
    protocol: secure.getProtocol() ?? "",
    // Typed as an Error, but Node sets the code.
    distrust: secure.authorized ? null : String(secure.authorizationError),
    serverCertificate: {
      names: certificate.subjectaltname ?? "",
      issuer: [certificate.issuer?.O, certificate.issuer?.CN].flat().filter(Boolean).join(" "),
      notAfter: certificate.valid_to ?? "",
    },
    // A server states its signature algorithms to a client in one message only: CertificateRequest (RFC 8446, 4.3.2;
    // RFC 5246, 7.4.4).
    asksForCertificate: secure.getSharedSigalgs().length > 0,
  };
  secure.destroy();
  return handshake;
}

/** @returns null once the event came, or why it did not */
function settled(socket: Socket, event: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(`no answer within ${timeoutMs / 1000} s`), timeoutMs);
    const finish = (why: string | null) => {
      clearTimeout(timer);
      if (why !== null) socket.destroy();
      resolve(why);
    };
    socket.once(event, () => finish(null));
    // Kept for later errors, too: the connection is of no more use then, and no code waits for it.
    socket.on("error", (error) => finish(codeOf(error) === "" ? error.message : failureText(error)));
    socket.once("close", () => finish("the other side hung up"));
  });
}
