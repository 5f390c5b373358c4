// What a group of routes consists of. Each group is a file in routes/; the list of all of them is in usual-answer.ts.

import type { Answer } from "./answer.ts";
import type { Call } from "./call.ts";
import type { State } from "./state.ts";

/** What a route makes of a call. */
export type RouteResult =
  /** A resource with what may be cached of it. */
  | { readonly kind: "resource"; readonly body: string; readonly headers: Readonly<Record<string, string>> }
  /** What a POST came to: nothing of it may be cached. */
  | { readonly kind: "outcome"; readonly status: 200 | 201; readonly body: string }
  /** Finished. */
  | { readonly kind: "refusal"; readonly answer: Answer };

export interface Route {
  readonly method: "GET" | "POST";
  readonly pattern: RegExp;
  /**
   * Called with known tokens and without any: a token that is not known never gets this far, except where apps sign in as themselves.
   *
   * @param parameters what the pattern's groups caught, decoded
   */
  readonly answer: (call: Call, state: State, parameters: readonly string[]) => RouteResult;
  /** Whether apps sign in here as themselves, so that no token is looked at. */
  readonly isForApps?: boolean;
}
