// GitHub's primary rate limit. Tokens that GitHub knows are counted in their owner's bucket, everything else in the one of the caller's
// address: a wrong token shows `x-ratelimit-limit: 60`.

const windowSeconds = 3600;

export class RateLimitBucket {
  readonly limit: number;
  readonly #now: () => Date;
  #used = 0;
  #resetAtSeconds = 0;

  constructor(limit: number, now: () => Date) {
    this.limit = limit;
    this.#now = now;
  }

  /** Whether the next request has to be refused. */
  isExhausted(): boolean {
    this.#renew();
    return this.#used >= this.limit;
  }

  /** Counts one request. */
  spend(): void {
    this.#renew();
    this.#used += 1;
  }

  /** The bucket as it is now, in the headers that every answer of the API carries. */
  headers(): Record<string, string> {
    this.#renew();
    return rateLimitHeaders(this.limit, this.#used, this.#resetAtSeconds);
  }

  /** The bucket as it looks when nothing is left in it. */
  exhaustedHeaders(): Record<string, string> {
    this.#renew();
    return rateLimitHeaders(this.limit, this.limit, this.#resetAtSeconds);
  }

  #renew(): void {
    const nowSeconds = Math.floor(this.#now().getTime() / 1000);
    if (nowSeconds < this.#resetAtSeconds) return;
    this.#used = 0;
    this.#resetAtSeconds = nowSeconds + windowSeconds;
  }
}

function rateLimitHeaders(limit: number, used: number, resetAtSeconds: number): Record<string, string> {
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(Math.max(0, limit - used)),
    "x-ratelimit-reset": String(resetAtSeconds),
    "x-ratelimit-used": String(used),
    "x-ratelimit-resource": "core",
  };
}
