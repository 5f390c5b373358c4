// What the commands for the signing key say: the changes, and what comes next.

import type { SigningKeySlot } from "../../../worker/config/sign-in.ts";
import { signingKeySecret } from "../../../worker/config/signing-keys.ts";
import { timeText } from "../../config-file/signing-keys.ts";
import type { KeyState } from "./plan.ts";

export function newKeysChange(slot: SigningKeySlot): string {
  return `make an RSA key of 2,048 bits, and put it up as the secret ${signingKeySecret(slot)}`;
}

/** @returns the step that comes next, and from when on */
export function nextStep(state: KeyState, now: number): string {
  const from = (time: number) => (time <= now ? "" : `, from ${timeText(time)} on`);
  switch (state.kind) {
    case "none":
      return "octogate signing-key create makes the first key";
    case "undecided":
      return 'write [vars.SIGNING_KEYS] with signs = "a" or "b", and deploy';
    case "one":
      return "octogate signing-key create makes the key that is to sign after this one; no key ends by itself";
    case "next":
      return `octogate signing-key rotate signs with ${state.other}${from(state.signsFrom)}`;
    case "earlier":
      return `octogate signing-key create puts a new key in the place of ${state.other}${from(state.neededUntil)}`;
  }
}
