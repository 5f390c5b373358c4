// Settings of the sign-in hostname: the OpenID provider's address, GitHub App, signing keys and clients.
import type { Checked, Problem } from "./checked.ts";
import type { ClusterPolicy } from "./cluster.ts";

/** What the whole deployment brings along for signing people in. There is none where there is no client. */
export interface SignInSettings {
  /** ISSUER_URL, without a trailing slash: `iss` of every ID token, letter for letter. */
  readonly issuerUrl: string;
  /** The address of GitHub's own pages, without a trailing slash. */
  readonly githubWebUrl: string;
  /** GITHUB_CLIENT_ID: the app that people sign in with. */
  readonly githubClientId: string;
  /** From OAUTH_CLIENT_SECRETS. */
  readonly githubClientSecret: string;
  readonly signingKeys: SigningKeySettings;
  /** At least 32 bytes. */
  readonly cacheSecret: Uint8Array<ArrayBuffer>;
  /** CACHE_SECRET_PREVIOUS: opens what was sealed before a rotation, until that time. */
  readonly previousCacheSecret: {
    readonly secret: Uint8Array<ArrayBuffer>;
    /** Milliseconds since 1970. */
    readonly refusedFrom: number;
  } | null;
}

export type SigningKeySlot = "a" | "b";

/** SIGNING_KEY_A, SIGNING_KEY_B and the table SIGNING_KEYS. */
export interface SigningKeySettings {
  /** PKCS#8 in PEM: the one that signs, and the other one where it is published. */
  readonly privateKeys: Readonly<Partial<Record<SigningKeySlot, string>>>;
  readonly signs: SigningKeySlot;
  /** Public keys that are published until the last token that they signed has ended. */
  readonly withdrawn: readonly PublicSigningKey[];
  /** What is wrong with the slot that does not sign: its key is left out, and people sign in. */
  readonly leftOut: readonly Problem[];
}

/** An RSA public key as a JWK (RFC 7517). */
export interface PublicSigningKey {
  readonly kty: "RSA";
  readonly n: string;
  readonly e: string;
  readonly kid: string;
}

/** An OAuth client: a cluster with `sign_in`, or a web application (`CLIENT_…`). */
export interface OpenIdClient {
  /** `client_id` and `aud`: the cluster's or the application's name. */
  readonly name: string;
  /** The variable in which it stands: `CLUSTER_PRODUCTION`, `CLIENT_ARGOCD`. */
  readonly variable: string;
  readonly kind: "cluster" | "application";
  /** Compared as exact strings. A cluster also takes loopback addresses, see sign-in/redirect-uri.ts. */
  readonly redirectUris: readonly string[];
  readonly deviceFlow: boolean;
  /** Whether GitHub tokens of people are exchanged for ID tokens. */
  readonly exchange: boolean;
  readonly idTokenSeconds: number;
  /** OIDC_CLIENT_SECRETS: makes it a confidential client where the redirect URI is https. */
  readonly secret: string | null;
  /**
   * For tokens that come out of a sign-in: the policy with names without the prefix, which the cluster adds, and with
   * tokens of GITHUB_CLIENT_ID alone, whatever `token_kinds` and `oauth_clients` say.
   */
  readonly signInPolicy: Checked<ClusterPolicy>;
  /** For tokens that people bring to an exchange: names without the prefix, and nothing else changed. */
  readonly exchangePolicy: Checked<ClusterPolicy>;
}
