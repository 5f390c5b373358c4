// The parts of wrangler.toml that say how the Worker runs. The local edge reads them there, so that what runs here is
// what gets deployed. Its variables it leaves alone: they are placeholders for an operator to fill in.
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { parseToml } from "../node/toml.ts";

const schema = v.object({
  compatibility_date: v.string(),
  compatibility_flags: v.optional(v.array(v.string()), []),
  kv_namespaces: v.optional(v.array(v.object({ binding: v.string() })), []),
  ratelimits: v.optional(
    v.array(
      v.object({
        name: v.string(),
        namespace_id: v.string(),
        simple: v.object({ limit: v.number(), period: v.picklist([10, 60]) }),
      }),
    ),
    [],
  ),
  version_metadata: v.optional(v.object({ binding: v.string() })),
});

export type WorkerSettings = v.InferOutput<typeof schema>;

/** @param path of wrangler.toml; a file that does not parse is a bug of this repository, so it throws */
export async function readWorkerSettings(path: string): Promise<WorkerSettings> {
  const toml = parseToml(await readFile(path, "utf8"));
  if (toml.kind === "invalid") throw new Error(`${path}:${toml.line}: ${toml.message}`);
  return v.parse(schema, toml.values);
}
