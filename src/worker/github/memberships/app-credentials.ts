// Credentials of the installed GitHub App: a JWT for the app itself, and for each organisation a token of its
// installation, good for an hour. What is found is kept in this isolate's memory as plain values.
//
// Each organisation of the policy is looked up by itself: any account can install a public app, so the list of all
// installations may be long, slow or odd, and is read only where nothing else finds a renamed organisation.
import * as v from "valibot";
import { BoundedMap } from "../../bounded-map.ts";
import { keyOfOrganisation, type OrganisationReference } from "../../config/organisations.ts";
import { importPrivateKey, signJwt } from "../../rs256.ts";
import type { CallOptions, CallResult, GitHubCalls } from "../calls.ts";
import type { Validator, ValidatorStore } from "../client.ts";
import {
  accountById,
  type Endpoint,
  installationOfOrganisation,
  installations,
  installationToken,
} from "../endpoints.ts";
import { type Absent, type AppFailure, appUnavailable } from "../outcomes.ts";
import { type InstallationBody, installationSchema } from "../schemas.ts";
import { createSharedQuotas, type SharedQuota } from "../shared-quota.ts";
import { fetchList } from "./lists.ts";

export interface GitHubApp {
  readonly id: string;
  /** PKCS#8, PEM. */
  readonly privateKey: string;
}

/** A token of an installation that is good for some time yet. */
export interface InstallationToken {
  readonly value: string;
  /** When GitHub made it; milliseconds. */
  readonly madeAt: number;
  /** GitHub's ETags depend on the token, and this isolate's is no other isolate's. */
  readonly validators: ValidatorStore;
}

export interface Installation {
  readonly kind: "ok";
  readonly organisation: { readonly id: number; readonly login: string };
  readonly token: InstallationToken;
  /** What all users share, for REST and for GraphQL. */
  readonly quotas: { readonly rest: SharedQuota; readonly graphql: SharedQuota };
  /** Whether an earlier review found it, so that the organisation may have another name by now. */
  readonly isFromEarlier: boolean;
}

export interface AppCredentials {
  /**
   * @param authorization the user's own, with which GitHub is asked what an organisation with a number is called; null
   *   where there is no user
   * @returns the installation in an organisation, by its number where that is pinned; a failure where the app is not
   *   installed or suspended
   */
  installationIn(
    reference: OrganisationReference,
    calls: GitHubCalls,
    authorization: string | null,
  ): Promise<Installation | AppFailure>;
  /**
   * Drops an installation that GitHub refused: its organisation has another name by now, or none of it. One that was
   * found in this very review is not looked for again for some seconds.
   */
  drop(reference: OrganisationReference, installation: Installation): void;
  /** Drops a token that GitHub no longer accepts. */
  forgetToken(token: InstallationToken): void;
}

interface Found {
  readonly kind: "found";
  readonly installationId: number;
  readonly organisation: Installation["organisation"];
}

/** What GitHub said about an organisation. A failure of GitHub's own is not kept. */
interface Kept {
  readonly result: Found | typeof appUnavailable;
  readonly until: number;
}

/** An organisation that was renamed, or left the app, is seen at once by other responses; so this may be long. */
const foundTtlMs = 10 * 60_000;
/** A new installation is seen within this time. */
const notFoundTtlMs = 60_000;
/** An owner who takes a permission away must not cost the app a call in every review. */
const droppedTtlMs = 10_000;
/** A token is replaced this long before it ends: a call may be on its way, and clocks differ. */
const tokenMarginMs = 5 * 60_000;
/** For each token; one for each user. */
const maxValidators = 5_000;
const bytesOfValidator = 500;

