// Shows at the end of a run of the end-to-end tests what became of each story on each release of Kubernetes, and writes
// it into docs/compatibility.md where everything was run on all.
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import type { Reporter, TestModule, TestProject, TestRunEndReason } from "vitest/node";
import { fillPage } from "../docs/markdown.ts";
import { versionIn } from "../e2e/support/binaries.ts";
import { cellOf, outcomeOf } from "./outcome.ts";
import { compatibilityTable, merged, page, type Results, resultsIn, runTable } from "./table.ts";

export default class CompatibilityReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): void {
    const results = resultsOf(modules);
    console.log(`\n${runTable(results)}`);
    if (process.env.EVERY_RELEASE === undefined || !process.env.KUBEBUILDER_ASSETS || reason === "interrupted") return;
    const text = readFileSync(page, "utf8");
    const table = compatibilityTable(merged(resultsIn(text), results));
    writeFileSync(page, fillPage(text, new Map([["releases", table]])));
  }
}

function resultsOf(modules: readonly TestModule[]): Results {
  const results = new Map<string, Map<string, string>>();
  for (const [project, ofProject] of Map.groupBy(modules, (module) => module.project)) {
    const release = releaseOf(project);
    for (const module of ofProject) {
      const story = basename(module.moduleId, ".test.ts");
      const cells = results.get(story) ?? new Map<string, string>();
      results.set(story, cells.set(release, cellOf(outcomeOf(module))));
    }
  }
  return results;
}

/** @returns `1.30.14`, with the version of kubectl where that is another */
function releaseOf({ config }: TestProject): string {
  // A project without variables of its own has no such object.
  const folder = config.env?.KUBEBUILDER_ASSETS ?? process.env.KUBEBUILDER_ASSETS;
  if (!folder) return "no release";
  const [release, kubectl] = [versionIn(folder, "kube-apiserver"), versionIn(folder, "kubectl")];
  return release === kubectl ? release : `${release} with kubectl ${kubectl}`;
}
