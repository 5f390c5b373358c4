// Reads a body up to a limit. An isolate has 128 MB of memory, so neither side may fill it.

export type BoundedBody =
  | { readonly kind: "complete"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "too_large" }
  /** The deadline passed. */
  | { readonly kind: "aborted" }
  /** The connection broke before the end. */
  | { readonly kind: "broken" };

/**
 * @param message a Request or a Response; the unread rest of its body is cancelled
 * @param maxBytes the largest body that is accepted, declared or streamed
 * @param signal ends the reading when it aborts, also where the body itself ignores it
 */
export async function readBoundedBody(
  message: { readonly headers: Headers; readonly body: ReadableStream<Uint8Array> | null },
  maxBytes: number,
  signal?: AbortSignal,
): Promise<BoundedBody> {
  const { body } = message;
  if (body === null) return { kind: "complete", bytes: new Uint8Array(0) };
  const pieces = piecesOf(body);
  const giveUp = (kind: "too_large" | "aborted" | "broken"): BoundedBody => {
    // Not awaited: a peer that hangs may hang here, too.
    pieces.cancel().catch(() => undefined);
    return { kind };
  };
  if (Number(message.headers.get("content-length") ?? 0) > maxBytes) return giveUp("too_large");

  const aborted = new Promise<"aborted">((resolve) => {
    if (signal?.aborted) resolve("aborted");
    signal?.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const next = await Promise.race([pieces.read().catch(() => "broken" as const), aborted]);
    if (next === "broken") return giveUp(signal?.aborted ? "aborted" : "broken");
    if (next === "aborted") return giveUp("aborted");
    if (next === null) return { kind: "complete", bytes: concatenate(chunks, length) };
    length += next.byteLength;
    if (length > maxBytes) return giveUp("too_large");
    chunks.push(next);
  }
}

/** What a socket has at a time, mostly. */
const pieceBytes = 64 * 1024;

/**
 * The runtime hands over 4 KiB at a time unless it is given a buffer, and a page of GitHub's list of teams has forty
 * times that.
 */
function piecesOf(body: ReadableStream<Uint8Array>): Pieces {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = body.getReader({ mode: "byob" });
  } catch {
    // It is no byte stream, as bodies are that no runtime has made.
    const plain = body.getReader();
    return { read: async () => (await plain.read()).value ?? null, cancel: () => plain.cancel() };
  }
  let buffer = new ArrayBuffer(pieceBytes);
  return {
    async read() {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || value === undefined) return null;
      // The buffer comes back as another object, and is used again.
      buffer = value.buffer;
      return value.slice();
    },
    cancel: () => reader.cancel(),
  };
}

interface Pieces {
  /** @returns null at the end */
  read(): Promise<Uint8Array | null>;
  cancel(): Promise<void>;
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
