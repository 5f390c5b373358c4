// The Worker as it ships, with the store of a soak in KV's place: store.ts.
import { waitUntil } from "cloudflare:workers";
import { createApp } from "../../src/worker/app.ts";

const app = createApp({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  waitUntil,
  writeLine: () => undefined,
  writeError: (text) => console.error(text),
});

/** What is remembered hangs on this object. */
let environment: Readonly<Record<string, unknown>> | null = null;

export default {
  fetch(request: Request, env: Readonly<Record<string, unknown>>): Promise<Response> {
    const { KV_URL: url, ...others } = env;
    environment ??= { ...others, KV: storeAt(String(url)) };
    return app.fetch(request, environment);
  },
};

/** Fails as KV does: by an exception with the status in its message. */
function storeAt(url: string) {
  const address = (name: string) => `${url}/${encodeURIComponent(name)}`;
  return {
    async get(name: string): Promise<ArrayBuffer | null> {
      const response = await fetch(address(name));
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`KV GET failed: ${response.status}`);
      return response.arrayBuffer();
    },
    async put(name: string, value: Uint8Array<ArrayBuffer>): Promise<void> {
      const response = await fetch(address(name), { method: "PUT", body: value });
      if (!response.ok) throw new Error(`KV PUT failed: ${response.status}`);
    },
  };
}
