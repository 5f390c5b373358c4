// What an answer is taken for.
// The Worker's refusals are made by the Worker's own code: should its causes change, this fails.
import { describe, expect, test } from "vitest";
import { edgeErrorMeanings } from "../../../../../src/cli/cloudflare/edge-errors.ts";
import { readAnswer } from "../../../../../src/cli/commands/doctor/reading.ts";
import type { HttpsResponse } from "../../../../../src/node/https.ts";
import { statusResponse } from "../../../../../src/worker/http/answers.ts";
import { identifyCaller } from "../../../../../src/worker/http/client-certificate.ts";
import { edgeErrorCases, edgeErrorForms, edgeErrorResponse } from "../../../../support/edge-errors.ts";

const fingerprint = "a1".repeat(32);
const clusters = [
  { name: "production", fingerprints: ["b2".repeat(32)], policy: { ok: false, problems: [] } },
] as const;

async function refusalOf(cf: unknown) {
  const caller = identifyCaller(cf, clusters, 0);
  if (caller.kind !== "refused") throw new Error("the Worker refuses this caller");
  const response = statusResponse(403, caller.message, { cause: { reason: caller.refusal } });
  const headers = Object.fromEntries(response.headers);
  return readAnswer({ kind: "answered", status: response.status, headers, body: await response.text(), durationMs: 1 });
}

function clientAuth(changes: Record<string, string>) {
  const verified = { certPresented: "1", certVerified: "SUCCESS", certRevoked: "0", certNotAfter: "" };
  return { tlsClientAuth: { ...verified, certFingerprintSHA256: fingerprint, ...changes } };
}

function page(status: number, body: string, headers: Record<string, string> = {}) {
  return {
    kind: "answered" as const,
    status,
    headers: { "content-type": "text/html", ...headers },
    body,
    durationMs: 1,
  };
}

describe("the Worker's refusals are told apart", () => {
  test.each([
    ["no cf at all", undefined, "NotMutualTls"],
    ["no certificate", clientAuth({ certPresented: "0" }), "CertificateMissing"],
    ["no fingerprint", clientAuth({ certFingerprintSHA256: "" }), "CertificateMissing"],
    ["an expired one", clientAuth({ certVerified: "FAILED:certificate has expired" }), "CertificateNotVerified"],
    ["a revoked one", clientAuth({ certRevoked: "1" }), "CertificateRevoked"],
    ["a good one of no cluster", clientAuth({}), "CertificateNotListed"],
  ])("%s", async (_, cf, refusal) => {
    expect(await refusalOf(cf)).toMatchObject({ kind: "refused", refusal });
  });

  test("from a firewall's JSON in the same form", async () => {
    const response = statusResponse(403, "come with a client certificate");
    const answer = { kind: "answered", status: 403, headers: {}, body: await response.text(), durationMs: 1 } as const;
    expect(readAnswer(answer)).toMatchObject({ kind: "blocked" });
  });
});

describe.each(edgeErrorForms)("Cloudflare's own errors in %s are told by their code", (form) => {
  test.each(edgeErrorCases)("$code with status $status", (error) => {
    const reading = readAnswer(edgeErrorResponse(error, form));
    expect(reading).toMatchObject({
      kind: "edge_error",
      cause: { code: error.code, problem: expect.stringMatching(error.said) },
    });
    expect(reading).toMatchObject({ seen: expect.stringContaining(`error code ${error.code}`) });
  });

  test("1020 is a block: the firewall rule, as far as can be seen", () => {
    const blocked = { status: 403, code: 1020, title: "Access denied" };
    expect(readAnswer(edgeErrorResponse(blocked, form))).toMatchObject({ kind: "blocked" });
  });
});

test("each code that has words of its own is among these", () => {
  const tried = new Set([1020, ...edgeErrorCases.map(({ code }) => code)]);
  expect([...edgeErrorMeanings.keys()].filter((code) => !tried.has(code))).toEqual([]);
});

test.each([502, 403, 429])(
  "an error in the Worker's own JSON with status %i is not taken for Cloudflare's",
  (status) => {
    const body = JSON.stringify({ kind: "Status", message: "GitHub answered with error 502, error code 1027" });
    const reading = readAnswer({ kind: "answered", status, headers: {}, body, durationMs: 1 });
    expect(reading.kind).toBe(status === 403 ? "blocked" : "json");
  },
);

describe("what the edge answers in the Worker's place", () => {
  test.each<[string, HttpsResponse, string]>([
    ["a challenge", page(403, "", { "cf-mitigated": "challenge" }), "challenge"],
    ["a block page", page(403, "Sorry, you have been blocked"), "blocked"],
    ["a redirect without a location", page(308, ""), "redirect"],
    ["an exception in a Worker", page(500, "error code: 1101"), "edge_error"],
    ["a missing page", page(404, "Not found"), "foreign"],
    ["no answer", { kind: "failed", why: "nothing listens there" }, "failed"],
  ])("%s", (_, answer, kind) => {
    expect(readAnswer(answer)).toMatchObject({ kind });
  });

  test("an error's code and the request's name are kept, for Cloudflare's support", () => {
    expect(readAnswer(page(530, "<span>Error</span> error code: 1016", { "cf-ray": "8f0e-FRA" }))).toEqual({
      kind: "edge_error",
      seen: "HTTP 530 with an HTML page, error code 1016 (cf-ray 8f0e-FRA)",
      cause: expect.objectContaining({ code: 1016 }),
    });
  });

  test.each(["[]", "null", '"text"', "{"])("a JSON that is no object is not from the Worker: %s", (body) => {
    expect(readAnswer({ ...page(200, body), headers: {} })).toMatchObject({ kind: "foreign" });
  });

  test("a page's line ends, controls and length stay out of what is printed", () => {
    const location = `https://acme.dev/${"x".repeat(1000)}`;
    const reading = readAnswer(page(302, "", { location: `\u001b[31m${location}\r\n\u202e` }));
    expect(reading).toEqual({ kind: "redirect", status: 302, location: expect.stringMatching(/^\[31mhttps:.*…$/) });
    expect(JSON.stringify(reading).length).toBeLessThan(300);
  });
});
