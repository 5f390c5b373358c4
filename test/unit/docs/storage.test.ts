// docs/storage.md: the entries that it shows have the form that the Worker reads, and the keys that it explains are
// theirs.
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, test } from "vitest";
import { entrySchema } from "../../../src/worker/cache/entry.ts";

const page = readFileSync(new URL("../../../docs/storage.md", import.meta.url), "utf8");
const entries = [...page.matchAll(/^```json\n(.+?)\n```$/gms)].map(([, json = ""]) => JSON.parse(json));

test.each(entries)("the entry of kind $kind is one that the Worker reads, without a key too many", (entry) => {
  expect(v.parse(entrySchema, entry)).toEqual(entry);
});

test("both kinds are shown, and every key of the facts is explained", () => {
  expect(entries.map(({ kind }) => kind)).toEqual(["facts", "tombstone"]);
  for (const key of Object.keys(entries[0])) expect(page).toMatch(new RegExp(`^\\| \`${key}\` \\| .+ \\|$`, "m"));
});
