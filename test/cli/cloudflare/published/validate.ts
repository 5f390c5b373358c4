// Holds calls and answers of the stand-in to what Cloudflare publishes: operations.json, which cut.ts has made.
import { readFileSync } from "node:fs";
import { Ajv, type ValidateFunction } from "ajv";
import * as v from "valibot";
import type { Answer, Call } from "../answer.ts";
import { isKnownError } from "../errors.ts";

const schema = v.record(v.string(), v.unknown());
const tableSchema = v.object({
  source: v.object({ package: v.string(), version: v.string(), license: v.literal("Apache-2.0") }),
  operations: v.record(
    v.string(),
    v.object({ query: schema, body: v.nullable(schema), answer: schema, errors: v.record(v.string(), v.unknown()) }),
  ),
});

const file = new URL("operations.json", import.meta.url);
export const published = v.parse(tableSchema, JSON.parse(readFileSync(file, "utf8")));

interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: RegExp;
  readonly query: ValidateFunction;
  readonly body: ValidateFunction | null;
  readonly answer: ValidateFunction;
}

const strict = new Ajv({ allErrors: true, strict: false });
/** In a query everything is text. */
const textual = new Ajv({ allErrors: true, strict: false, coerceTypes: true });

const operations: readonly Operation[] = Object.entries(published.operations).map(([name, operation]) => {
  const [method = "", template = ""] = name.split(" ");
  const { query: properties, body, answer } = operation;
  return {
    name,
    method,
    path: new RegExp(`^${template.replaceAll(/\{[^}]*\}/g, "[^/]+")}$`),
    query: textual.compile({ type: "object", properties, additionalProperties: false }),
    body: body === null ? null : strict.compile(body),
    answer: strict.compile(answer),
  };
});

/** @returns what is not as Cloudflare publishes it */
export function violationsOfCall({ method, path, query, body }: Call): string[] {
  const operation = find(method, path);
  if (operation === undefined) return [`${method} ${path}: no published operation that the command uses`];
  const checkBody = operation.body;
  return [
    ...violations(`${operation.name}, query`, operation.query, nested(query)),
    ...(checkBody !== null
      ? violations(`${operation.name}, body`, checkBody, body)
      : Object.keys(body).map((name) => `${operation.name}: takes no body, and got ${name}`)),
  ];
}

/** @returns what is not as Cloudflare publishes it, or is an error that Cloudflare was never seen to answer with */
export function violationsOfAnswer({ method, path }: Call, { status, body }: Answer): string[] {
  const operation = find(method, path);
  const envelope = v.safeParse(envelopeSchema, body);
  if (operation === undefined || !envelope.success)
    return [`${method} ${path}: answered without Cloudflare's envelope`];
  const { success, result, errors } = envelope.output;
  if (success) return violations(`${operation.name}, answer`, operation.answer, result);
  const unknown = errors.filter((error) => !isKnownError({ status, ...error }));
  return unknown.map((error) => `${operation.name}: answered an unknown error ${status} ${JSON.stringify(error)}`);
}

const envelopeSchema = v.object({
  success: v.boolean(),
  result: v.optional(v.unknown()),
  errors: v.array(v.object({ code: v.optional(v.number()), message: v.string() })),
});

function find(method: string, path: string): Operation | undefined {
  return operations.find((operation) => operation.method === method && operation.path.test(path));
}

function violations(what: string, validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${what}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** "name.exact=a" stands for an object with a property: as the SDK and Cloudflare write it. */
function nested(query: URLSearchParams): Record<string, unknown> {
  const whole: Record<string, unknown> = {};
  for (const [name, value] of query) {
    const [outer = "", inner] = name.split(".");
    whole[outer] = inner === undefined ? value : { ...(whole[outer] ?? {}), [inner]: value };
  }
  return whole;
}
