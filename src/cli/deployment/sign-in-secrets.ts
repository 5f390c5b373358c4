// The secrets that signing in needs: the GitHub App's client secret and a signing key. Cloudflare gives neither back,
// so what is deployed stays, and what is missing goes up with the deployment.
import { parseClientSecrets } from "../../worker/config/service.ts";
import type { DeployedWorker } from "../cloudflare/worker-script.ts";
import { cliError, type Diagnostic, error } from "../command.ts";
import { clientVariablesIn } from "../config-file/clusters.ts";
import { newSigningKey } from "./signing-key.ts";
import { oauthClientSecretsName, signingKeysIn } from "./state.ts";

/** What came on stdin. */
export type GivenSecret =
  | { readonly kind: "secret"; readonly text: string }
  /** The whole of OAUTH_CLIENT_SECRETS, with the app's secret among them. */
  | { readonly kind: "all"; readonly json: string };

const option = "--client-secret-from-stdin";

/** @throws CliError where the text is neither a secret nor the JSON with this app's; it is never shown */
export function parseGivenSecret(text: string, githubClientId: string): GivenSecret {
  const trimmed = text.replace(/^\ufeff/, "").trim();
  const form = `{"${githubClientId}": "…"}`;
  if (!trimmed.startsWith("{")) {
    if (parseClientSecrets(clientSecretsJson(githubClientId, trimmed)) !== null)
      return { kind: "secret", text: trimmed };
    throw cliError(option, "there is no client secret on stdin", `the secret alone, or OAUTH_CLIENT_SECRETS: ${form}`);
  }
  const secrets = parseClientSecrets(trimmed);
  if (secrets === null) throw cliError(option, "is no JSON of client ids and their secrets", form);
  if (!secrets.has(githubClientId)) throw cliError(option, `lacks the secret of ${githubClientId}`, form);
  return { kind: "all", json: trimmed };
}

export type ClientSecretPlan =
  /** Deployed already, for this app. */
  | { readonly kind: "stays"; readonly isReplacementIgnored: boolean }
  | { readonly kind: "ask" }
  | { readonly kind: "put"; readonly json: string }
  | { readonly kind: "obstacle"; readonly diagnostic: Diagnostic };

/** @param deployed null: there is no Worker yet @param given null: nothing */
export function planClientSecret(
  deployed: DeployedWorker | null,
  githubClientId: string,
  given: GivenSecret | null,
): ClientSecretPlan {
  if (given?.kind === "all") return { kind: "put", json: given.json };
  if (deployed === null || !deployed.secrets.includes(oauthClientSecretsName)) {
    return given === null ? { kind: "ask" } : { kind: "put", json: clientSecretsJson(githubClientId, given.text) };
  }
  const { variables } = deployed;
  if (variables.GITHUB_CLIENT_ID === githubClientId && clientVariablesIn(variables).length > 0) {
    return { kind: "stays", isReplacementIgnored: given !== null };
  }
  const message = "is deployed already, and Cloudflare never gives it back: it may lack this app's secret";
  const hint = `pipe in the whole JSON, with each app's secret in it: ${option} < FILE`;
  return { kind: "obstacle", diagnostic: error(oauthClientSecretsName, message, hint) };
}

export function clientSecretsJson(githubClientId: string, secret: string): string {
  return JSON.stringify({ [githubClientId]: secret });
}

/** @returns the name of the secret that a new signing key becomes; null where one is deployed: it is never replaced */
export function missingSigningKey(deployed: DeployedWorker | null, names: readonly string[]): string | null {
  return signingKeysIn(deployed).length > 0 ? null : (names[0] ?? null);
}

/**
 * @param names of the signing keys that wrangler.toml needs
 * @param clientSecrets JSON, or null where it stays
 * @returns by name, for the deployment; a key is made here, and is nowhere else
 */
export function secretsToPut(
  deployed: DeployedWorker | null,
  names: readonly string[],
  clientSecrets: string | null,
): Readonly<Record<string, string>> {
  const key = missingSigningKey(deployed, names);
  return {
    ...(key === null ? {} : { [key]: newSigningKey().privateKey }),
    ...(clientSecrets === null ? {} : { [oauthClientSecretsName]: clientSecrets }),
  };
}
