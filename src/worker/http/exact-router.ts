// Hono's router for paths that are taken exactly as they are written, which all of this Worker's are: one look-up for
// each request.
import type { Result, Router } from "hono/router";

export class ExactRouter<Handler> implements Router<Handler> {
  readonly name = "ExactRouter";
  /** By method and path: the handlers in their order, without parameters. */
  readonly #handlers = new Map<string, [Handler, Record<string, never>][]>();

  add(method: string, path: string, handler: Handler): void {
    const key = keyOf(method, path);
    this.#handlers.set(key, [...(this.#handlers.get(key) ?? []), [handler, {}]]);
  }

  match(method: string, path: string): Result<Handler> {
    return [this.#handlers.get(keyOf(method, path)) ?? []];
  }
}

function keyOf(method: string, path: string): string {
  return `${method} ${path}`;
}
