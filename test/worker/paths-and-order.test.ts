// Which path and method get which answer, and in which order a request is checked: path, method, certificate, body.
// What holds for every answer (no Retry-After, no redirect, a complete TokenReview or a Status) the harness checks on
// each of them.
import { afterEach, describe, expect, test } from "vitest";
import { version } from "../../src/worker/version.ts";
import { withoutCertificate } from "../support/client-auth.ts";
import { clusters } from "../support/people.ts";
import { useWorker } from "../support/worker-harness.ts";

const worker = useWorker({ clusters });

/** The largest body that is read. */
const maxBodyBytes = 256 * 1024;

afterEach(() => expect(worker().github.requests).toEqual([]));

describe("paths and methods", () => {
  test.each(["GET", "HEAD"])("%s /healthz says 200 without a certificate", async (method) => {
    const { status, body } = await worker().fetch("/healthz", { method });
    expect(status).toBe(200);
    if (method === "GET") expect(JSON.parse(body)).toEqual({ status: "ok", version });
  });

  test.each([
    ["POST", "/healthz", "GET, HEAD"],
    ["DELETE", "/healthz", "GET, HEAD"],
    ["GET", "/authenticate", "POST"],
    ["HEAD", "/authenticate", "POST"],
    ["PUT", "/authenticate", "POST"],
    ["PATCH", "/authenticate?timeout=30s", "POST"],
    ["DELETE", "/authenticate", "POST"],
    ["OPTIONS", "/authenticate", "POST"],
  ])("%s %s is answered with 405 and what is allowed instead", async (method, path, allow) => {
    const { status, headers } = await worker().fetch(path, { method });
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe(allow);
  });

  test.each([
    ["GET", "/"],
    ["HEAD", "/"],
    ["POST", "/"],
    ["POST", "/authenticate/"],
    ["POST", "//authenticate"],
    ["POST", "/Authenticate"],
    ["POST", "/authenticate/production"],
    ["GET", "/healthz/"],
    ["GET", "/.env"],
  ])("%s %s is answered with 404", async (method, path) => {
    expect((await worker().fetch(path, { method })).status).toBe(404);
  });
});

describe("the order of the checks", () => {
  const unknownCertificate = () => ({ tlsClientAuth: withoutCertificate });

  test("the path counts before the method", async () => {
    expect((await worker().fetch("/nowhere", { method: "DELETE" })).status).toBe(404);
  });

  test("the method counts before the certificate", async () => {
    expect((await worker().fetch("/authenticate", { method: "PUT", cf: unknownCertificate() })).status).toBe(405);
  });

  test.each([
    ["no JSON", "no JSON"],
    ["too large", " ".repeat(maxBodyBytes + 1)],
  ])("the certificate counts before a body that is %s", async (_, body) => {
    const init = { method: "POST", body, cf: unknownCertificate() };
    expect((await worker().fetch("/authenticate", init)).status).toBe(403);
  });

  test("the body's size counts before its content", async () => {
    expect((await worker().post("x".repeat(maxBodyBytes + 1))).status).toBe(413);
  });

  test("the body counts before the cluster's configuration", async () => {
    expect((await worker().post("no JSON", { cluster: "broken" })).status).toBe(400);
  });
});
