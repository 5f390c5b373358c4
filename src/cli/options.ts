// Options that several commands share, so that they are called and work the same everywhere.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { HostAndPort } from "../node/https.ts";
import { isClusterName } from "../worker/config/config.ts";
import { type CommandResult, type Context, cliError, done, error } from "./command.ts";

/**
 * @param lines the arguments behind `octogate`, perhaps with a comment behind `   # `
 * @returns the text below a command's options
 */
export function examples(...lines: readonly string[]): string {
  const shown = lines.flatMap((line) => {
    const [command = "", comment] = line.split("   # ");
    return [...(comment === undefined ? [] : [`  # ${comment}`]), `  octogate ${command}`];
  });
  return ["\nExamples:", ...shown].join("\n");
}

const clusterMeaning = "the cluster's name: production is the table [vars.CLUSTER_PRODUCTION]";

/** `--config`: the deployment's wrangler.toml. */
export const configOption = () =>
  new Option("--config <file>", "the deployment's configuration").default("wrangler.toml");

/** `--cluster`: required. */
export const clusterOption = () =>
  new Option("-c, --cluster <name>", clusterMeaning).argParser(parseClusterName).makeOptionMandatory();

/** `--cluster`, optional where there is only one. */
export const onlyClusterOption = () =>
  new Option("-c, --cluster <name>", `${clusterMeaning} (default: the only one)`).argParser(parseClusterName);

/** `--cluster`, as often as there are clusters. */
export const clustersOption = () =>
  new Option("-c, --cluster <name>", clusterMeaning)
    .argParser((name: string, earlier: readonly string[] = []) => [...earlier, parseClusterName(name)])
    .makeOptionMandatory();

/** `--hostname`: instead of the configuration's; it may have a port. */
export const hostnameOption = () =>
  new Option(
    "--hostname <name>",
    "the address of the deployment (default: the custom domain in the configuration)",
  ).argParser(parseHostname);

/** `--sign-in-hostname` of a deployment that is there; it may have a port. */
export const signInHostnameOption = () =>
  new Option(
    "--sign-in-hostname <name>",
    "where people sign in (default: the host of ISSUER_URL in the configuration)",
  ).argParser(parseHostname);

/** `--certificates`: the folder of the cluster's client certificate and its key. */
export const certificatesOption = () =>
  new Option("--certificates <folder>", "holds client.crt and client.key (default: .clusters/NAME)");

/** `--validity-days`: a year is long enough to forget, and short enough to matter if the key is lost. */
export const validityDaysOption = () =>
  new Option("--validity-days <days>", "how long a new client certificate is valid")
    .argParser(parseValidityDays)
    .default(365);

/** `--connect`: before DNS has spread, or for a local edge. */
export const connectOption = () =>
  new Option("--connect <host:port>", "connect there, and not where DNS points to").argParser(parseHostAndPort);

export const caFileOption = () =>
  new Option(
    "--ca-file <file>",
    "the authorities that the server's certificate must come from (default: the system's)",
  );

