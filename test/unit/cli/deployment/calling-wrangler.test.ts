import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  findConfigInUse,
  type ProcessFacts,
  readByProc,
  readByPs,
} from "../../../../src/cli/deployment/calling-wrangler.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "octogate-wrangler-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The build step's shell, the wrangler that started it, and a person's shell. */
const processes = (wrangler: ProcessFacts["args"]) => (id: number) => {
  const facts: Readonly<Record<number, ProcessFacts>> = {
    30: { parent: 20, args: ["/bin/sh", "-c", "node src/cli/check-before-deploy.ts"], folder },
    20: { parent: 10, args: wrangler, folder },
    10: { parent: 1, args: ["-bash"], folder: "/" },
  };
  return facts[id] ?? null;
};
const inUse = (wrangler: ProcessFacts["args"]) => findConfigInUse(30, processes(wrangler));
const named = (name: string) => ({ kind: "named", path: join(folder, name) });

describe.each(["list", "text"])("a command line as a %s", (form) => {
  const found = (...args: readonly string[]) =>
    inUse(form === "list" ? ["node", ...args] : ["node", ...args].join(" "));
  const program = "/clone/node_modules/wrangler/wrangler-dist/cli.js";
  beforeEach(() => {
    for (const name of ["prod.toml", "my prod.toml", "wrangler.toml"]) writeFileSync(join(folder, name), "");
  });

  test.each([
    [["deploy", "--config", "prod.toml"]],
    [["deploy", "-c", "prod.toml", "--dry-run"]],
    [["--config=prod.toml", "versions", "upload"]],
    [["deploy", "-c=prod.toml"]],
  ])("names the file: %j", (args) => {
    expect(found(program, ...args)).toEqual(named("prod.toml"));
  });

  test.each(["/x/.bin/wrangler", "/x/bin/wrangler.js", "wrangler", "/x/wrangler-dist/cli.mjs"])("of %s", (name) => {
    expect(found(name, "deploy", "--config", "prod.toml")).toEqual(named("prod.toml"));
    expect(found(name, "deploy")).toEqual({ kind: "unnamed" });
  });

  test("names a file with a space in its name", () => {
    expect(found(program, "deploy", "--config", "my prod.toml", "--dry-run")).toEqual(named("my prod.toml"));
  });

  test("names two files: which one counts is not known", () => {
    expect(found(program, "deploy", "-c", "prod.toml", "-c", "wrangler.toml")).toEqual({ kind: "unknown" });
  });

  test("is no wrangler's: nothing is known", () => {
    expect(found("/x/wrangler-helper.js", "--config", "prod.toml")).toEqual({ kind: "unknown" });
  });
});

test("a text that could name either of two files that there are says nothing", () => {
  for (const name of ["my", "my prod.toml"]) writeFileSync(join(folder, name), "");
  expect(inUse("node wrangler deploy --config my prod.toml")).toEqual({ kind: "unknown" });
});

test("a text that names no file that there is says nothing", () => {
  expect(inUse("node wrangler deploy --config prod.toml")).toEqual({ kind: "unknown" });
});

test("a process that cannot be read says nothing", () => {
  expect(findConfigInUse(30, () => null)).toEqual({ kind: "unknown" });
  expect(findConfigInUse(30, (id) => (id === 30 ? processes([])(30) : null))).toEqual({ kind: "unknown" });
});

describe("ps", () => {
  /** A BSD's: without -ww it ends a line at 80 columns, and a heading goes on to the end of its argument. */
  const fakePs = () => `#!/bin/sh
[ "$*" = "-ww -o ppid= -o args= -p $7" ] || { echo ",args="; echo "20"; exit 0; }
case $7 in
30) echo "   20 /bin/sh -c node src/cli/check-before-deploy.ts" ;;
20) echo "   10 node ${"/a-long-folder".repeat(10)}/wrangler-dist/cli.js deploy --config ${folder}/prod.toml --dry-run" ;;
*) exit 1 ;;
esac
`;
  const withPs = (script: string) => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "ps"), script);
    chmodSync(join(bin, "ps"), 0o755);
    return { PATH: `${bin}:/bin` };
  };

  test("is asked in the form that macOS understands", () => {
    const env = withPs(fakePs());
    writeFileSync(join(folder, "prod.toml"), "");
    expect(findConfigInUse(30, (id) => readByPs(id, env))).toEqual(named("prod.toml"));
  });

  test.each([
    ["is missing", null],
    ["fails", "#!/bin/sh\nexit 1\n"],
    ["prints nothing", "#!/bin/sh\n"],
    ["prints something else", "#!/bin/sh\necho '  PID TTY'\n"],
  ])("that %s says nothing", (_, script) => {
    expect(readByPs(30, script === null ? { PATH: folder } : withPs(script))).toBeNull();
  });

  test.skipIf(process.platform !== "linux")("of this machine says what /proc says", () => {
    for (let id = process.pid; id > 1; ) {
      const known = readByProc(id);
      const shown = readByPs(id, process.env);
      if (shown === null) throw new Error("this machine has no ps");
      expect(shown.parent).toBe(known?.parent);
      expect(String(shown.args).replaceAll(/\s+/g, "")).toBe(
        [known?.args ?? []].flat().join("").replaceAll(/\s+/g, ""),
      );
      id = shown.parent;
    }
  });
});
