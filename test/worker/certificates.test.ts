// The client certificate names the cluster: whatever is not one of ours, verified and not revoked, is refused before
// the body is read.
import { randomBytes } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { withoutCertificate } from "../support/client-auth.ts";
import { clusters } from "../support/people.ts";
import { reviewBody } from "../support/review-body.ts";
import { logDeadline, useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters });

const messageOf = (body: string): unknown => JSON.parse(body).message;

afterEach(() => expect(worker().github.requests).toEqual([]));

const post = (tlsClientAuth: unknown) =>
  worker().fetch("/authenticate", {
    method: "POST",
    body: reviewBody("whatever"),
    cf: { tlsClientAuth },
  });

test.each([
  ["no word about certificates", null],
  ["an empty word", {}],
  ["no certificate", withoutCertificate],
])("%s is answered with 403", async (_, tlsClientAuth) => {
  const { status, body } = await post(tlsClientAuth);
  expect(status).toBe(403);
  expect(messageOf(body)).toMatch(/^no client certificate/);
});

test.each([
  ["not presented", { certPresented: "0" }],
  ["presented in words that Cloudflare does not use", { certPresented: "true" }],
  ["not verified", { certVerified: "NONE" }],
  ["self-signed", { certVerified: "FAILED:self signed certificate" }],
  ["expired", { certVerified: "FAILED:certificate has expired" }],
  ["from an unknown authority", { certVerified: "FAILED:unable to get local issuer certificate" }],
  ["failed for no reason", { certVerified: "FAILED" }],
  ["verified in another case", { certVerified: "success" }],
  ["revoked", { certRevoked: "1" }],
  ["revoked in words that Cloudflare does not use", { certRevoked: "" }],
  ["without a fingerprint", { certFingerprintSHA256: "" }],
  ["with a fingerprint that is none", { certFingerprintSHA256: "af363dc8" }],
  ["with a number as a fingerprint", { certFingerprintSHA256: 1 }],
  ["without a word on revocation", { certRevoked: undefined }],
])("a listed certificate that is %s is answered with 403", async (_, difference) => {
  const { status } = await post({ ...worker().certificateOf("production"), ...difference });
  expect(status).toBe(403);
});

test("a certificate of no cluster is answered with 403 and its fingerprint, ready to paste", async () => {
  const certFingerprintSHA256 = randomBytes(32).toString("hex");
  const { status, body } = await post({ ...worker().certificateOf("production"), certFingerprintSHA256 });
  expect(status).toBe(403);
  expect(messageOf(body)).toContain(certFingerprintSHA256);
});

test("a fingerprint in openssl's spelling names the same cluster", async () => {
  const pairs = worker().fingerprintOf("production").toUpperCase().match(/../g) ?? [];
  const { status } = await post({
    ...worker().certificateOf("production"),
    certFingerprintSHA256: pairs.join(":"),
  });
  expect(status).toBe(200);
});

test("a header can not stand in for a certificate", async () => {
  const forged = JSON.stringify({ tlsClientAuth: worker().certificateOf("production") });
  const { status } = await worker().fetch("/authenticate", {
    method: "POST",
    headers: { "cf-client-cert-sha256": worker().fingerprintOf("production"), "cf-tls-client-auth": forged },
    body: reviewBody("whatever"),
  });
  expect(status).toBe(403);
});

test("a refusal does not wait for the body", async () => {
  const certFingerprintSHA256 = randomBytes(32).toString("hex");
  const neverEnding = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from("{")),
    pull: () => new Promise(() => undefined),
  });
  const giveUp = new AbortController();
  const pending = worker()
    .fetch("/authenticate", {
      method: "POST",
      body: neverEnding,
      duplex: "half",
      signal: giveUp.signal,
      cf: { tlsClientAuth: { ...worker().certificateOf("production"), certFingerprintSHA256 } },
    })
    .catch(() => "given up");
  // The harness's own proxy holds the answer back until the body is sent, so the Worker's log has to tell that it has
  // answered.
  await vi.waitFor(() => expect(worker().logLines().join("\n")).toContain(certFingerprintSHA256), logDeadline);
  giveUp.abort();
  await pending;
});
