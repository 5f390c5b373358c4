// The numbers that the documents state are the constants in the code: where one of them is changed, the sentences about
// it are found.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../../support/worker-config.ts";

const second = 1000;
const minute = 60 * second;
const kib = 1024;

/**
 * Where a constant stands, its name, in what unit the documents state it, and the sentences that do: N is the number.
 */
const numbers: readonly (readonly [string, string, number, Readonly<Record<string, readonly string[]>>])[] = [
  [
    "src/worker/http/token-review.ts",
    "maxReviewBytes",
    kib,
    { "docs/operations.md": ["a body over N KiB"], "docs/architecture.md": ["at most N KiB"] },
  ],
  [
    "src/worker/github/client.ts",
    "defaultTimeoutMs",
    second,
    {
      "docs/architecture.md": ["Every call has a deadline of N s,"],
      "docs/metrics.md": ["Octogate N s for each call"],
    },
  ],
  [
    "src/worker/github/github-facts.ts",
    "totalTimeoutMs",
    second,
    { "docs/architecture.md": ["all calls of a review together N s"] },
  ],
  ["src/worker/github/memberships/pages.ts", "maxPages", 1 / 100, { "docs/caching.md": ["more than N teams"] }],
  ["src/worker/cache/memory.ts", "maxEntries", 1, { "docs/architecture.md": ["at N tokens or"] }],
  ["src/worker/cache/memory.ts", "maxBytes", kib * kib, { "docs/architecture.md": ["tokens or N MB"] }],
  ["src/worker/cache/freshness.ts", "refusalTtlMs", second, { "docs/architecture.md": ["believed for N s at most"] }],
  [
    "src/worker/cache/negative-cache.ts",
    "ttlMs",
    second,
    { "docs/architecture.md": ["is kept for N s in memory"], "docs/caching.md": ["is remembered for at most N s"] },
  ],
  ["src/worker/cache/breaker.ts", "probeEveryMs", second, { "docs/architecture.md": ["one request every N s"] }],
  ["src/worker/cache/kv.ts", "warnEveryMs", minute, { "docs/operations.md": ["on stderr, at most once a minute"] }],
  [
    "src/worker/log/decision-log.ts",
    "sumEveryMs",
    second,
    {
      "docs/operations.md": ["the first review after N s logs a sum"],
      "docs/metrics.md": ["with the first review after N s"],
    },
  ],
  ["src/worker/readiness.ts", "rememberMs", second, { "docs/metrics.md": ["is remembered for N s in each isolate"] }],
  [
    "src/worker/readiness.ts",
    "timeoutMs",
    second,
    { "docs/metrics.md": ["a read is answered within N s", "without a token, within N s"] },
  ],
  ["src/worker/policy/identity.ts", "maxNameLength", 1, { "docs/configuration.md": ["longer than N characters"] }],
  ["src/worker/policy/identity.ts", "maxGroups", 1, { "docs/configuration.md": ["More than N groups are a denial"] }],
  [
    "src/cli/configuration-check/variable-sizes.ts",
    "maxBytes",
    kib,
    { "docs/command.md": ["variables over N KB"], "docs/configuration.md": ["holds at most N KB"] },
  ],
  [
    "src/cli/configuration-check/variable-sizes.ts",
    "maxOnFreePlan",
    1,
    {
      "docs/command.md": ["more than N variables and secrets, which the free plan"],
      "docs/operations.md": ["More than N variables and secrets"],
    },
  ],
  [
    "src/cli/configuration-check/variable-sizes.ts",
    "maxOnPaidPlan",
    1,
    { "docs/command.md": ["more than N variables and secrets."] },
  ],
  [
    "src/cli/certificates/finish-rotation.ts",
    "reloadMs",
    minute,
    {
      "docs/setup.md": [
        "within N minutes of the first half",
        "after N minutes the old fingerprint",
        "reads the files again within N minutes",
      ],
      "docs/command.md": ["without a restart, within N minutes"],
    },
  ],
  [
    "src/cli/commands/certificate-list.ts",
    "warnBelowDays",
    1,
    { "docs/setup.md": ["has less than N is warned about"] },
  ],
  ["src/cli/doctor/client-certificate.ts", "warnDays", 1, { "docs/command.md": ["a warning N days before"] }],
  [
    "src/cli/doctor/judge/network.ts",
    "noticedClockErrorMs",
    second,
    { "docs/command.md": ["differ by no more than N s"] },
  ],
  ["src/cli/doctor/judge/network.ts", "maxClockErrorMs", minute, { "docs/command.md": ["broken from N min on"] }],
  ["src/cli/doctor/judge/review.ts", "slowMadeUpMs", second, { "docs/command.md": ["slower than N s is a warning"] }],
];

const read = (path: string) => readFileSync(join(repositoryRoot, path), "utf8");

describe.each(numbers)("%s: %s", (source, name, unit, sentences) => {
  const value = (constantIn(read(source), name) / unit).toLocaleString("en");

  test.each(Object.entries(sentences))("is what %s says", (document, expected) => {
    const text = read(document).replace(/\s+/g, " ");
    for (const sentence of expected) expect(text).toContain(sentence.replace("N", value));
  });
});

test("words and settings state the others", () => {
  expect(constantIn(read("src/worker/cache/breaker.ts"), "failuresToOpen")).toBe(3);
  expect(read("docs/architecture.md")).toContain("After three failures in a row");
  expect(constantIn(read("src/worker/cache/kv.ts"), "keepSeconds")).toBe(7 * 24 * 60 * 60);
  expect(read("docs/architecture.md")).toMatch(/^\| Workers KV .* \| a week;/m);
  expect(constantIn(read("src/worker/cache/kv.ts"), "readTimeoutMs")).toBe(500);
  expect(read("docs/operations.md")).toContain("up to half a second until KV is given up");

  for (const name of ["CACHE_TTL_SECONDS", "OUTAGE_GRACE_SECONDS"]) {
    const settings = read("src/worker/config/service.ts");
    const [, least, most, usual] =
      new RegExp(`${name}: .*wholeNumber\\((\\d+), (\\d+)\\), (\\d+)\\)`).exec(settings) ?? [];
    expect(read("docs/configuration.md")).toMatch(
      new RegExp(`\\| \`${name}\` \\| \`${usual}\` \\| .*, ${least} to ${most}[:;]`),
    );
  }

  const [, limit, period] = /^limit = (\d+)\nperiod = (\d+)/m.exec(read("wrangler.toml")) ?? [];
  expect(period).toBe("60");
  expect(read("docs/caching.md")).toContain(`\`NEVER_SEEN_LIMIT\` (${limit} a minute for each cluster and location)`);
  const { thresholds } = JSON.parse(read("test/mutation/stryker.config.json")) as { thresholds: { break: number } }; // ours
  expect(read("CONTRIBUTING.md")).toContain(`below ${thresholds.break} % it fails`);
});

/** @returns the value of `const NAME = …`, which is a product of numbers */
function constantIn(source: string, name: string): number {
  const [, product] = new RegExp(`^(?:export )?const ${name} = ([\\d_ *]+);$`, "m").exec(source) ?? [];
  if (product === undefined) throw new Error(`there is no constant ${name} that is a number`);
  return product.split("*").reduce((value, factor) => value * Number(factor.replaceAll("_", "")), 1);
}
