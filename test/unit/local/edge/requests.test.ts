// Requests as they reach the Worker through the edge, and what the edge says about the client's certificate.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { Agent } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import { type ConnectionOptions, connect, TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Identity, issueCertificate, makeAuthority, type Purpose } from "../../../../src/local/certificates.ts";
import type { TlsClientAuth } from "../../../../src/local/edge/server.ts";
import { fingerprintOf } from "../../../../src/node/certificates.ts";
import {
  authority,
  type Call,
  client,
  day,
  type EdgeAlone,
  startEdgeAlone,
  validity,
} from "../../../support/edge-alone.ts";

const otherClient = await issueCertificate(authority, "second", "client", validity);

let edge: EdgeAlone;
beforeEach(async () => {
  edge = await startEdgeAlone();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await edge.close();
});

/** Answers with what it got: its headers as they came, and `cf`. */
function echo(incoming: IncomingMessage, response: ServerResponse): void {
  const cf: unknown = JSON.parse(String(incoming.headers["mf-cf-blob"]));
  const { url, method, rawHeaders } = incoming;
  response.end(JSON.stringify({ url, method, rawHeaders, cf }));
}

interface Echo {
  readonly url: string;
  readonly method: string;
  readonly rawHeaders: string[];
  readonly cf: { readonly tlsClientAuth: TlsClientAuth };
}

// What `echo` wrote.
const callEcho = async (options: Call = {}) => JSON.parse((await edge.call(options)).body) as Echo;

describe("what reaches the Worker", () => {
  it("is method, address and certificate, and none of the headers that claim another, in any spelling or number", async () => {
    await edge.passToHttp(echo);
    const forged = JSON.stringify({ tlsClientAuth: { certPresented: "1", certVerified: "SUCCESS", certRevoked: "0" } });
    const names = ["MF-CF-Blob", "mf-cf-blob", "Mf-Cf-BLOB", "CF-Blob", "cf-blob"];
    const others = [
      "MF-Original-URL",
      "MF-Route-Override",
      "MF-Proxy-Shared-Secret",
      "CF-Connecting-IP",
      "X-Forwarded-Proto",
    ];
    const headers = [
      ...names.flatMap((name) => [name, forged]),
      ...others.flatMap((name) => [name, "https://elsewhere"]),
    ];
    const seen = await callEcho({ path: "/authenticate?a=b", identity: null, headers });
    expect(seen).toMatchObject({ url: `https://127.0.0.1:${edge.port}/authenticate?a=b`, method: "GET" });
    expect(seen.cf.tlsClientAuth).toMatchObject({ certPresented: "0", certVerified: "NONE" });
    const received = seen.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(received.toSorted()).toEqual(["connection", "host", "mf-cf-blob"]);
    expect(seen.rawHeaders.join("\n")).not.toContain("elsewhere");
  });

  it("is what the handshake found about the certificate", async () => {
    await edge.passToHttp(echo);
    const unknown = await issueCertificate(await makeAuthority(validity), "first", "client", validity);
    const expired = { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) };
    const early = { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) };
    const verified = async (identity: Identity | null) => (await callEcho({ identity })).cf.tlsClientAuth.certVerified;
    const issued = (purpose: Purpose, when = validity) => issueCertificate(authority, "name", purpose, when);
    expect(await verified(client)).toBe("SUCCESS");
    expect(await verified(null)).toBe("NONE");
    expect(await verified(unknown)).toMatch(/^FAILED:unable to /);
    expect(await verified(await issued("client", expired))).toBe("FAILED:certificate has expired");
    expect(await verified(await issued("client", early))).toBe("FAILED:certificate is not yet valid");
    expect(await verified(await issued("server"))).toBe("FAILED");
  });

  it("is also a certificate with a huge name in other scripts", async () => {
    await edge.passToHttp(echo);
    const name = "日本\n".repeat(3000);
    const { cf } = await callEcho({ identity: await issueCertificate(authority, name, "client", validity) });
    expect(cf.tlsClientAuth).toMatchObject({ certVerified: "SUCCESS" });
  });

  it("is each connection's own certificate", async () => {
    await edge.passToHttp(echo);
    const seenOf = async (identity: Identity) =>
      (await callEcho({ identity, agent })).cf.tlsClientAuth.certFingerprintSHA256;
    // One agent keeps connections and TLS sessions, as a client with two identities might.
    const agent = new Agent({ keepAlive: true });
    const seen = [];
    for (const identity of [client, otherClient, client, otherClient]) seen.push(await seenOf(identity));
    agent.destroy();
    const [first, second] = [client, otherClient].map(({ certificate }) => fingerprintOf(certificate));
    expect(first).not.toBe(second);
    expect(seen).toEqual([first, second, first, second]);
  });

  it("is each HTTP/2 connection's own certificate, for each of its requests", async () => {
    await edge.passToHttp(echo);
    const sessions = [client, otherClient].map(connect2);
    const seen = [];
    for (const session of [...sessions, ...sessions]) seen.push((await requestEcho(session)).cf);
    for (const session of sessions) session.destroy();
    const fingerprints = [client, otherClient].map(({ certificate }) => fingerprintOf(certificate));
    expect(seen.map(({ tlsClientAuth }) => tlsClientAuth.certFingerprintSHA256)).toEqual([
      ...fingerprints,
      ...fingerprints,
    ]);
  });

  it.each([
    ["HTTP/1.1", () => requestsOverHttp1(3)],
    ["HTTP/2", () => requestsOverHttp2(3)],
  ])("comes with a certificate that is parsed once a connection, over %s", async (_protocol, makeRequests) => {
    await edge.passToHttp(echo);
    const parse = vi.spyOn(TLSSocket.prototype, "getPeerX509Certificate");
    await makeRequests();
    expect(parse).toHaveBeenCalledTimes(1);
  });

  it("is never a path that Cloudflare reserves for itself", async () => {
    await edge.passToHttp(echo);
    for (const path of ["/cdn-cgi/local/platform-proxy", "/x/../cdn-cgi/local/explorer", "/CDN-CGI/x"]) {
      const { status, body } = await edge.call({ path });
      expect(status).toBe(404);
      expect(JSON.parse(body)).toMatchObject({ kind: "Status", reason: "NotFound" });
    }
  });

  it("is the body, as long as it is", async () => {
    await edge.passToHttp((incoming, response) => incoming.pipe(response));
    const body = "x".repeat(200_000);
    expect((await edge.call({ method: "POST", headers: ["Content-Length", "200000"], body })).body).toBe(body);
    expect((await edge.call({ method: "POST", headers: ["Transfer-Encoding", "chunked"], body })).body).toBe(body);
    expect((await edge.call({ method: "POST" })).body).toBe("");
  });

  it("comes over HTTP/2 in the same way", async () => {
    await edge.passToHttp(echo);
    const session = connect2(client);
    const seen = await requestEcho(session, { "mf-cf-blob": "{}", "cf-connecting-ip": "192.0.2.1" });
    session.destroy();
    expect(seen.cf.tlsClientAuth.certFingerprintSHA256).toBe(fingerprintOf(client.certificate));
    expect(seen.rawHeaders).not.toContain("192.0.2.1");
  });

  it("is a small request in one piece, head and body", async () => {
    const pieces: string[] = [];
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    await edge.passToListener(
      createTcpServer((socket) =>
        socket.on("data", (piece) => {
          pieces.push(piece.toString());
          socket.write(answer);
        }),
      ),
    );
    expect(await edge.call({ method: "POST", headers: ["Content-Length", "5"], body: "small" })).toMatchObject({
      body: "ok",
    });
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toMatch(/^POST .*\r\n\r\nsmall$/s);
  });
});

