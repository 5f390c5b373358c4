// The columns in the documentation are those in the code, and every query there, on the dashboard and in the alerts
// means the columns that it names.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { blobColumns, doubleColumns } from "../../../src/worker/log/metrics.ts";
import { reasons } from "../../../src/worker/reasons.ts";

const read = (path: string) => readFileSync(new URL(`../../../docs/${path}`, import.meta.url), "utf8");
const documentation = read("metrics.md");
const columns = new Map<string, string>([
  ...blobColumns.map((name, index) => [`blob${index + 1}`, name] as const),
  ...doubleColumns.map((name, index) => [`double${index + 1}`, name] as const),
]);

test("every column has one row in docs/metrics.md, and no other has one", () => {
  const rows = [...documentation.matchAll(/^\| `((?:blob|double)\d+)` \| `(\w+)` \| .+ \|$/gm)];
  expect(rows.map(([, column, name]) => [column, name])).toEqual([...columns]);
});

/**
 * The functions of Analytics Engine's SQL, page by page, and the names that a page calls another form of one (ln,
 * quantileWeighted, toLower, toUpper). Read on 27 November 2026 in github.com/cloudflare/cloudflare-docs,
 * src/content/docs/analytics/analytics-engine/sql-reference/*-functions.mdx, which is shown at
 * developers.cloudflare.com/analytics/analytics-engine/sql-reference/. It is not ClickHouse's list: there is no
 * toString.
 */
const publishedFunctions: ReadonlySet<string> = new Set(
  [
    // Aggregate
    `count sum avg min max quantileExactWeighted quantileWeighted argMax argMin first_value last_value topK
    topKWeighted countIf sumIf avgIf`,
    // Bit
    `bitAnd bitCount bitHammingDistance bitNot bitOr bitRotateLeft bitRotateRight bitShiftLeft bitShiftRight bitTest
    bitXor`,
    // Conditional
    "if",
    // Date and time
    `formatDateTime now today toDateTime toYear toMonth toDayOfWeek toDayOfMonth toHour toMinute toSecond
    toUnixTimestamp toStartOfInterval toStartOfYear toStartOfMonth toStartOfWeek toStartOfDay toStartOfHour
    toStartOfFifteenMinutes toStartOfTenMinutes toStartOfFiveMinutes toStartOfMinute toYYYYMM`,
    // Encoding
    "bin hex",
    // Mathematical; rounding
    "intDiv log ln pow round floor ceil",
    // String
    `length empty lower lowerUTF8 toLower upper upperUTF8 toUpper startsWith endsWith position substring format
    extract`,
    // Type conversion
    "toUInt8 toUInt32",
  ].flatMap((names) => names.toLowerCase().split(/\s+/)),
);

/** What may stand before a bracket and is none of them. */
const keywords = /^(?:AND|OR|IN|NOT|FROM|BY|WHERE|SELECT|INTERVAL|AS|ON)$/;

const verdicts = Object.values(reasons).map(({ verdict }) => verdict);
const documented = [...documentation.matchAll(/^```sql\n(.+?)\n```$/gms)].map(([, sql = ""]) => sql);
const dashboard = valuesOf(JSON.parse(read("grafana/octogate.json")), "query").filter((text) =>
  text.includes("SELECT"),
);
const alerts = valuesOf(parse(read("grafana/alerts.yaml")), "query").map((sql) => sql.trim());

describe.each([
  ["documented", documented],
  ["on the dashboard", dashboard],
  ["of an alert", alerts],
])("a query %s", (_, queries) => {
  test.each(queries)("uses columns that there are, under their own names: %s", (sql) => {
    for (const [column] of sql.matchAll(/\b(?:blob|double)\d+\b/g)) expect([...columns.keys()]).toContain(column);
    for (const [, column = "", name] of sql.matchAll(
      /(?:SELECT|,) (?:format\('\{\}', )?((?:blob|double)\d+)\)? AS (\w+)/g,
    )) {
      expect(name).toBe(columns.get(column));
    }
    for (const [, name = ""] of sql.replaceAll(/'[^']*'/g, "''").matchAll(/(\w+)\s*\(/g)) {
      if (!keywords.test(name)) expect([...publishedFunctions], name).toContain(name.toLowerCase());
    }
    for (const [, verdict] of sql.matchAll(/blob3 = '(\w+)'/g)) expect(verdicts).toContain(verdict);
    for (const [, reason] of sql.matchAll(/blob4 = '(\w+)'/g)) expect(Object.keys(reasons)).toContain(reason);
    expect(sql).toMatch(/\bblob1 = '(?:review|sign_in|ignored|kv_fault)'/);
    expect(sql).toMatch(/^FROM octogate$/m);
    expect(sql).toMatch(/\$timeFilter|timestamp > NOW\(\)/);
  });
});

test("there are queries, panels and five alerts, and each alert's query is documented", () => {
  expect(documented.length).toBeGreaterThan(alerts.length);
  expect(dashboard.length).toBeGreaterThan(0);
  expect(alerts).toHaveLength(5);
  for (const sql of alerts) expect(documented).toContain(sql);
});

/** Everything in a tree that stands under this key and is text. */
function valuesOf(tree: unknown, key: string): string[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([name, value]) =>
    name === key && typeof value === "string" ? [value] : valuesOf(value, key),
  );
}
