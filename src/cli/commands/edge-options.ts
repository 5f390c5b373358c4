// Options of the commands that ask the deployment from outside.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import type { Context } from "../context.ts";
import type { EdgeAddress } from "../edge/ask-edge.ts";
import { StepFailure } from "../step-failure.ts";

export interface EdgeOptions {
  readonly connect?: EdgeAddress["connect"];
  readonly caFile?: string;
}

/** `--connect`: before DNS has spread, or for a local edge. */
export const connectOption = () =>
  new Option("--connect <host:port>", "where to go for the hostname, instead of where DNS says").argParser(
    parseConnect,
  );

/** `--ca-file` */
export const caFileOption = () =>
  new Option("--ca-file <file>", "certificates to trust instead of the system's, for a private authority");

/** `--wait` */
export const waitOption = () =>
  new Option("--wait <seconds>", "how long to wait until the deployment answers as it should")
    .argParser(parseSeconds)
    .default(300);

/** @throws StepFailure if the CA file cannot be read */
export async function edgeAddressFor(hostname: string, options: EdgeOptions, context: Context): Promise<EdgeAddress> {
  const { connect = null, caFile } = options;
  if (caFile === undefined) return { hostname, connect, authority: null };
  try {
    return { hostname, connect, authority: await readFile(resolve(context.folder, caFile), "utf8") };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new StepFailure({ where: caFile, message: `cannot be read (${error.code})` });
  }
}

function parseConnect(text: string): EdgeAddress["connect"] {
  const [, host, port] = /^\[?([^\s[\]]+?)\]?:([0-9]{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new InvalidArgumentError("must be HOST:PORT");
  return { host, port: Number(port) };
}

function parseSeconds(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text)) throw new InvalidArgumentError("must be a number of seconds");
  return Number(text);
}
