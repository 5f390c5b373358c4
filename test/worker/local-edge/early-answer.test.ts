// Answers that the Worker gives before it has read the body: they have to arrive, or kube-apiserver asks five times.
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { authorityOf, call, callHttp2, identityOf } from "../../support/edge-client.ts";
import { type LocalEdge, startLocalEdge } from "../../support/local-edge.ts";
import { until } from "../../support/until.ts";

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startLocalEdge();
});
afterAll(() => edge.stop());

const eightMegabytes = Buffer.alloc(8 * 1024 * 1024, " ");
const tries = 30;

describe.each([
  ["HTTP/1.1", call],
  ["HTTP/2", callHttp2],
])("over %s", (_protocol, send) => {
  it.each([
    ["with Content-Length", false],
    ["without Content-Length", true],
  ])("a body of 8 MB gets its 413 each of 30 times, %s", async (_how, chunked) => {
    const statuses = [];
    for (let index = 0; index < tries; index++) {
      const { status, body } = await send(edge, { body: eightMegabytes, chunked });
      expect(JSON.parse(body)).toMatchObject({ kind: "Status", code: 413 });
      statuses.push(status);
    }
    expect(statuses).toEqual(Array.from({ length: tries }, () => 413));
  });

  it("a caller without a certificate gets its 403 while it sends 8 MB", async () => {
    for (let index = 0; index < 10; index++) {
      const { status } = await send(edge, { body: eightMegabytes, chunked: true, identity: null });
      expect(status).toBe(403);
    }
  });

  it("another path gets its 404 while 8 MB are being sent", async () => {
    const { status } = await send(edge, { path: "/elsewhere", body: eightMegabytes });
    expect(status).toBe(404);
  });
});

it("a refusal comes although the announced body never does", async () => {
  const received = await talk(
    `POST /authenticate HTTP/1.1\r\nHost: edge\r\nContent-Length: ${eightMegabytes.length}\r\n\r\n`,
    null,
  );
  expect(received).toMatch(/^HTTP\/1\.1 403 /);
});

it("a client that goes away half way through its body does no harm", async () => {
  for (let index = 0; index < 5; index++) {
    const socket = await open(identityOf(edge));
    socket.write("POST /authenticate HTTP/1.1\r\nHost: edge\r\nContent-Length: 1000\r\n\r\nhalf");
    socket.destroy();
  }
  const { status } = await call(edge, { path: "/healthz", method: "GET" });
  expect(status).toBe(200);
});

it("a connection serves the next request after a refused body that was sent to its end", async () => {
  const first = `POST /elsewhere HTTP/1.1\r\nHost: edge\r\nContent-Length: 100000\r\n\r\n${" ".repeat(100_000)}`;
  const second = "GET /healthz HTTP/1.1\r\nHost: edge\r\n\r\n";
  const received = await talk(first + second, null, (text) => text.includes("HTTP/1.1 200 "));
  expect(received).toMatch(/^HTTP\/1\.1 404 /);
});

async function open(identity: { cert: string; key: string } | null) {
  const socket = connect({ host: "127.0.0.1", port: edge.port, ca: authorityOf(edge), ...(identity ?? {}) });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  socket.on("error", () => {});
  return socket;
}

/** Sends bytes and reads until the answer is as wanted: by default, until it has a body. */
async function talk(bytes: string, identity: { cert: string; key: string } | null, enough = hasBody): Promise<string> {
  const socket = await open(identity);
  let received = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    received += chunk;
  });
  socket.write(bytes);
  await until(() => enough(received), 5000, "an answer");
  socket.destroy();
  return received;
}

function hasBody(text: string): boolean {
  return text.includes('"code":');
}
