import { describe, expect, it } from "vitest";
import { innerHeaders, innerPath } from "../../../src/local/inner-request.ts";

describe("the path that the Worker sees", () => {
  it.each([
    ["/authenticate", "/authenticate"],
    ["/authenticate?timeout=30s", "/authenticate?timeout=30s"],
    ["/a/../authenticate", "/authenticate"],
    ["//example.com/x", "//example.com/x"],
    ["/\\example.com", "//example.com"],
    ["/%63dn-cgi/local", "/%63dn-cgi/local"],
    ["https://example.com/authenticate?a=b", "/authenticate?a=b"],
  ])("%s is %s", (requestTarget, path) => {
    expect(innerPath(requestTarget)).toBe(path);
  });

  it.each([
    "/cdn-cgi/local/platform-proxy",
    "/cdn-cgi",
    "/CDN-CGI/local/scheduled",
    "/x/../cdn-cgi/local/explorer",
    "/./cdn-cgi/local/explorer",
    "/%2e/cdn-cgi/local/explorer",
    "/\\..\\cdn-cgi/local/explorer",
    "/\tcdn-cgi/local/explorer",
    "https://example.com/cdn-cgi/local/explorer",
    "*",
    "",
    "example.com:443",
  ])("%j is not passed on", (requestTarget) => {
    expect(innerPath(requestTarget)).toBeNull();
  });
});

describe("the headers that the Worker sees", () => {
  const facts = {
    cf: { tlsClientAuth: { certSubjectDN: 'CN=プロ"d\n' } },
    origin: "https://edge",
    clientAddress: "127.0.0.1",
  };

  it("are a few of the client's and the edge's own", () => {
    const incoming = {
      accept: "application/json",
      "content-type": "application/json",
      "user-agent": "kube-apiserver",
      authorization: "Bearer secret",
      cookie: "a=b",
      host: "elsewhere",
      "accept-encoding": "gzip",
      "transfer-encoding": "chunked",
      "x-forwarded-proto": "http",
      "x-forwarded-for": "192.0.2.1",
      "cf-connecting-ip": "192.0.2.1",
      "cf-blob": "{}",
      "mf-cf-blob": "{}",
      "mf-original-url": "https://elsewhere/",
      "mf-route-override": "other",
      "mf-proxy-shared-secret": "guess",
    };
    const { "MF-CF-Blob": _blob, ...headers } = innerHeaders(incoming, "/authenticate", facts);
    expect(headers).toEqual({
      accept: "application/json",
      "content-type": "application/json",
      "user-agent": "kube-apiserver",
      "CF-Connecting-IP": "127.0.0.1",
      "MF-Original-URL": "https://edge/authenticate",
      "MF-Disable-Pretty-Error": "true",
    });
  });

  it("hold the edge's facts as JSON in ASCII, whatever stands in a certificate's names", () => {
    const blob = innerHeaders({}, "/", facts)["MF-CF-Blob"] ?? "";
    expect(blob).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(blob)).toEqual(facts.cf);
  });
});
