// All the places in a request where a token can stand, besides the one where it belongs.
import { type RawRequest, requestBytes } from "./raw-edge-call.ts";

export interface Carrier {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The client goes away in the middle. */
  readonly hangUp?: boolean;
}

/** @param token of any kind */
export function carriersOf(token: string): Carrier[] {
  return [
    ...Object.entries(bodiesWith(token)).map(([name, body]) => ({ name, bytes: requestBytes({ body }) })),
    ...Object.entries(requestsWith(token)).map(([name, request]) => ({ name, bytes: requestBytes(request) })),
    { name: "no HTTP at all", bytes: Buffer.from(`${token}\r\n\r\n`) },
    { name: "an HTTP version", bytes: Buffer.from(`GET / HTTP/${token}\r\n\r\n`) },
    {
      name: "a length",
      bytes: Buffer.from(`POST /authenticate HTTP/1.1\r\nHost: x\r\nContent-Length: ${token}\r\n\r\n`),
    },
    {
      name: "a transfer coding",
      bytes: Buffer.from(`POST /authenticate HTTP/1.1\r\nTransfer-Encoding: ${token}\r\n\r\n`),
    },
    { name: "half a request", bytes: requestBytes({ body: review(token) }).subarray(0, -8), hangUp: true },
  ];
}

const right = { kind: "TokenReview", apiVersion: "authentication.k8s.io/v1", spec: {} };

function review(token: unknown): string {
  return JSON.stringify({ ...right, spec: { token } });
}

function bodiesWith(token: string): Record<string, string | Uint8Array> {
  const escaped = [...token].map((character) => `\\u00${character.charCodeAt(0).toString(16)}`).join("");
  return {
    "no JSON": token,
    "JSON that is cut short": review(token).slice(0, -3),
    "JSON with a tail": `${review("x")}${token}`,
    "JSON with escapes": review("TOKEN").replace("TOKEN", escaped),
    "bytes that are no UTF-8": Buffer.concat([Buffer.from([0xff]), Buffer.from(token)]),
    "a string": JSON.stringify(token),
    "an array": JSON.stringify([token]),
    "the kind": JSON.stringify({ ...right, kind: token }),
    "the apiVersion": JSON.stringify({ ...right, apiVersion: token }),
    "the spec": JSON.stringify({ ...right, spec: token }),
    "a list as spec": JSON.stringify({ ...right, spec: [token] }),
    "a list as token": review([token]),
    "an object as token": review({ [token]: token }),
    "the name of a field": JSON.stringify({ ...right, [token]: 1 }),
    "a form": `token=${token}`,
    "a token and more": review(`${token}x`),
    "a blank before the token": review(` ${token}`),
    "the scheme before the token": review(`Bearer ${token}`),
    "two tokens": review(token + token),
    "a mistyped token": review(token.slice(0, -1) + (token.endsWith("x") ? "y" : "x")),
    "a token in base64": review(Buffer.from(token).toString("base64")),
    "a body over the limit": review(token) + token.repeat(8000),
  };
}

function requestsWith(token: string): Record<string, RawRequest> {
  const body = review(token);
  const cf = JSON.stringify({ tlsClientAuth: { certPresented: "1", certFingerprintSHA256: token } });
  return {
    "the path": { method: "GET", path: `/${token}` },
    "a path below": { path: `/authenticate/${token}`, body },
    "a path that leads upwards": { path: `/../${token}` },
    "a path with a wrong escape": { path: `/%zz${token}` },
    "a whole address as path": { path: `http://${token}.test/authenticate` },
    "a path of the runtime's own": { method: "GET", path: `/cdn-cgi/${token}` },
    "the query": { path: `/authenticate?token=${token}`, body },
    "the query of what is not there": { method: "GET", path: `/?${token}` },
    "the query of /healthz": { method: "GET", path: `/healthz?${token}` },
    "the method": { method: token },
    "another method": { method: "PUT", body },
    Authorization: { headers: [`Authorization: Bearer ${token}`], body },
    "Authorization without a body": { headers: [`Authorization: token ${token}`] },
    Cookie: { headers: [`Cookie: session=${token}`], body },
    "User-Agent": { headers: [`User-Agent: ${token}`], body },
    "Content-Type": { headers: [`Content-Type: ${token}`], body },
    "Content-Encoding": { headers: [`Content-Encoding: ${token}`], body },
    "If-None-Match": { headers: [`If-None-Match: "${token}"`], body },
    "a header's name": { headers: [`${token}: 1`], body },
    "a header that is none": { headers: [`x ${token}`], body },
    "a forged word on certificates": { headers: [`MF-CF-Blob: ${cf}`, `mf-original-url: https://${token}/`], body },
    "a header over the limit": { headers: [`X-Filler: ${token.repeat(4000)}`], body },
    Expect: { headers: [`Expect: ${token}`], body },
    Upgrade: { headers: [`Upgrade: ${token}`], body },
  };
}
