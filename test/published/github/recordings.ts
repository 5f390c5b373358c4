// Real answers of api.github.com, recorded by others. They stand beside this repository and not in it, so they are not
// everywhere.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { withTokens } from "./openapi.ts";

const file = join(import.meta.dirname, "../../../../shared/data/github-recordings/recordings.json");

const recordingSchema = v.object({
  name: v.string(),
  method: v.picklist(["GET", "POST"]),
  path: v.string(),
  status: v.number(),
  headers: v.record(v.string(), v.union([v.string(), v.array(v.string())])),
  /** Null where there was none. */
  body: v.unknown(),
});
export type Recording = v.InferOutput<typeof recordingSchema>;

/** Null where they are missing. */
export const recordings: readonly Recording[] | null = existsSync(file)
  ? v.parse(v.array(recordingSchema), JSON.parse(withTokens(readFileSync(file, "utf8").replaceAll('"TOKEN"', marker()))))
  : null;
