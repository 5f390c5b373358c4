// Callers of the Worker through the local edge, with real certificates on real connections.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Identity,
  issueCertificate,
  makeAuthority,
  type Purpose,
  type Validity,
} from "../../../src/local/certificates.ts";
import { fingerprintOf } from "../../../src/node/certificates.ts";
import {
  type ClientIdentity,
  call,
  callHttp2,
  identityOf,
  sampleTokenOf,
  tokenReview,
} from "../../support/edge-client.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { until } from "../../support/until.ts";

let edge: LocalEdge;
let authority: Identity;
beforeAll(async () => {
  edge = await startLocalEdge();
  const read = (name: string) => readFile(join(edge.stateDir, name), "utf8");
  authority = { certificate: await read("ca.crt"), privateKey: await read("edge/ca.key") };
});
afterAll(() => edge.stop());

const day = 24 * 60 * 60 * 1000;
const from = (startDays: number, endDays: number) => ({
  notBefore: new Date(Date.now() + startDays * day),
  notAfter: new Date(Date.now() + endDays * day),
});
/** A certificate of the edge's own authority, unless another one is named. */
async function issued(purpose: Purpose, validity: Validity, { issuer = authority, name = "local" } = {}) {
  const { certificate, privateKey } = await issueCertificate(issuer, name, purpose, validity);
  return { cert: certificate, key: privateKey } satisfies ClientIdentity;
}
const body = tokenReview("not a GitHub token");

describe.each([
  ["HTTP/1.1", call],
  ["HTTP/2", callHttp2],
])("over %s", (_protocol, send) => {
  it("the cluster's own certificate gets an answer", async () => {
    const reply = await send(edge, { body });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toMatchObject({ kind: "TokenReview", status: { authenticated: false } });
  });

  it("healthz answers without a certificate", async () => {
    expect((await send(edge, { path: "/healthz", method: "GET", identity: null })).status).toBe(200);
  });

  it("readyz answers the cluster's own certificate", async () => {
    const { status, body } = await send(edge, { path: "/readyz", method: "GET" });
    expect([status, JSON.parse(body)]).toMatchObject([200, { status: "ready", cluster: "local" }]);
  });

  it("readyz answers no other caller", async () => {
    expect((await send(edge, { path: "/readyz", method: "GET", identity: null })).status).toBe(403);
  });

  it.each([
    ["none", async () => null, "no client certificate"],
    [
      "of another authority",
      async () => issued("client", from(-1, 1), { issuer: await makeAuthority(from(-1, 1)) }),
      "FAILED",
    ],
    ["that has expired", () => issued("client", from(-2, -1)), "has expired"],
    ["that is not valid yet", () => issued("client", from(1, 2)), "not yet valid"],
    ["for servers", () => issued("server", from(-1, 1)), "FAILED"],
    ["of no cluster", () => issued("client", from(-1, 1)), "belongs to no cluster"],
    ["with a huge name", () => issued("client", from(-1, 1), { name: "名".repeat(9000) }), "no cluster"],
  ])("a certificate %s gets through the handshake and is refused by the Worker", async (_which, identity, why) => {
    const own = await identity();
    const reply = await send(edge, { body, identity: own });
    expect(reply.status).toBe(403);
    // The Worker's Status.
    const { message } = JSON.parse(reply.body) as { message: string };
    expect(message).toContain(why);
    if (own !== null) expect(message).toContain(fingerprintOf(own.cert));
  });
});

describe("a client that forges what the edge says about a certificate", () => {
  const names = ["MF-CF-Blob", "mf-cf-blob", "MF-CF-BLOB", "Mf-Cf-Blob", "CF-Blob", "cf-blob"];

  function forgedBlob(): string {
    const certFingerprintSHA256 = fingerprintOf(identityOf(edge).cert);
    const claimed = { certPresented: "1", certVerified: "SUCCESS", certRevoked: "0", certFingerprintSHA256 };
    return JSON.stringify({ tlsClientAuth: { ...claimed, certNotAfter: "Dec 22 19:39:00 2099 GMT" } });
  }

  it.each(names)("by the header %s is refused", async (name) => {
    const headers = { [name]: forgedBlob() };
    expect((await call(edge, { body, identity: null, headers })).status).toBe(403);
    const lowerCase = { [name.toLowerCase()]: forgedBlob() };
    expect((await callHttp2(edge, { body, identity: null, headers: lowerCase })).status).toBe(403);
  });

  it("by repeating the header is refused", async () => {
    const headers = { "MF-CF-Blob": [forgedBlob(), forgedBlob(), forgedBlob()] };
    expect((await call(edge, { body, identity: null, headers })).status).toBe(403);
  });

  it("by every header at once is refused, also with a certificate of no cluster", async () => {
    const headers = Object.fromEntries(names.map((name) => [name, forgedBlob()]));
    const identity = await issued("client", from(-1, 1));
    expect((await call(edge, { body, identity, headers })).status).toBe(403);
  });

  it.each([
    ["MF-Original-URL", "https://elsewhere/healthz"],
    ["MF-Route-Override", "other"],
    ["MF-Proxy-Shared-Secret", "guess"],
    ["X-Forwarded-Proto", "http"],
    ["Host", "elsewhere"],
  ])("cannot steer the runtime by %s either", async (name, value) => {
    const reply = await call(edge, { body, headers: { [name]: value } });
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toMatchObject({ kind: "TokenReview" });
  });
});

it("the runtime's own controls are out of reach", async () => {
  for (const path of [
    "/cdn-cgi/local/platform-proxy",
    "/cdn-cgi/local/explorer/api",
    "/x/../cdn-cgi/local/scheduled",
  ]) {
    expect((await call(edge, { path })).status).toBe(404);
  }
});

it("no answer tells what the edge talks to", async () => {
  for (const path of ["/authenticate", "/healthz", "/", "/cdn-cgi/local/explorer"]) {
    const { headers, body: text } = await call(edge, { path, identity: null });
    const told = JSON.stringify(headers) + text;
    expect(told).not.toMatch(/127\.0\.0\.1|localhost|workerd|miniflare|mf-/i);
  }
});

it("each review is one line of JSON on stdout, and nothing else begins like one", async () => {
  const token = sampleTokenOf(edge, "admitted");
  const before = edge.decisions().length;
  expect((await call(edge, { body: tokenReview(token) })).status).toBe(200);
  await until(() => edge.decisions().length > before, 5000, "a decision");
  expect(edge.decisions().slice(before)).toEqual([
    expect.objectContaining({ cluster: "local", verdict: "authenticated", certificateDaysLeft: 364 }),
  ]);
});
