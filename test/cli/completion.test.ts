// The completion scripts, each run by its own shell: zsh at a pseudo-terminal, as it completes nowhere else.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../support/program.ts";
import { octogate } from "./support/octogate.ts";

const isThere = async (shell: string) => (await run(shell, ["--version"], { env: process.env })).exitCode === 0;
const [hasZsh, hasFish] = await Promise.all([isThere("zsh"), isThere("fish")]);
for (const [shell, has] of [["zsh", hasZsh] as const, ["fish", hasFish] as const]) {
  if (!has) console.warn(`There is no ${shell} in the PATH: that octogate completes in it is not tested.`);
}

/** What a person has typed, and everything that it can become. */
const cases: readonly (readonly [string, readonly string[]])[] = [
  ["octogate ma", ["manifests"]],
  ["octogate certificate r", ["revoke", "rotate"]],
  ["octogate certificate ro", ["rotate"]],
  ["octogate manifests --for k", ["k3s", "kops", "kubeadm"]],
  ["octogate manifests -c a --for kube", ["kubeadm"]],
  ["octogate setup --dry", ["--dry-run"]],
  ["octogate completion f", ["fish"]],
  ["octogate check --config wr", ["wrangler.toml"]],
  ["octogate check --config my", ["my prod.toml"]],
];

let folder: string;
const script = (shell: string) => join(folder, `completion.${shell}`);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "octogate-completion-"));
  for (const name of ["wrangler.toml", "my prod.toml"]) await writeFile(join(folder, name), "");
  for (const shell of ["bash", "zsh", "fish"]) {
    await writeFile(script(shell), (await octogate(["completion", shell])).stdout);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const completed = async (shell: string, args: readonly string[]) => {
  const { stdout, stderr } = await run(shell, args, { cwd: folder, env: { ...process.env, HOME: folder } });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
};

describe("bash", () => {
  test.each(cases)("completes %s", async (line, expected) => {
    const words = line.split(" ");
    const command = `source "$0"; COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _octogate`;
    const found = await completed("bash", ["-c", `${command}; printf '%s\\n' "\${COMPREPLY[@]}"`, script("bash")]);
    expect(found.toSorted()).toEqual(expected);
  });
});

describe.skipIf(!hasFish)("fish", () => {
  test.each(cases)("completes %s", async (line, expected) => {
    const command = `source ${script("fish")}; complete -C '${line}'`;
    const found = await completed("fish", ["--no-config", "-c", command]);
    expect(found.map((row) => row.split("\t")[0])).toEqual(expected);
  });
});

/** Types a line and a tab into an interactive zsh, and prints what stands on its command line then. */
const atTerminal = String.raw`
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; source $1; show() { zle complete-word; print -r -- \$BUFFER > shown }; zle -N show; bindkey '^I' show; : > ready"
until [[ -e ready ]]; do sleep 0.05; done
zpty -w -n shell "$2"$'\t'
until [[ -s shown ]]; do sleep 0.05; done
cat shown
rm shown ready
zpty -d shell
`;

describe.skipIf(!hasZsh)("zsh", () => {
  test.each(cases.filter(([, expected]) => expected.length === 1))("completes %s", async (line, [expected = ""]) => {
    const found = await completed("zsh", ["-f", "-c", atTerminal, "zsh", script("zsh"), line]);
    const before = line.slice(0, line.lastIndexOf(" ") + 1);
    expect(found.map((row) => row.trimEnd())).toEqual([`${before}${expected.replaceAll(" ", "\\ ")}`]);
  });
});
