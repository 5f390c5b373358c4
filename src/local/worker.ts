// Runs the Worker as it ships: bundled by esbuild as wrangler does it, on workerd, with the runtime settings and the
// bindings of wrangler.toml. Miniflare starts workerd.
import { readFile } from "node:fs/promises";
import { build, stop as stopEsbuild } from "esbuild";
import { Log, LogLevel, Miniflare, type MiniflareOptions, type WorkerdStructuredLog } from "miniflare";
import * as v from "valibot";
import { parseToml } from "../node/toml.ts";

const settingsSchema = v.object({
  compatibility_date: v.string(),
  compatibility_flags: v.optional(v.array(v.string()), []),
  kv_namespaces: v.optional(v.array(v.object({ binding: v.string() })), []),
  ratelimits: v.optional(
    v.array(
      v.object({
        name: v.string(),
        namespace_id: v.string(),
        simple: v.object({ limit: v.number(), period: v.picklist([10, 60]) }),
      }),
    ),
    [],
  ),
  version_metadata: v.optional(v.object({ binding: v.string() })),
});

/** The parts of wrangler.toml that say how the Worker runs. (Its variables are placeholders for the operator.) */
export type WorkerSettings = v.InferOutput<typeof settingsSchema>;

export interface WorkerOptions {
  /** Path of the Worker's entry point. */
  readonly entryPoint: string;
  readonly settings: WorkerSettings;
  /** Strings, and tables as JSON. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Path of the folder in which Miniflare keeps the Worker's KV. */
  readonly storage: string;
  /**
   * Called with each line that the Worker writes to its console, with each of its uncaught exceptions, and with each
   * crash of workerd.
   */
  readonly onLog: (level: "out" | "error", line: string) => void;
}

/**
 * Reads wrangler.toml, so that what runs here is what gets deployed.
 *
 * @param path of wrangler.toml; a file that does not parse is a bug of this repository, so it throws
 */
export async function readWorkerSettings(path: string): Promise<WorkerSettings> {
  const toml = parseToml(await readFile(path, "utf8"));
  if (toml.kind === "invalid") throw new Error(`${path}:${toml.line}: ${toml.message}`);
  return v.parse(settingsSchema, toml.values);
}

/** @param entryPoint path of a Worker's entry point @returns JavaScript @throws esbuild's error if it does not build */
export async function bundleWorker(entryPoint: string): Promise<string> {
  try {
    const { outputFiles } = await build({
      entryPoints: [entryPoint],
      bundle: true,
      write: false,
      format: "esm",
      target: "es2024",
      platform: "browser",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*"],
      sourcemap: "inline",
      logLevel: "silent",
    });
    return outputFiles.map(({ text }) => text).join("");
  } finally {
    // esbuild works in a process of its own.
    await stopEsbuild();
  }
}

/**
 * In megabytes. By the size of the machine, V8 would let garbage grow to some hundreds of them before it collects for
 * the first time. Neither is a limit.
 */
const workerdFlags = "--initial-old-space-size=4 --max-semi-space-size=2";
/** workerd says so because of those flags: what it has compiled at its own build was compiled without them. */
const compileCacheNotice = "NOSENTRY per-isolate bootstrap compile cache failed its compatibility check";

/**
 * Starts the Worker. After a crash of workerd, Miniflare starts it again on the same port.
 *
 * @param onStart gets the way to stop workerd, before it starts: a start that is cut short leaves no process behind
 * @returns the port of the Worker's own socket, on 127.0.0.1. It takes requests as a proxy does, with an absolute
 *   address in the request line, and `request.cf` as JSON in the header MF-CF-Blob. (On Miniflare's public socket
 *   Miniflare's own Worker would come first, which computes longer than ours.)
 */
export async function startWorker(options: WorkerOptions, onStart: (stop: () => Promise<void>) => void) {
  const script = await bundleWorker(options.entryPoint);
  process.env.MINIFLARE_WORKERD_V8_FLAGS ??= workerdFlags;
  const miniflare = withoutSignalHandlers(() => new Miniflare(miniflareOptions(options, script)));
  onStart(() => miniflare.dispose());
  const { port } = await miniflare.unsafeGetDirectURL();
  return { port: Number(port) };
}

/** What Miniflare warns of: that workerd crashed and is started again, or can't be. */
class MiniflareLog extends Log {
  readonly #onLog: WorkerOptions["onLog"];

  constructor(onLog: WorkerOptions["onLog"]) {
    super(LogLevel.WARN);
    this.#onLog = onLog;
  }

  override logWithLevel(level: LogLevel, message: string): void {
    if (level <= this.level) this.#onLog("error", message);
  }
}

function miniflareOptions(options: WorkerOptions, script: string): MiniflareOptions {
  const { settings, variables, storage, onLog } = options;
  return {
    host: "127.0.0.1",
    port: 0,
    cf: false,
    logRequests: false,
    log: new MiniflareLog(onLog),
    // Both would reach outside: one into the home directory, one to Cloudflare.
    enableDevRegistry: false,
    telemetry: { enabled: false },
    resourcePersistencePath: storage,
    handleStructuredLogs: ({ level, message }: WorkerdStructuredLog) => {
      if (message.startsWith(compileCacheNotice)) return;
      onLog(level === "error" || level === "warn" ? "error" : "out", message);
    },
    workers: [
      {
        config: {
          name: "octogate",
          compatibilityDate: settings.compatibility_date,
          compatibilityFlags: settings.compatibility_flags,
          env: { ...variableBindings(variables), ...resourceBindings(settings) },
          manifest: { mainModule: "index.js", modules: { "index.js": { type: "esm", contents: script } } },
        },
        dev: { unsafeDirectSockets: [{ host: "127.0.0.1", proxy: true }] },
      },
    ],
  };
}

function variableBindings(variables: Readonly<Record<string, unknown>>) {
  const bindings = Object.entries(variables).map(([name, value]) => [
    name,
    typeof value === "string" ? { type: "text", value } : { type: "json", value },
  ]);
  return Object.fromEntries(bindings);
}

function resourceBindings({ kv_namespaces, ratelimits, version_metadata }: WorkerSettings) {
  const bindings = [
    ...kv_namespaces.map(({ binding }) => [binding, { type: "kv", id: binding.toLowerCase() }]),
    ...ratelimits.map(({ name, namespace_id, simple }) => [
      name,
      { type: "rate-limit", namespace: namespace_id, simple },
    ]),
    ...(version_metadata === undefined ? [] : [[version_metadata.binding, { type: "version-metadata" }]]),
  ];
  return Object.fromEntries(bindings);
}

/**
 * On a signal Miniflare would end the whole process at once, with an exit code that npm reports as an error.
 * Miniflare's handler for the exit of the process stays: it kills workerd, however the process ends.
 */
function withoutSignalHandlers(make: () => Miniflare): Miniflare {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const before = new Set(signals.flatMap((signal) => process.listeners(signal)));
  const miniflare = make();
  for (const signal of signals) {
    for (const listener of process.listeners(signal)) {
      if (!before.has(listener)) process.off(signal, listener);
    }
  }
  return miniflare;
}
