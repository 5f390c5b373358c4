// Registered apps, where they are installed, and how they sign in. An app is a GitHub App or an OAuth app: only a
// GitHub App is ever installed.
import { generateKeyPairSync, type KeyObject, randomBytes, verify } from "node:crypto";
import * as v from "valibot";
import type { StandInAccount } from "./accounts.ts";
import type { StandInOrganisation } from "./organisations.ts";
import { makeAppClientId } from "./token.ts";

/** What the owner of a GitHub App sets for signing people in; can be changed at any time. */
export interface AppSettings {
  /** GitHub redirects people to these addresses alone, and to the first where a request names none. At most ten. */
  callbackUrls: readonly string[];
  /** "Enable Device Flow". */
  deviceFlow: boolean;
  /** "User-to-server token expiration": without it a token does not end, and no refresh token comes with it. */
  expiringTokens: boolean;
  /** People outside of a private app's owner can't authorise it. */
  visibility: "public" | "private";
  readonly owner: StandInOrganisation | StandInAccount | null;
  /** Whether GitHub has suspended the app, for abuse of the API. */
  isSuspended: boolean;
}

export interface StandInApp extends AppSettings {
  readonly appId: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly name: string;
  readonly slug: string;
  /** PKCS#8; made at the first use. */
  readonly privateKeyPem: string;
}

/** What counts here is `members`; others are only shown. */
export interface AppPermissions {
  readonly members?: "read" | "write";
  readonly checks?: "read" | "write";
}

/** An app can be installed for all of an enterprise, which has a slug in the place of a login. */
export interface StandInEnterprise {
  readonly id: number;
  readonly slug: string;
}

export interface StandInInstallation {
  readonly id: number;
  readonly app: StandInApp;
  /** Null as for an account that is gone. */
  readonly account: StandInOrganisation | StandInAccount | StandInEnterprise | null;
  readonly permissions: AppPermissions;
  suspendedAt: Date | null;
}

/** Default of the settings: no callback URL, no device flow, tokens that end, public, without an owner. */
export interface NewApp extends Partial<AppSettings> {
  /** Default: a random one, as for the secret. */
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly appId?: number;
  readonly name?: string;
}

export interface NewInstallation {
  readonly id?: number;
  /** Default: Members: read. */
  readonly permissions?: AppPermissions;
}

/** An app as the stand-in itself sees it. */
export interface RegisteredApp extends StandInApp {
  readonly publicKey: KeyObject;
}

/** The app that a JWT is good for, or how GitHub refuses the JWT. */
export type AppSignIn =
  | { readonly kind: "app"; readonly app: RegisteredApp }
  | { readonly kind: "refused"; readonly status: 401 | 404; readonly message: string };

const firstAppId = 800_001;
const firstInstallationId = 40_000_001;
const maxJwtLifeSeconds = 600;

/** A key pair takes half a second to make. So the first apps of all stand-ins in a process share one, and so on. */
const keyPairs: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }[] = [];

const jwtHeaderSchema = v.object({ alg: v.literal("RS256") });
const jwtClaimsSchema = v.object({
  iss: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
  iat: v.pipe(v.number(), v.integer()),
  exp: v.pipe(v.number(), v.integer()),
});

export class Apps {
  readonly #apps: RegisteredApp[] = [];
  readonly #installations: StandInInstallation[] = [];
  #nextAppId = firstAppId;
  #nextInstallationId = firstInstallationId;

  add({ clientId, clientSecret, appId, name = "octogate-test", ...settings }: NewApp = {}): StandInApp {
    const index = this.#apps.length;
    // Made on demand: most apps are only there for their client id.
    const keys = () => {
      keyPairs[index] ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
      return keyPairs[index];
    };
    const app: RegisteredApp = {
      callbackUrls: [],
      deviceFlow: false,
      expiringTokens: true,
      visibility: "public",
      owner: null,
      isSuspended: false,
      ...settings,
      appId: appId ?? this.#nextAppId++,
      clientId: clientId ?? makeAppClientId(),
      clientSecret: clientSecret ?? randomBytes(20).toString("hex"),
      name,
      slug: name.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
      get publicKey() {
        return keys().publicKey;
      },
      get privateKeyPem() {
        return keys().privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      },
    };
    this.#apps.push(app);
    return app;
  }

  install(
    app: StandInApp,
    account: StandInInstallation["account"],
    options: NewInstallation = {},
  ): StandInInstallation {
    const installation: StandInInstallation = {
      id: options.id ?? this.#nextInstallationId++,
      app,
      account,
      permissions: options.permissions ?? { members: "read" },
      suspendedAt: null,
    };
    this.#installations.push(installation);
    return installation;
  }

  uninstall(installation: StandInInstallation): void {
    const index = this.#installations.indexOf(installation);
    if (index >= 0) this.#installations.splice(index, 1);
  }

  byClientId(clientId: string | null): RegisteredApp | null {
    return this.#apps.find((app) => app.clientId === clientId) ?? null;
  }

  byCredentials(clientId: string, clientSecret: string): RegisteredApp | null {
    const app = this.byClientId(clientId);
    return app?.clientSecret === clientSecret ? app : null;
  }

  installationsOf(app: StandInApp): StandInInstallation[] {
    return this.#installations.filter((installation) => installation.app === app);
  }

  /**
   * Checks the JWT that an app signs in with, as GitHub does. It is read here without any library, so that this proves
   * something about the library that makes the JWT.
   */
  signIn(jwt: string | null, now: Date): AppSignIn {
    const [header, claims, signature, ...more] = jwt?.split(".") ?? [];
    if (header === undefined || claims === undefined || signature === undefined || more.length > 0) return undecodable;
    const parsedHeader = v.safeParse(jwtHeaderSchema, parsePart(header));
    const parsedClaims = v.safeParse(jwtClaimsSchema, parsePart(claims));
    if (!parsedHeader.success || !parsedClaims.success) return undecodable;
    const { iss, iat, exp } = parsedClaims.output;

    const app = this.#apps.find(({ appId, clientId }) => String(appId) === iss || clientId === iss);
    if (app === undefined) return { kind: "refused", status: 404, message: "Integration not found" };
    const signed = Buffer.from(`${header}.${claims}`);
    if (!verify("sha256", signed, app.publicKey, Buffer.from(signature, "base64url"))) return undecodable;

    const nowSeconds = Math.floor(now.getTime() / 1000);
    if (iat > nowSeconds) {
      const claim = "'Issued at' claim ('iat')";
      return refused(`${claim} must be an Integer representing the time that the assertion was issued`);
    }
    const claim = "'Expiration time' claim ('exp')";
    if (exp <= nowSeconds) {
      return refused(`${claim} must be a numeric value representing the future time at which the assertion expires`);
    }
    if (exp > Math.min(iat, nowSeconds) + maxJwtLifeSeconds) return refused(`${claim} is too far in the future`);
    return { kind: "app", app };
  }
}

function refused(message: string): AppSignIn {
  return { kind: "refused", status: 401, message };
}

const undecodable = refused("A JSON web token could not be decoded");

function parsePart(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return undefined;
  }
}
