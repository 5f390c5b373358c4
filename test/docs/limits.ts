// The table of limits in docs/configuration.md, from the constants of the code.
import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import * as v from "valibot";
import { reloadMs } from "../../src/cli/commands/certificate/in-use.ts";
import { warnBelowDays } from "../../src/cli/commands/certificate/list.ts";
import { maxClockErrorMs, noticedClockErrorMs } from "../../src/cli/commands/doctor/checks/network.ts";
import { slowMadeUpMs } from "../../src/cli/commands/doctor/checks/worker.ts";
import { warnDays } from "../../src/cli/commands/doctor/target.ts";
import { maxOnFreePlan, maxOnPaidPlan, maxVariableBytes } from "../../src/cli/config-file/check/wrangler-rules.ts";
import { failuresToOpen, probeEveryMs } from "../../src/worker/cache/breaker.ts";
import { notAdmittedTtlMs } from "../../src/worker/cache/freshness.ts";
import { keepSeconds, readTimeoutMs, warnEveryMs } from "../../src/worker/cache/kv.ts";
import { maxBytes as maxMemoryBytes, maxEntries as maxMemoryEntries } from "../../src/worker/cache/memory.ts";
import { ttlMs as negativeTtlMs } from "../../src/worker/cache/negative-cache.ts";
import { idTokenSeconds } from "../../src/worker/config/client-table.ts";
import { maxRedirectUriLength, maxRedirectUris } from "../../src/worker/config/redirect-uri.ts";
import { cacheTtlSeconds, outageGraceSeconds } from "../../src/worker/config/service.ts";
import { maxWorkflowTokenLength } from "../../src/worker/credential/kind.ts";
import { defaultTimeoutMs } from "../../src/worker/github/client.ts";
import { totalTimeoutMs } from "../../src/worker/github/github-facts.ts";
import { maxPages } from "../../src/worker/github/memberships/lists.ts";
import { maxReviewBytes } from "../../src/worker/http/token-review.ts";
import { sumEveryMs } from "../../src/worker/log/decision-log.ts";
import { maxGroups, maxNameLength } from "../../src/worker/policy/identity.ts";
import { timeoutMs as readinessTimeoutMs, rememberMs } from "../../src/worker/readiness.ts";
import { windowMs as denialsWindowMs, maxDenials } from "../../src/worker/repeated-denials.ts";
import { maxFormBytes } from "../../src/worker/sign-in/form.ts";
import { sessionSeconds } from "../../src/worker/sign-in/github-sign-in.ts";
import { maxIdTokenBytes } from "../../src/worker/sign-in/id-token.ts";
import { maxKeySetBytes } from "../../src/worker/workflows/key-set.ts";
import { failurePauseMs, keyLifetimeMs, unknownKeyPauseMs } from "../../src/worker/workflows/keys.ts";
import { tableOf } from "./markdown.ts";

const itemsAPage = 100;
const bindingSchema = v.object({
  ratelimits: v.array(v.object({ name: v.string(), simple: v.object({ limit: v.number(), period: v.literal(60) }) })),
});

