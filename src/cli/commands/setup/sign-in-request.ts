// What the command line and wrangler.toml say together about signing in.
import { clientIdPattern } from "../../../worker/config/values.ts";
import { cliError } from "../../command.ts";
import { clientVariablesIn, type DeploymentFile } from "../../config-file/clusters.ts";

export interface SignInTarget {
  readonly hostname: string;
  /** Of the GitHub App. */
  readonly githubClientId: string;
  /** Whether the cluster is to get sign_in; where not, another one has it. */
  readonly isForCluster: boolean;
}

/** With null for the app, it is still to be made. */
export type SignInRequest = Omit<SignInTarget, "githubClientId"> & { readonly githubClientId: string | null };

interface SignInOptions {
  readonly signInHostname?: string;
  readonly githubClientId?: string;
}

/**
 * @param hostname the clusters'; null: there is none
 * @returns null where no person signs in
 * @throws CliError where the command line does not fit wrangler.toml
 */
export function signInRequestFor(
  { signInHostname, githubClientId }: SignInOptions,
  { path, settings, signInHostname: known }: DeploymentFile,
  hostname: string | null,
): SignInRequest | null {
  const hasClients = known !== null && clientVariablesIn(settings.vars).length > 0;
  if (signInHostname === undefined && !hasClients) {
    if (githubClientId === undefined) return null;
    throw cliError("--github-client-id", "is for signing in", "--sign-in-hostname says where, such as login.acme.dev");
  }
  if (signInHostname === hostname) {
    const message = "is the clusters' hostname, where Cloudflare lets in no caller without a client certificate";
    throw cliError("--sign-in-hostname", message, "give the sign-in a hostname of its own");
  }
  if (known !== null && signInHostname !== undefined && signInHostname !== known) {
    const hint = "leave --sign-in-hostname out; another hostname is another issuer, which every cluster has to be told";
    throw cliError(`${path}: ISSUER_URL`, `people sign in at ${known} here`, hint);
  }
  const { GITHUB_CLIENT_ID: inFile } = settings.vars;
  const clientId = typeof inFile === "string" && clientIdPattern.test(inFile) ? inFile : null;
  if (clientId !== null && githubClientId !== undefined && clientId !== githubClientId) {
    const hint = "change it there, and pipe in the secrets with --client-secret-from-stdin; or leave the option out";
    throw cliError(`${path}: GITHUB_CLIENT_ID`, `people sign in with the app ${clientId} here`, hint);
  }
  return {
    // One of the two is there.
    hostname: signInHostname ?? known ?? "",
    githubClientId: githubClientId ?? clientId,
    isForCluster: signInHostname !== undefined,
  };
}
