// The check of a whole configuration, as far as its wrangler.toml shows it.
// Errors keep it from being deployed; warnings do not. The Worker's own rules are those that its code applies at run
// time. Secrets are not in the file, so valid ones stand for them.
import { randomBytes } from "node:crypto";
import type { TomlPath } from "../../../node/toml.ts";
import type { Checked } from "../../../worker/config/checked.ts";
import {
  applicationSettings,
  type ClusterPolicy,
  clusterSettings,
  readClusterPolicy,
  tokenKinds,
} from "../../../worker/config/cluster.ts";
import {
  type Config,
  clusterNameOf,
  isClientVariable,
  knownVariables,
  policyKindOf,
  problemsIn,
  readConfig,
} from "../../../worker/config/config.ts";
import { readServiceSettings } from "../../../worker/config/service.ts";
import type { Diagnostic } from "../../command.ts";
import { nearestTo } from "../../nearest.ts";
import { isPlaceholder, isTable } from "../clusters.ts";
import { type ConfigFile, errorAt, pathOf, type Settings, warningAt } from "../file.ts";
import {
  findOpenDenials,
  findSharedTokens,
  findUnpinnedNames,
  findWideEntries,
  type NamedPolicy,
} from "./policy-risks.ts";
import { findSignInProblems } from "./sign-in-rules.ts";
import { secretNames, withStandIns } from "./stand-in-secrets.ts";
import { findWorkflowRisks } from "./workflow-risks.ts";
import { findDeploymentProblems } from "./wrangler-rules.ts";

/**
 * @param now milliseconds since 1970
 * @returns everything that is found, in the order of the file's lines; what is missing as a whole comes last
 */
export function checkConfiguration(file: ConfigFile, now = Date.now()): Diagnostic[] {
  const lineOf = ({ location }: Diagnostic) => location?.line ?? Number.MAX_SAFE_INTEGER;
  return findAll(file, now).sort((one, other) => lineOf(one) - lineOf(other));
}

function findAll(file: ConfigFile, now: number): Diagnostic[] {
  const { vars } = file.settings;
  const config = readConfig(withStandIns(file.settings));
  const policies = Object.keys(vars)
    .sort()
    .flatMap((variable): NamedPolicy[] => {
      if (policyKindOf(variable) === null) return [];
      const policy = readPolicyOf(variable, vars[variable]);
      return policy.ok ? [{ name: clusterNameOf(variable), variable, policy: policy.value }] : [];
    });
  return [
    ...findWorkerProblems(file, config),
    ...findDeploymentProblems(file),
    ...findSignInProblems(file, config, now),
    ...policies.flatMap(({ variable, policy }) =>
      findUnpinnedNames(file, variable, policy, isTable(vars[variable]) && "groups_from" in vars[variable]),
    ),
    ...policies.flatMap(({ variable, policy }) => findWideEntries(file, variable, policy)),
    ...policies.flatMap(({ variable, policy }) => findOpenDenials(file, variable, policy)),
    ...policies.flatMap(({ variable, policy }) => findWorkflowRisks(file, variable, policy)),
    ...findSharedTokens(
      file,
      policies.filter(({ variable }) => takesTokens(vars[variable])),
    ),
  ];
}

/** Whether people bring their own tokens there: to the webhook, or to an exchange. */
function takesTokens(table: unknown): boolean {
  return isTable(table) && ("client_certificates" in table || table.exchange === true);
}

type Variables = Settings["vars"];

/** @returns the policy of a table, whatever its certificates: the first draft of a policy has none yet */
export function readPolicyOf(variable: string, table: unknown): Checked<ClusterPolicy> {
  if (isClientVariable(variable)) return readClusterPolicy(variable, table, "application");
  const standIn = { client_certificates: [randomBytes(32).toString("hex")] };
  return readClusterPolicy(variable, isTable(table) ? { ...table, ...standIn } : table);
}

/** @returns where GitHub's API is, without a trailing slash */
export function githubApiUrlOf({ GITHUB_API_URL }: Variables): Checked<string> {
  const settings = readServiceSettings({
    CACHE_SECRET: randomBytes(32).toString("base64"),
    ...(GITHUB_API_URL === undefined ? {} : { GITHUB_API_URL }),
  });
  return settings.ok ? { ok: true, value: settings.value.githubApiUrl } : settings;
}

