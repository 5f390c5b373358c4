// Codes that a browser carries from GitHub's page to an app, which redeems each once, within ten minutes.
import { createHash, randomBytes } from "node:crypto";
import type { StandInAccount } from "./accounts.ts";
import type { StandInApp } from "./apps.ts";

export interface CodeRequest {
  readonly app: StandInApp;
  readonly account: StandInAccount;
  /** Where the browser was sent with the code. */
  readonly redirectUri: string;
  /** Null where the app asked without PKCE. */
  readonly challenge: string | null;
}

/** What an app shows to redeem a code; null for what it leaves out. */
export interface Redemption {
  readonly code: string | null;
  readonly redirectUri: string | null;
  readonly verifier: string | null;
}

type Redeemed = { readonly kind: "account"; readonly account: StandInAccount } | { readonly kind: RedemptionError };

type RedemptionError = "bad_verification_code" | "redirect_uri_mismatch" | "unverified_user_email";

const codeLifeMs = 600_000;

export class AuthorisationCodes {
  readonly #now: () => Date;
  readonly #requests = new Map<string, CodeRequest & { readonly endsAtMs: number }>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  issue(request: CodeRequest): string {
    const code = randomBytes(10).toString("hex");
    this.#requests.set(code, { ...request, endsAtMs: this.#now().getTime() + codeLifeMs });
    return code;
  }

  /** A code is used up by its own app, and only where all else is right. */
  redeem(app: StandInApp, { code, redirectUri, verifier }: Redemption): Redeemed {
    const request = this.#requests.get(code ?? "");
    if (code === null || request === undefined || request.app !== app || request.endsAtMs <= this.#now().getTime()) {
      return { kind: "bad_verification_code" };
    }
    if (redirectUri !== null && redirectUri !== request.redirectUri) return { kind: "redirect_uri_mismatch" };
    // GitHub's error for a wrong verifier is not published. It takes S256 alone, so a plain challenge never fits.
    const challenge = verifier === null ? null : createHash("sha256").update(verifier).digest("base64url");
    if (challenge !== request.challenge) return { kind: "bad_verification_code" };
    if (!request.account.hasVerifiedEmail) return { kind: "unverified_user_email" };
    this.#requests.delete(code);
    return { kind: "account", account: request.account };
  }
}
