// `npm run fuzz`: runs the properties that hold for any input with very many inputs, and says what was tried, which
// code it reached, and what was found.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { thisMachine } from "../bench/machine.ts";
import { writePage } from "../docs/write-page.ts";
import { decimal, markdownTable, whole } from "../simulate/report/table.ts";
import { type FuzzOrder, type FuzzReport, fuzzVariable } from "../support/any-input.ts";
import { repositoryRoot } from "../support/worker-config.ts";
import { reachedByFolder } from "./coverage.ts";
import { createFuzzCommand, type FuzzOptions } from "./options.ts";
import { type PlantedFault, plantedFaults } from "./planted-faults.ts";
import { type FuzzTarget, folder, targets } from "./targets.ts";

/** Of a target that looks for a planted fault. */
const plantedInputs = 20_000;

await createFuzzCommand(fuzz).parseAsync();

async function fuzz(options: FuzzOptions): Promise<void> {
  const isGood = options.planted ? await lookForPlanted(options) : await lookForFaults(options);
  process.exitCode = isGood ? 0 : 1;
}

async function lookForFaults({ inputs, seconds, seed, only, write }: FuzzOptions): Promise<boolean> {
  const chosen = targets.filter(({ file }) => only.includes(file));
  const percents = chosen.reduce((sum, { percent }) => sum + percent, 0);
  const reports: FuzzReport[] = [];
  console.log(`seed ${seed}`);
  // Two at a time: each has a process of its own.
  const waiting = [...chosen].sort((one, other) => other.percent - one.percent);
  const work = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const share = Math.ceil((inputs * target.percent) / percents);
      const run = await runTarget(target, { inputs: share, seconds, seed });
      // A target that failed in another way than by an input says so itself.
      if (run.report === null) console.error(run.output);
      else reports.push(run.report);
      if (run.report?.failure) console.error(`\n${run.report.name}:\n${run.report.failure}\n`);
    }
  };
  await Promise.all([work(), work()]);
  await show(write, new Map(sectionsOf(seed, reports)));
  return reports.length === chosen.length && reports.every(({ failure }) => failure === null);
}

/** @returns Markdown by the name of its marker in docs/soak-and-fuzz.md */
function sectionsOf(seed: number, reports: readonly FuzzReport[]): [string, string][] {
  const rows = reports.map(({ name, inputs, seconds, failure }) => [
    name,
    whole(inputs),
    whole(inputs / seconds),
    failure === null ? "0" : "1: BROKEN",
  ]);
  const total = reports.reduce((sum, { inputs }) => sum + inputs, 0);
  const reached = reachedByFolder(reports.map(({ coverage }) => coverage));
  return [
    ["fuzz run", markdownTable(["this run", ""], [...Object.entries(thisMachine()), ["seed", String(seed)]])],
    [
      "fuzz targets",
      markdownTable(["inputs", "how many", "a second", "found"], [...rows, ["all", whole(total), "", ""]]),
    ],
    [
      "fuzz coverage",
      markdownTable(
        ["src/worker", "of its code ran"],
        reached.map(({ name, percent }) => [name, `${decimal(percent)} %`]),
      ),
    ],
  ];
}

/** @param folder with the page; undefined: it is printed alone */
async function show(folder: string | undefined, sections: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, markdown] of sections) console.log(`## ${name}\n\n${markdown}\n`);
  if (folder !== undefined) await writePage(join(folder, "soak-and-fuzz.md"), { sections, pictures: [] });
}

/** @returns whether every fault was found by the target that has to find it */
async function lookForPlanted({ seconds, seed, only, write }: FuzzOptions): Promise<boolean> {
  const rows: string[][] = [];
  let isGood = true;
  for (const fault of plantedFaults.filter(({ foundBy }) => only.includes(foundBy))) {
    const target = targets.find(({ file }) => file === fault.foundBy);
    if (target === undefined) throw new Error(`there is no target ${fault.foundBy}`);
    const { report } = await runTarget(target, { inputs: plantedInputs, seconds, seed }, fault);
    const isFound = report?.failure !== null && report !== null;
    isGood &&= isFound;
    rows.push([fault.name, isFound ? whole(report.inputs) : "NOT FOUND"]);
  }
  await show(write, new Map([["fuzz planted", markdownTable(["planted fault", "found after inputs"], rows)]]));
  return isGood;
}

interface TargetRun {
  /** Null where the test ended before its property. */
  readonly report: FuzzReport | null;
  readonly output: string;
}

async function runTarget(
  { file }: FuzzTarget,
  order: Omit<FuzzOrder, "report">,
  planted?: PlantedFault,
): Promise<TargetRun> {
  const scratch = mkdtempSync(join(tmpdir(), "octogate-fuzz-"));
  const report = join(scratch, "report.jsonl");
  writeFileSync(report, "");
  try {
    const args = ["run", "--config", "test/fuzz/vitest.config.ts", `${folder}/${file}`];
    const output = await runVitest(args, {
      [fuzzVariable]: JSON.stringify({ ...order, report }),
      ...(planted === undefined ? {} : { OCTOGATE_PLANTED_FAULT: planted.name }),
    });
    const [line = ""] = readFileSync(report, "utf8").split("\n");
    return { report: line === "" ? null : (JSON.parse(line) as FuzzReport), output }; // written by the test
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** @returns everything that it printed */
function runVitest(args: readonly string[], variables: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const program = spawn(join(repositoryRoot, "node_modules/.bin/vitest"), args, {
      cwd: repositoryRoot,
      env: { ...process.env, ...variables },
    });
    let output = "";
    for (const stream of [program.stdout, program.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    program.once("error", reject);
    program.once("close", () => resolve(output));
  });
}
