// GitHub's published OpenAPI text, as cut.ts cuts it: its examples, and whether a body is as GitHub publishes it.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import * as v from "valibot";
import { expect } from "vitest";

const editions = v.array(v.string());
const schema = v.record(v.string(), v.unknown());
const response = { endpoint: v.string(), status: v.number(), editions };
const cutSchema = v.object({
  source: v.object({ package: v.string(), version: v.string(), license: v.string() }),
  editions,
  schemas: v.array(v.object({ name: v.string(), editions, schema })),
  responses: v.array(v.object({ ...response, schema })),
  examples: v.array(v.object({ ...response, name: v.string(), body: v.unknown() })),
});

const cut = v.parse(cutSchema, JSON.parse(withTokens(readFileSync(join(import.meta.dirname, "openapi.json"), "utf8"))));

/** The package that the cut was made of. */
export const publishedSource = cut.source;

export interface PublishedExample {
  /** `api.github.com`, `ghec` or `ghes-VERSION`. */
  readonly edition: string;
  /** Such as `GET /user/memberships/orgs/{org}`. */
  readonly endpoint: string;
  readonly status: number;
  readonly name: string;
  readonly body: unknown;
}

/** Every example of every edition: the editions share most of their text, and yet each example is in each of them. */
export const publishedExamples: readonly PublishedExample[] = cut.examples.flatMap(({ editions, ...example }) =>
  editions.map((edition) => ({ edition, ...example })),
);

const validators = new Map(cut.editions.map((edition) => [edition, createValidator(edition)]));

function createValidator(edition: string): Ajv {
  // Each schema checks a few bodies only: making its code fast takes longer than that saves.
  const ajv = new Ajv({ strict: true, allErrors: true, inlineRefs: false, code: { optimize: false } });
  addFormats(ajv);
  for (const { name, schema, editions } of cut.schemas) if (editions.includes(edition)) ajv.addSchema(schema, name);
  return ajv;
}

/**
 * Compares a response's body with what GitHub publishes about it.
 *
 * @param endpoint as in the examples
 * @param body the parsed JSON; undefined where there was no body
 * @returns what is wrong with it, a line each
 */
export function publishedErrors(
  { edition, endpoint, status }: Pick<PublishedExample, "edition" | "endpoint" | "status">,
  body: unknown,
): readonly string[] {
  const ajv = validators.get(edition);
  if (ajv === undefined) throw new Error(`there is no edition ${edition} in the cut`);
  if (status === 304) return body === undefined ? [] : ["a 304 has no body"];
  const published = cut.responses.find(
    (one) => one.endpoint === endpoint && one.status === status && one.editions.includes(edition),
  );
  // GitHub does not say of each endpoint what each may answer, such as that a limit is spent or that it has moved.
  const errorSchema = status >= 300 ? { $ref: "basic-error" } : undefined;
  const schema = published?.schema ?? errorSchema;
  if (schema === undefined) return [`${endpoint} answers with no ${status}`];
  const validate = ajv.compile(schema);
  validate(body);
  return (validate.errors ?? []).map(({ instancePath, message = "", params }) => {
    // The message names the member that is missing, but not one that is too much.
    const { missingProperty: _, ...rest } = params;
    return `${instancePath}/ ${message} ${Object.values(rest).join(", ")}`.trim();
  });
}

/**
 * Fails unless GitHub.com could have sent this response, by what GitHub publishes about its endpoints.
 *
 * @param path of the request, with or without its query
 * @param body the parsed JSON; undefined where there was no body
 */
export function expectPublished(method: string, path: string, status: number, body: unknown): void {
  const endpoint = endpointOf(method, path);
  const errors =
    endpoint === null
      ? ["Octogate uses no such endpoint"]
      : publishedErrors({ edition: "api.github.com", endpoint, status }, body);
  expect(errors, `${method} ${path}, ${status}: ${errors.join("; ")}`).toEqual([]);
}

const endpoints = [...new Set(cut.responses.map(({ endpoint }) => endpoint))];

function endpointOf(method: string, path: string): string | null {
  // GitHub's text names this form in notes alone: a team by its number, for each endpoint that has it by its slug.
  const bySlug = path.replace(/^\/organizations\/\d+\/team\/\d+/, "/orgs/org/teams/slug");
  const request = `${method} ${bySlug.replace(/\?.*$/, "")}`;
  const pattern = (endpoint: string) =>
    endpoint.replace(/\{(?:account|installation)_id\}/, "\\d+").replace(/\{\w+\}/g, "[^/]+");
  return endpoints.find((endpoint) => new RegExp(`^${pattern(endpoint)}$`).test(request)) ?? null;
}

/** Puts a made-up token in the place of each marker: secret scanners stop the published ones. */
function withTokens(text: string): string {
  return text.replace(
    /<a token that begins with (gh[a-z]_)>/g,
    (_, prefix) => prefix + randomBytes(18).toString("hex"),
  );
}
