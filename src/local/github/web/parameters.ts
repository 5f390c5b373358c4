// Parameters of a request to GitHub's OAuth endpoints.
import type { StandInContext } from "../context.ts";

export type Parameters = Readonly<Record<string, string | undefined>>;

/** @returns the query and the body together: GitHub takes a form as well as JSON, and both beside a query */
export async function parametersOf(c: StandInContext): Promise<Parameters> {
  const text = await c.req.text().catch(() => "");
  const isJson = c.req.header("content-type")?.includes("json") ?? false;
  const body = isJson ? textsIn(text) : Object.fromEntries(new URLSearchParams(text));
  return { ...c.req.query(), ...body };
}

/** @returns the members of a JSON object that are texts */
function textsIn(json: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return {};
  }
}
