import { describe, expect, test } from "vitest";
import { readRequestBody } from "../../../../src/worker/http/request-body.ts";

const maxBytes = 20;

/** @param declared whether the request says how long its body is, as kube-apiserver's do */
function requestOf(
  body: string | Uint8Array<ArrayBuffer>,
  { declared }: { declared: boolean },
  headers: Record<string, string> = {},
): Request {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const length = { "content-length": String(bytes.byteLength) };
  return new Request("https://auth.test/authenticate", {
    method: "POST",
    body: bytes,
    headers: { ...(declared ? length : {}), ...headers },
  });
}

describe.each([{ declared: true }, { declared: false }])("a body (%j)", (how) => {
  test.each(["", "{}", "é", "\ufffd", "\ufffdé\ufffd", "😀", "a".repeat(maxBytes)])(
    "comes out as text: %j",
    async (text) => {
      expect(await readRequestBody(requestOf(text, how), maxBytes)).toEqual({ kind: "complete", text });
    },
  );

  test("may begin with a byte order mark, which is no part of it", async () => {
    expect(await readRequestBody(requestOf("\ufeff{}", how), maxBytes)).toEqual({ kind: "complete", text: "{}" });
  });

  test.each([
    ["a byte that begins nothing", [0x22, 0xff, 0x22]],
    ["a character cut after one byte", [0xc3]],
    ["a character cut after two bytes", [0xe2, 0x82, 0x22]],
    ["a byte that only goes on", [0x22, 0x80]],
    ["a slash in two bytes", [0xc0, 0xaf]],
    ["half of a surrogate pair", [0xed, 0xa0, 0x80]],
    ["wrong bytes beside a replacement character", [0xef, 0xbf, 0xbd, 0xff]],
  ])("that is no UTF-8 is none: %s", async (_, bytes) => {
    expect(await readRequestBody(requestOf(Uint8Array.from(bytes), how), maxBytes)).toEqual({ kind: "not_utf8" });
  });

  test("over the limit is not read", async () => {
    const request = requestOf("a".repeat(maxBytes + 1), how);
    expect(await readRequestBody(request, maxBytes)).toEqual({ kind: "too_large" });
  });

  test("that breaks off is broken", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    const init = {
      method: "POST",
      body,
      duplex: "half" as const,
      headers: how.declared ? { "content-length": "2" } : {},
    };
    const request = new Request("https://auth.test/authenticate", init);
    expect(await readRequestBody(request, maxBytes)).toEqual({ kind: "broken" });
  });
});

test("a length that is no number declares nothing: the limit counts what comes", async () => {
  const request = requestOf("a".repeat(maxBytes + 1), { declared: false }, { "content-length": "1e1" });
  expect(await readRequestBody(request, maxBytes)).toEqual({ kind: "too_large" });
});

test("a length of a body in chunks declares nothing: the limit counts what comes", async () => {
  const headers = { "content-length": "1", "transfer-encoding": "chunked" };
  const request = requestOf("a".repeat(maxBytes + 1), { declared: false }, headers);
  expect(await readRequestBody(request, maxBytes)).toEqual({ kind: "too_large" });
});

test("a character of four bytes that lost its last is as long as what stands in its place, and passes", async () => {
  const bytes = Uint8Array.from([0x22, 0xf0, 0x9f, 0x98, 0x22]);
  const body = await readRequestBody(requestOf(bytes, { declared: true }), maxBytes);
  expect(body).toEqual({ kind: "complete", text: '"\ufffd"' });
});
