// What a group of routes consists of. Each group is a file in routes/; the list of all of them is in usual-answer.ts.

import type { Answer } from "./answer.ts";
import type { Call } from "./call.ts";

/** What a route makes of a call: a resource with what may be cached of it, or a finished refusal. */
export type RouteResult =
  | { readonly kind: "resource"; readonly body: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: "refusal"; readonly answer: Answer };

export interface Route {
  readonly method: string;
  readonly pattern: RegExp;
  /** Called with known tokens and without any: a token that is not known never gets this far. */
  readonly answer: (call: Call) => RouteResult;
}
