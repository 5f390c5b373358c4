// The words of the field instead of private ones, in code and documents alike, and comments that fit into a line.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../../support/worker-config.ts";

/** Words that no longer occur, and what to say in their place. Identifiers are looked at word by word. */
const privateWords: readonly (readonly [RegExp, string])[] = [
  [/\b(?:belie(?:f|fs|ve|ves|ved|ving|vable))\b/i, "fresh, stale"],
  [/\b(?:bury|buries|buried|burying)\b/i, "write a tombstone"],
  [/\bjudg\w*\b/i, "evaluate, decision"],
  [/\bgravest\b/i, "worst"],
  [/\binquir(?:y|ies)\b/i, "request, load"],
  [/\bunseen\b/i, "hidden"],
  [/\bnonsense\b/i, "invalid response"],
  [/\bcontradict\w*\b/i, "inconsistent"],
  [/\bstrangers?\b/i, "not allowed, outsider"],
  [/\bkind not welcome\b/, "token_kind_not_allowed"],
  [/\bname taken over\b/, "name_reassigned"],
  [/\bnever seen limit\b/, "new_token_rate_limit"],
  [/\b(?:whoever|nobody|somebody)\b/i, "the caller, the operator, the user, an attacker"],
  [/\bcures?\b/i, "hint"],
  [/\bStep Failure\b/, "CliError"],
  [/\bBot Warning\b/, "Diagnostic"],
  [/\buntold\b/i, "skipped"],
  [/\bstandings?\b/i, "membership"],
  [/\bholders?\b/i, "token owner"],
  [/\bevidence\b/i, "trace, response info"],
  [/\bmeant\b/i, "matched"],
  [/\btroubles?\b/i, "diagnostic"],
  [/\bgreetings?\b/i, "banner"],
  [/\bbehaviou?rs?\b/i, "faults, router"],
  [/\bcasts?\b/i, "sample users; of types: assertion"],
  [
    /\bof (?:GitHub's|Cloudflare's|Kubernetes')(?! (?!(?:is|are|was|has|that|which|for|in|at|on|and|or|to|with)\b)[\w`])/,
    "an answer from GitHub",
  ],
];

/** Words that stay in a file, each with its reason. */
const allowed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "CONTRIBUTING.md": { cast: "of a type, in the rules of the code" },
  "k8s/gke/provider.yaml": { behavior: "a flag of gcloud's" },
  "test/published/clusters/schemas.json": { Behavior: "a member of Google's API" },
  "test/unit/k8s/services.test.ts": { behavior: "a flag of gcloud's", Behavior: "a member of Google's API" },
};

const files = globSync(
  ["{src,test}/**/*.{ts,json,sh}", "{docs,k8s}/**/*.{md,yaml,yml,json,sh}", "README.md", "CONTRIBUTING.md"],
  { cwd: repositoryRoot },
)
  .filter((path) => !import.meta.filename.endsWith(path))
  .sort();
const linesOf = (path: string) => readFileSync(join(repositoryRoot, path), "utf8").split("\n");

/** @returns a line with the words of its identifiers apart */
function words(line: string): string {
  return line.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/(?<=[a-z0-9])_(?=[a-z0-9])/g, " ");
}

function privateWordsIn(line: string): string[] {
  return privateWords.flatMap(([word, instead]) => {
    const found = (word.exec(line) ?? word.exec(words(line)))?.[0];
    return found === undefined ? [] : [`"${found}": ${instead}`];
  });
}

test.each(files)("%s speaks the language of its field", (path) => {
  const allowedHere = Object.keys(allowed[path] ?? {});
  const found = linesOf(path).flatMap((line, index) =>
    privateWordsIn(line)
      .filter((hint) => !allowedHere.some((word) => hint.startsWith(`"${word}"`)))
      .map((hint) => `${path}:${index + 1}: ${hint}`),
  );
  expect(found).toEqual([]);
});

test.each(files.filter((path) => path.endsWith(".ts")))("the comments of %s have at most 120 columns", (path) => {
  const isLongComment = (line: string) => line.length > 120 && /^\s*(?:\/\/|\/?\*)/.test(line) && !line.includes("://");
  expect(linesOf(path).flatMap((line, index) => (isLongComment(line) ? [`${path}:${index + 1}`] : []))).toEqual([]);
});

describe("what would be left out is noticed", () => {
  test.each([
    "We believe it.",
    "judgeScopes(",
    "kind_not_welcome",
    "StepFailure",
    "an answer of GitHub's.",
    "isUnseen",
  ])("%s", (line) => {
    expect(privateWordsIn(line)).toHaveLength(1);
  });

  test.each(["a placeholder", "NEVER_SEEN_LIMIT", "outstanding", "secure", "broadcast", "of GitHub's answer"])(
    "%s is not taken for one",
    (line) => {
      expect(privateWordsIn(line)).toEqual([]);
    },
  );
});
