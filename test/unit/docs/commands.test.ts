// Every command that a document tells its reader to run is run by a test, which takes it out of the document, or is
// marked there as needing what a test does not have: `(needs Cloudflare)`. Of npm's it is enough that the script is
// there, and of one of octogate's in the text that the command and its options are: the blocks of those are run.
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  commandIn,
  commandsIn,
  documentedCommandsOf,
  documentsWithCommands,
  examplesIn,
  readDocument,
} from "../../support/document-commands.ts";
import { commandBlocksOf, commandsOf, needsIn } from "../../support/markdown-commands.ts";
import { repositoryRoot } from "../../support/worker-config.ts";
import { runCommand } from "../cli/support/command.ts";

/** Text between backticks that begins with one of these is a command. */
const programs =
  /^(?:(?:[A-Z_]+=\S+|export) )*(?:export [A-Z_]+=|(?:\.\/|\.ci\/)?(?:aws|awk|az|base64|cat|chmod|cp|crictl|curl|docker|eksctl|etcdctl|export|gcloud|gh|git|grep|helm|install|journalctl|jq|k3s|kops|kubeadm|kubectl|mkdir|mv|node|npm|npx|octogate|openssl|pinniped|rke2|rm|sed|setup-envtest|sudo|systemctl|talosctl|umask|wrangler) )/;

/** A string without anything put into it, in any quotes. */
const literal = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.)*`/g;
const callWithLiterals = new RegExp(
  `\\b(commandsIn|examplesIn|commandIn)\\(((?:\\s*(?:${literal.source}),?)+)\\s*\\)`,
  "g",
);

/** Named in a text, and not for running. */
const onlyNamed = new Map([
  ["k8s/user-kubeconfig.yaml", ["gh auth token"]],
  ["CONTRIBUTING.md", ["wrangler deploy --dry-run"]],
  ["docs/command.md", ["npx octogate …"]],
  ["docs/developers.md", ["gh auth token"]],
]);

const commands = documentsWithCommands.flatMap((document) =>
  documentedCommandsOf(document).filter(
    ({ isInline, text }) =>
      !isInline || (programs.test(text) && text !== "octogate is ready" && !onlyNamed.get(document)?.includes(text)),
  ),
);
const run = new Set(commandsThatTestsTake().map(withoutNpx));
const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, "package.json"), "utf8")) as { scripts: object }; // ours

test("every command is run by a test, or marked as needing what a test does not have", () => {
  const left = commands.filter(
    ({ text, isInline, marks }) =>
      !(marks.length > 0 || run.has(withoutNpx(text)) || isNpm(text) || (isInline && isOctogate(text))),
  );
  expect(left.map(({ document, line, text }) => `${document}:${line}: ${text}`)).toEqual([]);
});

test("every call of wrangler names its configuration, for wrangler reads a wrangler.json before a wrangler.toml", () => {
  const files = globSync(
    ["*.md", "docs/*.md", "k8s/**/*", "src/**/*.ts", "package.json", ".github/**/*.yml", ".github/**/*.md"],
    {
      cwd: repositoryRoot,
    },
  ).filter((file) => statSync(join(repositoryRoot, file)).isFile());
  const calls = files.flatMap((file) =>
    [...readFileSync(join(repositoryRoot, file), "utf8").matchAll(/npx wrangler [a-z][^`"\n]*/g)].map(
      ([call]) => `${file}: ${call}`,
    ),
  );
  expect(calls.length).toBeGreaterThan(20);
  expect(calls.filter((call) => !call.includes("--config"))).toEqual([]);
});

test("every script of npm's is there", () => {
  const named = commands.filter(({ text }) => isNpm(text)).flatMap(({ text }) => text.split(" && "));
  expect(named.length).toBeGreaterThan(10);
  for (const text of named) {
    const [, script = ""] = /\bnpm (?:run )?([\w:]+)/.exec(text) ?? [];
    if (script !== "ci") expect(Object.keys(scripts), text).toContain(script);
  }
});

test.each([...new Set(commands.filter(({ text }) => isOctogate(text)).map(({ text }) => text))])(
  "octogate has the command and the options of `%s`",
  async (text) => {
    const [, line = ""] = /octogate ([^<>|]*)/.exec(text) ?? [];
    const words = /^[a-z][a-z-]*(?: [a-z][a-z-]*)*/.exec(line)?.[0].split(" ") ?? [];
    const { exitCode, output } = await runCommand([...words, "--help"]);
    expect(exitCode).toBe(0);
    expect(output).toContain(`Usage: ${["octogate", ...words].join(" ")} `);
    for (const [option] of line.matchAll(/--[a-z-]+/g)) expect(output).toMatch(new RegExp(`${option}\\b`));
  },
);

