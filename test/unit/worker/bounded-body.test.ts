import { describe, expect, test } from "vitest";
import { readBoundedBody } from "../../../src/worker/bounded-body.ts";

/** A body that counts how often it is asked for more. */
function countedBody(chunks: readonly string[], atEnd: "close" | "break" | "hang" = "close") {
  const counts = { pulls: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[counts.pulls];
        counts.pulls += 1;
        if (chunk !== undefined) controller.enqueue(new TextEncoder().encode(chunk));
        else if (atEnd === "close") controller.close();
        else if (atEnd === "break") controller.error(new Error("reset"));
        else return new Promise<void>(() => {});
        return undefined;
      },
      cancel() {
        counts.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { counts, stream };
}

const headers = (values: Record<string, string> = {}) => new Headers(values);

test("a byte stream, as runtimes make them, comes out whole, whatever its length", async () => {
  for (const length of [0, 1, 65_536, 65_537, 400_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
    const body = new Response(bytes).body;
    expect(await readBoundedBody({ headers: headers(), body }, 400_000)).toEqual({ kind: "complete", bytes });
  }
});

test("a byte stream that grows over the limit is too large", async () => {
  const body = new Response("a".repeat(70_001)).body;
  expect(await readBoundedBody({ headers: headers(), body }, 70_000)).toEqual({ kind: "too_large" });
});

test("a byte stream that breaks off is broken, and one that hangs ends with the signal", async () => {
  const broken = new ReadableStream({ type: "bytes", pull: (controller) => controller.error(new Error("reset")) });
  expect(await readBoundedBody({ headers: headers(), body: broken }, 3)).toEqual({ kind: "broken" });
  const hanging = new ReadableStream({ type: "bytes", pull: () => new Promise<void>(() => {}) });
  const controller = new AbortController();
  const reading = readBoundedBody({ headers: headers(), body: hanging }, 3, controller.signal);
  controller.abort();
  expect(await reading).toEqual({ kind: "aborted" });
});

describe("a body", () => {
  test("comes out whole, however it is cut", async () => {
    const { stream } = countedBody(["ab", "", "c"]);
    expect(await readBoundedBody({ headers: headers(), body: stream }, 3)).toEqual({
      kind: "complete",
      bytes: new TextEncoder().encode("abc"),
    });
  });

  test("that is not there is empty", async () => {
    expect(await readBoundedBody({ headers: headers(), body: null }, 3)).toEqual({
      kind: "complete",
      bytes: new Uint8Array(0),
    });
  });

  test("whose declared length is over the limit is not touched, but cancelled", async () => {
    const { stream, counts } = countedBody(["abcd"]);
    const answer = await readBoundedBody({ headers: headers({ "content-length": "4" }), body: stream }, 3);
    expect(answer).toEqual({ kind: "too_large" });
    expect(counts).toEqual({ pulls: 0, cancelled: true });
  });

  test("of exactly the limit is complete, declared and streamed", async () => {
    const { stream } = countedBody(["abc"]);
    const answer = await readBoundedBody({ headers: headers({ "content-length": "3" }), body: stream }, 3);
    expect(answer.kind).toBe("complete");
  });

  test("that grows over the limit is read no further", async () => {
    const { stream, counts } = countedBody(Array.from({ length: 100 }, () => "ab"));
    expect(await readBoundedBody({ headers: headers(), body: stream }, 3)).toEqual({ kind: "too_large" });
    expect(counts).toEqual({ pulls: 2, cancelled: true });
  });

  test("that declares less than it sends is still held to the limit", async () => {
    const { stream } = countedBody(["ab", "cd"]);
    const answer = await readBoundedBody({ headers: headers({ "content-length": "1" }), body: stream }, 3);
    expect(answer).toEqual({ kind: "too_large" });
  });

  test("whose declared length is no number is held to the limit", async () => {
    const { stream } = countedBody(["abcd"]);
    const answer = await readBoundedBody({ headers: headers({ "content-length": "many" }), body: stream }, 3);
    expect(answer).toEqual({ kind: "too_large" });
  });

  test("that breaks off is broken", async () => {
    const { stream } = countedBody(["ab"], "break");
    expect(await readBoundedBody({ headers: headers(), body: stream }, 3)).toEqual({ kind: "broken" });
  });

  test("that hangs is aborted with the signal, though it does not listen to it", async () => {
    const { stream, counts } = countedBody(["ab"], "hang");
    const controller = new AbortController();
    const reading = readBoundedBody({ headers: headers(), body: stream }, 3, controller.signal);
    controller.abort();
    expect(await reading).toEqual({ kind: "aborted" });
    expect(counts.cancelled).toBe(true);
  });

  test("is not waited for once the signal has aborted", async () => {
    const { stream } = countedBody([], "hang");
    expect(await readBoundedBody({ headers: headers(), body: stream }, 3, AbortSignal.abort())).toEqual({
      kind: "aborted",
    });
  });

  test("that breaks because of the signal is aborted", async () => {
    const { stream } = countedBody([], "break");
    const controller = new AbortController();
    const reading = readBoundedBody({ headers: headers(), body: stream }, 3, controller.signal);
    controller.abort();
    expect(await reading).toEqual({ kind: "aborted" });
  });
});
