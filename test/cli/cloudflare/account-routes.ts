// The routes below an account: Workers, their secrets and domains, KV namespaces; and the token's own.
import type { Namespace, NamespaceListParams } from "cloudflare/resources/kv/namespaces/namespaces";
import type { TokenVerifyResponse } from "cloudflare/resources/user/tokens/tokens";
import type { DomainListParams, DomainListResponse } from "cloudflare/resources/workers/domains";
import type { ScriptAndVersionSettingGetResponse } from "cloudflare/resources/workers/scripts/script-and-version-settings";
import type { SecretListResponse } from "cloudflare/resources/workers/scripts/secrets";
import { permissions } from "../../../src/cli/cloudflare/api.ts";
import { apiError, ok, page, parameterOf } from "./answer.ts";
import { apiErrors } from "./errors.ts";
import type { Route } from "./ruleset-routes.ts";
import { type CloudflareState, newId, newUuid, type Script } from "./state.ts";

const inAccount = (rest: string) => new RegExp(`^/accounts/(?<account>[0-9a-f]{32})/${rest}$`);
const script = (rest: string) => inAccount(`workers/scripts/(?<script>[^/]+)${rest}`);
const scriptOf = ({ scripts }: CloudflareState, match: RegExpExecArray) => scripts.get(match.groups?.script ?? "");

export const accountRoutes: readonly Route[] = [
  {
    method: "GET",
    path: /^\/user\/tokens\/verify$/,
    permission: null,
    answer: (_call, { tokenStatus }) => ok({ id: newId(), status: tokenStatus } satisfies TokenVerifyResponse),
  },
  {
    method: "GET",
    path: script("/settings"),
    permission: permissions.workers,
    answer: (_call, state, match) => {
      const found = scriptOf(state, match);
      if (found === undefined) return apiError(apiErrors.workerUnknown);
      return ok({ bindings: found.bindings } satisfies ScriptAndVersionSettingGetResponse);
    },
  },
  {
    method: "GET",
    path: script("/secrets"),
    permission: permissions.workers,
    answer: (_call, state, match) => {
      const found = scriptOf(state, match);
      if (found === undefined) return apiError(apiErrors.workerUnknown);
      const names = [...found.secrets.keys()].filter((name) => state.lateness.isVisible("secret", name));
      return ok(names.map((name) => ({ name, type: "secret_text" }) satisfies SecretListResponse));
    },
  },
  {
    method: "DELETE",
    path: script(""),
    permission: permissions.workers,
    answer: ({ query: _query }, state, match) => {
      const name = match.groups?.script ?? "";
      if (state.domains.some(({ service }) => service === name)) {
        return apiError(apiErrors.workerInUse);
      }
      return state.scripts.delete(name) ? ok(null) : apiError(apiErrors.workerUnknown);
    },
  },
  {
    method: "GET",
    path: inAccount("workers/domains"),
    permission: permissions.workers,
    answer: ({ query }, { domains }) => {
      const hostname = parameterOf<DomainListParams>(query, "hostname");
      return ok(domains.filter((domain) => hostname === null || domain.hostname === hostname));
    },
  },
  {
    method: "DELETE",
    path: inAccount("workers/domains/(?<id>[^/]+)"),
    permission: permissions.workers,
    answer: (_call, { domains }, match) => {
      const at = domains.findIndex(({ id }) => id === match.groups?.id);
      if (at === -1) return apiError(apiErrors.domainUnknown);
      domains.splice(at, 1);
      return ok(null);
    },
  },
  {
    method: "GET",
    path: inAccount("storage/kv/namespaces"),
    permission: permissions.kv,
    answer: ({ query }, { namespaces, lateness }) =>
      page<NamespaceListParams>(
        namespaces.filter(({ id }) => lateness.isVisible("namespace", id)),
        query,
      ),
  },
  {
    method: "POST",
    path: inAccount("storage/kv/namespaces"),
    permission: permissions.kv,
    answer: ({ body }, { namespaces, lateness }) => {
      const title = String(body.title);
      if (namespaces.some((namespace) => namespace.title === title)) {
        return apiError(apiErrors.namespaceExists);
      }
      const made: Namespace = { id: newId(), title };
      namespaces.push(made);
      lateness.made("namespace", made.id);
      return ok(made);
    },
  },
  {
    method: "DELETE",
    path: inAccount("storage/kv/namespaces/(?<id>[^/]+)"),
    permission: permissions.kv,
    answer: (_call, { namespaces }, match) => {
      const at = namespaces.findIndex(({ id }) => id === match.groups?.id);
      if (at === -1) return apiError(apiErrors.namespaceUnknown);
      namespaces.splice(at, 1);
      return ok({});
    },
  },
];

/** What wrangler's upload comes to. */
export interface Upload {
  readonly name: string;
  readonly bindings: Script["bindings"];
  readonly secrets: Readonly<Record<string, string>>;
  readonly hostnames: readonly string[];
  /** Of [secrets] required, those that do not come along. */
  readonly inherited: readonly string[];
}

/** @returns the secrets that wrangler says have not been set */
export function unsetSecrets(state: CloudflareState, { name, inherited }: Upload): string[] {
  const before = state.scripts.get(name)?.secrets;
  return inherited.filter((secret) => before?.has(secret) !== true);
}

/** Uploads a Worker as wrangler does: secrets that were there stay, the hostnames are taken over. */
export function upload(state: CloudflareState, { name, bindings, secrets, hostnames }: Upload): Script {
  const before = state.scripts.get(name);
  const uploaded = { bindings, secrets: new Map([...(before?.secrets ?? []), ...Object.entries(secrets)]) };
  state.scripts.set(name, uploaded);
  for (const secret of Object.keys(secrets)) state.lateness.made("secret", secret);
  for (const hostname of hostnames) attach(state, hostname, name);
  return uploaded;
}

function attach(state: CloudflareState, hostname: string, name: string): void {
  const domain = state.domains.find((candidate) => candidate.hostname === hostname);
  if (domain !== undefined) {
    domain.service = name;
    return;
  }
  state.domains.push({
    id: newUuid(),
    cert_id: newUuid(),
    environment: "production",
    hostname,
    service: name,
    zone_id: state.zoneId,
    zone_name: state.zoneName,
  } satisfies DomainListResponse);
}
