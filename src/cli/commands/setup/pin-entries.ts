// Pins of a new cluster's entries, before anything decides by their names.
// GitHub tells the numbers of users and organisations to all; teams need a token, and `octogate pin` looks those up.
import * as v from "valibot";
import { allowEntrySchema } from "../../../worker/config/entries.ts";
import { createGitHubClient } from "../../../worker/github/client.ts";
import type { Context } from "../../command.ts";
import { githubApiUrlOf } from "../../config-file/check/check.ts";
import type { ConfigFile } from "../../config-file/file.ts";
import { createLookup } from "../pin/lookup.ts";

/** A person waits for it. */
const timeoutMs = 10_000;

/** Whether GitHub's number can be looked up for an entry, and is not there yet. */
export function canBePinned(entry: string): boolean {
  const parsed = v.safeParse(allowEntrySchema, entry);
  return (
    parsed.success && (parsed.output.kind === "user" || parsed.output.kind === "organisation") && !parsed.output.id
  );
}

/** @returns the entries, each with its number where GitHub tells it */
export async function pinEntries(
  entries: readonly string[],
  { settings }: ConfigFile,
  { fetch: send, terminal }: Context,
): Promise<string[]> {
  const api = githubApiUrlOf(settings.vars);
  if (!api.ok) return [...entries];
  const lookup = createLookup({
    client: createGitHubClient({ fetch: send, timeoutMs }),
    restUrl: api.value,
    token: null,
  });
  const pinned: string[] = [];
  for (const entry of entries) {
    const parsed = v.safeParse(allowEntrySchema, entry);
    const isNamed = parsed.success && (parsed.output.kind === "user" || parsed.output.kind === "organisation");
    if (!isNamed || !canBePinned(entry)) {
      pinned.push(entry);
      continue;
    }
    const found = await lookup(parsed.output);
    if (found.kind !== "found") {
      const why = "message" in found ? found.message : "no account at GitHub has that name";
      terminal.note(`${entry} stays without a number: ${why}`);
    }
    pinned.push(found.kind === "found" ? entry + found.pin : entry);
  }
  return pinned;
}
