// What `npm run fuzz` tries: the properties that hold for any input, each in a test file of its own.

export interface FuzzTarget {
  /** A file in test/unit/any-input/. */
  readonly file: string;
  /** Its share of all inputs, in percent: what is quick gets more. */
  readonly percent: number;
}

export const folder = "test/unit/any-input";

export const targets: readonly FuzzTarget[] = [
  { file: "review-bodies.test.ts", percent: 24 },
  { file: "tokens.test.ts", percent: 24 },
  { file: "sealed-values.test.ts", percent: 16 },
  { file: "workflow-tokens.test.ts", percent: 6 },
  { file: "sign-in-requests.test.ts", percent: 10 },
  { file: "github-answers.test.ts", percent: 10 },
  { file: "kv-values.test.ts", percent: 6 },
  { file: "wrangler-file.test.ts", percent: 4 },
];
