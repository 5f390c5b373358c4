// Cuts what Octogate uses out of the OpenAPI text that GitHub publishes. Run by hand when there is a newer one:
// node test/published/github/cut.ts PACKAGE_FOLDER && npm run format
//
// PACKAGE_FOLDER is an unpacked @octokit/openapi (`npm pack @octokit/openapi`, in a scratch folder). That package has
// some 400 MB, so it can't be a dependency. The cut is plain JSON Schema without descriptions, and has each schema and
// each example once where several editions of GitHub have the same.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

type Json = null | boolean | number | string | Json[] | JsonObject;
interface JsonObject {
  [key: string]: Json;
}

/** GitHub.com, Enterprise Cloud with data residency, and the Enterprise Servers of today. */
const editions = ["api.github.com", "ghec", "ghes-3.17", "ghes-3.18", "ghes-3.19"];

const endpoints = [
  "GET /user",
  "GET /user/memberships/orgs",
  "GET /user/memberships/orgs/{org}",
  "GET /user/teams",
  "GET /orgs/{org}/teams",
  "GET /orgs/{org}/teams/{team_slug}",
  "GET /orgs/{org}/teams/{team_slug}/memberships/{username}",
  // `octogate report` asks these three; an Enterprise Server has no list of invitations.
  "GET /orgs/{org}/members",
  "GET /orgs/{org}/invitations",
  "GET /orgs/{org}/teams/{team_slug}/members",
  "GET /orgs/{org}/memberships/{username}",
  "POST /applications/{client_id}/token",
  "GET /app/installations",
  "POST /app/installations/{installation_id}/access_tokens",
  "GET /orgs/{org}/installation",
  "GET /user/{account_id}",
  // `octogate pin` asks these two.
  "GET /orgs/{org}",
  "GET /users/{username}",
  // The check of the Worker's readiness asks this one.
  "GET /rate_limit",
];

/** A schema or an example, and the editions that have exactly this one. */
interface Piece {
  readonly key: JsonObject;
  readonly content: JsonObject;
  readonly editions: string[];
}

class Pieces {
  readonly #pieces: Piece[] = [];

  add(edition: string, key: JsonObject, content: JsonObject): void {
    const same = this.#pieces.find((one) => isDeepStrictEqual([one.key, one.content], [key, content]));
    if (same === undefined) this.#pieces.push({ key, content, editions: [edition] });
    else if (!same.editions.includes(edition)) same.editions.push(edition);
  }

  toJson(): JsonObject[] {
    return this.#pieces.map(({ key, content, editions }) => ({ ...key, editions, ...content }));
  }
}

/** Keywords that OpenAPI 3.0 and JSON Schema share and that only hold values. */
const plainKeywords = ["type", "format", "enum", "required", "maxItems", "minItems", "minimum", "maximum", "pattern"];
const keywordsOfOneSchema = ["items", "additionalProperties"];
const keywordsOfSchemas = ["allOf", "anyOf", "oneOf"];
/** Keywords that make no value invalid. */
const annotations = ["description", "title", "example", "default", "deprecated", "discriminator"];

/** @returns the same schema as JSON Schema, with its references as bare names */
function toJsonSchema(schema: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (annotations.includes(keyword) || keyword === "nullable" || keyword.startsWith("x-")) continue;
    if (plainKeywords.includes(keyword)) result[keyword] = value;
    else if (keyword === "$ref") result[keyword] = nameOf(value);
    else if (keyword === "properties")
      result[keyword] = mapValues(objectOf(value), (one) => toJsonSchema(objectOf(one)));
    else if (keywordsOfOneSchema.includes(keyword))
      result[keyword] = typeof value === "boolean" ? value : toJsonSchema(objectOf(value));
    else if (keywordsOfSchemas.includes(keyword))
      result[keyword] = listOf(value).map((one) => toJsonSchema(objectOf(one)));
    else throw new Error(`the keyword ${keyword} is new: say in cut.ts what becomes of it`);
  }
  return schema.nullable === true ? orNull(result) : result;
}

function orNull(schema: JsonObject): JsonObject {
  const { type, enum: values, ...rest } = schema;
  if (typeof type !== "string") return { anyOf: [schema, { type: "null" }] };
  return { type: [type, "null"], ...(values === undefined ? {} : { enum: [...listOf(values), null] }), ...rest };
}

/**
 * GitHub's text says that an installation's account is a user or an enterprise. The package's extension makes "both" of
 * it, which no account is.
 */
