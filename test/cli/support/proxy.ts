// An HTTP proxy on this machine. It passes TLS on as it is, or opens it with an authority of its own.
import { once } from "node:events";
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import { type AddressInfo, connect, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { Identity } from "../../../src/local/certificates.ts";
import { serverCertificate } from "../cloudflare/sign.ts";

export interface HttpProxy {
  readonly url: string;
  /** What it was asked for: CONNECT lines with the credentials, and requests that it could read. */
  readonly asked: string[];
  /** Names and ports that only the proxy knows, and the addresses on this machine where they are. */
  routes: Readonly<Record<string, string>>;
  close(): void;
}

/** @param authority opens TLS with certificates of this one, and reads what passes; null: it cannot read it */
export async function startProxy(
  routes: Readonly<Record<string, string>>,
  authority: Identity | null = null,
): Promise<HttpProxy> {
  const sockets = new Set<Socket>();
  const proxy = createServer((incoming, response) => {
    running.asked.push(`${incoming.method} ${incoming.url}`);
    response.writeHead(403).end();
  });
  proxy.on("connect", async (incoming: IncomingMessage, socket: Socket) => {
    sockets.add(socket);
    const address = incoming.url ?? "";
    running.asked.push(`CONNECT ${address} ${incoming.headers["proxy-authorization"] ?? "-"}`);
    const target = running.routes[address];
    if (target === undefined) {
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    socket.on("error", () => socket.destroy());
    const established = "HTTP/1.1 200 Connection established\r\n\r\n";
    if (authority !== null) {
      socket.write(established);
      await open(socket, address.split(":")[0] ?? "", target, authority);
      return;
    }
    const upstream = connect(Number(new URL(target).port), "127.0.0.1", () => {
      socket.write(established);
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    sockets.add(upstream);
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  // A TCP listener's address is an object.
  const { port } = proxy.address() as AddressInfo;

  /** Ends TLS here, and begins it anew: without a client certificate, whose key only the client has. */
  async function open(socket: Socket, hostname: string, target: string, by: Identity): Promise<void> {
    const { certificate, privateKey } = await serverCertificate(by, hostname);
    const opened = createServer((incoming: IncomingMessage, response: ServerResponse) => {
      running.asked.push(`${incoming.method} https://${hostname}${incoming.url}`);
      const { method, url: path, headers } = incoming;
      const send = target.startsWith("https:") ? requestHttps : requestHttp;
      const how = { method, headers, servername: hostname, rejectUnauthorized: false, agent: false };
      const outgoing = send(new URL(path ?? "", target), how, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      outgoing.on("error", () => response.destroy());
      incoming.pipe(outgoing);
    });
    const secured = new TLSSocket(socket, { isServer: true, cert: certificate, key: privateKey });
    secured.on("error", () => socket.destroy());
    opened.emit("connection", secured);
  }

  const running: HttpProxy = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    routes,
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
  return running;
}
