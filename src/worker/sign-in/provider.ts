// What every route of the sign-in hostname works with.
import type { Decision } from "../authenticate.ts";
import type { OpenIdClient, SignInSettings } from "../config/sign-in.ts";
import type { Grant } from "../log/decision-log.ts";
import type { DevicePolls } from "./device-polls.ts";
import type { GitHubSignIn } from "./github-sign-in.ts";
import type { MinuteCount } from "./minute-count.ts";
import type { OneTimeUse } from "./one-time-use.ts";
import type { SignInSealer } from "./sealed-values.ts";
import type { SigningKeysSource } from "./signing-keys.ts";
import type { UsedCodes } from "./used-codes.ts";

/** Where a decision falls, for the decision log. */
export interface Occasion {
  readonly grant: Grant;
  /** The decision before a code is given out, and the one before a token is. */
  readonly step: "callback" | "token";
  /** `jti` of the ID token that is issued if the decision allows it; null where none is. */
  readonly tokenId: string | null;
  /** The client's, where the ID token holds it: it counts for the token's size. */
  readonly nonce: string | null;
}

export interface Provider {
  readonly settings: SignInSettings;
  readonly clients: ReadonlyMap<string, OpenIdClient>;
  readonly sealer: SignInSealer;
  readonly gitHub: GitHubSignIn;
  /** The issuer of workflows' tokens; null where none are taken. */
  readonly actionsIssuerUrl: string | null;
  readonly signingKeys: SigningKeysSource;
  /**
   * Asks the policy of a client about a GitHub token or, in an exchange, that of a workflow, on the way that every
   * review takes, and writes the decision log. Names come without the prefix. A token that GitHub has just given out,
   * or that was sealed here, counts toward no cap; one that is brought to an exchange counts toward the exchange's own.
   * An identity whose ID token would be over 7 KB is a denial, so that /callback can say so.
   */
  decide(client: OpenIdClient, token: string, occasion: Occasion): Promise<Decision>;
  /**
   * Ends a GitHub token at GitHub, and leaves a tombstone so that no isolate brings its facts back. "gone": GitHub did
   * not know it any more. "unavailable": nothing has ended.
   */
  endToken(token: string): Promise<"ended" | "gone" | "unavailable">;
  /** Marks transactions and codes, by their random ids. */
  readonly oneTimeUse: OneTimeUse;
  readonly usedCodes: UsedCodes;
  readonly devicePolls: DevicePolls;
  /** Codes that GitHub refused at /callback, by the caller's address. */
  readonly refusedCodes: MinuteCount;
  /** By the client and the credential id of the GitHub token that a refresh token holds: an office is one address. */
  readonly refreshes: MinuteCount;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}
