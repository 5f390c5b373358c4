import { describe, expect, test } from "vitest";
import type { Diagnostic } from "../../../../../src/cli/command.ts";
import type { LookedUp } from "../../../../../src/cli/commands/pin/looked-up.ts";
import { namedEntriesIn } from "../../../../../src/cli/commands/pin/named-entries.ts";
import { planPins } from "../../../../../src/cli/commands/pin/plan.ts";
import { settingOf } from "../../../../../src/cli/config-file/file.ts";
import type { TomlPath } from "../../../../../src/node/toml.ts";
import { configFile } from "../../support/config-file.ts";

const context = {
  locate: (path: TomlPath) => ({ file: "f", line: 1, setting: settingOf(path.slice(1)) }),
  restUrl: "https://github.test",
};

/** What is planned for a policy whose names all get the same answer. */
function plan(policy: string, ...answers: LookedUp[]) {
  const { settings } = configFile(`[vars.CLUSTER_A]\n${policy}`);
  const answered = namedEntriesIn(settings).map((entry, index) => ({
    entry,
    lookedUp: answers[index] ?? answers.at(-1) ?? { kind: "unknown_name" as const },
  }));
  const { pins, diagnostics } = planPins(answered, context);
  const of = (wanted: Diagnostic["severity"]) =>
    diagnostics.filter(({ severity }) => severity === wanted).map(({ subject, message }) => `${subject}: ${message}`);
  return {
    pins: pins.map(({ entry, pin }) => entry.text + pin),
    errors: of("error"),
    warnings: of("warning"),
  };
}

const found = (id: number, organisationId: number | null = null): LookedUp => ({
  kind: "found",
  pin: `#${id}`,
  organisationId,
});
const nothing = { pins: [], errors: [], warnings: [] };

describe("an entry without a number", () => {
  test("gets the number that was found", () => {
    expect(plan('allow = ["user:Ada", "anyone"]', found(7))).toEqual({ ...nothing, pins: ["user:Ada#7"] });
  });

  test.each<[LookedUp, string]>([
    [{ kind: "unknown_name" }, "no account at GitHub has that name"],
    [{ kind: "needs_token" }, "GitHub shows a team to its organisation's members alone"],
    [{ kind: "unsuitable", message: "is an organisation" }, "is an organisation"],
    [{ kind: "failed", message: "is hidden" }, "is hidden"],
  ])("is an error where none was found: %j", (lookedUp, message) => {
    expect(plan('deny = ["user:ada"]', lookedUp)).toEqual({
      ...nothing,
      errors: [`f:1: CLUSTER_A.deny[0]: user:ada: ${message}`],
    });
  });

  test("is not pinned against what the same policy says elsewhere", () => {
    const policy = (entry: string) => `allow = ["${entry}"]\ngroups_from = ["acme#1"]`;
    const { pins, errors } = plan(policy("org:acme"), found(2, 2));
    expect(pins).toEqual([]);
    expect(errors).toEqual([
      expect.stringContaining("pinned to #1 elsewhere in this policy, and the name belongs to #2"),
    ]);
    expect(plan(policy("team:acme/platform"), found(55, 2), found(1, 1)).pins).toEqual([]);
    expect(plan(policy("team:acme/platform"), found(55, 1), found(1, 1)).pins).toEqual(["team:acme/platform#55"]);
    expect(plan(policy("org:acme"), found(1)).pins).toEqual(["org:acme#1"]);
  });
});

describe("an entry with a number", () => {
  test("is fine where the name still belongs to it", () => {
    expect(plan('allow = ["user:ada#7"]', found(7))).toEqual(nothing);
  });

  test.each<[LookedUp, string]>([
    [found(8), "the name belongs to #8 now; the entry still applies to #7 alone"],
    [{ kind: "unknown_name" }, "no account has that name now; the entry still applies to #7 alone"],
    [{ kind: "unsuitable", message: "is an organisation" }, "is an organisation"],
  ])("is warned about otherwise, and left as it is: %j", (lookedUp, message) => {
    expect(plan('allow = ["user:ada#7"]', lookedUp)).toEqual({
      ...nothing,
      warnings: [`f:1: CLUSTER_A.allow[0]: user:ada#7: ${message}`],
    });
  });

  test("of a team is counted where it could not be looked up", () => {
    expect(plan('allow = ["team:acme/a#1", "team:acme/b#2"]', { kind: "needs_token" })).toEqual({
      ...nothing,
      warnings: ["teams: 2 pinned teams were not checked: GitHub shows them to members alone"],
    });
  });
});

test("where GitHub ended its answers, that is said once, with how many entries are left", () => {
  const stopped: LookedUp = { kind: "stopped", message: "GitHub did not answer in time." };
  expect(plan('allow = ["user:ada", "user:ben", "user:cleo#3"]', found(1), stopped)).toEqual({
    pins: ["user:ada#1"],
    errors: ["https://github.test: GitHub did not answer in time. (2 entries were not looked up)"],
    warnings: [],
  });
});
