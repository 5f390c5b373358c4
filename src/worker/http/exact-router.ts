// A router for Hono that takes paths exactly as they are written: Hono's own small ones take "/authenticate/" for
// "/authenticate". The paths have no parameters.
import type { Result, Router } from "hono/router";

export class ExactRouter<T> implements Router<T> {
  readonly name = "ExactRouter";
  readonly #routes: { readonly method: string; readonly path: string; readonly handler: T }[] = [];

  add(method: string, path: string, handler: T): void {
    this.#routes.push({ method, path, handler });
  }

  match(method: string, path: string): Result<T> {
    const fitting = this.#routes.filter(
      (route) => route.path === path && (route.method === method || route.method === "ALL"),
    );
    return [fitting.map(({ handler }) => [handler, {}])];
  }
}
