// How GitHub cuts lists into pages, and says in `Link` where the others are.
import type { Call } from "./call.ts";

const usualPageSize = 30;
const largestPageSize = 100;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly headers: Readonly<Record<string, string>>;
}

export function pageOf<Item>(call: Call, items: readonly Item[]): Page<Item> {
  const size = Math.min(numberIn(call, "per_page") ?? usualPageSize, largestPageSize);
  const page = numberIn(call, "page") ?? 1;
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (number: number, relation: string) => {
    const query = new URLSearchParams(call.query);
    query.set("page", String(number));
    return `<${call.apiUrl}${call.path}?${query}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  return {
    items: items.slice((page - 1) * size, page * size),
    headers: links.length === 0 ? {} : { link: links.join(", ") },
  };
}

/** @returns null for what is no positive number: GitHub takes it for absent */
function numberIn({ query }: Call, name: string): number | null {
  const value = query.get(name) ?? "";
  return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null;
}
