// Real responses of api.github.com, recorded by others. They are not in this repository but beside it, and not
// everywhere.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { makeToken } from "../../../src/local/github/token.ts";

const file = join(import.meta.dirname, "../../../../shared/data/github-recordings/recordings.json");

const recordingSchema = v.object({
  name: v.string(),
  status: v.number(),
  headers: v.pipe(v.record(v.string(), v.unknown()), v.transform(headersOf)),
  /** Null where there was none. */
  body: v.unknown(),
});
export type Recording = v.InferOutput<typeof recordingSchema>;

/** Null where they are missing. */
export const recordings: readonly Recording[] | null = existsSync(file) ? readRecordings() : null;

function readRecordings(): Recording[] {
  // Tokens were replaced by this word.
  const withTokens = (_: string, value: unknown) => (value === "TOKEN" ? makeToken("installation") : value);
  return v.parse(v.array(recordingSchema), JSON.parse(readFileSync(file, "utf8"), withTokens));
}

function headersOf(recorded: Readonly<Record<string, unknown>>): Headers {
  return new Headers(Object.entries(recorded).map(([name, value]) => [name, [value].flat().join(", ")]));
}

/** @param ending of its name */
export function recordingOf(ending: string): Recording {
  const recording = recordings?.find(({ name }) => name.endsWith(ending));
  if (recording === undefined) throw new Error(`there is no recording of ${ending}`);
  return recording;
}

/**
 * Compares two bodies by their members alone: values, and what is null in one of them, count as equal.
 *
 * @returns the paths of the members that `recorded` has and `body` lacks; of lists, the first element of `body` is
 *   compared with every one of `recorded`
 */
export function missingMembers(recorded: unknown, body: unknown, path = ""): readonly string[] {
  if (Array.isArray(recorded) && Array.isArray(body)) {
    const missing = recorded.flatMap((one) => (body.length === 0 ? [] : missingMembers(one, body[0], `${path}[]`)));
    return [...new Set(missing)];
  }
  if (!isObject(recorded) || !isObject(body)) return [];
  return Object.entries(recorded).flatMap(([name, value]) =>
    Object.hasOwn(body, name) ? missingMembers(value, body[name], `${path}/${name}`) : [`${path}/${name}`],
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