test.each(documentsWithCommands)(
  "every mark in %s says what is known to be missing, and is about a command there",
  (document) => {
    const own = new Set(documentedCommandsOf(document).flatMap(({ marks }) => marks));
    // CONTRIBUTING.md shows the form.
    const said = needsIn(readDocument(document)).filter((need) => need !== "…");
    expect(said.filter((need) => !own.has(need))).toEqual([]);
  },
);

test("what is only named stands there", () => {
  for (const [document, texts] of onlyNamed) {
    for (const text of texts) expect(commandIn(document, text)).toBe(text);
  }
});

test("the pages about what was not tried say so at their beginning", () => {
  for (const [folder, need] of Object.entries({
    k3s: "k3s",
    rke2: "RKE2",
    talos: "Talos",
    kops: "kOps",
    kubeadm: "kubeadm",
  })) {
    for (const guide of ["README.md", "id-tokens.md"]) {
      const [opening = ""] = readDocument(`k8s/${folder}/${guide}`).split("\n## ");
      expect(opening).toContain(`not tried (needs ${need})`);
    }
  }
});

describe("what would be left out is noticed", () => {
  const blocks = (markdown: string) => commandBlocksOf(markdown).map((block) => [commandsOf(block), block.needs]);

  test("in fences, indented, in lists, over several lines, behind a prompt", () => {
    expect(blocks("Text:\n\n```sh\na --b \\\n  --c\n# why\nd\n```\n")).toEqual([[["a --b \\\n  --c", "d"], []]]);
    expect(blocks("Text (needs k3s):\n\n    a\n\n    b\n")).toEqual([[["a", "b"], ["k3s"]]]);
    expect(blocks("1. Text\n   (needs\n   kOps)\n\n       a\n")).toEqual([[["a"], ["kOps"]]]);
    expect(blocks("- x\n- Text:\n\n  ```console\n  $ a\n  b\n  $ c\n  ```\n")).toEqual([[["a", "c"], []]]);
  });

  test("a mark holds for the block behind it, and before the first chapter for the page", () => {
    expect(blocks("# A\n\nAll (needs k3s).\n\n## B\n\nB (needs Talos).\n\nC\n\n    a\n")).toEqual([[["a"], ["k3s"]]]);
    expect(blocks("## A\n\nText (needs k3s):\n\n    a\n\nMore:\n\n    b\n")).toEqual([
      [["a"], ["k3s"]],
      [["b"], []],
    ]);
  });

  test("a fence has to say what it holds", () => {
    expect(() => blocks("```\na\n```\n")).toThrow("line 1");
    expect(() => blocks("```bash\na\n```\n")).toThrow("bash");
    expect(blocks("```toml\na = 1\n```\n")).toEqual([]);
  });
});

/** Reads the calls in the tests' sources and does what they do. */
function commandsThatTestsTake(): string[] {
  const sources = globSync("test/{unit,worker,cli,e2e}/**/*.test.ts", { cwd: repositoryRoot })
    .filter((path) => !import.meta.filename.endsWith(path))
    .map((path) => readFileSync(join(repositoryRoot, path), "utf8"));
  return sources.flatMap((source) =>
    [...source.matchAll(callWithLiterals)].flatMap(([, name, list = ""]) => {
      const [document = "", ...rest] = [...list.matchAll(literal)].map(([text]) => textOf(text));
      if (name === "examplesIn") return examplesIn(document, ...rest).map(({ command }) => command);
      if (name === "commandIn") return rest.map((command) => commandIn(document, command));
      return commandsIn(document, ...rest).flatMap((text) => commandsOf({ isTranscript: false, text }));
    }),
  );
}

/** A string as a formatted source has it. */
function textOf(source: string): string {
  return source.slice(1, -1).replace(/\\(.)/g, "$1");
}

function isNpm(text: string): boolean {
  return text.split(" && ").every((part) => /^(?:[A-Z_]+=\S+ )?npm (?:ci|start|test|run [\w:]+)\b/.test(part));
}

function isOctogate(text: string): boolean {
  return /^(?:.*\| )?(?:GITHUB_TOKEN=\S+ (?:auth token\) )?)?(?:npx )?octogate (?!…|is ready$)/.test(text);
}

function withoutNpx(text: string): string {
  return text.replace(/^npx octogate /, "octogate ");
}
