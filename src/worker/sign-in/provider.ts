// What every route of the sign-in hostname works with.
import type { Decision } from "../authenticate.ts";
import type { OpenIdClient, SignInSettings } from "../config/sign-in.ts";
import type { FailureCount } from "./failure-count.ts";
import type { GitHubSignIn } from "./github-sign-in.ts";
import type { OneTimeUse } from "./one-time-use.ts";
import type { SignInSealer } from "./sealed-values.ts";

/** Where a decision falls, for the decision log. */
export interface Occasion {
  readonly grant: "authorization_code" | "refresh_token" | "device_code" | "token_exchange" | "userinfo";
  /** The decision before a code is given out, and the one before a token is. */
  readonly step: "callback" | "token";
  /** `jti` of the ID token that is issued if the decision allows it; null where none is. */
  readonly tokenId: string | null;
}

export interface Provider {
  readonly settings: SignInSettings;
  readonly clients: ReadonlyMap<string, OpenIdClient>;
  readonly sealer: SignInSealer;
  readonly gitHub: GitHubSignIn;
  /**
   * Asks the policy of a client about a GitHub token, on the way that every review takes, and writes the decision log.
   * Names come without the prefix. A token that GitHub has just given out, or that was sealed here, counts toward no
   * cap; one that is brought to an exchange counts toward the exchange's own. An identity whose ID token would be over
   * 7 KB is a denial, so that /callback can say so.
   */
  decide(client: OpenIdClient, token: string, occasion: Occasion): Promise<Decision>;
  /**
   * Ends a GitHub token at GitHub, and writes a tombstone, so that no cached fact of it counts any more. "gone": GitHub
   * did not know it any more.
   */
  endToken(token: string): Promise<"ended" | "gone" | "unavailable">;
  /** Marks transactions and codes, by their random ids. */
  readonly oneTimeUse: OneTimeUse;
  /** Codes that GitHub refused at /callback, by the caller's address. */
  readonly refusedCodes: FailureCount;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
