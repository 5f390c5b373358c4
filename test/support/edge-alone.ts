// The edge inside the test's own process, in front of a port that the test serves in place of the Worker.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { type Agent, request } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { type Identity, issueCertificate, makeAuthority } from "../../src/local/certificates.ts";
import { type EdgeOptions, startEdge } from "../../src/local/edge/server.ts";
import { freePort } from "./free-port.ts";

export const day = 24 * 60 * 60 * 1000;
export const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
export const authority = await makeAuthority(validity);
export const client = await issueCertificate(authority, "first", "client", validity);
const server = await issueCertificate(authority, "localhost", "server", validity);

export interface Call {
  readonly path?: string;
  readonly method?: string;
  /** Null: none. */
  readonly identity?: Identity | null;
  /** Names and values in turn. */
  readonly headers?: readonly string[];
  readonly agent?: Agent;
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface EdgeAlone {
  readonly port: number;
  /** Passes requests on to this port. */
  passTo(port: number): void;
  /** Starts a listener and passes requests on to it. */
  passToListener(listener: Server): Promise<void>;
  passToHttp(listener: RequestListener): Promise<void>;
  call(options?: Call): Promise<Reply>;
  close(): Promise<void>;
}

export async function startEdgeAlone(options: Pick<EdgeOptions, "maxWaitMs"> = {}): Promise<EdgeAlone> {
  const port = await freePort();
  const edge = await startEdge({ port, server, authorityCertificate: authority.certificate, ...options });
  const listeners: Server[] = [];
  const passToListener = async (listener: Server) => {
    listeners.push(listener);
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    // A TCP listener's address is an object.
    edge.passTo((listener.address() as AddressInfo).port);
  };
  return {
    port,
    passTo: (upstreamPort) => edge.passTo(upstreamPort),
    passToListener,
    // workerd takes larger heads than Node does by itself.
    passToHttp: (listener) => passToListener(createServer({ maxHeaderSize: 128 * 1024 }, listener)),
    call: (options = {}) => call(port, options),
    async close() {
      await edge.close();
      for (const listener of listeners) listener.close();
    },
  };
}

function call(port: number, options: Call): Promise<Reply> {
  const { path = "/", method = "GET", identity = client, headers = [], agent, body } = options;
  const own = identity === null ? {} : { cert: identity.certificate, key: identity.privateKey };
  const trusted = { ca: authority.certificate, ...own };
  const address = { host: "127.0.0.1", port, path, method };
  const rawHeaders = ["Host", "edge", ...headers];
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...address, ...trusted, agent: agent ?? false, headers: rawHeaders }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      response.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
