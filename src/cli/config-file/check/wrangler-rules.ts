// The rules for what wrangler and Cloudflare are told: addresses outside of mutual TLS, missing bindings, logs that
// would hold too much, and Cloudflare's limits.
import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { type Diagnostic, error } from "../../command.ts";
import { findWrongName, isHostname, isPlaceholder } from "../clusters.ts";
import { type ConfigFile, errorAt, warningAt } from "../file.ts";

export function findDeploymentProblems(file: ConfigFile): Diagnostic[] {
  return [
    ...findOtherConfigurations(file),
    ...findWrongName(file),
    ...findMissingGuard(file),
    ...findOpenAddresses(file),
    ...findRoutes(file),
    ...findMissingFlags(file),
    ...findMissingBindings(file),
    ...findMissingSecrets(file),
    ...findTalkativeLogs(file),
    ...findEnvironments(file),
    ...findOversizedVariables(file),
  ];
}

/** What wrangler takes for the configuration where no --config names one: the first of these, in any folder above. */
const preferred: readonly string[] = ["wrangler.json", "wrangler.jsonc", join(".wrangler", "deploy", "config.json")];

/** wrangler.toml would be checked, and another Worker deployed, without this check. */
function findOtherConfigurations({ path, absolutePath }: ConfigFile): Diagnostic[] {
  if (basename(absolutePath) !== "wrangler.toml") return [];
  const own = dirname(absolutePath);
  const found: Diagnostic[] = [];
  for (let folder = own; ; folder = dirname(folder)) {
    for (const name of preferred.filter((candidate) => existsSync(join(folder, candidate)))) {
      const other = relative(own, join(folder, name));
      const message = `wrangler deploys ${other} in its place, wherever --config is left out`;
      found.push(error(path, message, `remove ${other}, or give this file another name and always --config`));
    }
    if (folder === dirname(folder)) return found;
  }
}

const guard = "node src/cli/check-before-deploy.ts";

function findMissingGuard(file: ConfigFile): Diagnostic[] {
  const command = file.settings.build?.command ?? "";
  if (command.includes("check-before-deploy")) return [];
  const message = "does not run octogate's check: wrangler deploys a wrong configuration without a word";
  return [warningAt(file, ["build", "command"], message, `command = "${guard}"`)];
}

function findOpenAddresses(file: ConfigFile): Diagnostic[] {
  return (["workers_dev", "preview_urls"] as const).flatMap((name): Diagnostic[] => {
    const hint = `${name} = false`;
    if (file.settings[name] === undefined) {
      return [
        warningAt(file, [name], "is not set: what holds then depends on wrangler's version and on the dashboard", hint),
      ];
    }
    const message = "is an address outside of your zone, and so outside of its mutual TLS and firewall";
    return file.settings[name] ? [errorAt(file, [name], message, hint)] : [];
  });
}

