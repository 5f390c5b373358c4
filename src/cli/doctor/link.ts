// The links of the chain from this machine to a review's answer, in the order in which they carry each other, and what can be found about one.

/** By the names that --json uses, with the words for people. */
export const linkTitles = {
  configuration: "configuration",
  "client-certificate": "client certificate",
  dns: "DNS",
  connection: "connection",
  clock: "clock",
  tls: "TLS",
  edge: "edge",
  firewall: "firewall",
  "mutual-tls": "mutual TLS",
  fingerprint: "fingerprint",
  worker: "Worker",
  kv: "KV",
  github: "GitHub",
  review: "review",
  token: "token",
} as const;

export type LinkName = keyof typeof linkTitles;

export type LinkState = "ok" | "warning" | "broken" | "skipped";

export interface Finding {
  readonly state: LinkState;
  /** What was seen, or why nothing was looked at. */
  readonly seen: string;
  readonly cure?: string;
  /** Set where it was skipped since this earlier link is broken. */
  readonly blockedBy?: LinkName;
}

export interface Link extends Finding {
  readonly name: LinkName;
}

export function ok(seen: string): Finding {
  return { state: "ok", seen };
}

/** It works, but not as it should, or not for long. */
export function warning(seen: string, cure: string): Finding {
  return { state: "warning", seen, cure };
}

export function broken(seen: string, cure: string): Finding {
  return { state: "broken", seen, cure };
}

/** Nothing is wrong with what comes before, and still there is nothing to be said. */
export function untold(seen: string): Finding {
  return { state: "skipped", seen };
}

export function blocked(by: LinkName): Finding {
  return { state: "skipped", seen: `not looked at: ${linkTitles[by]} is broken`, blockedBy: by };
}

const maxForeignLength = 200;

/** @param text of a server's, which may hold anything @returns one line of it that a terminal can take */
export function printable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return line.length > maxForeignLength ? `${line.slice(0, maxForeignLength)}…` : line;
}

/** @returns "210 ms", "1.4 s" */
export function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
