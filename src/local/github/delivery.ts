// Brings an answer over the socket, or fails to in one of the ways in which networks and servers fail.
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Answer } from "./answer.ts";
import type { DeliveryFault } from "./behaviour.ts";

export interface Delivery {
  readonly response: ServerResponse;
  readonly answer: Answer;
  readonly fault: DeliveryFault | null;
  readonly latencyMs: number;
  /** Ends all waiting when the stand-in is closed. */
  readonly closing: AbortSignal;
  /** Told just before the head is sent, and never if none is. */
  readonly onHead: (status: number) => void;
}

export async function deliver(delivery: Delivery): Promise<void> {
  const { response, fault, latencyMs } = delivery;
  const headDelayMs = latencyMs + (fault?.kind === "slow_head" ? fault.delayMs : 0);
  if (!(await pause(headDelayMs, delivery))) return;
  switch (fault?.kind) {
    case undefined:
    case "slow_head":
      sendHead(delivery, Buffer.byteLength(delivery.answer.body));
      response.end(delivery.answer.body);
      return;
    case "oversized":
      sendOversized(delivery, fault.bytes, fault.declared ?? true);
      return;
    case "truncated":
      sendHalf(delivery, () => response.destroy());
      return;
    case "slow_body": {
      const rest = sendHalf(delivery);
      if (await pause(fault.delayMs, delivery)) response.end(rest);
      return;
    }
    case "hang_body":
      sendHalf(delivery);
      return;
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "hang":
      return;
  }
}

/** @returns whether there is still somebody to answer */
async function pause(durationMs: number, { closing, response }: Delivery): Promise<boolean> {
  // Even an empty timer takes a millisecond, which measurements would show.
  if (durationMs > 0) {
    const isOver = await delay(durationMs, true, { signal: closing }).catch(() => false);
    if (!isOver) return false;
  }
  return !response.destroyed;
}

function sendHead({ response, answer, onHead }: Delivery, contentLength: number | null): void {
  const hasBody = answer.status !== 204 && answer.status !== 304;
  const length = hasBody && contentLength !== null ? { "content-length": String(contentLength) } : {};
  onHead(answer.status);
  response.writeHead(answer.status, { ...answer.headers, ...length });
}

/** @returns the half that is still to be sent */
function sendHalf(delivery: Delivery, onSent: () => void = () => {}): Buffer {
  const bytes = Buffer.from(delivery.answer.body);
  const middle = Math.floor(bytes.length / 2);
  sendHead(delivery, bytes.length);
  delivery.response.write(bytes.subarray(0, middle), onSent);
  return bytes.subarray(middle);
}

/** Blanks after a JSON text change nothing about it, so that its size alone is left to refuse it for. */
function sendOversized(delivery: Delivery, sizeBytes: number, isDeclared: boolean): void {
  const body = Buffer.from(delivery.answer.body);
  const filled = Buffer.concat([body, Buffer.alloc(Math.max(0, sizeBytes - body.length), " ")]);
  sendHead(delivery, isDeclared ? filled.length : null);
  if (!isDeclared) delivery.response.flushHeaders();
  delivery.response.end(filled);
}
