// What the provider gives out sealed in place of storing it: one type for each purpose. The sealer writes each as short
// JSON, binds it to its purpose and client, and refuses it from its end on.

/** A GitHub user token and its end. It is the session: GitHub can revoke it, and each use asks the policy again. */
export interface GitHubUserToken {
  readonly token: string;
  /** Seconds since 1970. At most eight hours after the sign-in, also where the app's tokens do not expire. */
  readonly tokenEndsAt: number;
}

/** What a client asked for at /authorize, and needs again at the end. */
export interface AuthorizationRequest {
  readonly redirectUri: string;
  /** Null where the client sent none. */
  readonly state: string | null;
  readonly nonce: string | null;
  /** PKCE's S256 challenge (RFC 7636); null for a confidential client that sent none. */
  readonly challenge: string | null;
  /** Whether /token demands the client's secret: the redirect URI is https, and the client has a secret. */
  readonly needsSecret: boolean;
}

/** The cookie of a browser that is at GitHub to sign in. */
export interface Transaction extends AuthorizationRequest {
  /** Random; part of the cookie's name, and GitHub's `state`. */
  readonly id: string;
  readonly client: string;
  /** PKCE's verifier between Octogate and GitHub. */
  readonly githubVerifier: string;
}

/** A button of one of our own pages, which works in the browser that got the page and in no other. */
export interface SignOut {
  /** The value of this browser's cookie. */
  readonly browser: string;
}

/** What a loopback client's browser is asked before it gets a code: "sign in this program as LOGIN?". */
export interface Consent extends SignOut, AuthorizationRequest, GitHubUserToken {
  readonly client: string;
  /** Whether this browser's session cookie holds the same GitHub token. */
  readonly isShared: boolean;
}

export interface AuthorizationCode extends GitHubUserToken {
  /** Random: one code is redeemed once. */
  readonly id: string;
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly nonce: string | null;
  readonly needsSecret: boolean;
  /** Whether a browser session shares the GitHub token: one program's /revoke must not end it then. */
  readonly isShared: boolean;
}

export interface RefreshToken extends GitHubUserToken {
  readonly needsSecret: boolean;
  readonly isShared: boolean;
}

/** For /userinfo alone; it ends with its ID token. */
export interface AccessToken extends GitHubUserToken {
  readonly client: string;
}

export interface DeviceCode {
  /** GitHub's own device code. */
  readonly githubDeviceCode: string;
  /** Seconds since 1970. */
  readonly startedAt: number;
  /** GitHub's own. */
  readonly intervalSeconds: number;
}

/** The cookie of a browser that has signed in: further clients take the same GitHub token without GitHub. */
export interface Session extends GitHubUserToken {
  readonly login: string;
}

/** The purposes, each with a key of its own and its value. */
export interface SealedValues {
  readonly transaction: Transaction;
  readonly consent: Consent;
  readonly code: AuthorizationCode;
  readonly refresh_token: RefreshToken;
  readonly access_token: AccessToken;
  readonly device_code: DeviceCode;
  readonly session: Session;
  readonly sign_out: SignOut;
}

export type SealedPurpose = keyof SealedValues;

export type Opened<Value> =
  | { readonly kind: "opened"; readonly value: Value; readonly endsAt: number }
  /** It was sealed here, and its time is over. */
  | { readonly kind: "ended" }
  /** Tampered with, of another purpose, client or deployment, made up, or sealed under a secret that is gone. */
  | { readonly kind: "unknown" };

export interface SignInSealer {
  /**
   * @param client the client's name; "" for values that belong to a browser, and for those that hold the client's name
   *   inside because their bearer does not say it (transaction, consent, access token, session, sign-out)
   * @param endsAt seconds since 1970
   * @returns base64url without padding
   */
  seal<Purpose extends SealedPurpose>(
    purpose: Purpose,
    client: string,
    value: SealedValues[Purpose],
    endsAt: number,
  ): Promise<string>;
  open<Purpose extends SealedPurpose>(
    purpose: Purpose,
    client: string,
    sealed: string,
  ): Promise<Opened<SealedValues[Purpose]>>;
}
