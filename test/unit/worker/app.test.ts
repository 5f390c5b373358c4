// The table of HTTP answers, row by row, up to the token.
import { describe, expect, test } from "vitest";
import { version } from "../../../src/worker/version.ts";
import { cfOf, noCertificate, productionFingerprint, startApp, statusIn } from "./support.ts";

const maxBytes = 256 * 1024;

/** A body that counts how often it is asked for more, 64 KiB each time; it ends after 8 MB. */
function countedBody() {
  const counts = { pulls: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        counts.pulls += 1;
        if (counts.pulls > 128) controller.close();
        else controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
      cancel() {
        counts.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { counts, init: { method: "POST", body, duplex: "half" } as const };
}

describe("GET /healthz", () => {
  test("says that it is well and which version, without a certificate and whatever the configuration is", async () => {
    const { send } = startApp({ env: {} });
    const response = await send("/healthz", {}, null);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ status: "ok", version });
  });

  test("answers HEAD like GET, without the body", async () => {
    const response = await startApp().send("/healthz", { method: "HEAD" }, null);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("answers %s with 405", async (method) => {
    const response = await startApp().send("/healthz", { method }, null);
    expect(response.headers.get("allow")).toBe("GET, HEAD");
    expect(await statusIn(response)).toMatchObject({ code: 405, reason: "MethodNotAllowed" });
  });
});

describe("path and method come before the certificate", () => {
  test.each([
    "/",
    "/authenticate/",
    "/Authenticate",
    "/authenticate/prod",
    "/authenticatex",
    "/healthz/",
    "/x//authenticate",
    "/cdn-cgi/trace",
  ])("%s is not there, and leads nowhere else", async (path) => {
    for (const method of ["GET", "POST", "DELETE"]) {
      const response = await startApp().send(path, { method }, noCertificate);
      expect(response.headers.has("location")).toBe(false);
      expect(await statusIn(response)).toMatchObject({ code: 404, reason: "NotFound" });
    }
    expect((await startApp().send(path, { method: "HEAD" }, noCertificate)).status).toBe(404);
  });

  test.each(["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])(
    "%s /authenticate is not allowed",
    async (method) => {
      const response = await startApp().send("/authenticate", { method }, noCertificate);
      expect(response.headers.get("allow")).toBe("POST");
      expect(await statusIn(response)).toMatchObject({ code: 405, reason: "MethodNotAllowed" });
    },
  );

  test("HEAD /authenticate neither", async () => {
    const response = await startApp().send("/authenticate", { method: "HEAD" }, noCertificate);
    expect([response.status, response.headers.get("allow"), await response.text()]).toEqual([405, "POST", ""]);
  });

  test("a query changes nothing: kube-apiserver sends one", async () => {
    const response = await startApp().send("/authenticate?timeout=30s", { method: "POST", body: "{}" });
    expect(response.status).toBe(400);
  });
});

describe("the certificate comes before the body", () => {
  test.each([
    ["no cf", undefined],
    ["no certificate", noCertificate],
    ["an unverified one", cfOf({ certVerified: "FAILED" })],
    ["a revoked one", cfOf({ certRevoked: "1" })],
    ["one of no cluster", cfOf({ certFingerprintSHA256: "d4".repeat(32) })],
  ])("%s is refused with the body unread", async (_, cf) => {
    const { send, errors, lines } = startApp();
    const { counts, init } = countedBody();
    const response = await send("/authenticate", init, cf ?? null);
    expect(await statusIn(response)).toMatchObject({ code: 403, reason: "Forbidden" });
    expect(counts.pulls).toBe(0);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/^refused a caller: /);
    expect(lines).toEqual([]);
  });

  test("the message holds the fingerprint, ready to paste", async () => {
    const fingerprint = "d4".repeat(32);
    const response = await startApp().send(
      "/authenticate",
      { method: "POST" },
      cfOf({ certFingerprintSHA256: fingerprint }),
    );
    expect((await statusIn(response)).message).toContain(fingerprint);
  });

  test("a header cannot stand for the certificate", async () => {
    const blob = JSON.stringify(cfOf());
    const headers = { "MF-CF-Blob": blob, "Cf-Client-Cert-Sha256": productionFingerprint, "X-Client-Cert": blob };
    const response = await startApp().send("/authenticate", { method: "POST", body: "{}", headers }, null);
    expect(response.status).toBe(403);
  });
});

describe("the body", () => {
  test.each([
    ["", "body"],
    ["[", "body"],
    ["null", "body"],
    ["{}", "apiVersion"],
    ['{"apiVersion":"authentication.k8s.io/v1"}', "kind"],
    ['{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview"}', "spec"],
    ['{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{}}', "spec.token"],
    ['{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":""}}', "spec.token"],
  ])("%j is refused by the field's name", async (body, field) => {
    const { send, lines } = startApp();
    const status = await statusIn(await send("/authenticate", { method: "POST", body }));
    expect(status).toMatchObject({ code: 400, reason: "BadRequest" });
    expect(status.message.split(": ")[0]).toBe(field);
    expect(lines).toEqual([]);
  });

  test("none at all is no JSON", async () => {
    expect((await statusIn(await startApp().send("/authenticate", { method: "POST" }))).code).toBe(400);
  });

  test("one that breaks off is refused", async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    const response = await startApp().send("/authenticate", { method: "POST", body, duplex: "half" });
    expect(await statusIn(response)).toMatchObject({ code: 400, message: "body: ended early" });
  });

  test("one that declares more than the limit is not read", async () => {
    const { counts, init } = countedBody();
    const response = await startApp().send("/authenticate", {
      ...init,
      headers: { "content-length": String(maxBytes + 1) },
    });
    expect(await statusIn(response)).toMatchObject({ code: 413, reason: "RequestEntityTooLarge" });
    expect(counts).toEqual({ pulls: 0, cancelled: true });
  });

  test("one that streams more than the limit is read no further", async () => {
    const { counts, init } = countedBody();
    const response = await startApp().send("/authenticate", init);
    expect((await statusIn(response)).code).toBe(413);
    expect(counts).toEqual({ pulls: 5, cancelled: true });
  });

  test("one of exactly the limit is taken", async () => {
    const body = (size: number) => {
      const text = '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"x"}}';
      return text.padEnd(size);
    };
    const { send } = startApp();
    expect((await send("/authenticate", { method: "POST", body: body(maxBytes) })).status).toBe(200);
    expect((await send("/authenticate", { method: "POST", body: body(maxBytes + 1) })).status).toBe(413);
  });
});
