// Bodies that kube-apiserver, or a thief of its certificate, can send, and the answers to them.
import { afterEach, describe, expect, test } from "vitest";
import { clusters } from "../support/people.ts";
import { reviewBody } from "../support/review-body.ts";
import { useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters });

/** The largest body that is read. */
const maxBodyBytes = 256 * 1024;

const messageOf = (body: string): unknown => JSON.parse(body).message;

afterEach(() => expect(worker().github.requests).toEqual([]));

describe.each(["v1", "v1beta1"] as const)("bodies, in %s", (apiVersion) => {
  const right = () => JSON.parse(reviewBody("whatever", apiVersion));
  const { spec: _spec, ...withoutSpec } = right();
  const { kind: _kind, ...withoutKind } = right();
  const { apiVersion: _apiVersion, ...withoutApiVersion } = right();

  const wrongBodies: readonly (readonly [string, string | Uint8Array, string])[] = [
    ["nothing", "", "body"],
    ["no JSON", "token=whatever", "body"],
    ["truncated JSON", reviewBody("whatever", apiVersion).slice(0, 120), "body"],
    ["JSON and more", `${reviewBody("whatever", apiVersion)}{}`, "body"],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]), "body"],
    ["null", "null", "body"],
    ["a string", '"whatever"', "body"],
    ["a number", "1", "body"],
    ["an array", `[${reviewBody("whatever", apiVersion)}]`, "body"],
    ["an empty object", "{}", "apiVersion"],
    ["another kind", JSON.stringify({ ...right(), kind: "SubjectAccessReview" }), "kind"],
    ["another kind's case", JSON.stringify({ ...right(), kind: "tokenreview" }), "kind"],
    ["no kind", JSON.stringify(withoutKind), "kind"],
    ["no apiVersion", JSON.stringify(withoutApiVersion), "apiVersion"],
    ["an unknown version", JSON.stringify({ ...right(), apiVersion: "authentication.k8s.io/v2" }), "apiVersion"],
    ["another group", JSON.stringify({ ...right(), apiVersion }), "apiVersion"],
    ["a number as apiVersion", JSON.stringify({ ...right(), apiVersion: 1 }), "apiVersion"],
    ["no spec", JSON.stringify(withoutSpec), "spec"],
    ["null as spec", JSON.stringify({ ...right(), spec: null }), "spec"],
    ["a string as spec", JSON.stringify({ ...right(), spec: "whatever" }), "spec"],
    ["a token without spec", JSON.stringify({ ...withoutSpec, token: "whatever" }), "spec"],
    ["an empty spec", JSON.stringify({ ...right(), spec: {} }), "spec.token"],
    ["an empty token", reviewBody("", apiVersion), "spec.token"],
    ["null as token", reviewBody(null, apiVersion), "spec.token"],
    ["a number as token", reviewBody(1, apiVersion), "spec.token"],
    ["an array as token", reviewBody(["whatever"], apiVersion), "spec.token"],
    ["an object as token", reviewBody({ token: "whatever" }, apiVersion), "spec.token"],
  ];

  test.each(wrongBodies)("%s is answered with 400 that names the field", async (_, body, field) => {
    const answer = await worker().post(body);
    expect(answer.status).toBe(400);
    expect(messageOf(answer.body)).toMatch(new RegExp(`^${field.replace(".", "\\.")}: `));
    expect(answer.body).not.toContain("whatever");
  });

  // A body over the limit is the local edge's to try: the proxy in front of this harness can lose an answer that comes
  // before the body has been sent.

  test.each([
    ["declared", (text: string) => text],
    ["streamed", streamOf],
  ])("a body that just fits, %s, is read", async (_, carry) => {
    const answer = await worker().post(carry(reviewBody("whatever", apiVersion).padEnd(maxBodyBytes)));
    expect(answer.status).toBe(200);
  });

  describe.each([
    ["declared", (bytes: Uint8Array) => bytes],
    ["streamed", (bytes: Uint8Array) => streamOf(bytes)],
  ])("a right review, %s,", (_carried, carry) => {
    const withNote = (...note: number[]) => {
      const [before = "", after = ""] = JSON.stringify({ ...right(), note: "|" }).split("|");
      return Buffer.concat([Buffer.from(before), Buffer.from(note), Buffer.from(after)]);
    };

    test.each([
      ["a byte that begins nothing", [0xff]],
      ["a character cut short", [0xe2, 0x82]],
    ])("with %s in a field that is not read, is answered with 400", async (_, note) => {
      const answer = await worker().post(carry(withNote(...note)));
      expect([answer.status, messageOf(answer.body)]).toEqual([400, "body: must be UTF-8"]);
    });

    test("with a replacement character on purpose, is a review like any other", async () => {
      expect((await worker().post(carry(withNote(0xef, 0xbf, 0xbd)))).status).toBe(200);
      expect((await worker().post(carry(Buffer.from(reviewBody("\ufffd", apiVersion))))).status).toBe(200);
    });

    test("with a byte order mark before it, is a review like any other", async () => {
      expect((await worker().post(carry(Buffer.from(`\ufeff${reviewBody("x", apiVersion)}`)))).status).toBe(200);
    });
  });

  test("unknown fields change nothing", async () => {
    const answer = await worker().post(JSON.stringify({ ...right(), later: [{}], spec: { token: "x", later: 1 } }));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body).apiVersion).toBe(`authentication.k8s.io/${apiVersion}`);
  });

  test("the label of the body does not matter", async () => {
    const headers = { "content-type": "text/plain" };
    expect((await worker().post(reviewBody("whatever", apiVersion), { headers })).status).toBe(200);
  });

  test("a broken cluster's review is answered with 503 that names the setting", async () => {
    const { status, body } = await worker().review("whatever", { cluster: "broken", apiVersion });
    expect(status).toBe(503);
    expect(messageOf(body)).toMatch(/^configuration: CLUSTER_BROKEN\.allow\[0\]: must be /);
  });
});

/** Sent in chunks and without a length. */
function streamOf(body: string | Uint8Array): ReadableStream<Uint8Array> {
  const bytes = Buffer.from(body);
  const chunkBytes = 16 * 1024;
  let offset = 0;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(new Uint8Array(bytes.subarray(offset, offset + chunkBytes)));
      offset += chunkBytes;
      if (offset >= bytes.length) controller.close();
    },
  });
}
