// A port for a program that has to be told one.
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasCode } from "../../src/node/files.ts";

/** Below those that Linux, macOS and Windows give out by themselves. */
const lowest = 15_000;
const highest = 30_000;
const maxAttempts = 50;
/** Longer than any run of the tests. A port that was given out before may be given out again. */
const claimSeconds = 30 * 60;

/**
 * A file for each port that was given out. Test files run in processes of their own, beside each other: without it, two
 * of them are given the same port in the moment between this look and the start of the program.
 */
const claims = join(tmpdir(), `octogate-test-ports-${process.getuid?.() ?? "user"}`);

/** @returns whether no process had claimed the port before this one */
function claim(port: number): boolean {
  mkdirSync(claims, { recursive: true });
  const file = join(claims, String(port));
  const write = () => {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    }
  };
  if (write()) return true;
  const claimedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Date.now() - claimedAt < claimSeconds * 1000) return false;
  rmSync(file, { force: true });
  return write();
}

/** @returns a port on loopback that nothing uses at this moment, and that no other test was given */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const port = randomInt(lowest, highest + 1);
    if (!claim(port)) continue;
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
