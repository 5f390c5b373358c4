// Cuts the operations that the command uses out of @distilled.cloud/cloudflare (Apache-2.0), which is made from
// Cloudflare's OpenAPI document, and from the error codes of real answers. The whole package is too large to depend on:
//
//   npm install --prefix FOLDER @distilled.cloud/cloudflare@0.30.3 effect@4.0.0-beta.100
//   node test/cli/cloudflare/published/cut.ts FOLDER
//
// It writes operations.json beside it.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Module of the package → operations: method and path. */
const used: Readonly<Record<string, readonly string[]>> = {
  zones: ["GET /zones", "GET /zones/{zone_id}/settings/{settingId}"],
  user: ["GET /user/tokens/verify"],
  "client-certificates": [
    "GET /zones/{zone_id}/client_certificates",
    "POST /zones/{zone_id}/client_certificates",
    "DELETE /zones/{zone_id}/client_certificates/{clientCertificateId}",
  ],
  "certificate-authorities": [
    "GET /zones/{zone_id}/certificate_authorities/hostname_associations",
    "PUT /zones/{zone_id}/certificate_authorities/hostname_associations",
  ],
  rulesets: [
    "GET /zones/{zone_id}/rulesets/phases/{rulesetPhase}/entrypoint",
    "POST /zones/{zone_id}/rulesets",
    "POST /zones/{zone_id}/rulesets/{rulesetId}/rules",
    "PATCH /zones/{zone_id}/rulesets/{rulesetId}/rules/{ruleId}",
    "DELETE /zones/{zone_id}/rulesets/{rulesetId}/rules/{ruleId}",
  ],
  "bot-management": ["GET /zones/{zone_id}/bot_management"],
  dns: ["GET /zones/{zone_id}/dns_records"],
  workers: [
    "GET /zones/{zone_id}/workers/routes",
    "GET /accounts/{account_id}/workers/scripts/{scriptName}/settings",
    "GET /accounts/{account_id}/workers/scripts/{scriptName}/secrets",
    "DELETE /accounts/{account_id}/workers/scripts/{scriptName}",
    "GET /accounts/{account_id}/workers/domains",
    "DELETE /accounts/{account_id}/workers/domains/{domainId}",
  ],
  kv: [
    "GET /accounts/{account_id}/storage/kv/namespaces",
    "POST /accounts/{account_id}/storage/kv/namespaces",
    "DELETE /accounts/{account_id}/storage/kv/namespaces/{namespaceId}",
  ],
};

/** Of the many kinds of rules, records and bindings, those that occur here. */
const kinds: ReadonlySet<unknown> = new Set([
  ...["block", "log", "skip", "A", "AAAA", "CNAME", "plain_text", "json", "kv_namespace", "secret_text"],
  ...["security_level", "browser_check"],
]);

type JsonSchema = Readonly<Record<string, unknown>>;

/** The parts of the package's syntax trees (Effect's Schema, 4.0.0-beta) that are looked at. */
interface Tree {
  readonly _tag: string;
  readonly annotations?: Readonly<Record<symbol, unknown>>;
  readonly thunk?: () => Tree;
  readonly propertySignatures?: readonly { readonly name: string; readonly type: Tree }[];
  readonly types?: readonly Tree[];
  readonly rest?: readonly Tree[];
  readonly literal?: unknown;
  readonly context?: { readonly isOptional?: boolean; readonly annotations?: Readonly<Record<symbol, unknown>> };
  readonly encoding?: readonly { readonly to: Tree }[];
  readonly indexSignatures?: readonly unknown[];
}

const distilled = (name: string) => Symbol.for(`@distilled.cloud/${name}`);

const folder = resolve(process.argv[2] ?? ".");
const packageFolder = join(folder, "node_modules", "@distilled.cloud", "cloudflare");
// The package's own file: its form is known.
const { version, license } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
  version: string;
  license: string;
};

const operations: Record<string, unknown> = {};
for (const [name, wanted] of Object.entries(used)) {
  const url = pathToFileURL(join(packageFolder, "lib", "services", `${name}.js`)).href;
  // Values of many kinds: schemas are those with a tree.
  const module = (await import(url)) as Readonly<Record<string, { readonly ast?: Tree }>>;
  for (const [exported, { ast }] of Object.entries(module)) {
    if (ast === undefined || !exported.endsWith("Request")) continue;
    const request = unfold(ast);
    const http = annotation(request, "http") as { readonly method: string; readonly path: string } | undefined;
    const key = `${http?.method} ${http?.path}`;
    if (http === undefined || !wanted.includes(key)) continue;
    const base = exported.replace(/Request$/, "");
    // Zones and accounts share an answer.
    const shared = base.replace(/For(?:Zone|Account)$/, "");
    const response = module[`${base}Response`]?.ast ?? module[`${shared}Response`]?.ast;
    if (response === undefined) throw new Error(`${key} has no answer in the package`);
    const call = base.charAt(0).toLowerCase() + base.slice(1);
    operations[key] = { ...partsOf(request), answer: answerOf(unfold(response)), errors: errorsOf(call, url, module) };
  }
}
const missing = Object.values(used)
  .flat()
  .filter((key) => !(key in operations));
