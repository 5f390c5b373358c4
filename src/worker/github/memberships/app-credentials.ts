// What the installed GitHub App signs in with: a JWT for the app itself, and for each organisation a token of its installation, good for an hour. Both lists and
// tokens are kept in this isolate's memory as plain values.
import githubAppJwt from "universal-github-app-jwt";
import * as v from "valibot";
import type { OrganisationReference } from "../../config/organisations.ts";
import { notAsked, responseInfoOf, type WithResponse } from "../call.ts";
import type { GitHubClient, GitHubRequest } from "../client.ts";
import type { Unavailable } from "../facts.ts";
import { invalidResponse, type Ok, sortAppReply } from "../outcomes.ts";
import { idSchema, organisationLoginSchema } from "../schemas.ts";
import { readAllPages } from "./pages.ts";

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
  /** @returns the installation in an organisation, by its number where that is pinned; unavailable where the app is not installed or suspended */
  installationIn(
    reference: OrganisationReference,
    deadline: AbortSignal,
  ): Promise<WithResponse<Installation | Unavailable>>;
  /** Drops a token that GitHub no longer takes. */
  forget(token: string): void;
}

const installationsSchema = v.array(
  v.object({
    id: idSchema,
    suspended_at: v.nullish(v.string(), null),
    account: v.nullish(v.object({ id: idSchema, login: v.optional(organisationLoginSchema) }), null),
  }),
);

interface ListedInstallation {
  readonly installationId: number;
  readonly isSuspended: boolean;
  readonly organisation: Installation["organisation"];
}

const tokenSchema = v.object({
  token: v.pipe(v.string(), v.regex(/^[\x21-\x7e]{20,4096}$/)),
  expires_at: v.pipe(v.string(), v.isoTimestamp()),
});

/** A new installation is seen within this time, and a list that could not help is not asked for again before. */
const listTtlMs = 60_000;
/** A token is replaced this long before it ends: a call may be on its way, and clocks differ. */
const tokenMarginMs = 5 * 60_000;

const appUnavailable: Unavailable = { kind: "unavailable", reason: "github_app_unavailable" };

export function createAppCredentials(
  client: GitHubClient,
  restUrl: string,
  app: GitHubApp,
  now: () => number,
): AppCredentials {
  let list: { readonly installations: readonly ListedInstallation[]; readonly readAt: number } | null = null;
  const tokens = new Map<number, { readonly token: string; readonly endsAt: number }>();

  async function ask(
    request: Omit<GitHubRequest, "authorization">,
    success: 200 | 201,
    deadline: AbortSignal,
  ): Promise<WithResponse<Ok | Unavailable>> {
    const jwt = await signIn(app, now());
    if (jwt === null) return { outcome: appUnavailable, responseInfo: notAsked };
    const reply = await client.send({ ...request, authorization: `Bearer ${jwt}` }, deadline);
    return { outcome: sortAppReply(reply, success), responseInfo: responseInfoOf(reply) };
  }

  async function installations(
    deadline: AbortSignal,
  ): Promise<WithResponse<{ kind: "ok"; installations: readonly ListedInstallation[] } | Unavailable>> {
    if (list !== null && now() - list.readAt < listTtlMs) {
      return { outcome: { kind: "ok", installations: list.installations }, responseInfo: notAsked };
    }
    const askPage = (url: string) => ask({ url }, 200, deadline);
    const { outcome, responseInfo } = await readAllPages(
      `${restUrl}/app/installations?per_page=100`,
      askPage,
      (json) => {
        const parsed = v.safeParse(installationsSchema, json);
        return parsed.success ? parsed.output.flatMap(listedInstallation) : null;
      },
    );
    if (outcome.kind !== "ok") return { outcome, responseInfo };
    list = { installations: outcome.pages.flatMap(({ items }) => items), readAt: now() };
    return { outcome: { kind: "ok", installations: list.installations }, responseInfo };
  }

  async function tokenOf(
    installationId: number,
    deadline: AbortSignal,
  ): Promise<WithResponse<{ kind: "ok"; token: string } | Unavailable>> {
    const kept = tokens.get(installationId);
    if (kept !== undefined && now() < kept.endsAt - tokenMarginMs) {
      return { outcome: { kind: "ok", token: kept.token }, responseInfo: notAsked };
    }
    const url = `${restUrl}/app/installations/${installationId}/access_tokens`;
    const body = { permissions: { members: "read" } };
    const { outcome: sorted, responseInfo } = await ask({ method: "POST", url, body }, 201, deadline);
    if (sorted.kind !== "ok") return { outcome: sorted, responseInfo };
    const parsed = v.safeParse(tokenSchema, sorted.json);
    if (!parsed.success) return { outcome: invalidResponse, responseInfo };
    const { token, expires_at } = parsed.output;
    tokens.set(installationId, { token, endsAt: Date.parse(expires_at) });
    return { outcome: { kind: "ok", token }, responseInfo };
  }

  return {
    async installationIn(reference, deadline) {
      const listed = await installations(deadline);
      if (listed.outcome.kind !== "ok") return { outcome: listed.outcome, responseInfo: listed.responseInfo };
      const found = listed.outcome.installations.find(({ organisation: { id, login } }) =>
        reference.id === null ? login.toLowerCase() === reference.login : id === reference.id,
      );
      if (found === undefined || found.isSuspended)
        return { outcome: appUnavailable, responseInfo: listed.responseInfo };
      const { outcome, responseInfo } = await tokenOf(found.installationId, deadline);
      if (outcome.kind !== "ok") {
        // It may have been removed or installed anew since the list was read.
        list = null;
        return { outcome, responseInfo };
      }
      return { outcome: { kind: "ok", organisation: found.organisation, token: outcome.token }, responseInfo };
    },
    forget(token) {
      for (const [installationId, kept] of tokens) if (kept.token === token) tokens.delete(installationId);
    },
  };
}

/** Enterprises have no login, and numbers of their own: one of theirs must not be taken for an organisation's. */
function listedInstallation({
  id: installationId,
  suspended_at,
  account,
}: v.InferOutput<typeof installationsSchema>[number]): ListedInstallation[] {
  const { id, login } = account ?? {};
  if (id === undefined || login === undefined) return [];
  return [{ installationId, isSuspended: suspended_at !== null, organisation: { id, login } }];
}

/** @returns a JWT as the app, or null where the key is none: WebCrypto sees that only now */
async function signIn({ id, privateKey }: GitHubApp, now: number): Promise<string | null> {
  try {
    // Issued for a moment ago, as the library does it: clocks differ.
    return (await githubAppJwt({ id, privateKey, now: Math.floor(now / 1000) })).token;
  } catch {
    // Dropped on purpose: it may quote the key.
    return null;
  }
}
