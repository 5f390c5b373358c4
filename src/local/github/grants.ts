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
  /** Shown as it is in `github-authentication-token-expiration`. The token does not end by it: revoke it for that. */
  readonly expiration?: string;
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
  readonly endsAt: Date;
}

const installationTokenLifeMs = 3_600_000;
const bot = { type: "Bot", visibility: "everyone" } as const;

export class Grants {
  readonly #rateLimits: RateLimits;
  readonly #now: () => Date;
  readonly #grants = new Map<string, Grant>();

  constructor(rateLimits: RateLimits, now: () => Date) {
    this.#rateLimits = rateLimits;
    this.#now = now;
  }

  issueToken(account: StandInAccount, options: TokenOptions): string {
    const { kind, scopes = [], oauthClientId = null, expiration = null, resourceOwner = account } = options;
    const { token = makeToken(kind), seesMembers = true } = options;
    // A refresh token is good for another token and for nothing else: the API does not recognise it.
    if (kind === "refresh") return token;
    // A person's tokens share the person's buckets. An installation's token that is made here belongs to no
    // installation, so it has buckets of its own.
    const buckets = this.#rateLimits.of(kind === "installation" ? {} : account, "user");
    const grant = { account, kind, scopes, oauthClientId, expiration, resourceOwner, seesMembers, buckets };
    this.#grants.set(token, { ...grant, installation: null });
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
      resourceOwner: installation.account,
      seesMembers: permissions.members !== undefined,
      installation: { installation, permissions, issuedAt, endsAt },
      buckets: this.#rateLimits.of(installation, "installation"),
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

  /** @returns null for a token that was never issued, was revoked or has ended */
  of(token: string): Grant | null {
    const grant = this.#grants.get(token) ?? null;
    const endsAt = grant?.installation?.endsAt;
    return endsAt !== undefined && endsAt <= this.#now() ? null : grant;
  }
}
