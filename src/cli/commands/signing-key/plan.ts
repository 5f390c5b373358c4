// The steps of a rotation of the signing key. Pure: the table as it is deployed and the time → the next table, or why
// not yet. Cloudflare never gives a secret back, so there are two slots, and a rotation goes from one to the other.
import { idTokenSeconds } from "../../../worker/config/client-table.ts";
import type { SigningKeySlot } from "../../../worker/config/sign-in.ts";
import type { SigningKeysTable } from "../../../worker/config/signing-keys.ts";
import { publishedBeforeSeconds } from "../../config-file/check/sign-in-rules.ts";
import { newestTime, timeText } from "../../config-file/signing-keys.ts";

/** What is deployed. */
export interface DeployedKeys {
  /** Null for none. */
  readonly table: SigningKeysTable | null;
  /** The slots whose secrets are there. */
  readonly slots: readonly SigningKeySlot[];
}

/** Times in milliseconds since 1970. */
export type KeyState =
  | { readonly kind: "none" }
  /** Two keys and no table: the Worker does not know which one signs. */
  | { readonly kind: "undecided" }
  | { readonly kind: "one"; readonly signs: SigningKeySlot; readonly other: SigningKeySlot }
  /** The other key has not signed yet, and may do so from a time on. */
  | {
      readonly kind: "next";
      readonly signs: SigningKeySlot;
      readonly other: SigningKeySlot;
      readonly signsFrom: number;
    }
  /** The other key signed before, and tokens of it may be valid until a time. */
  | {
      readonly kind: "earlier";
      readonly signs: SigningKeySlot;
      readonly other: SigningKeySlot;
      readonly neededUntil: number;
    };

/** After the longest ID token has ended, kube-apiservers with a slow clock still get some time. */
const afterLastTokenSeconds = 300;

export function stateOf({ table, slots }: DeployedKeys): KeyState {
  if (table === null && slots.length !== 1) return { kind: slots.length === 0 ? "none" : "undecided" };
  const signs = table?.signs ?? slots[0] ?? "a";
  const other = signs === "a" ? "b" : "a";
  const since = table?.published[other];
  if (table === null || since === undefined) return { kind: "one", signs, other };
  const { signs_since: signsSince } = table;
  if (signsSince === undefined || since >= signsSince) {
    return { kind: "next", signs, other, signsFrom: since + publishedBeforeSeconds * 1000 };
  }
  const neededSeconds = idTokenSeconds.max + afterLastTokenSeconds;
  return { kind: "earlier", signs, other, neededUntil: signsSince + neededSeconds * 1000 };
}

export type Step =
  | {
      readonly kind: "go";
      readonly table: SigningKeysTable;
      /** The slots that get a key that was never there before. */
      readonly newKeys: readonly SigningKeySlot[];
    }
  /** `from`: when it may be tried again, in milliseconds since 1970; null where waiting does not help. */
  | { readonly kind: "refused"; readonly message: string; readonly hint: string; readonly from: number | null };

const createFirst = "octogate signing-key create makes and publishes one";

/** Puts a new key into the slot that is free, or holds a key whose last token has ended, and publishes it. */
export function planCreate(keys: DeployedKeys, now: number): Step {
  const clock = refuseTimeInFuture(keys, now);
  if (clock !== null) return clock;
  const state = stateOf(keys);
  switch (state.kind) {
    case "none":
      return {
        kind: "go",
        table: { signs: "a", signs_since: now, published: { a: now }, withdrawn: [] },
        newKeys: ["a"],
      };
    case "undecided":
      return refused(
        "there are two keys and no table that says which one signs",
        'write [vars.SIGNING_KEYS] with signs = "a" or "b", and deploy',
      );
    case "next":
      return refused(
        `the other key (${state.other}) has not signed yet: it is the next one`,
        `octogate signing-key rotate signs with it, from ${timeText(state.signsFrom)} on`,
      );
    case "earlier":
      if (now < state.neededUntil) {
        return tooEarly(
          `tokens that ${state.other} signed may be valid until ${timeText(state.neededUntil)}`,
          state.neededUntil,
        );
      }
      return publish(keys, state, now);
    case "one":
      return publish(keys, state, now);
  }
}

