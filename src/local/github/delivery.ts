// Delivers each response over its connection, or fails to in one of the ways in which networks and servers fail.
import { setTimeout as delay } from "node:timers/promises";
import type { Next } from "hono";
import type { RecordedRequest, StandInContext } from "./context.ts";
import type { DeliveryFault } from "./faults.ts";

/** More than any test looks at, and little enough to keep in memory however long `npm start` runs. */
const maxRequests = 50_000;

/** The outermost middleware: it records the request, waits for the latency, and delivers what the others respond. */
export async function deliver(c: StandInContext, next: Next): Promise<void> {
  const github = c.get("github");
  const record = recordOf(c);
  if (github.requests.length >= maxRequests) github.requests.splice(0, maxRequests / 2);
  github.requests.push(record);
  await next();
  const fault = c.get("deliveryFault");
  if (!(await pause(github.latencyMs + (fault?.kind === "slow_head" ? fault.delayMs : 0), c))) return noMoreToSend();
  const onHead = () => {
    record.status = c.res.status;
  };
  // Hono sends what this leaves in the context.
  if (fault === undefined || fault.kind === "slow_head") return onHead();
  await deliverBadly(c, fault, onHead);
  return noMoreToSend();
}

/** @param onHead called just before the head is sent, and never if none is */
async function deliverBadly(
  c: StandInContext,
  fault: Exclude<DeliveryFault, { kind: "slow_head" }>,
  onHead: () => void,
): Promise<void> {
  const { outgoing } = c.env;
  const { "content-length": _, ...headers } = Object.fromEntries(c.res.headers);
  const body = Buffer.from(await c.res.text());
  const sendHead = (announcedBytes: number | null) => {
    onHead();
    const length = announcedBytes === null ? {} : { "content-length": announcedBytes };
    outgoing.writeHead(c.res.status, { ...headers, ...length });
  };
  const sendHalf = (onSent?: () => void) => {
    const middle = Math.floor(body.length / 2);
    sendHead(body.length);
    outgoing.write(body.subarray(0, middle), onSent);
    return body.subarray(middle);
  };
  switch (fault.kind) {
    case "truncated":
      sendHalf(() => outgoing.destroy());
      return;
    case "oversized": {
      // Blanks after a JSON text change nothing about it, so its size alone is left to refuse it for.
      const filled = Buffer.concat([body, Buffer.alloc(Math.max(0, fault.bytes - body.length), " ")]);
      sendHead(fault.declared === false ? null : filled.length);
      if (fault.declared === false) outgoing.flushHeaders();
      outgoing.end(filled);
      return;
    }
    case "slow_body": {
      const rest = sendHalf();
      if (await pause(fault.delayMs, c)) outgoing.end(rest);
      return;
    }
    case "hang_body":
      sendHalf();
      return;
    case "reset":
      outgoing.socket?.resetAndDestroy();
      return;
    case "hang":
      return;
  }
}

/** @returns whether the client is still there */
async function pause(durationMs: number, c: StandInContext): Promise<boolean> {
  const signal = c.get("github").shutdown;
  // Even an empty timer takes a millisecond, which measurements would show.
  if (durationMs > 0) await delay(durationMs, undefined, { signal }).catch(() => {});
  return !signal.aborted && !c.env.outgoing.destroyed;
}

/** Keeps Hono waiting for ever. Otherwise it would send a response after what was sent, or to a client that left. */
function noMoreToSend(): Promise<never> {
  return new Promise(() => {});
}

function recordOf(c: StandInContext): { -readonly [Key in keyof RecordedRequest]: RecordedRequest[Key] } {
  const { method = "", url = "", headers } = c.env.incoming;
  return {
    method,
    path: url,
    status: null,
    token: c.get("caller").token,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(", ")])),
  };
}
