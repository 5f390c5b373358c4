// Primary rate limits: buckets of requests an hour, and the table of what counts against which bucket.

/** Requests an hour. */
export interface RateLimitOptions {
  /** Of an address, for requests without a credential. Default: 60. */
  readonly anonymousLimit?: number;
  /** Of a person. Default: 5,000. */
  readonly userLimit?: number;
  /** Of an installation, and of an app for what it asks as itself. Default: 5,000. */
  readonly installationLimit?: number;
  /** Of an app, for tokens of people. Default: 2,000, which GitHub calls a secondary limit. */
  readonly tokenRequestLimit?: number;
  /** Of an app, for codes that people enter on the page of the device flow. Default: 50. */
  readonly enteredCodeLimit?: number;
}

/** GraphQL counts apart from all other requests. */
export interface Buckets {
  readonly core: RateLimitBucket;
  readonly graphql: RateLimitBucket;
}

/** What an app may do on GitHub's web host. */
interface SignInLimits {
  readonly tokenRequests: RateLimitBucket;
  readonly enteredCodes: RateLimitBucket;
}

const windowSeconds = 3600;

export class RateLimits {
  /** All callers of the stand-in are on this machine, so they share one address. */
  readonly ofAddress: RateLimitBucket;
  readonly #now: () => Date;
  readonly #limits: Readonly<Record<"user" | "installation", number>>;
  readonly #buckets = new WeakMap<object, Buckets>();
  readonly #signInLimits = new WeakMap<object, SignInLimits>();
  readonly #tokenRequestLimit: number;
  readonly #enteredCodeLimit: number;

  constructor(options: RateLimitOptions, now: () => Date) {
    const { anonymousLimit = 60, userLimit = 5000, installationLimit = 5000 } = options;
    this.#now = now;
    this.#limits = { user: userLimit, installation: installationLimit };
    this.#tokenRequestLimit = options.tokenRequestLimit ?? 2000;
    this.#enteredCodeLimit = options.enteredCodeLimit ?? 50;
    this.ofAddress = new RateLimitBucket(anonymousLimit, now, "core");
  }

  /** @param owner a person, an installation or an app: all of its tokens share its buckets */
  of(owner: object, kind: "user" | "installation"): Buckets {
    const known = this.#buckets.get(owner);
    if (known !== undefined) return known;
    const limit = this.#limits[kind];
    const buckets = {
      core: new RateLimitBucket(limit, this.#now, "core"),
      graphql: new RateLimitBucket(limit, this.#now, "graphql"),
    };
    this.#buckets.set(owner, buckets);
    return buckets;
  }

  signInsOf(app: object): SignInLimits {
    const known = this.#signInLimits.get(app);
    if (known !== undefined) return known;
    const limits = {
      tokenRequests: new RateLimitBucket(this.#tokenRequestLimit, this.#now, "token_requests"),
      enteredCodes: new RateLimitBucket(this.#enteredCodeLimit, this.#now, "entered_codes"),
    };
    this.#signInLimits.set(app, limits);
    return limits;
  }

  /**
   * What a request counts against:
   *
   * | the request shows | bucket |
   * |---|---|
   * | a token that GitHub knows | its owner's, one for GraphQL and one for all other requests |
   * | an app's JWT, or an app's client id and secret | the app's |
   * | no credential | that of the caller's address |
   * | any other credential | none; in GitHub's earlier form that of the caller's address |
   */
  bucketOf(granted: Buckets | null, app: object | null, resource: keyof Buckets): RateLimitBucket {
    if (granted !== null) return granted[resource];
    return app === null ? this.ofAddress : this.of(app, "installation").core;
  }
}

export class RateLimitBucket {
  readonly #limit: number;
  readonly #now: () => Date;
  readonly #resource: string;
  #used = 0;
  #resetAtSeconds = 0;

  constructor(limit: number, now: () => Date, resource: string) {
    this.#limit = limit;
    this.#now = now;
    this.#resource = resource;
  }

  /** Whether GitHub refuses the next request. */
  isExhausted(): boolean {
    this.#renew();
    return this.#used >= this.#limit;
  }

  /** Counts one request. */
  spend(): void {
    this.#renew();
    this.#used += 1;
  }

  /** The bucket as it is now, in the headers that every response of the API carries. */
  headers(): Record<string, string> {
    this.#renew();
    return this.#headersWith(this.#used);
  }

  /** The bucket as it looks when nothing is left in it. */
  exhaustedHeaders(): Record<string, string> {
    this.#renew();
    return this.#headersWith(this.#limit);
  }

  #renew(): void {
    const nowSeconds = Math.floor(this.#now().getTime() / 1000);
    if (nowSeconds < this.#resetAtSeconds) return;
    this.#used = 0;
    this.#resetAtSeconds = nowSeconds + windowSeconds;
  }

  /** The bucket as it is now, in numbers. */
  state() {
    this.#renew();
    return this.#stateWith(this.#used);
  }

  #stateWith(used: number) {
    return { limit: this.#limit, remaining: Math.max(0, this.#limit - used), reset: this.#resetAtSeconds, used };
  }

  #headersWith(used: number): Record<string, string> {
    const state = Object.entries(this.#stateWith(used)).map(([name, value]) => [`x-ratelimit-${name}`, String(value)]);
    return { ...Object.fromEntries(state), "x-ratelimit-resource": this.#resource };
  }
}
