// The table of Cloudflare's published operations holds the stand-in and the command: what it would find.
import { expect, test } from "vitest";
import { ok } from "./cloudflare/answer.ts";
import { apiErrors } from "./cloudflare/errors.ts";
import { published, violationsOfAnswer, violationsOfCall } from "./cloudflare/published/validate.ts";

const zone = "/zones/0123456789abcdef0123456789abcdef";
const call = (line: string, body: Record<string, unknown> = {}) => {
  const [method = "", address = ""] = line.split(" ");
  const [path = "", query] = address.split("?");
  return { method, path, query: new URLSearchParams(query), body };
};

test("the table says where it comes from, in which version and under which licence", () => {
  expect(published.source).toEqual({
    package: "@distilled.cloud/cloudflare",
    version: "0.30.3",
    license: "Apache-2.0",
  });
  expect(Object.keys(published.operations)).toHaveLength(24);
});

test.each([
  ["a path that does not exist", call(`GET ${zone}/client_certificate`)],
  ["a method that the path has not", call(`PUT ${zone}/client_certificates`)],
  ["a query parameter of another name", call(`GET ${zone}/client_certificates?per-page=50`)],
  ["a query parameter of another type", call(`GET ${zone}/client_certificates?per_page=many`)],
  ["a value that is not in an enumeration", call(`GET ${zone}/client_certificates?status=every`)],
  ["a field of the body of another name", call(`POST ${zone}/client_certificates`, { csr: "", validityDays: 1 })],
  ["a missing field of the body", call(`POST ${zone}/client_certificates`, { csr: "" })],
  ["a body where none is taken", call(`DELETE ${zone}/client_certificates/1`, { force: true })],
])("%s is found in a request", (_, wrong) => {
  expect(violationsOfCall(wrong)).not.toEqual([]);
});

test.each([
  ["a field that Cloudflare does not send", ok({ hostnames: [], count: 0 })],
  ["a value of another type", ok({ hostnames: "auth.acme.dev" })],
  ["an answer without the envelope", { status: 200, body: { hostnames: [] } }],
  [
    "an error that Cloudflare was never seen to give",
    { status: 400, body: { success: false, errors: [{ code: 1, message: "no" }], result: null } },
  ],
])("%s is found in an answer", (_, wrong) => {
  const asked = call(`GET ${zone}/certificate_authorities/hostname_associations`);
  expect(violationsOfAnswer(asked, wrong)).not.toEqual([]);
  expect(violationsOfAnswer(asked, ok({ hostnames: null }))).toEqual([]);
});

test("every error of the stand-in has a source, and the codes of the table's own errors agree with it", () => {
  for (const { source } of Object.values(apiErrors)) expect(source).not.toBe("");
  const recorded = JSON.stringify(Object.values(published.operations).map(({ errors }) => errors));
  for (const { code } of [apiErrors.certificateUnknown, apiErrors.certificateRevoked, apiErrors.domainUnknown]) {
    expect(recorded).toContain(`"code":${code}`);
  }
});
