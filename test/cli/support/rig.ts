// Everything that setup meets, on this machine: a clone, Cloudflare's API, and an edge in front of whatever was
// deployed. The command runs in the test's own process, which spares loading the SDK for every run; `octogate` runs it
// as a process of its own, for what only that can show.
import { once } from "node:events";
import { utimesSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import type { Context } from "../../../src/cli/command.ts";
import { reloadMs } from "../../../src/cli/commands/certificate/in-use.ts";
import { runProgram } from "../../../src/cli/program.ts";
import { createStyle } from "../../../src/cli/terminal.ts";
import { startEdge } from "../../../src/local/edge/server.ts";
import { freePort } from "../../support/free-port.ts";
import { type RunningProgram, start } from "../../support/program.ts";
import { Lateness } from "../cloudflare/lateness.ts";
import { serverCertificate } from "../cloudflare/sign.ts";
import { type CloudflareStandIn, startCloudflareStandIn } from "../cloudflare/stand-in.ts";
import { type Script, saveState } from "../cloudflare/state.ts";
import { type Clone, makeClone } from "./clone.ts";
import { main } from "./octogate.ts";
import { type Faults, signInHostname, workerInPlace } from "./worker-in-place.ts";

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
  /** Lets time pass at Cloudflare: after 90 s it shows everything that was changed. */
  letPass(milliseconds: number): void;
  /** Lets more time pass than kube-apiserver takes to read new files: so long have these been there, where they are. */
  letFilesAge(...names: readonly string[]): void;
  /** @returns what puts everything back to what is there now: at Cloudflare, and in the clone */
  save(): () => void;
  /**
   * Time that has passed for the Worker and for this machine, and how far this machine's clock is ahead of the
   * Worker's.
   */
  readonly time: { passedMs: number; aheadMs: number };
  /** Called at each pause of the command, which takes no time here: its clock jumps. */
  onPause: (milliseconds: number) => void;
  /** What the command finds Cloudflare with. */
  readonly env: Record<string, string | undefined>;
  /** The port in the Worker's place. */
  readonly workerPort: number;
  /** Leads the edge to another. */
  passTo(port: number): void;
  /** From now on what was deployed asks for no certificate. */
  letEverybodyIn(): void;
  /** What is wrong with what answers. */
  readonly faults: Faults;
  /** What runs under a Worker's name. */
  deployed(name?: string): Script | undefined;
  /** Runs the command in this process. @param folder another than the clone's */
  run(args: readonly string[], answer?: boolean | null, folder?: string): Promise<RunResult>;
  /** What a person types where nothing is shown; null: there is no person. */
  typedSecret: string | null;
  /** What is piped in; null: nothing. */
  stdin: string | null;
  /** Starts it as a process of its own. */
  start(args: readonly string[]): RunningProgram;
  /** `--connect` and `--ca-file`, and no waiting. */
  readonly edgeArgs: readonly string[];
  close(): Promise<void>;
}

/**
 * @param isLate whether Cloudflare shows changes late, as the real one does
 * @param scale how late it is, compared with the real one
 */
