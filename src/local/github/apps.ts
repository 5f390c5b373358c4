// The apps that the stand-in knows, and where they are installed. An app may be a GitHub App or an OAuth app: only the former is ever installed.
import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import type { AppPermissions, StandInApp, StandInInstallation, StandInOrganisation } from "./entities.ts";
import { RateLimitBucket } from "./rate-limit.ts";
import { makeAppClientId } from "./token.ts";

export interface NewApp {
  /** Default: one made up. */
  readonly clientId?: string;
  /** Default: one made up. */
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
  /** For what the app asks as itself. */
  readonly bucket: RateLimitBucket;
}

const firstAppId = 800_001;
const firstInstallationId = 40_000_001;

export class Apps {
  readonly #newBucket: () => RateLimitBucket;
  readonly #apps: RegisteredApp[] = [];
  readonly #installations: StandInInstallation[] = [];
  #nextAppId = firstAppId;
  #nextInstallationId = firstInstallationId;

  constructor(appLimit: number, now: () => Date) {
    this.#newBucket = () => new RateLimitBucket(appLimit, now);
  }

  add({ clientId, clientSecret, appId, name = "octogate-test" }: NewApp = {}): StandInApp {
    let pair: { publicKey: KeyObject; privateKey: KeyObject } | null = null;
    // Made on demand: most apps are only there for their client id.
    const keys = () => {
      pair ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
      return pair;
    };
    const app: RegisteredApp = {
      appId: appId ?? this.#nextAppId++,
      clientId: clientId ?? makeAppClientId(),
      clientSecret: clientSecret ?? randomBytes(20).toString("hex"),
      name,
      slug: name.toLowerCase().replace(/[^a-z0-9]+/g, "-"),
      bucket: this.#newBucket(),
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

  install(app: StandInApp, organisation: StandInOrganisation, options: NewInstallation = {}): StandInInstallation {
    const installation: StandInInstallation = {
      id: options.id ?? this.#nextInstallationId++,
      app,
      organisation,
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

  /** @param issuer an app's id or client id, as a JWT names it */
  byIssuer(issuer: string): RegisteredApp | null {
    return this.#apps.find(({ appId, clientId }) => String(appId) === issuer || clientId === issuer) ?? null;
  }

  byClientId(clientId: string | null): RegisteredApp | null {
    return this.#apps.find((app) => app.clientId === clientId) ?? null;
  }

  installationsOf(app: StandInApp): StandInInstallation[] {
    return this.#installations.filter((installation) => installation.app === app);
  }
}
