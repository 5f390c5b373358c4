// A port for a program that has to be told one.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below those that Linux, macOS and Windows give out by themselves: between this look and the program's start nothing
 * else happens upon it, also not in tests that run beside this one.
 */
const lowest = 15_000;
const highest = 30_000;
const maxAttempts = 20;

/** @returns a port on loopback that nothing uses at this moment */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const port = randomInt(lowest, highest + 1);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error(`none of ${maxAttempts} ports was free`);
}
