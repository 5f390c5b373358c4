// Answers that a client gets from the edge: the Worker's, also an early one, or a clean failure where there is none.
import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { connect } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { authority, client, type EdgeAlone, startEdgeAlone } from "../../../support/edge-alone.ts";
import { freePort } from "../../../support/free-port.ts";

let edge: EdgeAlone;
beforeEach(async () => {
  edge = await startEdgeAlone();
});
afterEach(() => edge.close());

describe("a client gets", () => {
  const unavailable = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "ServiceUnavailable", code: 503 };

  async function expectUnavailable(): Promise<void> {
    const { status, headers, body } = await edge.call({ method: "POST", headers: ["Content-Length", "2"], body: "{}" });
    expect(status).toBe(503);
    expect(headers["content-type"]).toBe("application/json");
    expect(headers["retry-after"]).toBeUndefined();
    expect(JSON.parse(body)).toMatchObject(unavailable);
  }

  it("503 while the Worker is starting", () => expectUnavailable());

  it("503 where nothing listens", async () => {
    edge.passTo(await freePort());
    await expectUnavailable();
  });

  it("503 where the connection breaks before the answer", async () => {
    await edge.passToListener(createTcpServer((socket) => socket.once("data", () => socket.destroy())));
    await expectUnavailable();
  });

  it("503 where the answer breaks off", async () => {
    const half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    await edge.passToListener(createTcpServer((socket) => socket.once("data", () => socket.end(half))));
    await expectUnavailable();
  });

  it("503 in place of the runtime's own page for an exception", async () => {
    await edge.passToHttp((_incoming, response) => void response.writeHead(500).end("Error: at 127.0.0.1:40123"));
    await expectUnavailable();
  });

  it("any other answer as it is, without the headers that speak about the connection to the Worker", async () => {
    await edge.passToHttp((_incoming, response) => {
      response.writeHead(405, { Allow: "POST", "Keep-Alive": "timeout=77", Connection: "keep-alive" }).end("no");
    });
    const { status, headers, body } = await edge.call();
    expect({ status, allow: headers.allow, body }).toEqual({ status: 405, allow: "POST", body: "no" });
    expect(headers["keep-alive"]).not.toBe("timeout=77");
  });

  it("an answer to HEAD with its length and without its body", async () => {
    await edge.passToHttp((_incoming, response) => void response.writeHead(200, { "Content-Length": 33 }).end());
    const { headers, body } = await edge.call({ method: "HEAD" });
    expect({ length: headers["content-length"], body }).toEqual({ length: "33", body: "" });
  });

  it("an answer that came before the body was read, also when the connection is reset behind it", async () => {
    const early = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig";
    // Writes its answer and resets the connection at once, with most of the body unread.
    const listener = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.pause();
        socket.write(early, () => socket.resetAndDestroy());
      });
    });
    await edge.passToListener(listener);
    const statuses = new Map<number, number>();
    for (let index = 0; index < 30; index++) {
      const { status } = await edge.call({
        method: "POST",
        headers: ["Transfer-Encoding", "chunked"],
        body: " ".repeat(4_000_000),
      });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([[413, 30]]);
  });
});

it("a client that goes away ends its request to the Worker, too", async () => {
  let hasEnded: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    hasEnded = resolve;
  });
  const own = { cert: client.certificate, key: client.privateKey, ca: authority.certificate };
  const socket = connect({ host: "127.0.0.1", port: edge.port, ...own });
  socket.on("error", () => {});
  await edge.passToHttp((incoming) => {
    incoming.once("close", hasEnded);
    socket.destroy();
  });
  socket.write("POST / HTTP/1.1\r\nHost: edge\r\nContent-Length: 100\r\n\r\nhalf");
  await expect(ended).resolves.toBeUndefined();
});

it("close() ends connections that are in use", async () => {
  const listener = createTcpServer();
  await edge.passToListener(listener);
  const answer = edge.call();
  await Promise.all([expect(answer).rejects.toThrow(), once(listener, "connection").then(() => edge.close())]);
});
