// GitHub's keys by their ids: isolate memory → Workers KV → GitHub. A flood of tokens with made-up ids asks GitHub once
// a minute, and writes nothing. Values are kept, never promises: a promise that another request waits for never settles
// if the request that made it is cancelled.
import type { GitHubClient } from "../github/client.ts";
import { parseJson } from "../json.ts";
import type { Key } from "../sealing.ts";
import { areSameKeys, importPublicKey, type KeySet, type PublicKey, readKeys } from "./key-set.ts";

export type KeySource = "memory" | "kv" | "github" | "none";

export type KeyAnswer = { readonly source: KeySource } & (
  | { readonly kind: "found"; readonly key: Key }
  /** GitHub has just said that it publishes no such key. */
  | { readonly kind: "refused"; readonly reason: "workflow_key_unknown" }
  | {
      readonly kind: "undetermined";
      /**
       * "pending": GitHub was asked less than a minute ago, and may have begun to sign with a new key since.
       * "unavailable": it does not say its keys, and those that were known are too old.
       */
      readonly reason: "workflow_key_pending" | "workflow_keys_unavailable";
    }
);

export interface ActionsKeys {
  /** It does not throw: every fault is an answer. */
  find(kid: string): Promise<KeyAnswer>;
}

/** KV, sealed: an attacker who could write a key there could sign as any workflow. */
export interface KeySetStore {
  /** @returns null for a miss and for every fault */
  read(): Promise<KeySet | null>;
  write(set: KeySet): Promise<unknown>;
}

export interface ActionsKeysOptions {
  readonly issuerUrl: string;
  readonly client: GitHubClient;
  readonly store: KeySetStore;
  /** How much longer keys count while GitHub does not say them. */
  readonly graceMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly waitUntil: (work: Promise<void>) => void;
  /** Takes a line for the operator, at most once a minute. */
  readonly writeWarning: (text: string) => void;
}

export const keyLifetimeMs = 60 * 60 * 1000;
/** An unknown id leads to one question in this time. */
export const unknownKeyPauseMs = 60_000;
/** Where no keys are known that count, GitHub is asked sooner again. */
export const failurePauseMs = 5_000;
/** KV and GitHub together take less: a request that has asked for longer was cancelled. */
const askLimitMs = 5_000;
const waitMs = 20;

export function createActionsKeys(options: ActionsKeysOptions): ActionsKeys {
  const { store, graceMs, now, waitUntil } = options;
  let known: KeySet | null = null;
  let imported = new Map<string, Key | null>();
  /** What KV holds, as far as this isolate knows. */
  let kvCopy: KeySet | null = null;
  let askingSince: number | null = null;
  let askedGitHubAt = Number.NEGATIVE_INFINITY;
  let warnedAt = Number.NEGATIVE_INFINITY;

  const counts = (set: KeySet | null, lifetimeMs: number): set is KeySet =>
    set !== null && set.fetchedAt <= now() && now() - set.fetchedAt < lifetimeMs;
  const isFresh = (set: KeySet | null): set is KeySet => counts(set, keyLifetimeMs);
  const isUsable = (set: KeySet | null): set is KeySet => counts(set, keyLifetimeMs + graceMs);
  const publicKeyIn = (set: KeySet, kid: string) => set.keys.find((key) => key.kid === kid);
  const isAsking = () => askingSince !== null && now() - askingSince < askLimitMs;

  async function keyIn(set: KeySet, kid: string): Promise<Key | null> {
    const earlier = imported.get(kid);
    if (earlier !== undefined && set === known) return earlier;
    const one = publicKeyIn(set, kid);
    const key = one === undefined ? null : await importPublicKey(one);
    // Only ids that are published: made-up ones must not fill the memory.
    if (one !== undefined && set === known) imported.set(kid, key);
    return key;
  }

  function learn(set: KeySet | null): void {
    if (set === null || set.fetchedAt > now() || (known !== null && known.fetchedAt >= set.fetchedAt)) return;
    if (known === null || !areSameKeys(known.keys, set.keys)) imported = new Map();
    known = set;
  }

  /** Memory has no fresh key of this id: looks into KV, and asks GitHub where KV has none either. */
  async function ask(kid: string): Promise<KeySource> {
    const since = now();
    askingSince = since;
    try {
      const read = await store.read();
      kvCopy = read ?? kvCopy;
      learn(read);
      if (isFresh(known) && publicKeyIn(known, kid) !== undefined) return "kv";
      const keys = await fetchKeys(options);
      // Not before: a question that was cancelled has answered nothing.
      askedGitHubAt = now();
      if (!Array.isArray(keys)) {
        warn(keys);
        return "none";
      }
      const loaded: KeySet = { fetchedAt: now(), keys };
      learn(loaded);
      if (!isFresh(kvCopy) || !areSameKeys(kvCopy.keys, keys)) {
        kvCopy = loaded;
        waitUntil(store.write(loaded).then(() => undefined));
      }
      return "github";
    } finally {
      // One that took too long must not end the next one's.
      if (askingSince === since) askingSince = null;
    }
  }

  function warn(reason: string): void {
    if (now() - warnedAt < unknownKeyPauseMs) return;
    warnedAt = now();
    options.writeWarning(`the keys of ${options.issuerUrl} can't be loaded (${reason}): workflows are kept waiting`);
  }

  async function answer(kid: string, source: KeySource): Promise<KeyAnswer> {
    const isCurrent = isFresh(known);
    const key = isUsable(known) ? await keyIn(known, kid) : null;
    if (key !== null) return { kind: "found", key, source: source === "none" ? "memory" : source };
    if (!isCurrent) return { kind: "undetermined", reason: "workflow_keys_unavailable", source: "none" };
    return source === "github"
      ? { kind: "refused", reason: "workflow_key_unknown", source }
      : { kind: "undetermined", reason: "workflow_key_pending", source };
  }

  return {
    async find(kid) {
      if (isFresh(known) && publicKeyIn(known, kid) !== undefined) return answer(kid, "memory");
      // Other requests of a new isolate wait for the one that asks.
      const giveUpAt = now() + askLimitMs;
      while (!isUsable(known) && isAsking() && now() < giveUpAt) await wait(waitMs);
      const isKnown = isFresh(known) && publicKeyIn(known, kid) !== undefined;
      const pauseMs = isFresh(known) ? unknownKeyPauseMs : failurePauseMs;
      if (isKnown || isAsking() || now() - askedGitHubAt < pauseMs) return answer(kid, "memory");
      const asking = ask(kid);
      // The runtime cancels what a client that goes away was waiting for: an attacker could so end each question.
      waitUntil(asking.then(() => undefined));
      return answer(kid, await asking);
    },
  };
}

/** @returns the keys, or why there are none */
async function fetchKeys({ client, issuerUrl }: ActionsKeysOptions): Promise<PublicKey[] | string> {
  const url = `${issuerUrl}/.well-known/jwks`;
  const reply = await client.send({ url, host: "web", authorization: null });
  if (reply.kind === "failed") return reply.reason;
  // A redirect is never followed.
  if (reply.status !== 200) return `status ${reply.status}`;
  return readKeys(parseJson(reply.text)) ?? "no keys in the answer";
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
