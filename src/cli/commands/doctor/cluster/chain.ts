// Checks one after the other, where a later one needs what an earlier one has found.
import { CliError } from "../../../command.ts";
import { blocked, broken, type Check, type CheckName, type CheckResult, culpritOf } from "../check.ts";

/** A check's result, and what it found for later ones: null where there is nothing of use. */
export interface Found<T> {
  readonly result: CheckResult;
  readonly value: T | null;
}

export interface Chain {
  /**
   * Looks, unless a check that this one rests on is broken: then it is skipped, and names that one. A CliError of the
   * look is a result as well: for other commands it is the end.
   *
   * @returns what was found, or null
   */
  check<T>(name: CheckName, needs: readonly CheckName[], look: () => Found<T> | Promise<Found<T>>): Promise<T | null>;
  /** In the order in which they were made. */
  checks(): readonly Check[];
}

export function createChain(): Chain {
  const made = new Map<CheckName, Check>();
  return {
    async check(name, needs, look) {
      const culprit = needs.map((need) => culpritOf(made.get(need))).find((found) => found !== null) ?? null;
      const { result, value } = culprit === null ? await resultOf(look) : { result: blocked(culprit), value: null };
      made.set(name, { name, ...result });
      return value;
    },
    checks: () => [...made.values()],
  };
}

async function resultOf<T>(look: () => Found<T> | Promise<Found<T>>): Promise<Found<T>> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return {
      result: broken(error.message, error.diagnostics[0]?.hint ?? "put it right, and run this again"),
      value: null,
    };
  }
}

/** For what the order of the checks makes certain, and the compiler cannot see. */
export function known<T>(value: T | null): T {
  if (value === null) throw new Error("a check was run though an earlier one found nothing");
  return value;
}