function publish({ table }: DeployedKeys, { signs, other }: KeyState & { kind: "one" | "earlier" }, now: number): Step {
  const kept = table ?? { signs, published: {}, withdrawn: [] };
  return { kind: "go", table: { ...kept, published: { ...kept.published, [other]: now } }, newKeys: [other] };
}

/** Signs with the other key, once each kube-apiserver can know it. The table alone changes. */
export function planRotate(keys: DeployedKeys, now: number): Step {
  const clock = refuseTimeInFuture(keys, now);
  if (clock !== null) return clock;
  const state = stateOf(keys);
  switch (state.kind) {
    case "none":
    case "undecided":
      return refused("there is no key that signs", createFirst);
    case "one":
      return refused("there is no other key to sign with", createFirst);
    case "earlier":
      return refused(
        `the other key (${state.other}) is the one that signed before`,
        `${createFirst} in its place, from ${timeText(state.neededUntil)} on`,
      );
    case "next": {
      if (now < state.signsFrom) {
        const why = `a kube-apiserver keeps the keys that it has read, and ${state.other} is not published for an hour yet`;
        return tooEarly(why, state.signsFrom);
      }
      const { signs, other } = state;
      // Without a time the key that has signed would not be published any more. It was there before the other one.
      const signedSince = keys.table?.published[signs] ?? keys.table?.published[other];
      const published = { ...keys.table?.published, [signs]: signedSince };
      const withdrawn = keys.table?.withdrawn ?? [];
      return { kind: "go", table: { signs: other, signs_since: now, published, withdrawn }, newKeys: [] };
    }
  }
}

/**
 * Takes a key out of use at once. It is not published any more, and another key takes its place in the slot, so that no
 * later change of the table can bring it back. No clock and no order keeps an operator from this.
 *
 * @param compromised null for the one that signs
 * @param isLeftOut whether a slot's key is in use by the table, and the Worker publishes none: it is wrong
 */
export function planCompromised(
  keys: DeployedKeys,
  compromised: SigningKeySlot | null,
  now: number,
  isLeftOut: (slot: SigningKeySlot) => boolean = () => false,
): Step {
  const state = stateOf(keys);
  if (state.kind === "none") return refused("there is no signing key", createFirst);
  if (state.kind === "undecided") {
    return refused(
      "there are two keys and no table that says which one signs",
      'write [vars.SIGNING_KEYS] with signs = "a" or "b", and deploy',
    );
  }
  const { signs, other } = state;
  // Another clone's clock may be ahead. Later than what is deployed, this table can't be taken for an older one.
  const time = Math.max(now, newestTime(keys.table));
  const published = keys.table?.published ?? {};
  if (compromised === other) {
    const table = { signs, signs_since: time, published: { [signs]: published[signs] ?? time }, withdrawn: [] };
    return { kind: "go", table, newKeys: [other] };
  }
  const isOtherThere = state.kind !== "one" && !isLeftOut(other);
  const publishedSince = (isOtherThere ? published[other] : undefined) ?? time;
  const table = { signs: other, signs_since: time, published: { [other]: publishedSince }, withdrawn: [] };
  return { kind: "go", table, newKeys: isOtherThere ? [signs] : [signs, other] };
}

function refused(message: string, hint: string): Step {
  return { kind: "refused", message, hint, from: null };
}

function tooEarly(message: string, from: number): Step {
  return { kind: "refused", message, hint: `run this again from ${timeText(from)} on`, from };
}

/** With a time in the past a step would come too early, and nothing would show it later. */
function refuseTimeInFuture({ table }: DeployedKeys, now: number): Step | null {
  const newest = newestTime(table);
  if (newest <= now) return null;
  return {
    kind: "refused",
    message: `the table has the time ${timeText(newest)}, and this machine's clock says ${timeText(now)}`,
    hint: "one clock is wrong: set this machine's, or wait until that time",
    from: newest,
  };
}
