// A deployment in a folder, and an edge in front of the real Worker, inside the test's own process: so that every part
// of the chain can be broken by itself.
import { randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { TLSSocket } from "node:tls";
import { type Identity, issueCertificate, makeAuthority } from "../../../src/local/certificates.ts";
import { type TlsClientAuth, tlsClientAuthOf } from "../../../src/local/edge/server.ts";
import { startGitHubStandIn } from "../../../src/local/github/server.ts";
import { createApp } from "../../../src/worker/app.ts";
import { withoutCertificate } from "../../support/client-auth.ts";
import { octogate } from "./octogate.ts";

export const day = 24 * 60 * 60 * 1000;

/** @param from @param to in days from now */
export function within(from: number, to: number) {
  return { notBefore: new Date(Date.now() + from * day), notAfter: new Date(Date.now() + to * day) };
}

export const authority = await makeAuthority(within(-1000, 1000));
const server = await issueCertificate(authority, "localhost", "server", within(-1, 90));
const client = await issueCertificate(authority, "production", "client", within(-1, 90));

export interface EdgeRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Whether a certificate came with it that the edge has verified. */
  readonly isVerified: boolean;
}

/** What is different from a deployment in which everything is right. */
export interface Changes {
  readonly server?: Identity;
  /** What stands in the folder, and is presented. */
  readonly client?: Identity;
  /** The private key in the folder; default: the client's. */
  readonly key?: string;
  readonly wranglerToml?: (text: string) => string;
  /** Variables, secrets and bindings of the Worker that replace the usual ones; undefined takes one out. */
  readonly env?: Readonly<Record<string, unknown>>;
  readonly asksForCertificate?: false;
  /** What the edge finds about a certificate that is presented. */
  readonly clientAuth?: Partial<TlsClientAuth>;
  readonly hasFirewall?: false;
  /** How much the edge's clock is ahead. */
  readonly clockAheadMs?: number;
  /** Answers in the edge's place; false lets the request through. */
  readonly answer?: (request: EdgeRequest, response: ServerResponse) => boolean;
}

export interface Scene {
  readonly port: number;
  readonly folder: string;
  /** Everything that reached the edge. */
  readonly requests: readonly EdgeRequest[];
  readonly fingerprint: string;
  close(): Promise<void>;
}

