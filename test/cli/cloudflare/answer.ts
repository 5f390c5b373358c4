// How Cloudflare's API answers: one envelope for everything, errors with a code in a list.
import type { ApiError } from "./errors.ts";

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

/** @returns a parameter of a request, by a name that the SDK's type of the parameters has */
export function parameterOf<Parameters>(query: URLSearchParams, name: keyof Parameters & string): string | null {
  return query.get(name);
}

/** One page of a list; behind the last page there are empty ones. */
export function page<Parameters extends { page?: number; per_page?: number }>(
  all: readonly unknown[],
  query: URLSearchParams,
): Answer {
  const number = Number(parameterOf<Parameters>(query, "page") ?? 1);
  const size = Number(parameterOf<Parameters>(query, "per_page") ?? 20);
  const result = all.slice((number - 1) * size, number * size);
  const result_info = { page: number, per_page: size, count: result.length, total_count: all.length };
  return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
}

export function error(status: number, code: number, message: string): Answer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

/** @returns an answer as Cloudflare was seen to give it */
export function apiError({ status, code, message }: ApiError): Answer {
  const one = code === undefined ? { message } : { code, message };
  return { status, body: { success: false, errors: [one], messages: [], result: null } };
}
