// The zone's rules: custom rules and rate-limiting rules, with the limits of the plans.
import type { PhaseGetResponse } from "cloudflare/resources/rulesets/phases/phases";
import type { RuleCreateResponse } from "cloudflare/resources/rulesets/rules";
import type { RulesetCreateResponse } from "cloudflare/resources/rulesets/rulesets";
import * as v from "valibot";
import { permissions } from "../../../src/cli/cloudflare/api.ts";
import { type Answer, apiError, type Call, ok } from "./answer.ts";
import { type ApiError, apiErrors } from "./errors.ts";
import { type CloudflareState, newId, type Rule, type Ruleset } from "./state.ts";

export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly permission: string | null;
  answer(call: Call, state: CloudflareState, match: RegExpExecArray): Answer | Promise<Answer>;
}

export const inZone = (rest: string) => new RegExp(`^/zones/(?<zone>[0-9a-f]{32})/${rest}$`);

interface PhaseInState {
  readonly name: "http_request_firewall_custom" | "http_ratelimit";
  /** By plan. */
  readonly maxRules: Readonly<Record<CloudflareState["plan"], number>>;
  readonly absent: ApiError;
  readonly exists: ApiError;
  readonly full: ApiError;
  read(state: CloudflareState): Ruleset | null;
  write(state: CloudflareState, ruleset: Ruleset): void;
}

const phases: readonly PhaseInState[] = [
  {
    name: "http_request_firewall_custom",
    maxRules: { free: 5, pro: 20 },
    absent: apiErrors.noEntryPoint,
    exists: apiErrors.rulesetExists,
    full: apiErrors.tooManyRules,
    read: ({ ruleset }) => ruleset,
    write: (state, ruleset) => {
      state.ruleset = ruleset;
    },
  },
  {
    name: "http_ratelimit",
    maxRules: { free: 1, pro: 2 },
    absent: apiErrors.noRateLimits,
    exists: apiErrors.rateLimitsExist,
    full: apiErrors.tooManyRateLimits,
    read: ({ rateLimits }) => rateLimits,
    write: (state, ruleset) => {
      state.rateLimits = ruleset;
    },
  },
];

function phaseNamed(name: unknown): PhaseInState {
  const phase = phases.find((one) => one.name === name);
  if (phase === undefined) throw new Error(`the stand-in for Cloudflare has no phase ${String(name)}`);
  return phase;
}

/** @returns the rules that a path names, or null where there are none */
function rulesetAt(
  state: CloudflareState,
  match: RegExpExecArray,
): { readonly phase: PhaseInState; readonly ruleset: Ruleset } | null {
  for (const phase of phases) {
    const ruleset = phase.read(state);
    if (ruleset !== null && ruleset.id === match.groups?.ruleset) return { phase, ruleset };
  }
  return null;
}

