// What the deployment says about tokens of workflows: who issues them, and for which audience they have to be made.

import * as v from "valibot";
import { type Checked, type Problem, problemsOf } from "./checked.ts";
import type { ClusterPolicy } from "./cluster.ts";
import { isForWorkflows } from "./entries.ts";
import type { ServiceSettings } from "./service.ts";
import { isLoopback } from "./values.ts";

export interface WorkflowSettings {
  /** `iss` of the tokens, letter for letter, without a trailing slash. */
  readonly actionsIssuerUrl: string;
  /** ISSUER_URL: every audience begins with it. */
  readonly issuerUrl: string;
}

export const workflowVariables = ["ACTIONS_ISSUER_URL"] as const;

const message =
  "must be the https address of the issuer of GitHub Actions, without a slash, query or fragment at its end; http only on loopback";
const actionsIssuerSchema = v.object({
  ACTIONS_ISSUER_URL: v.optional(v.pipe(v.string(message), v.check(isIssuer, message))),
});

/**
 * @param issuerUrl ISSUER_URL; null where there is none, or a wrong one
 * @returns null without ISSUER_URL: no audience can be told from others then, and no token of a workflow is taken
 */
export function readWorkflowSettings(
  env: Readonly<Record<string, unknown>>,
  service: Checked<ServiceSettings>,
  issuerUrl: string | null,
): Checked<WorkflowSettings | null> {
  const parsed = v.safeParse(actionsIssuerSchema, env);
  if (!parsed.success) return { ok: false, problems: problemsOf("", parsed.issues) };
  if (issuerUrl === null) return { ok: true, value: null };
  const named = parsed.output.ACTIONS_ISSUER_URL;
  if (named === undefined && !service.ok) return service;
  const actionsIssuerUrl = named ?? (service.ok ? actionsIssuerOf(service.value.githubApiUrl) : "");
  return { ok: true, value: { actionsIssuerUrl, issuerUrl } };
}

/**
 * The issuer as it follows from the address of GitHub's API (docs.github.com, "OpenID Connect reference"; for an
 * Enterprise Server, "OpenID Connect" in its own documentation).
 *
 * @param apiUrl GITHUB_API_URL, without a trailing slash
 */
export function actionsIssuerOf(apiUrl: string): string {
  const { origin, hostname } = new URL(apiUrl);
  if (hostname === "api.github.com") return "https://token.actions.githubusercontent.com";
  // An Enterprise Server may have a name that begins so.
  const isDataResidency = hostname.startsWith("api.") && !apiUrl.endsWith("/api/v3");
  return isDataResidency ? origin.replace("//api.", "//token.actions.") : `${origin}/_services/token`;
}

/** @returns the policy with the one audience that it takes; a policy that names workflows needs ISSUER_URL for it */
export function withAudience(
  policy: Checked<ClusterPolicy>,
  { name, kind }: { readonly name: string; readonly kind: "cluster" | "application" },
  settings: Checked<WorkflowSettings | null>,
): Checked<ClusterPolicy> {
  if (!policy.ok) return policy;
  const problems = problemsFor(settings);
  if (problems.length > 0 && policy.value.allow.some(isForWorkflows)) return { ok: false, problems };
  if (!settings.ok || settings.value === null) return policy;
  const workflowAudience = `${settings.value.issuerUrl}/${kind === "cluster" ? "clusters" : "clients"}/${name}`;
  return { ok: true, value: { ...policy.value, workflowAudience } };
}

function problemsFor(settings: Checked<WorkflowSettings | null>): readonly Problem[] {
  if (!settings.ok) return settings.problems;
  if (settings.value !== null) return [];
  return [
    {
      setting: "ISSUER_URL",
      message: "is required where allow names workflows: their tokens' audience begins with it",
    },
  ];
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, origin, pathname } = new URL(text);
  if (text !== origin + (pathname === "/" ? "" : pathname) || text.endsWith("/")) return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
}