export async function makeRig({ isLate = true, scale = 1 } = {}): Promise<Rig> {
  const clone = makeClone();
  let skippedMs = 0;
  const cloudflare = await startCloudflareStandIn(new Lateness(isLate, () => Date.now() + skippedMs, scale));
  const { authority } = cloudflare.state;
  const server = await serverCertificate(authority, hostname, signInHostname);
  const [port, signInPort] = [await freePort(), await freePort()];
  const edge = await startEdge({ port, server, authorityCertificate: authority.certificate });
  const signInEdge = await startEdge({ port: signInPort, server, authorityCertificate: null, host: signInHostname });
  const door = await startDoor((hello) => (hello.includes(signInHostname) ? signInPort : port));
  const edgePort = door.port;
  const faults: Faults = { isCareless: false, atSignIn: () => null };
  const time = { passedMs: 0, aheadMs: 0 };
  const inner = workerInPlace(
    () => cloudflare.state.scripts.get("octogate") ?? null,
    faults,
    () => Date.now() + time.passedMs,
  );
  inner.listen(0, "127.0.0.1");
  await once(inner, "listening");
  // A TCP listener's address is an object.
  const { port: workerPort } = inner.address() as AddressInfo;
  edge.passTo(workerPort);
  signInEdge.passTo(workerPort);
  const caFile = clone.path("edge-ca.crt");
  writeFileSync(caFile, authority.certificate);
  const env: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    // What a killed command leaves behind goes with the clone.
    TMPDIR: clone.folder,
    CLOUDFLARE_BASE_URL: cloudflare.url,
    CLOUDFLARE_API_TOKEN: cloudflare.token,
  };
  const rig: Rig = {
    clone,
    letPass(milliseconds) {
      skippedMs += milliseconds;
    },
    letFilesAge(...names) {
      const ageMs = reloadMs + 1_000;
      skippedMs += ageMs;
      const then = new Date(Date.now() - ageMs);
      for (const name of names) if (clone.has(name)) utimesSync(clone.path(name), then, then);
    },
    save() {
      const savedAt = Date.now();
      const timeAtCloudflare = savedAt + skippedMs;
      const restoreState = saveState(cloudflare.state);
      const files = clone.files();
      return () => {
        skippedMs = timeAtCloudflare - Date.now();
        restoreState();
        clone.putBack(files, savedAt - Date.now());
      };
    },
    time,
    onPause: () => {},
    typedSecret: null,
    stdin: null,
    cloudflare,
    edgePort,
    caFile,
    env,
    workerPort,
    faults,
    passTo(other) {
      edge.passTo(other);
      signInEdge.passTo(other);
    },
    letEverybodyIn: () => {
      faults.isCareless = true;
    },
    deployed: (name = "octogate") => cloudflare.state.scripts.get(name),
    run(args, answer = null, folder = clone.folder) {
      // Files have the real time, so each run begins with it.
      let skippedInRunMs = 0;
      return runHere(
        args,
        { answer, secret: rig.typedSecret, stdin: rig.stdin },
        {
          env,
          folder,
          now: () => Date.now() + time.passedMs + time.aheadMs + skippedInRunMs,
          sleep: async (milliseconds) => {
            skippedMs += milliseconds;
            skippedInRunMs += milliseconds;
            rig.onPause(milliseconds);
          },
        },
      );
    },
    start(args) {
      // A process has the real clock, and a test would have to wait.
      cloudflare.state.lateness.refusedRequests = 0;
      return start(process.execPath, [main, ...args], { cwd: clone.folder, env, stdin: rig.stdin ?? "" });
    },
    edgeArgs: ["--connect", `127.0.0.1:${edgePort}`, "--ca-file", caFile, "--wait", "0"],
    async close() {
      door.close();
      await Promise.all([edge.close(), signInEdge.close()]);
      inner.closeAllConnections();
      inner.close();
      await cloudflare.close();
      if (cloudflare.violations.length > 0) throw new Error([...new Set(cloudflare.violations)].join("\n"));
      clone.remove();
    },
  };
  return rig;
}

/** One port for both hostnames, as at Cloudflare: by the name that the client says in its first bytes. */
async function startDoor(portFor: (hello: Buffer) => number): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const listener = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", (hello: Buffer) => {
      const onward = connect(portFor(hello), "127.0.0.1");
      sockets.add(onward);
      onward.on("error", () => socket.destroy());
      onward.write(hello);
      socket.pipe(onward).pipe(socket);
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    // A TCP listener's address is an object.
    port: (listener.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      listener.close();
    },
  };
}

async function runHere(
  args: readonly string[],
  person: { readonly answer: boolean | null; readonly secret: string | null; readonly stdin: string | null },
  given: Pick<Context, "env" | "folder" | "now" | "sleep">,
): Promise<RunResult> {
  const printed: string[] = [];
  const noted: string[] = [];
  const exitCode = await runProgram(args, {
    ...given,
    fetch,
    terminal: {
      print: (line) => void printed.push(line),
      note: (line) => void noted.push(line),
      readInput: async () => person.stdin,
      ask: async () => person.answer,
      askSecret: async () => person.secret,
      style: createStyle(null),
      printStyle: createStyle(null),
    },
  });
  return { exitCode, stdout: printed.join("\n"), stderr: noted.join("\n") };
}
