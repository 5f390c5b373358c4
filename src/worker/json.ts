// JSON from outside, whose shape is still to be checked.

/** @returns undefined for a text that is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error is dropped on purpose: its message quotes the text, which may hold a token or a secret.
    return undefined;
  }
}
