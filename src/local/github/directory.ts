// The accounts that the stand-in knows and the tokens that it gave out for them.
import { RateLimitBucket } from "./rate-limit.ts";
import { makeToken, type StandInTokenKind } from "./token.ts";

export interface StandInAccount {
  readonly id: number;
  /** Can be changed at any time: people rename themselves. */
  login: string;
  type: string;
}

export interface NewAccount {
  readonly login: string;
  readonly id?: number;
  readonly type?: string;
}

export interface TokenOptions {
  readonly kind: StandInTokenKind;
  readonly scopes?: readonly string[];
  /** Shown by every answer to this token, whatever its kind; without it none is shown, not even to an app's token. */
  readonly oauthClientId?: string;
  /** Shown as it is in `github-authentication-token-expiration`; whoever wants the token to end revokes it. */
  readonly expiration?: string;
  /** This token instead of one made up. */
  readonly token?: string;
}

/** What a token stands for. */
export interface Grant {
  readonly account: StandInAccount;
  readonly kind: StandInTokenKind;
  readonly scopes: readonly string[];
  readonly oauthClientId: string | null;
  readonly expiration: string | null;
  readonly bucket: RateLimitBucket;
}

const firstAccountId = 10_000_001;

export class Directory {
  readonly #newBucket: () => RateLimitBucket;
  readonly #grants = new Map<string, Grant>();
  readonly #buckets = new Map<StandInAccount, RateLimitBucket>();
  #nextAccountId = firstAccountId;

  constructor(userLimit: number, now: () => Date) {
    this.#newBucket = () => new RateLimitBucket(userLimit, now);
  }

  addAccount({ login, id, type }: NewAccount): StandInAccount {
    return { id: id ?? this.#nextAccountId++, login, type: type ?? "User" };
  }

  issueToken(account: StandInAccount, options: TokenOptions): string {
    const token = options.token ?? makeToken(options.kind);
    // A refresh token is good for another token and for nothing else: the API does not recognise it.
    if (options.kind === "refresh") return token;
    this.#grants.set(token, {
      account,
      kind: options.kind,
      scopes: options.scopes ?? [],
      oauthClientId: options.oauthClientId ?? null,
      expiration: options.expiration ?? null,
      bucket: this.#bucketOf(account, options.kind),
    });
    return token;
  }

  revokeToken(token: string): void {
    this.#grants.delete(token);
  }

  grantOf(token: string): Grant | null {
    return this.#grants.get(token) ?? null;
  }

  /** All tokens of a person share one bucket; an installation has its own. */
  #bucketOf(account: StandInAccount, kind: StandInTokenKind): RateLimitBucket {
    if (kind === "installation") return this.#newBucket();
    const known = this.#buckets.get(account);
    if (known !== undefined) return known;
    const bucket = this.#newBucket();
    this.#buckets.set(account, bucket);
    return bucket;
  }
}
