// Changes to a wrangler.toml that turn signing in on, and off again.
import { addRoute, removeRoute, setHostname, unsetHostname } from "./edits.ts";
import type { ConfigFile } from "./file.ts";
import { addItems, append, type Edit, list, quoted, removeEntry, removeTables, setValue } from "./toml-edits.ts";

export interface SignInSettings {
  readonly hostname: string;
  readonly githubClientId: string;
  /** Whether the deployment has no clusters' hostname: then the route with the placeholder is for this one. */
  readonly isAlone: boolean;
  /** Those that [secrets] required is to name. */
  readonly secrets: readonly string[];
}

/** Turns it on for the deployment; sign_in in a cluster's table is that cluster's. */
export function setSignInSettings(
  file: ConfigFile,
  { hostname, githubClientId, isAlone, secrets }: SignInSettings,
): Edit[] {
  const { vars, routes } = file.settings;
  const hasRoute = routes.some((route) => typeof route !== "string" && route.pattern === hostname);
  const values = { ISSUER_URL: `https://${hostname}`, GITHUB_CLIENT_ID: githubClientId };
  return [
    ...(hasRoute ? [] : isAlone ? setHostname(file, hostname) : addRoute(file, hostname)),
    ...Object.entries(values).flatMap(([name, value]) =>
      vars[name] === value ? [] : setValue(file, ["vars", name], quoted(value)),
    ),
    ...requireSecrets(file, secrets),
  ];
}

/** wrangler refuses a deployment that lacks one of them. */
export function requireSecrets(file: ConfigFile, secrets: readonly string[]): Edit[] {
  const { required } = file.settings.secrets;
  const missing = secrets.filter((name) => !required.includes(name));
  if (missing.length === 0) return [];
  const path = ["secrets", "required"];
  if (required.length > 0) return addItems(file, path, required.length - 1, missing.map(quoted));
  if (file.toml.find(["secrets"]) !== null) return setValue(file, path, list(missing));
  return append(file, `[secrets]\nrequired = ${list(missing)}`);
}

interface RemovedSignIn {
  readonly hostname: string;
  /** The cluster's variable whose table stays. */
  readonly kept: string | undefined;
  /** Those that [secrets] required is not to name any more. */
  readonly secrets: readonly string[];
  /** Whether ISSUER_URL stays, for the audience of workflows' tokens begins with it. */
  readonly keepsIssuer: boolean;
}

/** Turns it off for the deployment. */
export function removeSignInSettings(
  file: ConfigFile,
  { hostname, kept, secrets, keepsIssuer }: RemovedSignIn,
): Edit[] {
  const names = keepsIssuer ? ["GITHUB_CLIENT_ID"] : ["ISSUER_URL", "GITHUB_CLIENT_ID"];
  const others = file.settings.routes.filter((route) => typeof route === "string" || route.pattern !== hostname);
  return [
    // A file without a route would be none to begin with again.
    ...(others.length === 0 ? unsetHostname(file, hostname) : removeRoute(file, hostname)),
    ...names.flatMap((name) => removeEntry(file, ["vars", name])),
    ...(kept === undefined ? [] : removeEntry(file, ["vars", kept, "sign_in"])),
    ...forgetSecrets(file, secrets),
  ];
}

/** Only where the Worker goes, and its keys with it: as long as there are two, the table says which one signs. */
export function removeSigningKeys(file: ConfigFile): Edit[] {
  return removeTables(file, ["vars", "SIGNING_KEYS"]);
}

function forgetSecrets(file: ConfigFile, secrets: readonly string[]): Edit[] {
  const { required } = file.settings.secrets;
  const kept = required.filter((name) => !secrets.includes(name));
  return kept.length === required.length ? [] : setValue(file, ["secrets", "required"], list(kept));
}
