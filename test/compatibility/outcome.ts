// What became of a story on one release of Kubernetes: it passed, failed or was left out, and why.
import type { TestCase, TestModule, TestSuite } from "vitest/node";

export interface Outcome {
  readonly hasFailed: boolean;
  /** How many tests passed. */
  readonly passed: number;
  /** The suites and tests that did not run, with the reason that they name. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
}

/** @param module a test file after its run */
export function outcomeOf(module: TestModule): Outcome {
  const passed = [...module.children.allTests("passed")].length;
  return { hasFailed: module.state() === "failed", passed, leftOut: leftOutIn(module.children) };
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
export function cellOf({ hasFailed, passed, leftOut }: Outcome): string {
  if (hasFailed) return "**failed**";
  const reasons = [...new Set(leftOut.map(({ why }) => why))];
  if (passed === 0) return `left out: ${reasons.join("; ")}`;
  const named = reasons.map((reason) => {
    const names = leftOut.filter(({ why }) => why === reason).map(({ name }) => `“${name}”`);
    return `${names.join(", ")} (${reason})`;
  });
  return named.length === 0 ? "passed" : `passed; left out: ${named.join("; ")}`;
}
