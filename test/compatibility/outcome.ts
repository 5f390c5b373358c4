// What became of a story on one release of Kubernetes: it passed, failed or was left out, and why.
import type { TestCase, TestModule, TestSuite } from "vitest/node";

export interface Outcome {
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
  /** The suites and tests that did not run, with the reason that they name. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

/** @param module a test file after its run */
export function outcomeOf(module: TestModule): Outcome {
  const tests = [...module.children.allTests()].map((one) => one.result().state);
  const count = (state: string) => tests.filter((one) => one === state).length;
  // A hook or an import that fails leaves tests that never ran.
  const failed = module.state() === "failed" ? Math.max(count("failed"), 1) : 0;
  const leftOut = failed > 0 ? [] : leftOutIn(module.children);
  return { tests: tests.length, passed: count("passed"), failed, leftOut };
}

function leftOutIn(children: Iterable<TestCase | TestSuite>): { name: string; why: string }[] {
  return [...children].flatMap((one) => {
    const { leftOut } = one.meta();
    if (leftOut !== undefined) return [{ name: one.name, why: leftOut }];
    if (one.type === "suite") return leftOutIn(one.children);
    return one.result().state === "skipped" ? [{ name: one.name, why: "no reason is named" }] : [];
  });
}

/** @returns a cell of the table */
export function cellOf({ tests, passed, failed, leftOut }: Outcome): string {
  if (failed > 0) return `**failed**: ${failed} of ${tests}`;
  const reasons = [...new Set(leftOut.map(({ why }) => why))];
  if (passed === 0) return `left out: ${reasons.join("; ")}`;
  const named = reasons.map((reason) => {
    const names = leftOut.filter(({ why }) => why === reason).map(({ name }) => `“${name}”`);
    return `${names.join(", ")} (${reason})`;
  });
  return named.length === 0 ? "passed" : `passed; left out: ${named.join("; ")}`;
}
