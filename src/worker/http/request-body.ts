// Reads a request's body as text, up to a limit, and in one go where that is safe: reading a stream piece by piece
// costs a fifth of a whole review, and reading bytes in place of text another tenth.
import { readBoundedBody } from "../bounded-body.ts";

export type RequestBody =
  | { readonly kind: "complete"; readonly text: string }
  | { readonly kind: "too_large" }
  | { readonly kind: "not_utf8" }
  /** The connection broke before the end. */
  | { readonly kind: "broken" };

/**
 * @param request the unread rest of its body is cancelled
 * @param maxBytes the largest body that is accepted, declared or streamed
 */
export async function readRequestBody(request: Request, maxBytes: number): Promise<RequestBody> {
  const declaredBytes = declaredBytesOf(request.headers);
  if (declaredBytes === null || declaredBytes > maxBytes) return readPieces(request, maxBytes);
  try {
    const text = await request.text();
    if (text.includes(replacement) && encodedBytesOf(text) !== declaredBytes) return { kind: "not_utf8" };
    return { kind: "complete", text };
  } catch {
    return { kind: "broken" };
  }
}

/**
 * The runtime puts this character in the place of bytes that are not UTF-8. The text is then as long as its bytes
 * only if the sender wrote the character itself, or if a character of four bytes lost its last. The latter passes,
 * and does no harm, for no token and no word that counts in a review has this character.
 */
const replacement = "\ufffd";

/**
 * @returns the length at which the runtime itself ends the body, or null: a declared length does so, unless the body
 *   comes
 *   in chunks (RFC 9112, 6.3)
 */
function declaredBytesOf(headers: Headers): number | null {
  const length = headers.get("content-length");
  return length !== null && /^\d{1,9}$/.test(length) && !headers.has("transfer-encoding") ? Number(length) : null;
}

async function readPieces(request: Request, maxBytes: number): Promise<RequestBody> {
  const body = await readBoundedBody(request, maxBytes);
  switch (body.kind) {
    case "complete":
      try {
        return {
          kind: "complete",
          text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body.bytes),
        };
      } catch {
        return { kind: "not_utf8" };
      }
    case "too_large":
      return { kind: "too_large" };
    case "aborted":
    case "broken":
      return { kind: "broken" };
  }
}

function encodedBytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
