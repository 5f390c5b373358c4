// In wrangler's place: reads wrangler.toml as wrangler does, and uploads to the stand-in for Cloudflare.
// What it was called with is kept beside it.
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import * as v from "valibot";

const configSchema = v.object({
  name: v.string(),
  vars: v.record(v.string(), v.unknown()),
  routes: v.pipe(v.array(v.object({ pattern: v.string(), custom_domain: v.literal(true) })), v.minLength(1)),
  kv_namespaces: v.array(v.object({ binding: v.string(), id: v.string() })),
  secrets: v.object({ required: v.array(v.string()) }),
});

const args = process.argv.slice(2);
const { CLOUDFLARE_BASE_URL = "", CLOUDFLARE_API_TOKEN = "", CLOUDFLARE_ACCOUNT_ID = "" } = process.env;
const optionValue = (option: string) => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined);
const secretsFile = optionValue("--secrets-file");
const record = {
  args,
  accountId: CLOUDFLARE_ACCOUNT_ID,
  leadingElsewhere: Object.fromEntries(
    [
      "CLOUDFLARE_API_KEY",
      "CLOUDFLARE_EMAIL",
      "CLOUDFLARE_ENV",
      "WRANGLER_CI_OVERRIDE_NAME",
      "WRANGLER_LOG_SANITIZE",
    ].map((name) => [name, process.env[name] ?? null]),
  ),
  secretsFile,
  secretsFileMode: secretsFile === undefined ? undefined : (statSync(secretsFile).mode & 0o777).toString(8),
};
appendFileSync("wrangler-calls.jsonl", `${JSON.stringify(record)}\n`);

if (existsSync(join("node_modules", ".bin", "fail"))) {
  console.error("✘ [ERROR] A request to the Cloudflare API failed. Timed out. [code: 10013]");
  process.exit(1);
}

const config = v.parse(configSchema, parse(readFileSync(optionValue("--config") ?? "wrangler.toml", "utf8")));
const secrets: unknown = secretsFile === undefined ? {} : JSON.parse(readFileSync(secretsFile, "utf8"));
const bindings = [
  ...Object.entries(config.vars).map(([name, value]) =>
    typeof value === "string" ? { type: "plain_text", name, text: value } : { type: "json", name, json: value },
  ),
  ...config.kv_namespaces.map(({ binding, id }) => ({ type: "kv_namespace", name: binding, namespace_id: id })),
];
const inherited = config.secrets.required.filter((name) => !Object.hasOwn(Object(secrets), name));
const response = await fetch(`${CLOUDFLARE_BASE_URL}/stand-in/upload`, {
  method: "POST",
  headers: { authorization: `Bearer ${CLOUDFLARE_API_TOKEN}` },
  body: JSON.stringify({
    name: config.name,
    bindings,
    secrets,
    hostnames: config.routes.map(({ pattern }) => pattern),
    inherited,
  }),
});
if (response.status === 400) {
  console.error(`✘ [ERROR] The following required secrets have not been set: ${await response.text()}`);
  process.exit(1);
}
if (!response.ok) {
  console.error(`✘ [ERROR] A request to the Cloudflare API failed: ${response.status} ${await response.text()}`);
  process.exit(1);
}
console.log(`Deployed ${config.name}`);
