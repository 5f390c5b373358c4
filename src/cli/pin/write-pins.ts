// Writes numbers behind names, into the text itself: nothing else of the file changes.
import type { SourceMap } from "../wrangler-toml/source-map.ts";
import type { Pin } from "./plan.ts";

/** @param sourceMap of this very text */
export function writePins(text: string, sourceMap: SourceMap, pins: readonly Pin[]): string {
  const insertions = pins.flatMap(({ entry, id }) => {
    const range = sourceMap.stringAt(entry.path);
    return range === null ? [] : [{ at: range.end, inserted: `#${id}` }];
  });
  // From the end, so that what is inserted moves nothing that is still to come.
  insertions.sort((one, other) => other.at - one.at);
  return insertions.reduce((rest, { at, inserted }) => rest.slice(0, at) + inserted + rest.slice(at), text);
}
