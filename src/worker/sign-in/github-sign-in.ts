// GitHub's side of a sign-in: its authorize page, its token endpoint, its device flow and the end of a token. The token
// endpoint answers errors with 200, so what counts is the body.
import type { GitHubUserToken } from "./sealed-values.ts";

export type GitHubTokenAnswer =
  | ({ readonly kind: "token" } & GitHubUserToken)
  /** The person's: the code is used or old, the verifier is wrong, access was declined. */
  | { readonly kind: "refused"; readonly error: string }
  /** GitHub wants a verified e-mail address of the account first. */
  | { readonly kind: "unverified_email" }
  /** Ours: a wrong secret, a wrong callback, a suspended app. */
  | { readonly kind: "misconfigured"; readonly error: string }
  /** GitHub is down, limits, or answers what cannot be valid. */
  | { readonly kind: "unavailable"; readonly retryAfterSeconds: number };

export type GitHubDeviceAnswer =
  | {
      readonly kind: "started";
      readonly deviceCode: string;
      readonly userCode: string;
      readonly verificationUri: string;
      readonly expiresInSeconds: number;
      readonly intervalSeconds: number;
    }
  | Extract<GitHubTokenAnswer, { kind: "misconfigured" | "unavailable" }>;

export type GitHubDevicePoll =
  | GitHubTokenAnswer
  | { readonly kind: "pending" }
  | { readonly kind: "slow_down" }
  | { readonly kind: "declined" }
  | { readonly kind: "ended" };

export interface GitHubSignIn {
  /** @returns the address of GitHub's authorize page */
  authorizeAddress(request: {
    readonly state: string;
    readonly challenge: string;
    readonly loginHint: string | null;
    readonly selectAccount: boolean;
  }): string;
  redeemCode(code: string, verifier: string): Promise<GitHubTokenAnswer>;
  startDevice(): Promise<GitHubDeviceAnswer>;
  pollDevice(deviceCode: string): Promise<GitHubDevicePoll>;
  /** Ends one token at GitHub. "gone": GitHub did not know it any more. */
  endToken(token: string): Promise<"ended" | "gone" | "unavailable">;
}
