// What goes into clusters, compared with the schemas that its makers publish, as cut.ts cuts them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import * as v from "valibot";

const cutSchema = v.array(
  v.object({
    source: v.string(),
    name: v.string(),
    version: v.string(),
    license: v.string(),
    definitions: v.record(v.string(), v.record(v.string(), v.unknown())),
  }),
);

const cuts = v.parse(cutSchema, JSON.parse(readFileSync(join(import.meta.dirname, "schemas.json"), "utf8")));

/** The packages that the cut was made of. */
export const clusterSchemaSources = cuts.map(({ definitions: _, ...source }) => source);

/**
 * @param source of the cut, such as `eksctl`
 * @param definition of the source, such as `ClusterConfig`
 * @param value as it is after parsing JSON or YAML
 * @returns what is wrong with it, a line each
 */
export function clusterSchemaErrors(source: string, definition: string, value: unknown): string[] {
  const cut = cuts.find((one) => one.source === source);
  if (cut?.definitions[definition] === undefined) throw new Error(`the cut has no ${definition} of ${source}`);
  // Some of these schemas leave out what strict mode asks for, such as the type beside an enum.
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validate = ajv.compile({ $ref: `#/definitions/${definition}`, definitions: cut.definitions });
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message = "", params }) => {
    // The message names the member that is missing, but not one that is too much.
    const { missingProperty: _, ...rest } = params;
    return `${instancePath}/ ${message} ${Object.values(rest).join(", ")}`.trim();
  });
}
