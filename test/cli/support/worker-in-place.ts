// In the Worker's place behind the local edge, for tests that are about the command: it knows the listed fingerprints,
// answers every review with a plain no, and says on /readyz whose certificate it sees. At the sign-in hostname it is
// the Worker itself.
import { createServer, type IncomingMessage, type Server } from "node:http";
import * as v from "valibot";
import { readSigningKeys } from "../../../src/cli/config-file/signing-keys.ts";
import { createApp } from "../../../src/worker/app.ts";
import { clusterNameOf } from "../../../src/worker/config/config.ts";
import { selectSigningKeys } from "../../../src/worker/config/signing-keys.ts";
import { createSigningKeys, type PublishedKey } from "../../../src/worker/sign-in/signing-keys.ts";
import type { Script } from "../cloudflare/state.ts";

/** Where people sign in, in the tests of the command. */
export const signInHostname = "login.acme.dev";

const cfSchema = v.object({ tlsClientAuth: v.object({ certFingerprintSHA256: v.string() }) });
const clusterSchema = v.object({ client_certificates: v.optional(v.array(v.string()), []) });

export interface Faults {
  /** Whether it answers every caller. */
  isCareless: boolean;
  /** What answers at the sign-in hostname in the Worker's place; null: the Worker. */
  atSignIn: (path: string) => Response | null;
}

/**
 * @param deployed what runs at Cloudflare just now; null: nothing
 * @param now milliseconds since 1970
 */
export function workerInPlace(deployed: () => Script | null, fault: Readonly<Faults>, now: () => number): Server {
  return createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
    request.resume();
    response.setHeader("date", new Date(now()).toUTCString());
    const { host = "" } = request.headers;
    if (host === signInHostname) {
      const usual = () => answerSignIn(deployed(), `https://${host}${pathOf(request)}`, request.method);
      void Promise.resolve(fault.atSignIn(pathOf(request)) ?? usual()).then(async (answer) => {
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
      return;
    }
    const cf = v.safeParse(v.pipe(v.string(), v.parseJson(), cfSchema), request.headers["mf-cf-blob"]);
    const fingerprint = cf.success ? cf.output.tlsClientAuth.certFingerprintSHA256.toLowerCase() : "";
    const script = deployed();
    const owner = script === null ? null : ownerIn(script, fingerprint);
    const isListed = script !== null && (fault.isCareless || owner !== null);
    const status = script === null ? 404 : isListed ? 200 : 403;
    response.writeHead(status, { "content-type": "application/json" });
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status: { authenticated: false } };
    const part = { state: "ok" };
    const readiness = { cluster: owner, parts: { configuration: part, kv: part, github: part } };
    const body = pathOf(request) === "/readyz" ? readiness : review;
    response.end(JSON.stringify(isListed ? body : { kind: "Status", code: status }));
  });
}

/** @returns as the Worker itself publishes them; null where a key or the table is wrong */
export async function publishedKeys(script: Script | null): Promise<readonly PublishedKey[] | null> {
  const secret = (name: string) => script?.secrets.get(name);
  const binding = script?.bindings.find(({ name }) => name === "SIGNING_KEYS");
  const table = readSigningKeys(binding?.type === "json" ? binding.json : null) ?? undefined;
  const settings = selectSigningKeys(
    { SIGNING_KEY_A: secret("SIGNING_KEY_A"), SIGNING_KEY_B: secret("SIGNING_KEY_B") },
    table,
  );
  const keys = settings.ok ? await createSigningKeys(settings.value, () => {})() : settings;
  return keys.ok ? keys.value.published : null;
}

function pathOf({ url = "/" }: IncomingMessage): string {
  const { pathname, search } = new URL(url, "http://worker");
  return pathname + search;
}

async function answerSignIn(script: Script | null, url: string, method = "GET"): Promise<Response> {
  if (script === null) return Response.json({ kind: "Status", code: 404 }, { status: 404 });
  const { fetch: answer } = createApp({
    fetch: () => Promise.reject(new Error("the sign-in asked GitHub")),
    now: Date.now,
    waitUntil: () => {},
    writeLine: () => {},
    writeError: () => {},
  });
  return answer(new Request(url, { method }), variablesOf(script));
}

/** What the Worker has as its environment. */
export function variablesOf({ bindings, secrets }: Script): Record<string, unknown> {
  const variables = bindings.flatMap((binding) => {
    if (binding.type === "plain_text") return [[binding.name, binding.text] as const];
    return binding.type === "json" ? [[binding.name, binding.json] as const] : [];
  });
  return { ...Object.fromEntries(variables), ...Object.fromEntries(secrets) };
}

/** @returns the cluster that lists a certificate, or null */
function ownerIn({ bindings }: Script, fingerprint: string): string | null {
  const owner = bindings.find((binding) =>
    fingerprintsIn({ bindings: [binding], secrets: new Map() }).includes(fingerprint),
  );
  return owner === undefined ? null : clusterNameOf(owner.name);
}

/** Every certificate that some cluster of the deployment lists. */
export function fingerprintsIn({ bindings }: Script): string[] {
  return bindings.flatMap((binding) => {
    if (binding.type !== "json" || !binding.name.startsWith("CLUSTER_")) return [];
    return v.parse(clusterSchema, binding.json).client_certificates;
  });
}
