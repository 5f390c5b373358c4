// What reaches the Worker through the edge, and what the edge says about the connection it came over.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { Agent } from "node:https";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Identity, issueCertificate, makeAuthority, type Purpose } from "../../../src/local/certificates/issue.ts";
import type { TlsClientAuth } from "../../../src/local/tls-client-auth.ts";
import {
  authority,
  type Call,
  client,
  day,
  type EdgeAlone,
  startEdgeAlone,
  validity,
} from "../../support/edge-alone.ts";

const otherClient = await issueCertificate(authority, "second", "client", validity);

let edge: EdgeAlone;
beforeEach(async () => {
  edge = await startEdgeAlone();
});
afterEach(() => edge.close());

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
  readonly cf: { readonly httpProtocol: string; readonly tlsClientAuth: TlsClientAuth };
}

// What `echo` wrote.
const callEcho = async (options: Call = {}) => JSON.parse((await edge.call(options)).body) as Echo;

describe("what reaches the Worker", () => {
  it("is method, path and who is calling, and nothing that says so otherwise, in any spelling or number", async () => {
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
    expect(seen).toMatchObject({ url: "/authenticate?a=b", method: "GET" });
    expect(seen.cf.tlsClientAuth).toMatchObject({ certPresented: "0", certVerified: "NONE" });
    const received = seen.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(received.toSorted()).toEqual([
      "cf-connecting-ip",
      "connection",
      "host",
      "mf-cf-blob",
      "mf-disable-pretty-error",
      "mf-original-url",
    ]);
    expect(seen.rawHeaders.join("\n")).not.toContain("elsewhere");
  });

  it("is the certificate's own verdict", async () => {
    await edge.passToHttp(echo);
    const stranger = await issueCertificate(await makeAuthority(validity), "first", "client", validity);
    const expired = { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) };
    const early = { notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) };
    const verdict = async (identity: Identity | null) => (await callEcho({ identity })).cf.tlsClientAuth.certVerified;
    const issued = (purpose: Purpose, when = validity) => issueCertificate(authority, "name", purpose, when);
    expect(await verdict(client)).toBe("SUCCESS");
    expect(await verdict(null)).toBe("NONE");
    expect(await verdict(stranger)).toMatch(/^FAILED:unable to /);
    expect(await verdict(await issued("client", expired))).toBe("FAILED:certificate has expired");
    expect(await verdict(await issued("client", early))).toBe("FAILED:certificate is not yet valid");
    expect(await verdict(await issued("server"))).toBe("FAILED");
  });

  it("is also a certificate with a huge name in other scripts", async () => {
    await edge.passToHttp(echo);
    const name = "日本\n".repeat(3000);
    const { cf } = await callEcho({ identity: await issueCertificate(authority, name, "client", validity) });
    expect(cf.tlsClientAuth).toMatchObject({ certVerified: "SUCCESS", certRFC9440TooLarge: true });
    expect(cf.tlsClientAuth.certSubjectDN).toContain("日本");
  });

  it("is each connection's own certificate", async () => {
    await edge.passToHttp(echo);
    const subjectOf = async (identity: Identity, agent: Agent) =>
      (await callEcho({ identity, agent })).cf.tlsClientAuth.certSubjectDN;
    // One agent keeps connections and TLS sessions, as a client with two identities might.
    const agent = new Agent({ keepAlive: true });
    const subjects = [];
    for (const identity of [client, otherClient, client, otherClient]) subjects.push(await subjectOf(identity, agent));
    agent.destroy();
    expect(subjects).toEqual(["CN=first", "CN=second", "CN=first", "CN=second"]);
  });

  it("is never Cloudflare's own paths, behind which Miniflare has its controls", async () => {
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
    const own = { cert: client.certificate, key: client.privateKey, ca: authority.certificate };
    const session = connectHttp2(`https://127.0.0.1:${edge.port}`, own);
    const stream = session.request({ ":path": "/authenticate", "mf-cf-blob": "{}", "cf-connecting-ip": "192.0.2.1" });
    let text = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    await once(stream, "end");
    session.destroy();
    // What `echo` wrote.
    const seen = JSON.parse(text) as Echo;
    expect(seen.cf).toMatchObject({ httpProtocol: "HTTP/2", tlsClientAuth: { certSubjectDN: "CN=first" } });
    expect(seen.rawHeaders).not.toContain("192.0.2.1");
  });
});

describe("the handshake", () => {
  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "resumes no %s session: its certificate would be one of another time",
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
