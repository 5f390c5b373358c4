// Stale-while-revalidate (RFC 5861): facts that will soon be stale are asked for again in the background, so that
// active users never wait for GitHub.
import { createTrace } from "../github/trace.ts";
import { loadFromGitHub } from "./load-from-github.ts";
import { type CacheParts, type Lookup, negativeKeyOf } from "./lookup.ts";

/** A revalidation that has not ended by then never will: the request that it belonged to was cancelled. */
const timeoutMs = 15_000;

/**
 * Starts a revalidation, at most one at a time for a token. A plain time says so: a promise of another request may
 * never settle.
 */
export function revalidate(parts: CacheParts, lookup: Lookup): void {
  const { memory, breaker, now, waitUntil } = parts;
  const record = memory.get(lookup.token);
  const { entry, revalidatingSince } = record;
  // A memory that has forgotten the token could not tell that a revalidation is under way.
  if (entry === null) return;
  if (revalidatingSince !== null && now() - revalidatingSince < timeoutMs) return;
  if (breaker.isOpen(now()) && !breaker.takeProbe(now())) return;
  memory.update(lookup.token, record, (current) => ({ ...current, revalidatingSince: now() }));
  // The review that started it has its answer: its trace takes no more calls.
  waitUntil(loadInBackground(parts, { ...lookup, trace: createTrace() }));
}

async function loadInBackground(parts: CacheParts, lookup: Lookup): Promise<void> {
  const { memory, negative, nameOf, now } = parts;
  const name = await nameOf(lookup.token);
  // GitHub has just said no, or asked to be left alone.
  if (negative.get(negativeKeyOf(name, lookup.request), now()) !== null) return;
  await loadFromGitHub(parts, lookup, name, memory.get(lookup.token));
}