export const rulesetRoutes: readonly Route[] = [
  {
    method: "GET",
    path: inZone("rulesets/phases/(?<phase>[a-z_]+)/entrypoint"),
    permission: permissions.firewall,
    answer: (_call, state, match) => {
      const phase = phaseNamed(match.groups?.phase);
      const ruleset = phase.read(state);
      return ruleset === null ? apiError(phase.absent) : ok(shown(ruleset, phase));
    },
  },
  {
    method: "POST",
    path: inZone("rulesets"),
    permission: permissions.firewall,
    answer: ({ body }, state) => {
      const phase = phaseNamed(body.phase);
      if (phase.read(state) !== null) return apiError(phase.exists);
      const rules: Record<string, unknown>[] = Array.isArray(body.rules) ? body.rules : [];
      const refusal = rules.map((rule) => refusalOf(rule, phase, state)).find((one) => one !== null);
      if (refusal !== undefined) return apiError(refusal);
      const made = { id: newId(), rules: rules.map(ruleFrom) };
      phase.write(state, made);
      return ok(shown(made, phase));
    },
  },
  {
    method: "POST",
    path: inZone("rulesets/(?<ruleset>[^/]+)/rules"),
    permission: permissions.firewall,
    answer: ({ body }, state, match) => {
      const found = rulesetAt(state, match);
      if (found === null) return apiError(apiErrors.noEntryPoint);
      const { phase, ruleset } = found;
      const max = phase.maxRules[state.plan];
      if (ruleset.rules.length >= max) {
        const count = `${ruleset.rules.length + 1} out of ${max}`;
        return apiError({ ...phase.full, message: phase.full.message.replace(/\d+ out of \d+/, count) });
      }
      if (ruleset.rules.some(({ ref }) => ref === body.ref)) return apiError(apiErrors.ruleRefTaken);
      const refusal = refusalOf(body, phase, state);
      if (refusal !== null) return apiError(refusal);
      const { position } = v.parse(positionSchema, body);
      ruleset.rules.splice(position === undefined ? ruleset.rules.length : position.index - 1, 0, ruleFrom(body));
      return ok(shown(ruleset, phase));
    },
  },
  {
    method: "PATCH",
    path: inZone("rulesets/(?<ruleset>[^/]+)/rules/(?<rule>[^/]+)"),
    permission: permissions.firewall,
    answer: ({ body }, state, match) => {
      const found = rulesetAt(state, match);
      const at = found?.ruleset.rules.findIndex(({ id }) => id === match.groups?.rule) ?? -1;
      if (found === null || at === -1) return apiError(apiErrors.ruleUnknown);
      const { phase, ruleset } = found;
      const refusal = refusalOf(body, phase, state);
      if (refusal !== null) return apiError(refusal);
      const { position } = v.parse(positionSchema, body);
      ruleset.rules.splice(at, 1);
      const rule = { ...ruleFrom(body), id: match.groups?.rule ?? "" };
      ruleset.rules.splice(position === undefined ? at : position.index - 1, 0, rule);
      return ok(shown(ruleset, phase));
    },
  },
  {
    method: "DELETE",
    path: inZone("rulesets/(?<ruleset>[^/]+)/rules/(?<rule>[^/]+)"),
    permission: permissions.firewall,
    answer: (_call, state, match) => {
      const found = rulesetAt(state, match);
      if (found === null) return apiError(apiErrors.noEntryPoint);
      const { phase, ruleset } = found;
      ruleset.rules = ruleset.rules.filter(({ id }) => id !== match.groups?.rule);
      return ok(shown(ruleset, phase));
    },
  },
];

/** @returns why the plan does not take such a rule, or null */
function refusalOf(rule: Record<string, unknown>, { name }: PhaseInState, state: CloudflareState): ApiError | null {
  if (name !== "http_ratelimit") {
    return rule.action_parameters !== undefined && state.plan === "free" ? apiErrors.notEntitled : null;
  }
  const { ratelimit, expression } = v.parse(rateLimitSchema, rule);
  if (!ratelimit.characteristics.includes("cf.colo.id")) return apiErrors.rateLimitByColo;
  if (!state.takesHostInRateLimits && expression.includes("http.host")) return apiErrors.rateLimitHost;
  if (state.plan !== "free") return null;
  if (ratelimit.period !== 10) return apiErrors.rateLimitPeriod;
  return ratelimit.mitigation_timeout === 10 ? null : apiErrors.rateLimitDuration;
}

const rateLimitSchema = v.object({
  expression: v.string(),
  ratelimit: v.object({
    characteristics: v.array(v.string()),
    period: v.number(),
    requests_per_period: v.number(),
    mitigation_timeout: v.number(),
  }),
});

function shown(ruleset: Ruleset, { name: phase }: PhaseInState) {
  return {
    ...ruleset,
    kind: "zone",
    phase,
    name: "default",
    version: "1",
    last_updated: new Date(0).toISOString(),
  } satisfies PhaseGetResponse & RulesetCreateResponse & RuleCreateResponse;
}

/** Without one, a new rule goes to the end. */
const positionSchema = v.object({ position: v.optional(v.object({ index: v.number() })) });

function ruleFrom(body: Record<string, unknown>): Rule {
  const id = newId();
  return {
    version: "1",
    last_updated: new Date(0).toISOString(),
    action: "block",
    enabled: body.enabled === true,
    expression: String(body.expression),
    description: String(body.description),
    ...(body.action_parameters === undefined ? {} : { action_parameters: body.action_parameters as object }),
    ...(body.ratelimit === undefined ? {} : { ratelimit: v.parse(rateLimitSchema.entries.ratelimit, body.ratelimit) }),
    id,
    ref: typeof body.ref === "string" ? body.ref : id,
  };
}
