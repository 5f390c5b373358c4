// A reason why the local edge cannot start that whoever started it can put right: shown as one message, without a
// stack.

/** Thrown on the way up, caught in main.ts alone. */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
}
