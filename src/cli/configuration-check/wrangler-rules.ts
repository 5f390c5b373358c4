// What wrangler and Cloudflare are told about the deployment itself: addresses that lie outside of mutual TLS, bindings that are missing, and logs that would hold too much.
import { isPlaceholder, type WranglerDocument } from "../wrangler-toml/document.ts";
import type { TomlPath } from "../wrangler-toml/source-map.ts";
import type { Finding } from "./finding.ts";

export function findDeploymentProblems(document: WranglerDocument): Finding[] {
  return [
    ...findOpenAddresses(document),
    ...findRoutes(document),
    ...findMissingFlags(document),
    ...findMissingBindings(document),
    ...findMissingSecrets(document),
    ...findTalkativeLogs(document),
    ...findEnvironments(document),
  ];
}

const warning = (path: TomlPath, message: string, cure: string): Finding => ({ level: "warning", path, message, cure });

function findOpenAddresses(document: WranglerDocument): Finding[] {
  return (["workers_dev", "preview_urls"] as const).flatMap((name): Finding[] => {
    const cure = `${name} = false`;
    if (document[name] === undefined) {
      return [warning([name], "is not set: what holds then depends on wrangler's version and on the dashboard", cure)];
    }
    const message = "is an address outside of your zone, and so outside of its mutual TLS and firewall";
    return document[name] ? [{ level: "error", path: [name], message, cure }] : [];
  });
}

function findRoutes({ routes }: WranglerDocument): Finding[] {
  if (routes.length === 0) {
    const cure = '[[routes]] with pattern = "auth.your-domain" and custom_domain = true';
    return [warning(["routes"], "there is none: kube-apiserver has no address to call", cure)];
  }
  return routes.flatMap((route, index): Finding[] => {
    const isText = typeof route === "string";
    const path = isText ? ["routes", index] : ["routes", index, "pattern"];
    if (isPlaceholder(isText ? route : route.pattern)) {
      return [{ level: "error", path, message: "must be your own hostname; a placeholder is left in" }];
    }
    if (!isText && route.custom_domain) return [];
    const message = "is no custom domain: it works only where a proxied DNS record for the hostname is there already";
    return [warning(path, message, "custom_domain = true, and a hostname without a path")];
  });
}

const flags = [
  ["no_nodejs_compat", "Node compatibility is on by default from 2026-08-04, and the Worker needs none of it"],
  ["no_nodejs_compat_v2", "Node compatibility is on by default from 2026-08-04, and the Worker needs none of it"],
  ["global_fetch_strictly_public", "without it, a fetch may end in another Worker of the same zone"],
] as const;

function findMissingFlags({ compatibility_flags: present }: WranglerDocument): Finding[] {
  return flags
    .filter(([flag]) => !present.includes(flag))
    .map(([flag, why]) => warning(["compatibility_flags"], `lacks ${flag}: ${why}`, `add "${flag}"`));
}

function findMissingBindings({ kv_namespaces, ratelimits }: WranglerDocument): Finding[] {
  const findings: Finding[] = [];
  if (!kv_namespaces.some(({ binding }) => binding === "KV")) {
    const message =
      "KV is not bound: each isolate remembers for itself, which takes more calls to GitHub, and more of people's quota";
    findings.push(warning(["kv_namespaces"], message, '[[kv_namespaces]] with binding = "KV"'));
  }
  if (!ratelimits.some(({ name }) => name === "NEVER_SEEN_LIMIT")) {
    const message = "NEVER_SEEN_LIMIT is not bound: a flood of made-up tokens is asked about one by one";
    const cure = '[[ratelimits]] with name = "NEVER_SEEN_LIMIT" and simple = { limit = 300, period = 60 }';
    findings.push(warning(["ratelimits"], message, cure));
  }
  return findings;
}

function findMissingSecrets({ secrets, vars }: WranglerDocument): Finding[] {
  const needed = ["CACHE_SECRET", ...("GITHUB_APP_ID" in vars ? ["GITHUB_APP_PRIVATE_KEY"] : [])];
  return needed
    .filter((name) => !secrets.required.includes(name))
    .map((name) =>
      warning(
        ["secrets", "required"],
        `lacks ${name}: a deployment without it is not refused, and lets nobody in`,
        `add "${name}"`,
      ),
    );
}

function findTalkativeLogs({ observability }: WranglerDocument): Finding[] {
  const { enabled = false, logs, traces } = observability ?? {};
  const findings: Finding[] = [];
  if ((logs?.enabled ?? enabled) && (logs?.invocation_logs ?? true)) {
    const path = ["observability", "logs", "invocation_logs"];
    findings.push(warning(path, "is on: Cloudflare keeps the headers of every request", "invocation_logs = false"));
  }
  if (traces?.enabled === true) {
    const message = "is on: spans hold the addresses that are asked about people";
    findings.push(warning(["observability", "traces", "enabled"], message, "enabled = false"));
  }
  return findings;
}

/** Variables and bindings are not inherited by environments. */
function findEnvironments({ env }: WranglerDocument): Finding[] {
  if (env === undefined) return [];
  const message = "named environments are not checked: their variables and bindings are their own";
  return [warning(["env"], message, "give each deployment a file of its own, and check it with --config")];
}