function findRoutes(file: ConfigFile): Diagnostic[] {
  const { routes } = file.settings;
  if (routes.length === 0) {
    const hint = '[[routes]] with pattern = "auth.your-domain" and custom_domain = true';
    return [warningAt(file, ["routes"], "there is none: kube-apiserver has no address to call", hint)];
  }
  return routes.flatMap((route, index): Diagnostic[] => {
    const isText = typeof route === "string";
    const path = isText ? ["routes", index] : ["routes", index, "pattern"];
    if (isPlaceholder(isText ? route : route.pattern)) {
      return [errorAt(file, path, "must be your own hostname; a placeholder is left in")];
    }
    if (!isText && route.previews_enabled === true) {
      const message = "serves versions at addresses that are outside of the firewall rule and of mutual TLS";
      return [errorAt(file, ["routes", index, "previews_enabled"], message, "previews_enabled = false")];
    }
    if (!isText && route.enabled === false) {
      const message = "turns the domain off: kube-apiserver has no address to call";
      return [errorAt(file, ["routes", index, "enabled"], message, "enabled = true")];
    }
    if (!isText && route.custom_domain) {
      if (!/[/:*\s]/.test(route.pattern) && route.pattern === route.pattern.toLowerCase()) return [];
      const [host = ""] = route.pattern
        .toLowerCase()
        .replace(/^https?:\/\//, "")
        .split("/");
      const howTo = isHostname(host) ? `pattern = "${host}"` : 'such as pattern = "auth.acme.dev"';
      const wrong = "must be a hostname in lower case: a custom domain has no path, no port and no *";
      return [errorAt(file, path, wrong, howTo)];
    }
    const message = "is no custom domain: it works only where a proxied DNS record for the hostname is there already";
    return [warningAt(file, path, message, "custom_domain = true, and a hostname without a path")];
  });
}

const flags = [
  ["no_nodejs_compat", "Node compatibility is on by default from 2026-08-04, and the Worker needs none of it"],
  ["no_nodejs_compat_v2", "Node compatibility is on by default from 2026-08-04, and the Worker needs none of it"],
  ["global_fetch_strictly_public", "without it, a fetch may end in another Worker of the same zone"],
] as const;

function findMissingFlags(file: ConfigFile): Diagnostic[] {
  const { compatibility_flags: present } = file.settings;
  return flags
    .filter(([flag]) => !present.includes(flag))
    .map(([flag, why]) => warningAt(file, ["compatibility_flags"], `lacks ${flag}: ${why}`, `add "${flag}"`));
}

function findMissingBindings(file: ConfigFile): Diagnostic[] {
  const { kv_namespaces, ratelimits } = file.settings;
  const found: Diagnostic[] = [];
  if (!kv_namespaces.some(({ binding }) => binding === "KV")) {
    const message =
      "KV is not bound: each isolate caches for itself, which takes more calls to GitHub and more of people's quota";
    found.push(warningAt(file, ["kv_namespaces"], message, '[[kv_namespaces]] with binding = "KV"'));
  }
  if (!ratelimits.some(({ name }) => name === "NEVER_SEEN_LIMIT")) {
    const message = "NEVER_SEEN_LIMIT is not bound: each token of a flood of made-up ones costs a call to GitHub";
    const hint = '[[ratelimits]] with name = "NEVER_SEEN_LIMIT" and simple = { limit = 300, period = 60 }';
    found.push(warningAt(file, ["ratelimits"], message, hint));
  }
  const periods = ratelimits.flatMap(({ simple }, index): Diagnostic[] => {
    const period = simple?.period;
    if (period === undefined || period === 10 || period === 60) return [];
    return [errorAt(file, ["ratelimits", index, "simple", "period"], "must be 10 or 60: Cloudflare has no other")];
  });
  return [...found, ...periods];
}

function findMissingSecrets(file: ConfigFile): Diagnostic[] {
  const { secrets, vars } = file.settings;
  const needed = ["CACHE_SECRET", ...("GITHUB_APP_ID" in vars ? ["GITHUB_APP_PRIVATE_KEY"] : [])];
  return needed
    .filter((name) => !secrets.required.includes(name))
    .map((name) =>
      warningAt(
        file,
        ["secrets", "required"],
        `lacks ${name}: a deployment without it is not refused, and admits no user`,
        `add "${name}"`,
      ),
    );
}

function findTalkativeLogs(file: ConfigFile): Diagnostic[] {
  const { observability } = file.settings;
  const { enabled = false, logs, traces } = observability ?? {};
  const found: Diagnostic[] = [];
  if ((logs?.enabled ?? enabled) && (logs?.invocation_logs ?? true)) {
    const path = ["observability", "logs", "invocation_logs"];
    found.push(
      warningAt(file, path, "is on: Cloudflare keeps the headers of every request", "invocation_logs = false"),
    );
  }
  if (traces?.enabled === true) {
    const message = "is on: spans hold the addresses of requests about people";
    found.push(warningAt(file, ["observability", "traces", "enabled"], message, "enabled = false"));
  }
  return found;
}

/** Variables and bindings are not inherited by environments. */
function findEnvironments(file: ConfigFile): Diagnostic[] {
  const { env } = file.settings;
  if (env === undefined) return [];
  const message = "named environments are not checked: their variables and bindings are their own";
  return [warningAt(file, ["env"], message, "give each deployment a file of its own, and check it with --config")];
}

/** Cloudflare's limits on variables: it refuses a deployment that is over them only after everything was uploaded. */
export const maxVariableBytes = 5 * 1024;
/** Variables and secrets together. */
export const maxOnFreePlan = 64;
export const maxOnPaidPlan = 128;

function findOversizedVariables(file: ConfigFile): Diagnostic[] {
  const { vars, secrets } = file.settings;
  const oversized = Object.entries(vars).flatMap(([name, value]) => {
    // As wrangler sends it: text as it is, all else as JSON.
    const bytes = Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value));
    if (bytes <= maxVariableBytes) return [];
    const message = `takes ${bytes} bytes as wrangler sends it; Cloudflare allows at most ${maxVariableBytes} for a variable`;
    const hint = "name a team or an organisation in place of its members, or make two clusters of it";
    return [errorAt(file, ["vars", name], message, hint)];
  });
  const count = Object.keys(vars).length + secrets.required.length;
  if (count <= maxOnFreePlan) return oversized;
  const message = `${count} variables and secrets: a Worker can have ${maxOnFreePlan} on the free plan, ${maxOnPaidPlan} on the paid one`;
  return [...oversized, (count > maxOnPaidPlan ? errorAt : warningAt)(file, ["vars"], message)];
}
