// The local edge's two servers in a process of their own, so that its memory and file handles are its own.

import type { Identity } from "../../src/local/certificates.ts";
import { startEdge } from "../../src/local/edge/server.ts";
import { answerCalls } from "./remote.ts";

export interface EdgeStart {
  readonly kind: "start";
  readonly port: number;
  readonly signInPort: number;
  readonly server: Identity;
  readonly authorityCertificate: string;
}

export type EdgeCall =
  | EdgeStart
  /** From now on requests go to this port. */
  | { readonly kind: "pass"; readonly workerPort: number }
  /** Answers with `EdgeMemory`. */
  | { readonly kind: "memory" }
  /** Sabotage: keeps so many bytes, or a file open, for ever. */
  | { readonly kind: "leak"; readonly bytes: number; readonly opensFile: boolean };

export interface EdgeMemory {
  /** Of what is in use: after a garbage collection. */
  readonly usedBytes: number;
}

let edges: Awaited<ReturnType<typeof startEdge>>[] = [];
const leaked: unknown[] = [];

answerCalls(async (call: EdgeCall) => {
  switch (call.kind) {
    case "start": {
      const { port, signInPort, server, authorityCertificate } = call;
      edges = [
        await startEdge({ port, server, authorityCertificate }),
        await startEdge({ port: signInPort, server, authorityCertificate: null }),
      ];
      return {};
    }
    case "pass":
      for (const edge of edges) edge.passTo(call.workerPort);
      return {};
    case "memory": {
      // The process is started with --expose-gc.
      globalThis.gc?.();
      const { heapUsed, external } = process.memoryUsage();
      return { usedBytes: heapUsed + external };
    }
    case "leak": {
      leaked.push(Buffer.alloc(call.bytes, 1));
      const { open } = await import("node:fs/promises");
      if (call.opensFile) leaked.push(await open("/dev/null"));
      return {};
    }
  }
});
