// Options of the commands that ask the deployment from outside.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Endpoint, HostAndPort } from "../../node/https.ts";
import type { Context } from "../context.ts";
import { StepFailure } from "../step-failure.ts";

export interface EdgeOptions {
  readonly connect?: HostAndPort;
  readonly caFile?: string;
}

/** `--connect`: before DNS has spread, or for a local edge. */
export const connectOption = () =>
  new Option("--connect <host:port>", "connect there, and not where DNS points to").argParser(parseHostAndPort);

/** `--ca-file` */
export const caFileOption = () =>
  new Option(
    "--ca-file <file>",
    "the authorities that the server's certificate must come from (default: the system's)",
  );

/** `--wait` */
export const waitOption = () =>
  new Option("--wait <seconds>", "how long to wait until the deployment answers as it should")
    .argParser(parseSeconds)
    .default(300);

const timeoutMs = 10_000;

/** @throws StepFailure if the CA file cannot be read */
export async function endpointFor(hostname: string, options: EdgeOptions, { folder }: Context): Promise<Endpoint> {
  const { connect = { host: hostname, port: 443 }, caFile } = options;
  const endpoint = { hostname, connect, timeoutMs };
  if (caFile === undefined) return { ...endpoint, authorities: null };
  try {
    return { ...endpoint, authorities: await readFile(resolve(folder, caFile), "utf8") };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new StepFailure({ where: caFile, message: `cannot be read (${error.code})` });
  }
}

function parseHostAndPort(text: string): HostAndPort {
  const [, host = "", digits = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === "" || port < 1 || port > 65535) throw new InvalidArgumentError("must be HOST:PORT");
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port };
}

function parseSeconds(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text)) throw new InvalidArgumentError("must be a number of seconds");
  return Number(text);
}
