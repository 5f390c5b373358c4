// How Cloudflare's API answers: one envelope for everything, errors with a code in a list.

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Call {
  readonly method: string;
  /** Behind /client/v4 */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
}

export function ok(result: unknown): Answer {
  return { status: 200, body: { success: true, errors: [], messages: [], result } };
}

/** One page of a list; behind the last page there are empty ones. */
export function page(all: readonly unknown[], query: URLSearchParams): Answer {
  const number = Number(query.get("page") ?? 1);
  const size = Number(query.get("per_page") ?? 20);
  const result = all.slice((number - 1) * size, number * size);
  const result_info = { page: number, per_page: size, count: result.length, total_count: all.length };
  return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
}

export function error(status: number, code: number, message: string): Answer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

export const notFound = error(404, 10007, "not found");