/** What all commands have that change something. */
export interface ChangeOptions {
  readonly config: string;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export const changeOptions = () => [
  configOption(),
  new Option("-y, --yes", "change things without asking").default(false),
  new Option("-n, --dry-run", "show what would be changed, and change nothing").default(false),
];

/** Adds options to a command, in this order. */
export function addOptions(command: Command, ...options: readonly Option[]): Command {
  for (const option of options) command.addOption(option);
  return command;
}

const hostnamePattern =
  /^(?=.{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?$/i;

function parseHostname(hostname: string): string {
  if (!hostnamePattern.test(hostname)) throw new InvalidArgumentError("must be a hostname, without https:// and path");
  return hostname;
}

function parseClusterName(name: string): string {
  if (!isClusterName(name)) {
    throw new InvalidArgumentError("must be lower-case letters, digits and dashes, with a letter first");
  }
  return name;
}

/** 15 years is the longest that Cloudflare documents for any certificate of its own authorities. */
const maxValidityDays = 5475;

function parseValidityDays(text: string): number {
  const days = Number(text);
  if (!/^[0-9]{1,4}$/.test(text) || days < 1 || days > maxValidityDays) {
    throw new InvalidArgumentError(`must be a number of days, 1 to ${maxValidityDays}`);
  }
  return days;
}

function parseHostAndPort(text: string): HostAndPort {
  const [, host = "", digits = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === "" || port < 1 || port > 65535) throw new InvalidArgumentError("must be HOST:PORT");
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port };
}

type Consent = { readonly kind: "go" } | { readonly kind: "stop"; readonly result: CommandResult };

/**
 * Shows what a command is going to change, and asks for consent. --yes skips the question, and --dry-run ends here.
 *
 * @param changes one sentence each; none needs no consent
 * @returns "go", or the result with which the command ends
 */
export async function askForConsent(
  { terminal }: Context,
  changes: readonly string[],
  { yes, dryRun }: ChangeOptions,
): Promise<Consent> {
  const stop = (...lines: readonly string[]) =>
    ({ kind: "stop", result: done(lines, { changed: false, changes }) }) as const;
  const listed = changes.map((change) => `  - ${change}`);
  if (dryRun) {
    // The list is what was asked for, and so it goes to stdout.
    return changes.length === 0
      ? stop("Nothing would be changed (--dry-run).")
      : stop("This would be changed:", ...listed, "Nothing was changed (--dry-run).");
  }
  if (changes.length === 0) return { kind: "go" };
  for (const line of ["This is going to be changed:", ...listed]) terminal.note(line);
  if (yes) return { kind: "go" };
  const answer = await terminal.ask("Go on?");
  if (answer === true) return { kind: "go" };
  if (answer === false) return { kind: "stop", result: { ...stop("Nothing was changed.").result, ok: false } };
  const unasked = error("terminal", "there is no person to ask here", "--yes goes on without asking");
  return { kind: "stop", result: done([], {}, [unasked]) };
}

/** What a header can hold. */
const tokenPattern = /^[\x21-\x7e]{1,8192}$/;

/**
 * @param source where the text comes from, for the message
 * @returns the token, or null where the text is empty
 * @throws CliError if it is something else, with what it looks like
 */
export function readToken(source: string, text: string): string | null {
  const hint = "the token alone, in UTF-8";
  // PowerShell 5 writes UTF-16: read as UTF-8, there is a NUL beside each letter.
  if (text.includes("\u0000")) throw cliError(source, "is in UTF-16, as PowerShell 5 writes files", hint);
  const token = text.replace(/^\ufeff/, "").trim();
  if (token === "") return null;
  if (/^(?:bearer|token|authorization:)\s/i.test(token)) {
    throw cliError(source, "holds a header, with a word before the token", hint);
  }
  if (/^["'].*["']$/s.test(token)) throw cliError(source, "holds a token in quotation marks", hint);
  if (!tokenPattern.test(token)) {
    throw cliError(source, "holds no token: it has spaces, or characters that no token has", hint);
  }
  return token;
}

export interface GitHubTokenOptions {
  readonly tokenFromStdin: boolean;
  readonly tokenHost?: string;
}

/** @param use what the token is for */
export const gitHubTokenOptions = (use: string) => [
  new Option("--token-from-stdin", `read the token for GitHub from stdin; ${use}`).default(false),
  new Option(
    "--token-host <host>",
    "sends credentials to this host too: the one that GITHUB_API_URL names, if it is not api.github.com",
  ),
];

/** The one host that credentials go to without being told: another hand may have written the configuration. */
const knownHost = "api.github.com";

/**
 * @param restUrl where GitHub is, as the configuration says it
 * @returns null where the operator, or the host's name, says that it may have credentials; else what to say
 */
export function unnamedHost(
  restUrl: string,
  { tokenHost: named }: GitHubTokenOptions,
  command: string,
): { readonly message: string; readonly hint: string } | null {
  const { host } = new URL(restUrl);
  if (host === knownHost || host === named?.toLowerCase()) return null;
  return {
    message: `is not sent to ${host}, which the configuration alone names`,
    hint: `if it is your GitHub: octogate ${command} --token-host ${host}`,
  };
}

/**
 * Reads the token for the command's own requests. It is never an argument: all users of the machine can see those.
 *
 * @param command its name, for hints
 * @returns the token from stdin if that is asked for, or else GITHUB_TOKEN, and where it comes from; null where there
 *   is none
 * @throws CliError if it is none
 */
export async function readGitHubToken(
  { tokenFromStdin }: GitHubTokenOptions,
  { env, terminal }: Context,
  command: string,
): Promise<{ readonly source: string; readonly token: string | null }> {
  const source = tokenFromStdin ? "stdin" : "GITHUB_TOKEN";
  const text = tokenFromStdin ? ((await terminal.readInput()) ?? "") : (env.GITHUB_TOKEN ?? "");
  const token = readToken(source, text);
  if (token === null && tokenFromStdin) {
    throw cliError(source, "holds no token", `octogate ${command} --token-from-stdin < file`);
  }
  return { source, token };
}
