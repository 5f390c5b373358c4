// What is risky, or can't work, about signing in: settings that are right for the Worker one by one.
import { asksForSignIn, clientSettings, idTokenSeconds } from "../../../worker/config/client-table.ts";
import { type Config, isClusterVariable, policyKindOf } from "../../../worker/config/config.ts";
import type { SignInSettings } from "../../../worker/config/sign-in.ts";
import type { SigningKeysTable } from "../../../worker/config/signing-keys.ts";
import type { Diagnostic } from "../../command.ts";
import { isPlaceholder, isTable, itemsIn, stringsIn } from "../clusters.ts";
import { type ConfigFile, errorAt, warningAt } from "../file.ts";
import { newestTime, readSigningKeys, thumbprintOf, timeText } from "../signing-keys.ts";
import { signingKeyNames } from "./stand-in-secrets.ts";

/**
 * A kube-apiserver reads the keys anew where it does not know one, but only once it has held the old ones this long.
 */
export const publishedBeforeSeconds = 3600;

/**
 * @param config as the Worker would read it
 * @param now milliseconds since 1970
 */
export function findSignInProblems(file: ConfigFile, config: Config, now: number): Diagnostic[] {
  return [
    ...findSettingsWithoutEffect(file),
    ...findHostname(file, config),
    ...findPhishedTokens(file, config),
    ...findLongTokens(file, config),
    ...(config.signIn?.ok === true ? findKeyProblems(file, config.signIn.value, now) : []),
    ...(config.clients.length > 0 ? [...findMissingLimits(file, config), ...findMissingSecrets(file)] : []),
  ];
}

/** What stands there while the sign-in is off is right, but not in force. */
function findSettingsWithoutEffect(file: ConfigFile): Diagnostic[] {
  return Object.entries(file.settings.vars).flatMap(([variable, table]): Diagnostic[] => {
    if (!isClusterVariable(variable) || !isTable(table) || asksForSignIn(table)) return [];
    return clientSettings
      .filter((key) => key in table)
      .map((key) => warningAt(file, ["vars", variable, key], "has no effect", "sign_in = true signs people in here"));
  });
}

function findHostname(file: ConfigFile, { issuerUrl, clients }: Config): Diagnostic[] {
  if (issuerUrl === null) return [];
  const path = ["vars", "ISSUER_URL"];
  const { hostname } = new URL(issuerUrl);
  if (isPlaceholder(hostname)) return [errorAt(file, path, "must be your own hostname; a placeholder is left in")];
  if (clients.length === 0) return [];
  const patterns = file.settings.routes.map((route) => (typeof route === "string" ? route : route.pattern));
  if (!patterns.includes(hostname)) {
    const hint = `[[routes]] with pattern = "${hostname}" and custom_domain = true`;
    return [warningAt(file, path, `no route leads to ${hostname}: no person can sign in`, hint)];
  }
  const hasWebhook = Object.values(file.settings.vars).some(
    (table) => stringsIn(table, "client_certificates").length > 0,
  );
  if (!hasWebhook || patterns.some((pattern) => pattern !== hostname)) return [];
  const message = "is the clusters' hostname, where Cloudflare lets in no caller without a client certificate";
  return [errorAt(file, path, message, "give the sign-in a hostname of its own, with a route of its own")];
}

function findPhishedTokens(file: ConfigFile, { clients }: Config): Diagnostic[] {
  const { vars } = file.settings;
  const listing = Object.entries(vars).flatMap(([variable, table]): Diagnostic[] => {
    if (policyKindOf(variable) === null) return [];
    const index = itemsIn(table, "oauth_clients").indexOf(String(vars.GITHUB_CLIENT_ID));
    if (index < 0) return [];
    const message =
      "is GITHUB_CLIENT_ID: an attacker who has a person enter a device code at GitHub gets a token that opens this, for six months";
    const hint = "take it out: a sign-in takes tokens of that app anyway";
    return [warningAt(file, ["vars", variable, "oauth_clients", index], message, hint)];
  });
  const flows = clients
    .filter(({ deviceFlow }) => deviceFlow)
    .map(({ variable }) => {
      const message =
        "an attacker can start it and have a person enter the code: GitHub's page names neither the cluster nor the program";
      return warningAt(
        file,
        ["vars", variable, "device_flow"],
        message,
        "device_flow = false where people have browsers",
      );
    });
  return [...listing, ...flows];
}

