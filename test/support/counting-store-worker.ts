// The Worker behind counting-store.ts.
import { countsPath, type StoreCounts } from "./counting-store.ts";

const values = new Map<string, ArrayBuffer>();
const counts = { reads: 0, writes: 0 } satisfies StoreCounts;

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === countsPath) return Response.json(counts);
    if (request.method === "PUT") {
      counts.writes += 1;
      values.set(pathname, await request.arrayBuffer());
      return new Response();
    }
    counts.reads += 1;
    const value = values.get(pathname);
    return value === undefined ? new Response(null, { status: 404 }) : new Response(value);
  },
};
