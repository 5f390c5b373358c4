// Which addresses a name has, as this machine resolves it (hosts file included): that is how kube-apiserver does it, too.
import { lookup } from "node:dns/promises";
import { setTimeout as delay } from "node:timers/promises";
import { failureText } from "../../node/network-failure.ts";

export type Resolution =
  | { readonly kind: "resolved"; readonly addresses: readonly string[] }
  | { readonly kind: "failed"; readonly why: string };

export async function resolveName(hostname: string, timeoutMs: number): Promise<Resolution> {
  const giveUp = new AbortController();
  const late = delay(timeoutMs, null, { signal: giveUp.signal, ref: false }).catch(() => null);
  try {
    const found = await Promise.race([lookup(hostname, { all: true }), late]);
    if (found === null) return { kind: "failed", why: `the resolver gave no answer within ${timeoutMs / 1000} s` };
    return { kind: "resolved", addresses: found.map(({ address }) => address) };
  } catch (error) {
    return { kind: "failed", why: failureText(error) };
  } finally {
    giveUp.abort();
  }
}
