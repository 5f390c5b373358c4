// In the Worker's place behind the local edge, for tests that are about the command: it knows the listed fingerprints,
// answers every review with a plain no, and says on /readyz whose certificate it sees.
import { createServer, type Server } from "node:http";
import * as v from "valibot";
import { clusterNameOf } from "../../../src/worker/config/config.ts";
import type { Script } from "../cloudflare/state.ts";

const cfSchema = v.object({ tlsClientAuth: v.object({ certFingerprintSHA256: v.string() }) });
const clusterSchema = v.object({ client_certificates: v.array(v.string()) });

/**
 * @param deployed what runs at Cloudflare just now; null: nothing
 * @param fault whether it answers every caller
 */
export function workerInPlace(deployed: () => Script | null, fault: { readonly isCareless: boolean }): Server {
  return createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
    request.resume();
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
    const { pathname } = new URL(request.url ?? "/", "http://worker");
    const body = pathname === "/readyz" ? readiness : review;
    response.end(JSON.stringify(isListed ? body : { kind: "Status", code: status }));
  });
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
