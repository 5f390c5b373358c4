// Entry point that wrangler bundles: the app with the runtime's own clock, network and console.
import { waitUntil } from "cloudflare:workers";
import { createApp } from "./app.ts";

export default createApp({
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  cache: caches.default,
  waitUntil,
  writeLine: (line) => console.log(line),
  writeError: (text) => console.error(text),
}) satisfies ExportedHandler<Record<string, unknown>>;