/** @returns the table as Markdown */
export function limitsTable(): string {
  return tableOf(
    ["limit", "value"],
    [
      ["`CACHE_TTL_SECONDS`", range(cacheTtlSeconds)],
      ["`OUTAGE_GRACE_SECONDS`", range(outageGraceSeconds)],
      ["`ID_TOKEN_SECONDS`, `id_token_seconds`", range(idTokenSeconds)],
      ["`redirect_uris` of one client", `${maxRedirectUris}, of ${maxRedirectUriLength} characters each`],
      ["`NEVER_SEEN_LIMIT`, as `wrangler.toml` has it", `${limitOf("NEVER_SEEN_LIMIT")} tokens a minute`],
      ["`AUTHORIZE_LIMIT`, as `wrangler.toml` has it", `${limitOf("AUTHORIZE_LIMIT")} a minute for one address`],
      ["`DEVICE_LIMIT`, as `wrangler.toml` has it", `${limitOf("DEVICE_LIMIT")} a minute for one address`],
      [
        "`TOKEN_FAILURE_LIMIT`, as `wrangler.toml` has it",
        `${limitOf("TOKEN_FAILURE_LIMIT")} a minute for one address`,
      ],
      ["one variable", `${maxVariableBytes / 1024} KB`],
      ["variables and secrets", `${maxOnFreePlan} on Cloudflare's free plan, ${maxOnPaidPlan} on the paid one`],
      ["the body of a TokenReview", `${maxReviewBytes / 1024} KiB`],
      ["a form at the sign-in hostname", `${maxFormBytes / 1024} KiB`],
      ["an ID token", `${maxIdTokenBytes / 1024} KiB`],
      ["the token of a workflow", `${maxWorkflowTokenLength / 1024} KiB`],
      ["GitHub's keys for workflows: the answer", `${maxKeySetBytes / 1024} KiB`],
      ["… count for", duration(keyLifetimeMs)],
      ["… are asked for because of an unknown key, in each isolate, at most every", duration(unknownKeyPauseMs)],
      ["… are asked for again after a failure, in each isolate, at most every", duration(failurePauseMs)],
      ["a sign-in lasts at most", duration(sessionSeconds * 1000)],
      ["one call to GitHub", duration(defaultTimeoutMs)],
      ["all calls of one review to GitHub", duration(totalTimeoutMs)],
      ["teams of one person", count(maxPages * itemsAPage)],
      ["groups of one user", count(maxGroups)],
      ["the username, and each group", `${maxNameLength} characters`],
      ["the memory of one isolate", `${count(maxMemoryEntries)} tokens or ${maxMemoryBytes / 1024 / 1024} MiB`],
      ["a refusal in memory (negative cache)", duration(negativeTtlMs)],
      ["facts that admit no user are fresh for", duration(notAdmittedTtlMs)],
      [
        "denials of one token at a cluster, until kube-apiserver gets a plain no that it caches",
        `${maxDenials} in ${duration(denialsWindowMs)}, in each isolate`,
      ],
      ["one read from KV", duration(readTimeoutMs)],
      ["an entry in KV is kept for", duration(keepSeconds * 1000)],
      ["failures in a row until known users no longer wait for GitHub", count(failuresToOpen)],
      ["one call then finds out whether GitHub is back, every", duration(probeEveryMs)],
      ["a warning about KV on stderr, in each isolate, at most every", duration(warnEveryMs)],
      ["a sum of ignored tokens in the log, at most every", duration(sumEveryMs)],
      ["one check of `/readyz`", duration(readinessTimeoutMs)],
      ["its result is kept for", duration(rememberMs)],
      ["kube-apiserver reads a replaced certificate after", duration(reloadMs)],
      ["`octogate certificate list` warns before a certificate ends", `${warnBelowDays} days`],
      ["`octogate doctor` warns before a certificate ends", `${warnDays} days`],
      ["`octogate doctor` warns about a clock that is off by", duration(noticedClockErrorMs)],
      ["… and takes the connection for broken at", duration(maxClockErrorMs)],
      ["`octogate doctor` warns about a review that takes", duration(slowMadeUpMs)],
    ],
  );
}

function range({ min, max, default: usual }: { readonly min: number; readonly max: number; readonly default: number }) {
  return `${count(min)} to ${count(max)}, default ${count(usual)}`;
}

function limitOf(binding: string): number {
  const text = readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8");
  const found = v.parse(bindingSchema, parse(text)).ratelimits.find(({ name }) => name === binding);
  if (found === undefined) throw new Error(`wrangler.toml binds no ${binding}`);
  return found.simple.limit;
}

function count(value: number): string {
  return value.toLocaleString("en");
}

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
  ["millisecond", 1],
] as const;

/** @returns a duration in its largest whole unit: "5 minutes" */
function duration(ms: number): string {
  const [name, unit] = units.find(([, it]) => ms % it === 0) ?? units[3];
  return `${count(ms / unit)} ${name}${ms === unit ? "" : "s"}`;
}
