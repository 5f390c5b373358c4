// Ending: a signal to npm's own process ends everything that `npm start` started, whenever it comes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../support/free-port.ts";
import { isReady } from "../../support/local-edge.ts";
import { until } from "../../support/until.ts";

const repository = join(import.meta.dirname, "..", "..", "..");
const signals = ["SIGTERM", "SIGINT"] as const;

let stateDir: string;
let port: number;
let npm: ChildProcess;
let stdout: string;
let stderr: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "octogate-signals-"));
  port = await freePort();
  stdout = "";
  stderr = "";
  // A process group of its own, whose members are exactly what `npm start` has started.
  const ports = ["--port", `${port}`, "--sign-in-port", `${await freePort()}`];
  npm = spawn("npm", ["start", "--", ...ports, "--state", stateDir], {
    cwd: repository,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  npm.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  npm.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
});

afterEach(async () => {
  if (isAnyLeft()) process.kill(-groupOf(npm), "SIGKILL");
  await rm(stateDir, { recursive: true, force: true });
});

function groupOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("npm did not start");
  return pid;
}

function isAnyLeft(): boolean {
  try {
    return process.kill(-groupOf(npm), 0);
  } catch {
    return false;
  }
}

/** @returns whether something accepts connections on the edge's port */
async function isListening(): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function expectEnd(signal: NodeJS.Signals, maxMs: number): Promise<number | null> {
  const closed = once(npm, "close");
  npm.kill(signal);
  await until(() => !isAnyLeft(), maxMs, "everything has ended");
  await closed;
  expect(await isListening()).toBe(false);
  return npm.exitCode;
}

describe.each(signals)("%s to npm", (signal) => {
  it("ends everything within 2 s", async () => {
    await until(() => isReady(stdout), 30_000, "it is ready");
    expect(await expectEnd(signal, 2_000)).toBe(0);
    expect(stderr).toBe("");
  });

  it("ends everything while it is starting", async () => {
    // The edge listens first; the Worker is still to come.
    const deadline = performance.now() + 30_000;
    while (!(await isListening()) && performance.now() < deadline) await delay(5);
    // What has begun to start, on a busy machine, is first there to be ended.
    await expectEnd(signal, 15_000);
    expect(isReady(stdout)).toBe(false);
  });
});

it("Ctrl-C, which reaches every process of the terminal at once, ends everything as well", async () => {
  await until(() => isReady(stdout), 30_000, "it is ready");
  process.kill(-groupOf(npm), "SIGINT");
  await until(() => !isAnyLeft(), 2000, "everything has ended");
});
