// How late Cloudflare's API shows what was changed: seen live by others, in the tests of github.com/alchemy-run/alchemy
// (packages/alchemy/test/Cloudflare), which poll for as long as this.

/** How long a new certificate is missing from the list. */
const certificateMs = 60_000;
/** How long the list of hostname associations is the one from before. */
const associationMs = 75_000;
/** KV namespaces and secrets: no number was published. */
const otherMs = 30_000;
/** How many of a new token's first requests are refused. */
const refusedRequests = 3;

export class Lateness {
  readonly #now: () => number;
  readonly #visibleFrom = new Map<string, number>();
  #associations: { readonly until: number; readonly hostnames: readonly string[] }[] = [];
  /** How many requests are refused as a new token's. */
  refusedRequests: number;
  readonly isLate: boolean;

  /** 1 is as late as the real one. */
  readonly #scale: number;

  /**
   * @param now the current time in milliseconds
   * @param scale how late it is, for processes: those have the real clock, and a test would wait with them
   */
  constructor(isLate: boolean, now: () => number, scale = 1) {
    this.isLate = isLate;
    this.#now = now;
    this.#scale = scale;
    this.refusedRequests = isLate ? refusedRequests : 0;
  }

  /** @returns whether this request is one that Cloudflare refuses because the token is new */
  refusesNewToken(): boolean {
    if (this.refusedRequests === 0) return false;
    this.refusedRequests -= 1;
    return true;
  }

  made(kind: "certificate" | "namespace" | "secret", name: string): void {
    const lag = kind === "certificate" ? certificateMs : otherMs;
    if (this.isLate) this.#visibleFrom.set(`${kind} ${name}`, this.#now() + lag * this.#scale);
  }

  isVisible(kind: "certificate" | "namespace" | "secret", name: string): boolean {
    return (this.#visibleFrom.get(`${kind} ${name}`) ?? 0) <= this.#now();
  }

  /** @param before the list that a change has replaced */
  associationsChanged(before: readonly string[]): void {
    const until = this.#now() + associationMs * this.#scale;
    if (this.isLate) this.#associations.push({ until, hostnames: [...before] });
  }

  /** @param current the list as it is @returns the list as it is shown */
  shownAssociations(current: readonly string[]): readonly string[] {
    this.#associations = this.#associations.filter(({ until }) => until > this.#now());
    return this.#associations[0]?.hostnames ?? current;
  }

  /** @returns what puts everything back to what is late now */
  save(): () => void {
    const [visibleFrom, associations] = [new Map(this.#visibleFrom), [...this.#associations]];
    return () => {
      this.#visibleFrom.clear();
      for (const [name, time] of visibleFrom) this.#visibleFrom.set(name, time);
      this.#associations = [...associations];
    };
  }
}
