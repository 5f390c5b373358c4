import { describe, expect, it } from "vitest";
import { upstreamHeaders, upstreamPath } from "../../../../src/local/edge/upstream.ts";

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
    expect(upstreamPath(requestTarget)).toBe(path);
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
    expect(upstreamPath(requestTarget)).toBeNull();
  });
});

it("the headers that the Worker sees are a few of the client's and the edge's own", () => {
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
  expect(upstreamHeaders(incoming, "127.0.0.1:8443", '{"tlsClientAuth":{}}')).toEqual({
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "kube-apiserver",
    Host: "127.0.0.1:8443",
    "MF-CF-Blob": '{"tlsClientAuth":{}}',
  });
});
