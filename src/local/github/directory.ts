// The accounts that the stand-in knows and the tokens that it gave out for them and for apps' installations.
import {
  type AppPermissions,
  isSameName,
  type StandInAccount,
  type StandInInstallation,
  type StandInOrganisation,
} from "./entities.ts";
import { RateLimitBucket } from "./rate-limit.ts";
import { makeToken, type StandInTokenKind } from "./token.ts";

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
  /** Whose resources a fine-grained token is made for. Default: the account's own. */
  readonly resourceOwner?: StandInOrganisation | StandInAccount;
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
  readonly resourceOwner: StandInOrganisation | StandInAccount;
  /** What an installation's token is good for; null for all others. */
  readonly installation: InstallationGrant | null;
  readonly buckets: Buckets;
}

export interface InstallationGrant {
  readonly installation: StandInInstallation;
  readonly permissions: AppPermissions;
  readonly endsAt: Date;
}

/** GraphQL is counted apart from everything else. */
export interface Buckets {
  readonly core: RateLimitBucket;
  readonly graphql: RateLimitBucket;
}

export interface DirectoryOptions {
  readonly userLimit: number;
  readonly installationLimit: number;
  readonly now: () => Date;
}

const firstAccountId = 10_000_001;
const installationTokenLifeMs = 3_600_000;

export class Directory {
  readonly #options: DirectoryOptions;
  readonly #accounts: StandInAccount[] = [];
  readonly #grants = new Map<string, Grant>();
  readonly #buckets = new Map<StandInAccount | StandInInstallation, Buckets>();
  #nextAccountId = firstAccountId;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  addAccount({ login, id, type }: NewAccount): StandInAccount {
    const account = { id: id ?? this.#nextAccountId++, login, type: type ?? "User" };
    this.#accounts.push(account);
    return account;
  }

  byLogin(login: string): StandInAccount | null {
    return this.#accounts.find((account) => isSameName(account.login, login)) ?? null;
  }

  issueToken(account: StandInAccount, options: TokenOptions): string {
    const token = options.token ?? makeToken(options.kind);
    // A refresh token is good for another token and for nothing else: the API does not recognise it.
    if (options.kind === "refresh") return token;
    const { userLimit } = this.#options;
    this.#grants.set(token, {
      account,
      kind: options.kind,
      scopes: options.scopes ?? [],
      oauthClientId: options.oauthClientId ?? null,
      expiration: options.expiration ?? null,
      resourceOwner: options.resourceOwner ?? account,
      installation: null,
      // All tokens of a person share their buckets; an installation has its own.
      buckets: options.kind === "installation" ? this.#newBuckets(userLimit) : this.#bucketsOf(account, userLimit),
    });
    return token;
  }

  /** Good for an hour. */
  issueInstallationToken(
    installation: StandInInstallation,
    permissions: AppPermissions,
  ): { readonly token: string; readonly endsAt: Date } {
    const token = makeToken("installation");
    const endsAt = new Date(this.#options.now().getTime() + installationTokenLifeMs);
    this.#grants.set(token, {
      account: { id: installation.app.appId, login: `${installation.app.slug}[bot]`, type: "Bot" },
      kind: "installation",
      scopes: [],
      oauthClientId: null,
      expiration: null,
      resourceOwner: installation.organisation,
      installation: { installation, permissions, endsAt },
      buckets: this.#bucketsOf(installation, this.#options.installationLimit),
    });
    return { token, endsAt };
  }

  revokeToken(token: string): void {
    this.#grants.delete(token);
  }

  revokeInstallation(installation: StandInInstallation): void {
    for (const [token, grant] of this.#grants) {
      if (grant.installation?.installation === installation) this.#grants.delete(token);
    }
  }

  grantOf(token: string): Grant | null {
    const grant = this.#grants.get(token) ?? null;
    const endsAt = grant?.installation?.endsAt;
    return endsAt !== undefined && endsAt <= this.#options.now() ? null : grant;
  }

  #bucketsOf(owner: StandInAccount | StandInInstallation, limit: number): Buckets {
    const known = this.#buckets.get(owner);
    if (known !== undefined) return known;
    const buckets = this.#newBuckets(limit);
    this.#buckets.set(owner, buckets);
    return buckets;
  }

  #newBuckets(limit: number): Buckets {
    const { now } = this.#options;
    return { core: new RateLimitBucket(limit, now), graphql: new RateLimitBucket(limit, now, "graphql") };
  }
}
