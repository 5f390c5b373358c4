// The Worker as it ships, but with a clock that a test can set ahead and a fault that a test can call for: an entry point that takes the place of
// src/worker/index.ts on the real runtime.
import { createApp } from "../../src/worker/app.ts";
import { clockAheadHeader, logFaultHeader } from "./instruments.ts";

let clockAheadMs = 0;
let logFault: string | null = null;

const app = createApp({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now() + clockAheadMs,
  writeLine(line) {
    const fault = logFault;
    logFault = null;
    if (fault !== null) throw new Error(`could not write about ${fault}`);
    console.log(line);
  },
  writeError: (text) => console.error(text),
});

export default {
  fetch(request: Request, env: Record<string, unknown>) {
    clockAheadMs = Number(request.headers.get(clockAheadHeader) ?? clockAheadMs);
    logFault = request.headers.get(logFaultHeader);
    return app.fetch(request, env);
  },
};
