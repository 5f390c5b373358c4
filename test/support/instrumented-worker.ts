// The Worker as it ships, but with a clock that a test can set ahead, a fault that a test can call for, memory that a
// test can take away, and meters: an entry point that takes the place of src/worker/index.ts on the real runtime.
import { waitUntil } from "cloudflare:workers";
import { createApp } from "../../src/worker/app.ts";
import {
  clockAheadHeader,
  logFaultHeader,
  type Meters,
  metersPath,
  neverSeenLimitHeader,
  newIsolateHeader,
} from "./instruments.ts";

let clockAheadMs = 0;
let logFault: string | null = null;
const meters = { kvReads: 0, kvWrites: 0, underWay: 0 } satisfies Meters;

const app = createApp({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now() + clockAheadMs,
  waitUntil(work) {
    meters.underWay += 1;
    waitUntil(
      work.finally(() => {
        meters.underWay -= 1;
      }),
    );
  },
  writeLine(line) {
    const fault = logFault;
    logFault = null;
    if (fault !== null) throw new Error(`could not write about ${fault}`);
    console.log(line);
  },
  writeError: (text) => console.error(text),
});

/** What is remembered hangs on the environment object, as it does where each isolate has its own. */
let environment: Record<string, unknown> | null = null;

export default {
  fetch(request: Request, env: Record<string, unknown>): Response | Promise<Response> {
    if (new URL(request.url).pathname === metersPath) return Response.json(meters);
    clockAheadMs = Number(request.headers.get(clockAheadHeader) ?? clockAheadMs);
    logFault = request.headers.get(logFaultHeader);
    const isNew = request.headers.has(newIsolateHeader);
    environment = environment === null || isNew ? environmentFor(request.headers, env) : environment;
    return app.fetch(request, environment);
  },
};

function environmentFor(headers: Headers, env: Record<string, unknown>): Record<string, unknown> {
  const limit = headers.get(neverSeenLimitHeader);
  return {
    ...env,
    ...JSON.parse(headers.get(newIsolateHeader) ?? "{}"),
    ...meteredStore(env.KV),
    ...(limit === null ? {} : { NEVER_SEEN_LIMIT: limiterOf(Number(limit)) }),
  };
}

/** In the place of the runtime's, whose minutes are the wall clock's. */
function limiterOf(tokens: number) {
  const seen = new Map<string, number>();
  return {
    async limit({ key }: { readonly key: string }) {
      const count = (seen.get(key) ?? 0) + 1;
      seen.set(key, count);
      return { success: count <= tokens };
    },
  };
}

/** The part of KV that the Worker uses, behind the meters. */
interface Store {
  get(...call: unknown[]): Promise<unknown>;
  put(...call: unknown[]): Promise<void>;
}

/** @param binding undefined where KV is not bound */
function meteredStore(binding: unknown): { KV?: Store } {
  if (binding === undefined) return {};
  // The runtime's own; its types can't be seen together with Node's.
  const store = binding as Store;
  return {
    KV: {
      get(...call) {
        meters.kvReads += 1;
        return store.get(...call);
      },
      put(...call) {
        meters.kvWrites += 1;
        return store.put(...call);
      },
    },
  };
}
