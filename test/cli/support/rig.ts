// Everything that setup meets, on this machine: a clone, Cloudflare's API, and an edge in front of whatever was
// deployed. The command runs in the test's own process, which spares loading the SDK for every run; `octogate` runs it
// as a process of its own, for what only that can show.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { runProgram } from "../../../src/cli/program.ts";
import { createStyle } from "../../../src/cli/terminal.ts";
import { startEdge } from "../../../src/local/edge/server.ts";
import { freePort } from "../../support/free-port.ts";
import { type RunningProgram, start } from "../../support/program.ts";
import { serverCertificate } from "../cloudflare/sign.ts";
import { type CloudflareStandIn, startCloudflareStandIn } from "../cloudflare/stand-in.ts";
import type { Script } from "../cloudflare/state.ts";
import { type Clone, makeClone } from "./clone.ts";
import { main } from "./octogate.ts";
import { workerInPlace } from "./worker-in-place.ts";

export const hostname = "auth.acme.dev";

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Rig {
  readonly clone: Clone;
  readonly cloudflare: CloudflareStandIn;
  readonly edgePort: number;
  readonly caFile: string;
  /** What the command finds Cloudflare with. */
  readonly env: Record<string, string | undefined>;
  /** The port in the Worker's place. */
  readonly workerPort: number;
  /** Leads the edge to another. */
  passTo(port: number): void;
  /** From now on what was deployed asks for no certificate. */
  letEverybodyIn(): void;
  /** What runs under a Worker's name. */
  deployed(name?: string): Script | undefined;
  /** Runs the command in this process. */
  run(args: readonly string[], answer?: boolean | null): Promise<RunResult>;
  /** Starts it as a process of its own. */
  start(args: readonly string[]): RunningProgram;
  /** `--connect` and `--ca-file`, and no waiting. */
  readonly edgeArgs: readonly string[];
  close(): Promise<void>;
}

export async function makeRig(): Promise<Rig> {
  const clone = makeClone();
  const cloudflare = await startCloudflareStandIn();
  const { authority } = cloudflare.state;
  const edgePort = await freePort();
  const server = await serverCertificate(authority, hostname);
  const edge = await startEdge({ port: edgePort, server, authorityCertificate: authority.certificate });
  const careless = { isCareless: false };
  const inner = workerInPlace(() => cloudflare.state.scripts.get("octogate") ?? null, careless);
  inner.listen(0, "127.0.0.1");
  await once(inner, "listening");
  // A TCP listener's address is an object.
  const { port: workerPort } = inner.address() as AddressInfo;
  edge.passTo(workerPort);
  const caFile = clone.path("edge-ca.crt");
  writeFileSync(caFile, authority.certificate);
  const env: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    // What a killed command leaves behind goes with the clone.
    TMPDIR: clone.folder,
    CLOUDFLARE_BASE_URL: cloudflare.url,
    CLOUDFLARE_API_TOKEN: cloudflare.token,
  };
  return {
    clone,
    cloudflare,
    edgePort,
    caFile,
    env,
    workerPort,
    passTo: (port) => edge.passTo(port),
    letEverybodyIn: () => {
      careless.isCareless = true;
    },
    deployed: (name = "octogate") => cloudflare.state.scripts.get(name),
    run: (args, answer = null) => runHere(args, answer, { env, folder: clone.folder }),
    start: (args) => start(process.execPath, [main, ...args], { cwd: clone.folder, env }),
    edgeArgs: ["--connect", `127.0.0.1:${edgePort}`, "--ca-file", caFile, "--wait", "0"],
    async close() {
      await edge.close();
      inner.closeAllConnections();
      inner.close();
      await cloudflare.close();
      clone.remove();
    },
  };
}

async function runHere(
  args: readonly string[],
  answer: boolean | null,
  { env, folder }: { env: Record<string, string | undefined>; folder: string },
): Promise<RunResult> {
  const printed: string[] = [];
  const noted: string[] = [];
  const exitCode = await runProgram(args, {
    env,
    folder,
    fetch,
    now: Date.now,
    terminal: {
      print: (line) => void printed.push(line),
      note: (line) => void noted.push(line),
      readInput: async () => null,
      ask: async () => answer,
      askSecret: async () => null,
      style: createStyle(null),
    },
  });
  return { exitCode, stdout: printed.join("\n"), stderr: noted.join("\n") };
}
