// Reads a request's body up to a limit, in one go where it may: a stream that is read piece by piece costs a fifth of a whole review.
import { type BoundedBody, readBoundedBody } from "./bounded-body.ts";

/**
 * @param request what is not read of its body is cancelled
 * @param maxBytes the largest body that is accepted, declared or streamed
 */
export async function readRequestBody(request: Request, maxBytes: number): Promise<BoundedBody> {
  if (!isDeclaredWithin(request.headers, maxBytes)) return readBoundedBody(request, maxBytes);
  try {
    const bytes = new Uint8Array(await request.arrayBuffer());
    return bytes.byteLength > maxBytes ? { kind: "too_large" } : { kind: "complete", bytes };
  } catch {
    return { kind: "broken" };
  }
}

/** Whether the runtime itself reads no more than the limit: a declared length is where a body ends, unless it comes in chunks (RFC 9112, 6.3). */
function isDeclaredWithin(headers: Headers, maxBytes: number): boolean {
  const length = headers.get("content-length");
  return length !== null && /^\d{1,9}$/.test(length) && Number(length) <= maxBytes && !headers.has("transfer-encoding");
}