export function createAppCredentials(app: GitHubApp, now: () => number): AppCredentials {
  const quotas = createSharedQuotas(now);
  const kept = new Map<string, Kept>();
  const tokens = new Map<number, InstallationToken & { readonly endsAt: number }>();

  async function callAsApp<Params, Body, Failure extends { readonly kind: string }>(
    calls: GitHubCalls,
    endpoint: Endpoint<Params, Body, Failure>,
    params: Params,
    body?: CallOptions["body"],
  ): Promise<CallResult<Body, Failure> | AppFailure> {
    const quota = quotas.of("app");
    const limit = quota.refusalOf({ isNeverSeen: false, accountId: null });
    if (limit !== null) return limit;
    const jwt = await signAsApp(app, now());
    if (jwt === null) return appUnavailable;
    return calls.call(endpoint, params, { authorization: `Bearer ${jwt}`, body, onResponse: quota.observe });
  }

  /** @returns the installation in the organisation with this name; "absent" where the app has none there */
  async function findByName(calls: GitHubCalls, organisation: string): Promise<Found | Absent | AppFailure> {
    return foundIn(await callAsApp(calls, installationOfOrganisation, { organisation }));
  }

  async function find(
    reference: OrganisationReference,
    calls: GitHubCalls,
    authorization: string | null,
  ): Promise<Found | Absent | AppFailure> {
    const byName = await findByName(calls, reference.login);
    if (reference.id === null) return byName;
    if (byName.kind === "found" ? byName.organisation.id === reference.id : byName.kind !== "absent") return byName;
    return findByNumber({ ...reference, id: reference.id }, calls, authorization);
  }

  /** Looks for an organisation that was renamed: its name leads nowhere, or to another one. */
  async function findByNumber(
    { id, login }: OrganisationReference & { readonly id: number },
    calls: GitHubCalls,
    authorization: string | null,
  ): Promise<Found | Absent | AppFailure> {
    const account = await calls.call(accountById, { id }, { authorization });
    // An older Enterprise Server finds no account by its number.
    if (account.kind === "absent") return findInList(id, calls);
    // The user's own token may be the cause, so nothing is known for others.
    if (account.kind !== "ok" || account.body.id !== id) return appUnavailable;
    const current = account.body.login;
    // Under the name that it still has, the app is not installed.
    if (current.toLowerCase() === login) return absent;
    const byName = await findByName(calls, current);
    return byName.kind !== "found" || byName.organisation.id === id ? byName : absent;
  }

  /** Any account decides how long the list is, so a list that fails is as good as none. */
  async function findInList(id: number, calls: GitHubCalls): Promise<Found | Absent> {
    const jwt = await signAsApp(app, now());
    const list = jwt === null ? null : await fetchList(calls, installations, `Bearer ${jwt}`, undefined);
    if (list?.kind !== "ok") return absent;
    const found = list.items
      .flatMap((item) => {
        const parsed = v.safeParse(installationSchema, item);
        return parsed.success ? [foundOf(parsed.output)] : [];
      })
      .find((one) => one.kind === "found" && one.organisation.id === id);
    return found ?? absent;
  }

  async function lookUp(
    reference: OrganisationReference,
    calls: GitHubCalls,
    authorization: string | null,
  ): Promise<{ readonly result: Found | AppFailure; readonly isFromEarlier: boolean }> {
    const key = keyOfOrganisation(reference);
    const earlier = kept.get(key);
    if (earlier !== undefined && now() < earlier.until) return { result: earlier.result, isFromEarlier: true };
    const found = await find(reference, calls, authorization);
    if (found.kind === "found" || found.kind === "absent") {
      const isFound = found.kind === "found";
      const result = isFound ? found : appUnavailable;
      kept.set(key, { result, until: now() + (isFound ? foundTtlMs : notFoundTtlMs) });
      return { result, isFromEarlier: false };
    }
    // GitHub fails to say it again.
    return earlier?.result.kind === "found"
      ? { result: earlier.result, isFromEarlier: true }
      : { result: found, isFromEarlier: false };
  }

  async function tokenOf(
    installationId: number,
    calls: GitHubCalls,
  ): Promise<{ readonly kind: "ok"; readonly token: InstallationToken } | AppFailure> {
    const known = tokens.get(installationId);
    if (known !== undefined && now() < known.endsAt - tokenMarginMs) return { kind: "ok", token: known };
    const body = { permissions: { members: "read" } };
    const result = await callAsApp(calls, installationToken, { installationId }, body);
    if (result.kind !== "ok") return result;
    const token = {
      value: result.body.token,
      endsAt: result.body.expires_at,
      madeAt: now(),
      validators: createValidatorStore(),
    };
    tokens.set(installationId, token);
    return { kind: "ok", token };
  }

  async function installationIn(
    reference: OrganisationReference,
    calls: GitHubCalls,
    authorization: string | null,
  ): Promise<Installation | AppFailure> {
    const { result, isFromEarlier } = await lookUp(reference, calls, authorization);
    if (result.kind !== "found") return result;
    const { installationId, organisation } = result;
    const made = await tokenOf(installationId, calls);
    if (made.kind === "ok") {
      const name = `installation ${installationId}`;
      const shared = { rest: quotas.of(name), graphql: quotas.of(`${name} GraphQL`) };
      return { kind: "ok", organisation, token: made.token, quotas: shared, isFromEarlier };
    }
    if (made.kind === "unavailable" && made.reason === "github_app_unavailable") {
      const key = keyOfOrganisation(reference);
      kept.set(key, { result: appUnavailable, until: now() + notFoundTtlMs });
      // It may have been removed and made anew.
      if (isFromEarlier && kept.delete(key)) return installationIn(reference, calls, authorization);
    }
    return made;
  }

  return {
    installationIn,
    drop(reference, { isFromEarlier }) {
      const key = keyOfOrganisation(reference);
      kept.delete(key);
      if (!isFromEarlier) kept.set(key, { result: appUnavailable, until: now() + droppedTtlMs });
    },
    forgetToken(token) {
      for (const [installationId, known] of tokens) if (known === token) tokens.delete(installationId);
    },
  };
}

const absent: Absent = { kind: "absent" };

function foundIn(
  result: { readonly kind: "ok"; readonly body: InstallationBody } | Absent | AppFailure,
): Found | Absent | AppFailure {
  return result.kind === "ok" ? foundOf(result.body) : result;
}

/** Where the app is suspended, it is not there. */
function foundOf({ id, suspended_at, account }: InstallationBody): Found | Absent {
  return suspended_at === null ? { kind: "found", installationId: id, organisation: account } : absent;
}

function createValidatorStore(): ValidatorStore {
  return new BoundedMap<Validator>({
    maxEntries: maxValidators,
    maxBytes: maxValidators * bytesOfValidator,
    bytesOf: () => bytesOfValidator,
  });
}

/**
 * @returns a JWT as the app, or null where the key is none: WebCrypto sees that only now. It is issued a moment ago,
 *   for clocks differ, and good for at most ten minutes, which is what GitHub takes
 */
async function signAsApp({ id, privateKey }: GitHubApp, now: number): Promise<string | null> {
  try {
    const iat = Math.floor(now / 1000) - 30;
    return await signJwt(await importPrivateKey(privateKey), {}, { iat, exp: iat + 600, iss: id });
  } catch {
    // Dropped on purpose: the error may quote the key.
    return null;
  }
}
