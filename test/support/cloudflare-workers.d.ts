// The one thing that tests use of the Workers runtime's own module: its types can't be seen together with Node's.
declare module "cloudflare:workers" {
  export function waitUntil(work: Promise<unknown>): void;
}
