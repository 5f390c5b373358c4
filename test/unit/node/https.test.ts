// A request to a server that answers in a way that nothing here asks for.
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { expect, test } from "vitest";
import { issueCertificate, makeAuthority } from "../../../src/local/certificates.ts";
import { sendRequest } from "../../../src/node/https.ts";

const day = 24 * 60 * 60 * 1000;
const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) };
const authority = await makeAuthority(validity);
const { certificate, privateKey } = await issueCertificate(authority, "localhost", "server", validity);

/** @param answer what the server sends to whatever it is asked */
async function ask(answer: string) {
  const server = createServer({ key: privateKey, cert: certificate }, (socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(answer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo; // it listens on a port
    return await sendRequest(
      {
        hostname: "localhost",
        connect: { host: "127.0.0.1", port },
        authorities: authority.certificate,
        proxy: null,
        timeoutMs: 3000,
      },
      { method: "GET", path: "/", credential: null },
    );
  } finally {
    server.close();
  }
}

test.each([
  ["with another protocol", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"],
  ["not at all", ""],
  ["with half of a body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"],
  ["with a header without end", `HTTP/1.1 200 OK\r\nA: ${"b".repeat(100_000)}`],
])("a server that answers %s is a failure, and not waited for without end", async (_how, answer) => {
  expect(await ask(answer)).toMatchObject({ kind: "failed" });
});

test("a whole answer is none", async () => {
  expect(await ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")).toMatchObject({ kind: "answered", body: "{}" });
});
