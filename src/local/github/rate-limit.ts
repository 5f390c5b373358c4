// GitHub's primary rate limit. Tokens that GitHub knows are counted in their owner's bucket, everything else in the one of the caller's
// address: a wrong token shows `x-ratelimit-limit: 60`.

const windowSeconds = 3600;

export class RateLimitBucket {
  readonly limit: number;
  readonly #now: () => Date;
  readonly #resource: "core" | "graphql";
  #used = 0;
  #resetAtSeconds = 0;

  constructor(limit: number, now: () => Date, resource: "core" | "graphql" = "core") {
    this.limit = limit;
    this.#now = now;
    this.#resource = resource;
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
    return this.#headersWith(this.#used);
  }

  /** The bucket as it looks when nothing is left in it. */
  exhaustedHeaders(): Record<string, string> {
    this.#renew();
    return this.#headersWith(this.limit);
  }

  #renew(): void {
    const nowSeconds = Math.floor(this.#now().getTime() / 1000);
    if (nowSeconds < this.#resetAtSeconds) return;
    this.#used = 0;
    this.#resetAtSeconds = nowSeconds + windowSeconds;
  }

  #headersWith(used: number): Record<string, string> {
    return {
      "x-ratelimit-limit": String(this.limit),
      "x-ratelimit-remaining": String(Math.max(0, this.limit - used)),
      "x-ratelimit-reset": String(this.#resetAtSeconds),
      "x-ratelimit-used": String(used),
      "x-ratelimit-resource": this.#resource,
    };
  }
}