function withEitherAccount(published: JsonObject): JsonObject {
  const schema = structuredClone(published);
  const properties = at(schema, ["items", "properties"]);
  const { allOf, ...rest } = at(properties, ["account"]);
  if (allOf === undefined) throw new Error("an installation's account is no longer both: drop this correction");
  properties.account = { ...rest, anyOf: allOf };
  return schema;
}

/** Secret scanners stop what looks like a token. The tests put a made-up one in the place of a marker. */
function withoutTokens(value: Json): Json {
  if (typeof value === "string") {
    return value
      .replace(/^(gh[a-z])_[A-Za-z0-9_]+$/, "<a token that begins with $1_>")
      .replace(/^[0-9a-f]{40,}$/, "<a hash>");
  }
  if (Array.isArray(value)) return value.map(withoutTokens);
  return isObject(value) ? mapValues(value, withoutTokens) : value;
}

function cutEdition(
  edition: string,
  text: JsonObject,
  cut: Record<"schemas" | "responses" | "examples", Pieces>,
): void {
  const follow = (value: Json): JsonObject => {
    const reference = objectOf(value).$ref;
    return typeof reference === "string" ? at(text, reference.slice(2).split("/")) : objectOf(value);
  };
  const cutSchemas = new Set<string>();
  const addReferenced = (value: Json): void => {
    if (Array.isArray(value)) for (const one of value) addReferenced(one);
    if (!isObject(value)) return;
    const { $ref: name } = value;
    if (typeof name === "string" && !cutSchemas.has(name)) {
      cutSchemas.add(name);
      const schema = toJsonSchema(at(text, ["components", "schemas", name]));
      cut.schemas.add(edition, { name }, { schema });
      addReferenced(schema);
    }
    Object.values(value).forEach(addReferenced);
  };

  for (const endpoint of endpoints) {
    const [method = "", path = ""] = endpoint.split(" ");
    if (!(path in at(text, ["paths"]))) continue;
    const responses = at(text, ["paths", path, method.toLowerCase(), "responses"]);
    for (const [status, response] of Object.entries(responses)) {
      const { content } = follow(response);
      // A 304 has no body.
      if (content === undefined) continue;
      const { schema: published = {}, examples = {} } = at(objectOf(content), ["application/json"]);
      const isInstallations = endpoint === "GET /app/installations";
      const schema = toJsonSchema(isInstallations ? withEitherAccount(objectOf(published)) : objectOf(published));
      const key = { endpoint, status: Number(status) };
      cut.responses.add(edition, key, { schema });
      addReferenced(schema);
      for (const [name, example] of Object.entries(objectOf(examples))) {
        cut.examples.add(edition, { ...key, name }, { body: withoutTokens(follow(example).value ?? null) });
      }
    }
  }
}

function nameOf(reference: Json): string {
  const name = /^#\/components\/schemas\/([\w-]+)$/.exec(String(reference))?.[1];
  if (name === undefined) throw new Error(`a reference to something else than a schema: ${String(reference)}`);
  return name;
}

function at(value: JsonObject, path: readonly string[]): JsonObject {
  return path.reduce((inner, key) => objectOf(inner[key] ?? null), value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: Json): JsonObject {
  if (!isObject(value)) throw new Error(`an object was expected: ${JSON.stringify(value).slice(0, 100)}`);
  return value;
}

function listOf(value: Json): Json[] {
  if (!Array.isArray(value)) throw new Error(`a list was expected: ${JSON.stringify(value).slice(0, 100)}`);
  return value;
}

function mapValues(object: JsonObject, map: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

function readJson(file: string): JsonObject {
  return objectOf(JSON.parse(readFileSync(file, "utf8")));
}

const [packageFolder] = process.argv.slice(2);
if (packageFolder === undefined) throw new Error("usage: node test/published/github/cut.ts PACKAGE_FOLDER");
const { name = null, version = null, license = null } = readJson(join(packageFolder, "package.json"));
const cut = { schemas: new Pieces(), responses: new Pieces(), examples: new Pieces() };
for (const edition of editions) {
  cutEdition(edition, readJson(join(packageFolder, "generated", `${edition}.json`)), cut);
}
const json = {
  source: { package: name, version, license },
  editions,
  schemas: cut.schemas.toJson(),
  responses: cut.responses.toJson(),
  examples: cut.examples.toJson(),
};
writeFileSync(join(import.meta.dirname, "openapi.json"), `${JSON.stringify(json, null, 2)}\n`);
copyFileSync(join(packageFolder, "LICENSE"), join(import.meta.dirname, "openapi-LICENSE"));
