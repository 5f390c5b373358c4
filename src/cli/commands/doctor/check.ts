// The checks of the chain from this machine to a review's answer, in the order in which they rest on each other.

/** By the names that --json uses, with the words for people. */
export const checkTitles = {
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
  "sign-in": "sign-in",
  "sign-in-clock": "sign-in clock",
  discovery: "discovery",
  "signing-keys": "signing keys",
  callback: "callback",
  "sign-in-closed": "no reviews there",
  token: "token",
  kubeconfig: "kubeconfig",
  "kube-apiserver": "kube-apiserver",
  credential: "credential",
  "id-token": "ID token",
  policy: "policy",
  whoami: "whoami",
  names: "names",
} as const;

export type CheckName = keyof typeof checkTitles;

/** Those of the sign-in hostname, which says nothing about the webhook. */
export const signInChecks: ReadonlySet<CheckName> = new Set([
  ...(["sign-in", "sign-in-clock", "discovery", "signing-keys", "callback", "sign-in-closed"] as const),
]);

export interface CheckResult {
  readonly state: "ok" | "warning" | "broken" | "skipped";
  /** What was seen, or why nothing was checked. */
  readonly seen: string;
  readonly hint?: string;
  /** The earlier check that is broken, where this one was skipped for it. */
  readonly blockedBy?: CheckName;
}

export interface Check extends CheckResult {
  readonly name: CheckName;
}

export function ok(seen: string): CheckResult {
  return { state: "ok", seen };
}

/** It works, but not as it should, or not for long. */
export function warning(seen: string, hint: string): CheckResult {
  return { state: "warning", seen, hint };
}

export function broken(seen: string, hint: string): CheckResult {
  return { state: "broken", seen, hint };
}

/** Nothing is wrong with the earlier checks, and still there is no result. */
export function skipped(seen: string): CheckResult {
  return { state: "skipped", seen };
}

export function blocked(by: CheckName): CheckResult {
  return { state: "skipped", seen: `not checked: ${checkTitles[by]} is broken`, blockedBy: by };
}

/** @returns the earlier check for which one that rests on this is skipped, or null */
export function culpritOf(check: Check | undefined): CheckName | null {
  if (check?.state === "broken") return check.name;
  return check?.blockedBy ?? null;
}

const maxForeignLength = 200;

const maxLinkLength = 1000;

/**
 * @param text from a server, which may hold anything
 * @returns one line of it that a terminal can take; a link stays whole, for half of one leads nowhere
 */
export function printable(text: string, maxLength = maxForeignLength): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  if (line.length <= maxLength) return line;
  const link = /https:\/\/\S*$/.exec(line.slice(0, maxLength));
  if (link === null) return `${line.slice(0, maxLength)}…`;
  const linkEnd = link.index + line.slice(link.index).search(/\s|$/);
  if (linkEnd - link.index > maxLinkLength) return `${line.slice(0, maxLength)}…`;
  return linkEnd === line.length ? line : `${line.slice(0, linkEnd)} …`;
}

/** @returns "210 ms", "1.4 s" */
export function durationText(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