/** @returns what the Worker would refuse */
function findWorkerProblems(file: ConfigFile, config: Config): Diagnostic[] {
  return [
    ...problemsIn(config).map(({ setting, message }) => {
      const path = ["vars", ...pathOf(setting)];
      const shown = shownEntry(valueAt(file.settings, path), setting);
      return errorAt(file, path, shown === null ? message : `“${shown}” ${message}`, hintFor(setting, shown));
    }),
    ...findSecretsIn(file),
    ...findWebAddress(file),
  ];
}

const certificateHint =
  "octogate setup makes one and writes it here; of one that you have: openssl x509 -noout -fingerprint -sha256 -in client.crt";

const entryHint = "name your own organisation, team or users; octogate pin adds the numbers";

/** @returns what to do about a wrong setting, where its name or its text says what was wanted */
function hintFor(setting: string, shown: string | null): string | undefined {
  if (/\.client_certificates\[\d+\]$/.test(setting)) return certificateHint;
  if (shown !== null) return isPlaceholder(shown) ? entryHint : didYouMean(nearestEntry(shown));
  const [variable = "", key] = setting.split(".");
  const settings = isClientVariable(variable) ? applicationSettings : clusterSettings;
  if (key !== undefined) return settings.includes(key) ? undefined : didYouMean(nearestTo(key, settings));
  const inCapitals = variable.toUpperCase().replaceAll("-", "_");
  if (variable !== inCapitals && (policyKindOf(inCapitals) !== null || knownVariables.has(inCapitals))) {
    return `write it in capitals: ${inCapitals}`;
  }
  return knownVariables.has(variable) ? undefined : didYouMean(nearestTo(variable, knownVariables));
}

const didYouMean = (word: string | null) => (word === null ? undefined : `did you mean ${word}?`);

/** The kinds of entries with a name behind a colon. */
const entryPrefixes = ["org", "team", "user"];

/** @returns the entry that a wrong one of `allow` probably stands for, or null */
export function nearestEntry(entry: string): string | null {
  const [, prefix = "", name] = /^([A-Za-z]+)[:=](.+)$/.exec(entry) ?? [];
  if (name === undefined) return nearestTo(entry, ["anyone", ...tokenKinds]);
  const isTeam = name.includes("/");
  const nearest = isTeam ? "team" : nearestTo(prefix, entryPrefixes);
  return nearest === null || entry === `${nearest}:${name}` ? null : `${nearest}:${name}`;
}

/** What could be a token is never shown. */
const tokenLike = /gh[a-z]_|github_pat_|[A-Za-z0-9]{40}/;

/** @returns the text of a wrong entry of a list, so that the operator need not count; null: there is none to show */
function shownEntry(value: unknown, setting: string): string | null {
  const isListed = /\.(?:allow|deny|groups_from|token_kinds|redirect_uris)\[\d+\]$/.test(setting);
  return isListed && typeof value === "string" && value.length <= 80 && !tokenLike.test(value) ? value : null;
}

function valueAt(settings: unknown, path: TomlPath): unknown {
  return path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isTable(value) ? value[key] : undefined;
  }, settings);
}

/** The address in a browser is another one than the API's. GitHub answers there, too, but with pages. */
function findWebAddress(file: ConfigFile): Diagnostic[] {
  const api = githubApiUrlOf(file.settings.vars);
  if (!api.ok || !URL.canParse(api.value)) return [];
  const { protocol, host, hostname, pathname } = new URL(api.value);
  const path = ["vars", "GITHUB_API_URL"];
  const message = "is the address of GitHub's pages, and not of its API";
  if (/^(?:www\.)?github\.com$/.test(hostname)) return [errorAt(file, path, message, "https://api.github.com")];
  const [, subdomain] = /^([^.]+)\.ghe\.com$/.exec(hostname) ?? [];
  if (subdomain !== undefined) return [errorAt(file, path, message, `https://api.${subdomain}.ghe.com`)];
  const isOwnHost = protocol === "https:" && !hostname.endsWith(".ghe.com") && hostname !== "api.github.com";
  if (!isOwnHost || pathname !== "/") return [];
  return [warningAt(file, path, "has no path: GitHub Enterprise Server's API has one", `https://${host}/api/v3`)];
}

/** All who see the file or the dashboard can read [vars]. */
function findSecretsIn(file: ConfigFile): Diagnostic[] {
  return secretNames
    .filter((name) => name in file.settings.vars)
    .map((name) => {
      const hint = `take it out, make a new one, and put it with npx wrangler secret put ${name} --config ${file.path}`;
      return errorAt(file, ["vars", name], "is a secret, and must not be in this file", hint);
    });
}
