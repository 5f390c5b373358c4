// kube-apiserver's two caches of answers, one in the other: the webhook's own, with the operator's time to live, for
// yes and no alike, and a fixed one of 10 s for yes alone. Errors are in neither.

const fixedCacheMs = 10_000;

interface Remembered {
  readonly isYes: boolean;
  /** In the webhook's own cache. */
  readonly until: number;
  /** In the fixed one, which is filled from the other, and so can outlive it. */
  readonly fixedUntil: number;
}

export class Apiserver {
  readonly #ttlMs: number;
  readonly #remembered = new Map<string, Remembered>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  /** @returns the remembered answer, or null where the webhook has to be asked */
  lookUp(token: string, now: number): boolean | null {
    const entry = this.#remembered.get(token);
    if (entry === undefined) return null;
    if (now < entry.fixedUntil) return true;
    if (now >= entry.until) return null;
    if (entry.isYes) this.#remembered.set(token, { ...entry, fixedUntil: now + fixedCacheMs });
    return entry.isYes;
  }

  remember(token: string, isYes: boolean, now: number): void {
    this.#remembered.set(token, {
      isYes,
      until: now + this.#ttlMs,
      fixedUntil: isYes ? now + fixedCacheMs : now,
    });
  }
}