export async function startScene(changes: Changes = {}): Promise<Scene> {
  const presented = changes.client ?? client;
  const fingerprint = new X509Certificate(presented.certificate).fingerprint256.replaceAll(":", "").toLowerCase();
  // Where a test brings none of its own.
  const github = await startGitHubStandIn();
  const worker = workerFor({ GITHUB_API_URL: github.url, ...settingsFor(fingerprint), ...changes.env });
  const requests: EdgeRequest[] = [];

  const { certificate: cert, privateKey: key } = changes.server ?? server;
  const listener = createServer({
    cert,
    key,
    ca: authority.certificate,
    requestCert: changes.asksForCertificate ?? true,
    rejectUnauthorized: false,
  });
  listener.on("request", async (incoming: IncomingMessage, response: ServerResponse) => {
    const seen = incoming.socket instanceof TLSSocket ? tlsClientAuthOf(incoming.socket) : withoutCertificate;
    const clientAuth = seen.certPresented === "1" ? { ...seen, ...changes.clientAuth } : seen;
    const { url: path = "", method = "", headers } = incoming;
    const isVerified = clientAuth.certVerified === "SUCCESS" && clientAuth.certRevoked === "0";
    const request = { path, method, headers, body: (await buffer(incoming)).toString(), isVerified };
    requests.push(request);
    response.setHeader("cf-ray", "8f0e1d2c3b4a5968-FRA");
    response.setHeader("Date", new Date(Date.now() + (changes.clockAheadMs ?? 0)).toUTCString());
    if (changes.answer?.(request, response)) return;
    if (changes.hasFirewall !== false && !isVerified) {
      page(response, 403, "Sorry, you have been blocked");
      return;
    }
    const answer = await worker(request, clientAuth);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  const folder = await writeFolder(presented, fingerprint, changes);
  return {
    // A TCP listener's address is an object.
    port: (listener.address() as AddressInfo).port,
    folder,
    requests,
    fingerprint,
    async close() {
      const closed = once(listener, "close");
      listener.close();
      listener.closeAllConnections();
      await closed;
      await github.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Answers as Cloudflare's own pages do. */
export function page(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}) {
  const body = `<!DOCTYPE html><html><title>Cloudflare</title><body>${text}</body></html>`;
  response.writeHead(status, { "Content-Type": "text/html; charset=UTF-8", ...headers }).end(body);
  return true;
}

export function json(response: ServerResponse, status: number, body: unknown) {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  return true;
}

export interface Examined {
  readonly exitCode: number | null;
  /** What is neither ok nor skipped, in the order of the chain. */
  readonly failing: Readonly<Record<string, string>>;
  readonly checks: readonly {
    readonly name: string;
    readonly state: string;
    readonly seen: string;
    readonly hint?: string;
  }[];
  /** What is said about a check. */
  seen(name: string): string;
}

/** Runs `octogate doctor` in the scene's folder. */
export async function examine(
  scene: Scene,
  args: readonly string[] = ["--connect", `127.0.0.1:${scene.port}`],
  stdin = "",
): Promise<Examined> {
  const usual = ["doctor", "--json", "--ca-file", "ca.crt", "--timeout", "5"];
  const { exitCode, stdout, stderr } = await octogate([...usual, ...args], { cwd: scene.folder, stdin });
  if (stderr !== "") throw new Error(stderr);
  // The command's own document: the assertions look at its form.
  const { checks } = JSON.parse(stdout) as Pick<Examined, "checks">;
  const wrong = checks.filter(({ state }) => state === "warning" || state === "broken");
  return {
    exitCode,
    checks,
    failing: Object.fromEntries(wrong.map(({ name, state }) => [name, state])),
    seen: (name) => checks.find((check) => check.name === name)?.seen ?? "",
  };
}

function settingsFor(fingerprint: string) {
  return {
    CACHE_SECRET: randomBytes(32).toString("base64"),
    NEVER_SEEN_LIMIT: { limit: async () => ({ success: true }) },
    KV: { get: async () => null, put: async () => {} },
    CLUSTER_PRODUCTION: { client_certificates: [fingerprint], allow: ["anyone"], token_kinds: ["classic"] },
  };
}

/** The Worker as it ships, in this process. */
function workerFor(env: Readonly<Record<string, unknown>>) {
  const app = createApp({
    fetch,
    now: Date.now,
    waitUntil: () => {},
    writeLine: () => {},
    writeError: () => {},
  });
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
  return async ({ path, method, body }: EdgeRequest, tlsClientAuth: Readonly<Record<string, unknown>>) => {
    const request = new Request(`https://localhost${path}`, { method, ...(method === "POST" ? { body } : {}) });
    return app.fetch(Object.assign(request, { cf: { tlsClientAuth } }), given);
  };
}

async function writeFolder(presented: Identity, fingerprint: string, changes: Changes): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-doctor-"));
  const files = join(folder, ".clusters", "production");
  await mkdir(files, { recursive: true });
  const text = [
    "[[routes]]",
    'pattern = "localhost"',
    "custom_domain = true",
    "[vars.CLUSTER_PRODUCTION]",
    `client_certificates = ["${fingerprint}"]`,
    'allow = ["anyone"]',
    'token_kinds = ["classic"]',
  ].join("\n");
  await writeFile(join(folder, "wrangler.toml"), changes.wranglerToml?.(text) ?? text);
  await writeFile(join(folder, "ca.crt"), authority.certificate);
  await writeFile(join(files, "client.crt"), presented.certificate);
  await writeFile(join(files, "client.key"), changes.key ?? presented.privateKey);
  return folder;
}