if (missing.length > 0) throw new Error(`not in the package: ${missing.join(", ")}`);
const source = { package: "@distilled.cloud/cloudflare", version, license };
const target = new URL("operations.json", import.meta.url);
const lines = Object.entries(operations).map(
  ([key, operation]) => `  ${JSON.stringify(key)}: ${JSON.stringify(operation)}`,
);
const head = `{\n "source": ${JSON.stringify(source)},\n "operations": {\n`;
writeFileSync(target, `${head}${lines.join(",\n")}\n }\n}\n`);

function unfold(tree: Tree): Tree {
  return tree._tag === "Suspend" && tree.thunk !== undefined ? unfold(tree.thunk()) : tree;
}

function annotation(tree: Tree, name: string): unknown {
  return tree.annotations?.[distilled(name)] ?? tree.context?.annotations?.[distilled(name)];
}

/** As it is on the wire: with Cloudflare's own names. */
function onTheWire(tree: Tree): Tree {
  const unfolded = unfold(tree);
  const encoded = unfolded.encoding?.at(-1)?.to;
  return encoded === undefined ? unfolded : onTheWire(encoded);
}

/** @returns the schemas of the query parameters and of the body; a body of null is none */
function partsOf(request: Tree) {
  const query: Record<string, JsonSchema> = {};
  const body: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const { name, type } of onTheWire(request).propertySignatures ?? []) {
    const parameter = annotation(type, "query-param");
    if (annotation(type, "path-param") !== undefined) continue;
    if (typeof parameter === "string") query[parameter] = schemaOf(type);
    else {
      body[name] = schemaOf(type);
      if (!isOptional(type)) required.push(name);
    }
  }
  return { query, body: Object.keys(body).length === 0 ? null : objectOf(body, required) };
}

/** @returns the schema of `result`, which the envelope holds */
function answerOf(response: Tree): JsonSchema {
  const path = annotation(response, "response-path");
  if (path === "result") return schemaOf(response);
  const result = onTheWire(response).propertySignatures?.find(({ name }) => name === "result");
  return result === undefined ? {} : schemaOf(result.type);
}

/** The codes and statuses that real answers were seen with, under the names that the package gives them. */
function errorsOf(call: string, url: string, module: Readonly<Record<string, { readonly ast?: Tree }>>) {
  const text = readFileSync(new URL(url), "utf8");
  const [, names = ""] = new RegExp(`export const ${call} = [^;]*?errors: \\[([^\\]]*)\\]`).exec(text) ?? [];
  const listed = names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return Object.fromEntries(
    listed.map((name) => [name, module[name]?.ast?.annotations?.[distilled("cf/error-matchers")] ?? []]),
  );
}

function isOptional(tree: Tree): boolean {
  return tree.context?.isOptional === true;
}

function objectOf(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema {
  return { type: "object", properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false };
}

function schemaOf(tree: Tree): JsonSchema {
  const wire = onTheWire(tree);
  switch (wire._tag) {
    case "String":
      return { type: "string" };
    case "Number":
      return { type: "number" };
    case "Boolean":
      return { type: "boolean" };
    case "Null":
      return { type: "null" };
    case "Literal":
      return { const: wire.literal };
    case "Union":
      return unionOf(wire.types ?? []);
    case "Arrays":
      return { type: "array", items: wire.rest?.[0] === undefined ? {} : schemaOf(wire.rest[0]) };
    case "Objects": {
      const signatures = wire.propertySignatures ?? [];
      if (signatures.length === 0) return { type: "object" };
      const properties = Object.fromEntries(signatures.map(({ name, type }) => [name, schemaOf(type)]));
      const required = signatures.filter(({ type }) => !isOptional(type)).map(({ name }) => name);
      return objectOf(properties, required);
    }
    default:
      return {};
  }
}

/** The package adds any string to each enumeration, for values that are still to come: here they would hide a typo. */
function unionOf(types: readonly Tree[]): JsonSchema {
  const members = types.map(schemaOf).flatMap((member) => (Array.isArray(member.anyOf) ? member.anyOf : [member]));
  const known = members.filter((member) => Object.keys(member).length > 0);
  const literals = known.flatMap(literalsIn);
  const kept = known.filter(
    (member) => literalsIn(member).length === 0 && !(literals.length > 0 && member.type === "string"),
  );
  const told = kept.filter(isOfUsedKind);
  const chosen = told.length > 0 ? told : kept;
  const enumeration = literals.length === 0 ? [] : [{ enum: [...new Set(literals)] }];
  const distinct = [...new Map([...chosen, ...enumeration].map((one) => [JSON.stringify(one), one])).values()];
  return distinct.length === 1 ? (distinct[0] ?? {}) : { anyOf: distinct };
}

function literalsIn(schema: JsonSchema): unknown[] {
  if ("const" in schema) return [schema.const];
  return Array.isArray(schema.enum) ? schema.enum : [];
}

function isOfUsedKind({ properties }: JsonSchema): boolean {
  if (properties === undefined) return false;
  // Made by `objectOf`.
  const { action, type, id, response, ...others } = properties as Readonly<Record<string, JsonSchema | undefined>>;
  // The parameters of the action "block" have no kind of their own.
  if (response !== undefined && Object.keys(others).length === 0) return true;
  return [action, type, id].some((tag) => tag !== undefined && kinds.has(onlyLiteralIn(tag)));
}

function onlyLiteralIn(schema: JsonSchema): unknown {
  const members: readonly JsonSchema[] = Array.isArray(schema.anyOf) ? schema.anyOf : [schema];
  const literals = members.flatMap(literalsIn);
  return literals.length === 1 ? literals[0] : undefined;
}
