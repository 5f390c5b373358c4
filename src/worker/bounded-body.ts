// Reads a body up to a limit. An isolate has 128 MB of memory, so neither side may fill it. The body is read into one
// buffer: without it the runtime hands over 4 KiB at a time, and a page of GitHub's list of teams has forty times that.

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
  const reader = body.getReader({ mode: "byob" });
  const giveUp = (kind: "too_large" | "aborted" | "broken"): BoundedBody => {
    // Not awaited: a peer that hangs may hang here, too.
    reader.cancel().catch(() => undefined);
    return { kind };
  };
  if (Number(message.headers.get("content-length") ?? 0) > maxBytes) return giveUp("too_large");

  const aborted = new Promise<"aborted">((resolve) => {
    if (signal?.aborted) resolve("aborted");
    signal?.addEventListener("abort", () => resolve("aborted"), { once: true });
  });
  let buffer = new ArrayBuffer(Math.min(firstBufferBytes, maxBytes + 1));
  let length = 0;
  for (;;) {
    if (length === buffer.byteLength) buffer = grown(buffer, Math.min(length * 4, maxBytes + 1));
    const reading = reader.read(new Uint8Array(buffer, length)).catch(() => "broken" as const);
    const next = await Promise.race([reading, aborted]);
    if (next === "broken") return giveUp(signal?.aborted ? "aborted" : "broken");
    if (next === "aborted") return giveUp("aborted");
    // The runtime takes the buffer away while it fills it.
    if (next.value !== undefined) buffer = next.value.buffer;
    if (next.done) return { kind: "complete", bytes: new Uint8Array(buffer, 0, length) };
    length += next.value.byteLength;
    if (length > maxBytes) return giveUp("too_large");
  }
}

/** Enough for most bodies. */
const firstBufferBytes = 64 * 1024;

function grown(buffer: ArrayBuffer, byteLength: number): ArrayBuffer {
  const bytes = new Uint8Array(byteLength);
  bytes.set(new Uint8Array(buffer));
  return bytes.buffer;
}
