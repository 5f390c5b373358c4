// What the command knows of a wrangler.toml: the few parts that it reads and writes, in the form that wrangler documents.
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { type Trouble, troubleIn } from "../report.ts";
import { mapToml, settingOf } from "./source-map.ts";

const routeSchema = v.union([
  v.string(),
  v.looseObject({ pattern: v.string(), custom_domain: v.optional(v.boolean(), false) }),
]);

const documentSchema = v.looseObject({
  name: v.optional(v.string()),
  vars: v.optional(v.record(v.string(), v.unknown()), {}),
  routes: v.optional(v.array(routeSchema), []),
  kv_namespaces: v.optional(v.array(v.looseObject({ binding: v.string(), id: v.optional(v.string()) })), []),
  ratelimits: v.optional(v.array(v.looseObject({ name: v.string() })), []),
  secrets: v.optional(v.looseObject({ required: v.optional(v.array(v.string()), []) }), { required: [] }),
  compatibility_flags: v.optional(v.array(v.string()), []),
  workers_dev: v.optional(v.boolean()),
  preview_urls: v.optional(v.boolean()),
  observability: v.optional(
    v.looseObject({
      enabled: v.optional(v.boolean(), false),
      logs: v.optional(
        v.looseObject({ enabled: v.optional(v.boolean()), invocation_logs: v.optional(v.boolean(), true) }),
      ),
      traces: v.optional(v.looseObject({ enabled: v.optional(v.boolean(), false) })),
    }),
  ),
  env: v.optional(v.record(v.string(), v.unknown())),
});

export type WranglerDocument = v.InferOutput<typeof documentSchema>;

export type ParsedDocument =
  | { readonly kind: "parsed"; readonly document: WranglerDocument }
  | { readonly kind: "wrong"; readonly trouble: Trouble };

/**
 * @param path for the trouble's text
 * @param text of a wrangler.toml
 */
export function parseWranglerToml(path: string, text: string): ParsedDocument {
  let toml: unknown;
  try {
    toml = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const message = error.message.split("\n")[0] ?? "is no TOML";
    return { kind: "wrong", trouble: { where: `${path}:${error.line}`, message } };
  }
  const parsed = v.safeParse(documentSchema, toml);
  if (parsed.success) return { kind: "parsed", document: parsed.output };
  const wrong = (parsed.issues[0].path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));
  const at = { file: path, line: mapToml(text)?.lineOf(wrong) ?? null, setting: settingOf(wrong) };
  return { kind: "wrong", trouble: troubleIn(at, "must have the form that wrangler documents") };
}

/** @returns the hostname that kube-apiserver calls: the first custom domain's, or null if there is none or it is a placeholder */
export function hostnameOf({ routes }: WranglerDocument): string | null {
  const domain = routes.find((route) => typeof route !== "string" && route.custom_domain);
  const pattern = typeof domain === "object" ? domain.pattern : null;
  return pattern === null || isPlaceholder(pattern) ? null : pattern;
}

/** Whether a name still stands for somebody's own: in angle brackets, or of the domains that RFC 2606 keeps for examples. */
export function isPlaceholder(pattern: string): boolean {
  return /[<>]/.test(pattern) || /(?:^|\.)example\.(?:com|net|org)(?:$|[/:])/.test(pattern);
}
