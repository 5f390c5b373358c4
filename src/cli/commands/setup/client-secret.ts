// The client secret of the GitHub App: from stdin, or from a person at the terminal, who does not see it.
import { type Context, cliError } from "../../command.ts";
import {
  type ClientSecretPlan,
  clientSecretsJson,
  type GivenSecret,
  parseGivenSecret,
} from "../../deployment/sign-in-secrets.ts";
import type { SetupOptions, SetupRequest } from "./request.ts";

export async function readGivenSecret(
  { signIn }: SetupRequest,
  { clientSecretFromStdin }: SetupOptions,
  { terminal }: Context,
): Promise<GivenSecret | null> {
  if (!clientSecretFromStdin) return null;
  if (signIn === null) {
    const hint = "--sign-in-hostname says where, such as login.acme.dev";
    throw cliError("--client-secret-from-stdin", "is for signing in", hint);
  }
  return parseGivenSecret((await terminal.readInput()) ?? "", signIn.githubClientId);
}

/** @returns OAUTH_CLIENT_SECRETS, or null where it stays @throws CliError where there is no person to ask */
export async function clientSecretsFor(
  { signIn }: SetupRequest,
  plan: ClientSecretPlan | null,
  { terminal }: Context,
): Promise<string | null> {
  if (signIn === null || plan === null) return null;
  if (plan.kind !== "ask") return plan.kind === "put" ? plan.json : null;
  const { githubClientId } = signIn;
  const typed = await terminal.askSecret(`Client secret of the GitHub App ${githubClientId}`);
  if (typed === null) {
    const hint = "pipe it in with --client-secret-from-stdin; it is never an argument, which all users can see";
    throw cliError("the client secret", "is needed, and there is no person to ask here", hint);
  }
  const given = parseGivenSecret(typed, githubClientId);
  return given.kind === "all" ? given.json : clientSecretsJson(githubClientId, given.text);
}
