// How thorough the slow tests are: every rule holds everywhere, and in CI for more of the cases.

/** `.ci/run` and GitHub Actions set it. */
export const isThorough = process.env.CI !== undefined;