function findLongTokens(file: ConfigFile, { clients, service }: Config): Diagnostic[] {
  if (!service.ok) return [];
  const { cacheTtlSeconds } = service.value;
  return clients.flatMap((client): Diagnostic[] => {
    if (client.idTokenSeconds <= idTokenSeconds.default) return [];
    const table = file.settings.vars[client.variable];
    const path =
      isTable(table) && "id_token_seconds" in table ? [client.variable, "id_token_seconds"] : ["ID_TOKEN_SECONDS"];
    const seconds = cacheTtlSeconds + client.idTokenSeconds + 10;
    const message = `a person who has left gets in to ${client.name} for up to ${seconds} seconds`;
    return [warningAt(file, ["vars", ...path], message, `at most ${idTokenSeconds.default}, if that is too long`)];
  });
}

function findKeyProblems(file: ConfigFile, { signingKeys }: SignInSettings, now: number): Diagnostic[] {
  const renamed = signingKeys.withdrawn.flatMap((key, index): Diagnostic[] => {
    const { kid } = key;
    const thumbprint = thumbprintOf(key);
    const path = ["vars", "SIGNING_KEYS", "withdrawn", index, "kid"];
    return kid === thumbprint ? [] : [errorAt(file, path, "is not this key's thumbprint", `kid = "${thumbprint}"`)];
  });
  const table = readSigningKeys(file.settings.vars.SIGNING_KEYS);
  return table === null
    ? renamed
    : [...renamed, ...findEarlyKey(file, table, now), ...findTimeInFuture(file, table, now)];
}

function findEarlyKey(file: ConfigFile, table: SigningKeysTable, now: number): Diagnostic[] {
  const { signs, signs_since: signsSince = now, published } = table;
  const since = published[signs];
  const before = published[signs === "a" ? "b" : "a"];
  // Where no other key was published, none had to be waited for: it is the first, or the other one is compromised.
  if (since === undefined || before === undefined || (table.signs_since !== undefined && before >= signsSince))
    return [];
  const signsFrom = since + publishedBeforeSeconds * 1000;
  if (signsSince >= signsFrom) return [];
  const message = `${signs} is published since ${timeText(since)} alone: a kube-apiserver may refuse what it signs`;
  return [errorAt(file, ["vars", "SIGNING_KEYS", "signs"], message, `sign with it from ${timeText(signsFrom)} on`)];
}

function findTimeInFuture(file: ConfigFile, table: SigningKeysTable, now: number): Diagnostic[] {
  const newest = newestTime(table);
  if (newest <= now) return [];
  const message = `has the time ${timeText(newest)}, which is in the future`;
  return [warningAt(file, ["vars", "SIGNING_KEYS"], message, "octogate signing-key rotates no key before that time")];
}

function findMissingLimits(file: ConfigFile, { clients }: Config): Diagnostic[] {
  const limits = [
    ["AUTHORIZE_LIMIT", "sign-ins are begun", 300],
    ...(clients.some(({ deviceFlow }) => deviceFlow)
      ? [["DEVICE_LIMIT", "device codes are asked for", 30] as const]
      : []),
    ["TOKEN_FAILURE_LIMIT", "codes and refresh tokens are guessed", 60],
  ] as const;
  return limits
    .filter(([name]) => !file.settings.ratelimits.some((limit) => limit.name === name))
    .map(([name, what, limit]) => {
      const hint = `[[ratelimits]] with name = "${name}" and simple = { limit = ${limit}, period = 60 }`;
      return warningAt(file, ["ratelimits"], `${name} is not bound: nothing limits how often ${what}`, hint);
    });
}

function findMissingSecrets(file: ConfigFile): Diagnostic[] {
  const { required } = file.settings.secrets;
  return ["OAUTH_CLIENT_SECRETS", ...signingKeyNames(file.settings)]
    .filter((name) => !required.includes(name))
    .map((name) => {
      const message = `lacks ${name}: a deployment without it is not refused, and no person can sign in`;
      return warningAt(file, ["secrets", "required"], message, `add "${name}"`);
    });
}