async function requestsOverHttp1(count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let request = 0; request < count; request += 1) await callEcho({ agent });
  agent.destroy();
}

async function requestsOverHttp2(count: number): Promise<void> {
  const session = connect2(client);
  for (let request = 0; request < count; request += 1) await requestEcho(session);
  session.destroy();
}

function connect2({ certificate, privateKey }: Identity): ClientHttp2Session {
  const own = { cert: certificate, key: privateKey, ca: authority.certificate };
  return connectHttp2(`https://127.0.0.1:${edge.port}`, own);
}

async function requestEcho(session: ClientHttp2Session, headers: Record<string, string> = {}): Promise<Echo> {
  const chunks = session.request({ ":path": "/authenticate", ...headers });
  // What `echo` wrote.
  return JSON.parse(await text(chunks)) as Echo;
}

describe("the handshake", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "resumes no %s session: what it says about the certificate would be of another time",
    async (version) => {
      await edge.passToHttp(echo);
      const own = { cert: client.certificate, key: client.privateKey, ca: authority.certificate };
      const options = { host: "127.0.0.1", port: edge.port, ...own, minVersion: version, maxVersion: version };
      const first = await talk(options);
      const session = first.getSession();
      first.destroy();
      if (session === undefined) throw new Error("a connection has a session");
      const second = await talk({ ...options, session });
      expect(second.isSessionReused()).toBe(false);
      second.destroy();
    },
  );

  it("refuses TLS 1.1", async () => {
    const socket = connect({
      host: "127.0.0.1",
      port: edge.port,
      ca: authority.certificate,
      minVersion: "TLSv1.1",
      maxVersion: "TLSv1.1",
    });
    await expect(once(socket, "secureConnect")).rejects.toThrow();
  });

  /** Makes a request, so that what comes after the handshake has come, too. */
  async function talk(options: ConnectionOptions): Promise<TLSSocket> {
    const socket = connect(options);
    socket.write("GET / HTTP/1.1\r\nHost: edge\r\n\r\n");
    await once(socket, "data");
    return socket;
  }
});
