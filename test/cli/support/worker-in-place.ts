// In the Worker's place behind the local edge, for tests that are about the command: it knows the listed fingerprints,
// and answers every review with a plain no.
import { createServer, type Server } from "node:http";
import * as v from "valibot";
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
    const isListed = script !== null && (fault.isCareless || fingerprintsIn(script).includes(fingerprint));
    const status = script === null ? 404 : isListed ? 200 : 403;
    response.writeHead(status, { "content-type": "application/json" });
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", status: { authenticated: false } };
    response.end(JSON.stringify(isListed ? review : { kind: "Status", code: status }));
  });
}

/** Every certificate that some cluster of the deployment lists. */
export function fingerprintsIn({ bindings }: Script): string[] {
  return bindings.flatMap((binding) => {
    if (binding.type !== "json" || !binding.name.startsWith("CLUSTER_")) return [];
    return v.parse(clusterSchema, binding.json).client_certificates;
  });
}
