// In the Worker's place behind the local edge, for tests that are about the command: it knows the listed fingerprints,
// answers every review with a plain no, says on /readyz whose certificate it sees, and publishes the signing keys.
import { createServer, type Server } from "node:http";
import * as v from "valibot";
import { readSigningKeys } from "../../../src/cli/config-file/signing-keys.ts";
import { keySetPath } from "../../../src/cli/deployment/key-set.ts";
import { clusterNameOf } from "../../../src/worker/config/config.ts";
import { selectSigningKeys } from "../../../src/worker/config/signing-keys.ts";
import { createSigningKeys, type PublishedKey } from "../../../src/worker/sign-in/signing-keys.ts";
import type { Script } from "../cloudflare/state.ts";

const cfSchema = v.object({ tlsClientAuth: v.object({ certFingerprintSHA256: v.string() }) });
const clusterSchema = v.object({ client_certificates: v.array(v.string()) });

/**
 * @param deployed what runs at Cloudflare just now; null: nothing
 * @param fault whether it answers every caller
 * @param now milliseconds since 1970
 */
export function workerInPlace(
  deployed: () => Script | null,
  fault: { readonly isCareless: boolean },
  now: () => number,
): Server {
  return createServer({ maxHeaderSize: 128 * 1024 }, async (request, response) => {
    request.resume();
    response.setHeader("date", new Date(now()).toUTCString());
    const { pathname } = new URL(request.url ?? "/", "http://worker");
    if (pathname === keySetPath) {
      const keys = await publishedKeys(deployed());
      response.writeHead(keys === null ? 503 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ keys: keys ?? undefined }));
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
    const body = pathname === "/readyz" ? readiness : review;
    response.end(JSON.stringify(isListed ? body : { kind: "Status", code: status }));
  });
}

/** @returns as the Worker itself publishes them; null where a key or the table is wrong */
export async function publishedKeys(script: Script | null): Promise<readonly PublishedKey[] | null> {
  const secret = (name: string) => script?.secrets.get(name);
  const binding = script?.bindings.find(({ name }) => name === "SIGNING_KEYS");
  const table = readSigningKeys(binding?.type === "json" ? binding.json : null) ?? undefined;
  const settings = selectSigningKeys({ a: secret("SIGNING_KEY_A"), b: secret("SIGNING_KEY_B") }, table);
  const keys = settings.ok ? await createSigningKeys(settings.value)() : settings;
  return keys.ok ? keys.value.published : null;
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
