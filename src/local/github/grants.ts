// Grants: the person or the installation that an issued token stands for, and what the token may do.
import type { StandInAccount } from "./accounts.ts";
import type { AppPermissions, StandInEnterprise, StandInInstallation } from "./apps.ts";
import type { StandInOrganisation } from "./organisations.ts";
import type { Buckets, RateLimits } from "./rate-limit.ts";
import { makeToken, type StandInTokenKind } from "./token.ts";

export interface TokenOptions {
  readonly kind: StandInTokenKind;
  readonly scopes?: readonly string[];
  /** Shown by each response to this token, of any kind. Without it none shows a client id, even to an app's token. */
  readonly oauthClientId?: string;
  /** Shown as it is in `github-authentication-token-expiration`. The token does not end by it: see `endsAt`. */
  readonly expiration?: string;
  /** When the token ends, by the stand-in's clock. Without `expiration`, responses show this time. Default: never. */
  readonly endsAt?: Date;
  /** Whose resources a fine-grained token is made for. Default: the account's own. */
  readonly resourceOwner?: StandInOrganisation | StandInAccount;
  /** Whether a fine-grained token has the organisation permission Members: read. Default: true. */
  readonly seesMembers?: boolean;
  /** Default: a random one. */
  readonly token?: string;
}

export interface Grant {
  readonly account: StandInAccount;
  readonly kind: StandInTokenKind;
  readonly scopes: readonly string[];
  readonly oauthClientId: string | null;
  readonly expiration: string | null;
  /** Null for a token that does not end by itself. */
  readonly endsAt: Date | null;
  /** When the API last saw the token; null if it never did. */
  lastUsedAt: Date | null;
  /** Null for a token of an installation that has no account. */
  readonly resourceOwner: StandInOrganisation | StandInAccount | StandInEnterprise | null;
  readonly seesMembers: boolean;
  /** What an installation's token is good for; null for all others. */
  readonly installation: InstallationGrant | null;
  readonly buckets: Buckets;
}

export interface InstallationGrant {
  readonly installation: StandInInstallation;
  readonly permissions: AppPermissions;
  readonly issuedAt: Date;
}

const installationTokenLifeMs = 3_600_000;
const bot = { type: "Bot", visibility: "everyone", hasVerifiedEmail: true } as const;

export class Grants {
  readonly #rateLimits: RateLimits;
  readonly #now: () => Date;
  readonly #grants = new Map<string, Grant>();

  constructor(rateLimits: RateLimits, now: () => Date) {
    this.#rateLimits = rateLimits;
    this.#now = now;
  }

  issueToken(account: StandInAccount, options: TokenOptions): string {
    const { kind, scopes = [], oauthClientId = null, endsAt = null, resourceOwner = account } = options;
    const { token = makeToken(kind), seesMembers = true } = options;
    const { expiration = endsAt === null ? null : expirationHeader(endsAt) } = options;
    // A refresh token is good for another token and for nothing else: the API does not recognise it.
    if (kind === "refresh") return token;
    // A person's tokens share the person's buckets. An installation's token that is made here belongs to no
    // installation, so it has buckets of its own.
    const buckets = this.#rateLimits.of(kind === "installation" ? {} : account, "user");
    const grant = { account, kind, scopes, oauthClientId, expiration, endsAt, resourceOwner, seesMembers, buckets };
    this.#grants.set(token, { ...grant, lastUsedAt: null, installation: null });
    return token;
  }

  /** @returns a token that is good for an hour */
  issueInstallationToken(installation: StandInInstallation, permissions: AppPermissions) {
    const token = makeToken("installation");
    const issuedAt = this.#now();
    const endsAt = new Date(issuedAt.getTime() + installationTokenLifeMs);
    this.#grants.set(token, {
      account: { ...bot, id: installation.app.appId, login: `${installation.app.slug}[bot]` },
      kind: "installation",
      scopes: [],
      oauthClientId: null,
      expiration: null,
      endsAt,
      lastUsedAt: null,
      resourceOwner: installation.account,
      seesMembers: permissions.members !== undefined,
      installation: { installation, permissions, issuedAt },
      buckets: this.#rateLimits.of(installation, "installation"),
    });
    return { token, endsAt };
  }

  revokeToken(token: string): void {
    this.#grants.delete(token);
  }

  revokeAll(isRevoked: (grant: Grant) => boolean): void {
    for (const [token, grant] of this.#grants) if (isRevoked(grant)) this.#grants.delete(token);
  }

  /** @returns null for a token that was never issued, was revoked or has ended */
  of(token: string): Grant | null {
    const grant = this.#grants.get(token) ?? null;
    const endsAt = grant?.endsAt ?? null;
    return endsAt !== null && endsAt <= this.#now() ? null : grant;
  }

  /** The same for a token that a request to the API shows, which counts as a use of it. */
  use(token: string): Grant | null {
    const grant = this.of(token);
    if (grant !== null) grant.lastUsedAt = this.#now();
    return grant;
  }
}

/** @returns a time in the form in which responses usually name a token's end */
function expirationHeader(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
