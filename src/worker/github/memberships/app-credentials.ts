// Credentials of the installed GitHub App: a JWT for the app itself, and for each organisation a token of its
// installation, good for an hour. Lists and tokens are kept in this isolate's memory as plain values.
import githubAppJwt from "universal-github-app-jwt";
import type { OrganisationReference } from "../../config/organisations.ts";
import type { GitHubCalls } from "../calls.ts";
import { installations, installationToken } from "../endpoints.ts";
import type { Unavailable } from "../facts.ts";
import { appUnavailable } from "../outcomes.ts";
import type { InstallationBody } from "../schemas.ts";
import { fetchList } from "./lists.ts";

export interface GitHubApp {
  readonly id: string;
  /** PKCS#8, PEM. */
  readonly privateKey: string;
}

/** An installation and a token that is good for some time yet. */
export interface Installation {
  readonly kind: "ok";
  readonly organisation: { readonly id: number; readonly login: string };
  readonly token: string;
}

export interface AppCredentials {
  /**
   * @returns the installation in an organisation, by its number where that is pinned; unavailable where the app is not
   *   installed or suspended
   */
  installationIn(reference: OrganisationReference, calls: GitHubCalls): Promise<Installation | Unavailable>;
  /** Drops a token that GitHub no longer accepts. */
  forget(token: string): void;
}

interface ListedInstallation {
  readonly installationId: number;
  readonly isSuspended: boolean;
  readonly organisation: Installation["organisation"];
}

/** A new installation is seen within this time, and a list that could not help is not asked for again before. */
const listTtlMs = 60_000;
/** A token is replaced this long before it ends: a call may be on its way, and clocks differ. */
const tokenMarginMs = 5 * 60_000;

export function createAppCredentials(app: GitHubApp, now: () => number): AppCredentials {
  let list: { readonly installations: readonly ListedInstallation[]; readonly readAt: number } | null = null;
  const tokens = new Map<number, { readonly token: string; readonly endsAt: number }>();

  async function listInstallations(
    calls: GitHubCalls,
  ): Promise<{ kind: "ok"; installations: readonly ListedInstallation[] } | Unavailable> {
    if (list !== null && now() - list.readAt < listTtlMs) return { kind: "ok", installations: list.installations };
    const jwt = await signJwt(app, now());
    if (jwt === null) return appUnavailable;
    const result = await fetchList(calls, installations, `Bearer ${jwt}`, undefined);
    if (result.kind !== "ok") return result;
    list = { installations: result.items.flatMap(listedInstallation), readAt: now() };
    return { kind: "ok", installations: list.installations };
  }

  async function tokenOf(
    installationId: number,
    calls: GitHubCalls,
  ): Promise<{ kind: "ok"; token: string } | Unavailable> {
    const kept = tokens.get(installationId);
    if (kept !== undefined && now() < kept.endsAt - tokenMarginMs) return { kind: "ok", token: kept.token };
    const jwt = await signJwt(app, now());
    if (jwt === null) return appUnavailable;
    const result = await calls.call(
      installationToken,
      { installationId },
      { authorization: `Bearer ${jwt}`, body: { permissions: { members: "read" } } },
    );
    if (result.kind !== "ok") return result;
    const { token, expires_at } = result.body;
    tokens.set(installationId, { token, endsAt: Date.parse(expires_at) });
    return { kind: "ok", token };
  }

  return {
    async installationIn(reference, calls) {
      const listed = await listInstallations(calls);
      if (listed.kind !== "ok") return listed;
      const found = listed.installations.find(({ organisation: { id, login } }) =>
        reference.id === null ? login.toLowerCase() === reference.login : id === reference.id,
      );
      if (found === undefined || found.isSuspended) return appUnavailable;
      const token = await tokenOf(found.installationId, calls);
      // The installation may have been removed or made anew since the list was read.
      if (token.kind !== "ok") list = null;
      return token.kind === "ok" ? { kind: "ok", organisation: found.organisation, token: token.token } : token;
    },
    forget(token) {
      for (const [installationId, kept] of tokens) if (kept.token === token) tokens.delete(installationId);
    },
  };
}

/** Enterprises have no login, and numbers of their own: an enterprise must not be taken for an organisation. */
function listedInstallation({ id: installationId, suspended_at, account }: InstallationBody): ListedInstallation[] {
  const { id, login } = account ?? {};
  if (id === undefined || login === undefined) return [];
  return [{ installationId, isSuspended: suspended_at !== null, organisation: { id, login } }];
}

/** @returns a JWT as the app, or null where the key is none: WebCrypto sees that only now */
async function signJwt({ id, privateKey }: GitHubApp, now: number): Promise<string | null> {
  try {
    // Issued for a moment ago, as the library does it: clocks differ.
    return (await githubAppJwt({ id, privateKey, now: Math.floor(now / 1000) })).token;
  } catch {
    // Dropped on purpose: the error may quote the key.
    return null;
  }
}
