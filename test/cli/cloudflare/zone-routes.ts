// The routes below a zone: client certificates, hostname associations, and what setup only looks at.

import { X509Certificate } from "node:crypto";
import type { BotFightModeConfiguration } from "cloudflare/resources/bot-management/bot-management";
import type {
  HostnameAssociationGetResponse,
  HostnameAssociationUpdateResponse,
} from "cloudflare/resources/certificate-authorities/hostname-associations";
import type {
  ClientCertificate,
  ClientCertificateListParams,
} from "cloudflare/resources/client-certificates/client-certificates";
import type { RecordListParams, RecordResponse } from "cloudflare/resources/dns/records";
import type { RouteListResponse } from "cloudflare/resources/workers/routes";
import type { BrowserCheck, SecurityLevel } from "cloudflare/resources/zones/settings";
import type { Zone, ZoneListParams } from "cloudflare/resources/zones/zones";
import { makeCertificateRequest } from "../../../src/cli/certificates/obtain.ts";
import { permissions } from "../../../src/cli/cloudflare/api.ts";
import { type Answer, apiError, ok, page, parameterOf } from "./answer.ts";
import { apiErrors } from "./errors.ts";
import { inZone, type Route, rulesetRoutes } from "./ruleset-routes.ts";
import { signRequest } from "./sign.ts";
import { type CloudflareState, newId, newUuid } from "./state.ts";

const day = 24 * 60 * 60 * 1000;

export const zoneRoutes: readonly Route[] = [
  {
    method: "GET",
    path: /^\/zones$/,
    permission: null,
    // A token that may not see a zone finds none.
    answer: ({ query }, state) =>
      page<ZoneListParams>(
        state.granted.has(permissions.zone) && parameterOf<ZoneListParams>(query, "name") === state.zoneName
          ? [zoneOf(state)]
          : [],
        query,
      ),
  },
  {
    method: "GET",
    path: inZone("client_certificates"),
    permission: permissions.clientCertificates,
    answer: ({ query }, { certificates, lateness }) => {
      // As documented, "all" and a missing one are all of them.
      const wanted = parameterOf<ClientCertificateListParams>(query, "status") ?? "all";
      const listed = certificates.filter(
        ({ id, status }) => lateness.isVisible("certificate", id) && (wanted === "all" || wanted === status),
      );
      return page<ClientCertificateListParams>(listed, query);
    },
  },
  {
    method: "POST",
    path: inZone("client_certificates"),
    permission: permissions.clientCertificates,
    answer: ({ body }, state) => sign(body, state),
  },
  {
    method: "DELETE",
    path: inZone("client_certificates/(?<id>[^/]+)"),
    permission: permissions.clientCertificates,
    answer: (_call, { certificates }, match) => {
      const certificate = certificates.find(({ id }) => id === match.groups?.id);
      if (certificate === undefined) return apiError(apiErrors.certificateUnknown);
      if (certificate.status !== "active") return apiError(apiErrors.certificateRevoked);
      certificate.status = "pending_revocation";
      return ok(certificate);
    },
  },
  {
    method: "GET",
    path: inZone("certificate_authorities/hostname_associations"),
    permission: permissions.clientCertificates,
    answer: (_call, { associatedHostnames, lateness }) =>
      ok({ hostnames: [...lateness.shownAssociations(associatedHostnames)] } satisfies HostnameAssociationGetResponse),
  },
  {
    method: "PUT",
    path: inZone("certificate_authorities/hostname_associations"),
    permission: permissions.clientCertificates,
    answer: ({ body }, state) => {
      // It replaces the list: a call with one hostname drops the others.
      state.lateness.associationsChanged(state.associatedHostnames);
      state.associatedHostnames = Array.isArray(body.hostnames) ? body.hostnames.map(String) : [];
      return ok({ hostnames: state.associatedHostnames } satisfies HostnameAssociationUpdateResponse);
    },
  },
  ...rulesetRoutes,
  {
    method: "GET",
    path: inZone("workers/routes"),
    permission: permissions.routes,
    answer: (_call, { workerRoutes }) => ok(workerRoutes satisfies RouteListResponse[]),
  },
  {
    method: "GET",
    path: inZone("dns_records"),
    permission: permissions.dns,
    answer: ({ query }, { dnsRecords }) =>
      page<RecordListParams>(
        dnsRecords
          .filter(({ name }) => query.get("name.exact") === null || name === query.get("name.exact"))
          .map(recordOf),
        query,
      ),
  },
  {
    method: "GET",
    path: inZone("bot_management"),
    permission: permissions.botProtection,
    answer: (_call, { botFightMode }) => ok({ fight_mode: botFightMode } satisfies BotFightModeConfiguration),
  },
  {
    method: "GET",
    path: inZone("settings/security_level"),
    permission: permissions.zoneSettings,
    answer: (_call, { securityLevel }) =>
      ok({ id: "security_level", value: securityLevel } satisfies SecurityLevel & { value: string }),
  },
  {
    method: "GET",
    path: inZone("settings/browser_check"),
    permission: permissions.zoneSettings,
    answer: (_call, { browserCheck }) => ok({ id: "browser_check", value: browserCheck } satisfies BrowserCheck),
  },
];

const longAgo = new Date(0).toISOString();

function recordOf({ type, name, content }: CloudflareState["dnsRecords"][number]): RecordResponse {
  const times = { created_on: longAgo, modified_on: longAgo };
  return { id: newId(), type, name, content, ttl: 1, proxiable: true, proxied: true, meta: {}, ...times };
}

function zoneOf(state: CloudflareState) {
  return {
    id: state.zoneId,
    name: state.zoneName,
    status: "active",
    paused: false,
    account: { id: state.accountId, name: "Acme" },
    plan: { id: newId(), legacy_id: state.plan },
    permissions: state.zonePermissions,
    activated_on: longAgo,
    created_on: longAgo,
    modified_on: longAgo,
    development_mode: 0,
    meta: {},
    name_servers: ["ns1.cloudflare.test", "ns2.cloudflare.test"],
    original_dnshost: null,
    original_name_servers: null,
    original_registrar: null,
    owner: { id: state.accountId, name: "Acme", type: "organization" },
  } satisfies Zone;
}

async function sign(body: Record<string, unknown>, state: CloudflareState): Promise<Answer> {
  const active = state.certificates.filter(({ status }) => status === "active");
  if (active.length >= state.maxCertificates) {
    return apiError(apiErrors.certificateQuota);
  }
  const validityDays = Number(body.validity_days);
  const certificate = await signRequest(state.authority, String(body.csr), validityDays);
  if (certificate === null) return apiError(apiErrors.certificateRequestInvalid);
  const parsed = new X509Certificate(certificate);
  const signed = {
    id: newUuid(),
    certificate,
    certificate_authority: { id: newUuid(), name: "Cloudflare Managed CA" },
    common_name: parsed.subject.replace(/^CN=/, ""),
    csr: String(body.csr),
    expires_on: parsed.validToDate.toISOString(),
    issued_on: new Date(parsed.validToDate.getTime() - validityDays * day).toISOString(),
    fingerprint_sha256: parsed.fingerprint256.replaceAll(":", "").toLowerCase(),
    serial_number: parsed.serialNumber,
    status: "active" as const,
    validity_days: validityDays,
  } satisfies ClientCertificate;
  state.certificates.push(signed);
  state.lateness.made("certificate", signed.id);
  return ok(signed);
}

export async function addForeignCertificate(state: CloudflareState, name: string, key: string): Promise<void> {
  const csr = await makeCertificateRequest(key, name);
  await sign({ csr, validity_days: 100 }, state);
}
