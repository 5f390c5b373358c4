// Changes to a wrangler.toml that turn signing in on, and off again.
import type { TomlPath } from "../../node/toml.ts";
import {
  addItems,
  append,
  type Edit,
  insert,
  lineEndAt,
  lineStartAt,
  list,
  quoted,
  removeItem,
  setValue,
  tablesAt,
  trimmedEnd,
} from "./edits.ts";
import type { ConfigFile } from "./file.ts";

export interface SignInSettings {
  readonly hostname: string;
  readonly githubClientId: string;
  /** Those that [secrets] required is to name. */
  readonly secrets: readonly string[];
}

/** Turns it on for the deployment; sign_in in a cluster's table is that cluster's. */
export function setSignInSettings(file: ConfigFile, { hostname, githubClientId, secrets }: SignInSettings): Edit[] {
  const { vars, routes } = file.settings;
  const hasRoute = routes.some((route) => typeof route !== "string" && route.pattern === hostname);
  const values = { ISSUER_URL: `https://${hostname}`, GITHUB_CLIENT_ID: githubClientId };
  return [
    ...(hasRoute ? [] : addRoute(file, hostname)),
    ...Object.entries(values).flatMap(([name, value]) =>
      vars[name] === value ? [] : setValue(file, ["vars", name], quoted(value)),
    ),
    ...requireSecrets(file, secrets),
  ];
}

/** Below the other routes, in the form that they have. */
function addRoute(file: ConfigFile, hostname: string): Edit[] {
  const last = tablesAt(file, ["routes"]).at(-1);
  const table = `[[routes]]\npattern = ${quoted(hostname)}\ncustom_domain = true`;
  if (last !== undefined) return [insert(trimmedEnd(file.text, last.end), `\n\n${table}`)];
  const { routes } = file.settings;
  if (routes.length === 0) return append(file, table);
  return addItems(file, ["routes"], routes.length - 1, [`{ pattern = ${quoted(hostname)}, custom_domain = true }`]);
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
  return [
    ...removeRoute(file, hostname),
    ...names.flatMap((name) => removeEntry(file, ["vars", name])),
    ...(kept === undefined ? [] : removeEntry(file, ["vars", kept, "sign_in"])),
    ...forgetSecrets(file, secrets),
  ];
}

/** Only where the Worker goes, and its keys with it: as long as there are two, the table says which one signs. */
export function removeSigningKeys(file: ConfigFile): Edit[] {
  return removeTables(file, ["vars", "SIGNING_KEYS"]);
}

function removeRoute(file: ConfigFile, hostname: string): Edit[] {
  const { routes } = file.settings;
  const index = routes.findIndex((route) => typeof route !== "string" && route.pattern === hostname);
  if (index === -1) return [];
  const path = ["routes", index];
  return tablesAt(file, path).length === 0
    ? removeItem(file, ["routes"], index, routes.length)
    : removeTables(file, path);
}

/** With the blank lines before each. */
function removeTables(file: ConfigFile, path: TomlPath): Edit[] {
  return tablesAt(file, path).map(({ start, end }) => ({
    start: Math.min(lineEndAt(file.text, trimmedEnd(file.text, start)), start),
    end,
    text: "",
  }));
}

/** A line of its own goes as a whole; what stands in an inline table is turned off. */
function removeEntry(file: ConfigFile, path: TomlPath): Edit[] {
  const item = file.toml.find(path);
  if (item === null) return [];
  if (item.entry === null) return setValue(file, path, "false");
  return [{ start: lineStartAt(file.text, item.entry.start), end: lineEndAt(file.text, item.entry.end), text: "" }];
}

function forgetSecrets(file: ConfigFile, secrets: readonly string[]): Edit[] {
  const { required } = file.settings.secrets;
  const kept = required.filter((name) => !secrets.includes(name));
  return kept.length === required.length ? [] : setValue(file, ["secrets", "required"], list(kept));
}
