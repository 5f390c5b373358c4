// A Worker on workerd itself, without Miniflare around it: for measurements and for very many requests. What Cloudflare
// knows about a request comes in a header, KV is a store in memory that counts, and there is no rate limiter.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleWorker, readWorkerSettings } from "../../src/local/worker.ts";
import { countsPath, type StoreCounts } from "./counting-store.ts";
import { freePort } from "./free-port.ts";
import { cpuSecondsOf } from "./process-usage.ts";
import { until } from "./until.ts";
import { repositoryRoot } from "./worker-config.ts";

/** Its value, JSON, becomes `request.cf`. */
export const cfHeader = "cf-blob";

export interface RawWorkerdOptions {
  /** As a path from the repository's root. */
  readonly main: string;
  /** Strings, and tables as JSON. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Default: false, and what the Worker writes to its console goes nowhere. */
  readonly keepsLog?: boolean;
  /** Whether requests name a whole address, as to a proxy: then the Worker sees that one. Default: false. */
  readonly takesAddresses?: boolean;
}

export interface RawWorkerd {
  readonly url: string;
  /** What the Worker wrote to its console; nothing unless it was to be kept. */
  log(): string;
  storeCounts(): Promise<StoreCounts>;
  readonly pid: number;
  /** How much the process has computed so far; Linux only. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

const maxStartMs = 20_000;

export async function startRawWorkerd({
  main,
  variables = {},
  keepsLog = false,
  takesAddresses = false,
}: RawWorkerdOptions): Promise<RawWorkerd> {
  const folder = await mkdtemp(join(tmpdir(), "octogate-workerd-"));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const [port, storePort] = [await freePort(), await freePort()];
  try {
    await writeFile(join(folder, "main.js"), await bundleWorker(join(repositoryRoot, main)));
    const store = join(repositoryRoot, "test/support/counting-store-worker.ts");
    await writeFile(join(folder, "store.js"), await bundleWorker(store));
    await writeFile(join(folder, "config.capnp"), await configText(port, storePort, variables, takesAddresses));
  } catch (error) {
    await removeFolder();
    throw error;
  }

  const child = spawn(await workerdPath(), ["serve", join(folder, "config.capnp")], {
    env: {},
    stdio: ["ignore", keepsLog ? "pipe" : "ignore", "pipe"],
  });
  let log = "";
  let errorText = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    log += chunk;
  });
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    // A Worker that writes an error with every request shall not fill this machine's memory.
    if (errorText.length < 100_000) errorText += chunk;
  });
  const endAtExit = () => child.kill("SIGKILL");
  process.once("exit", endAtExit);
  const closed = once(child, "close");
  const stop = async () => {
    process.off("exit", endAtExit);
    child.kill("SIGKILL");
    await closed;
    await removeFolder();
  };

  const storeUrl = `http://127.0.0.1:${storePort}`;
  try {
    const answers = async (url: string) => {
      if (child.exitCode !== null) throw new Error(`workerd ended:\n${errorText}`);
      return (await fetch(url).catch(() => undefined)) !== undefined;
    };
    await until(() => answers(`http://127.0.0.1:${port}/`), maxStartMs, "workerd answers");
    await until(() => answers(storeUrl + countsPath), maxStartMs, "its store answers");
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    log: () => log,
    async storeCounts() {
      // Written by counting-store-worker.ts.
      return (await (await fetch(storeUrl + countsPath)).json()) as StoreCounts;
    },
    pid: child.pid ?? 0,
    cpuSeconds: () => cpuSecondsOf(child.pid ?? 0),
    stop,
  };
}

async function configText(
  port: number,
  storePort: number,
  variables: Readonly<Record<string, unknown>>,
  takesAddresses: boolean,
) {
  const settings = await readWorkerSettings(join(repositoryRoot, "wrangler.toml"));
  // Cap'n Proto's strings are written like JSON's.
  const text = (value: string) => JSON.stringify(value);
  const bindings = Object.entries(variables).map(([name, value]) =>
    typeof value === "string"
      ? `(name = ${text(name)}, text = ${text(value)})`
      : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
  );
  const style = takesAddresses ? "style = proxy, " : "";
  const common = `compatibilityDate = ${text(settings.compatibility_date)},
  compatibilityFlags = [${settings.compatibility_flags.map(text).join(", ")}]`;
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "store", worker = .store),
    (name = "internet", network = (allow = ["local"])),
  ],
  sockets = [
    (name = "main", address = "127.0.0.1:${port}", http = (${style}cfBlobHeader = ${text(cfHeader)}), service = "main"),
    (name = "store", address = "127.0.0.1:${storePort}", http = (), service = "store"),
  ],
);

const main :Workerd.Worker = (
  modules = [(name = "main.js", esModule = embed "main.js")],
  bindings = [(name = "KV", kvNamespace = "store"), ${bindings.join(", ")}],
  ${common},
);

const store :Workerd.Worker = (
  modules = [(name = "store.js", esModule = embed "store.js")],
  ${common},
);
`;
}

/** The very workerd that Miniflare brings along, and wrangler deploys against. */
async function workerdPath(): Promise<string> {
  const require = createRequire(createRequire(import.meta.url).resolve("miniflare"));
  const { default: path } = require("workerd") as { default: string };
  return path;
}
