// What Workers KV is to the Worker of a soak: a store behind HTTP, which can fail, be slow, refuse writes and be
// corrupt, and which outlives every deployment.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

export type KvFault = "none" | "fails" | "is slow" | "refuses writes" | "is corrupt";

/** Slower than the Worker waits. */
const slowMs = 900;

export interface Store {
  readonly url: string;
  fault: KvFault;
  readonly counts: { reads: number; writes: number };
  close(): void;
}

export async function startStore(): Promise<Store> {
  const values = new Map<string, Buffer>();
  const counts = { reads: 0, writes: 0 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // no encoding is set
    const name = request.url ?? "";
    if (store.fault === "is slow") await delay(slowMs);
    if (store.fault === "fails") return response.writeHead(500).end();
    if (request.method === "PUT") {
      counts.writes += 1;
      if (store.fault === "refuses writes") return response.writeHead(429).end();
      values.set(name, Buffer.concat(chunks));
      return response.end();
    }
    counts.reads += 1;
    const value = values.get(name);
    if (value === undefined) return response.writeHead(404).end();
    return response.end(store.fault === "is corrupt" ? value.toReversed() : value);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP listener's address is an object.
  const { port } = server.address() as AddressInfo;
  const store: Store = {
    url: `http://127.0.0.1:${port}`,
    fault: "none",
    counts,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return store;
}
