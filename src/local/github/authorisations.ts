// Authorisations: which apps each person has let in, and the tokens that these apps have of the person.
import type { StandInAccount } from "./accounts.ts";
import type { StandInApp } from "./apps.ts";
import type { Grants } from "./grants.ts";
import { makeToken } from "./token.ts";

/** A token of a person for an app, with the refresh token that came with it. */
export interface UserToken {
  readonly token: string;
  /** Null where the app's tokens do not end. */
  readonly endsAt: Date | null;
  /** Null where the app's tokens do not end. */
  readonly refreshToken: string | null;
  readonly refreshEndsAt: Date | null;
  /** A token of the device flow is refreshed without the client secret. */
  readonly isFromDevice: boolean;
}

export interface Authorisation {
  readonly app: StandInApp;
  readonly account: StandInAccount;
  /** Whether the person has approved the app on a page. */
  isApproved: boolean;
  /** When the person got tokens for the app, refreshed ones not counted. */
  signIns: readonly Date[];
  /** In the order in which they were issued. */
  userTokens: readonly UserToken[];
}

/** GitHub documents both for every GitHub App: the first is always 28800, the second 15811200. */
export const tokenLifeSeconds = 28_800;
export const refreshTokenLifeSeconds = 15_811_200;

/** GitHub documents both limits for OAuth apps; for GitHub Apps nothing is published. */
const maxLiveTokens = 10;
const maxSignInsWithoutPage = 10;
const signInWindowMs = 3_600_000;

export class Authorisations {
  readonly #grants: Grants;
  readonly #now: () => Date;
  readonly #onChange: () => void;
  #authorisations: readonly Authorisation[] = [];

  constructor(grants: Grants, now: () => Date, onChange: () => void) {
    this.#grants = grants;
    this.#now = now;
    this.#onChange = onChange;
  }

  all(): readonly Readonly<Authorisation>[] {
    return this.#authorisations;
  }

  /** Takes an authorisation of an earlier start back, with its tokens. */
  restore(authorisation: Authorisation): void {
    const { app, account, userTokens } = authorisation;
    this.#authorisations = [
      ...this.#authorisations.filter((one) => one.app !== app || one.account !== account),
      authorisation,
    ];
    for (const userToken of userTokens) this.#grant(app, account, userToken);
  }

  /** What GitHub asks on its page: the first time, and after ten sign-ins within an hour. */
  needsApproval(app: StandInApp, account: StandInAccount): "first" | "many_sign_ins" | null {
    const { isApproved, signIns } = this.#of(app, account);
    if (!isApproved) return "first";
    const since = this.#now().getTime() - signInWindowMs;
    return signIns.filter((time) => time.getTime() > since).length < maxSignInsWithoutPage ? null : "many_sign_ins";
  }

  approve(app: StandInApp, account: StandInAccount): void {
    this.#of(app, account).isApproved = true;
    this.#onChange();
  }

  /** Issues a token after a sign-in. The person's eleventh live one for this app ends another. */
  issue(app: StandInApp, account: StandInAccount, isFromDevice: boolean): UserToken {
    const authorisation = this.#of(app, account);
    authorisation.signIns = [...authorisation.signIns.slice(1 - maxSignInsWithoutPage), this.#now()];
    return this.#issue(authorisation, isFromDevice);
  }

  /** @returns null for a refresh token that is not this app's, was used or has ended */
  byRefreshToken(app: StandInApp, refreshToken: string): UserToken | null {
    const userTokens = this.#authorisations.filter((one) => one.app === app).flatMap((one) => one.userTokens);
    const found = userTokens.find((userToken) => userToken.refreshToken === refreshToken);
    if (found === undefined || found.refreshEndsAt === null) return null;
    return found.refreshEndsAt <= this.#now() ? null : found;
  }

  /** Issues another pair; the old one ends at once. */
  refresh(old: UserToken): UserToken {
    const authorisation = this.#authorisations.find(({ userTokens }) => userTokens.includes(old));
    if (authorisation === undefined) throw new Error("only a token that was issued here can be refreshed");
    this.revokeToken(old.token);
    return this.#issue(authorisation, old.isFromDevice);
  }

  /** Its refresh token ends with it: whether GitHub does so is not published. */
  revokeToken(token: string): void {
    this.#grants.revokeToken(token);
    const authorisation = this.#authorisations.find(({ userTokens }) => userTokens.some((one) => one.token === token));
    // A token that a person made is of no authorisation.
    if (authorisation === undefined) return;
    authorisation.userTokens = authorisation.userTokens.filter((userToken) => userToken.token !== token);
    this.#onChange();
  }

  /** Ends all of an app's tokens of a person, and the person's approval. */
  revoke(app: StandInApp, account: StandInAccount): void {
    this.#authorisations = this.#authorisations.filter((one) => one.app !== app || one.account !== account);
    this.#grants.revokeAll((grant) => grant.oauthClientId === app.clientId && grant.account === account);
    this.#onChange();
  }

  #issue(authorisation: Authorisation, isFromDevice: boolean): UserToken {
    const { app, account } = authorisation;
    this.#endOneOfTen(authorisation);
    const end = (seconds: number) => {
      return app.expiringTokens ? new Date(this.#now().getTime() + seconds * 1000) : null;
    };
    const userToken: UserToken = {
      token: makeToken("app"),
      endsAt: end(tokenLifeSeconds),
      refreshToken: app.expiringTokens ? makeToken("refresh") : null,
      refreshEndsAt: end(refreshTokenLifeSeconds),
      isFromDevice,
    };
    this.#grant(app, account, userToken);
    authorisation.userTokens = [...authorisation.userTokens, userToken];
    this.#onChange();
    return userToken;
  }

  #grant({ clientId }: StandInApp, account: StandInAccount, { token, endsAt }: UserToken): void {
    const ending = endsAt === null ? {} : { endsAt };
    this.#grants.issueToken(account, { kind: "app", oauthClientId: clientId, token, ...ending });
  }

  /** The one that ends was never used, or else not for the longest time; of several the oldest. */
  #endOneOfTen({ userTokens }: Authorisation): void {
    const live = userTokens.flatMap(({ token }) => {
      const grant = this.#grants.of(token);
      return grant === null ? [] : [{ token, lastUsedAtMs: grant.lastUsedAt?.getTime() ?? 0 }];
    });
    if (live.length < maxLiveTokens) return;
    const [leastUsed] = live.toSorted((one, other) => one.lastUsedAtMs - other.lastUsedAtMs);
    if (leastUsed !== undefined) this.revokeToken(leastUsed.token);
  }

  #of(app: StandInApp, account: StandInAccount): Authorisation {
    const known = this.#authorisations.find((one) => one.app === app && one.account === account);
    if (known !== undefined) return known;
    const authorisation = { app, account, isApproved: false, signIns: [], userTokens: [] };
    this.#authorisations = [...this.#authorisations, authorisation];
    return authorisation;
  }
}
