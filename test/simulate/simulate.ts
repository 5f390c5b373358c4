// `npm run simulate`: parses the command line, simulates, prints, and writes the page if it is asked to.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fillPage } from "../docs/markdown.ts";
import type { Job, JobResult } from "./jobs.ts";
import { createSimulateCommand, type SimulateOptions } from "./options.ts";
import { runJobs } from "./pool.ts";
import { startProgress } from "./progress.ts";
import { oneSentenceALine } from "./report/sentences.ts";
import { studyOf } from "./studies/all.ts";
import { distinctJobs, effortOf, findingsOf } from "./studies/findings.ts";
import { singleStudy } from "./studies/single.ts";
import type { Report, Study } from "./studies/study.ts";

const page = new URL("../../docs/simulation.md", import.meta.url);
const pictures = new URL("../../docs/pictures/", import.meta.url);

function studiesOf({ what }: SimulateOptions): Study[] {
  if (what.kind === "single") return [singleStudy(what.settings, what.scenarios)];
  return what.names.map((name) => studyOf(name, what.people, what.seed));
}

async function simulate(options: SimulateOptions): Promise<void> {
  const studies = studiesOf(options);
  const jobs = distinctJobs(studies.flatMap(({ needs }) => needs));
  const findings = findingsOf(jobs, await runWithProgress(jobs, options.threads));
  const reports = new Map(studies.map((study) => [study.name, study.report(findings)]));
  for (const [name, { markdown }] of reports) console.log(`## ${name}\n\n${markdown}\n`);
  if (options.what.kind === "studies" && options.what.isWritten) await write(reports);
}

async function runWithProgress(jobs: readonly Job[], threads: number): Promise<JobResult[]> {
  const efforts = jobs.map(effortOf);
  const done = efforts.map(() => 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const progress = startProgress(sum(efforts));
  try {
    return await runJobs(jobs, threads, (job, share) => {
      done[job] = share * (efforts[job] ?? 0);
      progress.to(sum(done));
    });
  } finally {
    progress.end();
  }
}

async function write(reports: ReadonlyMap<string, Report>): Promise<void> {
  const sections = new Map([...reports].map(([name, { markdown }]) => [name, oneSentenceALine(markdown)]));
  await writeFile(page, fillPage(await readFile(page, "utf8"), sections));
  await mkdir(pictures, { recursive: true });
  for (const { pictures: drawn } of reports.values()) {
    for (const { name, svg } of drawn) await writeFile(new URL(`${name}.svg`, pictures), svg);
  }
}

try {
  await createSimulateCommand(simulate)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parseAsync();
} catch (error) {
  console.error(`simulate: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
