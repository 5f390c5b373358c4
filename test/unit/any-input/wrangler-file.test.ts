// Any text in the place of wrangler.toml: the command says what is wrong with it and where, and never breaks; what it
// takes for right, the Worker takes for right; and what it edits, it can read again.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { CliError } from "../../../src/cli/command.ts";
import { checkConfiguration } from "../../../src/cli/config-file/check/check.ts";
import { withStandIns } from "../../../src/cli/config-file/check/stand-in-secrets.ts";
import { addFingerprint, setHostname } from "../../../src/cli/config-file/edits.ts";
import { parseConfigFile } from "../../../src/cli/config-file/file.ts";
import { applyEdits } from "../../../src/cli/config-file/toml-edits.ts";
import { problemsIn, readConfig } from "../../../src/worker/config/config.ts";
import { holdForAnyInput, timeoutMs } from "../../support/any-input.ts";
import { repositoryRoot } from "../../support/worker-config.ts";

const oneOf = fc.constantFrom;
const place = { path: "wrangler.toml", absolutePath: "/nowhere/wrangler.toml" };
const fingerprint = "a1".repeat(32);
/** The repository's own, with its placeholders filled in. */
const file = readFileSync(join(repositoryRoot, "wrangler.toml"), "utf8")
  .replace("<auth.example.com>", "auth.acme.test")
  .replace("<sha256 fingerprint, 64 hex digits>", fingerprint)
  .replace("org:<organisation>", "org:acme#1234")
  .replace("team:<organisation>/<team>", "team:acme/platform#55")
  .replace("user:<login>", "user:octocat#583231");
const cluster = file.slice(file.indexOf("[vars.CLUSTER_PRODUCTION]"), file.indexOf("[secrets]"));
const lines = file.split("\n");

const value = fc.oneof(
  oneOf('""', "[]", "{}", "0", "-1", "true", "1e309", "nan", "2026-11-27", "'''\n'''", '"\\u202e"', '["a", 1]', '"é"'),
  oneOf(`"org:acme"`, `["anyone"]`, `["user:octocat#0"]`, `["team:acme/a/b"]`, `"https://login.acme.test"`, '"10"'),
  fc.string({ maxLength: 20 }).map((text) => JSON.stringify(text)),
  fc.string({ unit: "binary", maxLength: 10 }),
);
const key = fc.oneof(
  oneOf("allow", "deny", "username", "group", "prefix", "token_kinds", "sign_in", "redirect_uris", "groups_from"),
  oneOf("client_certificates", "CACHE_TTL_SECONDS", "GITHUB_API_URL", "ISSUER_URL", "SIGNING_KEYS", "__proto__"),
  oneOf("oauth_clients", "device_flow", "exchange", "id_token_seconds", "require_expiry", "scopes_at_most", "name"),
);
const header = oneOf(
  ...[
    "[vars]",
    "[vars.CLUSTER_PRODUCTION]",
    "[vars.CLUSTER_STAGING]",
    "[vars.CLUSTER_]",
    "[vars.CLIENT_ARGOCD]",
    "[[x]]",
  ],
  ...["[vars.cluster_production]", "[vars.SIGNING_KEYS]", "[env.staging.vars]", "[vars.CLUSTER_PRODUCTION.allow]", "["],
);

/** A change of the file's lines. */
type Change = (lines: readonly string[]) => readonly string[];
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.nat(), key, value).map(
    ([at, name, text]): Change =>
      (all) =>
        all.toSpliced(at % all.length, 0, `${name} = ${text}`),
  ),
  fc.tuple(fc.nat(), value).map(
    ([at, text]): Change =>
      (all) => {
        const index = at % all.length;
        return all.with(
          index,
          (all[index] ?? "").replace(/=.*$/, () => `= ${text}`),
        );
      },
  ),
  fc.tuple(fc.nat(), fc.nat(5)).map(
    ([at, count]): Change =>
      (all) =>
        all.toSpliced(at % all.length, count),
  ),
  fc.tuple(fc.nat(), fc.nat()).map(
    ([at, from]): Change =>
      (all) =>
        all.toSpliced(at % all.length, 0, all[from % all.length] ?? ""),
  ),
  fc.tuple(fc.nat(), header).map(
    ([at, text]): Change =>
      (all) =>
        all.toSpliced(at % all.length, 0, text),
  ),
  fc.tuple(fc.nat(), fc.nat(), fc.string({ unit: "binary", maxLength: 3 })).map(
    ([at, column, text]): Change =>
      (all) => {
        const index = at % all.length;
        const line = all[index] ?? "";
        const cut = column % (line.length + 1);
        return all.with(index, line.slice(0, cut) + text + line.slice(cut));
      },
  ),
  fc.tuple(key, value).map(
    ([name, text]): Change =>
      (all) => [...all, `${name} = ${text}`],
  ),
);
const asked = fc.record({
  start: oneOf<readonly string[]>(lines, lines, cluster.split("\n"), [""]),
  changes: fc.array(change, { maxLength: 4 }),
  lineEnd: oneOf("\n", "\n", "\r\n"),
});

test("a text is parsed as TOML says, checked, and edited so that it can be read again", {
  timeout: timeoutMs,
}, async () => {
  const counts = { "no TOML": 0, wrong: 0, right: 0, edited: 0 };
  await holdForAnyInput(
    "texts of wrangler.toml",
    fc.asyncProperty(asked, async ({ start, changes, lineEnd }) => {
      const text = changes.reduce((current, one) => one(current.length === 0 ? [""] : current), start).join(lineEnd);
      const loaded = parseConfigFile(place, text);
      if (loaded.kind !== "loaded") {
        counts["no TOML"] += 1;
        expect(loaded.diagnostic.message).toMatch(/^[^\p{Cc}\u202a-\u202e\u2066-\u2069]+$/u);
        return;
      }
      // Another parser of TOML reads the same out of it.
      expect(withoutTimes(loaded.file.toml.values)).toEqual(withoutTimes(parse(text)));
      const diagnostics = checkConfiguration(loaded.file, Date.parse("2026-11-27T10:00:00Z"));
      const hasErrors = diagnostics.some(({ severity }) => severity === "error");
      counts[hasErrors ? "wrong" : "right"] += 1;
      if (!hasErrors) {
        const environment = withStandIns(loaded.file.settings);
        expect(problemsIn(readConfig(environment))).toEqual([]);
      }
      for (const edit of [
        () => setHostname(loaded.file, "auth.acme.test"),
        () => addFingerprint(loaded.file, "CLUSTER_PRODUCTION", "b2".repeat(32)),
      ]) {
        try {
          const edited = applyEdits(loaded.file, edit());
          expect(parseConfigFile(place, edited).kind).toBe("loaded");
          counts.edited += 1;
        } catch (thrown) {
          // A form that is not ours to change is named.
          if (!(thrown instanceof CliError)) throw thrown;
        }
      }
    }),
    400,
  );
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
});

/** The two parsers have a type of their own for times. */
function withoutTimes(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return "a time";
  if (Array.isArray(value)) return value.map(withoutTimes);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withoutTimes(one)]));
}
