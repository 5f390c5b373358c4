// Parameters of a request, from a query or a form (application/x-www-form-urlencoded). OAuth refuses a parameter that
// is there twice (RFC 6749, 3.1 and 3.2), for two readers could take different ones.

export interface Parameters {
  /** @returns null where it is absent or empty, which is the same to OAuth, and where it is faulty */
  get(name: string): string | null;
  /** What is wrong with parameters, by their names: "is there twice", "is not percent-encoded UTF-8". */
  readonly faults: ReadonlyMap<string, string>;
}

/** @param text a query without "?", or a form's body */
export function parseParameters(text: string): Parameters {
  const values = new Map<string, string>();
  const faults = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const [encodedName = "", ...rest] = pair.split("=");
    const name = decode(encodedName) ?? "";
    const value = decode(rest.join("="));
    if (value === null || name === "") faults.set(name, "is not percent-encoded UTF-8");
    else if (values.has(name)) faults.set(name, "is there twice");
    else values.set(name, value);
  }
  return { get: (name) => (faults.has(name) ? null : values.get(name) || null), faults };
}

/** A terminal prints it, so a name is quoted only where it is one that OAuth could have. */
export function describeFault([name, problem]: readonly [string, string]): string {
  return /^[a-z_]{1,40}$/.test(name) ? `The parameter ${name} ${problem}` : `A parameter ${problem}`;
}

/** @returns null for what is no percent-encoded UTF-8, which URLSearchParams would replace without a word */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return null;
  }
}
