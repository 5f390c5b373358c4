// The credential of a report: the installed App's where its key is there, or else an owner's token.
import { randomBytes } from "node:crypto";
import { readServiceSettings } from "../../../worker/config/service.ts";
import type { GitHubCalls } from "../../../worker/github/calls.ts";
import { CliError, type Context, cliError } from "../../command.ts";
import type { ConfigFile } from "../../config-file/file.ts";
import { type GitHubTokenOptions, readGitHubToken, unnamedHost } from "../../options.ts";
import { type GitHubApp, openOwner, type Source } from "./source.ts";

/**
 * @returns null where an owner's token is to be used
 * @throws CliError where its key is none, or would go to a host that the operator has not named
 */
export function readApp(file: ConfigFile, options: GitHubTokenOptions, { env }: Context): GitHubApp | null {
  const { GITHUB_APP_ID, GITHUB_API_URL } = file.settings.vars;
  const { GITHUB_APP_PRIVATE_KEY } = env;
  if (options.tokenFromStdin || GITHUB_APP_ID === undefined || GITHUB_APP_PRIVATE_KEY === undefined) return null;
  const settings = readServiceSettings({
    CACHE_SECRET: randomBytes(32).toString("base64"),
    GITHUB_APP_ID,
    GITHUB_APP_PRIVATE_KEY,
    ...(GITHUB_API_URL === undefined ? {} : { GITHUB_API_URL }),
  });
  if (!settings.ok) {
    throw new CliError(...settings.problems.flatMap(({ setting, message }) => cliError(setting, message).diagnostics));
  }
  const unnamed = unnamedHost(settings.value.githubApiUrl, options, "report");
  if (unnamed !== null) throw cliError("GITHUB_APP_PRIVATE_KEY", unnamed.message, unnamed.hint);
  return settings.value.githubApp;
}

/** @throws CliError where there is no token, or GitHub does not take it */
export async function ownerSource(
  options: GitHubTokenOptions,
  restUrl: string,
  context: Context,
  calls: GitHubCalls,
): Promise<Source> {
  const { source, token } = await readGitHubToken(options, context, "report");
  if (token === null) {
    throw cliError(
      "GITHUB_TOKEN",
      "is not set, and neither is GITHUB_APP_PRIVATE_KEY with GITHUB_APP_ID in the configuration",
      "an owner's classic token with read:org, or a fine-grained one of the organisation's with Members: read",
    );
  }
  const unnamed = unnamedHost(restUrl, options, "report");
  if (unnamed !== null) throw cliError(source, unnamed.message, unnamed.hint);
  return openOwner(token, calls);
}
