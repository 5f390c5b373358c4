// A port for a program that has to be told one.
import { once } from "node:events";
import { createServer } from "node:net";

/** @returns a port on loopback that nothing uses at this moment */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP listener has a port");
  server.close();
  await once(server, "close");
  return address.port;
}
