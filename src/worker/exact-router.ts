// The smallest router that Hono can have: a method and a whole path, looked up. Hono's own routers match patterns, of
// which there are none here, and take a twentieth of a warm review for it; the small ones among them would also take
// "/authenticate/" for "/authenticate".
import type { Result, Router } from "hono/router";

/**
 * One handler for each path and method, or for all the other methods of a path ("ALL"); there are no patterns and no
 * middleware.
 */
export class ExactRouter<Handler> implements Router<Handler> {
  readonly name = "ExactRouter";
  readonly #routes = new Map<string, Map<string, Result<Handler>>>();

  add(method: string, path: string, handler: Handler): void {
    const byMethod = this.#routes.get(path) ?? new Map<string, Result<Handler>>();
    this.#routes.set(path, byMethod.set(method, [[[handler, {}]]]));
  }

  match(method: string, path: string): Result<Handler> {
    const byMethod = this.#routes.get(path);
    return byMethod?.get(method) ?? byMethod?.get("ALL") ?? [[]];
  }
}
